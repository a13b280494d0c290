"""The aqueous equilibrium of a batch, case by case in machine code."""

from typing import Annotated, NamedTuple

import numpy as np
import numpy.typing as npt

from blackmass.chemistry.activity import LN10
from blackmass.chemistry.equilibrium_begin import ALIKE, Last, follow, remember
from blackmass.chemistry.equilibrium_case import (
    COLD,
    DONE,
    WARM,
    Given,
    ahead,
    fill,
    scale_dose,
    set_constants,
    solve_case,
)
from blackmass.chemistry.equilibrium_plan import METALS, PHASES, Formulas, Pattern, Plan, choose, ln_constant
from blackmass.chemistry.equilibrium_terms import Case, State, Work
from blackmass.chemistry.speciation import MOLES_PER_KG
from blackmass.numerics.compiled import compiled
from blackmass.numerics.records import Array, Index, Whole, blank
from blackmass.status import Status

DRIEST = 1e-9  # mole fraction of water among the components below which a stream has no liquor
ROUNDING = 1e-12
NONE = 1e-11  # share of the dose that counts as none
ABSENT = -120.0  # ln activity in a guess of a component that is not there
NEW = -110.0  # ln activity below which a component was not there
OK, OUT_OF_RANGE, SHORT, PAST, LOST, NOT_FINITE = (
    int(Status[name])
    for name in ("OK", "OUT_OF_RANGE", "SPEC_NOT_REACHED", "INFEASIBLE", "NOT_CONVERGED", "NOT_FINITE")
)


class Feed(NamedTuple):
    """What a batch is given; the last axis holds the cases, or one for all where reagent, target or gas is the same."""

    flow: Array  # (species, cases) [mol/s]
    reagent: Array  # (species, cases or 1) [mol per unit of dose]
    temperature: Array  # (cases,) [K]; not a number where the flow is not
    ln_proton: Array  # (cases or 1,) target; not a number where there is none
    ln_fugacity: Array  # (phases of the plan, cases or 1)
    bound: Array  # (cases or 1,) the largest dose
    start: Array  # (rows of a guess, cases), or (0, 0)


class Found(NamedTuple):
    """The answer for a batch; comes with what a case holds that is not solved."""

    pH: Array  # (cases,)
    strength: Array  # (cases,)
    water_activity: Array  # (cases,)
    dose: Array  # (cases,)
    water_mass: Array  # (cases,)
    extent: Array  # (columns, cases)
    log_saturation: Array  # (asked, cases)
    molality: Array  # (cases, names)
    guess: Array  # (rows, cases)
    status: npt.NDArray[np.int8]  # (cases,)
    past: npt.NDArray[np.bool_]  # (cases,)


class Rows:
    """Where things are found among the species and in a guess."""

    head: int  # rows of a guess before those of the phases
    component: Annotated[Index, METALS + 2]  # among the species
    guess: Annotated[Index, METALS + 2]  # among the first rows of a guess
    phase: Annotated[Index, PHASES]  # among the species
    asked: Annotated[Index, PHASES]  # among the phases asked for
    brought: Annotated[Index, PHASES]  # solids of the reagent, among the species
    column: Annotated[Whole, PHASES]  # solids of the reagent, among the columns of the extents, or -1


class Desk(NamedTuple):
    """Records to work with."""

    pattern: Pattern
    given: Given
    case: Case
    fixed: Case
    state: State
    work: Work
    last: Last


def clear_desk() -> Desk:
    """Return blank records."""
    return Desk(blank(Pattern), blank(Given), blank(Case), blank(Case), blank(State), blank(Work), blank(Last))


