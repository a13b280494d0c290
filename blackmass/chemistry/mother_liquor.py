"""Liquors with their crystals near a known answer: speciation, crystals, activities and water at once, by Newton."""

import dataclasses
import functools

import numpy as np
import numpy.typing as npt

from blackmass import species
from blackmass.chemistry.activity import LN10, ActivityModel
from blackmass.chemistry.aqueous import Equilibrium
from blackmass.chemistry.equilibria import COMPONENTS, WATER, component_rows, dissolved, pure_phase
from blackmass.chemistry.mother_liquor_step import ABSENT, TINY, Given, State, activities, all_water, step
from blackmass.chemistry.speciation import system

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Index = npt.NDArray[np.intp]
NEAR = 1e-8  # error before the last step, which leaves about its square
STEPS = 14


@functools.cache
def places(tier: str) -> dict[str, int]:
    """Return the row of ln molality in a state by the name of the dissolved species."""
    names = (*COMPONENTS[:-1], *(reaction.name for reaction in dissolved(tier)))
    return {name: len(COMPONENTS) + row for row, name in enumerate(names)}


def rows(salts: int, tier: str) -> int:
    """Return the number of rows of a state: components, dissolved species and salts."""
    return len(COMPONENTS) + len(places(tier)) + salts


@dataclasses.dataclass(frozen=True)
class Liquor:
    """A liquor with its crystals, for each case.

    Parameters
    ----------
    water : array (cases,) [mol/s]
        All of it, with that of the crystals.
    crystals : array (salts, cases) [mol/s]
        None of a salt that rules the water.
    log_saturation : array (salts, cases)
        Decimal logarithm, minus infinity where an ion of the salt is not in the batch.
    pH, water_activity : array (cases,)
    out_of_range : array (cases,) of bool
    state : array (rows, cases)
        To start from next time: ln activities of the components, with ln of the kilograms of water in the place of
        water's; ln molalities of the dissolved species; crystals.
    converged : array (cases,) of bool
    """

    water: Array
    crystals: Array
    log_saturation: Array
    pH: Array
    water_activity: Array
    out_of_range: Mask
    state: Array
    converged: Mask


def liquor_with_crystals(
    flow: Array,
    temperature: Array,
    salts: tuple[str, ...],
    corrections: Array,
    *,
    saturated: bool,
    model: ActivityModel,
    start: Array,
) -> Liquor:
    """Find the equilibrium of a liquor with crystals, with the water that it has or the water that saturates it.

    The unknowns are the activities of the components, the kilograms of free water, the crystals and the molalities of
    the major species; the equations are the balances, complementarity of each salt (present and saturated, or absent
    and undersaturated), and mass action of the major species with the derivatives of the activity model. With
    `saturated` the first salt is saturated without crystals instead of the balance of water. The iteration starts near
    the answer, or the case is given up.

    Parameters
    ----------
    flow : array (species, cases) [mol/s]
        The liquor with the crystals that it brings; with `saturated` its water is not read.
    temperature : array (cases,) [K]
    salts : names
    corrections : array (salts, cases)
        Supersaturation at which each salt forms.
    saturated : whether the first salt rules the water
    model : activity model that returns a gradient
    start : array (rows, cases)
        `state` of an earlier answer; not a number where there is none.
    """
    cases = temperature.size
    given = _prepare(flow, temperature, salts, corrections, model)
    given = dataclasses.replace(given, free=int(saturated))
    state = _begin(given, start)
    converged = np.zeros(cases, dtype=bool)
    where = np.flatnonzero(np.isfinite(start).all(0))
    part, going = given.take(where), state.take(where)
    with np.errstate(all="ignore"):
        for _ in range(STEPS):
            if where.size == 0:
                break
            following, error = step(part, going)
            done = error < NEAR
            if done.any():
                state.put(where[done], following, done)
                converged[where[done]] = True
            go = ~done & np.isfinite(error)
            part, going, where = (
                (part, following, where) if go.all() else (part.take(go), following.take(go), where[go])
            )
        return _answer(given, state, converged, salts)


