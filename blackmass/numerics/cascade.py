"""Linear counter-current cascades, open or with the rising phase recycled, solved stage by stage without subtraction.

Stages are numbered along the rising phase (the organic). Each section has its own falling phase (the aqueous),
which enters at the section's top and leaves at its bottom. Stage j mixes what rises, Y[j-1], with what falls,
X[j+1] plus its feed F[j], and hands on

    Y[j] = (1 - e) Y[j-1] + e t (Y[j-1] + X[j+1] + F[j]),    X[j] = all the rest,

with t the share of the solute that equilibrium puts into the rising phase and e the efficiency. Seen from below, all
that is above a stage reflects a share of what rises into it and lets the rest pass; seen from above, so does all that
is below. Both are built from positive terms only, so that traces keep all their digits (Grassmann, Taksar and Heyman,
Oper. Res. 33 (1985) 1107, 10.1287/opre.33.5.1107).
"""

import dataclasses
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
_TINY = 1e-300


@dataclasses.dataclass(frozen=True)
class Profile:
    """Flows that leave each stage, (solutes, stages, cases), and what rises into the first, (solutes, cases)."""

    rising: Array
    falling: Array
    entering: Array


class Cascade:
    """A cascade after elimination: answers for any feeds, and for any small exchange in a stage.

    Parameters
    ----------
    share : array (2, stages, solutes, cases)
        Share of the solute in the rising phase at equilibrium, and its complement (given, to keep its digits).
    efficiency : array (cases,)
        Approach to equilibrium in each stage.
    sections : tuple of int
        Stages of each section along the rising phase.
    closed : bool
        Whether the rising phase returns from the last stage to the first.
    carried : array (cases,)
        Share of the falling phase of the first section's last stage that the rising phase carries with it, unmixed,
        into the next section.
    """

    def __init__(
        self, share: Array, efficiency: Array, sections: tuple[int, ...], closed: bool, carried: Array | None = None
    ) -> None:
        self.closed, self.carried, self.count = closed, carried, sum(sections)
        self.take, self.drop = efficiency * share[0], efficiency * share[1]
        self.keep_up, self.keep_down = (1 - efficiency) + self.take, (1 - efficiency) + self.drop
        self.edge = sections[0] - 1
        self.edge_take, self.edge_up = self.take[self.edge].copy(), self.keep_up[self.edge].copy()
        if carried is not None:
            self._carry(carried)
        ends = np.cumsum([0, *sections])
        self.sections = [range(first, last) for first, last in zip(ends[:-1], ends[1:], strict=True)]
        self._from_above()

    def _carry(self, carried: Array) -> None:
        j = self.edge
        self.keep_up[j] += carried * self.drop[j]
        self.take[j] += carried * self.keep_down[j]
        self.drop[j] *= 1 - carried
        self.keep_down[j] *= 1 - carried

    def _from_above(self) -> None:
        """Reflection and transmission of each stage with all above it, as seen from below."""
        empty = np.empty_like
        self.reflected, self.step_up, self.inverse, self.above = (empty(self.take) for _ in range(4))
        self.passed = []
        back, through = np.zeros(self.take.shape[1:]), np.ones(self.take.shape[1:])
        for stages in reversed(self.sections):
            reflection, transmission = np.zeros_like(back), np.ones_like(back)
            for j in reversed(stages):
                inverse = 1.0 / (self.keep_down[j] + self.take[j] * transmission)
                up = self.keep_up[j] * inverse
                reflection = self.drop[j] + self.keep_down[j] * reflection * up
                self.above[j] = transmission
                transmission = up * transmission
                self.inverse[j], self.step_up[j], self.reflected[j] = inverse, up, reflection
            back = reflection + transmission * back
            self.passed.insert(0, transmission)
        self.back = np.maximum(back, _TINY)

    def solve(self, falling: Mapping[int, Array], entry: Array) -> Profile:
        """Return the flows for feeds to the falling phase, by stage (solutes, cases), and `entry` to the rising one."""
        returned = np.zeros((self.count + 1, *entry.shape))
        crossed = np.zeros_like(entry)
        for section, stages in enumerate(self.sections):
            transmitted = np.zeros_like(entry)
            back = np.zeros_like(entry)
            for j in reversed(stages):
                given = (back + falling[j] if j in falling else back) * self.inverse[j]
                returned[j] = back = self.keep_down[j] * given
                transmitted = transmitted + self.above[j] * self.take[j] * given
            crossed = self.passed[section] * crossed + transmitted
        entering = (crossed + entry) / self.back if self.closed else entry
        rising, leaving = np.empty((2, self.count, *entry.shape))
        below = entering
        for stages in self.sections:
            for j in stages:
                given = returned[j + 1] if j + 1 in stages else np.zeros_like(entry)
                given = given + falling[j] if j in falling else given
                leaving[j] = self.reflected[j] * below + returned[j]
                rising[j] = self.step_up[j] * below + self.take[j] * self.inverse[j] * given
                below = rising[j]
        self._uncarry(rising, leaving, entering, falling)
        return Profile(np.swapaxes(rising, 0, 1), np.swapaxes(leaving, 0, 1), entering)

    def _uncarry(self, rising: Array, falling: Array, entering: Array, feeds: Mapping[int, Array]) -> None:
        """Put the carried part of the falling phase back where it is in the stage."""
        if self.carried is None:
            return
        j = self.edge
        rising[j] = self.edge_up * (rising[j - 1] if j else entering)
        if j in feeds:
            rising[j] += self.edge_take * feeds[j]
        falling[j] /= 1 - self.carried

    def influence(self, swing: Array, top: Array, entry: Array) -> tuple[Array, Array]:
        """Return what a small change does to every stage.

        Parameters
        ----------
        swing : array (stages, solutes, cases)
            Moved from the falling to the rising phase of a stage, one column for each stage.
        top, entry : array (solutes, cases)
            Fed to the falling phase of the last stage; added to the rising phase before the first: two more columns.

        Returns
        -------
        rising, falling : array (solutes, stages, stages + 2, cases)
        """
        count = self.count
        rising = np.zeros((swing.shape[1], count, count + 2, swing.shape[2]))
        falling = np.zeros_like(rising)
        fed = swing
        if self.carried is not None:
            fed = swing.copy()
            fed[self.edge] *= 1 - self.carried
        for stages in self.sections:
            self._within(rising, falling, stages, fed, top if stages[-1] == count - 1 else None)
        self._across(rising, falling)
        entering = self._close(rising, falling, entry)
        if self.carried is not None:
            j = self.edge
            rising[:, j] = self.edge_up[:, None] * (rising[:, j - 1] if j else entering)
            rising[:, j, j] += swing[j]
            falling[:, j] /= 1 - self.carried
        return rising, falling

    def _within(self, rising: Array, falling: Array, stages: range, fed: Array, top: Array | None) -> None:
        """Columns of a section's own stages, with nothing rising into it."""
        count, last = self.count, stages[-1] + 1
        sent_back, sent_on = np.zeros_like(self.back), np.ones_like(self.back)
        returns, steps = [], []
        for j in stages:
            both = 1.0 / (self.step_up[j] * self.above[j] + self.reflected[j] * sent_on)
            falling[:, j, j] = -fed[j] * self.above[j] * self.inverse[j] * both
            rising[:, j, j] = fed[j] * sent_on * self.inverse[j] * both
            returns.append(sent_back)
            down = self.keep_down[j] / (self.keep_up[j] + self.drop[j] * sent_on)
            steps.append(down)
            sent_back = self.take[j] + self.keep_up[j] * sent_back * down
            sent_on = down * sent_on
        if top is not None:
            falling[:, last - 1, count] = steps[-1] * top
            rising[:, last - 1, count] = sent_back * top
        for j, back, down in zip(reversed(stages), reversed(returns), reversed(steps), strict=True):
            if j + 1 < last:
                above = slice(j + 1, last if top is None else count + 1)
                falling[:, j, above] = down[:, None] * falling[:, j + 1, above]
            if j > stages[0]:
                above = slice(j, last if top is None else count + 1)
                rising[:, j - 1, above] = back[:, None] * falling[:, j, above]
        for j in stages[1:]:
            own = slice(stages[0], j)
            rising[:, j, own] = self.step_up[j][:, None] * rising[:, j - 1, own]
            falling[:, j, own] = self.reflected[j][:, None] * rising[:, j - 1, own]

    def _across(self, rising: Array, falling: Array) -> None:
        """What a section's columns do to the sections after it."""
        for stages in self.sections[1:]:
            own = slice(0, stages[0])
            for j in stages:
                falling[:, j, own] = self.reflected[j][:, None] * rising[:, j - 1, own]
                rising[:, j, own] = self.step_up[j][:, None] * rising[:, j - 1, own]

    def _close(self, rising: Array, falling: Array, entry: Array) -> Array:
        """Let what leaves the last stage return to the first; returns what rises into it, (solutes, columns, cases)."""
        added = np.zeros_like(rising[:, -1])
        if self.closed:
            added[...] = rising[:, -1]
        added[:, -1] += entry
        if self.closed:
            added /= self.back[:, None]
        below = added
        for j in range(self.count):
            falling[:, j] += self.reflected[j][:, None] * below
            below = self.step_up[j][:, None] * below
            rising[:, j] += below
        return added


