"""Fixed points of long vectors for a batch of cases: substitution, sped up where it has become regular.

Recycles fill, meet a limit of solubility, take another course and settle at last. Extrapolation on the way leads
astray, so that each case goes by plain substitution until its changes shrink regularly. While one mode dominates it is
summed to its end (Orbach and Crowe, Can. J. Chem. Eng. 49 (1971) 509, 10.1002/cjce.5450490414); when the changes are
small, Anderson's method takes all modes together (J. ACM 12 (1965) 547, 10.1145/321296.321305; Walker and Ni, SIAM J.
Numer. Anal. 49 (2011) 1715, 10.1137/10078356X). A case whose change grows after such a step goes back to substitution
for a while, one that goes in circles takes shorter steps.
"""

import dataclasses
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]
Map = Callable[[Array, Index], Array]
Correct = Callable[[Array, Array, Index], Array]
SMALL = 3e-2  # change of the vector, relative, from which Anderson's method takes over
LEADS, DOUBTS = 0.5, 3  # share of the least change that a pass by the linear model may leave; times that it may not
GROWN = 2.0  # times the last change: the step before was a wrong one
REST, LONGEST_REST = 3, 24  # plain passes after a wrong step: so many, and twice as many each time
REGULAR = 0.03  # by which the share of a change that returns may differ between two passes
ALIGNED, SLOW = 0.97, 0.3  # cosine between two changes, and share that returns, from which a mode is summed
LARGEST_SHARE, LARGEST_SHRINKING = 0.99, 1 - 1e-9  # that is taken to return for ever: of growth, of what shrinks
ENDLESS = 0.98  # share that returns, from which a mode without progress is summed, however small
ALTERNATES, CALMER = -0.5, 1.1  # share that comes back with the other sign, from which steps are halved; and back
STUCK = 60  # passes without progress after which the steps become shorter
SHORTEST = 0.2
SINGULAR = 1e-12  # added to the normal equations, whose columns have length one


@dataclasses.dataclass(frozen=True)
class FixedPoint:
    """Where the iteration ended: x and residual (unknowns, cases), iterations and converged (cases,)."""

    x: Array
    residual: Array
    iterations: npt.NDArray[np.intp]
    converged: Mask


@dataclasses.dataclass(frozen=True)
class Substitution:
    """Safeguarded substitution for a batch.

    Parameters
    ----------
    tolerance : float
        Converged where |function(x) - x| <= tolerance * max(|x|, floor).
    iterations : int
    plain : int
        Passes of plain substitution at the beginning.
    memory : int
        Of Anderson's method.
    """

    tolerance: float = 1e-9
    iterations: int = 240
    plain: int = 8
    memory: int = 8

    def solve(
        self, function: Map, start: Array, *,
        floor: Array, weight: Array, reach: Array, low: Array, high: Array, correct: Correct | None = None,
    ) -> FixedPoint:  # fmt: skip
        """Find x = function(x) for every case.

        Parameters
        ----------
        function : maps x (unknowns, active cases) and the numbers of these cases to x of the same shape
        start : array (unknowns, cases)
        floor, weight : array (unknowns, cases)
            Size below which an unknown counts as that large: for convergence, and for its say in the way to it.
        reach : array (unknowns, 1)
            By how much a step may go beyond what a pass has shown; infinite where flows grow freely.
        low, high : array (unknowns, cases)
            Limits of the iterates (not of the answer).
        correct : maps x, function(x) and the numbers of the cases to the step to take, optional
            A linear model of the map: x + correct(x, function(x), numbers) is iterated in place of function(x).
        """
        unknowns, cases = start.shape
        x, residual = start.copy(), np.full((unknowns, cases), np.inf)
        count, done = np.zeros(cases, dtype=np.intp), np.zeros(cases, dtype=bool)
        active = np.arange(cases)
        course = _Course(unknowns, cases, self, reach, correct)
        for _ in range(self.iterations):
            now = x[:, active]
            mapped = function(now, active)
            residual[:, active] = (mapped - now) / np.maximum(np.abs(mapped), floor[:, active])
            count[active] += 1
            finite = np.isfinite(mapped).all(0)
            met = finite & (np.abs(residual[:, active]).max(0, initial=0.0) <= self.tolerance)
            done[active[met]] = True
            keep = finite & ~met
            active, now, mapped = active[keep], now[:, keep], mapped[:, keep]
            if active.size == 0:
                break
            mapped = np.clip(mapped, low[:, active], high[:, active])
            following = course.following(now, mapped, weight[:, active], active)
            x[:, active] = np.clip(following, low[:, active], high[:, active])
        return FixedPoint(x, residual, count, done)


