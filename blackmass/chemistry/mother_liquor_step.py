"""The equations of a liquor with its crystals, and steps of Newton's method on them, compiled for one case."""

import math

import numpy as np
import numpy.typing as npt

from blackmass.chemistry import mother_liquor_tables as of
from blackmass.chemistry.pitzer_expansion import AMOUNT as IN_GROUP
from blackmass.chemistry.pitzer_expansion import COUNT, HESSIAN, PLACE, Room, at_temperature
from blackmass.chemistry.pitzer_expansion import LN_GAMMA as FOUND
from blackmass.chemistry.pitzer_expansion import SLOPE as DRIES
from blackmass.chemistry.pitzer_parameters import GROUP, GROUPS, REFERENCE, SIZES, Parameters
from blackmass.chemistry.speciation import MOLES_PER_KG
from blackmass.numerics.compiled import compiled
from blackmass.numerics.dense import lu_solve

Array = npt.NDArray[np.float64]
ABSENT = 1e-30  # mol/kg, or of the most of a salt, below which a component is not there
MAJOR = 1e-9  # mol/kg from which a group moves the activities of others within a step
STEEPEST = 300.0  # ln of a molality
LONGEST = 2.0  # change of a logarithm in one step
TINY = 1e-300
CLOSE = 1e-2  # error from which on it is looked which salts are there
LACKING = 0.2  # of a salt, against the most of it, at which it is taken away before


@compiled
def ln_constant(given: Parameters, row: int, column: int, kelvin: float) -> float:
    """Return ln K by van't Hoff with a constant change of heat capacity; see `Reaction.ln_k`."""
    warm = REFERENCE / kelvin
    straight = given.numbers[row, column] - given.numbers[row + 1, column] * (1 / kelvin - 1 / REFERENCE)
    return straight + given.numbers[row + 2, column] * (warm - 1 - math.log(warm))


@compiled
def enter(given: Parameters, room: Room, totals: Array, corrections: Array) -> None:
    """Take in a liquor: which species and salts it can hold, and their constants.

    `totals` (components,) are per kilogram of water [mol], `corrections` (salts,) the logarithms of the supersaturation
    at which they form. The scalars have been set.
    """
    values, places = room.values, room.places
    kelvin = values[of.SCALARS, of.KELVIN]
    place, groups = places[of.BALANCE_PLACE], places[PLACE]
    count = 0
    for component in range(totals.size):
        place[component] = -1
        if component == 0 or totals[component] > ABSENT:
            values[of.TOTAL, count] = totals[component]
            places[of.BALANCE, count] = component
            place[component] = count
            count += 1
    places[COUNT, of.BALANCES] = count
    for group in range(given.places[SIZES, GROUPS]):
        groups[group] = -1
    solutes = kinds = 0
    for row in range(given.places[SIZES, of.SPECIES_COUNT]):
        possible = True
        for k in range(of.MOST):
            component = given.places[of.COMPONENT + k, row]
            possible = possible and (component < 0 or place[component] >= 0)
        if not possible:
            continue
        group = given.places[GROUP, row]
        if groups[group] < 0:
            groups[group] = kinds
            kinds += 1
        places[of.SOLUTE, solutes], places[of.SOLUTE_GROUP, solutes] = row, groups[group]
        values[of.LN_K, solutes] = ln_constant(given, of.CONSTANTS, row, kelvin)
        values[of.BOUND, solutes] = given.numbers[of.WATERS, row]
        for k in range(of.MOST):
            component = given.places[of.COMPONENT + k, row]
            places[of.WHERE + k, solutes] = place[component] if component >= 0 else -1
            values[of.CONTENT + k, solutes] = given.numbers[of.CONTENTS + k, row]
        solutes += 1
    places[COUNT, of.SOLUTES] = solutes
    at_temperature(given, room, kelvin)
    phases = 0
    for row in range(given.places[SIZES, of.SALT_COUNT]):
        size = np.inf
        for component in range(totals.size):
            needed = given.numbers[of.SALTS + component, row]
            if needed > 0 and component > 0:
                size = min(size, max(totals[component], 0.0) / needed)
            if needed != 0 and place[component] < 0:
                size = 0.0
        if size <= ABSENT:
            continue
        places[of.SALT, phases], places[of.THERE, phases] = row, 0
        values[of.AMOUNT, phases] = 0.0
        values[of.SIZE, phases] = size
        values[of.HYDRATION, phases] = given.numbers[of.HYDRATIONS, row]
        values[of.SOLUBILITY, phases] = ln_constant(given, of.SALT_CONSTANTS, row, kelvin) + corrections[row]
        for component in range(totals.size):
            if place[component] >= 0:
                values[of.NEEDS + place[component], phases] = given.numbers[of.SALTS + component, row]
        phases += 1
    places[COUNT, of.PHASES] = phases


