"""Ammonia between liquor and vapour."""

import functools

import numpy as np
import numpy.typing as npt

from blackmass import species
from blackmass.chemistry.equilibria import Reaction, dissolved, pure_phase
from blackmass.chemistry.solvent_vapour import ATMOSPHERE, vapour_pressure, volatiles

Array = npt.NDArray[np.float64]
FULL = 0.9
_MOLES_PER_KG = float(1.0 / species.molar_mass("H2O"))


def volatility(temperature: "npt.ArrayLike") -> Array:
    """Return the ratio (cases,) of the mole fractions of free ammonia in vapour and boiling liquor.

    .. math:: K = y/x = \\frac{55.5}{K_H(T) p_{water}(T)}

    Dilute liquor, salting out left out; about 14 at 100 °C. Henry's constant K_H [mol/(kg atm)] from the equilibria of
    ammonia.

    Parameters
    ----------
    temperature : array (cases,) [K], at which the liquor boils
    """
    kelvin = np.atleast_1d(np.asarray(temperature, dtype=float))
    row = int(np.flatnonzero(volatiles().liquid == species.index("H2O"))[0])
    return _MOLES_PER_KG / (_henry(kelvin) * vapour_pressure(kelvin)[row] / ATMOSPHERE)


def lost_with(gas: Array, ammonia: Array, temperature: Array, strength: Array) -> Array:
    """Return the share (cases,) of the ammonia that a gas takes along when it leaves a condenser at 1 atm.

    .. math:: \\frac{n_{lost}}{n_{gas}} = \\frac{p}{1 - p}, \\qquad p = \\frac{w / (1 - w)}{M K_H(T)}

    Beyond a vapour pressure of `FULL` atm the gas is taken to hold that much; with little ammonia it all goes.

    Parameters
    ----------
    gas, ammonia : array (cases,) [mol/s]
    temperature : array (cases,) [K]
    strength : array (cases,), mass fraction w of ammonia in the condensate
    """
    molality = strength / (1 - strength) / float(species.molar_mass("NH3"))
    pressure = np.minimum(molality / _henry(temperature), FULL)
    taken = gas * pressure / (1 - pressure)
    total = ammonia + taken
    return np.asarray(taken / np.where(total > 0, total, 1.0))


def _henry(kelvin: Array) -> Array:
    """Henry's constant of ammonia (cases,) [mol/(kg atm)]."""
    return np.exp(pure_phase("NH3(g)").ln_k(kelvin) + _free().ln_k(kelvin))


def free_share(temperature: "npt.ArrayLike", pH: "npt.ArrayLike") -> Array:
    """Return the share (cases,) of dissolved ammonia that is not ammonium, by the acidity constant alone."""
    kelvin = np.atleast_1d(np.asarray(temperature, dtype=float))
    return 1.0 / (1.0 + np.exp(-_free().ln_k(kelvin) - np.log(10.0) * np.asarray(pH, dtype=float)))


def kremser(factor: Array, stages: int) -> Array:
    """Return the share (cases,) that is left after counter-current stripping at a stripping factor S.

    .. math:: \\frac{x_N}{x_0} = \\frac{S - 1}{S^{N+1} - 1} = \\frac{1}{1 + S + ... + S^N}

    Source: Kremser, National Petroleum News 22 (1930) 43; Perry's Chemical Engineers' Handbook (2008).
    """
    total = np.ones_like(factor)
    for _ in range(stages):
        total = 1.0 + factor * total
    return 1.0 / total


@functools.cache
def _free() -> Reaction:
    return next(reaction for reaction in dissolved("davies") if reaction.name == "NH3(aq)")
