"""Mother liquors saturated with a salt: water, speciation, other salts and activities at once, by Newton's method."""

import dataclasses

import numpy as np
import numpy.typing as npt

from blackmass import species
from blackmass.chemistry.activity import Activity, ActivityModel
from blackmass.chemistry.aqueous import Equilibrium
from blackmass.chemistry.equilibria import COMPONENTS, WATER, component_rows, pure_phase
from blackmass.chemistry.speciation import MOLES_PER_KG, System, system
from blackmass.numerics.newton import complementarity, solve_each

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Index = npt.NDArray[np.intp]
NEAR = 1e-9  # error before the last step, which leaves its square
STEPS = 14
LONGEST = 1.0  # change of a logarithm in one step
MAJOR = 1e-4  # mol/kg from which a species moves the activities of others within a step
ABSENT = -115.0
TINY = 1e-300
ROWS = 2 * len(COMPONENTS)  # of a state, before those of the salts


@dataclasses.dataclass(frozen=True)
class Saturated:
    """A mother liquor for each case.

    Parameters
    ----------
    water : array (cases,) [mol/s]
        All of it, with that of the companions' crystals.
    crystals : array (companions, cases) [mol/s]
    water_activity : array (cases,)
    out_of_range : array (cases,) of bool
    state : array (rows, cases)
        To start from next time: ln activities of the components, with ln of the kilograms of water in the place of
        water's; ln molalities of the components; crystals.
    converged : array (cases,) of bool
    """

    water: Array
    crystals: Array
    water_activity: Array
    out_of_range: Mask
    state: Array
    converged: Mask


@dataclasses.dataclass(frozen=True)
class _Given:
    """What a batch is given; `rows` are the balances but for water's."""

    system: System
    model: ActivityModel
    rows: Index
    temperature: Array
    totals: Array  # (balances, cases) [mol/s]
    ln_k: Array  # (dissolved, cases)
    phase_ln_k: Array  # (phases, cases), the salt first
    size: Array  # (phases, cases) [mol/s] the most of each salt that can form

    def take(self, keep: Mask) -> "_Given":
        parts = ("temperature", "totals", "ln_k", "phase_ln_k", "size")
        return dataclasses.replace(self, **{name: getattr(self, name)[..., keep] for name in parts})


@dataclasses.dataclass
class _State:
    ln_activity: Array  # (balances, cases)
    ln_kilograms: Array  # (cases,)
    share: Array  # (companions, cases) crystals against their size
    ln_molality: Array  # (dissolved, cases) at which activities are taken

    def take(self, keep: "Mask | Index") -> "_State":
        return _State(*(getattr(self, field.name)[..., keep] for field in dataclasses.fields(self)))

    def put(self, where: Index, other: "_State", keep: Mask) -> None:
        for field in dataclasses.fields(self):
            getattr(self, field.name)[..., where] = getattr(other, field.name)[..., keep]


def saturate(
    flow: Array,
    temperature: Array,
    salts: tuple[str, ...],
    corrections: Array,
    *,
    model: ActivityModel,
    start: Array,
) -> Saturated:
    """Find the water with which a liquor is just saturated with the first of `salts`, the others forming beside it.

    The unknowns are the activities of the components, the kilograms of free water, the crystals of the other salts and
    the molalities of the major species; the equations are the balances but for that of water, saturation with the
    salt, complementarity for the others, and the mass action of the major species with Pitzer's derivatives. It starts
    near the answer or is given up.

    Parameters
    ----------
    flow : array (species, cases) [mol/s]
        The mother liquor with the crystals of the other salts that the feed brings; its water is not read.
    temperature : array (cases,) [K]
    salts : names; the first has no crystals in `flow`
    corrections : array (salts, cases)
        Supersaturation at which each salt forms.
    model : activity model that returns a gradient
    start : array (rows, cases)
        `state` of an earlier answer; not a number where there is none.
    """
    cases = temperature.size
    given, kept = _prepare(flow, temperature, salts, corrections, model)
    state = _begin(given, start, kept)
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
            part, going, where = (part, following, where) if go.all() else (part.take(go), following.take(go), where[go])
        return _answer(given, state, converged, salts, kept)


def first_state(liquor: Equilibrium, crystals: Array) -> Array:
    """Return a start (rows, cases) from an equilibrium near the answer and its crystals (companions, cases)."""
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
) -> tuple[_Given, Index]:
    """Return what is given, and which of the salts can form."""
    totals = flow[component_rows()].copy()
    for name in salts[1:]:
        held = flow[species.index(name)]
        if held.any():
            totals += np.multiply.outer(pure_phase(name, model.tier).amounts, held)
    present = frozenset(name for row, name in enumerate(COMPONENTS) if np.any(totals[row] > 0))
    chosen = system(present, salts, model.tier)
    rows = np.array([row for row in range(len(chosen.components)) if row != chosen.water], dtype=np.intp)
    kept = np.array([salts.index(phase.name) for phase in chosen.phases], dtype=np.intp)
    own = totals[[COMPONENTS.index(chosen.components[row]) for row in rows]]
    size = np.empty((kept.size, temperature.size))
    for row, needs in enumerate(chosen.phase_content[:, rows]):
        limiting = np.flatnonzero(needs > 0)
        size[row] = np.maximum((own[limiting] / needs[limiting, None]).min(0), TINY)
    return _Given(
        chosen,
        model,
        rows,
        temperature,
        own,
        chosen.ln_k(temperature)[:-1],
        chosen.phase_ln_k(temperature) + np.log(corrections[kept]),
        size,
    ), kept


def _components(start: Array, given: _Given) -> tuple[Array, Array]:
    """Return ln activities and ln molalities (balances, cases) of a start."""
    places = [COMPONENTS.index(given.system.components[row]) for row in given.rows]
    return start[places], start[[len(COMPONENTS) + place for place in places]]


