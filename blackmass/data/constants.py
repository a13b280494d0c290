"""Every constant of the tables by its path, and the tables with other values in place of some."""

import contextlib
import dataclasses
import fnmatch
import functools
import itertools
import sys
from collections.abc import Iterator, Mapping
from importlib import resources

from blackmass.data.load import Table, read_table, replacements
from blackmass.data.uncertainty import Exact, Stated, stated
from blackmass.errors import InputError, nearest

AT_START = ("atomic_weights.csv", "fresh_sizes.csv", "species.csv")
"""Tables that the program reads once, when it starts."""
FOR_FITS = ("leach_left_out.csv", "leach_priors.csv")
"""Tables that no plant reads."""

READERS = ("blackmass.data.load", "blackmass.chemistry.", "blackmass.operations.", "blackmass.flowsheet.")


@dataclasses.dataclass(frozen=True)
class Constant:
    """A number of a table: "extractants/Cyanex 272,Co+2/pH50" is column pH50 of that row of extractants.csv."""

    path: str
    table: str
    row: int
    column: str
    value: float
    stated: Stated | None
    source: str
    note: str


@functools.cache
def constants() -> Mapping[str, Constant]:
    """Return every constant that is not exact, by path."""
    names = sorted(path.name for path in resources.files("blackmass.data").iterdir() if path.name.endswith(".csv"))
    found = [one for name in names if name not in FOR_FITS for one in constants_of(name)]
    return {one.path: one for one in found if not isinstance(one.stated, Exact)}


def constants_of(name: str) -> list[Constant]:
    """Return all numbers of a table, exact ones too."""
    table = read_table(name)
    key = key_of(table)
    return [
        Constant(
            f"{name.removesuffix('.csv')}/{','.join(row[part] for part in key)}/{column}",
            name,
            number,
            column,
            float(row[column]),
            stated(column, row, table.header, table.places[number]),
            row["source"],
            row["note"],
        )
        for number, row in enumerate(table.rows)
        for column in table.header.constants
        if row[column]
    ]


def key_of(table: Table) -> tuple[str, ...]:
    """Return the fewest columns of texts and exact numbers, taken in order, that tell every row from the others."""
    free = {*table.header.constants} - table.header.exact
    texts = [name for name in table.columns if name not in free and name not in ("source", "note", "unit")]
    for count in range(1, len(texts) + 1):
        for columns in itertools.combinations(texts, count):
            if len({tuple(row[column] for column in columns) for row in table.rows}) == len(table.rows):
                return columns
    return tuple(texts)


def constant(path: str) -> Constant:
    """Return the constant of a path.

    Raises
    ------
    InputError
        There is none, or it is read only once; the nearest path is offered.
    """
    name = f"{path.partition('/')[0]}.csv"
    if path not in constants():
        raise InputError(f"{path}: the data have no such constant{nearest(path, list(constants()))}")
    if name in AT_START:
        raise InputError(f"{path}: {name} is read once, when the program starts, and cannot be varied.")
    return constants()[path]


def matching(pattern: str) -> list[str]:
    """Return the paths of constants that follow a pattern, in which * stands for anything.

    Raises
    ------
    InputError
        There is none.
    """
    found = fnmatch.filter(constants(), pattern)
    if not found:
        raise InputError(f"{pattern}: the data have no such constant; 'blackmass constants' lists them.")
    return found


@contextlib.contextmanager
def replaced(values: Mapping[str, float]) -> Iterator[None]:
    """Let the tables hold other values, by path, while the context lasts; what was computed from them is forgotten.

    Raises
    ------
    InputError
        A path that is none of a constant.
    """
    changes: dict[str, dict[tuple[int, str], str]] = {}
    for path, value in values.items():
        its = constant(path)
        changes.setdefault(its.table, {})[its.row, its.column] = repr(float(value))
    before = replacements.set(changes)
    _forget()
    try:
        yield
    finally:
        replacements.reset(before)
        _forget()


def _forget() -> None:
    """Empty every cache of what was read from the tables."""
    read_table.cache_clear()
    for name, module in list(sys.modules.items()):
        if name.startswith(READERS):
            for held in list(vars(module).values()):
                if isinstance(held, functools._lru_cache_wrapper) and held.__module__ == name:
                    held.cache_clear()
