"""One case of an extraction circuit as compiled loops see it: what enters each stage, and the constants there."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from blackmass.numerics.cascade import Cascade, Layout, cascade
from blackmass.numerics.compiled import compiled

Array = npt.NDArray[np.float64]
LN10 = float(np.log(10.0))
FEED, SCRUB, STRIP = range(3)
GIVEN = (
    "organic", "concentration", "efficiency", "pH", "saponified", "alkali_volume", "strip_ratio", "strip_floor",
    "carried",
)  # fmt: skip
"""Rows of `Given.numbers`: fields of `extraction_setup.Circuit`."""
_PER_LITRE, _MOLARITY, _EFFICIENCY, _PH, _SAPONIFIED, _ALKALI, _RATIO, _FLOOR, _CARRIED = range(len(GIVEN))


class Chemistry(NamedTuple):
    """An extractant, arrays of (metals,), and the buffering anions, (anions, 3) by protons bound."""

    log_k: Array
    charge: Array
    adduct: Array
    rate_in: Array
    rate_out: Array
    per_unit: float
    crossover: float
    sodium: int
    log_beta: Array
    squares: Array


class Given(NamedTuple):
    """Circuits of equal stages, for all cases; liquors are feed, scrub and strip acid."""

    extraction: int
    scrub: int
    strip: int
    hold: bool
    closed: bool
    numbers: Array  # (9, cases)
    volume: Array  # (3, cases)
    charge: Array
    strength: Array
    metals: Array  # (3, metals, cases)
    acids: Array  # (3, anions, cases)


class Case(NamedTuple):
    """One circuit, with only the metals that it holds; arrays of (stages,) and (metals,) unless said otherwise."""

    layout: Layout
    extraction: int
    hold: bool
    targeted: bool
    organic: float
    concentration: float
    capacity: float
    target: float
    saponified: float
    alkali_volume: float
    strip_ratio: float
    strip_floor: float
    normality: float
    per_unit: float
    crossover: float
    sodium: int
    rows: npt.NDArray[np.intp]
    log_k: Array
    charge: Array
    adduct: Array
    entering: Array  # (3 liquors, metals)
    efficiency: Array  # (metals, stages)
    volume: Array
    per_litre: Array
    protons: Array
    acid_protons: Array
    acids: Array  # (stages, anions)
    acid_acids: Array  # (anions,)
    beta: Array  # (stages, anions, 3)
    log_water: Array
    log_gamma: Array


@compiled
def proton_constants(strength: float, chemistry: Chemistry, beta: Array) -> tuple[float, float]:
    """Fill in beta (anions, 3) at an ionic strength [mol/L], and return ln of the water's product and of gamma H+."""
    root = np.sqrt(strength)
    term = LN10 * 0.509 * root / (1 + 1.5 * root)
    for anion in range(beta.shape[0]):
        for k in range(3):
            beta[anion, k] = np.exp(chemistry.log_beta[anion, k] + chemistry.squares[anion, k] * term)
    return -14.0 * LN10 + 2 * term, -term


