"""The equations of aqueous equilibrium with solids in one case, at a state of the unknowns.

Unknowns are logarithms of activities, so that trace components are as well resolved as bulk ones. A balance is solved
as the logarithm of what is there against what is given, which Newton's method meets in few steps from far away. A pure
phase is either saturated or absent; so is the dose of a reagent: either the target pH is met, or there is no dose and
the liquor is beyond it. Both are complementarity conditions in the form of Fischer and Burmeister, smoothed at first.
Ionic strength and the sum of molalities, which activity coefficients follow, are unknowns beside them.

Sources: Morel and Morgan, Environ. Sci. Technol. 6 (1972) 58, 10.1021/es60060a006; Kanzow, SIAM J. Matrix Anal. Appl.
17 (1996) 851, 10.1137/S0895479894273134.
"""

from typing import Annotated

import numpy as np

from blackmass.chemistry.activity import LEAST_WATER, LN10
from blackmass.chemistry.equilibrium_plan import (
    COMPLEXES,
    METALS,
    OTHERS,
    PER_PROTON,
    PER_WATER,
    PHASES,
    PROTON,
    WATER,
    Pattern,
    Plan,
)
from blackmass.chemistry.speciation import MOLES_PER_KG
from blackmass.numerics.compiled import compiled
from blackmass.numerics.newton import fischer
from blackmass.numerics.records import Array, Index

TINY = 1e-300
UNKNOWNS = METALS + PHASES + 5
MOST = 1e80  # mol/kg: more than that is not counted
CHARGES = 8


class Case:
    """What one case is given, per kilogram of the water fed, in the order of its pattern."""

    totals: Annotated[Array, METALS + 2]  # [mol/kg] of the components, then of water and of the proton condition
    drawn: Annotated[Array, METALS + 2]  # [mol/kg] at full share of the dose
    most: Annotated[Array, PHASES]  # [mol/kg] the most that can form
    k: Annotated[Array, COMPLEXES]
    ln_k: Annotated[Array, PHASES]
    side: float  # +1 for a base, -1 for an acid, 0 without a dose
    target: float  # ln a(H+)
    dose: float  # a dose that would move every equivalent of the liquor
    bound: float  # the largest dose, against that
    slope: float  # Debye-Hückel slope in natural logarithms


class State:
    """Where the iteration stands."""

    unknown: Annotated[Array, METALS + 4]  # ln activities, then of the kilograms of water, a(H+), I, sum of molalities
    share: Annotated[Array, PHASES + 1]  # amounts of the phases, then the dose, against their scales


class Work:
    """What the equations and their derivatives are made of at a state."""

    strength: float  # ionic strength, as assumed
    total: float  # sum of molalities, as assumed
    ln_water: float  # ln a(water)
    by_strength: float  # derivatives of ln gamma, of a charge of one and of neutral species
    by_strength_neutral: float
    by_total: float  # derivative of ln a(water)
    kilograms: float  # of water
    squares: float  # moles dissolved times the square of the charge
    moles: float  # dissolved
    inverse: Annotated[Array, CHARGES]  # one over gamma, by charge
    factor: Annotated[Array, METALS + OTHERS]  # activities of the components, H+, its inverse, water, its
    free: Annotated[Array, METALS + 1]  # [mol] of the components themselves, then of H+
    amount: Annotated[Array, COMPLEXES]  # [mol]
    dissolved: Annotated[Array, METALS + 2]  # [mol] of each component; behind, protons held and protons given
    taken: Annotated[Array, METALS + 2]  # [mol] positive terms of each balance
    fed: Annotated[Array, METALS + 2]  # [mol] negative terms of each balance, and what is given
    balance: Annotated[Array, METALS + 4]  # ln of one over the other; of I and total, found over assumed
    slack: Annotated[Array, PHASES + 1]  # undersaturation over `Plan.length`; by how much a(H+) is short of the target
    value: Annotated[Array, PHASES + 1]  # of the complementarity conditions
    by_share: Annotated[Array, PHASES + 1]
    by_slack: Annotated[Array, PHASES + 1]
    square: Annotated[Array, METALS + 1]  # sum of content times moles times the square of the charge
    bend: Annotated[Array, METALS + 1]  # sum of content times moles times the derivative of -ln gamma by I
    taker: Annotated[Array, METALS + 1]  # sum of content times moles times protons held
    giver: Annotated[Array, METALS + 1]  # sum of content times moles times protons given
    water: Annotated[Array, METALS + 2]  # sum of content times moles times water held; behind, of water and the proton
    live: Annotated[Index, PHASES]  # which of the phases take part in the linear system
    matrix: Annotated[Array, UNKNOWNS * (UNKNOWNS + 4)]  # of the linear system, its right side behind it
    move: Annotated[Array, METALS + 4]  # of the unknowns in a step