@compiled
def molalities(room: Room) -> None:
    """Find the molality of each species by mass action, and the sums of the groups."""
    values, places = room.values, room.places
    water = values[of.SCALARS, of.LN_WATER]
    for group in range(places[COUNT, GROUPS]):
        values[IN_GROUP, group] = 0.0
    for row in range(places[COUNT, of.SOLUTES]):
        group = places[of.SOLUTE_GROUP, row]
        value = values[of.LN_K, row] + values[of.BOUND, row] * water - values[of.ASSUMED, group]
        for k in range(of.MOST):
            if places[of.WHERE + k, row] >= 0:
                value += values[of.CONTENT + k, row] * values[of.LN_ACTIVITY, places[of.WHERE + k, row]]
        values[of.MOLALITY, row] = math.exp(min(value, STEEPEST))
        values[IN_GROUP, group] += values[of.MOLALITY, row]


@compiled
def drift(room: Room) -> float:
    """Find how far the coefficients of the groups are from those assumed; return the largest difference."""
    values = room.values
    largest = 0.0
    for group in range(room.places[COUNT, GROUPS]):
        values[of.DRIFT, group] = values[FOUND, group] - values[of.ASSUMED, group]
        largest = max(largest, abs(values[of.DRIFT, group]))
    return largest


@compiled
def slack(room: Room, phase: int) -> float:
    """Return ln of the undersaturation of a salt."""
    values, places = room.values, room.places
    value = values[of.SOLUBILITY, phase] - values[of.HYDRATION, phase] * values[of.SCALARS, of.LN_WATER]
    for balance in range(places[COUNT, of.BALANCES]):
        value -= values[of.NEEDS + balance, phase] * values[of.LN_ACTIVITY, balance]
    return value


@compiled
def balances(room: Room, matrix: Array) -> float:
    """Fill in the balances and their derivatives at constant coefficients; return the error of the worst.

    The unknowns are ln activities of the components, ln of the kilograms of water, ln of the activity of water; the
    balance of water is the row after those of the components. Residuals are what is wanting.
    """
    values, places = room.values, room.places
    count, kilograms = places[COUNT, of.BALANCES], math.exp(values[of.SCALARS, of.LN_KILOGRAMS])
    last = count + 1
    matrix[:] = 0.0
    for group in range(places[COUNT, GROUPS]):
        for column in range(last):
            values[of.TAKEN + column, group] = 0.0
    for column in range(count):
        values[of.RESIDUAL, column] = values[of.TOTAL, column]
        values[of.SCALE, column] = abs(values[of.TOTAL, column]) + TINY
    for row in range(places[COUNT, of.SOLUTES]):
        amount, bound, group = values[of.MOLALITY, row] * kilograms, values[of.BOUND, row], places[of.SOLUTE_GROUP, row]
        for k in range(of.MOST):
            component = places[of.WHERE + k, row]
            if component < 0:
                break
            taken = values[of.CONTENT + k, row] * amount
            values[of.RESIDUAL, component] -= taken
            values[of.SCALE, component] += abs(taken)
            values[of.TAKEN + component, group] += taken
            for other in range(of.MOST):
                if places[of.WHERE + other, row] < 0:
                    break
                matrix[component, places[of.WHERE + other, row]] += taken * values[of.CONTENT + other, row]
            matrix[component, count] += taken
            if bound != 0.0:
                matrix[component, last] += taken * bound
                matrix[count, component] += taken * bound
        if bound != 0.0:
            values[of.TAKEN + count, group] += bound * amount
            matrix[count, count] += bound * amount
            matrix[count, last] += bound * bound * amount
    matrix[count, count] += MOLES_PER_KG * kilograms
    error = 0.0
    for phase in range(places[COUNT, of.PHASES]):
        amount = values[of.AMOUNT, phase] * values[of.SIZE, phase]
        for column in range(count):
            taken = values[of.NEEDS + column, phase] * amount
            values[of.RESIDUAL, column] -= taken
            values[of.SCALE, column] += abs(taken)
    for column in range(count):
        error = max(error, abs(values[of.RESIDUAL, column]) / values[of.SCALE, column])
    return error


