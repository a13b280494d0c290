"""Adsorption of organic droplets and of dissolved extractant on activated carbon."""

import functools

import numpy as np
import numpy.typing as npt

from blackmass.data.load import table
from blackmass.stream import Array


@functools.cache
def constants() -> dict[str, float]:
    """Return the values of `carbon_adsorption.csv`, SI."""
    rows = table("carbon_adsorption.csv", columns=("name", "value", "unit"), key=("name",))
    return {row["name"]: float(row["value"]) for row in rows}


def carbon_used(organic: Array, volume: Array, removal: Array) -> Array:
    """Return the carbon [kg/s] that takes a share of the organic up, by the isotherm of Freundlich.

    .. math:: q = q_0 (c / c_0)^n

    The first of two columns in series is replaced when it is in equilibrium with what enters, the second keeps the
    outlet clean; so the carbon that is used is what is taken up over q at the inlet.

    Parameters
    ----------
    organic : array (cases,) [kg/s]
        Extractant and diluent that enter, not negative.
    volume : array (cases,) [m3/s]
        Of the liquor, not negative.
    removal : array (cases,)
        Share of the organic that is taken up.

    Notes
    -----
    q_0 0.05 to 0.3 kg/kg at c_0 0.1 kg/m3 (`carbon_adsorption.csv`): recalled. Temperature, pH and competition
    between extractant and diluent are left out.
    """
    known = constants()
    n = known["exponent"]
    dilution = (known["reference"] * volume) ** n
    return removal * organic ** (1.0 - n) * dilution / known["capacity"]


def too_concentrated(organic: Array, volume: Array) -> npt.NDArray[np.bool_]:
    """Return whether there is more organic than a carbon column is meant for, (cases,) of bool."""
    return np.greater(organic, constants()["largest"] * volume)
