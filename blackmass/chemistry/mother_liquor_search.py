"""The equilibrium of a liquor with its crystals, for one case: Newton's method, interior points without a start."""

import math

import numpy as np

from blackmass.chemistry import mother_liquor_tables as of
from blackmass.chemistry.mother_liquor_step import (
    all_water,
    balances,
    change_salts,
    drift,
    molalities,
    newton,
    slack,
)
from blackmass.chemistry.pitzer_expansion import AMOUNT as IN_GROUP
from blackmass.chemistry.pitzer_expansion import COUNT, MASS, Room, held
from blackmass.chemistry.pitzer_parameters import GROUPS, Parameters
from blackmass.chemistry.speciation import MOLES_PER_KG
from blackmass.numerics.compiled import compiled
from blackmass.numerics.dense import lu_solve

INNER = 150  # steps towards the equilibrium at constant coefficients
OUTER = 400  # of these, with coefficients relaxed between
LONGEST = 4.0  # change of a logarithm in one step
BOUNDARY = 0.99  # share of the way to where a salt or its undersaturation would be gone
FINE, ROUGH = 1e-9, 1e-6  # of amounts times undersaturation; of the balances
STEPS = 25  # of Newton's method on everything
NEAR = 1e-9  # error before its last step, which leaves about its square
CHANGES = 12  # of the set of salts that are there
SOON = 1.0  # change of a coefficient from which on Newton's method is tried
OFTEN = 8  # turns after which it is tried in any case
RELAXED, LEAST, MOSTLY, FASTER = 0.7, 0.02, 3.0, 1.3  # share of it that is taken, at first, at least, at most; growth
NEUTRAL = -16.0  # ln activity of H+
ALKALINE = -32.0  # ln ion product of water
SWEEPS, SHORT = 25, 0.4  # of components levelled at first, and how far towards it
DRIED, EXACT = -30.0, 1e-11  # ln of the kilograms of water below which there is no liquor left; error of balances then
FIRST, AGAIN = 0.1, 1e-3  # of a salt at the beginning, against the most of it; when begun again


@compiled
def equilibrium(given: Parameters, room: Room, near: bool) -> bool:
    """Find the equilibrium; return whether it is found.

    From `near` it Newton's method on everything finds it, salts coming and going. Without a start, or where that fails:
    with the activity coefficients constant, and water as in an ideal solution, the equilibrium is the minimum of a
    convex function, which a primal-dual interior-point method finds whatever the liquor. The coefficients are brought
    up by relaxation, which ends in thermodynamically stable states only; as soon as they change by little, Newton's
    method is tried from there. Where the first salt is to rule the water, that is found from near only. A liquor
    whose salts take all its water ends as crystals, whose activities are of no meaning.
    """
    values, places = room.values, room.places
    steps = changes = turn = 0
    tried = False
    share = RELAXED
    if not near:
        begin(room)
    while turn < OUTER:
        if not near and not tried:
            if not interior(room):
                return False
            if values[of.SCALARS, of.LN_KILOGRAMS] < DRIED:  # crystals only
                molalities(room)
                return True
        molalities(room)
        water = held(given, room, values[of.SCALARS, of.SLOPE], values[of.SCALARS, of.HELD])
        largest = drift(room)
        if not near:
            turn += 1
            if not tried and (largest < SOON or turn % OFTEN == 0):
                keep(room, True)
                near, steps, changes = True, 0, 0
                for phase in range(places[COUNT, of.FREE], places[COUNT, of.PHASES]):
                    places[of.THERE, phase] = values[of.AMOUNT, phase] > values[of.SLACK, phase]
                    values[of.AMOUNT, phase] *= places[of.THERE, phase]
                continue
            share = max(LEAST, 0.5 * share) if turns_back(room) else min(MOSTLY, FASTER * share)
            tried = False
            relax(room, share, water)
            continue
        error = newton(room, water)
        steps += 1
        lost = not error < np.inf or steps > STEPS
        if change_salts(room, error):
            changes += 1
            lost = lost or changes > CHANGES
        elif error < NEAR:
            return True
        if lost and places[COUNT, of.RULED]:
            return False
        if lost:
            near, tried = False, turn > 0
            if tried:
                keep(room, False)
            else:
                begin(room)
    return False


