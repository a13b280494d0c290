"""The equations of aqueous equilibrium with solids, and one Newton step on them, for a batch of cases.

Unknowns are logarithms of activities, so that trace components are as well resolved as bulk ones. A balance is solved
as the logarithm of what is there against what is given, which Newton's method meets in few steps from far away. A pure
phase is either saturated or absent; so is the dose of a reagent: either the target pH is met, or there is no dose and
the liquor is beyond it. Both are complementarity conditions in the form of Fischer and Burmeister, smoothed at first.

Sources: Morel and Morgan, Environ. Sci. Technol. 6 (1972) 58, 10.1021/es60060a006; Kanzow, SIAM J. Matrix Anal. Appl.
17 (1996) 851, 10.1137/S0895479894273134.
"""

import dataclasses

import numpy as np
import numpy.typing as npt

from blackmass.chemistry.activity import Activity, ActivityModel
from blackmass.chemistry.speciation import Problem, System, alkalinity
from blackmass.numerics.newton import complementarity, solve_each

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
TRACE = 1e-50  # mol/kg that stands for none at all
LONGEST = 8.0  # largest change of the logarithm of an activity in one step
MAJOR = 1e-4  # mol/kg from which a species is allowed to move the activity coefficients of others within a step
DRYING = 0.5  # share of the free water that solids may take in one step
FALL = 1e-3  # smallest ratio of a dose to the one before
HOT_WATER = 1e-13  # ion product of water, by order of magnitude
TINY = 1e-300


@dataclasses.dataclass
class State:
    """Where the iteration stands."""

    unknown: Array  # (balances, cases): ln activities, ln kilograms of water, ln activity of H+
    share: Array  # (phases + dose, cases): amounts of the phases, and the dose, against their scales
    smoothing: Array  # (cases,)
    molality: Array  # (dissolved, cases) at which the activity coefficients hold
    ln_gamma: Array  # (dissolved, cases)
    ln_water: Array  # (cases,)
    out_of_range: Mask
    slopes: "Slopes"

    def take(self, keep: Mask | npt.NDArray[np.intp]) -> "State":
        """Return some of the cases."""
        return State(
            self.unknown[:, keep],
            self.share[:, keep],
            self.smoothing[keep],
            self.molality[:, keep],
            self.ln_gamma[:, keep],
            self.ln_water[keep],
            self.out_of_range[keep],
            self.slopes.take(keep),
        )

    def put(self, where: npt.NDArray[np.intp], other: "State", keep: Mask) -> None:
        """Write some of the cases of another state, but for the slopes."""
        for field in dataclasses.fields(self)[:-1]:
            getattr(self, field.name)[..., where] = getattr(other, field.name)[..., keep]


@dataclasses.dataclass(frozen=True)
class Slopes:
    """How activities change with a few coordinates of composition, such as ionic strength."""

    coordinates: Array  # (coordinates, dissolved): each a weighted sum of molalities
    ln_gamma: Array  # (dissolved, coordinates, cases)
    ln_water: Array  # (coordinates, cases)
    major: npt.NDArray[np.intp] | None  # the species whose molalities are the coordinates, if such

    def take(self, keep: Mask | npt.NDArray[np.intp]) -> "Slopes":
        """Return some of the cases."""
        return Slopes(self.coordinates, self.ln_gamma[..., keep], self.ln_water[..., keep], self.major)


@dataclasses.dataclass(frozen=True)
class Given:
    """What a batch is given, prepared for the steps."""

    totals: Array  # (balances, cases) [mol/kg], none at all replaced by a trace
    drawn: Array  # (balances, cases) [mol/kg] at full share of the dose
    most: Array  # (phases, cases) [mol/kg] the most that can form
    dose: Array  # (cases,) a dose that would move every equivalent of the liquor
    dosed: Mask  # (cases,)
    side: Array  # (cases,) +1 where the reagent is a base, -1 where it is an acid
    ln_k: Array  # (dissolved + 1, cases)
    phase_ln_k: Array  # (phases, cases)
    ln_proton: Array  # (cases,) the target
    temperature: Array  # (cases,)

    def take(self, keep: Mask | npt.NDArray[np.intp]) -> "Given":
        """Return some of the cases."""
        return Given(*(getattr(self, field.name)[..., keep] for field in dataclasses.fields(self)))


