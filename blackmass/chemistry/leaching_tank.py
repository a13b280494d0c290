"""Solution of one stirred tank of leaching pulp, or of one step in time, by Newton's method, for one case."""

import numpy as np

from blackmass.chemistry.leaching_balances import FREE, MANGANESE, UNKNOWNS, Scales, Turnover, balance, scale
from blackmass.chemistry.leaching_pulp import TRACE, Array, Pulp, Rates
from blackmass.numerics.compiled import compiled
from blackmass.numerics.dense import lu_solve

_PROBE = -1e-7  # downward: no share is above one
_LARGEST_STEP = (8.0, 4.0, 8.0, 8.0, 30.0)
_LOWEST = -100.0
_SMALL = 1e-10  # the slopes are good to about 1e-7: what a step this small leaves is lost in rounding
_STALLED = 1e-9
_ITERATIONS = 40
_SWEEPS = 3
_PATIENCE = 12  # steps before one that does not shrink is cut
_SHORT = (1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1e-8, 1e-10)  # residence times from which one is led to its own
_LEADS = 200  # attempts on that way


@compiled
def solve(pulp: Pulp, rates: Rates, tau: float, x: Array, scales: Scales, out: Turnover) -> bool:
    """Solve for the unknowns x (5,) in place, write what they lead to, and return whether they were found.

    `x` holds a guess, or NaN. Newton's method on logarithms, with differences for derivatives. A case that does not
    settle is led from a short residence time to its own, in steps that shrink where it does not follow.
    """
    scale(pulp, rates, scales)
    known = np.isfinite(x).all()
    for row in range(UNKNOWNS):
        x[row] = min(max(x[row], _LOWEST), 0.0)
    return _newton(pulp, rates, tau, x, scales, out, not known) or _led(pulp, rates, tau, x, scales, out)


@compiled
def _led(pulp: Pulp, rates: Rates, tau: float, x: Array, scales: Scales, out: Turnover) -> bool:
    """Follow the solution from a short residence time to the whole one."""
    known, factor, last = 0.0, 10.0, x.copy()
    for attempt in range(_LEADS):
        if known == 0.0 and attempt >= len(_SHORT):
            return False
        share = min(known * factor, 1.0) if known > 0 else _SHORT[attempt]
        if _newton(pulp, rates, tau * share, x, scales, out, known == 0.0):
            if share == 1.0:
                return True
            known, last[:], factor = share, x, min(factor * factor, 10.0)
        elif known > 0:
            x[:], factor = last, np.sqrt(factor)
    return False


@compiled
def _newton(pulp: Pulp, rates: Rates, tau: float, x: Array, scales: Scales, out: Turnover, anew: bool) -> bool:
    """Iterate from x, or `anew` from sweeps through the balances that are explicit; `out` belongs to the last x."""
    before, damping, settled = np.inf, 1.0, False
    value, probed, step, target = np.zeros(UNKNOWNS), np.zeros(UNKNOWNS), np.zeros(UNKNOWNS), np.zeros(UNKNOWNS)
    slope = np.zeros((UNKNOWNS, UNKNOWNS))
    if anew:
        x[:] = -0.3
        x[FREE] = np.log(0.5 * (pulp.acid + TRACE) / scales.acid)
    for iteration in range(-_SWEEPS if anew else 0, _ITERATIONS + 1):
        for column in range(-1, UNKNOWNS):
            target[:] = x
            if column >= 0:
                target[column] += _PROBE
            balance(target, pulp, scales, rates, tau, out, probed)
            if column < 0:
                value[:] = probed
                if settled or iteration == _ITERATIONS:
                    return settled
                if iteration < 0:
                    break
            else:
                for row in range(UNKNOWNS):
                    slope[row, column] = (value[row] - probed[row]) / _PROBE
        if iteration < 0:
            for row in range(MANGANESE, UNKNOWNS):
                x[row] = min(max(x[row] + value[row], _LOWEST), 0.0)
            continue
        step[:] = value
        good = lu_solve(slope, step)
        if not good:  # the residual itself leads on where the slopes do not
            step[:] = 0.5 * value
        size = 0.0
        for row in range(UNKNOWNS):
            step[row] = min(max(step[row], -_LARGEST_STEP[row]), _LARGEST_STEP[row])
            step[row] = min(max(x[row] + step[row], _LOWEST), 0.0) - x[row]
            size = max(size, abs(step[row]))
        if iteration > _PATIENCE:
            damping = max(0.5 * damping, 0.125) if size > 0.7 * before else min(2 * damping, 1.0)
        for row in range(UNKNOWNS):
            x[row] += damping * step[row]
        settled = good and (size < _SMALL or (size < _STALLED and size > 0.5 * before))
        before = size
    return False