@compiled
def set_activity(plan: Plan, slope: float, strength: float, total: float, work: Work) -> None:
    """Evaluate the Davies model (`activity.Davies`)."""
    root = np.sqrt(strength)
    charged = -slope * (root / (1.0 + root) - plan.slope * strength)
    neutral = LN10 * plan.neutral
    linear = 1.0 - plan.water * total
    water = max(linear, LEAST_WATER)
    work.strength, work.total, work.ln_water = strength, total, np.log(water)
    work.by_strength = -slope * (0.5 / (max(root, 1e-8) * (1.0 + root) ** 2) - plan.slope)
    work.by_strength_neutral = neutral
    work.by_total = -plan.water / water if linear > LEAST_WATER else 0.0
    work.inverse[0] = np.exp(-neutral * strength)
    one = np.exp(-charged)
    power, square = 1.0, one
    for charge in range(1, CHARGES):
        power *= square  # odd powers of one make that of the square of the charge
        square *= one * one
        work.inverse[charge] = power


@compiled
def set_amounts(pattern: Pattern, case: Case, unknown: Array, work: Work) -> None:
    """Work out the moles of every dissolved species from the unknowns and the activity coefficients."""
    count = pattern.components
    factor, free, amount, inverse = work.factor, work.free, work.amount, work.inverse
    kilograms = np.exp(unknown[count])
    for row in range(count):
        factor[row] = np.exp(unknown[row])
        free[row] = kilograms * factor[row] * inverse[pattern.charge[row]]
    proton = np.exp(unknown[count + 1])
    free[count] = kilograms * proton * inverse[1]
    factor[count + PROTON], factor[count + PER_PROTON] = proton, 1.0 / proton
    water = np.exp(work.ln_water)
    factor[count + WATER], factor[count + PER_WATER] = water, 1.0 / water
    first, number, charge = pattern.factor_first, pattern.factor, pattern.complexes.charge
    start = first[0]
    for row in range(pattern.complexes.rows):
        end = first[row + 1]
        moles = kilograms * case.k[row] * inverse[charge[row]]
        for entry in range(start, end):
            moles *= factor[number[entry]]
        amount[row] = min(moles, MOST)
        start = end