def first_state(liquor: Equilibrium, crystals: Array, tier: str) -> Array:
    """Return a start (rows, cases) from an equilibrium near the answer and its crystals (salts, cases)."""
    count = len(COMPONENTS)
    state = np.full((rows(len(crystals), tier), liquor.pH.size), ABSENT)
    state[:count] = liquor.guess[:count]
    state[COMPONENTS.index(WATER)] = np.log(np.maximum(liquor.water_mass, TINY))
    state[[places(tier)[name] for name in liquor.names]] = np.log(np.maximum(liquor.molality, TINY))
    state[-len(crystals) :] = crystals
    return state


def _prepare(
    flow: Array, temperature: Array, salts: tuple[str, ...], corrections: Array, model: ActivityModel
) -> Given:
    totals = flow[component_rows()].copy()
    for name in salts:
        held = flow[species.index(name)]
        if held.any():
            totals += np.multiply.outer(pure_phase(name, model.tier).amounts, held)
    present = frozenset(name for row, name in enumerate(COMPONENTS) if np.any(totals[row] > 0))
    chosen = system(present, salts, model.tier)
    rows = np.array([row for row in range(len(chosen.components)) if row != chosen.water], dtype=np.intp)
    kept = np.array([salts.index(phase.name) for phase in chosen.phases], dtype=np.intp)
    own = totals[[COMPONENTS.index(chosen.components[row]) for row in rows]]
    size = np.empty((kept.size, temperature.size))
    for row, needs in enumerate(chosen.phase_power[:, rows[:-1]]):
        limiting = np.flatnonzero(needs > 0)
        size[row] = np.maximum((own[limiting] / needs[limiting, None]).min(0), TINY)
    return Given(
        system=chosen,
        model=model,
        rows=rows,
        free=0,
        kept=kept,
        water=totals[-1],
        temperature=temperature,
        totals=own,
        ln_k=chosen.ln_k(temperature)[:-1],
        phase_ln_k=chosen.phase_ln_k(temperature) + np.log(corrections[kept]),
        size=size,
    )


def _begin(given: Given, start: Array) -> State:
    chosen = given.system
    known = places(given.model.tier)
    salts = start[len(COMPONENTS) + len(known) :]
    return State(
        start[[COMPONENTS.index(chosen.components[row]) for row in given.rows]],
        start[COMPONENTS.index(WATER)].copy(),
        salts[given.kept[given.free :]] / given.size[given.free :],
        start[[known[name] for name in chosen.names]],
    )


def _answer(given: Given, state: State, converged: Mask, salts: tuple[str, ...]) -> Liquor:
    chosen, free = given.system, given.free
    activity = activities(given, state)
    state.share = np.maximum(state.share, 0.0)
    crystals = np.zeros((len(salts), converged.size))
    crystals[given.kept[free:]] = state.share * given.size[free:]
    slack = given.phase_ln_k - chosen.phase_power[:, given.rows] @ state.ln_activity
    slack -= np.multiply.outer(chosen.phase_content[:, chosen.water], activity.ln_water)
    saturation = np.full((len(salts), converged.size), -np.inf)
    saturation[given.kept] = -slack / LN10
    amounts = np.exp(np.minimum(state.ln_molality, 20.0) + state.ln_kilograms)
    known = places(given.model.tier)
    record = np.full((rows(len(salts), given.model.tier), converged.size), ABSENT)
    record[[COMPONENTS.index(chosen.components[row]) for row in given.rows]] = state.ln_activity
    record[COMPONENTS.index(WATER)] = state.ln_kilograms
    record[[known[name] for name in chosen.names]] = state.ln_molality
    record[-len(salts) :] = crystals
    record[:, ~converged] = np.nan
    return Liquor(
        water=all_water(given, state, amounts),
        crystals=crystals,
        log_saturation=saturation,
        pH=-state.ln_activity[-1] / LN10,
        water_activity=np.exp(activity.ln_water),
        out_of_range=activity.out_of_range,
        state=record,
        converged=converged,
    )
