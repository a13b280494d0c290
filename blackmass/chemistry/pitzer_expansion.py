"""Pitzer's expansion of one liquor, compiled: coefficients, activity of water and their derivatives."""

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from blackmass.chemistry.pitzer_functions import debye_hueckel_energy, integral, shielding, unsymmetric
from blackmass.chemistry.pitzer_parameters import (
    ALPHA,
    ALPHAS,
    CHARGES,
    COLDEST,
    DRIES,
    FIRST_ALPHA,
    GROUPS,
    HELD,
    HOTTEST,
    LEFT,
    LIMITS,
    ONE,
    PAIRS,
    REFERENCE,
    RIGHT,
    SECOND,
    SECOND_ALPHA,
    SHARE,
    SIZES,
    STRENGTH,
    SYRUP,
    TRIPLE,
    TRIPLES,
    UNLIKE,
    B,
    Parameters,
)
from blackmass.numerics.compiled import compiled
from blackmass.species import molar_mass

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]
DILUTE = 1e-12  # mol/kg, ionic strength below which derivatives are those at this one
MASS = float(molar_mass("H2O"))  # kg/mol
HIGHEST = 6  # charge
MOST_GROUPS = 48
ROUND = 0.2  # mol/kg over which the liquor comes to be held
# rows of `Room.values`: of groups, of pairs, of triples, of alphas, of charges, and the derivatives of ln gamma
CHARGE, SIGN, HALF, AMOUNT, TILT, CUBED, LN_GAMMA, SLOPE, ACROSS = range(9)
BETA2, BETA1, KNOWN, CUBIC, PSI = range(9, 14)
SHIELD, MIXING, HESSIAN = 14, 17, 17 + 3 * (HIGHEST + 1)
VALUES = HESSIAN + MOST_GROUPS
# rows of `Room.places`: how many there are of each, where each group is or -1, pairs, triples
COUNT, PLACE, PAIR, TERNARY = 0, 1, 2, 6
PLACES = 9


class Room(NamedTuple):
    """The groups that a liquor holds with the coefficients at its temperature, and what is found for it, in rows.

    Values begin with absolute charge and its sign, half its square, molality, sums, ln gamma and the slope of ln water;
    solvers of liquors add rows of their own.
    """

    values: Array  # (rows, width)
    places: Index  # (rows, width)
    buffer: Array  # for matrices


def room(given: Parameters, values: int = VALUES, places: int = PLACES, buffer: int = 0) -> Room:
    """Return room for a liquor."""
    width = max(given.numbers.shape[1], MOST_GROUPS)
    return Room(np.zeros((values, width)), np.zeros((places, width), np.int64), np.zeros(buffer))


@compiled
def at_temperature(given: Parameters, part: Room, kelvin: float) -> None:
    """Fill in the coefficients of the groups whose place is not negative, numbered from zero."""
    numbers, known, values, places = given.numbers, given.places, part.values, part.places
    term = np.empty(6)
    term[0], term[1] = 1.0, 1 / kelvin - 1 / REFERENCE
    term[2], term[3] = math.log(kelvin / REFERENCE), kelvin - REFERENCE
    term[4], term[5] = kelvin**2 - REFERENCE**2, 1 / kelvin**2 - 1 / REFERENCE**2
    groups = pairs = unlike = triples = 0
    for group in range(known[SIZES, GROUPS]):
        at = places[PLACE, group]
        if at >= 0:
            values[CHARGE, at] = abs(numbers[CHARGES, group])
            values[SIGN, at] = np.sign(numbers[CHARGES, group])
            values[HALF, at] = 0.5 * numbers[CHARGES, group] ** 2
            groups += 1
    for row in range(known[SIZES, PAIRS]):
        left, right = places[PLACE, known[LEFT, row]], places[PLACE, known[RIGHT, row]]
        if left < 0 or right < 0:
            continue
        places[PAIR, pairs], places[PAIR + 1, pairs] = left, right
        places[PAIR + 2, pairs], places[PAIR + 3, pairs] = known[SECOND_ALPHA, row], known[FIRST_ALPHA, row]
        for kind in range(4):
            value = 0.0
            for k in range(6):
                value += numbers[SECOND + 6 * kind + k, row] * term[k]
            values[BETA2 + kind, pairs] = value
        pairs += 1
        unlike += row < known[SIZES, UNLIKE]
    for row in range(known[SIZES, TRIPLES]):
        possible, value = True, 0.0
        for k in range(3):
            places[TERNARY + k, triples] = places[PLACE, known[ONE + k, row]]
            possible = possible and places[TERNARY + k, triples] >= 0
        if possible:
            for k in range(6):
                value += numbers[TRIPLE + k, row] * term[k]
            values[PSI, triples] = value
            triples += 1
    places[COUNT, GROUPS], places[COUNT, PAIRS], places[COUNT, TRIPLES] = groups, pairs, triples
    places[COUNT, UNLIKE] = unlike


