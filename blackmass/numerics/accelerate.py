"""Fixed points of long vectors for a batch: Anderson's acceleration, and Jacobians by differences."""

import dataclasses
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]
Map = Callable[[Array, Index], Array]
Correct = Callable[[Array, Array, Index], Array]
_INDEPENDENT = 1e-14
"""Squared size, against the largest, below which a direction of the last steps is rounding."""


@dataclasses.dataclass(frozen=True)
class FixedPoint:
    """Where the iteration ended: x and residual (unknowns, cases), iterations and converged (cases,)."""

    x: Array
    residual: Array
    iterations: npt.NDArray[np.intp]
    converged: npt.NDArray[np.bool_]


@dataclasses.dataclass(frozen=True)
class Anderson:
    """Anderson acceleration with a short memory, safeguarded by plain substitution.

    Source: Anderson, J. ACM 12 (1965) 547, 10.1145/321296.321305; Walker and Ni, SIAM J. Numer. Anal. 49
    (2011) 1715, 10.1137/10078356X.
    """

    tolerance: float = 1e-9
    iterations: int = 60
    memory: int = 8
    substitutions: int = 2

    def solve(
        self, function: Map, start: Array, scale: Array, low: Array, high: Array, *,
        floor: Array | None = None, correct: Correct | None = None,
    ) -> FixedPoint:  # fmt: skip
        """Find x = function(x) for every case.

        Parameters
        ----------
        function : maps x (unknowns, active cases) and the numbers of these cases to x of the same shape
        start, scale : array (unknowns, cases)
            Converged where |function(x) - x| <= tolerance * scale.
        low, high : array (unknowns, 1) or (unknowns, cases)
            Limits of the iterates (not of the answer): they keep extrapolations physical.
        floor : array (unknowns, cases), optional
            Then converged where |function(x) - x| <= tolerance * max(|x|, floor).
        correct : maps x, function(x) and the numbers of the cases to the step to take, optional
            A linear model of the map: x + correct(x, function(x), numbers) is iterated in place of function(x).
        """
        x = start.copy()
        residual = np.full_like(x, np.inf)
        count = np.zeros(x.shape[1], dtype=np.intp)
        done = np.zeros(x.shape[1], dtype=bool)
        active = np.arange(x.shape[1])
        history = _History(self.memory)
        for step in range(self.iterations):
            now = x[:, active]
            mapped = function(now, active)
            width = scale[:, active] if floor is None else np.maximum(np.abs(mapped), floor[:, active])
            residual[:, active] = (mapped - now) / width
            near = _near(now, mapped)
            if correct is not None:
                mapped = now + correct(now, mapped, active)
            change = (mapped - now) / scale[:, active]
            count[active] += 1
            finite = np.isfinite(residual[:, active]).all(0) & np.isfinite(change).all(0)
            met = finite & (np.abs(residual[:, active]).max(0, initial=0.0) <= self.tolerance)
            done[active] |= met
            keep = finite & ~met
            active, now, mapped, change = active[keep], now[:, keep], mapped[:, keep], change[:, keep]
            if active.size == 0:
                break
            history.keep(keep)
            history.add(mapped / scale[:, active], change)
            following = mapped if step < self.substitutions else history.extrapolate() * scale[:, active]
            if correct is not None:
                following = np.clip(following, near[0][:, keep], near[1][:, keep])
            limits = np.broadcast_to(low, x.shape)[:, active], np.broadcast_to(high, x.shape)[:, active]
            x[:, active] = np.clip(following, *limits)
        return FixedPoint(x, residual, count, done)


def _near(now: Array, mapped: Array) -> tuple[Array, Array]:
    """How far a linear model is trusted: to a third of the smaller, to three times the larger of both sides."""
    small, large = np.minimum(now, mapped), np.maximum(now, mapped)
    return small - 0.67 * np.abs(small), large + 2 * np.abs(large)


class _History:
    """Differences of the last iterates, per case."""

    def __init__(self, memory: int) -> None:
        self.memory = memory
        self.values: list[Array] = []
        self.changes: list[Array] = []

    def keep(self, mask: npt.NDArray[np.bool_]) -> None:
        self.values = [value[:, mask] for value in self.values]
        self.changes = [change[:, mask] for change in self.changes]

    def add(self, value: Array, change: Array) -> None:
        self.values = [*self.values[-self.memory :], value]
        self.changes = [*self.changes[-self.memory :], change]

    def extrapolate(self) -> Array:
        """The mapped iterate whose linear model has the least residual, case by case."""
        if len(self.changes) < 2:
            return self.values[-1]
        steps = np.diff(np.stack(self.changes), axis=0)  # (memory, unknowns, cases)
        moves = np.diff(np.stack(self.values), axis=0)
        norm = np.sqrt((steps**2).sum(1))
        steps = steps / np.where(norm > 0, norm, 1.0)[:, None]
        gram = np.einsum("auc,buc->cab", steps, steps)
        right = np.einsum("auc,uc->ca", steps, self.changes[-1])
        size, direction = np.linalg.eigh(gram)
        kept = size > _INDEPENDENT * size[:, -1:]
        inverse = np.where(kept, 1 / np.where(kept, size, 1.0), 0.0)
        weights = np.einsum("cak,ck,cbk,cb->ac", direction, inverse, direction, right)
        weights = weights / np.where(norm > 0, norm, 1.0)
        return self.values[-1] - np.einsum("auc,ac->uc", moves, weights)


def difference_jacobian(
    function: Map, now: Array, active: Index, width: Array, step: float = 1e-6
) -> tuple[Array, Array]:
    """Return (function(x) - x) / width (unknowns, cases) and its Jacobian (cases, unknowns, unknowns) by x / width."""
    unknowns = now.shape[0]
    shifts = step * np.maximum(np.abs(now / width), 1e-3)
    columns = np.repeat(now[:, None, :], unknowns + 1, axis=1)
    for number in range(unknowns):
        columns[number, number + 1] += shifts[number] * width[number]
    mapped = function(columns.reshape(unknowns, -1), np.tile(active, unknowns + 1)).reshape(columns.shape)
    changes = (mapped - columns) / width[:, None, :]
    jacobian = (changes[:, 1:] - changes[:, :1]) / shifts[None]
    return changes[:, 0], np.moveaxis(jacobian, -1, 0)
