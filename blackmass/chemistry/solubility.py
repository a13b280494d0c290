"""Solubility of salts whose stable hydrate changes with temperature, under the name of one hydrate."""

import functools
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.constants import zero_Celsius as FREEZING

from blackmass import species
from blackmass.chemistry.equilibria import pure_phase
from blackmass.chemistry.mother_liquor import liquor_with_crystals
from blackmass.chemistry.pitzer import VirialModel
from blackmass.chemistry.speciation import MOLES_PER_KG
from blackmass.data.load import table

Array = npt.NDArray[np.float64]
LN10 = float(np.log(10.0))
OUT_OF_REACH = 1e12  # supersaturation that no liquor of the table comes to, so that the salt stays dissolved


@functools.cache
def measured(salt: str) -> tuple[Array, Array]:
    """Return temperatures [K] and solubilities in water [mol/kg] of a salt, both (points,), empty if not known."""
    rows = table("solubility.csv", columns=("salt", "temperature_C", "molality"), key=("salt", "temperature_C"))
    points = [(float(row["temperature_C"]), float(row["molality"])) for row in rows if row["salt"] == salt]
    values = np.array(sorted(points)).reshape(-1, 2)
    return values[:, 0] + FREEZING, values[:, 1]


def corrections(salts: tuple[str, ...], temperature: Array, model: VirialModel) -> Array:
    """Return the `correction` of several salts (salts, cases)."""
    factors = np.ones((len(salts), temperature.size))
    for row, name in enumerate(salts):
        if measured(name)[0].size:
            factors[row] = correction(name, temperature, model)
    return factors


def correction(salt: str, temperature: Array, model: VirialModel) -> Array:
    """Return the factor (cases,) on the solubility product of a salt with which an activity model meets the table.

    A crystalliser names its product by one hydrate, while others take its place as it gets hotter or colder: the
    constant of the hydrate named would let the salt dissolve far beyond what is measured. The factor is the
    supersaturation that the model finds, by that constant, in the saturated solution of the table; between the
    temperatures of the table its logarithm is interpolated, outside it stays what it is at the end. It is one for
    salts that are not in the table.
    """
    hashable: Any = model
    known, logarithm = _corrections(salt, hashable)
    if known.size == 0:
        return np.ones_like(temperature)
    return np.exp(np.interp(temperature, known, logarithm))


@functools.cache
def _corrections(salt: str, model: Any) -> tuple[Array, Array]:
    """Return the temperatures of the table and the logarithm of the factor there, both (points,)."""
    temperature, molality = measured(salt)
    if temperature.size == 0:
        return temperature, molality
    held = np.zeros((species.COUNT, temperature.size))
    held[species.index(salt)] = molality
    held[species.index("H2O")] = MOLES_PER_KG - pure_phase(salt, model.tier).amounts[-1] * molality
    never = np.full((1, temperature.size), OUT_OF_REACH)
    state = liquor_with_crystals(held, temperature, (salt,), never, model=model)
    logarithm = LN10 * state.log_saturation[0] + np.log(OUT_OF_REACH)
    return temperature[state.converged], logarithm[state.converged]