def solve_cases(matrix: Array, right: Array) -> tuple[Array, npt.NDArray[np.bool_]]:
    """Solve a small dense system in each case; one that is singular or not finite leaves the others alone.

    Parameters
    ----------
    matrix : array (n, n, cases)
    right : array (n, cases)

    Returns
    -------
    solution : array (n, cases)
        Zero where the system could not be solved.
    good : array (cases,) of bool
    """
    a, b = np.moveaxis(matrix, -1, 0), right.T[..., None]
    scale = np.abs(a).max(axis=2, keepdims=True)
    good = np.isfinite(a).all(axis=(1, 2)) & np.isfinite(b).all(axis=(1, 2)) & (scale > 0).all(axis=(1, 2))
    eye = np.eye(a.shape[1])
    a = np.where(good[:, None, None], a / np.where(scale > 0, scale, 1.0), eye)
    b = np.where(good[:, None, None], b / np.where(scale > 0, scale, 1.0), 0.0)
    try:
        solution = np.linalg.solve(a, b)
    except np.linalg.LinAlgError:
        singular = np.array([np.linalg.matrix_rank(one) < one.shape[0] for one in a])
        good &= ~singular
        solution = np.linalg.solve(np.where(singular[:, None, None], eye, a), b)
    good &= np.isfinite(solution).all(axis=(1, 2))
    return np.where(good[:, None], solution[..., 0], 0.0).T, good
