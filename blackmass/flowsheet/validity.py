"""Which quantities of a solved plant lie outside the range in which data support the models."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from blackmass import species
from blackmass.chemistry.ranges import Limit, limits
from blackmass.flowsheet.plant import Unit
from blackmass.operations.operation import Outlets
from blackmass.quantities import from_si, show
from blackmass.status import Status
from blackmass.stream import Stream

Array = npt.NDArray[np.float64]
OWN = "model"


@dataclasses.dataclass(frozen=True, eq=False)
class Excess:
    """A quantity of a unit that lies outside its range in some cases; values (cases,) are SI."""

    unit: str
    limit: Limit
    values: Array
    outside: npt.NDArray[np.bool_]

    def sentence(self, case: int) -> str:
        """Say so for one case."""
        limit = self.limit
        if limit.quantity == OWN:
            return f"{self.unit}: a model was used outside the range in which it was tested: {limit.note}."
        value, (low, high) = float(self.values[case]), (limit.low, limit.high)
        shown = f"{show(low, limit.unit)} to {show(high, limit.unit)}"
        if not np.isfinite(low) or not np.isfinite(high):
            shown = f"up to {show(high, limit.unit)}" if np.isfinite(high) else f"from {show(low, limit.unit)}"
        name = limit.quantity.removeprefix("report ").replace("_", " ")
        return (
            f"{self.unit}: {name} = {show(value, limit.unit)} is outside the range of the data, {shown} ({limit.note})."
        )

    def figures(self, case: int) -> dict[str, Any]:
        """Return the same as plain figures, in the unit of the range."""
        limit = self.limit
        ends = (self.values[case], limit.low, limit.high)
        value, low, high = (float(from_si(end, limit.unit)) if np.isfinite(end) else None for end in ends)
        named = {"unit": self.unit, "quantity": limit.quantity.removeprefix("report "), "value": value}
        return {**named, "low": low, "high": high, "in": limit.unit, "source": limit.source, "note": limit.note}


def excesses(
    units: Mapping[str, Unit], outlets: Mapping[str, Outlets], inlet: Callable[[str, str], Stream | None], cases: int
) -> tuple[Excess, ...]:
    """Return what lies outside its range in any case.

    What a model itself marks is named only where none of its quantities explains it.

    Parameters
    ----------
    inlet : from the names of a unit and of one of its inlets to the stream, None without one
    """
    found = []
    for name, unit in units.items():
        kind = type(unit.operation).__name__
        explained = np.zeros(cases, dtype=bool)
        for limit in limits().get(kind, ()):
            if limit.quantity == OWN:
                continue
            values = np.broadcast_to(_values(limit.quantity, name, unit, outlets[name], inlet), (cases,))
            outside = limit.outside(values)
            if outside.any():
                found.append(Excess(name, limit, values, outside))
                explained = explained | outside
        marked = np.broadcast_to(outlets[name].status == Status.OUT_OF_RANGE, (cases,)) & ~explained
        if marked.any():
            found.append(Excess(name, _own(kind), np.full(cases, np.nan), marked))
    return tuple(found)


def _own(kind: str) -> Limit:
    named = [limit for limit in limits().get(kind, ()) if limit.quantity == OWN]
    return named[0] if named else Limit(kind, OWN, -np.inf, np.inf, "", "", "see its documentation")


def _values(
    quantity: str, name: str, unit: Unit, outlets: Outlets, inlet: Callable[[str, str], Stream | None]
) -> "npt.ArrayLike":
    """Values of a quantity [SI]; not a number where there is none."""
    first, _, rest = quantity.partition(" ")
    if not rest:
        return np.asarray(getattr(unit.operation, quantity), dtype=float)
    if first == "report":
        values = np.asarray(outlets.report.get(rest, np.nan), dtype=float)
        return values if values.ndim < 2 else values.max(0)
    stream = outlets[first] if first in unit.operation.outlets else inlet(name, first)
    if stream is None:
        return np.nan
    if rest == "temperature":
        return np.where(stream.mass > 0, stream.temperature, np.nan)
    row = species.ELEMENTS.index(rest)
    liquor = stream.phase("aqueous")
    volume = stream.volume
    held = liquor.elements[row] * species.ATOMIC_WEIGHT[row]
    return np.where(volume > 0, held / np.where(volume > 0, volume, 1.0), np.nan)