class _Course:
    """What each case has gone through, and its next step."""

    def __init__(self, unknowns: int, cases: int, method: Substitution, reach: Array, correct: Correct | None) -> None:
        self.reach, self.correct = reach, correct
        self.led = np.full(cases, correct is not None)
        self.doubts = np.zeros(cases, dtype=np.intp)
        self.rest = np.full(cases, method.plain)
        self.penalty = np.full(cases, REST)
        self.last, self.best = np.full((2, cases), np.inf)
        self.idle = np.zeros(cases, dtype=np.intp)
        self.share = np.full(cases, np.nan)
        self.stride = np.ones(cases)
        self.change = np.full((unknowns, cases), np.nan)
        self.history = _History(unknowns, cases, method.memory)

    def following(self, now: Array, mapped: Array, weight: Array, active: Index) -> Array:
        """Return the next iterate (unknowns, active cases) after a pass that maps `now` to `mapped`."""
        change = mapped - now
        weight = np.maximum(
            np.maximum(np.abs(mapped), np.abs(now)), weight * np.clip(10 * self.last[active], 1e-4, 1.0)
        )
        relative = change / weight
        size = np.sqrt((relative**2).sum(0))
        self._note(size, active)
        aim = self._aim(now, mapped, active)
        regular, share = self._regular(relative, weight, size, active)
        self._damp(share, size, active)
        self.history.add(now, aim, active)
        self.rest[active] -= 1
        ready = self.rest[active] <= 0
        led = self.led[active]
        small = ready & (size < SMALL) & ~led
        summed = ready & regular & ~led & (~small | ((share > ENDLESS) & (self.idle[active] > LONGEST_REST)))
        small &= ~summed
        step = now + self.stride[active] * (aim - now)
        if summed.any():
            step[:, summed] = now[:, summed] + self._summed(now, change, share, active, summed)
            self.rest[active[summed]] = REST
            self.history.forget(active[summed])
        if small.any():
            step[:, small] = self.history.extrapolate(weight[:, small], active[small])
        self.change[:, active] = change
        return _near(step, now, mapped, self.reach)

    def _aim(self, now: Array, mapped: Array, active: Index) -> Array:
        """Return where the pass leads by the linear model, or to its own end where that does not serve."""
        led = self.led[active]
        if self.correct is None or not led.any():
            return mapped
        aim = mapped.copy()
        aim[:, led] = (now + self.correct(now, mapped, active))[:, led]
        return _near(aim, now, mapped, self.reach)

    def _note(self, size: Array, active: Index) -> None:
        """Take note of steps that went wrong, and of cases that go in circles."""
        self.doubts[active] += size > LEADS * self.best[active]
        astray = active[self.led[active] & (self.doubts[active] > DOUBTS)]
        self.led[astray], self.rest[astray] = False, REST
        wrong = active[~self.led[active] & (size > GROWN * self.last[active]) & (self.rest[active] <= 0)]
        self.penalty[wrong] = np.minimum(2 * self.penalty[wrong], LONGEST_REST)
        self.rest[wrong] = self.penalty[wrong]
        self.last[active] = size
        self.idle[active] = np.where(size < 0.7 * self.best[active], 0, self.idle[active] + 1)
        self.best[active] = np.minimum(self.best[active], size)
        stuck = active[self.idle[active] > STUCK]
        self.stride[stuck] = np.where(self.stride[stuck] > SHORTEST, 0.5 * self.stride[stuck], 1.0)
        self.idle[stuck], self.best[stuck], self.rest[stuck] = 0, np.inf, STUCK // 3
        self.history.forget(np.concatenate([astray, wrong, stuck]))

    def _regular(self, relative: Array, weight: Array, size: Array, active: Index) -> tuple[Mask, Array]:
        """Tell where the last two changes are one mode, and which share of it returns."""
        before = self.change[:, active] / weight
        product, length = (relative * before).sum(0), (before**2).sum(0)
        with np.errstate(invalid="ignore", divide="ignore"):
            share, aligned = product / length, product / (np.sqrt(length) * size)
            regular = (np.abs(share - self.share[active]) < REGULAR) & (aligned > ALIGNED) & (share > SLOW)
        self.share[active] = share
        return regular, share

    def _damp(self, share: Array, size: Array, active: Index) -> None:
        """Shorten the steps of a case that goes to and fro, and lengthen them again when it no longer does."""
        share = np.nan_to_num(share, nan=0.0)
        fro = (share < ALTERNATES) & (size > SMALL)
        stride = np.where(
            fro, 0.5 * self.stride[active], np.where(share > 0, CALMER * self.stride[active], self.stride[active])
        )
        self.stride[active] = np.clip(stride, SHORTEST, 1.0)

    def _summed(self, now: Array, change: Array, share: Array, active: Index, which: Mask) -> Array:
        """Return the sum (unknowns, some cases) of all changes to come, each by its own share if that is less.

        What shrinks by the same amount pass after pass does so until something else sets in: it goes as far as it may.
        """
        change, before = change[:, which], self.change[:, active[which]]
        with np.errstate(invalid="ignore", divide="ignore"):
            own = np.nan_to_num(change / before, nan=0.0, posinf=0.0, neginf=0.0)
        largest = np.where(change * now[:, which] < 0, LARGEST_SHRINKING, LARGEST_SHARE)
        return np.asarray(change / (1 - np.clip(own, 0.0, np.minimum(share[which], largest))))


