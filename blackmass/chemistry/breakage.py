"""Breakage of cells: flakes of foil and casing, coatings that come off as powder or stay on their foil."""

import functools

import numpy as np

from blackmass import species
from blackmass.data.load import table
from blackmass.declare import PerCase
from blackmass.sizes import CLASSES, rosin_rammler
from blackmass.stream import Array, Stream

REFERENCE_GRID = 0.020  # m, the opening for which data/breakage.csv holds
FOIL_OF = {"cathode_coating": "aluminium", "anode_coating": "copper"}
BINDER_OF = {"cathode_coating": "PVDF", "anode_coating": "binder"}
_COLUMNS = ("material", "coarse_size", "coarse_spread", "fine_size_um", "fine_spread", "fines", "grid_exponent")
_POSITION = {name: number for number, name in enumerate(species.MATERIALS)}


def shredded_sizes(stream: Stream, grid: PerCase) -> Array:
    """Return the particle sizes of a stream after a shredder.

    Each material breaks into flakes and powder, two Rosin-Rammler distributions. The flakes scale with the opening
    of the discharge grid; a narrower grid grinds more of the foils to powder and frees more of the coatings:

    .. math:: f_{foil} = 1 - \\exp[-a (g/g_0)^{-m}], \\qquad
              L_{coating} = \\exp[-b (g/g_0)^m (w/w_0)^{1/2}]

    with the binder w of the coating: without binder (after pyrolysis) all of it comes off. A coating that stays on
    has the sizes of its foil's flakes. The electrolyte sits in the pores and has the sizes of the coatings.
    Parameters are estimated, see data/breakage.csv; validity is that of the calibration, grids of 5 to 50 mm.

    Parameters
    ----------
    stream : Stream
        With particle sizes they are the coarsest that can come out, class by class (a second stage of breakage).
    grid : float or (cases,) [m]

    Returns
    -------
    array (materials, classes, cases), summing to 1 over the classes

    Source: Rosin and Rammler, Journal of the Institute of Fuel 7 (1933) 29 (form of the distributions).
    """
    relative = np.broadcast_to(np.asarray(grid, dtype=float), (stream.cases,)) / REFERENCE_GRID
    product = np.zeros((len(species.MATERIALS), CLASSES, stream.cases))
    for material, row in _rows().items():
        flakes = _rows()[FOIL_OF.get(material, material)]
        coarse = rosin_rammler(flakes["coarse_size"] * REFERENCE_GRID * relative, flakes["coarse_spread"])
        fine = rosin_rammler(row["fine_size_um"] * 1e-6, row["fine_spread"])[:, None]
        share = powder_share(stream, material, relative)
        product[_POSITION[material]] = share * fine + (1 - share) * coarse
    product[_POSITION["electrolyte"]] = _of_the_coatings(stream, product)
    return product if stream.sizes is None else _broken(stream.sizes, product)


def powder_share(stream: Stream, material: str, relative_grid: Array) -> Array:
    """Return the share (cases,) of a material that becomes powder at a grid of `relative_grid` times 20 mm."""
    row = _rows()[material]
    effort = row["fines"] * relative_grid ** row["grid_exponent"]
    if material not in BINDER_OF:
        return -np.expm1(-effort)
    mass = stream.mass_flow
    coating = species.MATERIAL_MATRIX[_POSITION[material]] @ mass
    binder = mass[species.index(BINDER_OF[material])] / np.where(coating > 0, coating, 1.0)
    return np.exp(-effort * np.sqrt(binder / row["binder_share"]))


def powder_sizes() -> Array:
    """Return the sizes (materials, classes, 1) of black mass that was made elsewhere: all of it powder."""
    sizes = np.zeros((len(species.MATERIALS), CLASSES, 1))
    for material, row in _rows().items():
        sizes[_POSITION[material], :, 0] = rosin_rammler(row["fine_size_um"] * 1e-6, row["fine_spread"])
    sizes[_POSITION["electrolyte"]] = sizes[_POSITION["cathode_coating"]]
    return sizes


def _broken(fed: Array, product: Array) -> Array:
    """Let each class break into the product, but only into classes no coarser than itself."""
    finer = np.cumsum(product, axis=1)
    within = np.where(finer > 0, fed / np.where(finer > 0, finer, 1.0), 0.0)
    whole = np.where(finer > 0, 0.0, fed)  # finer than anything that breakage makes: stays as it is
    return product * np.cumsum(within[:, ::-1], axis=1)[:, ::-1] + whole


def _of_the_coatings(stream: Stream, product: Array) -> Array:
    coatings = [_POSITION[name] for name in FOIL_OF]
    mass = (species.MATERIAL_MATRIX @ stream.mass_flow)[coatings]
    total = mass.sum(0)
    share = np.where(total > 0, mass / np.where(total > 0, total, 1.0), 0.5)
    return np.asarray((share[:, None, :] * product[coatings]).sum(0))


@functools.cache
def _rows() -> dict[str, dict[str, float]]:
    columns = (*_COLUMNS, "binder_share")
    return {
        row["material"]: {name: float(row[name] or "nan") for name in columns[1:]}
        for row in table("breakage.csv", columns=columns, key=("material",))
    }
