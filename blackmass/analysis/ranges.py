"""How an input is varied: as a list of values, or by a distribution. Read from text such as "50:90:9"."""

import dataclasses
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri

from blackmass.analysis.knobs import Knob, as_column
from blackmass.data.constants import constant
from blackmass.data.uncertainty import Around
from blackmass.errors import InputError
from blackmass.flowsheet.plant import Plant
from blackmass.quantities import show, split

Array = npt.NDArray[np.float64]
MOST_VALUES = 1_000_000
AS_STATED = "data"
TAIL = 1e-6
GRID_FORM = "LOW:HIGH:N, LOW:HIGH:N:log, or a list A,B,C"
SAMPLE_FORM = "LOW:HIGH, LOW:HIGH:log, normal:MEAN:SD, triangular:LOW:MODE:HIGH, lognormal:MEDIAN:FACTOR, or A,B,C"


@dataclasses.dataclass(frozen=True)
class Values:
    """Values in a list (SI, whole numbers or texts); sampled, each is as likely as the others."""

    knob: Knob
    values: tuple[Any, ...]
    text: str

    def at(self, shares: Array) -> npt.NDArray[Any]:
        """Return the values at shares (n,) from 0 to 1 of the list."""
        numbers = np.minimum((shares * len(self.values)).astype(np.intp), len(self.values) - 1)
        return as_column(self.knob, self.values)[numbers]


@dataclasses.dataclass(frozen=True)
class Spread:
    """A continuous distribution, by its quantiles; `figures` are SI.

    Normal and lognormal are cut off at the bounds of the parameter, the rest in proportion.
    """

    knob: Knob
    kind: str
    figures: tuple[float, ...]
    text: str

    def at(self, shares: Array) -> npt.NDArray[Any]:
        """Return the quantiles (n,) of probabilities (n,)."""
        found = _QUANTILES[self.kind](np.asarray(shares, dtype=float), self.figures, self._bounds())
        if self.knob.kind == "whole":
            return np.asarray(np.minimum(np.floor(found), self.figures[1] - 1), dtype=np.int64)
        low, high = self._bounds()
        return np.asarray(np.clip(found, low, high), dtype=np.float64)

    def _bounds(self) -> tuple[float, float]:
        low, high = self.knob.low, self.knob.high
        return -math.inf if low is None else low, math.inf if high is None else high


@dataclasses.dataclass(frozen=True)
class AsStated:
    """A constant that follows the uncertainty which its table states, cut off at one in a million on either side."""

    knob: Knob
    stated: Around
    text: str

    def at(self, shares: Array) -> npt.NDArray[Any]:
        """Return the quantiles (n,) of probabilities (n,)."""
        return np.array([self.stated.at(share) for share in np.clip(shares, TAIL, 1 - TAIL).tolist()])


Range = Values | Spread | AsStated


def _uniform(shares: Array, figures: tuple[float, ...], bounds: tuple[float, float]) -> Array:
    return figures[0] + (figures[1] - figures[0]) * shares


def _log(shares: Array, figures: tuple[float, ...], bounds: tuple[float, float]) -> Array:
    return np.asarray(figures[0] * (figures[1] / figures[0]) ** shares)


def _triangular(shares: Array, figures: tuple[float, ...], bounds: tuple[float, float]) -> Array:
    low, mode, high = figures
    turn = (mode - low) / (high - low)
    rising = low + np.sqrt(shares * (high - low) * (mode - low))
    falling = high - np.sqrt((1 - shares) * (high - low) * (high - mode))
    return np.where(shares < turn, rising, falling)


def _normal(shares: Array, figures: tuple[float, ...], bounds: tuple[float, float]) -> Array:
    mean, deviation = figures
    low, high = (ndtr((bound - mean) / deviation) for bound in bounds)
    return np.asarray(mean + deviation * ndtri(np.clip(low + (high - low) * shares, 1e-300, 1 - 1e-16)))


def _lognormal(shares: Array, figures: tuple[float, ...], bounds: tuple[float, float]) -> Array:
    low, high = (math.log(bound) if bound > 0 else -math.inf for bound in bounds)
    return np.exp(_normal(shares, (math.log(figures[0]), math.log(figures[1])), (low, high)))


_QUANTILES: dict[str, Callable[[Array, tuple[float, ...], tuple[float, float]], Array]] = {
    "uniform": _uniform,
    "log": _log,
    "triangular": _triangular,
    "normal": _normal,
    "lognormal": _lognormal,
}
_FIGURES = {"uniform": 2, "triangular": 3, "normal": 2, "lognormal": 2}


def read_values(plant: Plant, knob: Knob, text: str) -> Values:
    """Read the values of a grid axis: "50:90:9", "0.1:10:5:log", "50,60,70 degC", "NMC622=1t/h|LFP=1t/h".

    Raises
    ------
    InputError
        The text cannot be read, the range is empty or reversed, a value is out of bounds.
    """
    if ":" in text and knob.kind not in ("choice", "feed"):
        return Values(knob, _stepped(plant, knob, text), text)
    separator = "|" if knob.kind == "feed" or "|" in text else ","
    parts = [part.strip() for part in text.split(separator)]
    if not all(parts):
        raise InputError(f"{knob.path}={text}: an empty value; write {GRID_FORM}.")
    if knob.kind in ("number", "target"):
        parts = _with_unit(parts, f"{knob.path}={text}")
    values = tuple(knob.read(plant, part) for part in parts)
    if len(set(values)) < len(values):
        raise InputError(f"{knob.path}={text}: a value is given twice.")
    return Values(knob, values, text)


