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
from blackmass.chemistry.extraction_balances import Model, State
from blackmass.chemistry.extraction_guess import first_guess
from blackmass.chemistry.extraction_setup import Circuit
from blackmass.declare import PerCase
from blackmass.numerics.cascade import Array, solve_cases
from blackmass.status import Status, StatusArray

_MAX_ITERATIONS = 100
_WARM_ITERATIONS = 12
_TOLERANCE = 2e-10
_LARGEST_STEP = 1.5
_DAMPING = (0.1, 0.3, 0.03)
_WORKING_SET = 250_000  # numbers in the largest array of a batch
_MOST = 0.8
_SETTLED = 1e-4


@dataclasses.dataclass(frozen=True)
class Solution:
    """The steady state of a circuit, per litre of feed, stages numbered along the organic.

    Parameters
    ----------
    raffinate, extract, stripped : array (metals, cases) [mol]
        In the raffinate; in the organic that leaves scrubbing; in the organic that returns.
    alkali, strip_volume, spilled : array (cases,)
        mol of Na+ to saponification or, with the pH held in every stage, to the mixers (negative: acid is needed);
        litres of strip acid; share of the scrub liquor (without scrubbing: of the feed)
        that the loaded organic carries into stripping.
    pH, loading : array (stages, cases)
        Loading is the share of the extractant that is bound to metals.
    saponified : array (cases,)
        Share of the free acid that was neutralised; with the pH held in every stage, alkali over extractant.
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
    model = Model(reduced)
    w, converged = _find(model, start)
    cases, parts = circuit.organic.size, []
    for numbers in _batches(model, np.arange(cases)):
        parts.append(_solution(_part(model, numbers), w[:, numbers], converged[numbers]))
    joined = {
        field.name: np.concatenate([getattr(part, field.name) for part in parts], axis=-1)
        for field in dataclasses.fields(Solution)
    }
    for name in ("raffinate", "extract", "stripped"):
        full = np.zeros((len(circuit.extractant.metals), cases))
        full[used] = joined[name]
        joined[name] = full
    return Solution(**joined)


def _part(model: Model, numbers: npt.NDArray[np.intp]) -> Model:
    """The model of some cases: views where they follow each other."""
    if numbers.size == model.given.organic.size:
        return model
    if numbers[-1] - numbers[0] == numbers.size - 1:
        return model.take(slice(int(numbers[0]), int(numbers[-1]) + 1))
    return model.take(numbers)


def _batches(model: Model, numbers: npt.NDArray[np.intp]) -> list[npt.NDArray[np.intp]]:
    metals = len(model.given.extractant.metals)
    size = min(max(_WORKING_SET // (metals * model.count * (model.count + 2)), 50), 500)
    return np.split(numbers, range(size, numbers.size, size))


def _find(model: Model, start: Array | None) -> tuple[Array, npt.NDArray[np.bool_]]:
    """Return the unknowns (unknowns, cases) and which cases converged: from `start`, then afresh, then more slowly."""
    cases, unknowns = model.given.organic.size, 2 * model.count + 2
    w, converged = np.zeros((unknowns, cases)), np.zeros(cases, dtype=bool)
    if start is not None and len(start) == unknowns:
        known = np.flatnonzero(np.isfinite(start).all(0))
        w[:, known], converged[known] = _newton(model, known, start[:, known], 0.0, _WARM_ITERATIONS)
    for damping in _DAMPING:
        left = np.flatnonzero(~converged)
        if not left.size:
            break
        guess = np.concatenate([first_guess(_part(model, batch)) for batch in _batches(model, left)], axis=-1)
        w[:, left], converged[left] = _newton(model, left, guess, damping, _MAX_ITERATIONS)
    return w, converged


def _newton(
    model: Model, cases: npt.NDArray[np.intp], start: Array, damping: float, iterations: int
) -> tuple[Array, npt.NDArray[np.bool_]]:
    """Return the unknowns (unknowns, cases) and which converged; slow cases are joined to new batches."""
    w, age = start.copy(), np.zeros(cases.size, dtype=int)
    converged, active = np.zeros(cases.size, dtype=bool), np.arange(cases.size)
    while active.size:
        slow = []
        for batch in _batches(model, active):
            part = _part(model, cases[batch])
            w[:, batch], age[batch], converged[batch] = _steps(part, w[:, batch], age[batch], damping, iterations)
            slow.append(batch[age[batch] >= 0])
        active = np.concatenate(slow)
    return w, converged


def _steps(
    model: Model, w: Array, age: npt.NDArray[np.int_], damping: float, iterations: int
) -> tuple[Array, npt.NDArray[np.int_], npt.NDArray[np.bool_]]:
    """Newton steps until most cases have ended: unknowns, iterations so far (-1: ended), and which converged."""
    converged, diagonal = np.zeros(age.size, dtype=bool), np.arange(len(w))
    jacobian: Array | None = None
    while np.mean(age < 0) < _MOST:
        with np.errstate(all="ignore"):
            state = State(model, w)
            residual = state.residual()
            # a time step that lengthens as the residual falls: unloaded stages fill before the balances bind
            shift = damping * np.abs(residual).max(0)
            if jacobian is None:
                jacobian = state.jacobian()
                jacobian[diagonal, diagonal] += shift
            step, good = solve_cases(jacobian, -residual)
            step = np.where(age < 0, 0.0, _limited(step, w, model))
        w, age = w + step, age + (age >= 0)
        size = np.abs(step).max(0)
        done = good & (size < _TOLERANCE) & (shift < 1e-6) & (age >= 0)
        converged |= done
        age[done | (age >= iterations) | ~np.isfinite(w).all(0)] = -1
        if np.mean(size < _SETTLED) < _MOST:
            jacobian = None
    return w, age, converged


def _limited(step: Array, w: Array, model: Model) -> Array:
    """Shorten a Newton step where it is too long to trust; strip acid never falls below its floor."""
    longest = np.abs(step[: 2 * model.count]).max(0) / _LARGEST_STEP
    longest = np.maximum(longest, np.abs(step[-2]) / 0.3)
    step = step / np.maximum(longest, 1.0)
    step[-1] = np.maximum(step[-1], np.maximum(model.given.strip_floor, 0.3 * w[-1]) - w[-1])
    return step


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
        alkali=state.alkali if given.hold else np.maximum(state.dose, 0.0) * model.capacity,
        strip_volume=state.strip_volume,
        spilled=model.spill,
        pH=state.pH,
        loading=state.equivalents / capacity,
        saponified=state.alkali / capacity if given.hold else state.dose / np.maximum(1 - state.returned, 1e-9),
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
