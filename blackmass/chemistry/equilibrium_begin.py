"""Where Newton's method for the aqueous equilibrium of one case starts: from its totals, or from an earlier answer."""

from typing import Annotated

import numpy as np

from blackmass.chemistry.equilibrium_newton import strength_limit
from blackmass.chemistry.equilibrium_plan import METALS, Pattern, Plan
from blackmass.chemistry.equilibrium_terms import (
    Case,
    State,
    Work,
    set_activity,
    set_amounts,
    set_balances,
    undersaturation,
)
from blackmass.numerics.compiled import compiled
from blackmass.numerics.records import Array

SMOOTH = 0.05
ALIKE = 0.0  # smoothing that begins from the answer of a similar case
NEAR = 1.5  # change of the logarithm of what is held up to which a case is similar
WARMER = 20.0  # K, that count as much as one of a logarithm
ROUNDS = 2


@compiled
def cold(plan: Plan, pattern: Pattern, case: Case, state: State, work: Work) -> None:
    """Begin with every component near its total, and every solid at or below saturation."""
    count, phases = pattern.components, pattern.phases.rows
    unknown, share = state.unknown, state.share
    for row in range(count):
        unknown[row] = np.log(case.totals[row] + max(case.drawn[row], 0.0)) - 1.0
    unknown[count] = 0.0
    unknown[count + 1] = case.target if case.side != 0.0 else _proton(pattern, case, work.value)
    share[phases] = 0.1 if case.side != 0.0 else 0.0
    _spread(plan, pattern, case, state, work)
    for row in range(phases):
        _desaturate(pattern, case, unknown, row)
    for row in range(phases):
        slack = undersaturation(pattern, case, unknown, 0.0, row) / plan.length[pattern.phases.number[row]]
        share[row] = SMOOTH / max(slack, 2.0)
    limit = strength_limit(pattern, case, share[phases])
    set_medium(plan, pattern, case, state, work, 0.0, limit)


class Last(State):
    """The answer of the case before, and what it was given."""

    known: int
    ln_held: Annotated[Array, METALS]
    free: Annotated[Array, METALS]  # share of what is held that is dissolved
    proton: float  # [mol/kg]
    target: float
    side: float
    temperature: float


@compiled
def remember(pattern: Pattern, case: Case, temperature: float, state: State, work: Work, last: Last) -> None:
    """Keep an answer for the case that follows."""
    count, phases = pattern.components, pattern.phases.rows
    last.known, last.temperature = 1, temperature
    last.proton, last.target, last.side = case.totals[count + 1], case.target, case.side
    for row in range(count):
        held = case.totals[row] + max(case.drawn[row], 0.0)
        last.ln_held[row], last.free[row] = np.log(held), min(work.dissolved[row] / held, 1.0)
    for row in range(count + 4):
        last.unknown[row] = state.unknown[row]
    for row in range(phases + 1):
        last.share[row] = state.share[row]


@compiled
def follow(pattern: Pattern, case: Case, temperature: float, last: Last, state: State) -> bool:
    """Begin at the answer of the case before, if it is similar, shifted by what is held more or less of each."""
    count = pattern.components
    proton = case.totals[count + 1]
    off = max(abs(temperature - last.temperature) / WARMER, abs(case.target - last.target))
    off = max(off, abs(proton - last.proton) / (0.1 + min(abs(proton), abs(last.proton))))
    if last.known == 0 or last.side != case.side or not off < NEAR:
        return False
    for row in range(count):
        change = np.log(case.totals[row] + max(case.drawn[row], 0.0)) - last.ln_held[row]
        if not abs(change) < NEAR:
            return False
        state.unknown[row] = last.unknown[row] + last.free[row] * change
    for row in range(count, count + 4):
        state.unknown[row] = last.unknown[row]
    if case.side != 0.0:
        state.unknown[count + 1] = case.target
    for row in range(pattern.phases.rows + 1):
        state.share[row] = last.share[row]
    return True


@compiled
def _spread(plan: Plan, pattern: Pattern, case: Case, state: State, work: Work) -> None:
    """Spread the components over their complexes; metals do not bind each other, so they settle together."""
    count, formulas = pattern.components, pattern.complexes
    there, order = work.square, work.bend
    set_activity(plan, case.slope, 0.0, 0.0, work)
    for turn in range(2 * ROUNDS):
        set_amounts(pattern, case, state.unknown, work)
        for row in range(count):
            there[row], order[row] = work.free[row], work.free[row]
        for row in range(pattern.complexes.rows):
            for entry in range(formulas.first[row], formulas.first[row + 1]):
                part = formulas.amount[entry] * work.amount[row]
                there[formulas.component[entry]] += part
                order[formulas.component[entry]] += formulas.amount[entry] * part
        for row in range(count):
            if plan.ligand[pattern.number[row]] == 1 - turn % 2:
                held = case.totals[row] + max(case.drawn[row], 0.0)
                state.unknown[row] -= np.log(there[row] / held) * there[row] / max(order[row], there[row])


@compiled
def _desaturate(pattern: Pattern, case: Case, unknown: Array, row: int) -> None:
    """Lower the activities that a phase needs until it is not supersaturated."""
    formulas = pattern.phases
    excess = -undersaturation(pattern, case, unknown, 0.0, row)
    if excess > 0.0:
        needs = 0.0
        for entry in range(formulas.first[row], formulas.first[row + 1]):
            needs += formulas.amount[entry]
        for entry in range(formulas.first[row], formulas.first[row + 1]):
            unknown[formulas.component[entry]] -= excess / needs


@compiled
def _proton(pattern: Pattern, case: Case, level: Array) -> float:
    """Guess ln a(H+): of the acid given, or where the solids that precipitate first have taken up the alkali."""
    count, formulas = pattern.components, pattern.phases
    proton = case.totals[count + 1]
    if proton > 0.0:
        return float(np.log(max(0.3 * proton, 1e-4)))
    alkali, basic = max(-proton, 1e-9), 0
    for row in range(pattern.phases.rows):
        level[row] = -np.inf
        if formulas.proton[row] < 0.0:
            saturated = case.ln_k[row]
            for entry in range(formulas.first[row], formulas.first[row + 1]):
                component = formulas.component[entry]
                saturated -= formulas.amount[entry] * np.log(case.totals[component] + max(case.drawn[component], 0.0))
            level[row] = min(saturated / formulas.proton[row], 0.0)
            basic += 1
    if basic == 0:
        return float(np.log(1e-9))
    lowest, taken = 0.0, 0.0
    for _ in range(basic):
        first = 0
        for row in range(pattern.phases.rows):
            if level[row] > level[first]:
                first = row
        lowest = level[first]
        taken -= formulas.proton[first] * case.most[first]
        if taken >= alkali:
            return float(min(lowest, np.log(1e-3)))
        level[first] = -np.inf
    return float(min(lowest, np.log(1e-14 / alkali), np.log(1e-3)))


@compiled
def set_medium(
    plan: Plan, pattern: Pattern, case: Case, state: State, work: Work, strength: float, limit: float
) -> None:
    """Set ionic strength and the sum of molalities to what the activities at `strength` give, within the limit."""
    count = pattern.components
    set_activity(plan, case.slope, strength, 1.2 * strength, work)
    set_amounts(pattern, case, state.unknown, work)
    set_balances(pattern, case, state, work)
    found = 0.5 * work.squares / work.kilograms
    thinned = min(1.0, limit / found)
    state.unknown[count + 2] = np.log(found * thinned)
    state.unknown[count + 3] = np.log(work.moles / work.kilograms * thinned)
