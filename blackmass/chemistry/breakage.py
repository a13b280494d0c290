"""Breakage of cells: flakes of foil and casing, coatings that come off as powder or stay on their foil."""

import dataclasses
import functools

import numpy as np
import numpy.typing as npt

from blackmass import species
from blackmass.data.load import table
from blackmass.declare import PerCase
from blackmass.sizes import CLASSES, rosin_rammler
from blackmass.stream import Array, Stream

REFERENCE_GRID = 0.020  # m, the opening for which data/breakage.csv holds
FOIL_OF = {"cathode_coating": "aluminium", "anode_coating": "copper"}
BINDER_OF = {"cathode_coating": "PVDF", "anode_coating": "binder"}
IN_THE_COATINGS = ("electrolyte", "precipitate")
"""Materials of a cell that sit in the pores or on the grains of its coatings: electrolyte, and salts of the film."""
PARTS = ("copper", "aluminium", "steel", "plastic")
_COLUMNS = (
    *("material", "coarse_size", "coarse_spread", "fine_size_um", "fine_spread"),
    *("fines", "grid_exponent", "binder_share"),
)
POSITION = {name: number for number, name in enumerate(species.MATERIALS)}
"""Material to its row in `Stream.sizes`."""
COATINGS = np.array([POSITION[name] for name in FOIL_OF])
FOILS = np.array([POSITION[name] for name in FOIL_OF.values()])


@dataclasses.dataclass(frozen=True)
class Breakage:
    """The table of data/breakage.csv by `Stream.sizes` row: columns (materials, 1), powder (materials, classes, 1)."""

    coarse_size: Array
    coarse_spread: Array
    fines: Array
    grid_exponent: Array
    binder_share: Array
    powder: Array


def shredded_sizes(stream: Stream, grid: PerCase) -> Array:
    """Return the particle sizes of a stream after a shredder.

    Each material breaks into flakes and powder, two Rosin-Rammler distributions. The flakes scale with the opening g
    of the discharge grid; a narrower grid grinds more of the foils to powder and frees more of the coatings:

    .. math:: f_{foil} = 1 - \\exp[-a (g/g_0)^{-m}], \\qquad
              f_{coating} = \\exp[-a (g/g_0)^m (w/w_0)^{1/2}]

    with the binder w of the coating: without binder (after pyrolysis) all of it comes off. A coating that stays on
    has the sizes of its foil's flakes. The electrolyte and the salts of the film sit in the coatings and have their
    sizes. Parameters are estimated, see data/breakage.csv; validity is that of the calibration, grids of 5 to 50 mm.

    Parameters
    ----------
    stream : Stream
        Where it has particle sizes (a second stage of breakage), of what enters and what the machine makes the finer
        counts, size by size: shred that passes the grid is not broken again.
    grid : float or (cases,) [m]

    Returns
    -------
    array (materials, classes, cases), summing to 1 over the classes

    Source: Rosin and Rammler, Journal of the Institute of Fuel 7 (1933) 29 (form of the distributions).
    """
    known = breakage()
    relative = np.atleast_1d(np.asarray(grid, dtype=float)) / REFERENCE_GRID
    parts = np.array([POSITION[name] for name in PARTS])
    flakes = np.moveaxis(
        rosin_rammler(known.coarse_size[parts] * REFERENCE_GRID * relative, known.coarse_spread[parts]), 1, 0
    )
    product = np.zeros((len(species.MATERIALS), CLASSES, stream.cases))
    powder = np.broadcast_to(powder_share(stream, grid), (len(species.MATERIALS), stream.cases))
    for number, name in enumerate(PARTS):
        for material in (name, *(coating for coating, foil in FOIL_OF.items() if foil == name)):
            row = POSITION[material]
            product[row] = powder[row] * known.powder[row] + (1 - powder[row]) * flakes[number]
    coating = species.MATERIAL_MATRIX[COATINGS] @ stream.mass_flow
    product[[POSITION[name] for name in IN_THE_COATINGS]] = weighted(product[COATINGS], coating)
    return product if stream.sizes is None else _finer(stream.sizes, product)


def powder_share(stream: Stream, grid: PerCase) -> Array:
    """Return the share (materials, cases) of each material that becomes powder at a grid [m]."""
    known = breakage()
    relative = np.atleast_1d(np.asarray(grid, dtype=float)) / REFERENCE_GRID
    effort = known.fines * relative**known.grid_exponent
    share = np.array(np.broadcast_to(-np.expm1(-effort), (len(species.MATERIALS), stream.cases)))
    mass = species.MATERIAL_MATRIX[COATINGS] @ stream.mass_flow
    held = stream.mass_flow[_binders()] / np.where(mass > 0, mass, 1.0)
    share[COATINGS] = np.exp(-effort[COATINGS] * np.sqrt(held / known.binder_share[COATINGS]))
    return share


def powder_sizes() -> Array:
    """Return the sizes (materials, classes, 1) of black mass that was made elsewhere: all of it powder."""
    return breakage().powder


def weighted(values: Array, weight: Array) -> Array:
    """Return the mean (classes, cases) of values (n, classes, cases) by weights (n, cases), plain where they are 0."""
    total = weight.sum(0)
    share = np.where(total > 0, weight / np.where(total > 0, total, 1.0), 1 / len(weight))
    return np.asarray((share[:, None, :] * values).sum(0))


def _finer(fed: Array, product: Array) -> Array:
    """Of two distributions the finer: the larger of both cumulative curves, size by size."""
    passing = np.maximum(np.cumsum(fed, axis=1), np.cumsum(product, axis=1))
    return np.diff(passing, axis=1, prepend=0.0)


@functools.cache
def _binders() -> npt.NDArray[np.intp]:
    return species.indices([BINDER_OF[name] for name in FOIL_OF])


@functools.cache
def breakage() -> Breakage:
    """Return the parameters of breakage."""
    rows = {row["material"]: row for row in table("breakage.csv", columns=_COLUMNS, key=("material",))}
    rows["electrolyte"] = rows["cathode_coating"]

    def column(name: str) -> Array:
        values = np.array([[float(rows[material][name] or 0.0)] for material in species.MATERIALS])
        values.setflags(write=False)
        return values

    powder = np.moveaxis(rosin_rammler(column("fine_size_um") * 1e-6, column("fine_spread")), 1, 0)
    powder.setflags(write=False)
    return Breakage(
        coarse_size=column("coarse_size"),
        coarse_spread=column("coarse_spread"),
        fines=column("fines"),
        grid_exponent=column("grid_exponent"),
        binder_share=column("binder_share"),
        powder=powder,
    )
