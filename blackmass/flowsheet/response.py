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

    Sensitivities are kept relative to the size of the unknowns, so that they serve cases in which traces are smaller
    or larger by decades.

    Parameters
    ----------
    inverse : array (unknowns, unknowns)
        Of 1 less the Jacobian of the map of a loop onto itself, at one case, both sides relative.
    """

    inverse: Array

    def settled(self, change: Array, size: Array) -> Array:
        """Return the change (unknowns, cases) that settles, for cases whose unknowns have `size`."""
        return np.asarray((self.inverse @ (change / size)) * size)


def measured(problem: Problem, x: Array, number: int, floor: Array) -> Response:
    """Measure the response of one case at x (unknowns,) by differences; all columns are one batch of cases.

    Unknowns that are zero stay out: they follow by substitution.
    """
    size = np.maximum(np.abs(x), floor)
    rows = np.flatnonzero((x != 0) | (np.arange(x.size) >= x.size - len(problem.loop.specs)))
    columns = np.repeat(x[:, None], rows.size + 1, axis=1)
    columns[rows, np.arange(1, rows.size + 1)] += STEP * size[rows]
    mapped = problem.mapped(columns, np.full(rows.size + 1, number))
    slopes = (mapped[rows, 1:] - mapped[rows, :1]) / (STEP * size[rows, None])
    matrix = np.eye(rows.size) - np.where(np.isfinite(slopes).all(0), slopes, 0.0)
    inverse = np.eye(x.size)
    inverse[np.ix_(rows, rows)] = np.linalg.pinv(matrix, rcond=1e-13)
    return Response(inverse)
