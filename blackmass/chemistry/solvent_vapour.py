"""Evaporation of the electrolyte's solvents and of water from solids into a carrier gas."""

import dataclasses
import functools

import numpy as np
import numpy.typing as npt

from blackmass import species
from blackmass.data.load import table
from blackmass.declare import PerCase
from blackmass.stream import Array, Stream

GAS_CONSTANT = 8.31446261815324  # J/(mol K), exact
ATMOSPHERE = 101325.0  # Pa
_STEPS = 80


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
    stream brings and the vapour. Solved as a Rachford-Rice flash for the gas share of all moles.

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
    gas_share = _flash(amounts, ratio, np.broadcast_to(gas, (stream.cases,)), stream["LiPF6"])
    volatile = ratio * gas_share
    evaporated = amounts * approach * volatile / (1 - gas_share + volatile)
    heat = (evaporated * known.enthalpy).sum(0)
    return Evaporated(stream.react(known.stoichiometry, evaporated), heat)


def _flash(amounts: Array, ratio: Array, inert: Array, solute: Array) -> Array:
    """Return the share of gas in all moles (cases,): root of the Rachford-Rice function, falling over 0 to 1."""
    excess = ratio - 1
    wet = amounts.sum(0) > 0
    dry = wet & (inert <= 0) & ((amounts * excess).sum(0) <= solute)  # below the bubble point: no gas
    boiled = wet & ~dry & (solute <= 0) & (inert + (amounts * excess / ratio).sum(0) >= 0)  # above the dew point
    low, high, share = np.zeros(inert.shape), np.ones(inert.shape), np.full(inert.shape, 0.5)
    open_cases = wet & ~dry & ~boiled
    for _ in range(_STEPS):
        if not open_cases.any():
            break
        slope_of = 1 + share * excess
        inner = (amounts * excess / slope_of).sum(0)
        value = inert * (1 - share) - solute * share + share * (1 - share) * inner
        slope = -inert - solute + (1 - 2 * share) * inner - share * (1 - share) * (amounts * (excess / slope_of) ** 2).sum(0)
        low, high = np.where(value > 0, share, low), np.where(value > 0, high, share)
        newton = share - value / np.where(slope == 0, 1.0, slope)
        inside = (newton > low) & (newton < high)
        trial = np.where(inside, newton, 0.5 * (low + high))
        moved = np.abs(trial - share) > 1e-15 * share
        share = np.where(open_cases, trial, share)
        open_cases = open_cases & moved & (value != 0)
    return np.where(dry | ~wet, 0.0, np.where(boiled, 1.0, share))
