"""Smallest Gibbs energy of a gas and pure condensed phases: the search along the central path, for one case."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from blackmass.numerics.compiled import compiled

Array = npt.NDArray[np.float64]
MOST_STEPS = 120
NEAR = 1e-12  # of each phase's largest amount times RT, where the search ends
TIGHT = 1e-6  # of each element, what its balance may miss there
SHORTEN = 0.9
START = 0.1  # complementarity, over RT, from which on the gas is one phase
BEHIND = 1e-3  # complementarity that waits for balances that miss more than it by this factor
MAY_RISE = 1.0  # largest change of a potential in one step, in RT, before the step is halved in size


class Point(NamedTuple):
    """Where a search is. The gas as a whole stands in the row of its last species.

    Parameters
    ----------
    potential, mean : array (elements,), potentials over RT and the mean formula of the gas
    share : array (gases,), mole fractions before they are scaled to one
    amount, slack, weight, turn, change : array (species,)
        Of each phase: how much, how far from stable, the most there can be, and the steps of slack and amount.
    """

    potential: Array
    mean: Array
    share: Array
    amount: Array
    slack: Array
    weight: Array
    turn: Array
    change: Array


@compiled
def ln_sum(formula: Array, gases: int, gibbs: Array, potential: Array, share: Array) -> float:
    """Return ln of the sum of the gas species' mole fractions at element potentials, and their `share` of the sum."""
    highest = -np.inf
    for gas in range(gases):
        exponent = -gibbs[gas]
        for element in range(potential.size):
            exponent += formula[gas, element] * potential[element]
        share[gas] = exponent
        highest = max(highest, exponent)
    total = 0.0
    for gas in range(gases):
        share[gas] = np.exp(share[gas] - highest)
        total += share[gas]
    for gas in range(gases):
        share[gas] /= total
    return highest + np.log(total)


@compiled
def cholesky_solve(matrix: Array, right: Array) -> None:
    """Solve a symmetric positive system in place, scaled to a unit diagonal; tiny pivots are raised."""
    count = right.size
    scale = np.empty(count)
    for row in range(count):
        scale[row] = 1.0 / np.sqrt(max(matrix[row, row], 1e-300))
    for row in range(count):
        for column in range(row + 1):
            matrix[row, column] *= scale[row] * scale[column]
        right[row] *= scale[row]
    for pivot in range(count):
        value = matrix[pivot, pivot] + 1e-14
        for inner in range(pivot):
            value -= matrix[pivot, inner] ** 2
        root = np.sqrt(max(value, 1e-14))
        matrix[pivot, pivot] = root
        for row in range(pivot + 1, count):
            value = matrix[row, pivot]
            for inner in range(pivot):
                value -= matrix[row, inner] * matrix[pivot, inner]
            matrix[row, pivot] = value / root
    for row in range(count):
        value = right[row]
        for inner in range(row):
            value -= matrix[row, inner] * right[inner]
        right[row] = value / matrix[row, row]
    for back in range(count):
        row = count - 1 - back
        value = right[row]
        for inner in range(row + 1, count):
            value -= matrix[inner, row] * right[inner]
        right[row] = value / matrix[row, row]
    for row in range(count):
        right[row] *= scale[row]


@compiled
def begin(formula: Array, gibbs: Array, feed: Array, point: Point) -> None:
    """Begin at potentials at which nothing is stable, every species counting as a phase of its own."""
    species, elements = formula.shape
    fill(point.potential, np.inf)
    for row in range(species):
        atoms, most = 0.0, np.inf
        for element in range(elements):
            if formula[row, element] > 0.0:
                atoms += formula[row, element]
                most = min(most, feed[element] / formula[row, element])
        point.weight[row] = most
        for element in range(elements):
            if formula[row, element] > 0.0:
                point.potential[element] = min(point.potential[element], gibbs[row] / atoms - 1.0)
    for row in range(species):
        point.slack[row] = gibbs[row] - dot(formula, row, point.potential)
        point.amount[row] = point.weight[row]


