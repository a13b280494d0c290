"""Balances of one counter-current extraction circuit and their Jacobian, all stages together, compiled.

Unknowns, in order: ln[H+] in every stage, ln of the free extractant in every stage, alkali to saponification over the
extractant, ln of strip acid over the organic (by volume). Stages are numbered along the organic: from the raffinate
end of extraction, over its feed end, through scrubbing, to the last stage of stripping. Flows are per litre of feed,
amounts in mol.
"""

from typing import NamedTuple

import numpy as np

from blackmass.chemistry.extraction_case import ANIONS, FEED, LN10, SCRUB, STRIP, Array, Case, Desk
from blackmass.numerics.cascade import Layout, eliminate_cascade, flows, influence
from blackmass.numerics.compiled import compiled

MAX_SAPONIFICATION = 0.95
_CONTROL_SLOPE = 0.2
_WIDEST = 600.0
_NEUTRAL = 7.0
_BLUR = 0.05


class Point(NamedTuple):
    """What the residual found besides the profiles: of the controls, and of what the pH takes where it is held."""

    strip_volume: float
    alkali: float
    returned: float
    fraction: float
    controlled: float  # slopes of the dose to what the pH asks for, and of the strip acid to the load
    demanded: float


@compiled
def log_h_at(case: Case, pH: float, stage: int) -> float:
    """Return ln[H+] in a stage at a pH."""
    return -LN10 * pH - case.log_gamma[stage]


@compiled
def strip_demand(case: Case, loaded: float) -> float:
    """Strip volume per organic volume for the loaded equivalents [mol/L organic]; zero for an acid that takes none."""
    return case.strip_ratio * loaded / case.normality if case.normality > 0 else 0.0


@compiled
def residual(case: Case, layout: Layout, desk: Desk, w: Array) -> Point:
    """Fill in extractant and proton balances, saponification and strip acid, all of order one, at an iterate."""
    count, edge, organic, capacity = layout.stages, layout.edge, case.organic, case.capacity
    dose, strip_volume, out = w[2 * count], np.exp(w[2 * count + 1]) * organic, desk.residual
    _metals(case, layout, desk, w, dose, strip_volume)
    first = 0.0
    for j in range(count):
        bound = desk.equivalents[j] + case.per_unit * desk.crowding[j] * desk.adducts[j]
        desk.total[j] = (case.per_unit * desk.free[j] * organic + bound) / capacity
        out[count + j] = np.log(desk.total[j])
        held = _protons(case, layout, desk, w[j], strip_volume, j)
        held -= case.protons[j] + case.acid_protons[j] * strip_volume
        for m in range(case.metals):
            held += case.charge[m] * desk.falling[m, j]
        if j == 0:
            first = held
        out[j] = held / capacity
        if (case.hold and j < case.extraction) or not case.volume[j] + case.per_litre[j] > 0:
            out[j] = w[j] - log_h_at(case, case.target if case.targeted else _NEUTRAL, j)
    blur = _BLUR * (case.closed - layout.recycled + 1 - layout.approach)
    returned = layout.recycled * min(desk.equivalents[count - 1] / capacity, 1.0)
    fraction, controlled = 0.0 if case.targeted else case.saponified, 0.0
    out[2 * count] = dose - fraction * (1 - returned)
    if case.targeted and not case.hold:
        most = MAX_SAPONIFICATION * (1 - returned)
        aim = dose + _CONTROL_SLOPE * (w[0] - log_h_at(case, case.target, 0))
        above, slope_above = _positive(aim - most, blur)
        aimed, slope = _positive(aim, blur)
        out[2 * count] = dose - (aimed - above)
        fraction, controlled = MAX_SAPONIFICATION * slope_above, slope - slope_above
    wanted, demanded = 1.0, 0.0
    if edge + 1 < count:
        # more than the extractant can hold is no solution, and no measure for the acid
        asked = strip_demand(case, min(desk.equivalents[edge] / organic, case.concentration)) / case.strip_floor
        over, slope = _positive(asked - 1, blur)
        wanted = (1 + over) * case.strip_floor
        if desk.equivalents[edge] < capacity:
            demanded = slope * strip_demand(case, case.concentration) / wanted
    out[2 * count + 1] = w[2 * count + 1] - np.log(wanted)
    return Point(strip_volume, -first, returned, fraction, controlled, demanded)


