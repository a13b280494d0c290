"""Newton's method for one extraction circuit, compiled: from a neighbour's solution, or afresh with care."""

import numpy as np

from blackmass.chemistry.extraction_balances import jacobian, residual
from blackmass.chemistry.extraction_case import Array, Case, Desk
from blackmass.chemistry.extraction_guess import first_guess
from blackmass.chemistry.extraction_path import follow
from blackmass.numerics.cascade import Layout
from blackmass.numerics.compiled import compiled
from blackmass.numerics.dense import lu_solve

_MAX_ITERATIONS = 60
_WARM_ITERATIONS = 12
_TOLERANCE, _UNDAMPED = 1e-8, 1e-10
_ROUNDING = 1e-13
"""Residual that is left by rounding: what then still moves is nowhere felt (free extractant where all is bound)."""
_LARGEST_STEP, _LARGEST_DOSE = 1.5, 0.3
_DAMPING = 0.1


@compiled
def find(case: Case, desk: Desk, w: Array) -> int:
    """Solve a circuit from `w` where it holds numbers, else afresh; return the steps taken, negative: none found."""
    steps = 0
    if np.isfinite(w.sum()):
        steps = newton(case, case.layout, desk, w, 0.0, _WARM_ITERATIONS)
        if steps > 0:
            return steps
    first_guess(case, w)
    more = newton(case, case.layout, desk, w, _DAMPING, _MAX_ITERATIONS)
    steps = abs(steps) + abs(more)
    if more > 0:
        return steps
    first_guess(case, w)
    steps += follow(case, desk, w)
    more = newton(case, case.layout, desk, w, 0.0, _MAX_ITERATIONS)
    return more + steps if more > 0 else more - steps


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
            desk.right[i, 0], desk.right[i, 1] = -desk.residual[i], 0.0
        shift = damping * worst
        for i in range(unknowns):
            desk.matrix[i, i] += shift
        if not worst < np.inf or not lu_solve(desk.matrix, desk.right):
            return -number - 1
        size = _limit(desk.right)
        for i in range(unknowns):
            w[i] += desk.right[i, 0]
        w[unknowns - 2] = min(max(w[unknowns - 2], 0.0), 1.0)
        if (size < _TOLERANCE and shift < _UNDAMPED) or max(worst, before) < _ROUNDING:
            return number + 1
        before = worst
    return -iterations


@compiled
def _limit(step: Array) -> float:
    """Shorten a step where it is too long to trust, and return its length."""
    dose, longest = step.shape[0] - 2, 0.0
    for i in range(step.shape[0]):
        longest = max(longest, abs(step[i, 0]) * (_LARGEST_STEP / _LARGEST_DOSE if i == dose else 1.0))
    if longest > _LARGEST_STEP:
        for i in range(step.shape[0]):
            step[i, 0] *= _LARGEST_STEP / longest
    return longest
