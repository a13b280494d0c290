"""The aqueous equilibrium of one case: what it is given, and what is tried until it is solved."""

from typing import Annotated

import numpy as np
from scipy.constants import zero_Celsius as FREEZING

from blackmass.chemistry.activity import LN10
from blackmass.chemistry.equilibrium_begin import SMOOTH, cold
from blackmass.chemistry.equilibrium_newton import BOLD, CAREFUL, step
from blackmass.chemistry.equilibrium_plan import COMPLEXES, METALS, PHASES, Pattern, Plan, ln_constant
from blackmass.chemistry.equilibrium_terms import Case, State, Work, evaluate
from blackmass.numerics.compiled import compiled
from blackmass.numerics.records import Array

TRACE = 1e-50  # mol/kg that stands for none at all
HOT_WATER = 1e-13  # ion product of water, by order of magnitude
DONE, FINE = 1e-12, 1e-13  # error that will do, and that is aimed at
SHARP = 1e-9  # smoothing that counts as none
SHORTEST = 0.3  # share of the step
RUNAWAY = 100.0  # share of the dose from which a target is taken to be out of reach
VANISHING = 1e-7  # from which, with a large error, it is looked for in other ways
MOST, LESS = 5.0, 2.0  # share of the dose up to which a target is looked for; and where no liquor can be that strong
TRIALS, OFTEN = 21, 3  # with a dose that is given; of these, after which Newton's method goes on to find it
ROUNDING = 1e-9
COLD, WARM = -1.0, 0.0  # smoothing to begin with: from the totals, near the answer
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
    count = pattern.components
    case.slope, behind = given.slope, plan.components
    for row in range(count + 2):
        number = pattern.number[row] if row < count else behind + row - count
        case.totals[row] = max(given.totals[number], TRACE) if row < count else given.totals[number]
        case.drawn[row] = case.dose * given.reagent[number]
    for row in range(pattern.complexes.rows):
        case.k[row] = given.k[pattern.complexes.number[row]]
    for row in range(pattern.phases.rows):
        case.ln_k[row] = given.ln_k[pattern.phases.number[row]]
    limit_phases(pattern, case)


@compiled
def limit_phases(pattern: Pattern, case: Case) -> None:
    """Find the most that can form of each phase."""
    formulas = pattern.phases
    for row in range(formulas.rows):
        most = np.inf
        for entry in range(formulas.first[row], formulas.first[row + 1]):
            component = formulas.component[entry]
            held = case.totals[component] + 2.0 * max(case.drawn[component], 0.0)
            most = min(most, held / formulas.amount[entry])
        case.most[row] = most


@compiled
def fix(pattern: Pattern, case: Case, share: float, fixed: Case) -> None:
    """Turn a case into one in which the dose is given."""
    for row in range(pattern.components + 2):
        fixed.totals[row] = case.totals[row] + share * case.drawn[row]
        fixed.drawn[row] = 0.0
    for row in range(pattern.complexes.rows):
        fixed.k[row] = case.k[row]
    for row in range(pattern.phases.rows):
        fixed.ln_k[row] = case.ln_k[row]
    limit_phases(pattern, fixed)
    fixed.side, fixed.target, fixed.dose, fixed.slope = 0.0, 0.0, case.dose, case.slope


@compiled
def scale_shares(pattern: Pattern, state: State, old: Case, new: Case) -> None:
    """Keep the amounts of the phases while the most that can form changes."""
    for row in range(pattern.phases.rows):
        state.share[row] *= old.most[row] / new.most[row]


@compiled
def settle(plan: Plan, pattern: Pattern, case: Case, state: State, smoothing: float, work: Work, attempts: int) -> bool:
    """Iterate until a case has settled: from the state, unless `smoothing` is negative; from the totals; with care.

    Parameters
    ----------
    attempts : how many of these three are made

    Returns
    -------
    whether it has settled; the state is the answer.
    """
    phases = pattern.phases.rows
    for attempt in range(0 if smoothing >= 0.0 else 1, attempts):
        if attempt > 0:
            cold(plan, pattern, case, state, work)
            smoothing = SMOOTH
        pace = CAREFUL if attempt == 2 else BOLD
        stride, best = 1.0, np.inf
        for _ in range(pace.iterations):
            error = evaluate(plan, pattern, case, state, smoothing, work)
            if smoothing == 0.0 and (error < FINE or (error < DONE and error > 0.5 * best)):
                return True
            dose = state.share[phases]
            if not error < np.inf or dose > RUNAWAY or (case.side != 0.0 and dose < VANISHING and error > 1.0):
                break
            # so that no case goes in circles
            stride = 1.0 if error < best else max(pace.stride * stride, SHORTEST)
            best = min(best, error)
            if not step(plan, pattern, case, state, stride, pace.longest, work):
                break
            smoothing = min(pace.smoothing * smoothing, 0.1 * min(error, 1.0) ** 2)
            smoothing = 0.0 if smoothing < SHARP else smoothing
    return False


@compiled
def ahead(pattern: Pattern, case: Case, state: State) -> float:
    """Return by how much ln a(H+) is beyond the target."""
    return float(case.side * (case.target - state.unknown[pattern.components + 1]))


@compiled
def solve_case(
    plan: Plan, pattern: Pattern, case: Case, fixed: Case, state: State, smoothing: float, work: Work
) -> tuple[bool, bool]:
    """Solve a case, from the state given unless `smoothing` is negative; the state holds the answer.

    The pH moves one way with the dose: where Newton's method does not find the dose within its bound, it is looked
    for between none, which may be beyond the target already, and the most, which may fall short of it.

    Returns
    -------
    whether it is solved, and whether no dose within the bound reaches the target.
    """
    phases, bound = pattern.phases.rows, case.bound
    if case.side == 0.0:
        return settle(plan, pattern, case, state, smoothing, work, 3), False
    short = smoothing >= 0.0 and state.share[phases] >= bound * (1.0 - ROUNDING)  # so it was before
    if not short and settle(plan, pattern, case, state, smoothing, work, 2) and state.share[phases] <= bound:
        return True, False
    most, less = min(MOST, bound), min(LESS, bound)
    ends = (most, 0.0, less) if short else (0.0, most, less)
    low, high, found = 0.0, 0.0, False
    for trial in range(TRIALS):
        if trial >= 3 and high == 0.0:
            break
        share = ends[trial] if trial < 3 else np.sqrt(low * high)
        if trial == 2 and high > 0.0:
            continue
        fix(pattern, case, share, fixed)
        scale_shares(pattern, state, case, fixed)
        state.share[phases] = 0.0
        found = settle(plan, pattern, fixed, state, WARM if found and trial > 3 else COLD, work, 3)
        scale_shares(pattern, state, fixed, case)
        state.share[phases] = share
        beyond = ahead(pattern, case, state) >= 0.0
        if trial < 3:
            if found and beyond == (share == 0.0):
                return True, share > 0.0
            if found and beyond:
                low, high = LEAST * share, share
            continue
        low, high = (low, share) if beyond else (share, high)
        if trial % OFTEN == 0:
            if settle(plan, pattern, case, state, WARM, work, 1) and state.share[phases] <= high:
                return True, False
            found = False
    return settle(plan, pattern, case, state, COLD, work, 3) and state.share[phases] <= bound, False
