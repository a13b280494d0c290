"""Flotation: how much of each material and size class rises with the bubbles, and how much follows the water."""

import functools

import numpy as np
import numpy.typing as npt

from blackmass import species
from blackmass.chemistry.breakage import BINDER_OF, POSITION, breakage
from blackmass.data.load import table
from blackmass.sizes import DIAMETER
from blackmass.stream import Array, Stream

MICRON = 1e-6
MINUTE = 60.0
_COLUMNS = (
    *("material", "rate_bound_1_min", "rate_free_1_min", "floatable_bound", "floatable_free"),
    *("fine_um", "coarse_um", "entrained_um"),
)


@functools.cache
def constants() -> dict[str, Array]:
    """Return the columns of `flotation.csv` as arrays (materials, 1, 1), SI."""
    rows = {row["material"]: row for row in table("flotation.csv", columns=_COLUMNS, key=("material",))}
    scale = {"rate_bound_1_min": 1 / MINUTE, "rate_free_1_min": 1 / MINUTE}
    scale |= dict.fromkeys(("fine_um", "coarse_um", "entrained_um"), MICRON)
    return {
        name: np.array([[[float(rows[material][name]) * scale.get(name, 1.0)]] for material in species.MATERIALS])
        for name in _COLUMNS[1:]
    }


def bound_share(stream: Stream, removed: "npt.ArrayLike") -> Array:
    """Return the share (materials, 1, cases) of each material that its binder still holds.

    .. math:: b = (1 - r) \\min(1, w/w_0)

    with the binder w of the coating as a mass fraction, the usual w_0 of `breakage.csv`, and r what attrition made
    harmless; pyrolysed black mass has no binder. The electrolyte sits in the coating of the anode.
    """
    share = np.ones((len(species.MATERIALS), 1, stream.cases))
    mass = species.MATERIAL_MATRIX @ stream.mass_flow
    for material, binder in BINDER_OF.items():
        row = POSITION[material]
        held = stream.mass_flow[species.index(binder)] / np.where(mass[row] > 0, mass[row], 1.0)
        share[row, 0] = np.minimum(held / breakage().binder_share[row], 1.0)
    share[POSITION["electrolyte"]] = share[POSITION["anode_coating"]]
    return np.asarray((1 - np.asarray(removed, dtype=float)) * share)


def recovered(
    time: "npt.ArrayLike", cells: int, *, bound: "npt.ArrayLike", water: "npt.ArrayLike", slowness: "npt.ArrayLike"
) -> Array:
    """Return the share (materials, classes, cases) of each size class that a bank of cells sends to the froth.

    True flotation of the first order in N mixed cells, of what can float, and entrainment with the water that is
    recovered, of which fine grains follow more:

    .. math:: R_f = R_\\infty \\left[1 - \\left(1 + \\frac{k(d) \\tau}{N}\\right)^{-N}\\right], \\quad
              R_e = \\frac{e R_w}{1 - R_w + e R_w}, \\quad R = R_f + (1 - R_f) R_e

    .. math:: k(d) = k (1 - e^{-d/d_f}) e^{-(d/d_c)^2}, \\quad e(d) = \\frac{1}{1 + (d/d_e)^2}

    Parameters
    ----------
    time : array (cases,) [s]
        Of the whole bank.
    cells : number of cells
    bound : array (materials, 1, cases) or (cases,)
        Share of each material that its binder holds.
    water : array (cases,)
        Share of the water that goes with the froth.
    slowness : array (cases,)
        By which the plant is slower than the laboratory cell.

    Source: Wills and Finch, Mineral Processing Technology (2016), for first-order kinetics and entrainment; constants
    by `flotation.csv`.
    """
    known = constants()
    wet = np.asarray(water, dtype=float)
    part = 1 - np.asarray(bound, dtype=float)
    rate = known["rate_bound_1_min"] + part * (known["rate_free_1_min"] - known["rate_bound_1_min"])
    most = known["floatable_bound"] + part * (known["floatable_free"] - known["floatable_bound"])
    size = DIAMETER[None, :, None]
    caught = -np.expm1(-size / known["fine_um"]) * np.exp(-((size / known["coarse_um"]) ** 2))
    dose = rate * caught * np.asarray(time, dtype=float) / (cells * np.asarray(slowness, dtype=float))
    floated = most * -np.expm1(-cells * np.log1p(dose))
    entrained = wet / (1 + (size / known["entrained_um"]) ** 2)
    follows = entrained / (1 - wet + entrained)
    return np.asarray(floated + (1 - floated) * follows)