def _stepped(plant: Plant, knob: Knob, text: str) -> tuple[Any, ...]:
    parts = [part.strip() for part in text.split(":")]
    logarithmic = parts[-1] == "log"
    parts = parts[:-1] if logarithmic else parts
    number, _, unit = parts[-1].partition(" ")
    if len(parts) != 3 or not number.isdigit() or not 2 <= int(number) <= MOST_VALUES:
        raise InputError(f"{knob.path}={text}: write {GRID_FORM}, with N a whole number from 2 to {MOST_VALUES}.")
    ends = [f"{part} {unit}" if unit and not split(part)[1] else part for part in parts[:2]]
    low, high, count = *_ends(plant, knob, ends, text, logarithmic), int(number)
    values = np.geomspace(low, high, count) if logarithmic else np.linspace(low, high, count)
    if knob.kind == "whole":
        if np.any(np.abs(values - values.round()) > 1e-9):
            raise InputError(f"{knob.path}={text}: {count} steps do not fall on whole numbers; give a list.")
        return tuple(int(value) for value in values.round())
    return tuple(float(value) for value in values)


def _ends(plant: Plant, knob: Knob, parts: list[str], text: str, logarithmic: bool) -> tuple[float, float]:
    low, high = (knob.read(plant, part) for part in _with_unit(parts, f"{knob.path}={text}"))
    if not low < high:
        what = "empty" if low == high else "reversed"
        raise InputError(f"{knob.path}={text}: the range is {what}; the lower end comes first.")
    if logarithmic and low <= 0:
        raise InputError(f"{knob.path}={text}: a logarithmic range must start above zero.")
    return float(low), float(high)


def read_range(plant: Plant, knob: Knob, text: str) -> Range:
    """Read how an input is sampled: "50:90", "1:100:log", "normal:70:5", "triangular:50:70:90", a list.

    Raises
    ------
    InputError
        The text cannot be read, the range is empty or reversed, an end is out of bounds.
    """
    parts = [part.strip() for part in text.split(":")]
    if knob.kind == "constant" and text.strip() == AS_STATED:
        stated = constant(knob.path).stated
        if not isinstance(stated, Around):
            raise InputError(f"{knob.path}: the data state no uncertainty of it: write {SAMPLE_FORM}.")
        return AsStated(knob, stated, text)
    if len(parts) == 1 or knob.kind in ("choice", "feed"):
        return read_values(plant, knob, text)
    kind = parts[0] if parts[0] in _FIGURES else "uniform"
    figures = parts[1:] if parts[0] in _FIGURES else parts
    if kind == "uniform" and figures[-1] == "log":
        kind, figures = "log", figures[:-1]
    if len(figures) != _FIGURES.get(kind, 2):
        raise InputError(f"{knob.path}={text}: to sample, write {SAMPLE_FORM}.")
    if knob.kind == "whole" and kind != "uniform":
        raise InputError(f"{knob.path}={text}: whole numbers are sampled as LOW:HIGH or from a list.")
    return Spread(knob, kind, _figures(plant, knob, kind, figures, text), text)


def _figures(plant: Plant, knob: Knob, kind: str, parts: list[str], text: str) -> tuple[float, ...]:
    if kind == "triangular":
        parts = _with_unit(parts, f"{knob.path}={text}")
        low, high = _ends(plant, knob, [parts[0], parts[2]], text, False)
        mode = float(knob.read(plant, parts[1]))
        if not low <= mode <= high:
            raise InputError(f"{knob.path}={text}: the mode {show(mode, knob.unit)} must lie between the ends.")
        return low, mode, high
    if kind in ("uniform", "log"):
        low, high = _ends(plant, knob, parts, text, kind == "log")
        return (low, high + 1) if knob.kind == "whole" else (low, high)
    parts = _with_unit(parts, f"{knob.path}={text}") if kind == "normal" else parts
    middle = float(knob.read(plant, parts[0]))
    spread = knob.width(parts[1]) if kind == "normal" else _factor(parts[1])
    if not (spread > (0 if kind == "normal" else 1) and math.isfinite(spread)) or (kind == "lognormal" and middle <= 0):
        need = "a standard deviation above zero" if kind == "normal" else "a median above zero and a factor above one"
        raise InputError(f"{knob.path}={text}: {kind} needs {need}.")
    return middle, spread


def _with_unit(parts: list[str], label: str) -> list[str]:
    """Give all values the unit of the last one, if it alone has one: "50, 70, 90 degC"."""
    units = [split(part)[1] for part in parts]
    if all(units) or not any(units):
        return parts
    if any(units[:-1]):
        raise InputError(f"{label}: some values have a unit and some have none; give it with each, or with the last.")
    return [*(f"{part} {units[-1]}" for part in parts[:-1]), parts[-1]]


def _factor(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise InputError(f"'{text}' is not a number: the factor of a lognormal has no unit.") from None