@compiled
def mix(formula: Array, gases: int, gibbs: Array, point: Point) -> None:
    """Gather the gases, phases of their own so far, in one ideal gas in the row of the last."""
    gas = gases - 1
    for row in range(gas):
        point.amount[gas] += point.amount[row]
        point.weight[gas] = max(point.weight[gas], point.weight[row])
    pressure = ln_sum(formula, gases, gibbs, point.potential, point.share)
    point.slack[gas] = max(-pressure, START * point.weight[gas] / point.amount[gas])


@compiled
def copy(source: npt.NDArray[Any], target: npt.NDArray[Any]) -> None:
    """Write an array over another; slices take long to compile."""
    for place in range(source.size):
        target[place] = source[place]


@compiled
def fill(target: Array, value: float) -> None:
    """Write one value all over an array."""
    for place in range(target.size):
        target[place] = value


@compiled
def largest(values: Array, begin: int, end: int) -> float:
    """Return the largest size of some values; not a number where one is none."""
    found = 0.0
    for place in range(begin, end):
        if not abs(values[place]) <= found:
            found = abs(values[place])
    return found


@compiled
def dot(formula: Array, row: int, vector: Array) -> float:
    """Return the product of one species' formula with a vector that begins with the elements."""
    total = 0.0
    for element in range(formula.shape[1]):
        total += formula[row, element] * vector[element]
    return total


@compiled
def add_gas(formula: Array, gases: int, gibbs: Array, point: Point, matrix: Array) -> float:
    """Add the curvature of the gas to the matrix, find its mean formula; return how far its condition misses."""
    elements = formula.shape[1]
    value = ln_sum(formula, gases, gibbs, point.potential, point.share)
    fill(point.mean, 0.0)
    for gas in range(gases):
        for element in range(elements):
            point.mean[element] += point.share[gas] * formula[gas, element]
    for gas in range(gases):
        weight = point.amount[gases - 1] * point.share[gas]
        for element in range(elements):
            apart = weight * (formula[gas, element] - point.mean[element])
            for other in range(element + 1):
                matrix[element, other] += apart * (formula[gas, other] - point.mean[other])
    return value + point.slack[gases - 1]


@compiled
def add_phase(atoms: Array, row: int, barrier: float, point: Point, step: Array, matrix: Array) -> None:
    """Add one phase of formula `atoms` to Newton's equations for the potentials; `turn` holds how far it misses."""
    held, slack = point.amount[row], point.slack[row]
    pull = (barrier * point.weight[row] - held * slack + held * point.turn[row]) / slack
    for element in range(atoms.size):
        if atoms[element] != 0.0:
            step[element] -= atoms[element] * (held + pull)
            for other in range(element + 1):
                matrix[element, other] += held / slack * atoms[element] * atoms[other]


@compiled
def step_length(formula: Array, gases: int, barrier: float, point: Point, step: Array) -> float:
    """Turn the step of the potentials into those of slacks (`turn`) and amounts (`change`); return how far to go."""
    species, elements = formula.shape
    first = max(gases - 1, 0)
    length = 1.0
    for row in range(first, species):
        slope = dot(formula, row, step)
        if gases > 0 and row == first:
            slope = 0.0
            for element in range(elements):
                slope += point.mean[element] * step[element]
        held, slack = point.amount[row], point.slack[row]
        point.turn[row] = -point.turn[row] - slope
        point.change[row] = (barrier * point.weight[row] - held * slack - held * point.turn[row]) / slack
        if point.turn[row] < 0.0:
            length = min(length, -SHORTEN * slack / point.turn[row])
        if point.change[row] < 0.0:
            length = min(length, -SHORTEN * held / point.change[row])
    for gas in range(gases):
        rise = dot(formula, gas, step)
        for element in range(elements):
            rise -= point.mean[element] * step[element]
        room = MAY_RISE - np.log(max(point.share[gas], 1e-300))
        if length * rise > room:
            length = room / rise
    return length