def prepare(system: System, problem: Problem) -> Given:
    """Prepare a problem: scales of the dose and of the phases, and traces of what is not there."""
    weight = np.abs(component_charges(system))
    dosed = np.isfinite(problem.ln_proton)
    strength = alkalinity(system) @ problem.reagent
    dosed &= strength != 0
    target = np.exp(np.where(dosed, problem.ln_proton, -16.0))
    equivalents = weight @ np.abs(problem.totals) + 2.0 * (target + HOT_WATER / target) + 1e-6
    dose = equivalents / np.where(dosed, np.abs(strength), 1.0)
    totals = problem.totals.copy()
    totals[:-2] = np.maximum(totals[:-2], TRACE)
    drawn = np.where(dosed, dose, 0.0) * problem.reagent
    held = totals + 2.0 * np.maximum(drawn, 0.0)
    most = np.empty_like(problem.phase_ln_k)
    for row, needs in enumerate(system.phase_power[:, :-2]):
        balances = np.flatnonzero(needs > 0)
        most[row] = (held[balances] / needs[balances, None]).min(0)
    return Given(
        totals,
        drawn,
        most,
        dose,
        dosed,
        np.sign(strength),
        problem.ln_k,
        problem.phase_ln_k,
        np.where(dosed, problem.ln_proton, 0.0),
        problem.temperature,
    )


def component_charges(system: System) -> Array:
    """Return the charge (balances,) of each component, water included."""
    charges = system.charges[: len(system.components) - 1]
    return np.concatenate([charges[:-1], [0.0], charges[-1:]])


def amounts_of(system: System, given: Given, state: State) -> Array:
    """Return the moles (dissolved + 1, cases) of every dissolved species and of free water, per kg of water fed."""
    ln_amount = system.power @ state.unknown
    ln_amount += given.ln_k
    ln_amount[:-1] -= state.ln_gamma
    ln_amount[:-1] += system.content[:-1, system.water, None] * state.ln_water
    return np.exp(np.minimum(ln_amount, 200.0, out=ln_amount), out=ln_amount)


def undersaturation(system: System, given: Given, state: State) -> Array:
    """Return ln K less the ln activity product (phases, cases)."""
    slack = given.phase_ln_k - system.phase_power @ state.unknown
    slack -= system.phase_content[:, system.water, None] * state.ln_water
    return slack


def sides(system: System, given: Given, share: Array, amounts: Array) -> tuple[Array, Array]:
    """Return the positive and the negative terms of every balance (balances, cases)."""
    phases = len(system.phases)
    taken = system.content.T @ amounts
    takers = np.maximum(-system.content, 0.0).T @ amounts
    taken += takers
    fed = given.totals
    if phases:
        solid = given.most * share[:phases]
        formed = system.phase_content.T @ solid
        split = np.maximum(-system.phase_content, 0.0).T @ solid
        taken += formed
        taken += split
        takers += split
    if share.shape[0] > phases:
        dose = given.drawn * share[-1]
        taken += np.maximum(-dose, 0.0)
        takers += np.maximum(dose, 0.0)
    taken += np.maximum(-fed, 0.0)
    takers += np.maximum(fed, 0.0)
    return np.maximum(taken, TINY), np.maximum(takers, TINY)


def evaluate(system: System, given: Given, model: ActivityModel, state: State, wanted: Array | None = None) -> None:
    """Bring the activity coefficients up to date with the present amounts and the coordinates that are wanted."""
    molality = amounts_of(system, given, state)[:-1]
    molality *= np.exp(-state.unknown[system.water])
    square = 0.5 * system.charges**2
    # amounts far above the totals occur on the way: they must not throw the activity model
    held = np.abs(given.totals)
    if state.share.shape[0] > len(system.phases):
        held = held + np.abs(given.drawn) * state.share[-1]
    strength = square @ molality
    limit = 0.01 + 1.5 * (component_charges(system) ** 2 @ held)
    if wanted is None or wanted.shape[0] == 0:
        aim = np.minimum(strength, limit)
    elif state.slopes.major is None:
        aim = np.minimum(wanted[0], limit)
    else:
        molality[state.slopes.major] = wanted
        strength = square @ molality
        aim = np.minimum(strength, limit)
    molality *= aim / np.maximum(strength, TINY)
    activity = model.evaluate(system.names, system.charges, molality, given.temperature)
    state.molality, state.ln_gamma, state.ln_water = molality, activity.ln_gamma, activity.ln_water
    state.out_of_range = activity.out_of_range
    state.slopes = _slopes(system, activity, molality)


def _slopes(system: System, activity: Activity, molality: Array) -> Slopes:
    dissolved, cases = molality.shape
    if activity.gradient is not None:
        major = np.flatnonzero(molality.max(1) > MAJOR)
        by_water = np.zeros_like(molality) if activity.water_gradient is None else activity.water_gradient
        return Slopes(np.eye(dissolved)[major], activity.gradient[:, major], by_water[major], major)
    ln_gamma, ln_water = np.zeros((dissolved, 2, cases)), np.zeros((2, cases))
    if activity.slope is not None:
        ln_gamma[:, 0] = activity.slope
    if activity.water_slope is not None:
        ln_water[1] = activity.water_slope
    return Slopes(np.array([0.5 * system.charges**2, np.ones(dissolved)]), ln_gamma, ln_water, None)


