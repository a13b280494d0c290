"""Newton's method for aqueous equilibrium with solids, for a whole batch of cases.

Unknowns are logarithms of activities, so that trace components are as well resolved as bulk ones. Balances are solved
as the logarithm of what is there against what is given, which Newton's method meets in few steps from far away; near
the solution it converges quadratically, the dependence of the activity coefficients on ionic strength included. A pure
phase is either saturated or absent; which of the two is guessed anew in each step (primal-dual active set).

Sources: Morel and Morgan, Environ. Sci. Technol. 6 (1972) 58, 10.1021/es60060a006; Hintermüller, Ito and Kunisch,
SIAM J. Optim. 13 (2002) 865, 10.1137/S1052623401383558.
"""

import dataclasses

import numpy as np
import numpy.typing as npt

from blackmass.chemistry.activity import Activity, ActivityModel
from blackmass.chemistry.speciation import Problem, System, alkalinity
from blackmass.numerics.newton import eliminate

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
ABSENT = -115.0  # ln activity given to a component that a case does not hold
LONGEST = 8.0  # largest change of an unknown in one step, at first
ITERATIONS = 100
DONE = 1e-12
TINY = 1e-300


@dataclasses.dataclass
class State:
    """Where the iteration stands."""

    unknown: Array  # (balances, cases)
    share: Array  # (phases, cases): amount of each phase against the most that can form
    dose: Array  # (cases,)
    ln_gamma: Array  # (dissolved, cases)
    slope: Array  # (dissolved, cases)
    ln_water: Array  # (cases,)
    strength: Array  # (cases,) ionic strength at which ln_gamma holds
    out_of_range: Mask

    def take(self, keep: Mask) -> "State":
        """Return some of the cases."""
        return State(*(getattr(self, field.name)[..., keep] for field in dataclasses.fields(self)))

    def put(self, where: npt.NDArray[np.intp], other: "State", keep: Mask) -> None:
        """Write some of the cases of another state."""
        for field in dataclasses.fields(self):
            getattr(self, field.name)[..., where] = getattr(other, field.name)[..., keep]


@dataclasses.dataclass(frozen=True)
class Scale:
    """Sizes that bound the search in each case."""

    present: Mask  # (balances, cases)
    possible: Mask  # (phases, cases)
    dose: Array  # (cases,) a dose that would move every equivalent of the liquor
    most: Array  # (phases, cases) [mol/kg] the most that can form
    dosed: Mask  # (cases,)

    def take(self, keep: Mask) -> "Scale":
        """Return some of the cases."""
        return Scale(*(getattr(self, field.name)[..., keep] for field in dataclasses.fields(self)))


@dataclasses.dataclass(frozen=True)
class Solution:
    """The equilibrium per kilogram of water fed."""

    state: State
    amount: Array  # (phases, cases) [mol/kg]
    molality: Array  # (dissolved, cases) [mol/kg water]
    ln_saturation: Array  # (phases, cases)
    converged: Mask


def solve(system: System, problem: Problem, model: ActivityModel) -> Solution:
    """Solve all cases; those that settle leave the batch while the others go on."""
    cases = problem.temperature.size
    scale = _scale(system, problem)
    with np.errstate(all="ignore"):
        final = _start(system, problem, scale, model)
        converged = np.zeros(cases, dtype=bool)
        where = np.arange(cases)
        part, state, size = problem, final.take(where), scale
        for iteration in range(ITERATIONS):
            state, error = _step(system, part, size, model, state, iteration)
            done = error < DONE
            lost = ~np.isfinite(error) | (size.dosed & (state.dose < 1e-12 * size.dose))
            if np.any(done | lost):
                final.put(where[done], state, done)
                converged[where[done]] = True
                go = ~(done | lost)
                part, state, size, where = part.take(go), state.take(go), size.take(go), where[go]
            if where.size == 0:
                break
        amounts = _amounts(system, problem, final)
    undersaturation = _undersaturation(system, problem, final)
    return Solution(
        final,
        np.where(scale.possible, np.clip(final.share, 0.0, None) * scale.most, 0.0),
        amounts[:-1] / np.exp(final.unknown[_water(system)]),
        np.where(scale.possible, -undersaturation, -np.inf),
        converged,
    )


