"""Equilibrium of a gas and pure condensed phases to rounding, by Newton's method on the phases that are there."""

import numpy as np
import numpy.typing as npt

from blackmass.chemistry.roasting_barrier import Point, copy, dot, fill, largest, ln_sum
from blackmass.numerics.compiled import compiled
from blackmass.numerics.dense import lu_solve

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
MOST_SETS = 40
MOST_ADDED = 4  # phases added one by one where those that are there cannot hold the feed
MOST_STEPS = 60
DOUBT = 0.01  # amount over its largest, against the slack, from which on a phase counts as there
FAR = 1e4  # step of the potentials, in RT, that only a singular system gives
EXACT = 2e-14  # of the feed of each element, what its balance may miss; a thousandth of a condition in RT
STALLED = 1e-12  # below which what is missed and no longer shrinks is rounding
ROUNDING = 1e-12  # share of its largest amount below zero that counts as zero
UNSTABLE = 1e-9  # how far below zero, in RT, the slack of an absent phase may be
RIDGES = (1e-11, 1e-13, 1e-9)  # hold potentials that nothing determines, tried in turn
MAY_MOVE = 3.0  # largest change of the exponent of a gas that matters, in one step


@compiled
def guess_phases(gases: int, point: Point, there: Mask) -> None:
    """Take the phases whose share of their largest amount exceeds their slack; the gas stands at its last species."""
    for row in range(there.size):
        there[row] = row >= gases - 1 and (point.amount[row] > DOUBT * point.weight[row] * point.slack[row])


@compiled
def settle_phases(formula: Array, gases: int, gibbs: Array, feed: Array, point: Point, there: Mask) -> bool:
    """Find the phases at equilibrium from those that are there, and how much there is of each; return whether it did.

    `point.amount` then holds the amounts, the gas at its last species and its composition in `point.share`.
    """
    begun, potential, amount = there.copy(), point.potential.copy(), point.amount.copy()
    for ridge in RIDGES:
        copy(begun, there)
        copy(potential, point.potential)
        copy(amount, point.amount)
        if exchange_phases(formula, gases, gibbs, feed, point, there, ridge):
            return True
    return False


@compiled
def exchange_phases(
    formula: Array, gases: int, gibbs: Array, feed: Array, point: Point, there: Mask, ridge: float
) -> bool:
    """Solve with the phases that are there; drop what turns negative and add what turns unstable, one at a time.

    Where the phases cannot hold the feed the potentials run away: the phase that becomes unstable first on their way
    is the one that is missing.
    """
    potential, amount, course = point.potential.copy(), point.amount.copy(), point.potential.copy()
    barred, tried = np.zeros_like(there), np.zeros_like(there)
    added = 0
    for _ in range(MOST_SETS):
        copy(point.potential, potential)
        copy(point.amount, amount)
        if not newton(formula, gases, gibbs, feed, point, there, ridge):
            for element in range(feed.size):
                course[element] = point.potential[element] - potential[element]
            copy(potential, point.potential)
            copy(amount, point.amount)
            row = -1
            if added < MOST_ADDED:
                for phase in range(there.size):
                    barred[phase] = there[phase] or tried[phase]
                row = first_unstable(formula, gases, gibbs, point, barred, course)
                if row < 0:
                    row = least_stable(formula, gases, gibbs, point, barred, np.inf)
            if row >= 0:
                added += 1
                there[row] = True
                tried[row] = True
                point.amount[row] = 0.0
                continue
            row = scarcest(gases, point, there)
            if row < 0:
                return False
            there[row] = False
            continue
        row = scarcest(gases, point, there)
        if row >= 0 and point.amount[row] < -ROUNDING * point.weight[row]:
            there[row] = False
            continue
        row = least_stable(formula, gases, gibbs, point, there, -UNSTABLE)
        if row < 0:
            return True
        there[row] = True
        point.amount[row] = 0.0
    return False


@compiled
def scarcest(gases: int, point: Point, there: Mask) -> int:
    """Return the phase there of which there is least, against the most there could be; -1 without any."""
    found, least = -1, np.inf
    for row in range(max(gases - 1, 0), there.size):
        if there[row] and point.amount[row] < least * point.weight[row]:
            found, least = row, point.amount[row] / point.weight[row]
    return found


