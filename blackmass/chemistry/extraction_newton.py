"""Newton's method for one extraction circuit, compiled: from a neighbour's solution, or afresh with care."""

import numpy as np

from blackmass.chemistry.extraction_balances import jacobian, residual
from blackmass.chemistry.extraction_case import Array, Case, Desk
from blackmass.chemistry.extraction_guess import first_guess
from blackmass.numerics.cascade import Layout
from blackmass.numerics.compiled import compiled
from blackmass.numerics.dense import lu_solve

_MAX_ITERATIONS = 100
_WARM_ITERATIONS, _CLOSING_ITERATIONS = 12, 40
_TOLERANCE = 2e-10
_ROUNDING = 1e-13
"""Residual that is left by rounding: what then still moves is nowhere felt (free extractant where all is bound)."""
_LARGEST_STEP, _LARGEST_DOSE = 1.5, 0.3
_DAMPING = 0.1
_FIRST_FACTOR, _LEAST_FACTOR, _LAST_FACTOR = 0.3, 0.01, 0.98
_LEAST, _MOST = 1e-9, 2000


@compiled
def find(case: Case, desk: Desk, w: Array) -> int:
    """Solve a circuit from `w` where it holds numbers, else afresh; return the steps taken, negative: none found."""
    start = w.copy()
    steps = 0
    if np.isfinite(start.sum()):
        steps = newton(case, case.layout, desk, w, 0.0, _WARM_ITERATIONS)
        if steps > 0:
            return steps
    first_guess(case, w)
    more = newton(case, case.layout, desk, w, _DAMPING, _MAX_ITERATIONS)
    steps = abs(steps) + abs(more)
    if more > 0:
        return steps
    more = closing(case, desk, w)
    return more + steps if more > 0 else more - steps


@compiled
def closing(case: Case, desk: Desk, w: Array) -> int:
    """Solve a circuit whose organic is fresh, and let ever more of it return; steps as `find` counts them.

    What strips badly fills the organic as the share that is renewed falls, little by little.
    """
    first_guess(case, w)
    renewed, factor, near = 1.0, _FIRST_FACTOR, w.copy()
    steps = newton(case, recycling(case.layout, 0.0), desk, w, _DAMPING, _MAX_ITERATIONS)
    if steps < 0 or case.layout.recycled == 0.0:
        return steps
    while steps < _MOST:
        near[:] = w
        trial = 0.0 if renewed < _LEAST else renewed * factor
        more = newton(case, recycling(case.layout, 1 - trial), desk, w, 0.0, _CLOSING_ITERATIONS)
        steps += abs(more)
        if more > 0:
            if trial == 0.0:
                return steps
            renewed, factor = trial, max(factor * factor, _LEAST_FACTOR)
        else:
            w[:] = near
            if renewed < _LEAST:
                return -steps
            factor = np.sqrt(factor)
            if factor > _LAST_FACTOR:
                return -steps
    return -steps


@compiled
def recycling(layout: Layout, share: float) -> Layout:
    """Return a circuit in which only a share of the organic returns, the rest being renewed."""
    return Layout(layout.edge, layout.stages, share, layout.carried)


@compiled
def newton(case: Case, layout: Layout, desk: Desk, w: Array, damping: float, iterations: int) -> int:
    """Newton steps from `w`, in place; return their number, negative where it did not end.

    Damped as by a time step that lengthens while the residual falls (pseudo-transient continuation: Kelley and Keyes,
    SIAM J. Numer. Anal. 35 (1998) 508, 10.1137/S0036142996304796): unloaded stages fill before the balances bind.
    """
    unknowns, before = w.size, np.inf
    for number in range(iterations):
        point = residual(case, layout, desk, w)
        jacobian(case, layout, desk, point)
        worst = 0.0
        for i in range(unknowns):
            worst = max(worst, abs(desk.residual[i]))
            desk.right[i] = -desk.residual[i]
        if not worst < np.inf:
            return -number - 1
        shift = damping * worst
        for i in range(unknowns):
            desk.matrix[i, i] += shift
        if not lu_solve(desk.matrix, desk.right):
            return -number - 1
        size = _limit(desk.right)
        for i in range(unknowns):
            w[i] += desk.right[i]
        w[unknowns - 2] = min(max(w[unknowns - 2], 0.0), 1.0)
        if (size < _TOLERANCE and shift < 1e-6) or max(worst, before) < _ROUNDING:
            return number + 1
        before = worst
    return -iterations


@compiled
def _limit(step: Array) -> float:
    """Shorten a step where it is too long to trust, and return its length."""
    longest = abs(step[-2]) / _LARGEST_DOSE * _LARGEST_STEP
    for i in range(step.size):
        longest = max(longest, abs(step[i]) if i != step.size - 2 else 0.0)
    if longest > _LARGEST_STEP:
        for i in range(step.size):
            step[i] *= _LARGEST_STEP / longest
    return longest