def _water(system: System) -> int:
    return len(system.components) - 2


def _scale(system: System, problem: Problem) -> Scale:
    charge = np.abs(np.where(np.arange(len(system.components)) == _water(system), 0.0, 1.0))
    weight = charge * np.abs(_component_charges(system))
    dosed = np.isfinite(problem.ln_proton)
    strength = np.abs(alkalinity(system) @ problem.reagent)
    dose = np.where(dosed, (weight @ np.abs(problem.totals) + 1e-6) / np.where(strength > 0, strength, 1.0), 0.0)
    present = (problem.totals > 0) | ((problem.reagent > 0) & dosed)
    present[-2:] = True
    held = problem.totals + dose * np.maximum(problem.reagent, 0.0)
    possible = np.ones_like(problem.phase_ln_k, dtype=bool)
    most = np.full_like(problem.phase_ln_k, np.inf)
    for row, needs in enumerate(system.phase_power):
        for balance in np.flatnonzero(needs[:-1] > 0):
            possible[row] &= present[balance]
            most[row] = np.minimum(most[row], held[balance] / needs[balance])
    return Scale(present, possible, dose, np.where(possible, most, 1.0), dosed)


def _component_charges(system: System) -> Array:
    charges = system.charges[: len(system.components) - 1]
    return np.concatenate([charges[:-1], [0.0], charges[-1:]])


def _start(system: System, problem: Problem, scale: Scale, model: ActivityModel) -> State:
    """Begin with every species and solid at or below what the totals allow."""
    held = problem.totals + scale.dose * np.maximum(problem.reagent, 0.0)
    unknown = np.log(np.maximum(held, 1e-60)) - 1.0
    proton = np.log(np.where(problem.totals[-1] > 0, np.maximum(0.3 * problem.totals[-1], 1e-4), 1e-9))
    unknown[-2], unknown[-1] = 0.0, np.where(scale.dosed, problem.ln_proton, proton)
    unknown = np.where(scale.present, unknown, ABSENT)
    for row in range(len(system.components) - 1, len(system.names)):
        needs = np.flatnonzero(system.power[row, :-2] > 0)
        if needs.size:
            takes = system.power[row, needs]
            limit = np.log(np.maximum(held[needs] / takes[:, None], 1e-60)).min(0)
            excess = problem.ln_k[row] + system.power[row] @ unknown - limit
            _lower(unknown, needs, scale.present, excess / takes.sum())
    for row, power in enumerate(system.phase_power):
        needs = np.flatnonzero(power[:-2] > 0)
        excess = power @ unknown - problem.phase_ln_k[row]
        _lower(unknown, needs, scale.present, np.where(scale.possible[row], excess, 0.0) / power[needs].sum())
    dissolved, cases = len(system.names), problem.temperature.size
    state = State(
        unknown,
        np.zeros_like(scale.most),
        0.1 * scale.dose,
        np.zeros((dissolved, cases)),
        np.zeros((dissolved, cases)),
        np.zeros(cases),
        np.zeros(cases),
        np.zeros(cases, dtype=bool),
    )
    _activities(system, problem, scale, model, state)
    return state


def _lower(unknown: Array, needs: npt.NDArray[np.intp], present: Mask, excess: Array) -> None:
    unknown[needs] -= np.where(present[needs], np.maximum(excess, 0.0), 0.0)


def _amounts(system: System, problem: Problem, state: State) -> Array:
    """Return the moles (dissolved + 1, cases) of every dissolved species and of free water, per kg of water fed."""
    ln_amount = problem.ln_k + system.power @ state.unknown
    ln_amount[:-1] += np.multiply.outer(system.content[:-1, _water(system)], state.ln_water) - state.ln_gamma
    return np.exp(np.minimum(ln_amount, 50.0))


