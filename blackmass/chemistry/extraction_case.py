"""One case of an extraction circuit as compiled loops see it: what enters each stage, and the constants there."""

from typing import NamedTuple, get_type_hints

import numpy as np
import numpy.typing as npt

from blackmass.chemistry.extraction import extractant, extractant_names, weak_acids
from blackmass.numerics.cascade import Layout
from blackmass.numerics.compiled import compiled

Array = npt.NDArray[np.float64]
LN10 = float(np.log(10.0))
FEED, SCRUB, STRIP = range(3)
_MOST_CARRIED = 0.99
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


METALS = max(len(extractant(name).metals) for name in extractant_names())
ANIONS, STAGES = len(weak_acids()[0]), 30


class Case:
    """One circuit, with only the metals that it holds; a record of `_CASE`."""

    metals: int
    edge: int  # last stage of scrubbing, else of extraction
    stages: int
    extraction: int
    sodium: int  # which metal is, or -1
    hold: int
    targeted: int
    closed: float
    carried: float
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
    rows: npt.NDArray[np.int64]
    log_k: Array
    charge: Array
    adduct: Array
    entering: Array
    efficiency: Array
    volume: Array
    per_litre: Array
    protons: Array
    acid_protons: Array
    acids: Array
    acid_acids: Array
    beta: Array
    log_water: Array
    log_gamma: Array


_WHOLE = ("metals", "edge", "stages", "extraction", "sodium", "hold", "targeted")
_SHAPES: dict[str, tuple[int, ...]] = {
    "rows": (METALS,), "log_k": (METALS,), "charge": (METALS,), "adduct": (METALS,), "entering": (3, METALS),
    "efficiency": (METALS, STAGES), "volume": (STAGES,), "per_litre": (STAGES,), "protons": (STAGES,),
    "acid_protons": (STAGES,), "acids": (STAGES, ANIONS), "acid_acids": (ANIONS,), "beta": (STAGES, ANIONS, 3),
    "log_water": (STAGES,), "log_gamma": (STAGES,),
}  # fmt: skip
_CASE = np.dtype(
    (
        np.record,
        [(n, np.int64 if n in (*_WHOLE, "rows") else np.float64, _SHAPES.get(n, ())) for n in get_type_hints(Case)],
    )
)


@compiled
def layout_of(case: Case, recycled: float, approach: float) -> Layout:
    """Return the cascade of a circuit, with a share of the organic recycled and a factor to the efficiency."""
    return Layout(case.edge, case.stages, recycled, case.carried, approach)


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
def read_case(given: Given, chemistry: Chemistry, number: int, case: Case) -> None:
    """Gather one case.

    The aqueous phase of a stage holds a fixed part (`volume`, `protons`, `acids`), and a part per litre of strip acid.
    """
    edge, numbers = given.extraction + given.scrub - 1, given.numbers[:, number]
    case.edge, case.stages, case.extraction = edge, given.extraction + given.scrub + given.strip, given.extraction
    case.closed, case.targeted = 1.0 if given.closed else 0.0, 1 if np.isfinite(numbers[_PH]) else 0
    case.hold = case.targeted if given.hold else 0
    case.organic, case.concentration = numbers[_PER_LITRE], numbers[_MOLARITY]
    case.capacity, case.target, case.saponified = case.organic * case.concentration, numbers[_PH], numbers[_SAPONIFIED]
    case.alkali_volume, case.strip_ratio, case.strip_floor = numbers[_ALKALI], numbers[_RATIO], numbers[_FLOOR]
    case.per_unit, case.crossover = chemistry.per_unit, chemistry.crossover
    source = SCRUB if given.scrub else FEED
    case.carried = 0.0
    if given.strip and given.volume[source, number] > 0:
        case.carried = min(numbers[_CARRIED] * case.organic / given.volume[source, number], _MOST_CARRIED)
    _read_metals(given, chemistry, number, case)
    for anion in range(ANIONS):
        case.acid_acids[anion] = given.acids[STRIP, anion, number]
    for j in range(case.stages):
        case.volume[j], case.protons[j] = 0.0, 0.0
        for anion in range(ANIONS):
            case.acids[j, anion] = 0.0
        strength = 0.0
        for liquor in range(2):
            part = _part(given, case, source, liquor, j)
            case.volume[j] += part * given.volume[liquor, number]
            case.protons[j] += part * given.charge[liquor, number]
            strength += part * given.volume[liquor, number] * given.strength[liquor, number]
            for anion in range(ANIONS):
                case.acids[j, anion] += part * given.acids[liquor, anion, number]
        strips = j > edge
        case.per_litre[j] = given.volume[STRIP, number] if strips else 0.0
        case.acid_protons[j] = given.charge[STRIP, number] if strips else 0.0
        if strips:
            strength = given.strength[STRIP, number]
        elif case.volume[j] > 0:
            strength /= case.volume[j]
        case.log_water[j], case.log_gamma[j] = proton_constants(strength, chemistry, case.beta[j])
        wet = case.volume[j] + case.per_litre[j] > 0
        for m in range(case.metals):
            row = case.rows[m]
            rate = chemistry.rate_in[row] if j < given.extraction else chemistry.rate_out[row]
            case.efficiency[m, j] = 1 - (1 - numbers[_EFFICIENCY]) ** rate if wet else 0.0


