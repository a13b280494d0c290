"""What of a plant can be varied, by path, and how its values are read."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from blackmass.data.constants import constant
from blackmass.declare import Param
from blackmass.errors import InputError
from blackmass.flowsheet.feeds import read_feed
from blackmass.flowsheet.plant import Plant
from blackmass.quantities import dimension, factor, split, to_si

Kind = Literal["number", "whole", "choice", "target", "feed", "constant"]
FEED = "feed"


@dataclasses.dataclass(frozen=True)
class Knob:
    """Something of a plant that can be varied.

    A "number" holds one value per case; all other kinds hold one value a batch, and cases are grouped by them.
    `low` and `high` are SI, None where there is no bound.
    """

    path: str
    kind: Kind
    unit: str = ""
    low: float | None = None
    high: float | None = None
    declared: Param | None = None

    @property
    def grouped(self) -> bool:
        """Whether one batch can hold only one value."""
        return self.kind != "number"

    def check(self, plant: Plant, value: object) -> None:
        """Refuse a value (text, or SI) that the plant would refuse."""
        if self.kind == "feed":
            read_feed(str(value), "")
        elif self.kind == "constant":
            constant(self.path)
        else:
            plant.changed({self.path: value})

    def read(self, plant: Plant, text: str) -> Any:
        """Turn text into SI, a whole number, a choice or the text of a feed, within bounds.

        Raises
        ------
        InputError
            The text cannot be read or the value is out of bounds.
        """
        self.check(plant, text)
        if self.kind == "feed":
            return text.strip()
        if self.declared is not None:
            return self.declared.read(text, self.path)
        return float(to_si(text, self.unit))

    def width(self, text: str) -> float:
        """Turn a difference ("5 K") into SI: units with an offset count by their step."""
        number, given = split(text)
        if given and dimension(given) != dimension(self.unit):
            raise InputError(f"{self.path}: '{text}' is not a difference in {self.unit or 'a pure number'}.")
        return factor(given or self.unit)[0] * number


def find_knob(plant: Plant, path: str) -> Knob:
    """Return the knob of a path: "feed", "cells.flow", "cells.LFP", "free_acid.target", ... or a constant's.

    Raises
    ------
    InputError
        The plant has no such unit, feed, specification or parameter; the nearest name is offered.
    """
    if "/" in path:
        return Knob(constant(path).path, "constant")
    owner, _, name = path.partition(".")
    if path == FEED or (path == plant.main_feed and not name):
        return Knob(FEED, "feed")
    if owner in plant.specs and name == "target":
        return Knob(path, "target", plant.specs[owner].measure.unit)
    if owner in plant.feeds and name == "flow":
        return Knob(path, "number", "kg/h", 0.0)
    if owner in plant.feeds:
        plant.value(path)  # refuses what the feed does not have
        return Knob(path, "number", "", 0.0, 1.0)
    plant.value(path)  # refuses what the plant does not have
    declared = plant.units[owner].operation.params[name]
    kind: Kind = "number"
    if isinstance(declared.default, (str, bool)):
        kind = "choice"
    elif isinstance(declared.default, int):
        kind = "whole"
    return Knob(path, kind, declared.unit, declared.low, declared.high, declared)


def applied(plant: Plant, values: Mapping[str, Any]) -> Plant:
    """Return the plant with values by path (SI, arrays of cases, choices), and "feed" as text; constants apart."""
    settings = {path: value for path, value in values.items() if path != FEED and "/" not in path}
    return plant.changed(settings, feed=values.get(FEED))


def constants_among(values: Mapping[str, Any]) -> dict[str, float]:
    """Return those of values by path that are constants of the data."""
    return {path: float(value) for path, value in values.items() if "/" in path}


def check_apart(knobs: Sequence[Knob]) -> None:
    """Refuse a path that is varied twice."""
    paths = [knob.path for knob in knobs]
    for path in paths:
        if paths.count(path) > 1:
            raise InputError(f"{path} is varied twice: give it once.")


def as_column(knob: Knob, values: Sequence[Any]) -> npt.NDArray[Any]:
    """Return values of a knob as an array: float64, int64 or text."""
    if knob.kind in ("choice", "feed"):
        return np.array(values, dtype=object)
    return np.asarray(values, dtype=np.int64 if knob.kind == "whole" else np.float64)