@compiled
def _mixing(given: Parameters, part: Room, strength: float, slope: float, highest: int) -> None:
    """Fill in the electrostatic mixing terms of all charges up to the highest."""
    scale = 6 * slope * math.sqrt(strength)
    for one in range(1, highest):
        first = integral(given.spline, scale * one * one)
        for other in range(one + 1, highest + 1):
            own = integral(given.spline, scale * one * other)
            second = integral(given.spline, scale * other * other)
            found = unsymmetric(own, first, second, 1.0 * one * other, strength)
            for k in range(3):
                part.values[MIXING + k * (HIGHEST + 1) + one, other] = found[k]
                part.values[MIXING + k * (HIGHEST + 1) + other, one] = found[k]


@compiled
def expand(given: Parameters, part: Room, slope: float) -> float:
    """Evaluate the expansion at the molalities AMOUNT, and return ln of the activity of water.

    `slope` is :math:`A_\\phi`. Written are LN_GAMMA, SLOPE and the Hessian.
    """
    group, places, hessian = part.values, part.places, part.values[HESSIAN:]
    groups, pairs, triples = places[COUNT, GROUPS], places[COUNT, PAIRS], places[COUNT, TRIPLES]
    charge, half, m = group[CHARGE], group[HALF], group[AMOUNT]
    ln_gamma, tilt, cubed = group[LN_GAMMA], group[TILT], group[CUBED]
    strength = equivalents = total = 0.0
    highest = 0
    for i in range(groups):
        strength += half[i] * m[i]
        equivalents += charge[i] * m[i]
        total += m[i]
        highest = max(highest, int(charge[i]))
        ln_gamma[i] = tilt[i] = cubed[i] = 0.0
        for j in range(groups):
            hessian[i, j] = 0.0
    strength = max(strength, DILUTE)
    energy, first, second = debye_hueckel_energy(strength, slope, given.numbers[LIMITS, B])
    for k in range(given.places[SIZES, ALPHAS]):
        found = shielding(strength, given.numbers[ALPHA, k])
        group[SHIELD, k], group[SHIELD + 1, k], group[SHIELD + 2, k] = found[0], found[1], found[2]
    cubic = 0.0
    for row in range(pairs):
        left, right, two, one = places[PAIR, row], places[PAIR + 1, row], places[PAIR + 2, row], places[PAIR + 3, row]
        beta2, beta1, third = group[BETA2, row], group[BETA1, row], group[CUBIC, row]
        value = group[KNOWN, row] + beta1 * group[SHIELD, one] + beta2 * group[SHIELD, two]
        bend = beta1 * group[SHIELD + 1, one] + beta2 * group[SHIELD + 1, two]
        product = 2 * m[left] * m[right]
        energy += value * product
        first += bend * product
        second += (beta1 * group[SHIELD + 2, one] + beta2 * group[SHIELD + 2, two]) * product
        ln_gamma[left] += 2 * value * m[right]
        ln_gamma[right] += 2 * value * m[left]
        tilt[left] += 2 * bend * m[right]
        tilt[right] += 2 * bend * m[left]
        cubed[left] += third * m[right]
        cubed[right] += third * m[left]
        cubic += third * product
        hessian[left, right] += 2 * value + equivalents * third
        hessian[right, left] += 2 * value + equivalents * third
    energy += 0.5 * equivalents * cubic
    if highest > 1:
        _mixing(given, part, strength, slope, highest)
        for i in range(groups):
            for j in range(i):
                if group[SIGN, i] * group[SIGN, j] > 0 and charge[i] != charge[j]:
                    at, other = MIXING + int(charge[i]), int(charge[j])
                    value, bend = group[at, other], group[at + HIGHEST + 1, other]
                    product = 2 * m[i] * m[j]
                    energy += value * product
                    first += bend * product
                    second += group[at + 2 * (HIGHEST + 1), other] * product
                    ln_gamma[i] += 2 * value * m[j]
                    ln_gamma[j] += 2 * value * m[i]
                    tilt[i] += 2 * bend * m[j]
                    tilt[j] += 2 * bend * m[i]
                    hessian[i, j] += 2 * value
                    hessian[j, i] += 2 * value
    for row in range(triples):
        a, b, c = places[TERNARY, row], places[TERNARY + 1, row], places[TERNARY + 2, row]
        value = group[PSI, row]
        energy += value * m[a] * m[b] * m[c]
        ln_gamma[a] += value * m[b] * m[c]
        ln_gamma[b] += value * m[a] * m[c]
        ln_gamma[c] += value * m[a] * m[b]
        hessian[a, b] += value * m[c]
        hessian[b, a] += value * m[c]
        hessian[a, c] += value * m[b]
        hessian[c, a] += value * m[b]
        hessian[b, c] += value * m[a]
        hessian[c, b] += value * m[a]
    weighted = 0.0
    for i in range(groups):
        ln_gamma[i] += half[i] * first + equivalents * cubed[i] + 0.5 * charge[i] * cubic
        weighted += m[i] * ln_gamma[i]
        tilt[i] += 0.5 * half[i] * second
    for i in range(groups):
        fall = 1.0
        for j in range(groups):
            hessian[i, j] += half[i] * tilt[j] + half[j] * tilt[i] + charge[i] * cubed[j] + charge[j] * cubed[i]
            fall += m[j] * hessian[i, j]
        group[SLOPE, i] = -MASS * fall
    return -MASS * (total + weighted - energy)


