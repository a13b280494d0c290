"""Heat of evaporating water, and the removal of water from a stream."""

import functools

import numpy as np
import numpy.typing as npt
from scipy.constants import zero_Celsius as FREEZING

from blackmass import species
from blackmass.data.load import table
from blackmass.stream import Array, Stream

WATER_MASS = float(species.MOLAR_MASS[species.index("H2O"), 0])  # kg/mol
VAPORISATION = species.reaction({"H2O": -1, "H2O(g)": 1})


@functools.cache
def figures() -> dict[str, float]:
    """Return the figures of data/evaporation.csv by name, in the units given there."""
    rows = table("evaporation.csv", columns=("quantity", "value", "unit"), key=("quantity",))
    return {row["quantity"]: float(row["value"]) for row in rows}


def latent_heat(temperature: "npt.ArrayLike") -> Array:
    """Return the heat of vaporisation of water [J/mol] at temperature [K], 0 to 110 °C.

    .. math:: L = L_0 + a (T - 273.15\\,K)

    Source: Wagner and Pruß, J. Phys. Chem. Ref. Data 31 (2002) 387, 10.1063/1.1461829.
    """
    celsius = np.asarray(temperature, dtype=float) - FREEZING
    known = figures()
    return 1e3 * WATER_MASS * (known["latent_heat_at_0C"] + known["latent_heat_slope"] * celsius)


def worth(solute: Array, water: Array) -> Array:
    """Return whether evaporation is worth while: zero (cases,) for a trace in the water, one for more, smooth between.

    Parameters
    ----------
    solute, water : array (cases,) [mol/s]
    """
    known = figures()
    present = (solute > 0) & (water > 0)
    share = np.where(present, solute, 1.0) / np.where(present, water, 1.0)
    way = np.clip(np.log(share / known["trace"]) / np.log(known["little"] / known["trace"]), 0.0, 1.0)
    return np.where(present, way**2 * (3 - 2 * way), 0.0)


def without_water(stream: Stream, removed: Array) -> tuple[Stream, Stream]:
    """Return (what stays, the water removed) for `removed` (cases,) [mol/s]."""
    water = np.zeros_like(stream.flow)
    water[species.index("H2O")] = removed
    return Stream(stream.flow - water, stream.temperature, stream.sizes), Stream(water, stream.temperature)


def batch(*values: "Stream | npt.ArrayLike") -> int:
    """Return the number of cases that streams and parameters make together."""
    return max(value.cases if isinstance(value, Stream) else int(np.size(value)) for value in values)
