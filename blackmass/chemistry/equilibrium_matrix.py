"""The derivatives of the equations of aqueous equilibrium, for one case."""

from typing import NamedTuple

import numpy as np

from blackmass.chemistry.equilibrium_plan import Pattern, Plan
from blackmass.chemistry.equilibrium_terms import Case, Work
from blackmass.chemistry.speciation import MOLES_PER_KG
from blackmass.numerics.compiled import compiled
from blackmass.numerics.dense import padded
from blackmass.numerics.records import Array

IDLE = 1e-3  # slope by saturation below which a phase is left out of the linear system


class Slopes(NamedTuple):
    """Sums over the dissolved species that belong to no component."""

    bend_taker: float
    bend_giver: float
    bend_water: float
    bend_strength: float
    bend_total: float
    water_taker: float
    water_giver: float
    water_strength: float
    water_total: float


@compiled
def _free(pattern: Pattern, work: Work, matrix: Array) -> tuple[float, float]:
    """Begin the sums with the components themselves."""
    count, free = pattern.components, work.free
    charged, neutral = -work.by_strength, -work.by_strength_neutral
    strength, total = 0.0, 0.0
    for row in range(count + 1):
        charge = pattern.charge[row] if row < count else 1
        square = float(charge * charge)
        bend = square * charged if charge else neutral
        work.square[row], work.bend[row] = square * free[row], bend * free[row]
        work.taker[row], work.giver[row], work.water[row] = 0.0, 0.0, 0.0
        strength += square * bend * free[row]
        total += bend * free[row]
        if row < count:
            matrix[row, row] = free[row]
    work.taker[count], work.water[count + 1] = free[count], 0.0
    return strength, total


@compiled
def _complexes(pattern: Pattern, work: Work, matrix: Array) -> Slopes:
    """Sum up over all dissolved species; the block of the components goes to the lower half of the matrix."""
    count, formulas = pattern.components, pattern.complexes
    charged, neutral = -work.by_strength, -work.by_strength_neutral
    bend_strength, bend_total = _free(pattern, work, matrix)
    bend_taker, bend_giver, bend_water = charged * work.free[count], 0.0, 0.0
    water_taker, water_giver, water_strength, water_total = 0.0, 0.0, 0.0, 0.0
    first, component, content = formulas.first, formulas.component, formulas.amount
    for row in range(pattern.complexes.rows):
        moles, proton, water = work.amount[row], formulas.proton[row], formulas.water[row]
        square = float(formulas.charge[row] ** 2)
        bend = square * charged if square > 0.0 else neutral
        bend_strength += square * bend * moles
        bend_total += bend * moles
        for entry in range(first[row], first[row + 1]):
            at, part = component[entry], content[entry] * moles
            work.square[at] += square * part
            work.bend[at] += bend * part
            for other in range(first[row], entry + np.uint64(1)):
                matrix[at, component[other]] += part * content[other]
            if proton > 0.0:
                work.taker[at] += proton * part
            elif proton < 0.0:
                work.giver[at] -= proton * part
            work.water[at] += water * part
        protons = proton * moles
        work.square[count] += square * protons
        if proton > 0.0:
            work.taker[count] += proton * protons
            bend_taker += bend * protons
            water_taker += water * protons
        elif proton < 0.0:
            work.giver[count] -= proton * protons
            bend_giver -= bend * protons
            water_giver -= water * protons
        if water != 0.0:
            work.water[count] += water * water * moles
            work.water[count + 1] += water * protons
            bend_water += bend * water * moles
            water_strength += square * water * moles
            water_total += water * moles
    return Slopes(
        bend_taker, bend_giver, bend_water, bend_strength, bend_total,
        water_taker, water_giver, water_strength, water_total,
    )  # fmt: skip


@compiled
def linearise(plan: Plan, pattern: Pattern, case: Case, work: Work, longest: float) -> int:
    """Fill the linear system of a Newton step of at most `longest`; return the number of live phases.

    The unknowns are those of the state, the live phases and, with a reagent, the dose.
    """
    live = 0
    for row in range(pattern.phases.rows):
        if work.by_slack[row] > IDLE:
            work.live[live] = row
            live += 1
    count = pattern.components
    last = count + 4 + live
    size = last + (case.side != 0.0)
    width = padded(size + 1)
    matrix = work.matrix[: size * width].reshape((size, width))
    for row in range(size):
        for column in range(width):
            matrix[row, column] = 0.0
    slopes = _complexes(pattern, work, matrix)
    _balances(pattern, work, slopes, matrix)
    _activities(pattern, work, slopes, matrix)
    for row in range(count + 4):
        matrix[row, size] = -work.balance[row]
    for row in range(count + 2):
        matrix[row, row] += abs(work.balance[row]) / longest
    for place in range(live):
        _phase(plan, pattern, case, work, work.live[place], count + 4 + place, matrix)
        matrix[count + 4 + place, size] = -work.value[work.live[place]]
    if size > last:
        _dose(pattern, case, work, last, matrix)
        matrix[last, size] = -work.value[pattern.phases.rows]
    return live


