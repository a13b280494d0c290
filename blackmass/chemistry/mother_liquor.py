"""Liquors with their crystals near a known answer: speciation, crystals, activities and water at once, by Newton."""

import dataclasses

import numpy as np
import numpy.typing as npt

from blackmass import species
from blackmass.chemistry.activity import LN10, Activity, ActivityModel
from blackmass.chemistry.aqueous import Equilibrium
from blackmass.chemistry.equilibria import COMPONENTS, WATER, component_rows, pure_phase
from blackmass.chemistry.speciation import MOLES_PER_KG, System, system
from blackmass.numerics.newton import complementarity, solve_each

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Index = npt.NDArray[np.intp]
NEAR = 1e-8  # error before the last step, which leaves about its square
STEPS = 14
LONGEST = 1.0  # change of a logarithm in one step
MAJOR = 1e-4  # mol/kg from which a species moves the activities of others within a step
ABSENT = -115.0
TINY = 1e-300
ROWS = 2 * len(COMPONENTS)  # of a state, before those of the salts


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
        water's; ln molalities of the components; crystals.
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


@dataclasses.dataclass(frozen=True)
class _Given:
    """What a batch is given; `rows` are the balances but for water's; the salts from `free` on form as they like."""

    system: System
    model: ActivityModel
    rows: Index
    free: int
    kept: Index  # which of the salts can form
    water: Array  # (cases,) [mol/s] that is given, where no salt rules it
    temperature: Array
    totals: Array  # (balances, cases) [mol/s]
    ln_k: Array  # (dissolved, cases)
    phase_ln_k: Array  # (phases, cases)
    size: Array  # (phases, cases) [mol/s] the most of each salt that can form

    def take(self, keep: "Mask | Index") -> "_Given":
        parts = ("temperature", "water", "totals", "ln_k", "phase_ln_k", "size")
        return dataclasses.replace(self, **{name: getattr(self, name)[..., keep] for name in parts})


@dataclasses.dataclass
class _State:
    ln_activity: Array  # (balances, cases)
    ln_kilograms: Array  # (cases,)
    share: Array  # (phases that form as they like, cases) crystals against their size
    ln_molality: Array  # (dissolved, cases) at which activities are taken

    def take(self, keep: "Mask | Index") -> "_State":
        return _State(*(getattr(self, field.name)[..., keep] for field in dataclasses.fields(self)))

    def put(self, where: Index, other: "_State", keep: Mask) -> None:
        for field in dataclasses.fields(self):
            getattr(self, field.name)[..., where] = getattr(other, field.name)[..., keep]


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
        _complete(part, going, _components(start, given)[1][:, where])
        for _ in range(STEPS):
            if where.size == 0:
                break
            following, error = _step(part, going)
            done = error < NEAR
            if done.any():
                state.put(where[done], following, done)
                converged[where[done]] = True
            go = ~done & np.isfinite(error)
            part, going, where = (
                (part, following, where) if go.all() else (part.take(go), following.take(go), where[go])
            )
        return _answer(given, state, converged, salts)


def first_state(liquor: Equilibrium, crystals: Array) -> Array:
    """Return a start (rows, cases) from an equilibrium near the answer and its crystals (salts, cases)."""
    count = len(COMPONENTS)
    state = np.full((ROWS + len(crystals), liquor.pH.size), ABSENT)
    state[:count] = liquor.guess[:count]
    state[COMPONENTS.index(WATER)] = np.log(np.maximum(liquor.water_mass, TINY))
    for row, name in enumerate(COMPONENTS[:-1]):
        if name in liquor.names:
            state[count + row] = np.log(np.maximum(liquor.molality_of(name), TINY))
    state[ROWS:] = crystals
    return state