@compiled
def all_water(room: Room) -> float:
    """Return all water [mol]: free, in complexes and in crystals."""
    values, places = room.values, room.places
    kilograms = math.exp(values[of.SCALARS, of.LN_KILOGRAMS])
    water = MOLES_PER_KG * kilograms
    for row in range(places[COUNT, of.SOLUTES]):
        water += values[of.BOUND, row] * values[of.MOLALITY, row] * kilograms
    for phase in range(places[COUNT, of.PHASES]):
        water += values[of.HYDRATION, phase] * values[of.AMOUNT, phase] * values[of.SIZE, phase]
    return water


@compiled
def _coefficients(room: Room, work: Array) -> bool:
    """Find how the coefficients of the groups change with the unknowns: `bend` (groups, balances, water, constant).

    Written to the front of `work` is how the molalities of the major groups change; to the row MAJOR which they are.
    """
    values, places = room.values, room.places
    groups, count = places[COUNT, GROUPS], places[COUNT, of.BALANCES]
    majors = 0
    for group in range(groups):
        if values[IN_GROUP, group] > MAJOR:
            places[of.MAJOR, majors] = group
            majors += 1
    places[COUNT, of.MAJORS] = majors
    columns = count + 2
    change = work[: majors * columns].reshape(majors, columns)
    matrix = work[groups * columns : groups * columns + majors * majors].reshape(majors, majors)
    scale = math.exp(-values[of.SCALARS, of.LN_KILOGRAMS])
    for row in range(majors):
        group = places[of.MAJOR, row]
        for column in range(count):
            change[row, column] = values[of.TAKEN + column, group] * scale
        change[row, count] = values[of.TAKEN + count, group] * scale
        change[row, count + 1] = -values[IN_GROUP, group] * values[of.DRIFT, group]
        for column in range(majors):
            matrix[row, column] = values[IN_GROUP, group] * values[HESSIAN + group, places[of.MAJOR, column]]
        matrix[row, row] += 1.0
    if not lu_solve(matrix, work[: majors * columns]):
        return False
    for group in range(groups):
        for column in range(columns):
            value = 0.0
            for row in range(majors):
                value += values[HESSIAN + group, places[of.MAJOR, row]] * change[row, column]
            values[of.BEND + column, group] = value
        values[of.BEND + count + 1, group] += values[of.DRIFT, group]
    return True