@compiled
def begin(room: Room) -> None:
    """Start from all components as free ions in an ideal solution."""
    values, places = room.values, room.places
    count, kilograms = places[COUNT, of.BALANCES], values[of.SCALARS, of.WATER] / MOLES_PER_KG
    for group in range(places[COUNT, GROUPS]):
        values[of.ASSUMED, group] = values[of.EARLIER, group] = 0.0
    total = 0.0
    for row in range(count):
        dissolved = values[of.TOTAL, row] / kilograms
        total += max(dissolved, 0.0)
        value = NEUTRAL
        if dissolved > 0:
            value = math.log(dissolved)
        elif dissolved < 0:
            value = ALKALINE - math.log(-dissolved)
        values[of.LN_ACTIVITY, row] = value
    values[of.SCALARS, of.IDEAL] = 0.0
    values[of.SCALARS, of.LN_WATER] = -MASS * total
    values[of.SCALARS, of.LN_KILOGRAMS] = math.log(kilograms)
    for _ in range(SWEEPS):
        molalities(room)
        _level(room, kilograms)
    for phase in range(places[COUNT, of.FREE], places[COUNT, of.PHASES]):
        values[of.AMOUNT, phase] = FIRST
        values[of.SLACK, phase] = max(1.0, slack(room, phase))


@compiled
def _level(room: Room, kilograms: float) -> None:
    """Move each activity towards where what the species hold of a component is what there is."""
    values, places = room.values, room.places
    for row in range(places[COUNT, of.BALANCES]):
        values[of.SCALE, row] = max(values[of.TOTAL, row] / kilograms, 0.0)
        values[of.RESIDUAL, row] = max(-values[of.TOTAL, row] / kilograms, 0.0)
    for row in range(places[COUNT, of.SOLUTES]):
        for k in range(of.MOST):
            component = places[of.WHERE + k, row]
            if component >= 0:
                taken = values[of.CONTENT + k, row] * values[of.MOLALITY, row]
                values[of.RESIDUAL, component] += max(taken, 0.0)
                values[of.SCALE, component] += max(-taken, 0.0)
    for row in range(places[COUNT, of.BALANCES]):
        if values[of.SCALE, row] > 0 and values[of.RESIDUAL, row] > 0:
            way = math.log(values[of.SCALE, row] / values[of.RESIDUAL, row])
            values[of.LN_ACTIVITY, row] += min(max(SHORT * way, -LONGEST), LONGEST)


@compiled
def interior(room: Room) -> bool:
    """Find the equilibrium at constant coefficients; return whether it is found."""
    values, places = room.values, room.places
    count, free, phases = places[COUNT, of.BALANCES], places[COUNT, of.FREE], places[COUNT, of.PHASES]
    last = count + 1
    for phase in range(free, phases):
        values[of.AMOUNT, phase] = max(values[of.AMOUNT, phase], AGAIN)
        values[of.SLACK, phase] = max(values[of.SLACK, phase], AGAIN)
    barrier, share = np.inf, 1.0
    for _ in range(INNER):
        gap = 0.0
        order = count + 2
        for phase in range(free, phases):
            gap += values[of.AMOUNT, phase] * values[of.SLACK, phase] / (phases - free)
            order += values[of.AMOUNT, phase] > values[of.SLACK, phase]
        barrier = max(min(barrier, gap) * (0.1 if share > 0.7 else 0.6), 0.1 * FINE)
        molalities(room)
        matrix, right = room.buffer[: order * order].reshape(order, order), np.zeros(order)
        error = balances(room, matrix)
        lacking = values[of.SCALARS, of.WATER] - all_water(room)
        left = abs(lacking)
        for row in range(count):
            right[row] = values[of.RESIDUAL, row]
            left = max(left, abs(right[row]))
        right[count] = lacking
        if values[of.SCALARS, of.LN_KILOGRAMS] < DRIED and left < EXACT * values[of.SCALARS, of.WATER]:
            return True
        error = max(error, abs(lacking) / values[of.SCALARS, of.WATER])
        _ideal_water(room, matrix, right)
        error = max(error, abs(right[last]))
        error = max(error, _salts(room, matrix, right, barrier))
        if gap < FINE and error < ROUGH:
            return True
        if not error < np.inf or not lu_solve(matrix, right):
            return False
        share = _advance(room, right, barrier)
        if not share > 0:
            return False
    return False


@compiled
def _ideal_water(room: Room, matrix: np.ndarray, right: np.ndarray) -> None:
    """Fill in that the activity of water falls as in an ideal solution."""
    values, places = room.values, room.places
    count = places[COUNT, of.BALANCES]
    last, scale = count + 1, MASS * math.exp(-values[of.SCALARS, of.LN_KILOGRAMS])
    total = 0.0
    for row in range(places[COUNT, of.SOLUTES]):
        total += values[of.MOLALITY, row]
    for group in range(places[COUNT, GROUPS]):
        for column in range(count):
            matrix[last, column] += scale * values[of.TAKEN + column, group]
        matrix[last, last] += scale * values[of.TAKEN + count, group]
    matrix[last, last] += 1.0
    right[last] = values[of.SCALARS, of.IDEAL] - values[of.SCALARS, of.LN_WATER] - MASS * total


