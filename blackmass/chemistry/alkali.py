"""How much of a powdered alkali dissolves in the time it has."""

import numpy as np
import numpy.typing as npt
from scipy.constants import R as GAS_CONSTANT

from blackmass import species
from blackmass.data.load import table

Array = npt.NDArray[np.float64]
WARM = 323.15  # K, of the table
SHORT = 0.05  # ratio of grain life to residence time below which the series is used


def dissolved_shares(temperature: "npt.ArrayLike", residence_time: "npt.ArrayLike") -> Array:
    """Return the share of each species (species, cases) that dissolves; one for all but slow alkalis.

    Grains shrink by a reaction at their surface and are gone after the time t; in a perfectly mixed tank of residence
    time T their ages are exponential, so that with x = t/T what is left is

    .. math:: 1 - X = \\int_0^1 (1-s)^3 x e^{-xs} ds = 1 - 3/x + 6/x^2 - 6 (1 - e^{-x})/x^3

    Parameters
    ----------
    temperature, residence_time : array (cases,) or float [K], [s]

    Source: Levenspiel, Chemical Reaction Engineering (1999), shrinking particles in mixed flow.
    """
    kelvin, time = np.broadcast_arrays(np.atleast_1d(temperature), np.atleast_1d(residence_time))
    shares = np.ones((species.COUNT, kelvin.size))
    for row in table(
        "alkali_dissolution.csv", columns=("solid", "time_min", "activation_energy_kJ_mol"), key=("solid",)
    ):
        warmth = 1e3 * float(row["activation_energy_kJ_mol"]) / GAS_CONSTANT * (1 / kelvin - 1 / WARM)
        shares[species.index(row["solid"])] = 1 - _left(60 * float(row["time_min"]) * np.exp(warmth) / time)
    return shares


def _left(x: Array) -> Array:
    long = np.maximum(x, SHORT)
    whole = 1 - 3 / long + 6 / long**2 + 6 * np.expm1(-long) / long**3
    series = x / 4 - x**2 / 20 + x**3 / 120 - x**4 / 840
    return np.where(x < SHORT, series, whole)