@compiled
def _balances(pattern: Pattern, work: Work, slopes: Slopes, matrix: Array) -> None:
    """Rows of the balances, each over what it takes; columns of water, the proton, I and the sum of molalities."""
    count = pattern.components
    strength, by_total = work.strength, work.by_total * work.total
    water, proton = count, count + 1
    per_water = 1.0 / work.taken[water]
    per_taken, per_fed = 1.0 / work.taken[proton], 1.0 / work.fed[proton]
    for row in range(count):
        for other in range(row):
            matrix[other, row] = matrix[row, other]
    for row in range(count):
        per = 1.0 / work.taken[row]
        for other in range(count):
            matrix[row, other] *= per
        matrix[row, water] = per * work.dissolved[row]
        matrix[row, proton] = per * (work.taker[row] - work.giver[row])
        matrix[row, count + 2] = per * work.bend[row] * strength
        matrix[row, count + 3] = per * work.water[row] * by_total
        matrix[water, row] = per_water * work.water[row]
        matrix[proton, row] = per_taken * work.taker[row] - per_fed * work.giver[row]
    matrix[water, water] = per_water * (MOLES_PER_KG * work.kilograms + slopes.water_total)
    matrix[water, proton] = per_water * work.water[count + 1]
    matrix[water, count + 2] = per_water * slopes.bend_water * strength
    matrix[water, count + 3] = per_water * work.water[count] * by_total
    matrix[proton, water] = per_taken * work.dissolved[count] - per_fed * work.dissolved[count + 1]
    matrix[proton, proton] = per_taken * work.taker[count] - per_fed * work.giver[count]
    matrix[proton, count + 2] = (per_taken * slopes.bend_taker - per_fed * slopes.bend_giver) * strength
    matrix[proton, count + 3] = (per_taken * slopes.water_taker - per_fed * slopes.water_giver) * by_total


@compiled
def _activities(pattern: Pattern, work: Work, slopes: Slopes, matrix: Array) -> None:
    """Rows of ionic strength and the sum of molalities, each over its value."""
    count = pattern.components
    strength, by_total = work.strength, work.by_total * work.total
    per_square, per_total = 1.0 / work.squares, 1.0 / work.moles
    first, second = count + 2, count + 3
    for row in range(count):
        matrix[first, row] = per_square * work.square[row]
        matrix[second, row] = per_total * work.dissolved[row]
    matrix[first, count + 1] = per_square * work.square[count]
    matrix[second, count + 1] = per_total * (work.dissolved[count] - work.dissolved[count + 1])
    matrix[first, first] = per_square * slopes.bend_strength * strength - 1.0
    matrix[first, second] = per_square * slopes.water_strength * by_total
    matrix[second, first] = per_total * slopes.bend_total * strength
    matrix[second, second] = per_total * slopes.water_total * by_total - 1.0


@compiled
def _phase(plan: Plan, pattern: Pattern, case: Case, work: Work, row: int, at: int, matrix: Array) -> None:
    """Row and column of a phase that may be saturated."""
    count, formulas = pattern.components, pattern.phases
    slope = -work.by_slack[row] / plan.length[pattern.phases.number[row]]
    most, proton, water = case.most[row], formulas.proton[row], formulas.water[row]
    for entry in range(formulas.first[row], formulas.first[row + 1]):
        component, amount = formulas.component[entry], formulas.amount[entry]
        matrix[component, at] = most * amount / work.taken[component]
        matrix[at, component] = slope * amount
    matrix[count, at] = most * water / work.taken[count]
    matrix[count + 1, at] = most * proton / (work.taken[count + 1] if proton >= 0.0 else work.fed[count + 1])
    matrix[at, count + 1] = slope * proton
    matrix[at, count + 3] = slope * water * work.by_total * work.total
    matrix[at, at] = work.by_share[row]


@compiled
def _dose(pattern: Pattern, case: Case, work: Work, at: int, matrix: Array) -> None:
    """Row and column of the dose."""
    count, phases = pattern.components, pattern.phases.rows
    for row in range(count + 2):
        drawn = case.drawn[row]
        if drawn != 0.0:
            matrix[row, at] = -drawn / (work.fed[row] if drawn > 0.0 else work.taken[row])
    matrix[at, count + 1] = -work.by_slack[phases] * case.side
    matrix[at, at] = work.by_share[phases]
