"""Activity coefficients of dissolved species and the activity of water, for a batch of cases."""

import dataclasses
import functools
from typing import Protocol

import numpy as np
import numpy.typing as npt

from blackmass.data.load import table

Array = npt.NDArray[np.float64]
LN10 = float(np.log(10.0))
LEAST_WATER = 0.05  # activity


@dataclasses.dataclass(frozen=True)
class Activity:
    """What an activity model returns.

    Parameters
    ----------
    ln_gamma : array (species, cases)
        Natural logarithm of the molal activity coefficients.
    ln_water : array (cases,)
        Natural logarithm of the activity of water.
    out_of_range : array (cases,) of bool
        Whether the model is used outside the range in which it was tested.
    slope : array (species, cases), optional
        Derivative of `ln_gamma` by ionic strength where that is its only variable.
    gradient : array (species, species, cases), optional
        Derivative of `ln_gamma` (first axis) by the molality of each species (second axis), for models in which the
        coefficients depend on composition; with it Newton's method is quadratic there too.
    water_gradient : array (species, cases), optional
        Derivative of `ln_water` by the molality of each species, beside `gradient`.
    """

    ln_gamma: Array
    ln_water: Array
    out_of_range: npt.NDArray[np.bool_]
    slope: Array | None = None
    gradient: Array | None = None
    water_gradient: Array | None = None


class ActivityModel(Protocol):
    """A model of activity; `tier` says which dissolved species belong to it ("davies" or "pitzer")."""

    @property
    def tier(self) -> str:
        """Which rows of aqueous_equilibria.csv are used with this model."""

    def evaluate(self, names: tuple[str, ...], charges: Array, molality: Array, temperature: Array) -> Activity:
        """Return the activities.

        Parameters
        ----------
        names : names of the dissolved species, as in aqueous_equilibria.csv and species.csv
        charges : array (species,)
        molality : array (species, cases) [mol/kg water]
        temperature : array (cases,) [K]
        """


@dataclasses.dataclass(frozen=True)
class Davies:
    """The Davies equation, with neutral species salted out in proportion to ionic strength.

    .. math:: \\log_{10} \\gamma_j = -A(T) z_j^2 \\left(\\frac{\\sqrt I}{1 + \\sqrt I} - 0.3 I\\right), \\quad
              \\log_{10} \\gamma_0 = 0.1 I, \\quad a_w = 1 - 0.017 \\sum m

    For ion association in leach, neutralisation and extraction liquors. Against Pitzer in sodium sulfate the activity
    of trace Ni, Co and Cu stays within 0.15 log units to an effective ionic strength of 2.5; above 3 it is flagged.

    Source: Davies, Ion Association (1962); A(T) and the law for water as in Parkhurst and Appelo (2013),
    10.3133/tm6A43.
    """

    tier: str = "davies"

    def evaluate(self, names: tuple[str, ...], charges: Array, molality: Array, temperature: Array) -> Activity:
        """Return the activities; see `ActivityModel`."""
        data = constants()
        square = (np.asarray(charges, dtype=float) ** 2)[:, None]
        strength = 0.5 * square[:, 0] @ molality
        root = np.sqrt(strength)
        coefficient = LN10 * debye_hueckel(temperature)
        charged = -coefficient * (root / (1 + root) - data["slope"] * strength)
        steep = -coefficient * (0.5 / (np.maximum(root, 1e-8) * (1 + root) ** 2) - data["slope"])
        neutral = (square == 0) * LN10 * data["neutral"]
        # the law for water is linear and would cross zero near 59 mol/kg: far outside the range, kept positive there
        water = np.maximum(1 - data["water"] * molality.sum(0), LEAST_WATER)
        return Activity(
            square * charged + neutral * strength,
            np.log(water),
            strength > data["limit"],
            slope=square * steep + neutral,
        )


@functools.cache
def constants() -> dict[str, float]:
    """Return the constants of the Davies model by name."""
    return {row["quantity"]: float(row["value"]) for row in _rows() if row["quantity"] != "A"}


def debye_hueckel(temperature: "npt.ArrayLike") -> Array:
    """Return the Debye-Hückel coefficient A (log10, molal) at temperature [K], 0 to 100 °C."""
    celsius = np.asarray(temperature, dtype=float) - 273.15
    return np.asarray(np.polynomial.polynomial.polyval(celsius / 100.0, debye_hueckel_fit()), dtype=float)


@functools.cache
def debye_hueckel_fit() -> Array:
    """Return the polynomial of A by temperature / 100 °C, lowest power first."""
    rows = [row for row in _rows() if row["quantity"] == "A"]
    celsius = np.array([float(row["temperature_C"]) for row in rows])
    # five terms go through the twelve tabulated values within their rounding
    fitted = np.polynomial.polynomial.polyfit(celsius / 100.0, [float(row["value"]) for row in rows], 4)
    return np.asarray(fitted, dtype=float)


def _rows() -> tuple[dict[str, str], ...]:
    return table("activity.csv", columns=("quantity", "temperature_C", "value"), key=("quantity", "temperature_C"))
