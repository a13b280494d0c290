"""Rates of thermal decomposition, and of the reactions that bring solids to equilibrium in a roaster."""

import functools
import re
from typing import NamedTuple

import numpy as np
from scipy.constants import R as GAS_CONSTANT
from scipy.constants import zero_Celsius as FREEZING

from blackmass import species
from blackmass.data.load import table
from blackmass.errors import InputError
from blackmass.stream import Array, Stream

HOUR = 3600.0  # s
AIR = 0.21  # mole fraction of oxygen
CARBON = ("graphite", "C(black)")
REDUCING = ("H2(g)", "CO(g)", "CH4(g)", "C2H4(g)")
OXIDES = ("LiNiO2", "LiCoO2", "LiMnO2", "LiMn2O4", "NiO", "CoO", "Co3O4")
_HYDROLYSIS = species.reaction({"PF5(g)": -1, "H2O(g)": -1, "POF3(g)": 1, "HF(g)": 2})


class Rate(NamedTuple):
    """A first-order rate [1/s] at a temperature [K] and its activation energy [J/mol]."""

    at_reference: float
    reference: float
    activation_energy: float

    def at(self, temperature: Array) -> Array:
        """Return the rate (cases,) [1/s], :math:`k = k_r \\exp[-(E/R)(1/T - 1/T_r)]`."""
        warmth = self.activation_energy / GAS_CONSTANT * (1 / temperature - 1 / self.reference)
        return self.at_reference * np.exp(-warmth)


class Decomposition(NamedTuple):
    """A species, the stoichiometry (species,) of its decomposition, and the rate."""

    name: str
    stoichiometry: Array
    rate: Rate


class Approach(NamedTuple):
    """How fast a species comes to react `partner`; the ratio to it at which half of the rate is reached."""

    name: str
    partner: str
    half_ratio: float
    rate: Rate


def _rate(row: dict[str, str]) -> Rate:
    return Rate(
        float(row["rate_per_h"]) / HOUR, float(row["at_C"]) + FREEZING, 1e3 * float(row["activation_energy_kJ_mol"])
    )


@functools.cache
def decompositions() -> tuple[Decomposition, ...]:
    """Return the reactions of data/thermal_decomposition.csv, in their order."""
    columns = ("species", "products", "rate_per_h", "at_C", "activation_energy_kJ_mol")
    rows = table("thermal_decomposition.csv", columns=columns, key=("species",))
    return tuple(Decomposition(row["species"], _reaction(row), _rate(row)) for row in rows)


def _reaction(row: dict[str, str]) -> Array:
    amounts = {row["species"]: -1.0}
    for term in row["products"].split(" + "):
        match = re.fullmatch(r"(?:(\d*\.?\d+) )?(\S+)", term.strip())
        if match is None:
            raise InputError(f"thermal_decomposition.csv: '{term}' cannot be read.")
        amounts[match.group(2)] = float(match.group(1) or 1.0)
    return species.reaction(amounts)


@functools.cache
def approaches() -> tuple[Approach, ...]:
    """Return the rates of data/roasting_kinetics.csv."""
    columns = ("species", "with", "rate_per_h", "at_C", "activation_energy_kJ_mol", "half_ratio")
    rows = table("roasting_kinetics.csv", columns=columns, key=("species", "with"))
    return tuple(Approach(row["species"], row["with"], float(row["half_ratio"]), _rate(row)) for row in rows)


def decompose(stream: Stream, temperature: Array, time: Array) -> Stream:
    """Return a stream after thermal decomposition in a time (cases,) [s]; phosphorus pentafluoride meets the water.

    .. math:: X = 1 - e^{-k t}

    Hydrolysis, :math:`PF_5 + H_2O = POF_3 + 2 HF`, goes as far as there is water.
    """
    for reaction in decompositions():
        amount = np.maximum(stream[reaction.name], 0.0)
        if amount.any():
            stream = stream.react(reaction.stoichiometry, -np.expm1(-reaction.rate.at(temperature) * time) * amount)
    return stream.react(_HYDROLYSIS, np.maximum(np.minimum(stream["PF5(g)"], stream["H2O(g)"]), 0.0))


def reacting_shares(stream: Stream, temperature: Array, time: Array) -> dict[str, Array]:
    """Return the share (cases,) of each species of data/roasting_kinetics.csv that comes to react in a time [s].

    Rates of all partners add; each goes with how much there is of the partner,

    .. math:: X = 1 - e^{-t \\sum_p k_p f_p}, \\quad f_p = y_p\\, n_p / (n_p + h\\, n)

    with y the share of reducing gas in the gas, or of oxygen against that in air, and one for solids.
    """
    rates: dict[str, Array] = {}
    partners = _partners(stream)
    oxides = sum(np.maximum(stream[name], 0.0) for name in OXIDES)
    for approach in approaches():
        strength, there = partners[approach.partner]
        mass = oxides if approach.name in OXIDES else np.maximum(stream[approach.name], 0.0)
        whole = there + approach.half_ratio * mass
        factor = strength * np.where(whole > 0, there / np.where(whole > 0, whole, 1.0), 0.0)
        rates[approach.name] = rates.get(approach.name, 0.0) + approach.rate.at(temperature) * factor
    return {name: -np.expm1(-rate * time) for name, rate in rates.items()}


def _partners(stream: Stream) -> dict[str, tuple[Array, Array]]:
    """Return the strength, and the amount, of what solids react with."""
    amount = np.maximum(stream.flow, 0.0)
    gas = (amount * species.PHASE_MASK["gas"]).sum(0)
    whole = np.where(gas > 0, gas, 1.0)
    ones = np.ones(stream.cases)
    carbon = amount[species.indices(CARBON)].sum(0)
    reducing = amount[species.indices(REDUCING)].sum(0)
    oxygen = amount[species.index("O2(g)")]
    return {
        "carbon": (ones, carbon),
        "aluminium": (ones, amount[species.index("Al")]),
        "reducing gas": (reducing / whole, reducing),
        "oxygen": (oxygen / whole / AIR, oxygen),
        **{name: (ones, ones) for name in ("heat", "oxides", "solids")},
    }
