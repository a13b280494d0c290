"""Where the iteration for aqueous equilibrium starts: from the totals, or from an earlier answer."""

import numpy as np
import numpy.typing as npt

from blackmass.chemistry.activity import ActivityModel
from blackmass.chemistry.composition_activity import Medium
from blackmass.chemistry.composition_state import TINY, Given, State, amounts_of, strength_limit
from blackmass.chemistry.composition_step import composition
from blackmass.chemistry.speciation import System

Array = npt.NDArray[np.float64]
ROUNDS = 2
SMOOTH = 0.05
ABSENT = -110.0  # ln activity below which a component was not there
ABOVE_TRACE = 1e-45  # mol/kg


def cold(system: System, given: Given, model: ActivityModel) -> State:
    """Begin with every component near its total, and every solid at or below saturation."""
    held = given.totals
    unknown = np.log(np.maximum(held, 1e-50)) - 1.0
    unknown[-2], unknown[-1] = 0.0, _proton(system, given, held)
    content = system.content[:-1, :-2]
    weights = np.maximum(content, 0.0)
    ligand = (system.component_charges[:-2] < 0)[:, None]
    for rows in (ligand, ~ligand) * ROUNDS:  # metals do not bind each other, so they settle together
        amount = np.exp(np.minimum(given.ln_k[:-1] + system.power[:-1] @ unknown, 300.0))
        there = weights.T @ amount + TINY
        order = (weights * content).T @ amount / there
        unknown[:-2] -= np.where(rows, np.log(there / held[:-2]), 0.0) / np.maximum(order, 1.0)
    _desaturate(system, given, unknown)
    cases = given.temperature.size
    slack = (given.phase_ln_k - system.phase_power @ unknown) / system.phase_size
    share = SMOOTH / np.maximum(slack, 2.0)
    medium = _medium(system, given, model, unknown, strength_limit(system, given), 1)
    return State(unknown, share, np.full(cases, SMOOTH), np.ones(cases), medium)


def _proton(system: System, given: Given, held: Array) -> Array:
    """Guess ln a(H+) (cases,): of the acid given, or where the solids that precipitate first take up the alkali."""
    acid = np.log(np.maximum(0.3 * given.totals[-1], 1e-4))
    alkali = np.maximum(-given.totals[-1], 1e-9)
    basic = np.flatnonzero(system.phase_power[:, -1] < 0)
    neutral = np.full_like(acid, np.log(1e-9))
    if not basic.size:
        return np.where(given.totals[-1] > 0, acid, neutral)
    power = system.phase_power[basic]
    saturated = given.phase_ln_k[basic] - power[:, :-2] @ np.log(np.maximum(held[:-2], 1e-50))
    saturated = np.minimum(saturated / power[:, -1:], 0.0)
    order = np.argsort(-saturated, axis=0)
    taken = np.cumsum(np.take_along_axis(-power[:, -1:] * given.most[basic], order, axis=0), axis=0)
    first = (taken < alkali).sum(0)
    levels = np.take_along_axis(saturated, order, axis=0)
    levels = np.vstack([levels, np.minimum(levels[-1], np.log(1e-14 / alkali))])
    found = np.take_along_axis(levels, first[None], axis=0)[0]
    return np.where(given.totals[-1] > 0, acid, np.minimum(found, np.log(1e-3)))


def warm(system: System, given: Given, model: ActivityModel, start: Array) -> State:
    """Begin with an earlier answer where there is one.

    Parameters
    ----------
    start : array (balances + 2 + phases, cases)
        Unknowns, ionic strength, dose and amounts of the phases; not a number where there is none.
    """
    count = len(system.components)
    known = np.asarray(np.isfinite(start[: count + 2]).all(0))
    if not known.any():
        return cold(system, given, model)
    unknown = start[:count].copy()
    share = np.nan_to_num(start[count + 2 :]) / given.most
    # a component that was not there has no guess: the totals give one
    new = (unknown[:-2] < ABSENT) & (given.totals[:-2] > ABOVE_TRACE)
    patched = new.any(0) | ~known
    fresh = None
    if patched.any():
        fresh = cold(system, given.take(patched), model)
        unknown[:, patched] = np.where(known[patched], unknown[:, patched], fresh.unknown)
        unknown[:-2, patched] = np.where(new[:, patched], fresh.unknown[:-2], unknown[:-2, patched])
        share[:, patched] = np.where(known[patched], share[:, patched], fresh.share)
    strength = np.where(known, start[count], 0.1)
    medium = _medium(system, given, model, unknown, strength, 2)
    state = State(unknown, share, np.where(known, 0.0, SMOOTH), np.ones(known.size), medium)
    if fresh is not None:
        state.put(np.flatnonzero(~known), fresh, ~known[patched])
    return state


def _medium(system: System, given: Given, model: ActivityModel, unknown: Array, limit: Array, rounds: int) -> Medium:
    """Return activities near those of the unknowns, at an ionic strength within the limit, or at it in more rounds."""
    molality = np.exp(np.minimum(given.ln_k[:-1] + system.power[:-1] @ unknown, 200.0)) * np.exp(-unknown[system.water])
    found = composition(system, given, model, molality, limit)
    for _ in range(rounds - 1):
        molality = amounts_of(system, given, unknown, found)[:-1] * np.exp(-unknown[system.water])
        found = composition(system, given, model, molality, limit)
    return found


def _desaturate(system: System, given: Given, unknown: Array) -> None:
    for row, power in enumerate(system.phase_power):
        needs = np.flatnonzero(power[:-2] > 0)
        excess = power @ unknown - given.phase_ln_k[row]
        unknown[needs] -= np.maximum(excess, 0.0) / power[needs].sum()
