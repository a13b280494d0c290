"""The words of a report in its language."""

import csv
import functools
from importlib import resources

from blackmass.errors import InputError, nearest

LANGUAGES = ("en", "ja")


@functools.cache
def terms(language: str) -> dict[str, str]:
    """Return the words by key.

    Raises
    ------
    InputError
        There is no such language.
    """
    if language not in LANGUAGES:
        raise InputError(f"--lang {language}: choose one of {', '.join(LANGUAGES)}{nearest(language, LANGUAGES)}")
    text = resources.files("blackmass.report").joinpath("terms.csv").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return {row["key"]: row[language] for row in csv.DictReader(lines)}
