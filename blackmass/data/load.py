"""Strict reader of the data tables: known columns, no duplicate keys, a source on each row."""

import csv
import functools
import re
from collections.abc import Sequence
from importlib import resources

from blackmass.errors import InputError, nearest

Row = dict[str, str]


@functools.cache
def table(name: str, *, columns: Sequence[str], key: Sequence[str] = ()) -> tuple[Row, ...]:
    """Read `blackmass/data/<name>` with exactly `columns` plus `source` and `note`.

    Lines that begin with '#' are comments. `key` columns together must be unique.

    Raises
    ------
    InputError
        Unknown or missing column, duplicate key, a row without a source or with an unknown one.
    """
    path = resources.files("blackmass.data").joinpath(name)
    lines = path.read_text(encoding="utf-8").splitlines()
    numbered = [(number, line) for number, line in enumerate(lines, 1) if line and not line.startswith("#")]
    reader = csv.reader(line for _, line in numbered)
    header = next(reader)
    expected = {*columns, "source", "note"}
    if set(header) != expected:
        wrong = sorted(set(header) ^ expected)
        raise InputError(f"{name}:{numbered[0][0]}: columns {', '.join(wrong)} are missing or unknown.")
    rows: list[Row] = []
    seen: set[tuple[str, ...]] = set()
    for (number, _), cells in zip(numbered[1:], reader, strict=True):
        if len(cells) != len(header):
            raise InputError(f"{name}:{number}: {len(cells)} cells, {len(header)} are needed.")
        row = dict(zip(header, (cell.strip() for cell in cells), strict=True))
        _check_row(row, f"{name}:{number}", key, seen)
        rows.append(row)
    return tuple(rows)


def _check_row(row: Row, place: str, key: Sequence[str], seen: set[tuple[str, ...]]) -> None:
    identity = tuple(row[column] for column in key)
    if key and identity in seen:
        raise InputError(f"{place}: {' '.join(identity)} stands here a second time.")
    seen.add(identity)
    if not row["source"]:
        raise InputError(f"{place}: column 'source' is empty; give a key of sources.bib.")
    for source in row["source"].split(";"):
        if source.strip() not in sources():
            raise InputError(f"{place}: source '{source.strip()}' is not in sources.bib{nearest(source, sources())}")


@functools.cache
def sources() -> dict[str, dict[str, str]]:
    """Return the bibliography: key to its fields (author, title, year, doi, ...)."""
    text = resources.files("blackmass.data").joinpath("sources.bib").read_text(encoding="utf-8")
    entries: dict[str, dict[str, str]] = {}
    for match in re.finditer(r"@(\w+)\{([^,]+),(.*?)\n\}", text, re.DOTALL):
        fields = dict(re.findall(r"(\w+)\s*=\s*\{(.*?)\}\s*,?\s*\n", match.group(3) + "\n"))
        if match.group(2) in entries:
            raise InputError(f"sources.bib: {match.group(2)} stands there twice.")
        entries[match.group(2).strip()] = {"type": match.group(1), **fields}
    return entries
