"""Salts that a reagent precipitates as a product: which metals they take, and how much reagent that needs."""

import functools

import numpy as np

from blackmass import species
from blackmass.chemistry.equilibria import COMPONENTS, component_rows, pure_phases
from blackmass.chemistry.neutralisation import SOLIDS
from blackmass.data.load import Row, table
from blackmass.stream import Array, Stream

_COLUMNS = ("product", "metal", "solid", "anion", "needs")
_BESIDE = ("CaC2O4.H2O", "MgC2O4.2H2O", "Na2C2O4", "Li2C2O4")
"""Oxalates that are no product."""


@functools.cache
def rows_of(product: str) -> tuple[Row, ...]:
    """Return the rows of `products.csv` of a product."""
    return tuple(
        row for row in table("products.csv", columns=_COLUMNS, key=("product", "metal")) if row["product"] == product
    )


def metals(product: str) -> tuple[str, ...]:
    """Return the metals that a product takes."""
    return tuple(row["metal"] for row in rows_of(product))


def solids(product: str) -> tuple[str, ...]:
    """Return the solids that may form: all of a neutraliser, the product's own, and other salts of its anion."""
    own = tuple(row["solid"] for row in rows_of(product))
    beside = _BESIDE if product == "oxalate" else ()
    return tuple(dict.fromkeys((*SOLIDS, *own, *beside)))


def anion_in(stream: Stream, product: str) -> Array:
    """Return the product's anion (cases,) [mol/s] in a stream, that of solids that would dissolve included."""
    row = COMPONENTS.index(rows_of(product)[0]["anion"])
    return stream.flow[component_rows()[row]] + _contents()[row] @ stream.flow


def anion_needed(stream: Stream, product: str) -> Array:
    """Return the anion (cases,) [mol/s] that the dissolved metals of a liquor take."""
    needs = np.array([float(row["needs"]) for row in rows_of(product)])
    return needs @ np.maximum(stream.flow[species.indices(metals(product))], 0.0)


@functools.cache
def _contents() -> Array:
    """(components, species): what a mole of each solid dissolves to."""
    contents = np.zeros((len(COMPONENTS), species.COUNT))
    for name, phase in pure_phases().items():
        if species.PHASE_MASK["solid"][species.index(name), 0]:
            contents[:, species.index(name)] = phase.amounts
    return contents