@compiled
def search(formula: Array, gases: int, gibbs: Array, feed: Array, point: Point) -> int:
    """Find the minimum by a primal-dual interior point method; return the number of steps, negative if it failed.

    Dual to the smallest Gibbs energy, with element potentials l in RT, is

    .. math:: \\max b \\cdot l, \\quad a_k \\cdot l \\le g_k \\text{ (condensed)}, \\quad
              \\ln \\sum_j \\exp(a_j \\cdot l - g_j) \\le 0 \\text{ (gas)}

    a convex problem whose multipliers are the amounts. Newton's method on its conditions, with the complementarity of
    each phase n s = mu w led to zero, w being the most that the feed could make of the phase.

    The search begins with every gas as a phase of its own, which makes the problem linear, and turns to the ideal gas
    when it is near.

    Parameters
    ----------
    formula : array (species, elements), gases first
    gases : how many of them
    gibbs : array (species,), over RT, that of gases at the pressure
    feed : array (elements,), positive amounts that sum to about one
    point : overwritten

    Source: Wright, Primal-Dual Interior-Point Methods (1997), 10.1137/1.9781611971453.
    """
    begin(formula, gibbs, feed, point)
    count = 0
    for mixed in range(2):
        if mixed and gases > 0:
            mix(formula, gases, gibbs, point)
        more = descend(formula, gases * mixed, gibbs, feed, point, NEAR if mixed else START)
        if more < 0:
            return more
        count += more
    return count


@compiled
def descend(formula: Array, gases: int, gibbs: Array, feed: Array, point: Point, target: float) -> int:
    """Follow the central path until complementarity is below `target`; return the steps, negative if it failed."""
    species, elements = formula.shape
    first = max(gases - 1, 0)  # row that stands for the gas
    matrix, step = np.empty((elements, elements)), np.empty(elements)
    length, missed = 0.0, 0.0
    for count in range(MOST_STEPS):
        middle = 0.0
        for row in range(first, species):
            middle += point.amount[row] * point.slack[row] / point.weight[row]
        middle /= species - first
        barrier = middle * (0.03 if length > 0.8 else 0.5 if length > 0.3 else 1.0)
        if middle < BEHIND * missed:
            barrier = middle
        fill(matrix.reshape(matrix.size), 0.0)
        copy(feed, step)
        worst = 0.0
        if gases > 0:
            point.turn[first] = add_gas(formula, gases, gibbs, point, matrix)
            add_phase(point.mean, first, barrier, point, step, matrix)
        for row in range(gases, species):
            point.turn[row] = point.slack[row] - gibbs[row] + dot(formula, row, point.potential)
            add_phase(formula[row], row, barrier, point, step, matrix)
        for row in range(first, species):
            worst = max(worst, abs(point.turn[row]))
        missed = max(worst, unbalanced(formula, gases, feed, point))
        if middle < target and missed < max(TIGHT, 0.1 * target):
            return count
        cholesky_solve(matrix, step)
        length = step_length(formula, gases, barrier, point, step)
        for element in range(elements):
            point.potential[element] += length * step[element]
        for row in range(first, species):
            point.slack[row] += length * point.turn[row]
            point.amount[row] += length * point.change[row]
            if not (point.slack[row] > 0.0 and point.amount[row] > 0.0):
                return -1
    return -1


@compiled
def unbalanced(formula: Array, gases: int, feed: Array, point: Point) -> float:
    """Return the largest share of an element that the amounts miss."""
    worst = 0.0
    for element in range(feed.size):
        total = -feed[element]
        if gases > 0:
            total += point.amount[gases - 1] * point.mean[element]
        for row in range(gases, formula.shape[0]):
            total += point.amount[row] * formula[row, element]
        worst = max(worst, abs(total) / feed[element])
    return worst