def step(
    system: System, given: Given, model: ActivityModel, state: State, longest: float = LONGEST
) -> tuple[State, Array]:
    """Take one Newton step of at most `longest`; return the new state and the error (cases,) of the old one."""
    count, water = len(system.components), system.water
    amounts = amounts_of(system, given, state)
    taken, fed = sides(system, given, state.share, amounts)
    balance = np.log(taken / fed)
    value, by_share, by_slack = _conditions(system, given, state)
    error = np.maximum(np.abs(balance).max(0), np.abs(value).max(0, initial=0.0))
    coordinates, kilograms = state.slopes.coordinates, np.exp(state.unknown[water])
    here, assumed = coordinates @ (amounts[:-1] / kilograms) + TINY, coordinates @ state.molality + TINY
    drift = np.log(here / assumed)
    error = np.maximum(error, 1e-3 * np.abs(drift).max(0, initial=0.0))

    products = (amounts.T @ system.products).reshape(-1, count + 3, count)
    matrix = _matrix(system, given, products, (taken, fed), np.abs(balance) / longest, by_share, by_slack)
    right = np.empty((error.size, matrix.shape[1], 1 + drift.shape[0]))
    right[:, :count, 0] = -balance.T
    right[:, count:, 0] = -value.T
    _activity_columns(system, state, (amounts, taken, fed, by_slack), right)
    solution = solve_each(matrix, right)
    plain, bent = solution[..., 0], solution[..., 1:]
    change, rise = _joined(system, state, products, amounts, kilograms, plain, bent, (here, assumed, drift), longest)
    return _moved(system, given, model, state, change, rise, fed, longest), error


def _conditions(system: System, given: Given, state: State) -> tuple[Array, Array, Array]:
    """Return the complementarity conditions of phases and dose, and their derivatives."""
    phases = len(system.phases)
    slack = np.empty_like(state.share)
    slack[:phases] = undersaturation(system, given, state) / system.phase_size
    if state.share.shape[0] > phases:
        slack[-1] = np.where(given.dosed, given.side * (given.ln_proton - state.unknown[-1]), 1.0)
    value, by_share, by_slack = complementarity(state.share, slack, state.smoothing)
    return value, by_share, by_slack


def _matrix(
    system: System,
    given: Given,
    products: Array,
    both: tuple[Array, Array],
    damping: Array,
    by_share: Array,
    by_slack: Array,
) -> Array:
    """Return the matrix (cases, unknowns, unknowns) of the logarithmic balances and the conditions."""
    count, phases, cases = len(system.components), len(system.phases), damping.shape[1]
    per_taken, per_fed = (1.0 / both[0]).T, (1.0 / both[1]).T
    size = count + by_share.shape[0]
    matrix = np.zeros((cases, size, size))
    np.multiply(products[:, :count], per_taken[:, :, None], out=matrix[:, :count, :count])
    # the proton balance has species on both sides: protons and acids against hydroxide and hydroxo complexes
    matrix[:, count - 1, :count] += products[:, count] * (per_taken - per_fed)[:, -1:]
    diagonal = np.arange(count)
    matrix[:, diagonal, diagonal] += damping.T
    if phases:
        block = system.phase_content.T * per_taken[:, :, None]
        protons = system.phase_content[:, -1]
        block[:, -1] = np.maximum(protons, 0.0) * per_taken[:, -1:] - np.maximum(-protons, 0.0) * per_fed[:, -1:]
        np.multiply(block, given.most.T[:, None], out=matrix[:, :count, count : count + phases])
        slopes = -(by_slack[:phases] / system.phase_size).T
        np.multiply(slopes[:, :, None], system.phase_power, out=matrix[:, count : count + phases, :count])
    if size > count + phases:
        drawn = given.drawn.T
        matrix[:, :count, -1] = np.maximum(-drawn, 0.0) * per_taken - np.maximum(drawn, 0.0) * per_fed
        matrix[:, -1, count - 1] = -by_slack[-1] * np.where(given.dosed, given.side, 0.0)
    rows = np.arange(count, size)
    matrix[:, rows, rows] = by_share.T
    return matrix


