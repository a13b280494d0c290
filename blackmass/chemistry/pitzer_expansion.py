"""Pitzer's expansion of one liquor, compiled: coefficients, activity of water and their derivatives."""

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from blackmass.chemistry.pitzer_functions import debye_hueckel_energy, integral, shielding, unsymmetric
from blackmass.chemistry.pitzer_parameters import REFERENCE, Parameters
from blackmass.numerics.compiled import compiled
from blackmass.species import molar_mass

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]
DILUTE = 1e-12  # mol/kg, ionic strength below which derivatives are those at this one
MASS = float(molar_mass("H2O"))  # kg/mol
HIGHEST = 8  # charge
ROUND = 0.2  # mol/kg over which the liquor comes to be held
GROUPS, PAIRS, TRIPLES, UNLIKE = range(4)  # of `Virial.count`
BETA2, BETA1, CONSTANT, THIRD = range(4)  # rows of `Virial.pair`
CHARGE, SIGN, HALF, AMOUNT, TILT, CUBED, LN_GAMMA, SLOPE, ACROSS = range(9)  # rows of `Virial.group`
B, STRENGTH, SHARE, HELD, COLDEST, HOTTEST = range(6)  # of `Parameters.limits`


class Virial(NamedTuple):
    """The coefficients of the groups that a liquor holds, at its temperature, and what is found for it."""

    count: Index  # (4,) groups, pairs, triples, pairs of unlike ions
    pair: Array  # (4, pairs)
    pairs: Index  # (pairs, 4)
    triple: Array  # (triples,)
    triples: Index  # (triples, 3)
    group: Array  # (9, groups) charge and its sign, half its square, molality and sums, ln gamma, slope of ln water
    hessian: Array  # (groups, groups) derivatives of ln gamma by molality
    place: Index  # (groups,) of all groups among those held, or -1
    shielding: Array  # (alphas, 3)
    mixing: Array  # (charges, charges, 3)


def virial(given: Parameters) -> Virial:
    """Return room for a liquor."""
    groups, pairs, triples = given.charges.size, len(given.pairs), len(given.triples)
    return Virial(
        count=np.zeros(4, np.int64),
        pair=np.zeros((4, pairs)),
        pairs=np.zeros((pairs, 4), np.int64),
        triple=np.zeros(triples),
        triples=np.zeros((triples, 3), np.int64),
        group=np.zeros((9, groups)),
        hessian=np.zeros((groups, groups)),
        place=np.zeros(groups, np.int64),
        shielding=np.zeros((given.alpha.size, 3)),
        mixing=np.zeros((HIGHEST, HIGHEST, 3)),
    )


@compiled
def at_temperature(given: Parameters, part: Virial, kelvin: float) -> None:
    """Fill in the coefficients of the groups whose `place` is not negative, numbered from zero."""
    term = np.empty(6)
    term[0], term[1] = 1.0, 1 / kelvin - 1 / REFERENCE
    term[2], term[3] = math.log(kelvin / REFERENCE), kelvin - REFERENCE
    term[4], term[5] = kelvin**2 - REFERENCE**2, 1 / kelvin**2 - 1 / REFERENCE**2
    place = part.place
    groups = 0
    for group in range(place.size):
        if place[group] >= 0:
            at = place[group]
            part.group[CHARGE, at] = abs(given.charges[group])
            part.group[SIGN, at] = np.sign(given.charges[group])
            part.group[HALF, at] = 0.5 * given.charges[group] ** 2
            groups += 1
    pairs = unlike = triples = 0
    for row in range(given.pairs.shape[0]):
        left, right = place[given.pairs[row, 0]], place[given.pairs[row, 1]]
        if left < 0 or right < 0:
            continue
        part.pairs[pairs, 0], part.pairs[pairs, 1] = left, right
        part.pairs[pairs, 2], part.pairs[pairs, 3] = given.pairs[row, 2], given.pairs[row, 3]
        beta2 = beta1 = constant = third = 0.0
        for k in range(6):
            beta2 += given.beta2[row, k] * term[k]
            beta1 += given.beta1[row, k] * term[k]
            constant += given.constant[row, k] * term[k]
            third += given.third[row, k] * term[k]
        part.pair[BETA2, pairs], part.pair[BETA1, pairs] = beta2, beta1
        part.pair[CONSTANT, pairs], part.pair[THIRD, pairs] = constant, third
        pairs += 1
        unlike += row < given.unlike
    for row in range(given.triples.shape[0]):
        one, two = place[given.triples[row, 0]], place[given.triples[row, 1]]
        three = place[given.triples[row, 2]]
        if one < 0 or two < 0 or three < 0:
            continue
        part.triples[triples, 0], part.triples[triples, 1], part.triples[triples, 2] = one, two, three
        value = 0.0
        for k in range(6):
            value += given.triple[row, k] * term[k]
        part.triple[triples] = value
        triples += 1
    part.count[GROUPS], part.count[PAIRS], part.count[TRIPLES], part.count[UNLIKE] = groups, pairs, triples, unlike


