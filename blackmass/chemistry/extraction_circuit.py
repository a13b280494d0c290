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
from blackmass.declare import PerCase
from blackmass.numerics.cascade import Array, solve_cases
from blackmass.status import Status, StatusArray

_MAX_ITERATIONS = 120
_TOLERANCE = 1e-9
_LARGEST_STEP = 1.5
_DAMPING = (0.1, 0.3, 0.03)
_CHUNK = 300_000


@dataclasses.dataclass(frozen=True)
class Solution:
    """The steady state of a circuit, per litre of feed, stages numbered along the organic.

    Parameters
    ----------
    raffinate, extract, stripped : array (metals, cases) [mol]
        In the raffinate; in the organic that leaves scrubbing; in the organic that returns.
    alkali, strip_volume : array (cases,)
        mol of Na+ to saponification; litres of strip acid.
    pH, loading : array (stages, cases)
        Loading is the share of the extractant that is bound to metals.
    saponified : array (cases,)
        Share of the free acid that was neutralised.
    status : array (cases,)
    """

    raffinate: Array
    extract: Array
    stripped: Array
    alkali: Array
    strip_volume: Array
    pH: Array
    loading: Array
    saponified: Array
    status: StatusArray


def solve_circuit(circuit: Circuit) -> Solution:
    """Solve a circuit for all cases; cases without a feed or an organic volume must be left out by the caller."""
    present = [np.any(liquor.metals > 0, axis=1) for liquor in (circuit.feed, circuit.scrub, circuit.strip)]
    used = np.flatnonzero(np.any(present, axis=0) | np.array([m == "Na+" for m in circuit.extractant.metals]))
    reduced = circuit.of_metals(used)
    cases, stages = circuit.organic.size, sum(circuit.stages)
    chunk = max(50, _CHUNK // (stages * (stages + 3) * used.size))
    parts = [_solve_chunk(reduced.take(np.arange(i, min(i + chunk, cases)))) for i in range(0, cases, chunk)]
    joined = {
        field.name: np.concatenate([getattr(part, field.name) for part in parts], axis=-1)
        for field in dataclasses.fields(Solution)
    }
    for name in ("raffinate", "extract", "stripped"):
        full = np.zeros((len(circuit.extractant.metals), cases))
        full[used] = joined[name]
        joined[name] = full
    return Solution(**joined)


def _solve_chunk(circuit: Circuit) -> Solution:
    model = Model(circuit)
    w, converged = _newton(circuit, _DAMPING[0])
    for damping in _DAMPING[1:]:
        left = np.flatnonzero(~converged)
        if left.size:
            w[:, left], converged[left] = _newton(circuit.take(left), damping)
    return _solution(model, w, converged)


def _newton(circuit: Circuit, damping: float) -> tuple[Array, npt.NDArray[np.bool_]]:
    """Return the unknowns (unknowns, cases) and which cases converged."""
    part = Model(circuit)
    w = part.start()
    converged, active = np.zeros(circuit.organic.size, dtype=bool), np.arange(circuit.organic.size)
    diagonal = np.arange(len(w))
    for _ in range(_MAX_ITERATIONS):
        with np.errstate(all="ignore"):
            residual, jacobian = part.evaluate(w[:, active])
            # a time step that lengthens as the residual falls: unloaded stages fill before the balances bind
            shift = damping * np.abs(residual).max(0)
            jacobian[diagonal, diagonal] += shift
            step, good = solve_cases(jacobian, -residual)
        w[:, active] = w[:, active] + _limited(step, w[:, active], part)
        done = good & (np.abs(step).max(0) < _TOLERANCE) & (shift < 1e-6)
        converged[active[done]] = True
        if done.any():
            active = active[~done]
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
    missed = np.isfinite(given.pH) & ~model.held & (np.abs(state.log_h[0] - model.log_h_target[0]) > 1e-6)
    status = np.where(converged, np.where(missed, Status.OUT_OF_RANGE, Status.OK), Status.NOT_CONVERGED)
    return Solution(
        raffinate=state.falling[0],
        extract=state.rising[model.first - 1],
        stripped=state.rising[-1],
        alkali=np.maximum(state.dose, 0.0) * model.capacity,
        strip_volume=state.strip_volume,
        pH=state.pH,
        loading=state.equivalents / capacity,
        saponified=state.dose / np.maximum(1 - state.returned, 1e-9),
        status=status.astype(np.int8),
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
        one * pH, one * saponified, zero, one, one, hold=bool(np.all(held)), closed=False,
    )  # fmt: skip
    return solve_circuit(circuit)
