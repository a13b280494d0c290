"""Names of reagents, extractants, media and materials as papers write them."""

import dataclasses
import difflib
import functools
import re
import unicodedata

from blackmass.analysis.validate_table import Case
from blackmass.data.load import table
from blackmass.errors import InputError

_COLUMNS = ("kind", "name", "means", "caution")
_STRENGTH = re.compile(r"\(?\d+(?:[.,]\d+)?\s*(?:%|wt\.?-?%|vol\.?-?%|v/v|w/w|wt|vol)+\s*(?:\(?[vw]/[vw]\)?)?\)?", re.I)
_FORM = re.compile(
    r"\b(?:slurry|milk|powder|foil|scraps?|solution|aqueous|solid|saturated|granules?|chips|pellets)\b", re.I
)
_SLIP, _ALIKE = 0.9, 0.6
"""Likeness to a known name from which on a name is a slip of the pen, or that is worth a hint."""


class NotModelled(Exception):
    """A case that no model can predict; says why."""


@dataclasses.dataclass(frozen=True)
class Meaning:
    """The model's name for what a case names, and what that leaves out."""

    name: str
    caution: str = ""


def meaning(case: Case, column: str, kind: str, own: tuple[str, ...] = ()) -> Meaning:
    """Return what a cell means.

    Parameters
    ----------
    kind : of data/case_names.csv
    own : names that the model itself knows

    Raises
    ------
    NotModelled
        A thing that no model has, or that is not known here.
    InputError
        Likely a slip of the pen: a known name is near.
    """
    text = case.cells[column]
    found = look_up(text, kind, own)
    if found is not None:
        if not found.name:
            raise NotModelled(f"no model has the {column} '{text}'")
        return found
    known = {folded(name): name for name in own} | {key: row[0] for key, row in _names(kind).items()}
    near = difflib.get_close_matches(folded(text), known, n=1, cutoff=_ALIKE)
    hint = f"; did you mean '{known[near[0]]}'?" if near else ""
    if near and difflib.SequenceMatcher(None, folded(text), near[0]).ratio() > _SLIP:
        raise InputError(f"{case.place(column)}: '{text}' is not known{hint}")
    allowed = ", ".join(sorted(own or {row[1] for row in _names(kind).values() if row[1]}, key=str.lower))
    raise NotModelled(f"{column} '{text}' is not known{hint} (there are: {allowed})")


def look_up(text: str, kind: str, own: tuple[str, ...] = ()) -> Meaning | None:
    """Return the meaning of a name, None where it is not known; name "" where no model has it."""
    for spelling in (text, without_strength(text), _FORM.sub("", without_strength(text))):
        key = folded(spelling)
        for name in own:
            if folded(name) == key:
                return Meaning(name)
        row = _names(kind).get(key)
        if row is not None:
            return Meaning(row[1], row[2])
    return None


def without_strength(text: str) -> str:
    """Return a name without the likes of "20 % v/v" in it."""
    return _STRENGTH.sub("", text).strip()


def folded(name: str) -> str:
    """Return a name without case, spaces, hyphens, dots and brackets."""
    plain = unicodedata.normalize("NFKC", name).replace("·", "").lower()
    return re.sub(r"[\s\-‐‑–_.,()\[\]'′]+", "", plain)


@functools.cache
def _names(kind: str) -> dict[str, tuple[str, str, str]]:
    """Folded name to (name, meaning, caution)."""
    rows = table("case_names.csv", columns=_COLUMNS, key=("kind", "name"))
    return {folded(row["name"]): (row["name"], row["means"], row["caution"]) for row in rows if row["kind"] == kind}
