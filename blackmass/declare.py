"""The language in which unit operations are declared: parameters, inlets, outlets and duties."""

import dataclasses
from typing import Any

import numpy as np
import numpy.typing as npt

from blackmass.errors import InputError
from blackmass.quantities import show, split, to_si

PerCase = float | npt.NDArray[np.float64]
"""A parameter that holds one value, or one per case."""


@dataclasses.dataclass(frozen=True)
class Param:
    """What is declared of a parameter; bounds and default are SI."""

    default: Any
    unit: str
    low: float | None
    high: float | None
    doc: str
    source: str
    choices: tuple[str, ...] = ()
    extensive: bool = False

    def read(self, value: object, label: str) -> Any:
        """Turn what a user gives into SI and check it.

        Raises
        ------
        InputError
            Wrong unit, not a number, not finite, out of bounds, not one of the choices.
        """
        if isinstance(self.default, str):
            return self._read_choice(value, label)
        if isinstance(self.default, bool):
            return self._read_bool(value, label)
        try:
            number = to_si(value, self.unit)
        except InputError as error:
            raise InputError(f"{label} = {value}: {error} ({self.doc})") from None
        except (TypeError, ValueError):
            raise InputError(f"{label} = {value!r}: a number is needed ({self.doc}).") from None
        if isinstance(self.default, int):
            if np.ndim(number) != 0 or float(number) != round(float(number)):
                raise InputError(f"{label} = {value}: one whole number is needed ({self.doc}).")
            number = round(float(number))
        self._check_bounds(number, label)
        return number

    def _check_bounds(self, number: Any, label: str) -> None:
        if not np.all(np.isfinite(number)):
            raise InputError(f"{label} = {number}: a finite number is needed ({self.doc}).")
        low = -np.inf if self.low is None else self.low
        high = np.inf if self.high is None else self.high
        slack = 1e-12 * max(abs(low) if np.isfinite(low) else 0.0, abs(high) if np.isfinite(high) else 0.0)
        bad = (np.asarray(number) < low - slack) | (np.asarray(number) > high + slack)
        if np.any(bad):
            worst = float(np.atleast_1d(np.asarray(number, dtype=float))[np.atleast_1d(bad)][0])
            raise InputError(f"{label} = {show(worst, self.unit)}: outside {self.range_text()} ({self.doc}).")

    def _read_choice(self, value: object, label: str) -> str:
        for choice in self.choices:
            if str(value).strip().lower() == choice.lower():
                return choice
        raise InputError(f"{label} = '{value}': choose one of {', '.join(self.choices)} ({self.doc}).")

    def _read_bool(self, value: object, label: str) -> bool:
        if isinstance(value, (bool, np.bool_)):
            return bool(value)
        if str(value).lower() in ("true", "yes", "1", "false", "no", "0"):
            return str(value).lower() in ("true", "yes", "1")
        raise InputError(f"{label} = '{value}': yes or no is needed ({self.doc}).")

    def range_text(self) -> str:
        """The allowed range in the declared unit."""
        if self.choices:
            return ", ".join(self.choices)
        if isinstance(self.default, bool):
            return "yes or no"
        low = "any" if self.low is None else show(self.low, self.unit)
        high = "any" if self.high is None else show(self.high, self.unit)
        return f"{low} to {high}"


@dataclasses.dataclass(frozen=True)
class Port:
    """An inlet or outlet and what it carries."""

    doc: str
    optional: bool = False


class Inlet(Port):
    """A port through which a stream enters."""


class Supply(Port):
    """A reagent port: the operation decides how much it draws; `run` gets a stream of its composition."""


class Outlet(Port):
    """A port through which a stream leaves."""


@dataclasses.dataclass(frozen=True)
class Duty:
    """An energy or utility demand of an operation, SI inside, shown in `unit`."""

    unit: str
    doc: str


def param(
    default: Any,
    *,
    bounds: tuple[Any, Any] = (None, None),
    doc: str,
    unit: str = "",
    source: str = "",
    choices: tuple[str, ...] = (),
    extensive: bool = False,
) -> Any:
    """Declare a parameter. Text values carry units; an int default makes it structural (one value a batch).

    `source` is a key of data/sources.bib, or empty for a free design choice.
    """
    if isinstance(default, str) and not choices:
        unit = unit or split(default)[1]
        default = to_si(default, unit)
    low, high = (None if bound is None else float(to_si(bound, unit)) for bound in bounds)
    declared = Param(default, unit, low, high, doc, source, choices, extensive)
    return dataclasses.field(default=default, metadata={"param": declared})


def inlet(doc: str, *, optional: bool = False) -> Any:
    """Declare an inlet; an optional one may be left unconnected and then carries nothing."""
    return Inlet(doc, optional)


def supply(doc: str, *, optional: bool = False) -> Any:
    """Declare a reagent port: the operation draws what it needs and returns that in `Outlets.drawn`."""
    return Supply(doc, optional)


def outlet(doc: str) -> Any:
    """Declare an outlet."""
    return Outlet(doc)


def duty(unit: str, doc: str) -> Any:
    """Declare a duty, shown in `unit`, SI inside."""
    return Duty(unit, doc)
