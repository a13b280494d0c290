"""The aqueous equilibrium of one case: what it is given, and what is tried until it is solved."""

from typing import Annotated

import numpy as np

from blackmass.chemistry.activity import LN10
from blackmass.chemistry.equilibrium_begin import SMOOTH, cold
from blackmass.chemistry.equilibrium_newton import BOLD, CAREFUL, iterate
from blackmass.chemistry.equilibrium_plan import COMPLEXES, METALS, PHASES, Pattern, Plan, ln_constant
from blackmass.chemistry.equilibrium_terms import Case, State, Work
from blackmass.numerics.compiled import compiled
from blackmass.numerics.records import Array

FREEZING = 273.15  # K, zero of the Celsius scale
TRACE = 1e-50  # mol/kg that stands for none at all
HOT_WATER = 1e-13  # ion product of water, by order of magnitude
MOST = (5.0, 2.0)  # share of the dose up to which a target is looked for
HALVINGS = 14
LEAST = 1e-9  # share of the most at which a bracket begins


class Given:
    """A case in the order of the plan, per kilogram of the water fed."""

    kilograms: float  # of water fed [kg/s]
    temperature: float  # at which the constants hold [K]
    slope: float  # Debye-Hückel slope in natural logarithms
    totals: Annotated[Array, METALS + 2]  # [mol/kg]
    reagent: Annotated[Array, METALS + 2]  # [mol/kg per unit of dose]
    held: Annotated[Array, METALS]  # [mol/kg] with what the reagent can bring
    k: Annotated[Array, COMPLEXES]
    ln_k: Annotated[Array, PHASES]


@compiled
def set_constants(plan: Plan, temperature: float, given: Given) -> None:
    """Evaluate what depends on temperature only."""
    given.temperature, slope = temperature, 0.0
    for power in range(plan.debye_hueckel.size - 1, -1, -1):
        slope = slope * (temperature - FREEZING) / 100.0 + plan.debye_hueckel[power]
    given.slope = LN10 * slope
    for row in range(plan.complexes.rows):
        given.k[row] = np.exp(ln_constant(plan.complexes, row, temperature))


@compiled
def scale_dose(plan: Plan, given: Given, target: float, case: Case) -> None:
    """Tell whether there is something to dose, and find a dose that would move every equivalent of the liquor."""
    count = plan.components
    strength, equivalents = 0.0, abs(given.totals[count + 1])
    for row in range(count + 2):
        strength += plan.alkalinity[row] * given.reagent[row]
    for row in range(count):
        equivalents += plan.charge[row] * abs(given.totals[row])
    case.side, case.target, case.dose = 0.0, 0.0, 0.0
    if strength != 0.0 and np.isfinite(target):
        proton = np.exp(target)
        equivalents += 2.0 * (proton + HOT_WATER / proton) + 1e-6
        case.side, case.target = np.sign(strength), target
        case.dose = equivalents / abs(strength)


@compiled
def fill(plan: Plan, pattern: Pattern, given: Given, case: Case) -> None:
    """Write a case down in the order of its pattern; the figures are there already."""
    count, formulas = pattern.components, pattern.phases
    case.slope, behind = given.slope, plan.components
    for row in range(count + 2):
        number = pattern.number[row] if row < count else behind + row - count
        case.totals[row] = max(given.totals[number], TRACE) if row < count else given.totals[number]
        case.drawn[row] = case.dose * given.reagent[number]
    for row in range(pattern.complexes.rows):
        case.k[row] = given.k[pattern.complexes.number[row]]
    for row in range(pattern.phases.rows):
        case.ln_k[row] = given.ln_k[pattern.phases.number[row]]
        most = np.inf
        for entry in range(formulas.first[row], formulas.first[row + 1]):
            component = formulas.component[entry]
            held = case.totals[component] + 2.0 * max(case.drawn[component], 0.0)
            most = min(most, held / formulas.amount[entry])
        case.most[row] = most


@compiled
def _fix(pattern: Pattern, case: Case, share: float, fixed: Case) -> None:
    """Turn a case into one in which the dose is given."""
    for row in range(pattern.components + 2):
        fixed.totals[row] = case.totals[row] + share * case.drawn[row]
        fixed.drawn[row] = 0.0
    for row in range(pattern.complexes.rows):
        fixed.k[row] = case.k[row]
    for row in range(pattern.phases.rows):
        fixed.ln_k[row], fixed.most[row] = case.ln_k[row], case.most[row]
    fixed.side, fixed.target, fixed.dose, fixed.slope = 0.0, 0.0, case.dose, case.slope


@compiled
def _try(plan: Plan, pattern: Pattern, case: Case, state: State, work: Work) -> bool:
    """Solve from the totals, first boldly, then with care."""
    cold(plan, pattern, case, state, work)
    if iterate(plan, pattern, case, state, SMOOTH, BOLD, work):
        return True
    cold(plan, pattern, case, state, work)
    return iterate(plan, pattern, case, state, SMOOTH, CAREFUL, work)


@compiled
def ahead(pattern: Pattern, case: Case, state: State) -> float:
    """Return by how much ln a(H+) is beyond the target."""
    return float(case.side * (case.target - state.unknown[pattern.components + 1]))


@compiled
def _at(plan: Plan, pattern: Pattern, case: Case, share: float, fixed: Case, state: State, work: Work) -> bool:
    """Solve with a dose that is given."""
    _fix(pattern, case, share, fixed)
    found = _try(plan, pattern, fixed, state, work)
    state.share[pattern.phases.rows] = share
    return found


@compiled
def solve_case(
    plan: Plan, pattern: Pattern, case: Case, fixed: Case, state: State, smoothing: float, work: Work
) -> tuple[bool, bool]:
    """Solve a case, from the state given where `smoothing` is not negative; the state holds the answer.

    Returns
    -------
    whether it is solved, and whether no dose within the bound reaches the target.
    """
    phases, dosed = pattern.phases.rows, case.side != 0.0
    bound = case.bound
    if dosed and smoothing >= 0.0 and state.share[phases] >= bound * (1.0 - 1e-9):
        if _at(plan, pattern, case, bound, fixed, state, work) and ahead(pattern, case, state) < 0.0:
            return True, True
        smoothing = -1.0
    found = smoothing >= 0.0 and iterate(plan, pattern, case, state, smoothing, BOLD, work)
    found = found or _try(plan, pattern, case, state, work)
    if not dosed or (found and state.share[phases] <= bound):
        return found, False
    return _bracket(plan, pattern, case, fixed, state, work)


@compiled
def _bracket(plan: Plan, pattern: Pattern, case: Case, fixed: Case, state: State, work: Work) -> tuple[bool, bool]:
    """Look for the dose between none and too much."""
    if not _at(plan, pattern, case, 0.0, fixed, state, work):
        return False, False
    if ahead(pattern, case, state) >= 0.0:
        return True, False
    high, bound = 0.0, case.bound
    for most in MOST:
        share = min(most, bound)
        if high == 0.0 and _at(plan, pattern, case, share, fixed, state, work):
            if ahead(pattern, case, state) < 0.0:
                return True, True
            high = share
    low = LEAST * high
    for _ in range(HALVINGS if high > 0.0 else 0):
        middle = np.sqrt(low * high)
        _at(plan, pattern, case, middle, fixed, state, work)
        if ahead(pattern, case, state) < 0.0:
            low = middle
        else:
            high = middle
    return high > 0.0 and iterate(plan, pattern, case, state, 0.0, CAREFUL, work), False
