"""Counter-current extraction, scrubbing and stripping with the organic recycled: all stages of all cases at once.

Given the pH and the free extractant of every stage, each metal follows a linear cascade (`numerics.cascade`), solved
exactly; what remains are the extractant and proton balances (`chemistry.extraction_balances`), solved by Newton's
method with the exact Jacobian, damped as by a time step that lengthens while the residual falls (pseudo-transient
continuation: Kelley and Keyes, SIAM J. Numer. Anal. 35 (1998) 508, 10.1137/S0036142996304796).
"""

import dataclasses

import numpy as np
import numpy.typing as npt

from blackmass.chemistry.extraction import Extractant, Liquor
from blackmass.chemistry.extraction_balances import Circuit, Model, State
from blackmass.chemistry.extraction_guess import first_guess
from blackmass.declare import PerCase
from blackmass.numerics.cascade import Array
from blackmass.numerics.cascade import solve_cases
from blackmass.status import Status, StatusArray

_MAX_ITERATIONS = 100
_WARM_ITERATIONS = 12
_TOLERANCE = 1e-9
_LARGEST_STEP = 1.5
_DAMPING = (0.1, 0.3, 0.03)
_CHUNK = 128


@dataclasses.dataclass(frozen=True)
class Solution:
    """The steady state of a circuit, per litre of feed, stages numbered along the organic.

    Parameters
    ----------
    raffinate, extract, stripped : array (metals, cases) [mol]
        In the raffinate; in the organic that leaves scrubbing; in the organic that returns.
    alkali, strip_volume, spilled : array (cases,)
        mol of Na+ to saponification; litres of strip acid; share of the scrub liquor (without scrubbing: of the feed)
        that the loaded organic carries into stripping.
    pH, loading : array (stages, cases)
        Loading is the share of the extractant that is bound to metals.
    saponified : array (cases,)
        Share of the free acid that was neutralised.
    status : array (cases,)
    guess : array (2 stages + 2, cases)
        Where to start a similar circuit from.
    """

    raffinate: Array
    extract: Array
    stripped: Array
    alkali: Array
    strip_volume: Array
    spilled: Array
    pH: Array
    loading: Array
    saponified: Array
    status: StatusArray
    guess: Array


def solve_circuit(circuit: Circuit, start: Array | None = None) -> Solution:
    """Solve a circuit for all cases; cases without a feed or an organic volume must be left out by the caller.

    Parameters
    ----------
    circuit : Circuit
    start : array (2 stages + 2, cases), optional
        The `guess` of an earlier solution of the same cases; columns of NaN are started afresh.
    """
    present = [np.any(liquor.metals > 0, axis=1) for liquor in (circuit.feed, circuit.scrub, circuit.strip)]
    used = np.flatnonzero(np.any(present, axis=0) | np.array([m == "Na+" for m in circuit.extractant.metals]))
    reduced = circuit.of_metals(used)
    cases, parts = circuit.organic.size, []
    for first in range(0, cases, _CHUNK):
        numbers = np.arange(first, min(first + _CHUNK, cases))
        part = reduced if cases <= _CHUNK else reduced.take(numbers)
        parts.append(_solve_chunk(part, None if start is None else start[:, numbers]))
    joined = {
        field.name: np.concatenate([getattr(part, field.name) for part in parts], axis=-1)
        for field in dataclasses.fields(Solution)
    }
    for name in ("raffinate", "extract", "stripped"):
        full = np.zeros((len(circuit.extractant.metals), cases))
        full[used] = joined[name]
        joined[name] = full
    return Solution(**joined)


def _solve_chunk(circuit: Circuit, start: Array | None) -> Solution:
    model = Model(circuit)
    w, converged = np.empty((2 * model.count + 2, circuit.organic.size)), np.zeros(circuit.organic.size, dtype=bool)
    if start is not None and len(start) == len(w):
        known = np.flatnonzero(np.isfinite(start).all(0))
        if known.size:
            w[:, known], converged[known] = _newton(circuit.take(known), start[:, known], 0.0, _WARM_ITERATIONS)
    for damping in _DAMPING:
        left = np.flatnonzero(~converged)
        if left.size:
            part = circuit.take(left)
            w[:, left], converged[left] = _newton(part, first_guess(Model(part)), damping, _MAX_ITERATIONS)
    return _solution(model, w, converged)