def _begin(given: _Given, start: Array, kept: Index) -> _State:
    crystals = start[ROWS + kept[1:] - 1] / given.size[1:]
    return _State(
        _components(start, given)[0].copy(),
        start[COMPONENTS.index(WATER)].copy(),
        crystals,
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


def _step(given: _Given, state: _State) -> tuple[_State, Array]:
    """Take a Newton step; return the new state and the error (cases,) of the old one."""
    chosen, rows = given.system, given.rows
    assumed = np.exp(np.minimum(state.ln_molality, 5.0))
    activity = _activity(given, state)
    ln_molality = _molalities(given, state, activity.ln_gamma, activity.ln_water)
    amounts = np.exp(np.minimum(ln_molality, 20.0) + state.ln_kilograms)
    content, power = chosen.content[:-1, rows], chosen.power[:-1, rows]
    phase_content, phase_power = chosen.phase_content[1:, rows], chosen.phase_power[:, rows]
    crystals = state.share * given.size[1:]
    terms = np.abs(content).T @ amounts + np.abs(phase_content).T @ np.abs(crystals) + np.abs(given.totals) + TINY
    balance = (content.T @ amounts + phase_content.T @ crystals - given.totals) / terms
    slack = given.phase_ln_k - phase_power @ state.ln_activity
    slack -= np.multiply.outer(chosen.phase_content[:, chosen.water], activity.ln_water)
    value, by_share, by_slack = complementarity(state.share, slack[1:], np.zeros(slack.shape[1]))
    drift = ln_molality - state.ln_molality
    error = np.abs(balance).max(0)
    for each in (np.abs(slack[:1]), np.abs(value), np.abs(drift) * assumed):
        error = np.maximum(error, each.max(0, initial=0.0))

    count, companions, cases = len(rows), state.share.shape[0], error.size
    major = np.flatnonzero(assumed.max(1) > MAJOR)
    first, last = count + 1, count + 1 + companions
    gradient, water_gradient = activity.gradient, activity.water_gradient
    assert gradient is not None and water_gradient is not None  # noqa: S101
    bound = chosen.content[:-1, chosen.water]
    bend = (bound[:, None, None] * water_gradient[major] - gradient[:, major]) * assumed[major]
    dry = water_gradient[major] * assumed[major]
    matrix = np.zeros((last + major.size, last + major.size, cases))
    products = (content[:, :, None] * power[:, None, :]).reshape(len(content), -1)
    matrix[:count, :count] = (products.T @ amounts).reshape(count, count, cases) / terms[:, None]
    matrix[:count, count] = (content.T @ amounts) / terms
    matrix[:count, first:last] = phase_content.T[:, :, None] * (given.size[1:] / terms[:, None])
    bent = (amounts[:, None] * bend).reshape(len(content), -1)
    matrix[:count, last:] = (content.T @ bent).reshape(count, major.size, cases) / terms[:, None]
    matrix[count, :count] = phase_power[0][:, None]
    hydration = chosen.phase_content[:, chosen.water]
    matrix[count, last:] = hydration[0] * dry
    matrix[first:last, :count] = -by_slack[:, None] * phase_power[1:, :, None]
    matrix[first:last, last:] = -by_slack[:, None] * hydration[1:, None, None] * dry
    diagonal = np.arange(first, last)
    matrix[diagonal, diagonal] = by_share
    matrix[last:, :count] = -power[major][:, :, None]
    matrix[last:, last:] = -bend[major]
    tail = np.arange(last, last + major.size)
    matrix[tail, tail] += 1.0
    right = np.concatenate([-balance, slack[:1], -value, drift[major]])
    change = solve_each(np.moveaxis(matrix, 2, 0), np.ascontiguousarray(right.T)[:, :, None])[:, :, 0].T
    longest = np.maximum(np.abs(change[:first]).max(0), np.abs(change[last:]).max(0, initial=0.0))
    change = change * np.minimum(1.0, LONGEST / np.maximum(longest, TINY))
    following = _State(
        state.ln_activity + change[:count],
        state.ln_kilograms + change[count],
        state.share + change[first:last],
        state.ln_molality + 0.0,
    )
    risen = power @ change[:count] + np.einsum("ijn,jn->in", bend, change[last:])
    following.ln_molality = ln_molality + risen
    following.ln_molality[major] = state.ln_molality[major] + change[last:]
    return following, error


def _answer(given: _Given, state: _State, converged: Mask, salts: tuple[str, ...], kept: Index) -> Saturated:
    chosen, cases = given.system, converged.size
    activity = _activity(given, state)
    kilograms = np.exp(state.ln_kilograms)
    crystals = np.zeros((len(salts) - 1, cases))
    crystals[kept[1:] - 1] = np.maximum(state.share, 0.0) * given.size[1:]
    molality = np.exp(np.minimum(state.ln_molality, 20.0))
    water = kilograms * (MOLES_PER_KG + chosen.content[:-1, chosen.water] @ molality)
    water += chosen.phase_content[1:, chosen.water] @ (np.maximum(state.share, 0.0) * given.size[1:])
    record = np.full((ROWS + len(salts) - 1, cases), ABSENT)
    places = np.array([COMPONENTS.index(chosen.components[row]) for row in given.rows])
    record[places] = state.ln_activity
    record[len(COMPONENTS) + places] = state.ln_molality[: len(places)]
    record[COMPONENTS.index(WATER)] = state.ln_kilograms
    record[ROWS:] = crystals
    record[:, ~converged] = np.nan
    return Saturated(water, crystals, np.exp(activity.ln_water), activity.out_of_range, record, converged)