def _near(step: Array, now: Array, mapped: Array, reach: Array) -> Array:
    """Keep a step near to what is known: above a third of the smaller, below three times the larger of both sides."""
    small, large = np.minimum(now, mapped), np.maximum(now, mapped)
    below, above = np.minimum(0.7 * np.abs(small), reach), np.minimum(2 * np.abs(large), reach)
    return np.clip(step, small - below, large + above)


class _History:
    """The last passes of each case, for Anderson's method."""

    def __init__(self, unknowns: int, cases: int, memory: int) -> None:
        self.before, self.after = np.zeros((2, memory + 1, unknowns, cases))
        self.known = np.zeros((memory + 1, cases), dtype=bool)
        self.slot = -1

    def add(self, now: Array, mapped: Array, active: Index) -> None:
        self.slot = (self.slot + 1) % len(self.known)
        self.before[self.slot][:, active], self.after[self.slot][:, active] = now, mapped
        self.known[self.slot, active] = True

    def forget(self, cases: Index) -> None:
        self.known[:, cases] = False

    def extrapolate(self, weight: Array, cases: Index) -> Array:
        """Return the mapped iterate (unknowns, cases) whose linear model has the least change."""
        before, after = self.before[:, :, cases], self.after[:, :, cases]
        change = (after - before) / weight
        others = np.arange(len(self.known)) != self.slot
        known = self.known[others][:, None, cases]
        steps = np.where(known, change[self.slot] - change[others], 0.0)
        moves = np.where(known, after[self.slot] - after[others], 0.0)
        norm = np.sqrt((steps**2).sum(1))
        norm = np.where(norm > 0, norm, 1.0)
        steps = steps / norm[:, None]
        normal = np.einsum("auc,buc->cab", steps, steps) + SINGULAR * np.eye(len(steps))
        right = np.einsum("auc,uc->ca", steps, change[self.slot])
        weights = np.linalg.solve(normal, right[..., None])[..., 0].T / norm
        return np.asarray(after[self.slot] - np.einsum("auc,ac->uc", moves, weights))
