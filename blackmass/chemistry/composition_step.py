"""One Newton step on the equations of `equilibrium_terms`, for a batch of cases and any activity model."""

import dataclasses

import numpy as np
import numpy.typing as npt

from blackmass.chemistry.activity import ActivityModel
from blackmass.chemistry.composition_activity import Medium
from blackmass.chemistry.composition_state import (
    TINY,
    Given,
    State,
    amounts_of,
    sides,
    strength_limit,
    undersaturation,
)
from blackmass.chemistry.speciation import System
from blackmass.numerics.newton import complementarity, solve_each

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Index = npt.NDArray[np.intp]
LONGEST = 8.0  # largest change of the logarithm of an activity in one step
DRYING = 0.5  # share of the free water that solids may take in one step
IDLE = 1e-3  # slope by saturation below which a phase is left out of the linear system


@dataclasses.dataclass(frozen=True)
class Terms:
    """What the equations are made of at a state."""

    amounts: Array  # (dissolved + 1, cases)
    molality: Array  # (dissolved, cases)
    kilograms: Array  # (cases,)
    taken: Array  # (balances, cases)
    fed: Array  # (balances, cases)
    balance: Array  # (balances, cases)
    value: Array  # (phases, cases) of the complementarity conditions
    by_share: Array  # (phases, cases)
    by_slack: Array  # (phases, cases)
    here: Array  # (coordinates, cases) of the activity model
    assumed: Array  # (coordinates, cases)

    @property
    def error(self) -> Array:
        """Largest residual (cases,): of the logarithms of the balances, of the conditions, of the activities."""
        error = np.maximum(np.abs(self.balance).max(0), np.abs(self.value).max(0, initial=0.0))
        return np.maximum(error, 1e-3 * np.abs(np.log(self.here / self.assumed)).max(0, initial=0.0))

    def take(self, keep: Mask) -> "Terms":
        """Return some of the cases."""
        return Terms(*(getattr(self, field.name)[..., keep] for field in dataclasses.fields(self)))


def step(
    system: System, given: Given, model: ActivityModel, state: State, terms: Terms, longest: float = LONGEST
) -> State:
    """Take one Newton step of at most `longest` from a state and its terms."""
    drift = np.log(terms.here / terms.assumed)
    count = len(system.components)
    products = (terms.amounts.T @ system.products).reshape(terms.kilograms.size, count + 1, -1)
    live = np.flatnonzero((terms.by_slack > IDLE).any(1))
    matrix = _matrix(system, given, terms, products, live, longest)
    right = _right(system, state, terms, live)
    solution = solve_each(matrix, right, system.apart)

    gradient, own = state.medium.rows(system, terms.molality)
    diagonal = np.arange(drift.shape[0])
    small = -own - gradient @ solution[:, :count, 1:]
    small[:, diagonal, diagonal] += (terms.here / terms.assumed).T
    wanted = (terms.here * drift).T[..., None] + gradient @ solution[:, :count, :1]
    rise = solve_each(small, wanted)[..., 0] / terms.assumed.T
    rise = np.clip(rise, -0.2 * longest, 0.2 * longest)
    found = (solution[..., 0] + (solution[..., 1:] @ (rise * terms.assumed.T)[..., None])[..., 0]).T
    change = found[:count]
    shares = -terms.value / terms.by_share
    shares[live] = found[count:]
    return _moved(system, given, model, state, terms, (change, shares, rise.T), longest)


def terms_of(system: System, given: Given, state: State) -> Terms:
    """Return what the equations are made of."""
    amounts = amounts_of(system, given, state.unknown, state.medium)
    kilograms = np.exp(state.unknown[system.water])
    molality = amounts[:-1] / kilograms
    taken, fed = sides(system, given, state.share, amounts)
    here = state.medium.here(system, molality) + TINY
    assumed = state.medium.assumed + TINY
    slack = undersaturation(system, given, state) / system.phase_size
    conditions = complementarity(state.share, slack, state.smoothing)
    return Terms(amounts, molality, kilograms, taken, fed, np.log(taken / fed), *conditions, here, assumed)