@compiled
def _positive(value: float, blur: float) -> tuple[float, float]:
    """Return a value or zero, whichever is larger, with the corner rounded off, and its slope."""
    size = np.sqrt(value * value + blur * blur)
    return 0.5 * (value + size), 0.5 * (1 + value / size) if size > 0 else 0.0


@compiled
def _metals(case: Case, layout: Layout, desk: Desk, w: Array, dose: float, strip_volume: float) -> None:
    """Flows of metal that leave each stage, and what they bind."""
    count, edge, strips = layout.stages, layout.edge, layout.edge + 1 < layout.stages
    for j in range(count):
        desk.free[j] = np.exp(w[count + j])
        desk.crowding[j] = desk.free[j] / (desk.free[j] + case.crossover)
        desk.volume[j] = case.volume[j] + case.per_litre[j] * strip_volume
        desk.equivalents[j], desk.adducts[j] = 0.0, 0.0
    desk.volume[0] += case.alkali_volume * dose * case.capacity
    for m in range(case.metals):
        z, a = case.charge[m], case.adduct[m]
        for j in range(count):
            ratio = case.organic / desk.volume[j] if desk.volume[j] > 0 else case.organic
            log_d = case.log_k[m] + z * (w[count + j] / case.per_unit - w[j] - case.log_gamma[j])
            log_d += a * np.log(desk.free[j] + case.crossover) + np.log(ratio)
            factor = np.exp(min(max(log_d, -_WIDEST), _WIDEST))
            desk.rest[m, j] = 1 / (1 + factor)
            desk.share[m, j] = factor * desk.rest[m, j]
        one = desk.store[m]
        eliminate_cascade(one, layout, desk.share[m], desk.rest[m], case.efficiency[m])
        desk.fed[:] = 0.0
        desk.fed[case.extraction - 1] += case.entering[FEED, m]
        if edge >= case.extraction:
            desk.fed[edge] += case.entering[SCRUB, m]
        if strips:
            desk.fed[count - 1] += case.entering[STRIP, m] * strip_volume
        entry = dose * case.capacity if m == case.sodium else 0.0
        flows(one, layout, desk.fed, entry, desk.rising[m], desk.falling[m], desk.returned)
        for j in range(count):
            desk.equivalents[j] += z * desk.rising[m, j]
            desk.adducts[j] += a * desk.rising[m, j]


@compiled
def _protons(case: Case, layout: Layout, desk: Desk, log_h: float, strip_volume: float, j: int) -> float:
    """Return the protons that the water and the weak acids of a stage hold [mol], and fill in the slopes."""
    h = np.exp(log_h)
    oh = np.exp(case.log_water[j] - log_h)
    desk.water[j] = h - oh
    held, slope, gain = (h - oh) * desk.volume[j], (h + oh) * desk.volume[j], (h - oh) * case.per_litre[j]
    acidic = 1.0 if j > layout.edge else 0.0
    for anion in range(ANIONS):
        one, two, three = case.beta[j, anion, 0] * h, case.beta[j, anion, 1] * h * h, case.beta[j, anion, 2] * h**3
        inverse = 1 / (1 + one + two + three)
        mean = (one + 2 * two + 3 * three) * inverse
        amount = case.acids[j, anion] + acidic * case.acid_acids[anion] * strip_volume
        held += amount * mean
        slope += amount * ((one + 4 * two + 9 * three) * inverse - mean * mean)
        gain += acidic * case.acid_acids[anion] * mean
    desk.buffering[j], desk.acid_gain[j] = slope, gain - case.acid_protons[j]
    return held