@compiled
def _mixing(given: Parameters, part: Virial, strength: float, slope: float, highest: int) -> None:
    """Fill in the electrostatic mixing terms of all charges up to the highest."""
    scale = 6 * slope * math.sqrt(strength)
    for one in range(1, highest):
        first = integral(given.spline, scale * one * one)
        for other in range(one + 1, highest + 1):
            own = integral(given.spline, scale * one * other)
            second = integral(given.spline, scale * other * other)
            found = unsymmetric(own, first, second, 1.0 * one * other, strength)
            for k in range(3):
                part.mixing[one, other, k] = part.mixing[other, one, k] = found[k]


@compiled
def expand(given: Parameters, part: Virial, slope: float) -> float:
    """Evaluate the expansion at the molalities AMOUNT, and return ln of the activity of water.

    `slope` is :math:`A_\\phi`. Written are LN_GAMMA, SLOPE and the Hessian.
    """
    group, hessian = part.group, part.hessian
    groups, pairs, triples = part.count[GROUPS], part.count[PAIRS], part.count[TRIPLES]
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
    energy, first, second = debye_hueckel_energy(strength, slope, given.limits[B])
    for k in range(given.alpha.size):
        found = shielding(strength, given.alpha[k])
        part.shielding[k, 0], part.shielding[k, 1], part.shielding[k, 2] = found[0], found[1], found[2]
    cubic = 0.0
    for row in range(pairs):
        left, right = part.pairs[row, 0], part.pairs[row, 1]
        two, one = part.shielding[part.pairs[row, 2]], part.shielding[part.pairs[row, 3]]
        beta2, beta1, third = part.pair[BETA2, row], part.pair[BETA1, row], part.pair[THIRD, row]
        value = part.pair[CONSTANT, row] + beta1 * one[0] + beta2 * two[0]
        bend = beta1 * one[1] + beta2 * two[1]
        product = 2 * m[left] * m[right]
        energy += value * product
        first += bend * product
        second += (beta1 * one[2] + beta2 * two[2]) * product
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
                    term = part.mixing[int(charge[i]), int(charge[j])]
                    product = 2 * m[i] * m[j]
                    energy += term[0] * product
                    first += term[1] * product
                    second += term[2] * product
                    ln_gamma[i] += 2 * term[0] * m[j]
                    ln_gamma[j] += 2 * term[0] * m[i]
                    tilt[i] += 2 * term[1] * m[j]
                    tilt[j] += 2 * term[1] * m[i]
                    hessian[i, j] += 2 * term[0]
                    hessian[j, i] += 2 * term[0]
    for row in range(triples):
        a, b, c = part.triples[row, 0], part.triples[row, 1], part.triples[row, 2]
        value = part.triple[row]
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
def held(given: Parameters, part: Virial, slope: float, most: float) -> tuple[float, bool]:
    """Evaluate the expansion, held in strong liquors; return ln of the activity of water and whether it is held.

    Above `most` mol of solutes in a kilogram of water, and above the ionic strength of the parameters, coefficients are
    those of the liquor diluted to the limit, and water follows as in an ideal solution. The way there is rounded, so
    that all derivatives are continuous up to the first.
    """
    group, hessian = part.group, part.hessian
    groups = part.count[GROUPS]
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
    if share * strength > given.limits[HELD]:
        share, fall = given.limits[HELD] / strength, 0.0
        by_strength = -share / strength
    if share == 1.0:
        return expand(given, part, slope), False
    for i in range(groups):
        group[AMOUNT, i] *= share
    ln_water = expand(given, part, slope)
    along = 0.0
    for i in range(groups):
        group[AMOUNT, i] /= share
        along += group[SLOPE, i] * group[AMOUNT, i]
    for i in range(groups):
        radial = 0.0
        for j in range(groups):
            radial += hessian[i, j] * group[AMOUNT, j]
        group[ACROSS, i] = radial
    for i in range(groups):
        change = fall + by_strength * group[HALF, i]
        for j in range(groups):
            hessian[j, i] = share * hessian[j, i] + group[ACROSS, j] * change
        group[SLOPE, i] = share * group[SLOPE, i] + along * change - MASS * (1 - share - total * change)
    return ln_water - MASS * total * (1 - share), total > most * (1 + 1e-9)


@compiled
def outside(given: Parameters, part: Virial, kelvin: float, proper: Array) -> bool:
    """Whether a liquor is out of the range of the model; `proper` (groups,) are the molalities without stand-ins."""
    group, limit = part.group, given.limits
    celsius = kelvin - 273.15
    strength = positive = negative = known = 0.0
    for i in range(part.count[GROUPS]):
        carried = group[CHARGE, i] * group[AMOUNT, i]
        strength += group[HALF, i] * group[AMOUNT, i]
        positive += carried * (group[SIGN, i] > 0)
        negative += carried * (group[SIGN, i] < 0)
    for row in range(part.count[UNLIKE]):
        left, right = part.pairs[row, 0], part.pairs[row, 1]
        known += group[CHARGE, left] * proper[left] * group[CHARGE, right] * proper[right]
    products = positive * negative
    strange = products > 0 and 1 - known / products > limit[SHARE]
    return (
        strange
        or strength > limit[STRENGTH]
        or celsius < limit[COLDEST] - 1e-9
        or celsius > limit[HOTTEST] + 1e-9
    )
