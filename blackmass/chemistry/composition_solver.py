"""Newton's method for aqueous equilibrium with any activity model, for a batch of cases at once."""

import dataclasses

import numpy as np
import numpy.typing as npt

from blackmass.chemistry.activity import LN10, ActivityModel
from blackmass.chemistry.composition_start import cold, warm
from blackmass.chemistry.composition_state import Given, State, amounts_of, prepare, undersaturation
from blackmass.chemistry.composition_step import step, terms_of
from blackmass.chemistry.speciation import Problem, System

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
DONE, FINE = 1e-12, 1e-13  # error that will do, and that is aimed at
SHORTEST = 0.3  # share of the step
NOTHING = 1e-40  # mol/kg below which there is none


@dataclasses.dataclass(frozen=True)
class Pace:
    """How boldly to go."""

    longest: float  # step of the logarithm of an activity
    iterations: int
    smoothing: float  # of the complementarity conditions, against that of the step before
    stride: float  # share of the step, against that of the step before, where the error does not fall


STEADY = Pace(2.0, 80, 0.1, 0.8)  # concentrated liquors may have a second, spurious equilibrium
CAREFUL = Pace(2.0, 240, 0.5, 1.0)  # where that did not converge


@dataclasses.dataclass(frozen=True)
class Solution:
    """The equilibrium per kilogram of water fed."""

    state: State
    amount: Array  # (phases, cases) [mol/kg]
    molality: Array  # (dissolved, cases) [mol/kg water]
    log_saturation: Array  # (phases, cases), minus infinity where an ion of the phase is not there
    strength: Array  # (cases,)
    converged: Mask


def solve(system: System, problem: Problem, model: ActivityModel, start: Array | None = None) -> Solution:
    """Solve all cases.

    Parameters
    ----------
    start : array (balances + 1 + 1 + phases, cases), optional
        Unknowns, ionic strength, dose and amounts of an earlier answer; not a number where there is none.
    """
    with np.errstate(all="ignore"):
        given = prepare(system, problem)
        state = cold(system, given, model) if start is None else warm(system, given, model, start)
        state, converged = _iterate(system, given, model, state, STEADY)
        for pace in (STEADY,) * (start is not None) + (CAREFUL,):
            rest = np.flatnonzero(~converged)
            if rest.size:
                again = given.take(rest)
                found, ok = _iterate(system, again, model, cold(system, again, model), pace)
                state.put(rest[ok], found, ok)
                converged[rest[ok]] = True
        return _solution(system, given, state, converged)


def _iterate(system: System, given: Given, model: ActivityModel, state: State, pace: Pace) -> tuple[State, Mask]:
    """Iterate until every case has settled or is lost; return the last state of each, and which have settled."""
    cases = given.temperature.size
    final = state.take(np.arange(cases))
    converged = np.zeros(cases, dtype=bool)
    where = np.arange(cases)
    best = np.full(cases, np.inf)
    for _ in range(pace.iterations):
        terms = terms_of(system, given, state)
        error = terms.error
        done = (state.smoothing == 0) & ((error < FINE) | ((error < DONE) & (error > 0.5 * best)))
        lost = ~np.isfinite(error)
        if np.any(done | lost):
            final.put(where[done], state, done)
            converged[where[done]] = True
            go = ~(done | lost)
            if not go.any():
                break
            given, state, where, best = given.take(go), state.take(go), where[go], best[go]
            terms, error = terms.take(go), error[go]
        # shorter steps where the error does not fall, so that no case goes in circles
        state.stride = np.where(error < best, 1.0, np.maximum(pace.stride * state.stride, SHORTEST))
        best = np.minimum(best, error)
        state = step(system, given, model, state, terms, pace.longest)
        smoothing = np.minimum(pace.smoothing * state.smoothing, 0.1 * np.minimum(error, 1.0) ** 2)
        state.smoothing = np.where(smoothing < 1e-9, 0.0, smoothing)
    return final, converged


def _solution(system: System, given: Given, state: State, converged: Mask) -> Solution:
    amounts = amounts_of(system, given, state.unknown, state.medium)
    slack = undersaturation(system, given, state)
    molality = amounts[:-1] / np.exp(state.unknown[system.water])
    molality[molality < NOTHING] = 0.0
    return Solution(
        state,
        np.where(state.share > slack / system.phase_size, state.share * given.most, 0.0),
        molality,
        np.where(given.most > NOTHING, -slack / LN10, -np.inf),
        0.5 * (system.charges**2 @ molality),
        converged,
    )