@compiled
def solve_cases(plan: Plan, rows: Rows, feed: Feed, desk: Desk, found: Found) -> None:
    """Solve all cases and write the answers down."""
    pattern, given, case, fixed, state, work, last = desk
    for number in range(feed.temperature.size):
        temperature = feed.temperature[number]
        if not 0.0 < temperature < np.inf:
            found.status[number] = NOT_FINITE
            continue
        gather(plan, rows, feed.flow, number, plan.phases, rows.phase, given.totals)
        found.status[number] = judge(plan, given)
        if given.kilograms == 0.0:
            continue
        of_reagent = min(number, feed.reagent.shape[1] - 1)
        gather(plan, rows, feed.reagent, of_reagent, plan.brought, rows.brought, given.reagent)
        if temperature != given.temperature:
            set_constants(plan, temperature, given)
        for row in range(plan.phases.rows):
            fugacity = feed.ln_fugacity[row, min(number, feed.ln_fugacity.shape[1] - 1)]
            given.ln_k[row] = ln_constant(plan.phases, row, temperature) + fugacity
        target = feed.ln_proton[min(number, feed.ln_proton.size - 1)]
        bound = feed.bound[min(number, feed.bound.size - 1)]
        scale_dose(plan, given, target if bound > 0.0 else np.nan, case)
        case.bound = bound / (given.kilograms * case.dose) if case.side != 0.0 else np.inf
        for row in range(plan.components):
            given.held[row] = given.totals[row] + 2.0 * case.dose * max(given.reagent[row], 0.0)
        if choose(plan, given.held, pattern):
            last.known = 0
        fill(plan, pattern, given, case)
        smoothing = begin(plan, rows, feed.start, number, desk)
        solved, short = solve_case(plan, pattern, case, fixed, state, smoothing, work)
        if not solved:
            found.status[number] = LOST
            continue
        if not short:
            remember(pattern, case, temperature, state, work, last)
        record(plan, rows, number, desk, short, found)
        record_guess(plan, rows, number, desk, found.dose[number] / given.kilograms, found.guess)
        record_phases(plan, rows, feed, number, desk, found)


@compiled
def gather(plan: Plan, rows: Rows, flow: Array, number: int, solids: Formulas, places: Index, totals: Array) -> None:
    """Sum up the components of a stream, some of its solids dissolved."""
    count = plan.components
    for row in range(count + 2):
        totals[row] = flow[rows.component[row], number]
    for row in range(solids.rows):
        amount = flow[places[row], number]
        if amount != 0.0:
            for entry in range(solids.first[row], solids.first[row + 1]):
                totals[solids.component[entry]] += solids.amount[entry] * amount
            totals[count] += solids.water[row] * amount
            totals[count + 1] += solids.proton[row] * amount


@compiled
def judge(plan: Plan, given: Given) -> int:
    """Tell whether there is a liquor, and divide the totals by its kilograms of water (0 without)."""
    count = plan.components
    size, least = 0.0, 0.0
    for row in range(count + 2):
        size += abs(given.totals[row])
        if row < count:
            least = min(least, given.totals[row])
    water = given.totals[count]
    if not (water > DRIEST * size and least >= -ROUNDING * size):
        given.kilograms = 0.0
        return OK if least >= 0.0 else PAST
    given.kilograms = water / MOLES_PER_KG
    for row in range(count + 2):
        given.totals[row] /= given.kilograms
    return OK


@compiled
def begin(plan: Plan, rows: Rows, start: Array, number: int, desk: Desk) -> float:
    """Set the state to the guess of an earlier answer, or to the case before; return the smoothing to begin with."""
    pattern, given, case, state = desk.pattern, desk.given, desk.case, desk.state
    if start.shape[1] > 0 and guessed(plan, rows, start, number, pattern, case, state):
        return WARM
    return ALIKE if follow(pattern, case, given.temperature, desk.last, state) else COLD


@compiled
def guessed(plan: Plan, rows: Rows, start: Array, number: int, pattern: Pattern, case: Case, state: State) -> bool:
    """Set the state to the guess of an earlier answer, if there is one for all that the case has."""
    count, head = pattern.components, rows.head
    whole = start[head - 1, number]
    for row in (count + 2, count + 3):
        state.unknown[row] = np.log(start[head - 5 - count + row, number])
        whole += state.unknown[row]
    for row in range(count + 2):
        place = rows.guess[pattern.number[row] if row < count else plan.components + row - count]
        state.unknown[row] = start[place, number]
        whole += start[place, number]
        if row < count and start[place, number] <= NEW:
            return False
    if not np.isfinite(whole):
        return False
    for row in range(pattern.phases.rows):
        amount = start[head + rows.asked[pattern.phases.number[row]], number]
        state.share[row] = amount / case.most[row] if np.isfinite(amount) else 0.0
    state.share[pattern.phases.rows] = start[head - 1, number] / case.dose if case.side != 0.0 else 0.0
    return True


