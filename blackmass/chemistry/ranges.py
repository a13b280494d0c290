"""Ranges in which data support the models."""

import dataclasses
import functools
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from blackmass.data.load import table
from blackmass.quantities import from_si, to_si

_COLUMNS = ("model", "quantity", "low", "high", "unit")


@dataclasses.dataclass(frozen=True)
class Limit:
    """A quantity of a model and the range [SI] that data support; `unit` is that in which it is shown.

    Without a quantity `note` says what the model itself marks.
    """

    model: str
    quantity: str
    low: float
    high: float
    unit: str
    source: str
    note: str

    def outside(self, values: "npt.ArrayLike") -> npt.NDArray[np.bool_]:
        """Whether values lie outside by more than rounding; what is not a number does not."""
        found = np.asarray(values, dtype=float)
        slack = 1e-9 * max(abs(end) for end in (self.low, self.high) if np.isfinite(end))
        return (found < self.low - slack) | (found > self.high + slack)


@functools.cache
def limits() -> dict[str, tuple[Limit, ...]]:
    """Return the ranges of data/ranges.csv by model."""
    found: dict[str, tuple[Limit, ...]] = {}
    for row in table("ranges.csv", columns=_COLUMNS, key=("model", "quantity")):
        low = float(to_si(row["low"], row["unit"])) if row["low"] else -np.inf
        high = float(to_si(row["high"], row["unit"])) if row["high"] else np.inf
        one = Limit(row["model"], row["quantity"], low, high, row["unit"], row["source"], row["note"])
        found[one.model] = (*found.get(one.model, ()), one)
    return found


def cautions(model: str, figures: Mapping[str, float | None]) -> list[str]:
    """Say which figures, given in the unit of their range, lie outside it."""
    found = []
    for limit in limits()[model]:
        figure = figures.get(limit.quantity)
        if figure is not None and limit.outside(to_si(str(figure), limit.unit)):
            low, high = (float(from_si(end, limit.unit)) for end in (limit.low, limit.high))
            found.append(f"{limit.quantity} {figure:g} is outside {low:g} to {high:g}")
    return found