@compiled
def read_case(given: Given, chemistry: Chemistry, number: int) -> Case:
    """Gather one case.

    The aqueous phase of a stage holds a fixed part (`volume`, `protons`, `acids`), and a part per litre of strip acid.
    """
    edge, count = given.extraction + given.scrub - 1, given.extraction + given.scrub + given.strip
    numbers = given.numbers[:, number].copy()
    organic = numbers[_PER_LITRE]
    source = SCRUB if given.scrub else FEED
    spill = 0.0
    if given.strip and given.volume[source, number] > 0:
        spill = min(numbers[_CARRIED] * organic / given.volume[source, number], 0.99)
    anions, present = given.acids.shape[1], np.zeros(chemistry.charge.size, dtype=np.intp)
    metals, sodium = 0, -1
    for m in range(chemistry.charge.size):
        amount = 0.0
        for liquor in range(3):
            amount += given.metals[liquor, m, number]
        if amount > 0 or m == chemistry.sodium:
            if m == chemistry.sodium:
                sodium = metals
            present[metals] = m
            metals += 1
    rows = present[:metals]
    # shares of the liquors in each stage
    fixed = np.zeros((count, 2))
    for j in range(count):
        if j < given.extraction:
            fixed[j, FEED] = 1.0 if given.scrub or j == edge else 1 - spill
        if j <= edge:
            fixed[j, SCRUB] = 1.0 if j == edge else 1 - spill
        elif j == edge + 1:
            fixed[j, source] = spill
    entering, efficiency = np.empty((3, metals)), np.zeros((metals, count))
    volume, per_litre, protons, acid_protons, acids = (
        np.zeros(count), np.zeros(count), np.zeros(count), np.zeros(count), np.zeros((count, anions)),
    )  # fmt: skip
    beta, log_water, log_gamma = np.empty((count, anions, 3)), np.empty(count), np.empty(count)
    for j in range(count):
        strength = 0.0
        for liquor in range(2):
            part = fixed[j, liquor]
            volume[j] += part * given.volume[liquor, number]
            protons[j] += part * given.charge[liquor, number]
            strength += part * given.volume[liquor, number] * given.strength[liquor, number]
            for anion in range(anions):
                acids[j, anion] += part * given.acids[liquor, anion, number]
        if j > edge:
            per_litre[j], acid_protons[j] = given.volume[STRIP, number], given.charge[STRIP, number]
            strength = given.strength[STRIP, number]
        elif volume[j] > 0:
            strength /= volume[j]
        log_water[j], log_gamma[j] = proton_constants(strength, chemistry, beta[j])
        wet = volume[j] + per_litre[j] > 0
        for m in range(metals):
            rate = chemistry.rate_in[rows[m]] if j < given.extraction else chemistry.rate_out[rows[m]]
            efficiency[m, j] = 1 - (1 - numbers[_EFFICIENCY]) ** rate if wet else 0.0
    normality = given.charge[STRIP, number]
    for m in range(metals):
        for liquor in range(3):
            entering[liquor, m] = given.metals[liquor, rows[m], number]
        normality -= chemistry.charge[rows[m]] * entering[STRIP, m]
    targeted = np.isfinite(numbers[_PH])
    held = given.hold and targeted
    layout = Layout(edge, count, 1.0 if given.closed else 0.0, spill, 1.0)
    return Case(
        layout, given.extraction, held, targeted, organic,
        numbers[_MOLARITY], numbers[_MOLARITY] * organic, numbers[_PH], numbers[_SAPONIFIED], numbers[_ALKALI],
        numbers[_RATIO], numbers[_FLOOR], normality, chemistry.per_unit, chemistry.crossover, sodium, rows,
        chemistry.log_k[rows], chemistry.charge[rows], chemistry.adduct[rows], entering, efficiency, volume, per_litre,
        protons, acid_protons, acids, given.acids[STRIP, :, number].copy(), beta, log_water, log_gamma,
    )  # fmt: skip


class Desk(NamedTuple):
    """Places for the numbers of one iterate: arrays (metals, stages) or (stages,) unless said otherwise."""

    store: Array  # (metals, 11, stages, at least 8)
    share: Array
    rest: Array
    rising: Array
    falling: Array
    free: Array
    crowding: Array
    volume: Array
    equivalents: Array
    adducts: Array
    total: Array
    water: Array
    buffering: Array  # slope of the protons held to ln[H+]
    acid_gain: Array  # and to the strip acid
    fed: Array
    returned: Array
    residual: Array  # (unknowns,)
    right: Array  # (unknowns, 2)
    matrix: Array  # (unknowns, unknowns)
    change: Array  # (stages, stages + 2)
    ends: Array  # (3, stages + 2)
    up: Array  # (5, stages, stages + 2): sums over the metals, weighted by z z, z a, z, a a, a
    down: Array


@compiled
def clear_desk(metals: int, count: int) -> Desk:
    """Return a desk for circuits of so many metals and stages."""
    unknowns, wide = 2 * count + 2, max(count, 8)
    pair, line, plane = (metals, count), count, (count, count + 2)
    return Desk(
        np.zeros((metals, 10, wide)), np.zeros(pair), np.zeros(pair), np.zeros(pair), np.zeros(pair), np.zeros(line),
        np.zeros(line), np.zeros(line), np.zeros(line), np.zeros(line), np.zeros(line), np.zeros(line), np.zeros(line),
        np.zeros(line), np.zeros(line), np.zeros(line), np.zeros(unknowns), np.zeros((unknowns, 2)),
        np.zeros((unknowns, unknowns)), np.zeros(plane), np.zeros((3, count + 2)), np.zeros((5, count, count + 2)),
        np.zeros((5, count, count + 2)),
    )  # fmt: skip


@compiled
def cascade_of(desk: Desk, metal: int) -> Cascade:
    """Return the cascade of one metal on the desk."""
    return cascade(desk.store[metal])