@compiled
def _salts(room: Room, matrix: np.ndarray, right: np.ndarray, barrier: float) -> float:
    """Fill in amount times undersaturation of each salt; return the worst error of the undersaturation.

    A salt of which there is little against its undersaturation is eliminated.
    """
    values, places = room.values, room.places
    count = places[COUNT, of.BALANCES]
    last, at, worst = count + 1, count + 2, 0.0
    for phase in range(places[COUNT, of.FREE], places[COUNT, of.PHASES]):
        amount, free, size = values[of.AMOUNT, phase], values[of.SLACK, phase], values[of.SIZE, phase]
        hydration = values[of.HYDRATION, phase]
        off = free - slack(room, phase)
        worst = max(worst, abs(off))
        if amount > free:
            for column in range(count):
                matrix[at, column] = -values[of.NEEDS + column, phase]
                matrix[column, at] = values[of.NEEDS + column, phase] * size
            matrix[at, last] = -hydration
            matrix[count, at] = hydration * size
            matrix[at, at] = free / amount
            right[at] = barrier / amount - free + off
            at += 1
            continue
        grows, ratio = size * (barrier / free - amount + amount * off / free), size * amount / free
        for row in range(count + 1):
            taken = values[of.NEEDS + row, phase] if row < count else hydration
            if taken != 0.0:
                right[row] -= taken * grows
                for column in range(count):
                    matrix[row, column] += taken * ratio * values[of.NEEDS + column, phase]
                matrix[row, last] += taken * ratio * hydration
    return worst


@compiled
def _advance(room: Room, step: np.ndarray, barrier: float) -> float:
    """Take a step that leaves some of each salt and of its undersaturation; return the share of it."""
    values, places = room.values, room.places
    count = places[COUNT, of.BALANCES]
    last, at, longest = count + 1, count + 2, 0.0
    for row in range(count + 2):
        longest = max(longest, abs(step[row]))
    if not longest < np.inf:
        return 0.0
    share = min(1.0, LONGEST / max(longest, 1e-300))
    for phase in range(places[COUNT, of.FREE], places[COUNT, of.PHASES]):
        amount, free = values[of.AMOUNT, phase], values[of.SLACK, phase]
        falls = values[of.HYDRATION, phase] * step[last]
        for column in range(count):
            falls += values[of.NEEDS + column, phase] * step[column]
        less = free - slack(room, phase) + falls
        if amount > free:
            change = step[at]
            at += 1
        else:
            change = (barrier - amount * free + amount * less) / free
        values[of.MOVE, phase] = change
        if change < 0:
            share = min(share, -BOUNDARY * amount / change)
        if less > 0:
            share = min(share, BOUNDARY * free / less)
    for phase in range(places[COUNT, of.FREE], places[COUNT, of.PHASES]):
        falls = values[of.HYDRATION, phase] * step[last]
        for column in range(count):
            falls += values[of.NEEDS + column, phase] * step[column]
        less = values[of.SLACK, phase] - slack(room, phase) + falls
        values[of.AMOUNT, phase] += share * values[of.MOVE, phase]
        values[of.SLACK, phase] -= share * less
    for row in range(count):
        values[of.LN_ACTIVITY, row] += share * step[row]
    values[of.SCALARS, of.LN_KILOGRAMS] += share * step[count]
    values[of.SCALARS, of.LN_WATER] += share * step[last]
    return share


@compiled
def turns_back(room: Room) -> bool:
    """Whether the coefficients turn back on the way that they took last; the way is remembered."""
    values = room.values
    along = 0.0
    for group in range(room.places[COUNT, GROUPS]):
        along += values[of.EARLIER, group] * values[of.DRIFT, group]
        values[of.EARLIER, group] = values[of.DRIFT, group]
    return along < 0


@compiled
def relax(room: Room, share: float, water: float) -> None:
    """Take a share of the change of the coefficients, activities of the components held."""
    values, places = room.values, room.places
    total = 0.0
    for group in range(places[COUNT, GROUPS]):
        values[of.ASSUMED, group] += share * values[of.DRIFT, group]
        total += values[IN_GROUP, group]
    values[of.SCALARS, of.IDEAL] += share * (water + MASS * total - values[of.SCALARS, of.IDEAL])


@compiled
def keep(room: Room, save: bool) -> None:
    """Save where the solver stands, or go back there."""
    values = room.values
    for k in range(2):
        if save:
            values[of.SAVED, k] = values[of.SCALARS, of.LN_KILOGRAMS + k]
        else:
            values[of.SCALARS, of.LN_KILOGRAMS + k] = values[of.SAVED, k]
    for k in range(4):
        kept, row = of.SAVED + 1 + k, of.LN_ACTIVITY if k == 0 else (of.ASSUMED if k == 1 else of.AMOUNT + k - 2)
        for column in range(values.shape[1]):
            if save:
                values[kept, column] = values[row, column]
            else:
                values[row, column] = values[kept, column]