def _activities(system: System, problem: Problem, scale: Scale, model: ActivityModel, state: State) -> Activity:
    """Bring the activity coefficients up to date with the present amounts."""
    molality = _amounts(system, problem, state)[:-1] / np.exp(state.unknown[_water(system)])
    square = 0.5 * system.charges**2
    strength = square @ molality
    # amounts far above the totals occur on the way: they must not throw the activity model
    given = np.abs(problem.totals) + state.dose * np.abs(problem.reagent)
    limit = 0.01 + 1.5 * (np.maximum(_component_charges(system) ** 2, 0.0) @ given)
    molality *= np.minimum(1.0, limit / np.maximum(strength, TINY))
    activity = model.evaluate(system.names, system.charges, molality, problem.temperature)
    state.ln_gamma = activity.ln_gamma
    state.slope = np.zeros_like(activity.ln_gamma) if activity.slope is None else activity.slope
    state.ln_water, state.out_of_range = activity.ln_water, activity.out_of_range
    state.strength = square @ molality
    return activity


def _undersaturation(system: System, problem: Problem, state: State) -> Array:
    """Return ln K less the ln activity product (phases, cases)."""
    product = system.phase_power @ state.unknown
    product += np.multiply.outer(system.phase_content[:, _water(system)], state.ln_water)
    return problem.phase_ln_k - product


def _step(
    system: System, problem: Problem, scale: Scale, model: ActivityModel, state: State, iteration: int
) -> tuple[State, Array]:
    """Take one Newton step; return the new state and the error (cases,) of the old one."""
    count, water = len(system.components), _water(system)
    amounts = _amounts(system, problem, state)
    solid = scale.most * state.share
    positive, negative = _sides(system, problem, state, amounts, solid)
    balance = np.where(scale.present, positive - negative, 0.0)
    slack = _undersaturation(system, problem, state)
    active = scale.possible & (state.share > slack) & _least_soluble(system, slack)
    phase_error = np.where(active, np.abs(slack), np.abs(state.share)) * scale.possible
    error = np.maximum(
        (np.abs(balance) / np.maximum(positive + negative, TINY)).max(0), phase_error.max(0, initial=0.0)
    )
    drift = 0.5 * (system.charges**2 @ (amounts[:-1] / np.exp(state.unknown[water]))) - state.strength
    error = np.maximum(error, np.abs(drift) / np.maximum(state.strength, 1e-6) * 1e-3)

    matrix, right = _jacobian(system, scale, amounts, active)
    right[:count, 0] = -balance
    _logarithmic(system, scale, (amounts, positive, negative), matrix, right)
    right[count:, 0] = np.where(active, slack, -state.share)
    diagonal = np.arange(count)
    longest = LONGEST if iteration < 15 else (3.0 if iteration < 30 else 1.0)
    matrix[diagonal, diagonal] += np.abs(right[:count, 0]) / longest + ~scale.present
    right[:count, 1] = -(system.content[:-1].T @ (amounts[:-1] * state.slope))
    weight = 0.5 * system.charges[:, None] ** 2 * amounts[:-1] / np.exp(state.unknown[water])
    gradient = system.power[:-1].T @ weight
    gradient[water] = 0.0
    steepness = (weight * state.slope).sum(0)
    if scale.dosed.any():
        matrix[:count, count - 1] = np.where(scale.dosed, -problem.reagent, matrix[:count, count - 1])
        matrix[count:, count - 1] = np.where(scale.dosed, 0.0, matrix[count:, count - 1])
        gradient[-1] = np.where(scale.dosed, 0.0, gradient[-1])
    solution, _ = eliminate(matrix, right)
    plain, bent = solution[:, 0], solution[:, 1]
    stiffness = 1.0 + steepness + (gradient * bent[:count]).sum(0)
    rise = (drift + (gradient * plain[:count]).sum(0)) / np.maximum(stiffness, 0.2)
    rise = np.clip(rise, -0.5 * state.strength - 0.01, 0.5 * state.strength + 0.01)
    return _moved(system, problem, scale, model, state, plain - bent * rise, rise, longest), error


def _sides(system: System, problem: Problem, state: State, amounts: Array, solid: Array) -> tuple[Array, Array]:
    """Return the positive and the negative terms of every balance (balances, cases)."""
    negative = np.maximum(-system.content, 0.0).T @ amounts
    positive = system.content.T @ amounts + negative
    drawn = problem.reagent * state.dose
    formed = system.phase_content.T @ solid
    split = np.maximum(-system.phase_content, 0.0).T @ solid
    positive += formed + split + np.maximum(-problem.totals, 0.0) + np.maximum(-drawn, 0.0)
    negative += split + np.maximum(problem.totals, 0.0) + np.maximum(drawn, 0.0)
    return positive, negative


