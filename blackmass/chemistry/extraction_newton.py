"""Newton's method for one extraction circuit, compiled."""

import numpy as np

from blackmass.chemistry.extraction_balances import jacobian, residual
from blackmass.chemistry.extraction_case import Array, Case, Desk, System
from blackmass.numerics.cascade import Layout
from blackmass.numerics.compiled import compiled
from blackmass.numerics.dense import lu_solve

_COLD_STEPS, _WARM_STEPS = 60, 12
_TOLERANCE, _UNDAMPED = 1e-8, 1e-10
_ROUNDING = 1e-13
"""Residual that is left by rounding: what then still moves is nowhere felt (free extractant where all is bound)."""
_LARGEST_STEP, _LARGEST_DOSE = 1.5, 0.3


@compiled
def step(case: Case, layout: Layout, desk: Desk, system: System, w: Array, damping: float) -> float:
    """Leave the Newton step in `system.right`, with column 1 solved along; return the residual, infinite in failure."""
    jacobian(case, layout, desk, residual(case, layout, desk, w), system.matrix)
    worst = 0.0
    for i in range(w.size):
        worst = max(worst, abs(desk.residual[i]))
        system.right[i, 0] = -desk.residual[i]
    for i in range(w.size):
        system.matrix[i, i] += damping * worst
    return worst if worst < np.inf and lu_solve(system.matrix, system.right) else np.inf


@compiled
def newton(case: Case, layout: Layout, desk: Desk, system: System, w: Array, damping: float) -> int:
    """Newton steps from `w`, in place; return their number, negative where they did not end.

    Damped as by a time step that lengthens while the residual falls (pseudo-transient continuation: Kelley and Keyes,
    SIAM J. Numer. Anal. 35 (1998) 508, 10.1137/S0036142996304796): unloaded stages fill before the balances bind.
    """
    most, before = _COLD_STEPS if damping > 0 else _WARM_STEPS, np.inf
    for number in range(most):
        for i in range(w.size):
            system.right[i, 1] = 0.0
        worst = step(case, layout, desk, system, w, damping)
        if not worst < np.inf:
            return -number - 1
        size = _limit(system.right)
        for i in range(w.size):
            w[i] += system.right[i, 0]
        w[w.size - 2] = min(max(w[w.size - 2], 0.0), 1.0)
        if (size < _TOLERANCE and damping * worst < _UNDAMPED) or max(worst, before) < _ROUNDING:
            return number + 1
        before = worst
    return -most


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
