"""Where the iteration for aqueous equilibrium starts: from the totals, or from an earlier answer."""

import numpy as np
import numpy.typing as npt

from blackmass.chemistry.activity import ActivityModel
from blackmass.chemistry.equilibrium_step import Given, Slopes, State, evaluate
from blackmass.chemistry.speciation import System

Array = npt.NDArray[np.float64]
ROUNDS = 3
SMOOTH = 0.1
ABSENT = -110.0  # ln activity below which a component was not there
ABOVE_TRACE = 1e-45  # mol/kg


def cold(system: System, given: Given, model: ActivityModel) -> State:
    """Begin with every species and solid at or below what the totals allow."""
    cases = given.temperature.size
    held = given.totals + np.maximum(given.drawn, 0.0)
    unknown = np.log(np.maximum(held, 1e-50)) - 1.0
    free = np.log(np.where(given.totals[-1] > 0, np.maximum(0.3 * given.totals[-1], 1e-4), 1e-9))
    unknown[-2], unknown[-1] = 0.0, np.where(given.dosed, given.ln_proton, free)
    limit = np.log(np.maximum(held[:-2], 1e-50))
    content = system.content[:-1, :-2]
    weights = np.maximum(content, 0.0)
    for _ in range(ROUNDS):
        ln_amount = given.ln_k[:-1] + system.power[:-1] @ unknown
        amount = np.exp(np.minimum(ln_amount, 300.0))
        there = weights.T @ amount
        order = (weights * content).T @ amount / np.maximum(there, 1e-300)
        unknown[:-2] -= np.maximum(np.log(np.maximum(there, 1e-300)) - limit, 0.0) / np.maximum(order, 1.0)
    _desaturate(system, given, unknown)
    phases = len(system.phases)
    share = np.zeros((phases + bool(given.dosed.any()), cases))
    slack = (given.phase_ln_k - system.phase_power @ unknown) / system.phase_size
    share[:phases] = SMOOTH / np.maximum(slack, 2.0)
    share[phases:] = 0.1 * given.dosed
    state = _empty(system, unknown, share, np.full(cases, SMOOTH))
    evaluate(system, given, model, state)
    return state


def warm(system: System, given: Given, model: ActivityModel, start: Array) -> State:
    """Begin with an earlier answer where there is one.

    Parameters
    ----------
    start : array (balances + 2 + phases, cases)
        Unknowns, ionic strength, dose and amounts of the phases; not a number where there is none.
    """
    count, phases = len(system.components), len(system.phases)
    known = np.asarray(np.isfinite(start[: count + 2]).all(0))
    if not known.any():
        return cold(system, given, model)
    unknown = start[:count].copy()
    share = np.empty((phases + bool(given.dosed.any()), known.size))
    share[:phases] = np.nan_to_num(start[count + 2 :]) / given.most
    share[phases:] = np.where(given.dosed, start[count + 1] / given.dose, 0.0)
    # a component that was not there has no guess: the totals give one
    new = (unknown[:-2] < ABSENT) & (given.totals[:-2] > ABOVE_TRACE)
    patched = new.any(0) | ~known
    fresh = None
    if patched.any():
        fresh = cold(system, given.take(patched), model)
        unknown[:, patched] = np.where(known[patched], unknown[:, patched], fresh.unknown)
        unknown[:-2, patched] = np.where(new[:, patched], fresh.unknown[:-2], unknown[:-2, patched])
        share[:, patched] = np.where(known[patched], share[:, patched], fresh.share)
    state = _empty(system, unknown, share, np.where(known, 0.0, SMOOTH))
    strength = np.where(known, start[count], 0.1)
    for _ in range(2):
        evaluate(system, given, model, state, np.array([strength, strength]))
    if fresh is not None:
        state.put(np.flatnonzero(~known), fresh, ~known[patched])
    return state


def _desaturate(system: System, given: Given, unknown: Array) -> None:
    for row, power in enumerate(system.phase_power):
        needs = np.flatnonzero(power[:-2] > 0)
        excess = power @ unknown - given.phase_ln_k[row]
        unknown[needs] -= np.maximum(excess, 0.0) / power[needs].sum()


def _empty(system: System, unknown: Array, share: Array, smoothing: Array) -> State:
    dissolved, cases = len(system.names), unknown.shape[1]
    empty = np.zeros((dissolved, cases))
    flat = Slopes(np.zeros((0, dissolved)), np.zeros((dissolved, 0, cases)), np.zeros((0, cases)), None)
    return State(unknown, share, smoothing, empty, empty, np.zeros(cases), np.zeros(cases, dtype=bool), flat)
