"""How a loop answers to its torn streams: linear models of some cases, which serve all cases like them."""

import dataclasses

import numpy as np
import numpy.typing as npt

from blackmass.flowsheet.problem import Problem

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]
TRACE = 3e2  # times the floor: smaller flows follow the others and do not move them
STEP = 1e-5  # of an unknown, for the differences
LONGEST_MEMORY = 0.98  # largest share of a trace that is taken to return on the next pass
TOLD, SEEN = 1.0, 1e-8  # of what others did to a trace, and of its size: so far it must move for its slope to be seen
BELIEVED = (-0.1, 1.0)  # slopes of a trace that can be


@dataclasses.dataclass(frozen=True)
class Response:
    """What a loop makes of changes, as if it were linear; all sensitivities are relative to the size of the unknowns.

    Parameters
    ----------
    rows : array (rows,)
        The unknowns that the models hold; the others follow by substitution.
    slopes, inverse : array (models, rows, rows)
        The Jacobian of the map of the loop onto itself, at one case each, and the inverse of 1 less it.
    kin : array (cases,)
        Which model serves a case; of length one where one serves for all.
    """

    rows: Index
    slopes: Array
    inverse: Array
    kin: Index = dataclasses.field(default_factory=lambda: np.zeros(1, dtype=np.intp))

    def take(self, numbers: Index) -> "Response":
        """Return the response of some cases."""
        return self if self.kin.size == 1 else dataclasses.replace(self, kin=self.kin[numbers])

    def fits(self, unknowns: int) -> bool:
        """Whether the models are of a loop with so many unknowns."""
        return self.rows.size > 0 and int(self.rows[-1]) < unknowns

    def settled(self, change: Array, numbers: Index) -> Array:
        """Return the change (rows, some cases) that settles the change of a pass."""
        return self._each(self.inverse, change, numbers)

    def felt(self, change: Array, numbers: Index) -> Array:
        """Return the change (rows, some cases) that the next pass makes of a change."""
        return self._each(self.slopes, change, numbers)

    def own(self, numbers: Index) -> Array:
        """Return the slope of each row to itself (rows, some cases)."""
        kin = np.broadcast_to(self.kin, (1,)) if self.kin.size == 1 else self.kin[numbers]
        return np.broadcast_to(np.diagonal(self.slopes, axis1=1, axis2=2)[kin].T, (self.rows.size, numbers.size))

    def _each(self, matrices: Array, change: Array, numbers: Index) -> Array:
        if self.kin.size == 1:
            return np.asarray(matrices[self.kin[0]] @ change)
        found, kin = np.empty_like(change), self.kin[numbers]
        for model in np.unique(kin):
            mine = np.flatnonzero(kin == model)
            found[:, mine] = matrices[model] @ change[:, mine]
        return found


class Correction:
    """The step to take after a pass, for a batch of cases like those whose response is known.

    Traces answer to the rest by the model, but to themselves each by the slope of its last two passes, less what the
    rest did to it (Wegstein, Commun. ACM 1 (1958) 9, 10.1145/368861.368871): whether a solid holds them differs from
    case to case, and they do not move the rest.

    Parameters
    ----------
    response : Response
    start, floor : array (unknowns, cases)
        Of the batch, which tell the size of each unknown.
    """

    def __init__(self, response: Response, start: Array, floor: Array) -> None:
        rows = response.rows
        self.response, self.size = response, np.maximum(np.abs(start), floor)[rows]
        self.trace = np.abs(start[rows]) < TRACE * floor[rows]
        self.slope = np.clip(response.own(np.arange(start.shape[1])), 0.0, LONGEST_MEMORY)
        self.before, self.after = np.full((2, rows.size, start.shape[1]), np.nan)

    def __call__(self, now: Array, mapped: Array, numbers: Index) -> Array:
        """Return the step (unknowns, active cases) from `now`, which a pass has mapped to `mapped`."""
        rows, step = self.response.rows, mapped - now
        size, trace = self.size[:, numbers], self.trace[:, numbers]
        here, there = now[rows] / size, mapped[rows] / size
        change = there - here
        moves = np.where(trace, 0.0, self.response.settled(np.where(trace, 0.0, change), numbers))
        self._learn(here, there, trace, numbers)
        felt = self.response.felt(moves, numbers)
        step[rows] = np.where(trace, (change + felt) / (1 - self.slope[:, numbers]), moves) * size
        return step

    def _learn(self, here: Array, there: Array, trace: npt.NDArray[np.bool_], numbers: Index) -> None:
        """Take the slope of each trace to itself from the last two passes."""
        moved = here - self.before[:, numbers]
        self.before[:, numbers] = here
        by_others = self.response.felt(np.where(trace, 0.0, np.nan_to_num(moved)), numbers)
        by_itself = there - self.after[:, numbers] - by_others
        self.after[:, numbers] = there
        with np.errstate(all="ignore"):
            told = trace & (np.abs(moved) > np.maximum(TOLD * np.abs(by_others), SEEN))
            slope = by_itself / moved
            told &= (slope > BELIEVED[0]) & (slope < BELIEVED[1])
        self.slope[:, numbers] = np.where(told, np.clip(slope, 0.0, LONGEST_MEMORY), self.slope[:, numbers])


def measured(problem: Problem, x: Array, numbers: Index, floor: Array) -> Response:
    """Measure the response of some cases at x (unknowns, some cases) by differences; all columns are one batch.

    Unknowns that are zero stay out: they follow by substitution.
    """
    unknowns = len(x)
    size = np.maximum(np.abs(x), floor)
    there = (x != 0) | (np.arange(unknowns) >= unknowns - len(problem.loop.specs))[:, None]
    rows = np.flatnonzero(there.any(1))
    columns = np.repeat(x[:, :, None], rows.size + 1, axis=2)
    columns[rows, :, np.arange(1, rows.size + 1)] += STEP * size[rows]
    flat = columns.reshape(unknowns, -1)
    mapped = problem.mapped(flat, np.repeat(numbers, rows.size + 1)).reshape(columns.shape)[rows]
    slopes = ((mapped[:, :, 1:] - mapped[:, :, :1]) / (STEP * size[rows][:, :, None])).transpose(1, 0, 2)
    known = there[rows].T[:, :, None] & there[rows].T[:, None, :] & np.isfinite(slopes).all(1, keepdims=True)
    slopes = np.where(known, slopes, 0.0)
    inverse = np.linalg.pinv(np.eye(rows.size) - slopes, rcond=1e-13)
    return Response(rows, np.asarray(slopes), np.asarray(inverse, dtype=np.float64))
