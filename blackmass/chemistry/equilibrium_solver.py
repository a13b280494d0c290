"""Newton's method for aqueous equilibrium with solids, for a whole batch of cases, and what helps where it fails."""

import dataclasses

import numpy as np
import numpy.typing as npt

from blackmass.chemistry.activity import ActivityModel, StrengthModel
from blackmass.chemistry.equilibrium_activity import ByStrength
from blackmass.chemistry.equilibrium_start import cold, kindred, warm
from blackmass.chemistry.equilibrium_state import Given, State, amounts_of, prepare, undersaturation
from blackmass.chemistry.equilibrium_step import LONGEST, step, terms_of
from blackmass.chemistry.speciation import Problem, System

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Index = npt.NDArray[np.intp]
DONE, FINE = 1e-12, 1e-13  # error that will do, and that is aimed at
RUNAWAY = 100.0  # share of the dose from which a target is taken to be out of reach
MOST = (5.0, 2.0)  # share of the dose up to which a target is looked for
NONE = 1e-11  # share of the dose that counts as none
HALVINGS = 14
SHORTEST = 0.3  # share of the step
MANY = 100  # cases from which it pays to solve one first
NOTHING = 1e-40  # mol/kg below which there is none


@dataclasses.dataclass(frozen=True)
class Pace:
    """How boldly to go."""

    longest: float  # step of the logarithm of an activity
    iterations: int
    smoothing: float  # of the complementarity conditions, against that of the step before
    stride: float  # share of the step, against that of the step before, where the error does not fall


BOLD = Pace(LONGEST, 40, 0.03, 0.8)
STEADY = Pace(2.0, 80, 0.1, 0.8)  # for models in which concentrated liquors may have a second, spurious equilibrium
CAREFUL = Pace(2.0, 240, 0.5, 1.0)  # where the others did not converge


@dataclasses.dataclass(frozen=True)
class Solution:
    """The equilibrium per kilogram of water fed."""

    state: State
    dose: Array  # (cases,)
    amount: Array  # (phases, cases) [mol/kg]
    molality: Array  # (dissolved, cases) [mol/kg water]
    ln_saturation: Array  # (phases, cases), minus infinity where an ion of the phase is not there
    strength: Array  # (cases,)
    converged: Mask
    past: Mask  # no dose is needed: the liquor is beyond the target already
    short: Mask  # no dose reaches the target


def solve(system: System, problem: Problem, model: ActivityModel, start: Array | None = None) -> Solution:
    """Solve all cases.

    Parameters
    ----------
    start : array (balances + 1 + 1 + phases, cases), optional
        Unknowns, ionic strength, dose and amounts of an earlier answer; not a number where there is none.
    """
    with np.errstate(all="ignore"):
        given = prepare(system, problem)
        state = _begin(system, given, model) if start is None else warm(system, given, model, start)
        pace = _pace(state)
        state, converged = _iterate(system, given, model, state, pace)
        answer = _Answer(state, converged, _dose(given, state), np.zeros_like(converged))
        for slower in (pace,) * (start is not None) + (CAREFUL,):
            rest = np.flatnonzero(~answer.converged)
            if rest.size:
                again = given.take(rest)
                state, ok = _iterate(system, again, model, cold(system, again, model), slower)
                answer.note(rest, state, ok, _dose(again, state))
        rest = np.flatnonzero(~answer.converged & given.dosed)
        if rest.size:
            _bracket(system, problem.take(rest), model, rest, answer)
        return _solution(system, given, answer)


def _begin(system: System, given: Given, model: ActivityModel) -> State:
    """Begin cold, or where a batch is much alike, from the answer of its most ordinary case."""
    held = np.log(given.totals[:-2] + np.maximum(given.drawn[:-2], 0.0))
    if held.shape[1] < MANY or not isinstance(model, StrengthModel):
        return cold(system, given, model)
    off = np.abs(held - np.median(held, axis=1, keepdims=True)).max(0, initial=0.0)
    apart = [given.temperature / 20.0, given.ln_proton, given.totals[-1] / (0.1 + np.abs(given.totals[-1]))]
    for other in apart:
        off = np.maximum(off, np.abs(other - np.median(other)))
    alike = off < 1.5
    if np.count_nonzero(alike) < 0.9 * alike.size:
        return cold(system, given, model)
    place = int(np.argmin(off))
    first = given.take(np.array([place]))
    one, ok = _iterate(system, first, model, cold(system, first, model), BOLD)
    return kindred(system, given, model, held, one, place) if ok.all() else cold(system, given, model)


def _pace(state: State) -> Pace:
    return BOLD if isinstance(state.medium, ByStrength) else STEADY


def _dose(given: Given, state: State) -> Array:
    return given.dose * state.share[-1] if given.dosed.any() else np.zeros(given.temperature.size)


