"""Charged surface of hydrous oxides: sites that protons, sulfate and metals share, under its potential."""

import numpy as np
import numpy.typing as npt

from blackmass.numerics.compiled import compiled

Array = npt.NDArray[np.float64]
FAR = 40.0  # potential in thermal volts that no surface reaches
STRONG = 0  # kind of site that takes no sulfate
STEPS = 100
DONE = 1e-15
EVEN = 1e-13  # change of the potential at which it is found


@compiled
def bind(
    proton: Array,
    sulfate: Array,
    screen: Array,
    warm: Array,
    acidity: Array,
    constant: Array,
    sites: Array,
    demand: Array,
    ratio: Array,
    taken: Array,
) -> None:
    """Write into `taken` (metals, cases) what surface sites bind in each case [mol/s].

    Parameters
    ----------
    proton, sulfate : array (cases,)
        Activities.
    screen : array (cases,) [mol/s]
        Charge of the diffuse layer at sinh(y/2) = 1; zero where there is no surface or no liquor.
    warm : array (cases,)
        Factor on the constant of a reaction that binds a proton, its inverse for one that sets one free.
    acidity : array (4,)
        Constants of >OH2+, >O-, >SO4- and >OHSO4-2.
    constant : array (kinds, metals)
        Constants of >OM+.
    sites : array (kinds, cases) [mol/s]
    demand : array (metals, cases) [mol/s]
        Dissolved metal.
    ratio : array (metals, cases) [s/mol]
        Activity of the free ion over the dissolved metal.
    """
    for case in range(proton.size):
        if not (screen[case] > 0.0 and proton[case] > 0.0):
            continue
        low, high = -FAR, FAR
        at_low = _charge(low, case, proton, sulfate, screen, warm, acidity, constant, sites, demand, ratio, taken)
        at_high = _charge(high, case, proton, sulfate, screen, warm, acidity, constant, sites, demand, ratio, taken)
        kept = 0
        for _ in range(STEPS):
            chord = high - low < 0.5  # sinh is too steep for one from afar
            middle = (low * at_high - high * at_low) / (at_high - at_low) if chord else 0.5 * (low + high)
            here = _charge(middle, case, proton, sulfate, screen, warm, acidity, constant, sites, demand, ratio, taken)
            side = 1 if here > 0.0 else -1
            shift = middle - low if side > 0 else high - middle
            again = chord and side == kept
            if side > 0:
                low, at_low = middle, here
                at_high = 0.5 * at_high if again else at_high
            else:
                high, at_high = middle, here
                at_low = 0.5 * at_low if again else at_low
            kept = side if chord else 0
            if here == 0.0 or shift <= EVEN:
                break


@compiled
def _charge(
    potential: float,
    case: int,
    proton: Array,
    sulfate: Array,
    screen: Array,
    warm: Array,
    acidity: Array,
    constant: Array,
    sites: Array,
    demand: Array,
    ratio: Array,
    taken: Array,
) -> float:
    """Return the charge of the surface less that of its diffuse layer, and write what it binds."""
    up = np.exp(potential)
    active = proton[case] * warm[case]
    protonated = acidity[0] * active / up
    bare = acidity[1] / active * up
    single = acidity[2] * active * sulfate[case] * up
    double = acidity[3] * sulfate[case] * up * up
    charge = -screen[case] * np.sinh(0.5 * potential)
    for metal in range(demand.shape[0]):
        taken[metal, case] = 0.0
    for kind in range(sites.shape[0]):
        open_to = 0.0 if kind == STRONG else 1.0
        whole = 1.0 + protonated + bare + open_to * (single + double)
        own = (protonated - bare - open_to * (single + 2.0 * double)) / whole
        free = _free(kind, case, active * up * whole, constant, sites, demand, ratio, taken)
        charge += free * own
        for metal in range(demand.shape[0]):
            reach = constant[kind, metal] * ratio[metal, case] / (active * up * whole) * free
            bound = max(demand[metal, case] - taken[metal, case], 0.0) * reach / (1.0 + reach)
            taken[metal, case] += bound
            charge += bound
    return charge


@compiled
def _free(
    kind: int,
    case: int,
    weight: float,
    constant: Array,
    sites: Array,
    demand: Array,
    ratio: Array,
    taken: Array,
) -> float:
    """Return the sites of a kind that no metal holds: Newton's method from zero climbs to the only root."""
    free = 0.0
    for _ in range(STEPS):
        missing, slope = sites[kind, case] - free, 1.0
        for metal in range(demand.shape[0]):
            affinity = constant[kind, metal] * ratio[metal, case] / weight
            bound = 1.0 + affinity * free
            most = max(demand[metal, case] - taken[metal, case], 0.0) * affinity
            missing -= most * free / bound
            slope += most / (bound * bound)
        step = missing / slope
        free = max(free + step, 0.0)
        if abs(step) <= DONE * free + 1e-300:
            break
    return free