@compiled
def least_stable(formula: Array, gases: int, gibbs: Array, point: Point, there: Mask, limit: float) -> int:
    """Return the absent phase that is most supersaturated, by a slack below a limit; -1 without any."""
    found, lowest = -1, limit
    for row in range(max(gases - 1, 0), there.size):
        if not there[row]:
            if row < gases:
                slack = -ln_sum(formula, gases, gibbs, point.potential, point.share)
            else:
                slack = gibbs[row] - dot(formula, row, point.potential)
            if slack < lowest:
                found, lowest = row, slack
    return found


@compiled
def first_unstable(formula: Array, gases: int, gibbs: Array, point: Point, barred: Mask, course: Array) -> int:
    """Return the condensed phase that becomes unstable first when the potentials take a course; -1 if none does."""
    found, nearest = -1, np.inf
    for row in range(gases, barred.size):
        rise = dot(formula, row, course)
        if not barred[row] and rise > 0.0:
            way = max(gibbs[row] - dot(formula, row, point.potential), 0.0) / rise
            if way < nearest:
                found, nearest = row, way
    return found


@compiled
def newton(formula: Array, gases: int, gibbs: Array, feed: Array, point: Point, there: Mask, ridge: float) -> bool:
    """Solve balances and saturations of the phases that are there for potentials and amounts; return whether it did."""
    elements = feed.size
    gas = gases - 1
    rows = np.flatnonzero(there)
    size = elements + rows.size
    if rows.size > elements:
        return False
    matrix, right = np.zeros((size, size)), np.zeros(size)
    before = np.inf
    for _ in range(MOST_STEPS):
        assemble(formula, gases, gibbs, feed, point, rows, matrix, right)
        missed = max(largest(right, 0, elements), 1e-3 * largest(right, elements, size))
        if missed < EXACT or (missed < STALLED and missed > 0.5 * before):
            return True
        before = missed
        for element in range(elements):
            matrix[element, element] += ridge + 1e-3 * min(missed, 1.0)
        if not lu_solve(matrix, right):
            return False
        if not largest(right, 0, elements) < FAR:
            return False
        length = 1.0
        if gas >= 0 and there[gas]:
            for row in range(gases):
                rise = dot(formula, row, right)
                room = MAY_MOVE - np.log(min(max(point.share[row], 1e-300), 1.0))
                if rise * length > room:
                    length = room / rise
        for element in range(elements):
            point.potential[element] += length * right[element]
        for place in range(rows.size):
            point.amount[rows[place]] += length * right[elements + place] * point.weight[rows[place]]
    return False


@compiled
def shares(formula: Array, gases: int, gibbs: Array, point: Point) -> None:
    """Write the mole fractions that the potentials give, not scaled to a sum of one."""
    for row in range(gases):
        exponent = dot(formula, row, point.potential) - gibbs[row]
        point.share[row] = np.exp(min(exponent, 50.0))


@compiled
def assemble(
    formula: Array,
    gases: int,
    gibbs: Array,
    feed: Array,
    point: Point,
    rows: npt.NDArray[np.intp],
    matrix: Array,
    right: Array,
) -> None:
    """Write Newton's equations: balances of the elements, each over its feed, then the condition of each phase."""
    elements = feed.size
    fill(matrix.reshape(matrix.size), 0.0)
    fill(right, 0.0)
    shares(formula, gases, gibbs, point)
    for element in range(elements):
        right[element] = 1.0
    for place in range(rows.size):
        row, column = rows[place], elements + place
        held = point.amount[row]
        if row >= gases:
            right[column] = gibbs[row] - dot(formula, row, point.potential)
            for element in range(elements):
                atoms = formula[row, element]
                right[element] -= held * atoms / feed[element]
                matrix[element, column] = atoms * point.weight[row] / feed[element]
                matrix[column, element] = atoms
            continue
        right[column] = 1.0
        for gas in range(gases):
            share = point.share[gas]
            right[column] -= share
            for element in range(elements):
                atoms = formula[gas, element]
                if atoms == 0.0:
                    continue
                right[element] -= held * share * atoms / feed[element]
                matrix[element, column] += share * atoms * point.weight[row] / feed[element]
                matrix[column, element] += share * atoms
                for other in range(elements):
                    matrix[element, other] += held * share * atoms * formula[gas, other] / feed[element]