@compiled
def held(given: Parameters, part: Room, slope: float, most: float) -> float:
    """Evaluate the expansion, held in strong liquors; return ln of the activity of water.

    Above `most` mol of solutes in a kilogram of water, and above the ionic strength of the parameters, coefficients are
    those of the liquor diluted to the limit. The activity of water goes on falling by a power of the solutes, low
    enough that hydrates get less soluble as the liquor gets stronger; in a syrup it falls as in an ideal solution, so
    that a liquor remains however little water there is. All is continuous up to the first derivatives.
    """
    group, hessian, limit = part.values, part.values[HESSIAN:], given.numbers[LIMITS]
    groups = part.places[COUNT, GROUPS]
    total = strength = 0.0
    for i in range(groups):
        total += group[AMOUNT, i]
        strength += group[HALF, i] * group[AMOUNT, i]
    share, fall, by_strength = 1.0, 0.0, 0.0
    beyond = total - most + ROUND
    if beyond > 0:
        kept, grows = most - 0.5 * ROUND, 0.0
        if beyond < ROUND:
            kept, grows = total - beyond**2 / (2 * ROUND), 1 - beyond / ROUND
        share = kept / total
        fall = (grows - share) / total
    if share * strength > limit[HELD]:
        share, fall = limit[HELD] / strength, 0.0
        by_strength = -share / strength
    for i in range(groups):
        group[AMOUNT, i] *= share
    ln_water = expand(given, part, slope)
    if share == 1.0:
        return ln_water
    along = 0.0
    for i in range(groups):
        group[AMOUNT, i] /= share
        along += group[SLOPE, i] * group[AMOUNT, i]
    for i in range(groups):
        radial = 0.0
        for j in range(groups):
            radial += hessian[i, j] * group[AMOUNT, j]
        group[ACROSS, i] = radial
    syrup = max(0.0, total / limit[SYRUP] - 1)
    dries, ideal = limit[DRIES], MASS * min(syrup, 1.0)
    for i in range(groups):
        change = fall + by_strength * group[HALF, i]
        for j in range(groups):
            hessian[j, i] = share * hessian[j, i] + group[ACROSS, j] * change
        group[SLOPE, i] = share * group[SLOPE, i] + (along + dries / share) * change - ideal
    ideal = MASS * limit[SYRUP] * (0.5 * syrup**2 if syrup < 1 else syrup - 0.5)
    return ln_water + dries * math.log(share) - ideal


@compiled
def outside(given: Parameters, part: Room, kelvin: float, proper: Array, most: float) -> bool:
    """Whether a liquor is out of the range of the model; `proper` (groups,) are the molalities without stand-ins."""
    group, limit = part.values, given.numbers[LIMITS]
    celsius = kelvin - 273.15
    total = strength = positive = negative = known = 0.0
    for i in range(part.places[COUNT, GROUPS]):
        carried = group[CHARGE, i] * group[AMOUNT, i]
        total += group[AMOUNT, i]
        strength += group[HALF, i] * group[AMOUNT, i]
        positive += carried * (group[SIGN, i] > 0)
        negative += carried * (group[SIGN, i] < 0)
    for row in range(part.places[COUNT, UNLIKE]):
        left, right = part.places[PAIR, row], part.places[PAIR + 1, row]
        known += group[CHARGE, left] * proper[left] * group[CHARGE, right] * proper[right]
    products = positive * negative
    strange = products > 0 and 1 - known / products > limit[SHARE]
    strange = strange or total > most * (1 + 1e-9)
    return strange or strength > limit[STRENGTH] or celsius < limit[COLDEST] - 1e-9 or celsius > limit[HOTTEST] + 1e-9
