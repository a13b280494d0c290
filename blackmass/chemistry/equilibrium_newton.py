"""Newton's method for the aqueous equilibrium of one case, each step held back where it is too long."""

from typing import NamedTuple

import numpy as np

from blackmass.chemistry.equilibrium_matrix import linearise
from blackmass.chemistry.equilibrium_plan import Pattern, Plan
from blackmass.chemistry.equilibrium_terms import TINY, Case, State, Work
from blackmass.numerics.compiled import compiled
from blackmass.numerics.dense import eliminate, padded
from blackmass.numerics.records import Array

DRYING = 0.5  # share of the free water that solids may take in one step
FALL = 1e-3  # smallest ratio of a dose to the one before


class Pace(NamedTuple):
    """How boldly to go."""

    longest: float  # step of the logarithm of an activity
    iterations: int
    smoothing: float  # of the complementarity conditions, against that of the step before
    stride: float  # share of the step, against that of the step before, where the error does not fall


BOLD = Pace(8.0, 40, 0.03, 0.8)
CAREFUL = Pace(2.0, 240, 0.5, 1.0)  # where that did not converge


@compiled
def strength_limit(pattern: Pattern, case: Case, dose: float) -> float:
    """Return the ionic strength that what is given cannot pass: it must not throw the activity model."""
    count = pattern.components
    square = abs(case.totals[count + 1]) + abs(case.drawn[count + 1]) * dose
    for row in range(count):
        square += pattern.charge[row] ** 2 * (case.totals[row] + abs(case.drawn[row]) * dose)
    return 0.01 + 1.5 * square


@compiled
def step(plan: Plan, pattern: Pattern, case: Case, state: State, stride: float, longest: float, work: Work) -> bool:
    """Take one Newton step of at most `longest`; return whether there was one."""
    count, phases = pattern.components, pattern.phases.rows
    live = linearise(plan, pattern, case, work, longest)
    size = count + 4 + live + (case.side != 0.0)
    if not eliminate(work.matrix, size, 1):
        return False
    found = work.matrix[: size * padded(size + 1)].reshape((size, padded(size + 1)))[:, size]
    for row in range(count + 4):
        work.move[row] = found[row]
    shares = work.value  # in place of the values, the change of the shares
    for row in range(phases + 1):
        shares[row] = -work.value[row] / max(work.by_share[row], TINY)
    for place in range(live):
        shares[work.live[place]] = found[count + 4 + place]
    shares[phases] = found[size - 1] if case.side != 0.0 else 0.0
    _move(plan, pattern, case, state, stride, longest, work)
    return True


@compiled
def _move(plan: Plan, pattern: Pattern, case: Case, state: State, stride: float, longest: float, work: Work) -> None:
    """Follow a step, shortened where it is too long."""
    count, phases, move = pattern.components, pattern.phases.rows, work.move
    unknown, share, shares = state.unknown, state.share, work.value
    for row in range(count):  # what the reagent brings follows the dose, however far that goes
        if case.drawn[row] > 0.0:
            move[row] -= case.drawn[row] / work.fed[row] * shares[phases]
    move[count] = min(max(move[count], -0.5), 0.5)
    largest = 0.0
    for row in range(count + 2):
        largest = max(largest, abs(move[row]))
    length = stride * min(1.0, longest / max(largest, TINY))
    before = share[phases]
    water = 0.0
    for row in range(phases):
        change = min(max(share[row] + length * shares[row], 0.0), max(2.0 * share[row], 1.0)) - share[row]
        shares[row] = change
        water += max(pattern.phases.water[row], 0.0) * case.most[row] * change
    room_left = _room(plan, pattern, case, share, work, water)
    for row in range(phases):
        thirsty = plan.hydrated[pattern.phases.number[row]] and shares[row] > 0.0
        share[row] += shares[row] * (room_left if thirsty else 1.0)
    if case.side != 0.0:
        dose = min(max(before + length * shares[phases], 0.0), max(2.0 * before, 1.0))
        share[phases] = max(dose, FALL * before if before > 1e-30 else 0.0)
    for row in range(count + 2):
        unknown[row] += length * move[row]
        if row < count and case.drawn[row] > 0.0:
            brought = case.drawn[row] / work.fed[row] * (share[phases] - before)
            unknown[row] += np.log1p(max(brought, FALL - 1.0))
    limit = strength_limit(pattern, case, share[phases])
    for row, most in ((count + 2, limit), (count + 3, 2.0 * limit)):
        rise = min(max(move[row], -0.2 * longest), 0.2 * longest)
        unknown[row] = min(unknown[row] + length * rise, np.log(most))


@compiled
def _room(plan: Plan, pattern: Pattern, case: Case, share: Array, work: Work, water: float) -> float:
    """Return the share of the growth of hydrates for which there is water."""
    if water <= 0.0:
        return 1.0
    count, before = pattern.components, 0.0
    for row in range(pattern.phases.rows):
        before += max(pattern.phases.water[row], 0.0) * case.most[row] * share[row]
    return min(1.0, max(DRYING * (work.fed[count] - before), 0.0) / water)