@compiled
def newton(room: Room, activity: float) -> float:
    """Take a step of Newton's method with the salts that are there; return the error before it, infinite if it fails.

    Molalities and drift are known, and `activity` is ln of the activity of water by the model. Where the liquor
    is ruled the first salt is saturated, in the place of the balance of water.
    """
    values, places = room.values, room.places
    count, groups = places[COUNT, of.BALANCES], places[COUNT, GROUPS]
    there = 0
    for phase in range(places[COUNT, of.PHASES]):
        there += places[of.THERE, phase]
    water, last, order = count, count + 1, count + 2 + there
    matrix = room.buffer[: order * order].reshape(order, order)
    error = balances(room, matrix)
    right = np.zeros(order)
    work = np.empty(groups * (count + 2) + groups * groups)
    if not _coefficients(room, work):
        return np.inf
    majors, columns = places[COUNT, of.MAJORS], count + 2
    change = work[: majors * columns].reshape(majors, columns)
    for row in range(count + 1):
        right[row] = values[of.RESIDUAL, row] if row < count else values[of.SCALARS, of.WATER] - all_water(room)
        for group in range(groups):
            taken = values[of.TAKEN + row, group]
            if taken != 0.0:
                for column in range(count):
                    matrix[row, column] -= taken * values[of.BEND + column, group]
                matrix[row, last] -= taken * values[of.BEND + count, group]
                right[row] += taken * values[of.BEND + count + 1, group]
    matrix[last, last] = 1.0
    right[last] = activity - values[of.SCALARS, of.LN_WATER]
    error = max(error, abs(right[last]))
    for row in range(majors):
        dries = values[DRIES, places[of.MAJOR, row]]
        for column in range(count):
            matrix[last, column] -= dries * change[row, column]
        matrix[last, last] -= dries * change[row, count]
        right[last] += dries * change[row, count + 1]
    at = count + 2
    for phase in range(places[COUNT, of.PHASES]):
        if not places[of.THERE, phase]:
            continue
        size = values[of.SIZE, phase]
        for column in range(count):
            matrix[column, at] = values[of.NEEDS + column, phase] * size
            matrix[at, column] = values[of.NEEDS + column, phase]
        matrix[water, at] = values[of.HYDRATION, phase] * size
        matrix[at, last] = values[of.HYDRATION, phase]
        right[at] = slack(room, phase)
        error = max(error, abs(right[at]))
        at += 1
    if places[COUNT, of.RULED]:
        matrix[water, :] = 0.0
        for column in range(count):
            matrix[water, column] = values[of.NEEDS + column, 0]
        matrix[water, last] = values[of.HYDRATION, 0]
        right[water] = slack(room, 0)
        error = max(error, abs(right[water]))
    else:
        error = max(error, abs(values[of.SCALARS, of.WATER] - all_water(room)) / values[of.SCALARS, of.WATER])
    for group in range(groups):
        error = max(error, abs(values[of.DRIFT, group]))
    if not error < np.inf or not lu_solve(matrix, right):
        return np.inf
    return error if _move(room, right) else np.inf


@compiled
def _move(room: Room, step: Array) -> bool:
    """Take a step, shortened where it is too long; return whether all is finite."""
    values, places = room.values, room.places
    count, groups = places[COUNT, of.BALANCES], places[COUNT, GROUPS]
    last = count + 1
    longest = 0.0
    for row in range(last + 1):
        longest = max(longest, abs(step[row]))
    for group in range(groups):
        value = values[of.BEND + count + 1, group] + values[of.BEND + count, group] * step[last]
        for column in range(count):
            value += values[of.BEND + column, group] * step[column]
        values[of.DRIFT, group] = value
        longest = max(longest, abs(value))
    if not longest < np.inf:
        return False
    share = min(1.0, LONGEST / max(longest, TINY))
    for row in range(count):
        values[of.LN_ACTIVITY, row] += share * step[row]
    values[of.SCALARS, of.LN_KILOGRAMS] += share * step[count]
    values[of.SCALARS, of.LN_WATER] += share * step[last]
    for group in range(groups):
        values[of.ASSUMED, group] += share * values[of.DRIFT, group]
    at = last + 1
    for phase in range(places[COUNT, of.PHASES]):
        if places[of.THERE, phase]:
            values[of.AMOUNT, phase] += share * step[at]
            at += 1
    return True


@compiled
def change_salts(room: Room, error: float) -> bool:
    """Take away the salts of which there is less than nothing, or else add the one most supersaturated.

    That is judged by the error of the step before; far from the answer only what is clear is taken away.
    """
    values, places = room.values, room.places
    far = error > CLOSE
    least = LACKING if far else max(1e-13, 10 * error)
    worst, most, gone = -1, max(10 * error, 1e-12), False
    for phase in range(places[COUNT, of.FREE], places[COUNT, of.PHASES]):
        if places[of.THERE, phase]:
            if values[of.AMOUNT, phase] < -least:
                places[of.THERE, phase] = 0
                values[of.AMOUNT, phase] = 0.0
                gone = True
        elif not far:
            excess = -slack(room, phase)
            if excess > most:
                worst, most = phase, excess
    if gone or worst < 0:
        return gone
    places[of.THERE, worst] = 1
    return True