def _least_soluble(system: System, slack: Array) -> Mask:
    """Of solids that differ only in their water only the least soluble can be saturated (phases, cases)."""
    chosen = np.ones(slack.shape, dtype=bool)
    for row, power in enumerate(system.phase_power):
        same = [other for other, its in enumerate(system.phase_power) if other != row and np.array_equal(its, power)]
        for other in same:
            chosen[row] &= slack[row] <= slack[other]
    return chosen


def _jacobian(system: System, scale: Scale, amounts: Array, active: Mask) -> tuple[Array, Array]:
    """Return the matrix of the balances and phase conditions, and room for two right-hand sides."""
    count, phases, cases = len(system.components), len(system.phases), amounts.shape[1]
    matrix = np.zeros((count + phases, count + phases, cases))
    matrix[:count, :count] = (system.products @ amounts).reshape(count, count, cases)
    matrix[:count, count:] = system.phase_content.T[:, :, None] * scale.most
    matrix[count:, :count] = system.phase_power[:, :, None] * active[:, None]
    diagonal = np.arange(count, count + phases)
    matrix[diagonal, diagonal] = np.where(active, -1e-14, 1.0)
    return matrix, np.zeros((count + phases, 2, cases))


def _logarithmic(system: System, scale: Scale, terms: tuple[Array, Array, Array], matrix: Array, right: Array) -> None:
    """Turn the balances of the components into logarithms of what is there against what is given."""
    amounts, positive, negative = terms
    ratio = np.clip(positive / negative, 1e-60, 1e60)
    usable = (positive > 0) & (negative > 0) & scale.present
    usable[_water(system)] = False
    metals = usable[:-1]
    count = len(system.components)
    right[: count - 1, 0] = np.where(metals, -positive[:-1] * np.log(ratio[:-1]), right[: count - 1, 0])
    # the proton balance has species on both sides: protons and acids against hydroxide and hydroxo complexes
    last, free = count - 1, usable[-1] & ~scale.dosed
    given = (np.maximum(-system.content[:, -1:], 0.0) * system.power).T @ amounts
    high = ratio[-1] >= 1
    shrink = np.where(free & ~high, 1.0 / ratio[-1], 1.0)
    row = (matrix[last, :count] + given) * shrink - given * np.where(high, ratio[-1], 1.0)
    matrix[last, :count] = np.where(free, row, matrix[last, :count])
    matrix[last, count:] *= shrink
    logarithm = -np.where(high, positive[-1], negative[-1]) * np.log(ratio[-1])
    right[last, 0] = np.where(free, logarithm, right[last, 0])


def _moved(
    system: System,
    problem: Problem,
    scale: Scale,
    model: ActivityModel,
    state: State,
    change: Array,
    rise: Array,
    longest: float,
) -> State:
    """Return the state after a step, shortened in each case where it is too long."""
    count, water = len(system.components), _water(system)
    move = np.where(scale.present, change[:count], 0.0)
    dosing = np.where(scale.dosed, move[-1], 0.0)
    move[-1] = np.where(scale.dosed, 0.0, move[-1])
    length = np.minimum(1.0, longest / np.maximum(np.abs(move).max(0), TINY))
    length = np.minimum(length, 0.5 / np.maximum(np.abs(move[water]), TINY))
    room = np.where(dosing < 0, 0.9 * state.dose, state.dose + scale.dose)
    length = np.where(scale.dosed, np.minimum(length, room / np.maximum(np.abs(dosing), TINY)), length)
    moved = dataclasses.replace(
        state,
        unknown=state.unknown + length * move,
        share=np.clip(state.share + length * np.where(scale.possible, change[count:], 0.0), -0.5, 1.5),
        dose=state.dose + length * dosing,
        ln_gamma=state.ln_gamma + state.slope * (length * rise),
    )
    _activities(system, problem, scale, model, moved)
    return moved
