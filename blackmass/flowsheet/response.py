"""How a loop answers to its torn streams: the linear model of one case, which serves all cases like it."""

import dataclasses

import numpy as np
import numpy.typing as npt

from blackmass.flowsheet.problem import Problem

Array = npt.NDArray[np.float64]
STEP = 1e-5  # of an unknown, for the differences


@dataclasses.dataclass(frozen=True)
class Response:
    """Turns the change of a pass into the change that settles it, as if the loop were linear.

    Parameters
    ----------
    inverse : array (unknowns, unknowns)
        Of 1 less the Jacobian of the map of a loop onto itself, at one case.
    flows : array (unknowns,) of bool
        Which unknowns are flows: they go with the rate of the feed.
    rate : float [mol/s]
        Feed of that case.
    """

    inverse: Array
    flows: npt.NDArray[np.bool_]
    rate: float

    def settled(self, change: Array, rate: Array) -> Array:
        """Return the change (unknowns, cases) that settles, for cases of feed `rate` (cases,)."""
        size = np.where(self.flows[:, None], rate / self.rate, 1.0)
        return np.asarray((self.inverse @ (change / size)) * size)


def measured(problem: Problem, x: Array, number: int, floor: Array, rate: float) -> Response:
    """Measure the response of one case at x (unknowns,) by differences; all columns are one batch of cases.

    Unknowns that are zero stay out: they follow by substitution.
    """
    many = len(problem.loop.tears)
    flows = np.ones(x.size, dtype=bool)
    flows[[position * problem.width + problem.width - 1 for position in range(many)]] = False
    flows[many * problem.width :] = False
    rows = np.flatnonzero((x != 0) | ~flows)
    shifts = STEP * np.maximum(np.abs(x[rows]), floor[rows])
    columns = np.repeat(x[:, None], rows.size + 1, axis=1)
    columns[rows, np.arange(1, rows.size + 1)] += shifts
    mapped = problem.mapped(columns, np.full(rows.size + 1, number))
    slopes = (mapped[rows, 1:] - mapped[rows, :1]) / shifts
    inverse = np.eye(x.size)
    usable = np.isfinite(slopes).all(0)
    matrix = np.eye(rows.size) - np.where(usable, slopes, 0.0)
    size = np.maximum(np.abs(x[rows]), floor[rows])
    balanced = np.linalg.pinv(matrix * size / size[:, None], rcond=1e-13)
    inverse[np.ix_(rows, rows)] = balanced * size[:, None] / size
    return Response(inverse, flows, rate)