def _prepare(
    flow: Array, temperature: Array, salts: tuple[str, ...], corrections: Array, model: ActivityModel
) -> _Given:
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
    return _Given(
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


def _components(start: Array, given: _Given) -> tuple[Array, Array]:
    """Return ln activities and ln molalities (balances, cases) of a start."""
    places = [COMPONENTS.index(given.system.components[row]) for row in given.rows]
    return start[places], start[[len(COMPONENTS) + place for place in places]]


def _begin(given: _Given, start: Array) -> _State:
    return _State(
        _components(start, given)[0].copy(),
        start[COMPONENTS.index(WATER)].copy(),
        start[ROWS + given.kept[given.free :]] / given.size[given.free :],
        np.zeros_like(given.ln_k),
    )


def _complete(given: _Given, state: _State, ln_components: Array) -> None:
    """Begin with given molalities of the components, and complexes by the activities that these make."""
    state.ln_molality[: len(ln_components)] = ln_components
    state.ln_molality[len(ln_components) :] = ABSENT
    activity = _activity(given, state)
    state.ln_molality = _molalities(given, state, activity.ln_gamma, activity.ln_water)
    state.ln_molality[: len(ln_components)] = ln_components


def _activity(given: _Given, state: _State) -> Activity:
    assumed = np.exp(np.minimum(state.ln_molality, 5.0))
    return given.model.evaluate(given.system.names, given.system.charges, assumed, given.temperature)


def _molalities(given: _Given, state: _State, ln_gamma: Array, ln_water: Array) -> Array:
    """Return ln of the molality (dissolved, cases) by mass action."""
    power, bound = given.system.power[:-1, given.rows], given.system.content[:-1, given.system.water]
    return given.ln_k + power @ state.ln_activity + np.multiply.outer(bound, ln_water) - ln_gamma


@dataclasses.dataclass(frozen=True)
class _Terms:
    """The parts of the equations at a state."""

    amounts: Array  # (dissolved, cases) [mol/s]
    scale: Array  # (balances, cases) [mol/s]
    slack: Array  # (phases, cases) undersaturation
    by_share: Array  # (free phases, cases)
    by_slack: Array  # (free phases, cases)
    major: Index
    bend: Array  # (dissolved, major, cases) change of ln molality with ln molality assumed of the major species
    dry: Array  # (major, cases) change of ln water activity


def _step(given: _Given, state: _State) -> tuple[_State, Array]:
    """Take a Newton step; return the new state and the error (cases,) of the old one."""
    chosen, rows, free = given.system, given.rows, given.free
    assumed = np.exp(np.minimum(state.ln_molality, 5.0))
    activity = _activity(given, state)
    ln_molality = _molalities(given, state, activity.ln_gamma, activity.ln_water)
    amounts = np.exp(np.minimum(ln_molality, 20.0) + state.ln_kilograms)
    content, formed = chosen.content[:-1, rows], chosen.phase_content[free:, rows]
    crystals = state.share * given.size[free:]
    scale = np.abs(content).T @ amounts + np.abs(formed).T @ np.abs(crystals) + np.abs(given.totals) + TINY
    balance = (content.T @ amounts + formed.T @ crystals - given.totals) / scale
    slack = given.phase_ln_k - chosen.phase_power[:, rows] @ state.ln_activity
    slack -= np.multiply.outer(chosen.phase_content[:, chosen.water], activity.ln_water)
    value, by_share, by_slack = complementarity(state.share, slack[free:], np.zeros(slack.shape[1]))
    last = slack[0] if free else 1.0 - _water(given, state, amounts) / given.water
    drift = ln_molality - state.ln_molality
    error = np.maximum(np.abs(balance).max(0), np.abs(last))
    for each in (np.abs(value), np.abs(drift) * assumed):
        error = np.maximum(error, each.max(0, initial=0.0))

    major = np.flatnonzero(assumed.max(1) > MAJOR)
    gradient, dries = activity.gradient, activity.water_gradient
    if gradient is None or dries is None:
        raise TypeError(f"{given.model} returns no derivatives by molality.")
    bound = chosen.content[:-1, chosen.water, None, None]
    bend = (bound * dries[major] - gradient[:, major]) * assumed[major]
    terms = _Terms(amounts, scale, slack, by_share, by_slack, major, bend, dries[major] * assumed[major])
    matrix = _matrix(given, state, terms)
    right = np.concatenate([-balance, last[None], -value, drift[major]])
    change = solve_each(np.moveaxis(matrix, 2, 0), np.ascontiguousarray(right.T)[:, :, None])[:, :, 0].T
    return _moved(given, state, terms, ln_molality, change), error


def _water(given: _Given, state: _State, amounts: Array) -> Array:
    """Return all water (cases,) [mol/s]: free, in complexes and in crystals."""
    chosen, free = given.system, given.free
    bound = chosen.content[:-1, chosen.water] @ amounts
    crystals = chosen.phase_content[free:, chosen.water] @ (state.share * given.size[free:])
    return MOLES_PER_KG * np.exp(state.ln_kilograms) + bound + crystals


def _matrix(given: _Given, state: _State, terms: _Terms) -> Array:
    """Return the derivatives of all equations by all unknowns (equations, unknowns, cases)."""
    chosen, rows, free = given.system, given.rows, given.free
    content, power = chosen.content[:-1, rows], chosen.power[:-1, rows]
    phase_power, hydration = chosen.phase_power[:, rows], chosen.phase_content[:, chosen.water]
    amounts, bend, major, scale = terms.amounts, terms.bend, terms.major, terms.scale
    count, cases = scale.shape
    first, last = count + 1, count + 1 + len(terms.by_share)
    matrix = np.zeros((last + major.size, last + major.size, cases))
    bent = (amounts[:, None] * bend).reshape(len(content), -1)
    products = (content[:, :, None] * power[:, None, :]).reshape(len(content), -1)
    matrix[:count, :count] = (products.T @ amounts).reshape(count, count, cases) / scale[:, None]
    matrix[:count, count] = (content.T @ amounts) / scale
    matrix[:count, first:last] = chosen.phase_content[free:, rows].T[:, :, None] * (given.size[free:] / scale[:, None])
    matrix[:count, last:] = (content.T @ bent).reshape(count, major.size, cases) / scale[:, None]
    if free:
        matrix[count, :count] = phase_power[0][:, None]
        matrix[count, last:] = hydration[0] * terms.dry
    else:
        bound = chosen.content[:-1, chosen.water]
        matrix[count, :count] = (bound[:, None] * power).T @ amounts / given.water
        matrix[count, count] = (MOLES_PER_KG * np.exp(state.ln_kilograms) + bound @ amounts) / given.water
        matrix[count, first:last] = hydration[free:, None] * given.size[free:] / given.water
        matrix[count, last:] = (bound @ bent).reshape(major.size, cases) / given.water
    matrix[first:last, :count] = -terms.by_slack[:, None] * phase_power[free:, :, None]
    matrix[first:last, last:] = -terms.by_slack[:, None] * hydration[free:, None, None] * terms.dry
    matrix[last:, :count] = -power[major][:, :, None]
    matrix[last:, last:] = -bend[major]
    diagonal = np.arange(first, last + major.size)
    matrix[diagonal, diagonal] += np.concatenate([terms.by_share, np.ones((major.size, cases))])
    return matrix


def _moved(given: _Given, state: _State, terms: _Terms, ln_molality: Array, change: Array) -> _State:
    """Return the state after a step, shortened in each case where it is too long."""
    count, last = len(given.rows), len(change) - terms.major.size
    longest = np.maximum(np.abs(change[: count + 1]).max(0), np.abs(change[last:]).max(0, initial=0.0))
    change = change * np.minimum(1.0, LONGEST / np.maximum(longest, TINY))
    moved = ln_molality + given.system.power[:-1, given.rows] @ change[:count]
    moved += np.einsum("ijn,jn->in", terms.bend, change[last:])
    moved[terms.major] = state.ln_molality[terms.major] + change[last:]
    return _State(
        state.ln_activity + change[:count],
        state.ln_kilograms + change[count],
        state.share + change[count + 1 : last],
        moved,
    )


def _answer(given: _Given, state: _State, converged: Mask, salts: tuple[str, ...]) -> Liquor:
    chosen, free = given.system, given.free
    activity = _activity(given, state)
    state.share = np.maximum(state.share, 0.0)
    crystals = np.zeros((len(salts), converged.size))
    crystals[given.kept[free:]] = state.share * given.size[free:]
    slack = given.phase_ln_k - chosen.phase_power[:, given.rows] @ state.ln_activity
    slack -= np.multiply.outer(chosen.phase_content[:, chosen.water], activity.ln_water)
    saturation = np.full((len(salts), converged.size), -np.inf)
    saturation[given.kept] = -slack / LN10
    amounts = np.exp(np.minimum(state.ln_molality, 20.0) + state.ln_kilograms)
    record = np.full((ROWS + len(salts), converged.size), ABSENT)
    places = np.array([COMPONENTS.index(chosen.components[row]) for row in given.rows])
    record[places] = state.ln_activity
    record[len(COMPONENTS) + places] = state.ln_molality[: len(places)]
    record[COMPONENTS.index(WATER)] = state.ln_kilograms
    record[ROWS:] = crystals
    record[:, ~converged] = np.nan
    return Liquor(
        water=_water(given, state, amounts),
        crystals=crystals,
        log_saturation=saturation,
        pH=-state.ln_activity[-1] / LN10,
        water_activity=np.exp(activity.ln_water),
        out_of_range=activity.out_of_range,
        state=record,
        converged=converged,
    )