@compiled
def set_balances(pattern: Pattern, case: Case, state: State, work: Work) -> None:
    """Sum up both sides of every balance, ionic strength and the sum of molalities."""
    count, complexes, formulas = pattern.components, pattern.complexes.rows, pattern.complexes
    amount, dissolved, taken, fed = work.amount, work.dissolved, work.taken, work.fed
    square, total = work.free[count], work.free[count]
    dissolved[count] = work.free[count]
    for row in range(count):
        dissolved[row] = work.free[row]
        square += pattern.charge[row] ** 2 * work.free[row]
        total += work.free[row]
    given, water = 0.0, 0.0
    for row in range(complexes):
        moles = amount[row]
        for entry in range(formulas.first[row], formulas.first[row + 1]):
            dissolved[formulas.component[entry]] += formulas.amount[entry] * moles
        protons = formulas.proton[row] * moles
        if protons > 0.0:
            dissolved[count] += protons
        else:
            given -= protons
        water += formulas.water[row] * moles
        square += formulas.charge[row] ** 2 * moles
        total += moles
    dissolved[count + 1] = given
    for row in range(count):
        taken[row], fed[row] = dissolved[row], 0.0
    kilograms = np.exp(state.unknown[count])
    taken[count], fed[count] = MOLES_PER_KG * kilograms + water, 0.0
    taken[count + 1], fed[count + 1] = dissolved[count], given
    work.kilograms, work.squares, work.moles = kilograms, square + TINY, total + TINY
    _add_phases(pattern, case, state.share, taken, fed)
    dose = state.share[pattern.phases.rows]
    for row in range(count + 2):
        drawn, held = case.drawn[row] * dose, case.totals[row]
        fed[row] += max(drawn, 0.0) + max(held, 0.0)
        taken[row] += max(-drawn, 0.0) + max(-held, 0.0)
        work.balance[row] = np.log(max(taken[row], TINY) / max(fed[row], TINY))


@compiled
def _add_phases(pattern: Pattern, case: Case, share: Array, taken: Array, fed: Array) -> None:
    count, formulas = pattern.components, pattern.phases
    for row in range(pattern.phases.rows):
        moles = case.most[row] * share[row]
        for entry in range(formulas.first[row], formulas.first[row + 1]):
            taken[formulas.component[entry]] += formulas.amount[entry] * moles
        for behind, amount in ((0, formulas.water[row] * moles), (1, formulas.proton[row] * moles)):
            taken[count + behind] += max(amount, 0.0)
            fed[count + behind] += max(-amount, 0.0)


@compiled
def undersaturation(pattern: Pattern, case: Case, unknown: Array, ln_water: float, row: int) -> float:
    """Return ln K less the ln activity product of a phase."""
    count, formulas = pattern.components, pattern.phases
    slack = case.ln_k[row] - formulas.proton[row] * unknown[count + 1] - formulas.water[row] * ln_water
    for entry in range(formulas.first[row], formulas.first[row + 1]):
        slack -= formulas.amount[entry] * unknown[formulas.component[entry]]
    return slack


@compiled
def evaluate(plan: Plan, pattern: Pattern, case: Case, state: State, smoothing: float, work: Work) -> float:
    """Fill the terms at a state; return the largest residual of balances, conditions and activities."""
    count, phases, unknown = pattern.components, pattern.phases.rows, state.unknown
    strength, total = np.exp(unknown[count + 2]), np.exp(unknown[count + 3])
    set_activity(plan, case.slope, strength, total, work)
    set_amounts(pattern, case, unknown, work)
    set_balances(pattern, case, state, work)
    error, whole = 0.0, 0.0
    for row in range(count + 2):
        error = max(error, abs(work.balance[row]))
        whole += work.balance[row]
    work.balance[count + 2] = np.log(0.5 * work.squares / (work.kilograms * strength))
    work.balance[count + 3] = np.log(work.moles / (work.kilograms * total))
    for row in (count + 2, count + 3):
        error = max(error, 1e-3 * abs(work.balance[row]))
        whole += work.balance[row]
    for row in range(phases):
        slack = undersaturation(pattern, case, unknown, work.ln_water, row)
        work.slack[row] = slack / plan.length[pattern.phases.number[row]]
    side = case.side
    work.slack[phases] = side * (case.target - unknown[count + 1]) if side != 0.0 else 1.0
    for row in range(phases + 1):
        condition = fischer(state.share[row], work.slack[row], smoothing)
        work.value[row], work.by_share[row], work.by_slack[row] = condition
        error = max(error, abs(condition[0]))
        whole += condition[0]
    return error if np.isfinite(whole) else np.inf  # the comparisons let pass what is not a number