@compiled
def jacobian(case: Case, layout: Layout, desk: Desk, point: Point, matrix: Array) -> None:
    """Fill in the derivative of the residual where the residual was last found, (unknowns, unknowns)."""
    count, edge, capacity = layout.stages, layout.edge, case.capacity
    _moved(case, layout, desk, point.strip_volume)
    for j in range(count):
        row = count + j
        _gradient(case, layout, desk, desk.up, j, case.per_unit * desk.crowding[j], matrix[row])
        crowd = desk.crowding[j] * (1 - desk.crowding[j])
        matrix[row, row] += case.per_unit * (desk.free[j] * case.organic + crowd * desk.adducts[j]) / capacity
        matrix[row] /= desk.total[j]
        if (case.hold and j < case.extraction) or not case.volume[j] + case.per_litre[j] > 0:
            matrix[j] = 0.0
            matrix[j, j] = 1.0
            continue
        _gradient(case, layout, desk, desk.down, j, 0.0, matrix[j])
        matrix[j, j] += desk.buffering[j] / capacity
        matrix[j, 2 * count + 1] += desk.acid_gain[j] * point.strip_volume / capacity
        if j == 0:
            matrix[0, 2 * count] += desk.water[0] * case.alkali_volume
    dose, strip = 2 * count, 2 * count + 1
    matrix[dose] = 0.0
    if point.fraction > 0 and layout.recycled > 0 and desk.equivalents[count - 1] < capacity:
        _gradient(case, layout, desk, desk.up, count - 1, 0.0, matrix[dose])
        matrix[dose] *= point.fraction * layout.recycled
    matrix[dose, dose] += 1.0 - point.controlled
    matrix[dose, 0] -= _CONTROL_SLOPE * point.controlled
    matrix[strip] = 0.0
    if point.demanded > 0:
        _gradient(case, layout, desk, desk.up, edge, 0.0, matrix[strip])
        matrix[strip] *= -point.demanded
    matrix[strip, strip] += 1.0


@compiled
def _moved(case: Case, layout: Layout, desk: Desk, strip_volume: float) -> None:
    """Sums over the metals of what an exchange in each stage moves, (5 moments, stages, columns), over the capacity.

    Columns: each stage by its ln D; the metals of the strip acid; the alkali.
    """
    count, edge, strips = layout.stages, layout.edge, layout.edge + 1 < layout.stages
    for j in range(count):
        for k in range(count + 2):
            for moment in range(5):
                desk.up[moment, j, k] = 0.0
            for moment in range(3):
                desk.down[moment, j, k] = 0.0
    for m in range(case.metals):
        z, a, swing = case.charge[m], case.adduct[m], desk.fed
        for j in range(count):
            mixed = (desk.rising[m, j] + desk.falling[m, j]) * desk.share[m, j] * desk.rest[m, j]
            swing[j] = mixed * layout.approach * case.efficiency[m, j] / case.capacity
        top = case.entering[STRIP, m] * strip_volume / case.capacity if strips else 0.0
        entry = 1.0 if m == case.sodium else 0.0
        change, entering, in_edge = desk.change, desk.ends[0], desk.ends[1]
        influence(desk.store[m], layout, swing, top, entry, change, desk.ends)
        for j in range(count):
            below, high = change[j - 1] if j else entering, change[count - 1 if j > edge else edge]
            up = in_edge if j == edge and strips else change[j]
            part = 1 / (1 - layout.carried) if j == edge and strips else 1.0
            for k in range(count + 2):
                moved = up[k]
                desk.up[0, j, k] += z * z * moved
                desk.up[1, j, k] += z * a * moved
                desk.up[2, j, k] += z * moved
                desk.up[3, j, k] += a * a * moved
                desk.up[4, j, k] += a * moved
                moved = (below[k] - high[k]) * part
                desk.down[0, j, k] += z * z * moved
                desk.down[1, j, k] += z * a * moved
                desk.down[2, j, k] += z * moved
            if j > edge:
                desk.down[0, j, count] += z * z * top
                desk.down[1, j, count] += z * a * top
                desk.down[2, j, count] += z * top


@compiled
def _gradient(case: Case, layout: Layout, desk: Desk, moved: Array, j: int, held: float, out: Array) -> None:
    """Derivative of the sum over the metals of (z + held a) times their flow in stage `j`, to `out` (unknowns,)."""
    count, thinner = layout.stages, case.alkali_volume * case.capacity
    thinner = thinner / desk.volume[0] if desk.volume[0] > 0 else 0.0
    strip = moved[2, j, count] + held * moved[4, j, count]
    for k in range(count):
        by_charge = moved[0, j, k] + held * moved[1, j, k]
        by_adduct = moved[1, j, k] + held * moved[3, j, k]
        out[k] = -by_charge
        out[count + k] = by_charge / case.per_unit + desk.crowding[k] * by_adduct
        if k > layout.edge:  # thinned by more strip acid
            plain = moved[2, j, k] + held * moved[4, j, k]
            strip -= plain * (1 - case.volume[k] / desk.volume[k])
    alkali = moved[2, j, count + 1] + held * moved[4, j, count + 1]
    out[2 * count] = alkali - thinner * (moved[2, j, 0] + held * moved[4, j, 0])
    out[2 * count + 1] = strip
