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
import itertools
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
    efficiency : array (cases,), or (stages, 1 or solutes, cases)
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
        self.sections = [range(first, last) for first, last in itertools.pairwise(ends)]
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
        self.passed: list[Array] = []
        back = np.zeros(self.take.shape[1:])
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

    def influence(self, swing: Array, top: Array, entry: Array) -> "Influence":
        """Return what a small change does to what rises from every stage.

        Parameters
        ----------
        swing : array (stages, solutes, cases)
            Moved from the falling to the rising phase of a stage, one column for each stage.
        top, entry : array (solutes, cases)
            Fed to the falling phase of the last stage; added to the rising phase before the first: two more columns.
        """
        count, edge = self.count, self.edge
        fed = swing
        if self.carried is not None:
            fed = swing.copy()
            fed[edge] *= 1 - self.carried
        rising = np.empty((swing.shape[1], count, count + 2, swing.shape[2]))
        entering = np.empty_like(rising[:, 0])
        for stages in self.sections:
            self._upward(rising, stages, fed, top)
        passed = np.ones_like(top)
        for j in reversed(range(count)):
            entering[:, j] = passed * rising[:, j, j]
            passed = passed * self.step_up[j]
        entering[:, count], entering[:, count + 1] = rising[:, count - 1, count], 0.0
        if not self.closed:
            entering[...] = 0.0
        entering[:, count + 1] += entry
        if self.closed:
            entering /= self.back[:, None]
        self._chain(rising, entering)
        in_stage = rising[:, edge]
        if self.carried is not None:
            in_stage = self.edge_up[:, None] * (rising[:, edge - 1] if edge else entering)
            in_stage[:, edge] += swing[edge]
        return Influence(rising, entering, in_stage)

    def _upward(self, rising: Array, stages: range, fed: Array, top: Array) -> None:
        """Columns of a section's own stages in the rows at and below them, with nothing rising into the section."""
        sent_back, sent_on, last = np.zeros_like(self.back), np.ones_like(self.back), stages[-1]
        ratios = []
        for j in stages:
            both = fed[j] * self.inverse[j] / (self.step_up[j] * self.above[j] + self.reflected[j] * sent_on)
            rising[:, j, j] = both * sent_on
            if j > stages[0]:
                rising[:, j - 1, j] = -both * sent_back * self.above[j]
            down = self.keep_down[j] / (self.keep_up[j] + self.drop[j] * sent_on)
            handed = sent_back * down
            sent_back = self.take[j] + self.keep_up[j] * handed
            ratios.append(handed / np.maximum(sent_back, _TINY))
            sent_on = down * sent_on
        end = last + 1
        if last == self.count - 1:
            rising[:, last, end] = sent_back * top
            end += 1
        for j, ratio in zip(reversed(stages[1:]), reversed(ratios[1:]), strict=True):
            np.multiply(ratio[:, None], rising[:, j, j + 1 : end], out=rising[:, j - 1, j + 1 : end])

    def _chain(self, rising: Array, entering: Array) -> None:
        """Add what comes round with the rising phase, and hand every change on to the stages above it."""
        below, through = entering, np.ones_like(self.back)
        for stages in self.sections:
            end = stages[-1] + 1 + (stages[-1] == self.count - 1)
            for j in stages:
                through = through * self.step_up[j]
                step = self.step_up[j][:, None]
                np.multiply(step, below[:, :j], out=rising[:, j, :j])
                np.multiply(step, below[:, end:], out=rising[:, j, end:])
                rising[:, j, j:end] += through[:, None] * entering[:, j:end]
                below = rising[:, j]


@dataclasses.dataclass(frozen=True)
class Influence:
    """Changes of what rises, by column (see `Cascade.influence`).

    Parameters
    ----------
    rising : array (solutes, stages, columns, cases)
        With what is carried into the next section; within a section, rising less falling is the same at all heights.
    entering, in_stage : array (solutes, columns, cases)
        Into the first stage; from the first section's last stage, without what is carried.
    """

    rising: Array
    entering: Array
    in_stage: Array


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
    a, b = np.ascontiguousarray(np.moveaxis(matrix, -1, 0)), right.T[..., None]
    good = np.isfinite(a.sum(axis=(1, 2)) + b.sum(axis=(1, 2)))
    if not good.all():
        a = np.where(good[:, None, None], a, np.eye(a.shape[1]))
        b = np.where(good[:, None, None], b, 0.0)
    try:
        solution = np.linalg.solve(a, b)
    except np.linalg.LinAlgError:
        singular = np.array([np.linalg.matrix_rank(one) < one.shape[0] for one in a])
        good &= ~singular
        solution = np.linalg.solve(np.where(singular[:, None, None], np.eye(a.shape[1]), a), b)
    good &= np.isfinite(solution.sum(axis=(1, 2)))
    return np.where(good, solution[..., 0].T, 0.0), good