@compiled
def _part(given: Given, case: Case, source: int, liquor: int, j: int) -> float:
    """Return the share of the feed or the scrub liquor that is in a stage."""
    if j == case.edge + 1:
        return case.carried if liquor == source else 0.0
    if j > case.edge or (liquor == FEED and j >= given.extraction):
        return 0.0
    return 1.0 - case.carried if liquor == source and j < case.edge else 1.0


@compiled
def _read_metals(given: Given, chemistry: Chemistry, number: int, case: Case) -> None:
    """Gather the metals that are there, and sodium."""
    case.metals, case.sodium, case.normality = 0, -1, given.charge[STRIP, number]
    for row in range(chemistry.charge.size):
        amount = given.metals[FEED, row, number] + given.metals[SCRUB, row, number] + given.metals[STRIP, row, number]
        if amount > 0 or row == chemistry.sodium:
            m = case.metals
            if row == chemistry.sodium:
                case.sodium = m
            case.rows[m], case.log_k[m], case.charge[m] = row, chemistry.log_k[row], chemistry.charge[row]
            case.adduct[m] = chemistry.adduct[row]
            for liquor in range(3):
                case.entering[liquor, m] = given.metals[liquor, row, number]
            case.normality -= case.charge[m] * case.entering[STRIP, m]
            case.metals += 1


class Desk:
    """Places for the numbers of one iterate; a record of `_DESK`."""

    store: Array
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
    residual: Array
    change: Array
    ends: Array
    up: Array  # sums over the metals, weighted by z z, z a, z, a a, a
    down: Array  # likewise in the aqueous phase; the last two, for which nothing there asks, stay zero


_UNKNOWNS = 2 * STAGES + 2
_PLACES: dict[str, tuple[int, ...]] = {
    "store": (METALS, 10, STAGES), "share": (METALS, STAGES), "rest": (METALS, STAGES), "rising": (METALS, STAGES),
    "falling": (METALS, STAGES), "residual": (_UNKNOWNS,), "change": (STAGES, STAGES + 2), "ends": (3, STAGES + 2),
    "up": (5, STAGES, STAGES + 2), "down": (5, STAGES, STAGES + 2),
}  # fmt: skip
_DESK = np.dtype((np.record, [(n, np.float64, _PLACES.get(n, (STAGES,))) for n in get_type_hints(Desk)]))


class System(NamedTuple):
    """The linear system of one step: matrix (unknowns, unknowns), two right sides (unknowns, 2)."""

    matrix: Array
    right: Array


def blank_case() -> Case:
    """Return a case to fill."""
    return np.zeros(1, _CASE)[0]  # type: ignore[no-any-return]


def clear_desk() -> Desk:
    """Return a desk to work on."""
    return np.zeros(1, _DESK)[0]  # type: ignore[no-any-return]


def system_of(stages: int) -> System:
    """Return the places for a linear system."""
    return System(np.zeros((2 * stages + 2, 2 * stages + 2)), np.zeros((2 * stages + 2, 2)))
