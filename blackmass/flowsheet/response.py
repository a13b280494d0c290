"""How a loop answers to its torn streams: the linear model of one case, which serves all cases like it."""

import dataclasses

import numpy as np
import numpy.typing as npt

from blackmass.flowsheet.problem import Problem

Array = npt.NDArray[np.float64]
TRACE = 1e2  # times the floor: smaller flows follow the others
STEP = 1e-5  # of an unknown, for the differences
TOGETHER = 8  # passes on which traces, too, follow the response
LONGEST_MEMORY = 0.98  # largest share of a trace that is taken to return on the next pass


@dataclasses.dataclass(frozen=True)
class Response:
    """Turns the change of a pass into the change that settles it, as if the loop were linear.

    Sensitivities are kept relative to the size of the unknowns.

    Parameters
    ----------
    inverse : array (unknowns, unknowns)
        Of 1 less the Jacobian of the map of a loop onto itself, at one case, both sides relative.
    """

    inverse: Array


class Correction:
    """The step to take after a pass, for a batch of cases like the one whose response is known.

    After some passes traces answer to themselves only, each by the slope of its last two passes (Wegstein, Commun. ACM
    1 (1958) 9, 10.1145/368861.368871): whether a solid holds them differs from case to case, and they do not move the
    rest.

    Parameters
    ----------
    response : Response
    start, floor : array (unknowns, cases)
        Of the batch, which tell the size of each unknown.
    """

    def __init__(self, response: Response, start: Array, floor: Array) -> None:
        size = np.maximum(np.abs(start), floor)
        self.response, self.size = response, size
        self.trace = np.abs(start) < TRACE * floor
        self.passes = 0
        self.before, self.after = np.full_like(size, np.nan), np.full_like(size, np.nan)

    def __call__(self, now: Array, mapped: Array, numbers: npt.NDArray[np.intp]) -> Array:
        """Return the step (unknowns, active cases) from `now`, which a pass has mapped to `mapped`."""
        self.passes += 1
        change, size = mapped - now, self.size[:, numbers]
        trace = self.trace[:, numbers] if self.passes > TOGETHER else np.zeros(change.shape, dtype=bool)
        together = (self.response.inverse @ np.where(trace, 0.0, change / size)) * size
        with np.errstate(all="ignore"):
            slope = (mapped - self.after[:, numbers]) / (now - self.before[:, numbers])
        slope = np.clip(np.nan_to_num(slope, nan=0.0, posinf=0.0, neginf=0.0), 0.0, LONGEST_MEMORY)
        self.before[:, numbers], self.after[:, numbers] = now, mapped
        return np.where(trace, change / (1 - slope), together)


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
