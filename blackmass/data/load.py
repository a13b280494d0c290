"""Strict reader of the data tables: known columns, no duplicate keys, sources and uncertainties that can be read."""

import csv
import dataclasses
import functools
import re
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from importlib import resources
from types import MappingProxyType

from blackmass.data.uncertainty import KINDS, Header, header_of, stated
from blackmass.errors import InputError, nearest

Row = dict[str, str]
Cells = Mapping[str, Mapping[tuple[int, str], str]]
replacements: ContextVar[Cells] = ContextVar("replacements", default=MappingProxyType({}))
"""By table, what stands instead of its own cells, by row and column; see `constants.replaced`."""


@dataclasses.dataclass(frozen=True)
class Table:
    """A file of constants as it stands: its header, its columns and its rows, each with its place in the file."""

    name: str
    header: Header
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    places: tuple[str, ...]


@functools.cache
def table(name: str, *, columns: Sequence[str], key: Sequence[str] = ()) -> tuple[Row, ...]:
    """Return the rows of `blackmass/data/<name>`, which has exactly `columns` plus `source` and `note`.

    Columns that state the uncertainty of a constant may stand beside them (`uncertainty.KINDS`). Lines that begin
    with '#' are comments. `key` columns together must be unique.

    Raises
    ------
    InputError
        Unknown or missing column, duplicate key.
    """
    found = read_table(name)
    stating = {each for column in columns for each in (*KINDS, *(f"{kind}_{column}" for kind in KINDS))}
    wrong = sorted({*columns, "source", "note"} ^ (set(found.columns) - (stating - set(columns))))
    if wrong:
        raise InputError(f"{name}: columns {', '.join(wrong)} are missing or unknown.")
    seen: set[tuple[str, ...]] = set()
    for row, place in zip(found.rows, found.places, strict=True):
        identity = tuple(row[column] for column in key)
        if key and identity in seen:
            raise InputError(f"{place}: {' '.join(identity)} stands here a second time.")
        seen.add(identity)
    return found.rows


@functools.cache
def read_table(name: str) -> Table:
    """Read `blackmass/data/<name>`, whatever its columns.

    Raises
    ------
    InputError
        A row of another length than the header, without a source or with an unknown one, an uncertainty that cannot
        be read, a range without its value.
    """
    path = resources.files("blackmass.data").joinpath(name)
    lines = path.read_text(encoding="utf-8").splitlines()
    numbered = [(number, line) for number, line in enumerate(lines, 1) if line and not line.startswith("#")]
    reader = csv.reader(line for _, line in numbered)
    columns = tuple(next(reader))
    rows: list[Row] = []
    places: list[str] = []
    for (number, _), cells in zip(numbered[1:], reader, strict=True):
        place = f"{name}:{number}"
        if len(cells) != len(columns):
            raise InputError(f"{place}: {len(cells)} cells, {len(columns)} are needed.")
        rows.append(dict(zip(columns, (cell.strip() for cell in cells), strict=True)))
        places.append(place)
        _check_source(rows[-1], place)
    header = header_of([line for line in lines if line.startswith("#")], rows, columns, name)
    for row, place in zip(rows, places, strict=True):
        for column in header.constants:
            if row[column]:
                stated(column, row, header, place)
    for (number, column), text in replacements.get().get(name, {}).items():
        rows[number] = {**rows[number], column: text}
    return Table(name, header, columns, tuple(rows), tuple(places))


def _check_source(row: Row, place: str) -> None:
    if not row.get("source"):
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