def _newton(circuit: Circuit, start: Array, damping: float, iterations: int) -> tuple[Array, npt.NDArray[np.bool_]]:
    """Return the unknowns (unknowns, cases) and which cases converged."""
    part, w = Model(circuit), start.copy()
    converged, active = np.zeros(circuit.organic.size, dtype=bool), np.arange(circuit.organic.size)
    diagonal = np.arange(len(w))
    for _ in range(iterations):
        with np.errstate(all="ignore"):
            state = State(part, w[:, active])
            residual, jacobian = state.residual(), state.jacobian()
            # a time step that lengthens as the residual falls: unloaded stages fill before the balances bind
            shift = damping * np.abs(residual).max(0)
            jacobian[diagonal, diagonal] += shift
            step, good = solve_cases(jacobian, -residual)
            w[:, active] = w[:, active] + _limited(step, w[:, active], part)
        done = good & (np.abs(step).max(0) < _TOLERANCE) & (shift < 1e-6)
        converged[active[done]] = True
        lost = ~np.isfinite(w[:, active]).all(0)
        if done.any() or lost.any():
            active = active[~(done | lost)]
            if not active.size:
                break
            part = Model(circuit.take(active))
    return w, converged


def _limited(step: Array, w: Array, model: Model) -> Array:
    """Shorten a Newton step where it is too long to trust."""
    count = model.count
    longest = np.abs(step[: 2 * count]).max(0) / _LARGEST_STEP
    longest = np.maximum(longest, np.abs(step[-2]) / 0.3)
    longest = np.maximum(longest, -step[-1] / (0.6 * w[-1]))
    return step / np.maximum(longest, 1.0)


def _solution(model: Model, w: Array, converged: npt.NDArray[np.bool_]) -> Solution:
    given = model.given
    with np.errstate(all="ignore"):
        state = State(model, w)
        state.residual()
        capacity = np.where(model.capacity > 0, model.capacity, 1.0)
    missed = model.has_target & (not given.hold) & (np.abs(state.log_h[0] - model.log_h_target[0]) > 1e-6)
    status = np.where(converged, np.where(missed, Status.OUT_OF_RANGE, Status.OK), Status.NOT_CONVERGED)
    return Solution(
        raffinate=state.falling[:, 0],
        extract=state.rising[:, model.first - 1],
        stripped=state.rising[:, -1],
        alkali=np.maximum(state.dose, 0.0) * model.capacity,
        strip_volume=state.strip_volume,
        spilled=model.spill,
        pH=state.pH,
        loading=state.equivalents / capacity,
        saponified=state.dose / np.maximum(1 - state.returned, 1e-9),
        status=status.astype(np.int8),
        guess=np.where(converged, w, np.nan),
    )


def contact(
    extractant: Extractant, feed: Liquor, organic: Array, concentration: Array, *, stages: int = 1,
    pH: PerCase = np.nan, saponified: PerCase = 0.0, efficiency: PerCase = 1.0,
) -> Solution:  # fmt: skip
    """Contact a liquor with fresh organic in counter-current stages, as in the laboratory.

    Parameters
    ----------
    extractant : Extractant
    feed : Liquor
        Per litre.
    organic, concentration : array (cases,)
        Litres of organic per litre of feed; total extractant [mol/L].
    stages : int
    pH : array (cases,)
        Held in every stage by alkali, in all cases or in none; NaN: the pH follows from the saponified fraction.
    saponified : array (cases,)
        Fraction of the extractant that enters as its sodium salt, where no pH is held.
    efficiency : array (cases,)
        Approach to equilibrium in each stage.

    Returns
    -------
    Solution
        `raffinate` over `feed.metals` is the share not extracted.
    """
    zero = np.zeros_like(organic)
    nothing = Liquor(zero, np.zeros_like(feed.metals), zero, np.zeros_like(feed.acids), zero)
    one = np.ones_like(organic)
    held = np.isfinite(pH)
    circuit = Circuit(
        extractant, (stages, 0, 0), organic, concentration, one * efficiency, feed, nothing, nothing,
        one * pH, one * saponified, zero, one, one, zero, hold=bool(np.all(held)), closed=False,
    )  # fmt: skip
    return solve_circuit(circuit)
