"""Solution of one stirred tank of leaching pulp by Newton's method, all cases together."""

import numpy as np
import numpy.typing as npt

from blackmass.chemistry.leaching_balances import residual
from blackmass.chemistry.leaching_kinetics import Rates
from blackmass.chemistry.leaching_pulp import TRACE, UNKNOWNS, Pulp, Scales
from blackmass.numerics.cascade import solve_cases

Array = npt.NDArray[np.float64]
_PROBE = 1e-7
_LARGEST_STEP = np.array([8.0, 4.0, 8.0, 8.0, 30.0])[:, None]
_LOWEST = -100.0
_SMALL = 1e-10  # the slopes are good to about 1e-7: what a step this small leaves is lost in rounding
_STALLED = 1e-9
_ITERATIONS = 40
_PATIENCE = 12  # steps before one that does not shrink is cut
_SHARES = (1e-4, 1e-3, 1e-2, 0.05, 0.2, 0.5, 1.0)


def solve(
    pulp: Pulp, rates: Rates, tau: Array, start: Array | None = None
) -> tuple[Array, Scales, npt.NDArray[np.bool_]]:
    """Return the unknowns (5, cases) of a tank, their scales, and which cases converged.

    Newton's method on logarithms, with differences in place of derivatives: their columns are simply more cases.
    Cases that do not settle are led from a short residence time to their own.

    Parameters
    ----------
    tau : array (1, cases) [s]
    start : array (5, cases), optional
        A guess; NaN where there is none.
    """
    scales = Scales.of(pulp, rates)
    x = _first(pulp, scales, rates, tau, start)
    x, done = _newton(x, pulp, scales, rates, tau)
    left = np.flatnonzero(~done)
    if left.size:
        few, own, some = pulp.take(left), scales.take(left), rates.take(left)
        guess = _first(few, own, some, tau[:, left] * _SHARES[0], None)
        for share in _SHARES:
            guess, good = _newton(guess, few, own, some, tau[:, left] * share)
        x[:, left], done[left] = guess, good
    return x, scales, done


def _first(pulp: Pulp, scales: Scales, rates: Rates, tau: Array, start: Array | None) -> Array:
    """A guess to start from; the explicit balances are swept through where none is given."""
    cases = pulp.acid.shape[-1]
    x = np.full((UNKNOWNS, cases), -0.3)
    x[1] = np.log(0.5 * (pulp.acid + TRACE) / scales.acid)[0]
    known = np.zeros(cases, dtype=bool) if start is None else np.isfinite(start).all(0)
    if not known.all():
        for _ in range(3):
            x[2:] = np.clip(x[2:] + residual(x[:, None], pulp, scales, rates, tau)[2:, 0], _LOWEST, 0.0)
    return x if start is None else np.where(known, np.clip(np.where(known, start, 0.0), _LOWEST, 0.0), x)


def _newton(x: Array, pulp: Pulp, scales: Scales, rates: Rates, tau: Array) -> tuple[Array, npt.NDArray[np.bool_]]:
    cases = x.shape[1]
    x, done, before = x.copy(), np.zeros(cases, dtype=bool), np.full(cases, np.inf)
    damping = np.ones(cases)
    probes = np.zeros((UNKNOWNS, UNKNOWNS + 1, 1))
    probes[np.arange(UNKNOWNS), np.arange(UNKNOWNS) + 1] = _PROBE
    active = np.arange(cases)
    for iteration in range(_ITERATIONS):
        value = residual(x[:, None, active] + probes, pulp, scales, rates, tau)
        slope = (value[:, :1] - value[:, 1:]) / _PROBE
        step, good = solve_cases(slope, value[:, 0])
        step = np.where(good, step, 0.5 * value[:, 0])  # the residual itself leads on where the slopes do not
        target = np.clip(x[:, active] + np.clip(step, -_LARGEST_STEP, _LARGEST_STEP), _LOWEST, 0.0)
        size = np.abs(target - x[:, active]).max(0)
        damping = np.where(size > 0.7 * before, np.maximum(0.5 * damping, 0.125), np.minimum(2 * damping, 1.0))
        damping = damping if iteration > _PATIENCE else np.ones_like(size)
        x[:, active] += damping * (target - x[:, active])
        settled = (size < _SMALL) | ((size < _STALLED) & (size > 0.5 * before))
        settled &= good
        done[active[settled]] = True
        keep = np.flatnonzero(~settled)
        if not keep.size:
            break
        before, damping = size[keep], damping[keep]
        if keep.size < active.size:
            active = active[keep]
            pulp, scales, rates, tau = pulp.take(keep), scales.take(keep), rates.take(keep), tau[:, keep]
    return x, done
