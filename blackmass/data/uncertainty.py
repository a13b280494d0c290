"""The standard uncertainty or range that each constant of a data table states."""

import dataclasses
import math
import re
from collections.abc import Mapping, Sequence

from scipy.special import ndtri

from blackmass.errors import InputError

RANGE_WIDTH = 1.959964
"""Half of a 95 % range, in standard deviations."""

KINDS = ("uncertainty", "low", "high", "second_source", "spread")
"""Columns that may stand beside those of a table, for its first constant or, as KIND_COLUMN, for another."""


@dataclasses.dataclass(frozen=True)
class Exact:
    """A number without uncertainty: a count, a definition, a choice, or where a curve is sampled."""

    def at(self, share: float) -> float | None:
        """Return nothing: there is no other value."""
        return None


@dataclasses.dataclass(frozen=True)
class Around:
    """A value with a standard deviation below and above it, of the value or (`logarithmic`) of its logarithm.

    A constant is drawn from a normal distribution whose two halves may differ in width; in the logarithm if all of
    its range is positive and its uncertainty is stated as a factor or as a range.
    """

    value: float
    below: float
    above: float
    logarithmic: bool

    def at(self, share: float) -> float:
        """Return the quantile of a probability between 0 and 1."""
        steps = float(ndtri(share))
        moved = steps * (self.below if steps < 0 else self.above)
        return self.value * math.exp(moved) if self.logarithmic else self.value + moved

    @property
    def ends(self) -> tuple[float, float]:
        """The range of 95 %."""
        return self.at(0.025), self.at(0.975)


Stated = Exact | Around


def stated(column: str, row: Mapping[str, str], header: "Header", place: str) -> Stated | None:
    """Return what a row, or else the header of its table, states of the constant in a column; None without any.

    Raises
    ------
    InputError
        An uncertainty that is not positive and finite, a range that does not hold its value.
    """
    value = float(row[column])
    own = {kind: row.get(name, "") for kind, name in header.names(column).items()}
    low, high = (float(own[end] or "nan") for end in ("low", "high"))
    if own["low"] or own["high"]:
        if not (math.isfinite(low) and math.isfinite(high) and low <= value <= high and low < high):
            raise InputError(
                f"{place}: {column} = {value:g} needs a range that holds it, not {own['low']}:{own['high']}."
            )
        if low > 0:
            return Around(value, math.log(value / low) / RANGE_WIDTH, math.log(high / value) / RANGE_WIDTH, True)
        return Around(value, (value - low) / RANGE_WIDTH, (high - value) / RANGE_WIDTH, False)
    text = own["uncertainty"] or header.size(column, row)
    if text:
        return read(text, value, f"{place}: uncertainty of {column}")
    return Exact() if column in header.exact else None


def read(text: str, value: float, place: str) -> Stated:
    """Read "0.2" (in the unit of the value), "5 %", "factor 2" or "exact".

    Raises
    ------
    InputError
        It is none of these, or not positive and finite.
    """
    found = re.fullmatch(r"(factor )?\s*([0-9.eE+-]+)\s*(%)?", text.strip())
    if text.strip() == "exact":
        return Exact()
    try:
        size = float(found.group(2)) if found and not (found.group(1) and found.group(3)) else math.nan
    except ValueError:
        size = math.nan
    factor, percent = (bool(found and found.group(part)) for part in (1, 3))
    if not (math.isfinite(size) and size > (1 if factor else 0)):
        raise InputError(f"{place} is '{text}': give a positive number, '5 %', 'factor 2' (above 1) or 'exact'.")
    if value == 0 and (factor or percent):
        return Exact()
    if factor:
        return Around(value, math.log(size), math.log(size), True)
    width = abs(value) * size / 100 if percent else size
    return Around(value, width, width, False)


@dataclasses.dataclass(frozen=True)
class Header:
    """What the comment lines of a table declare for whole columns, and which column stands for which."""

    constants: tuple[str, ...]
    exact: frozenset[str]
    uncertainty: Mapping[str, Mapping[str, str]]

    def size(self, column: str, row: Mapping[str, str]) -> str:
        """Return the uncertainty of a column, by the class that a row's note or one of its cells names, or ""."""
        sizes = self.uncertainty.get(column, {})
        named = {word for word in sizes if word and (word in row.get("note", "") or word in row.values())}
        return next((size for word, size in sizes.items() if word in named), sizes.get("", ""))

    def names(self, column: str) -> dict[str, str]:
        """Kind of statement to the name of its column, for a constant: bare for the first one of the table."""
        uncertain = [name for name in self.constants if name not in self.exact]
        bare = bool(uncertain) and column == uncertain[0]
        return {kind: kind if bare else f"{kind}_{column}" for kind in KINDS}


def header_of(lines: Sequence[str], rows: Sequence[Mapping[str, str]], columns: Sequence[str], name: str) -> Header:
    """Read "# exact: COLUMN, ...", "# exact: all" and "# uncertainty: COLUMN 5 %; why" from a table's comments.

    "# uncertainty: COLUMN 5 %, recalled 25 %, estimated factor 2" gives classes, of which a row's note or a cell
    names the first that counts; "all" stands for all columns that are not exact.

    Constants are the columns in which every cell that is not empty is a number.

    Raises
    ------
    InputError
        A column that the table has not.
    """
    statement = re.compile(rf"({'|'.join(KINDS)})(_.*)?|source|note")
    numbers = tuple(
        column
        for column in columns
        if not statement.fullmatch(column)
        and any(row[column] for row in rows)
        and all(is_number(row[column]) for row in rows if row[column])
    )
    exact: set[str] = set()
    declared: dict[str, dict[str, str]] = {}
    for line in lines:
        found = re.match(r"# (exact|uncertainty): ([^;]*)", line)
        if found and found.group(1) == "exact":
            exact |= (
                set(numbers) if found.group(2).strip() == "all" else set(re.split(r"\s*,\s*", found.group(2).strip()))
            )
        elif found:
            column, _, sizes = found.group(2).strip().partition(" ")
            usual, *classes = re.split(r"\s*,\s*", sizes)
            by_class = {word: size for word, _, size in (each.partition(" ") for each in classes)}
            for each in numbers if column == "all" else [column]:
                declared[each] = {**by_class, "": usual}
    for column in sorted((exact | set(declared)) - set(columns)):
        raise InputError(f"{name}: its header speaks of a column '{column}', which it has not.")
    return Header(numbers, frozenset(exact), declared)


def is_number(text: str) -> bool:
    """Whether a cell holds a number."""
    try:
        float(text)
    except ValueError:
        return False
    return True