@compiled
def record(plan: Plan, rows: Rows, number: int, desk: Desk, short: bool, found: Found) -> None:
    """Write the liquor of a case down."""
    pattern, given, case, state, work = desk.pattern, desk.given, desk.case, desk.state, desk.work
    count, share = pattern.components, state.share[pattern.phases.rows]
    past = case.side != 0.0 and not short and share <= NONE and ahead(pattern, case, state) > -DONE
    status = OUT_OF_RANGE if work.strength > plan.limit else OK
    found.status[number] = PAST if past else (SHORT if short else status)
    found.past[number] = past
    found.pH[number] = -state.unknown[count + 1] / LN10
    found.strength[number] = 0.5 * work.squares / work.kilograms
    found.water_activity[number] = np.exp(work.ln_water)
    found.dose[number] = 0.0 if past else share * case.dose * given.kilograms
    found.water_mass[number] = work.kilograms * given.kilograms
    per = 1.0 / work.kilograms
    for row in range(count):
        found.molality[number, pattern.number[row]] = work.free[row] * per
    found.molality[number, plan.components] = work.free[count] * per
    behind = plan.components + 1
    for row in range(pattern.complexes.rows):
        found.molality[number, behind + pattern.complexes.number[row]] = work.amount[row] * per


@compiled
def record_guess(plan: Plan, rows: Rows, number: int, desk: Desk, dose: float, guess: Array) -> None:
    """Write down where to start from next time; the amounts of the phases follow."""
    pattern, state, work = desk.pattern, desk.state, desk.work
    count, head = pattern.components, rows.head
    for row in range(guess.shape[0]):
        guess[row, number] = ABSENT if row < head - 3 else 0.0
    for row in range(count + 2):
        place = rows.guess[pattern.number[row] if row < count else plan.components + row - count]
        guess[place, number] = state.unknown[row]
    guess[head - 3, number], guess[head - 2, number], guess[head - 1, number] = work.strength, work.total, dose


@compiled
def record_phases(plan: Plan, rows: Rows, feed: Feed, number: int, desk: Desk, found: Found) -> None:
    """Write down the extents of the phases, less the rounding by which they exceed what there is."""
    pattern, given, case, state, work = desk.pattern, desk.given, desk.case, desk.state, desk.work
    formulas, other, dose = pattern.phases, min(number, feed.reagent.shape[1] - 1), found.dose[number]
    for row in range(plan.phases.rows):
        carried = feed.flow[rows.phase[row], number] + dose * feed.reagent[rows.phase[row], other]
        found.extent[rows.asked[row], number] = -carried
    for row in range(plan.brought.rows):
        if rows.column[row] >= 0:
            found.extent[rows.column[row], number] = -dose * feed.reagent[rows.brought[row], other]
    bound, amount = work.square, work.value
    for row in range(pattern.components):
        bound[row] = 0.0
    for row in range(formulas.rows):
        amount[row] = state.share[row] * case.most[row] if state.share[row] > work.slack[row] else 0.0
        for entry in range(formulas.first[row], formulas.first[row + 1]):
            bound[formulas.component[entry]] += formulas.amount[entry] * amount[row]
    for row in range(formulas.rows):
        least = 1.0
        for entry in range(formulas.first[row], formulas.first[row + 1]):
            at = formulas.component[entry]
            plan_at = pattern.number[at]
            held = given.totals[plan_at] + dose / given.kilograms * given.reagent[plan_at]
            if bound[at] > held:
                least = min(least, max(held, 0.0) / bound[at])
        phase = formulas.number[row]
        asked = rows.asked[phase]
        found.guess[rows.head + asked, number] = amount[row]
        found.log_saturation[asked, number] = -work.slack[row] * plan.length[phase] / LN10
        amount[row] *= least * (1.0 - 2e-16) if least < 1.0 - 1e-15 else 1.0
        found.extent[asked, number] += amount[row] * given.kilograms