def _activity_columns(system: System, state: State, terms: tuple[Array, Array, Array, Array], right: Array) -> None:
    """Write how the balances and conditions change with the coordinates of the activity model."""
    amounts, taken, fed, by_slack = terms
    count, phases, water = len(system.components), len(system.phases), system.water
    slopes = state.slopes
    dissolved, coordinates, cases = slopes.ln_gamma.shape
    change = slopes.ln_gamma - system.content[:-1, water, None, None] * slopes.ln_water
    change *= amounts[:-1, None]
    balances = (system.two_sided.T @ change.reshape(dissolved, -1)).reshape(count + 1, coordinates, cases)
    givers = balances[-1] * (1.0 / taken[-1] - 1.0 / fed[-1])
    balances = balances[:-1] / taken[:, None]
    balances[-1] += givers
    right[:, :count, 1:] = np.moveaxis(balances, -1, 0)  # sign: both are moved to the right-hand side below
    right[:, count:, 1:] = 0.0
    hydration = by_slack[:phases] * (system.phase_content[:, water, None] / system.phase_size)
    right[:, count : count + phases, 1:] = np.moveaxis(hydration[:, None] * slopes.ln_water, -1, 0)


def _joined(
    system: System,
    state: State,
    products: Array,
    amounts: Array,
    kilograms: Array,
    plain: Array,
    bent: Array,
    off: tuple[Array, Array, Array],
    longest: float,
) -> tuple[Array, Array]:
    """Return the change of the unknowns (unknowns, cases) and of the activity coordinates (coordinates, cases)."""
    count, slopes = len(system.components), state.slopes
    molality = amounts[:-1] / kilograms
    here, assumed, drift = off
    coordinates, cases = drift.shape
    dissolved = molality.shape[0]
    if slopes.major is None and coordinates:
        gradient = products[:, count + 1 :] / kilograms[:, None, None]
    else:
        dry = system.power[:-1].copy()
        dry[:, system.water] = 0.0
        weights = (slopes.coordinates @ molality).T  # one species each
        gradient = weights[:, :, None] * (slopes.coordinates @ dry)
    change = slopes.ln_gamma - system.content[:-1, system.water, None, None] * slopes.ln_water
    change *= molality[:, None]
    own = (slopes.coordinates @ change.reshape(dissolved, -1)).reshape(coordinates, coordinates, cases)
    diagonal = np.arange(coordinates)
    small = np.moveaxis(own, -1, 0) - gradient @ bent[:, :count]
    small[:, diagonal, diagonal] += (here / assumed).T
    wanted = (here * drift).T + (gradient @ plain[:, :count, None])[..., 0]
    rise = solve_each(small, wanted[..., None])[..., 0]
    rise = np.clip(rise, -0.2 * longest * assumed.T, 0.2 * longest * assumed.T)
    return (plain + (bent @ rise[..., None])[..., 0]).T, rise.T


def _moved(
    system: System,
    given: Given,
    model: ActivityModel,
    state: State,
    change: Array,
    rise: Array,
    fed: Array,
    longest: float,
) -> State:
    """Return the state after a step, shortened in each case where it is too long."""
    count, water = len(system.components), system.water
    move = change[:count]
    dosing = state.share.shape[0] > len(system.phases)
    if dosing:  # what the reagent brings follows the dose, however far that goes
        brought = np.maximum(given.drawn[:-2], 0.0) * change[-1] / fed[:-2]
        move[:-2] -= brought
    move[water] = np.clip(move[water], -0.5, 0.5)
    length = np.minimum(1.0, longest / np.maximum(np.abs(move).max(0), TINY))
    slopes = state.slopes
    share = state.share + length * change[count:]
    ceiling = np.maximum(2.0 * state.share, 1.0)
    share = np.clip(share, 0.0, ceiling)
    if system.hydrated.any():  # hydrates must not take more water than there is
        bound = np.maximum(system.phase_content[:, water], 0.0)
        before, after = (bound @ (given.most * its[: bound.size]) for its in (state.share, share))
        room = np.maximum(DRYING * (fed[water] - before), 0.0) / np.maximum(after - before, TINY)
        grown = share[: bound.size] - state.share[: bound.size]
        grown *= np.where(system.hydrated & (grown > 0), np.minimum(1.0, room), 1.0)
        share[: bound.size] = state.share[: bound.size] + grown
    unknown = state.unknown + length * move
    if dosing:
        share[-1] = np.maximum(share[-1], np.where(state.share[-1] > 1e-30, FALL * state.share[-1], 0.0))
        follow = np.maximum(given.drawn[:-2], 0.0) * (share[-1] - state.share[-1]) / fed[:-2]
        unknown[:-2] += np.log1p(np.maximum(follow, FALL - 1.0))
    moved = dataclasses.replace(
        state,
        unknown=unknown,
        share=share,
        ln_gamma=state.ln_gamma + (slopes.ln_gamma * (length * rise)).sum(1),
        ln_water=state.ln_water + (slopes.ln_water * (length * rise)).sum(0),
    )
    assumed = slopes.coordinates @ state.molality
    wanted = assumed * np.exp(length * rise / np.maximum(assumed, TINY))
    evaluate(system, given, model, moved, wanted)
    return moved