@dataclasses.dataclass(frozen=True)
class _Answer:
    """What is found, case by case; the arrays are filled as answers come in."""

    state: State
    converged: Mask
    dose: Array
    short: Mask

    def note(self, where: Index, state: State, ok: Mask, dose: Array) -> None:
        """Write down the cases that are `ok`; `where` tells which they are."""
        lacking = self.state.share.shape[0] - state.share.shape[0]
        if lacking:  # solved with a dose that is given
            share = np.concatenate([state.share, np.zeros((lacking, where.size))])
            state = dataclasses.replace(state, share=share)
        self.state.put(where[ok], state, ok)
        self.converged[where[ok]] = True
        self.dose[where[ok]] = dose[ok]


def _iterate(system: System, given: Given, model: ActivityModel, state: State, pace: Pace) -> tuple[State, Mask]:
    """Iterate until every case has settled or is lost; return the last state of each, and which have settled."""
    cases = given.temperature.size
    final = state.take(np.arange(cases))
    converged = np.zeros(cases, dtype=bool)
    where = np.arange(cases)
    best = np.full(cases, np.inf)
    dosing = state.share.shape[0] > len(system.phases)
    for _ in range(pace.iterations):
        terms = terms_of(system, given, state)
        error = terms.error
        done = (state.smoothing == 0) & ((error < FINE) | ((error < DONE) & (error > 0.5 * best)))
        lost = ~np.isfinite(error)
        if dosing:
            lost |= state.share[-1] > RUNAWAY
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


def _bracket(system: System, problem: Problem, model: ActivityModel, where: Index, answer: "_Answer") -> None:
    """Look for the dose between none and too much; note where none is needed and where none suffices."""
    given = prepare(system, problem)
    none = np.zeros(where.size)
    state, ok, ahead = _fixed(system, problem, given, model, none)
    past = ok & (ahead >= 0)
    answer.note(where, state, past, none)
    open_, high = ok & ~past, none.copy()
    for most in MOST:
        rest = np.flatnonzero(open_ & (high == 0))
        if rest.size == 0:
            break
        dose = most * given.dose[rest]
        state, ok, ahead = _fixed(system, problem.take(rest), given.take(rest), model, dose)
        short = ok & (ahead < 0)
        answer.note(where[rest], state, short, dose)
        answer.short[where[rest[short]]] = True
        open_[rest[short]] = False
        high[rest[ok & ~short]] = dose[ok & ~short]
    rest = np.flatnonzero(open_ & (high > 0))
    if rest.size:
        _between(system, problem.take(rest), model, where[rest], high[rest], answer)


def _between(
    system: System, problem: Problem, model: ActivityModel, where: Index, high: Array, answer: "_Answer"
) -> None:
    """Halve the logarithm of the dose until Newton's method is near enough."""
    given = prepare(system, problem)
    low = 1e-9 * high
    for _ in range(HALVINGS):
        middle = np.sqrt(low * high)
        state, _, ahead = _fixed(system, problem, given, model, middle)
        low, high = np.where(ahead < 0, middle, low), np.where(ahead < 0, high, middle)
    share = np.concatenate([state.share[: len(system.phases)], (middle / given.dose)[None]])
    state = State(state.unknown, share, np.zeros(where.size), np.ones(where.size), state.medium)
    state, ok = _iterate(system, given, model, state, CAREFUL)
    answer.note(where, state, ok, state.share[-1] * given.dose)


def _fixed(
    system: System, problem: Problem, given: Given, model: ActivityModel, dose: Array
) -> tuple[State, Mask, Array]:
    """Solve with a dose that is given; return also by how much ln a(H+) is beyond the target."""
    undosed = dataclasses.replace(
        problem, totals=problem.totals + dose * problem.reagent, ln_proton=np.full(dose.size, np.nan)
    )
    its = prepare(system, undosed)
    its = dataclasses.replace(its, most=given.most) if len(system.phases) else its
    state = cold(system, its, model)
    state, ok = _iterate(system, its, model, state, _pace(state))
    rest = np.flatnonzero(~ok)
    if rest.size:
        again = its.take(rest)
        found, met = _iterate(system, again, model, cold(system, again, model), CAREFUL)
        state.put(rest[met], found, met)
        ok[rest[met]] = True
    return state, ok, given.side * (given.ln_proton - state.unknown[-1])


def _solution(system: System, given: Given, answer: _Answer) -> Solution:
    state, phases = answer.state, len(system.phases)
    amounts = amounts_of(system, given, state.unknown, state.medium)
    slack = undersaturation(system, given, state)
    amount = np.where(state.share[:phases] > slack / system.phase_size, state.share[:phases] * given.most, 0.0)
    ahead = given.side * (given.ln_proton - state.unknown[-1])
    molality = amounts[:-1] / np.exp(state.unknown[system.water])
    molality[molality < NOTHING] = 0.0
    none = answer.dose <= NONE * given.dose
    past = given.dosed & answer.converged & ~answer.short & none & (ahead > -DONE)
    return Solution(
        state,
        np.where(past, 0.0, answer.dose),
        amount,
        molality,
        np.where(given.most > NOTHING, -slack, -np.inf),
        0.5 * (system.charges**2 @ molality),
        answer.converged,
        past,
        answer.short,
    )
