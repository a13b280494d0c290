"""Evaporation of the electrolyte's solvents and of water from solids into a carrier gas."""

import dataclasses
import functools

import numpy as np
import numpy.typing as npt
from scipy.constants import R as GAS_CONSTANT

from blackmass import species
from blackmass.data.load import table
from blackmass.declare import PerCase
from blackmass.stream import Array, Stream

ATMOSPHERE = 101325.0  # Pa
_STEPS = 80
_WIDEST = 60.0  # of |ln s|: beyond, all is gas or all is liquid to rounding
_NOTHING = 1e-200  # mol/s
_NEAR = 1e-8  # a Newton step in ln s this small leaves an error of its square


@dataclasses.dataclass(frozen=True)
class Evaporated:
    """The stream after evaporation, vapours included, and the heat of vaporisation (cases,) [W] that it took."""

    stream: Stream
    heat: Array


@dataclasses.dataclass(frozen=True)
class Volatiles:
    """Volatile species: rows of liquid and vapour (n,), boiling point (n, 1) [K], enthalpy (n, 1) [J/mol]."""

    liquid: npt.NDArray[np.intp]
    vapour: npt.NDArray[np.intp]
    boiling_point: Array
    enthalpy: Array
    stoichiometry: Array  # (species, n)


@functools.cache
def volatiles() -> Volatiles:
    """Return the volatile species of data/vapour_pressure.csv."""
    columns = ("species", "vapour", "boiling_point_K", "vaporisation_kJ_mol")
    rows = table("vapour_pressure.csv", columns=columns, key=("species",))
    return Volatiles(
        species.indices([row["species"] for row in rows]),
        species.indices([row["vapour"] for row in rows]),
        np.array([[float(row["boiling_point_K"])] for row in rows]),
        np.array([[float(row["vaporisation_kJ_mol"]) * 1e3] for row in rows]),
        np.column_stack([species.reaction({row["species"]: -1, row["vapour"]: 1}) for row in rows]),
    )


def vapour_pressure(temperature: "npt.ArrayLike") -> Array:
    """Return the vapour pressure (volatiles, cases) [Pa] of the pure liquids.

    .. math:: \\ln(p/p_0) = -(\\Delta H/R)(1/T - 1/T_b)

    Clausius and Clapeyron with a mean enthalpy; 0 to 150 °C, within about 10 % for DMC and water.
    """
    known = volatiles()
    inverse = 1 / np.atleast_1d(np.asarray(temperature, dtype=float)) - 1 / known.boiling_point
    return ATMOSPHERE * np.exp(-known.enthalpy / GAS_CONSTANT * inverse)


def evaporate(
    stream: Stream, temperature: PerCase, pressure: PerCase, carrier: PerCase, approach: PerCase = 1.0
) -> Evaporated:
    """Let solvents and water evaporate towards equilibrium with a carrier gas.

    The liquids are one ideal solution (Raoult) with the dissolved LiPF6; the gas is the carrier, the gases that the
    stream brings and the vapour. With s the ratio of gas to liquid, in moles, and K the ratio of vapour pressure to
    pressure, a share K s / (1 + K s) of each liquid evaporates; s is the root of the flash

    .. math:: \\ln[n_{gas} + \\sum n_i K_i s/(1 + K_i s)] - \\ln[n_{salt} + \\sum n_i/(1 + K_i s)] - \\ln s = 0

    which falls with ln s, so that the root is unique. Below the bubble point nothing evaporates, above the dew point
    everything.

    Parameters
    ----------
    stream : Stream
    temperature, pressure : float or (cases,) [K], [Pa]
    carrier : float or (cases,) [mol/s]
        Gas that passes through and is no part of the stream, such as extraction air or nitrogen.
    approach : float or (cases,)
        Share of the evaporation at equilibrium that takes place.

    Source: Rachford and Rice, Journal of Petroleum Technology 4 (1952) 327, 10.2118/952327-G.
    """
    known = volatiles()
    amounts = stream.flow[known.liquid]
    gas = (stream.flow * species.PHASE_MASK["gas"]).sum(0) + carrier
    ratio = np.broadcast_to(vapour_pressure(temperature) / pressure, amounts.shape)
    evaporated = amounts * approach * _flash(amounts, ratio, gas, stream["LiPF6"])
    heat = (evaporated * known.enthalpy).sum(0)
    return Evaporated(stream.react(known.stoichiometry, evaporated), heat)


def stripped(stream: Stream, temperature: PerCase, gas: Array) -> Array:
    """Return what a gas (cases,) [mol/s] strips of each solvent (volatiles, cases) [mol/s] in a dryer; water stays.

    .. math:: n_i = n_{i0} [1 - e^{-(p_i/p_0) n_{gas} / n_0}]

    of a thin layer that gives its vapour at the partial pressure of an ideal solution of n_0 solvent at 1 atm.
    """
    known = volatiles()
    held = np.maximum(stream.flow[known.liquid], 0.0) * (known.liquid != species.index("H2O"))[:, None]
    total = held.sum(0)
    swept = np.where(total > _NOTHING, gas / np.where(total > _NOTHING, total, 1.0), 0.0)
    return held * -np.expm1(-vapour_pressure(temperature) / ATMOSPHERE * swept)


def _flash(amounts: Array, ratio: Array, gas: Array, salt: Array) -> Array:
    """Return the share (volatiles, cases) of each liquid that evaporates at equilibrium."""
    total = amounts.sum(0)
    wet = total > _NOTHING
    gas, salt = np.where(wet, gas, 1.0), np.where(wet, salt, 1.0)
    low, high = np.full(gas.shape, -_WIDEST), np.full(gas.shape, _WIDEST)
    none = _excess(low, amounts, ratio, gas, salt)[0] <= 0
    whole = _excess(high, amounts, ratio, gas, salt)[0] >= 0
    log_s = np.clip(np.log((gas + 0.1 * total) / (salt + total + (total == 0))), -_WIDEST, _WIDEST)
    for _ in range(_STEPS):
        value, slope = _excess(log_s, amounts, ratio, gas, salt)
        low, high = np.where(value > 0, log_s, low), np.where(value > 0, high, log_s)
        newton = log_s - value / np.where(slope < 0, slope, -1.0)
        trial = np.where((newton >= low) & (newton <= high), newton, 0.5 * (low + high))
        moved = np.abs(trial - log_s)
        log_s = trial
        if np.all((moved < _NEAR) | none | whole):
            break
    volatile = ratio * np.exp(log_s)
    return np.where(none, 0.0, np.where(whole, 1.0, volatile / (1 + volatile)))


def _excess(log_s: Array, amounts: Array, ratio: Array, gas: Array, salt: Array) -> tuple[Array, Array]:
    """Return the flash function and its slope in ln s, both (cases,)."""
    volatile = ratio * np.exp(log_s)
    stays = amounts / (1 + volatile)
    leaves = volatile * stays
    vapour, liquid = gas + leaves.sum(0), salt + stays.sum(0)
    slope = (leaves / (1 + volatile)).sum(0) * (1 / vapour + 1 / liquid) - 1
    return np.log(vapour / liquid) - log_s, slope