def _matrix(system: System, given: Given, terms: Terms, products: Array, live: Index, longest: float) -> Array:
    """Return the matrix (cases, unknowns, unknowns) of the logarithmic balances and the live conditions."""
    count, cases = len(system.components), terms.kilograms.size
    last = count + live.size
    per_taken, per_fed = 1.0 / terms.taken.T, 1.0 / terms.fed.T
    matrix = np.zeros((cases, count + live.size, count + live.size))
    np.multiply(products[:, :count, :count], per_taken[:, :, None], out=matrix[:, :count, :count])
    # the proton balance has species on both sides: protons and acids against hydroxide and hydroxo complexes
    matrix[:, count - 1, :count] += products[:, count, :count] * (per_taken - per_fed)[:, -1:]
    diagonal = np.arange(count)
    matrix[:, diagonal, diagonal] += np.abs(terms.balance.T) / longest
    if live.size:
        content = system.phase_content[live].T
        block = content * per_taken[:, :, None]
        block[:, -1] = (
            np.maximum(content[-1], 0.0) * per_taken[:, -1:] - np.maximum(-content[-1], 0.0) * per_fed[:, -1:]
        )
        np.multiply(block, given.most[live].T[:, None], out=matrix[:, :count, count:last])
        slopes = -(terms.by_slack[live] / system.phase_size[live]).T
        np.multiply(slopes[:, :, None], system.phase_power[live], out=matrix[:, count:last, :count])
    rows = np.arange(count, count + live.size)
    matrix[:, rows, rows] = terms.by_share[live].T
    return matrix


def _right(system: System, state: State, terms: Terms, live: Index) -> Array:
    """Return the right-hand sides: the equations, and how they change with the activity model's coordinates."""
    count, medium = len(system.components), state.medium
    columns = medium.columns(system, terms.amounts)
    right = np.zeros((terms.kilograms.size, count + live.size, 1 + columns.shape[-1]))
    right[:, :count, 0], right[:, count:, 0] = -terms.balance.T, -terms.value[live].T
    per_taken = 1.0 / terms.taken.T
    np.multiply(columns[:, :-1], -per_taken[:, :, None], out=right[:, :count, 1:])
    right[:, count - 1, 1:] -= columns[:, -1] * (per_taken - 1.0 / terms.fed.T)[:, -1:]
    if live.size:
        hydration = terms.by_slack[live] * (system.phase_content[live, system.water, None] / system.phase_size[live])
        right[:, count:, 1:] = hydration.T[:, :, None] * medium.water_slopes.T[:, None]
    return right


def _moved(
    system: System,
    given: Given,
    model: ActivityModel,
    state: State,
    terms: Terms,
    changes: tuple[Array, Array, Array],
    longest: float,
) -> State:
    """Return the state after a step, shortened in each case where it is too long."""
    move, shares, rise = changes
    water = system.water
    move[water] = np.clip(move[water], -0.5, 0.5)
    length = state.stride * np.minimum(1.0, longest / np.maximum(np.abs(move).max(0), TINY))
    share = np.clip(state.share + length * shares, 0.0, np.maximum(2.0 * state.share, 1.0))
    if system.hydrated.any():
        _keep_water(system, given, terms, state, share)
    unknown = state.unknown + length * move
    medium = _medium(system, given, model, state.medium, unknown, (terms.assumed, length * rise))
    return State(unknown, share, state.smoothing, state.stride, medium)


def _keep_water(system: System, given: Given, terms: Terms, state: State, share: Array) -> None:
    """Hold back hydrates that would take more water than there is."""
    bound = np.maximum(system.phase_content[:, system.water], 0.0)
    before, after = bound @ (given.most * state.share), bound @ (given.most * share)
    room = np.maximum(DRYING * (terms.fed[system.water] - before), 0.0) / np.maximum(after - before, TINY)
    grown = share - state.share
    grown *= np.where(system.hydrated & (grown > 0), np.minimum(1.0, room), 1.0)
    share[:] = state.share + grown


def _medium(
    system: System,
    given: Given,
    model: ActivityModel,
    medium: Medium,
    unknown: Array,
    aims: tuple[Array, Array],
) -> Medium:
    """Return the activities at the coordinates that the step leads to."""
    assumed, rise = aims
    wanted = assumed * np.exp(rise)
    limit = strength_limit(system, given)
    ln_gamma = medium.activity.ln_gamma + (medium.slopes * (assumed * rise)).sum(1)
    predicted = dataclasses.replace(medium, activity=dataclasses.replace(medium.activity, ln_gamma=ln_gamma))
    molality = amounts_of(system, given, unknown, predicted)[:-1] * np.exp(-unknown[system.water])
    if medium.major is not None:
        molality[medium.major] = wanted
    elif wanted.shape[0]:
        molality *= wanted / np.maximum(medium.weights @ molality, TINY)
    return composition(system, given, model, molality, limit)


def composition(system: System, given: Given, model: ActivityModel, molality: Array, limit: Array) -> Medium:
    """Evaluate a model at molalities (dissolved, cases), thinned where their ionic strength passes the limit."""
    strength = 0.5 * system.charges**2 @ molality
    molality *= np.minimum(1.0, limit / np.maximum(strength, TINY))
    return Medium.at(model, system, molality, given.temperature)
