"""What happens to the gas of a roaster: combustion, and absorption of its acids."""

import functools
from typing import NamedTuple

import numpy as np

from blackmass import species
from blackmass.data.load import table
from blackmass.stream import Array, Stream

BURNING = ("CO(g)", "H2(g)", "CH4(g)", "C2H4(g)", "EC(g)", "DMC(g)", "NH3(g)")
_BURNT = {"C": ("CO2(g)", 1.0), "H": ("H2O(g)", 0.5), "N": ("N2(g)", 0.5)}
_OXYGEN = species.index("O2(g)")
HYDROLYSIS = species.reaction({"PF5(g)": -1, "H2O(g)": -1, "POF3(g)": 1, "HF(g)": 2})
ABSORPTION: dict[str, dict[str, float]] = {
    "HF(g)": {"F-": 1, "H+": 1},
    "POF3(g)": {"H2O": -3, "PO4-3": 1, "F-": 3, "H+": 6},
    "PF5(g)": {"H2O": -4, "PO4-3": 1, "F-": 5, "H+": 8},
    "SO2(g)": {"O2(g)": -0.5, "H2O": -1, "SO4-2": 1, "H+": 2},
}
"""What one mole of an acid gas becomes in an alkaline liquor; sulfite is oxidised."""


@functools.cache
def combustion() -> Array:
    """Return the stoichiometry (species, burning gases) of complete combustion, from the formulas."""
    return np.column_stack([_combustion(name) for name in BURNING])


def _combustion(name: str) -> Array:
    formula = species.parse_formula(species.SPECIES[species.index(name)].formula)
    amounts: dict[str, float] = {name: -1.0}
    oxygen = -formula.get("O", 0.0)
    for element, (product, per_atom) in _BURNT.items():
        made = per_atom * formula.get(element, 0.0)
        if made:
            amounts[product] = made
            oxygen += made * species.parse_formula(product.removesuffix("(g)")).get("O", 0.0)
    amounts["O2(g)"] = -oxygen / 2
    return species.reaction(amounts)


def oxygen_demand(stream: Stream) -> Array:
    """Return the oxygen (cases,) [mol/s] that complete combustion takes."""
    return -(combustion()[_OXYGEN] @ np.maximum(stream.flow[species.indices(BURNING)], 0.0))


def burn(stream: Stream) -> Stream:
    """Return a gas after combustion, all gases by the same share where oxygen is short; then PF5 meets the steam."""
    demand = oxygen_demand(stream)
    there = np.maximum(stream["O2(g)"], 0.0)
    share = np.where(demand > there, there / np.where(demand > 0, demand, 1.0), 1.0)
    burnt = stream.react(combustion(), share * np.maximum(stream.flow[species.indices(BURNING)], 0.0))
    return burnt.react(HYDROLYSIS, np.maximum(np.minimum(burnt["PF5(g)"], burnt["H2O(g)"]), 0.0))


class Absorbed(NamedTuple):
    """A gas with what was absorbed of it as dissolved species, and the acid (cases,) [mol/s H+] in that."""

    stream: Stream
    acid: Array


@functools.cache
def relative_transfer() -> dict[str, float]:
    """Return the transfer units of each acid gas against those of hydrogen fluoride, of data/gas_absorption.csv."""
    rows = table("gas_absorption.csv", columns=("gas", "relative_units"), key=("gas",))
    return {row["gas"]: float(row["relative_units"]) for row in rows}


def absorb(stream: Stream, transfer_units: Array) -> Absorbed:
    """Return a gas and its liquor after absorption of acids in an excess of alkali.

    With chemical reaction there is no back pressure: :math:`E = 1 - e^{-N}` for N transfer units on the gas side.
    Sulfur dioxide goes as far as there is oxygen for it, acids as far as there is water.

    Source: Perry (2008), section 14.
    """
    acid = np.zeros(stream.cases)
    for name, products in ABSORPTION.items():
        reaction = species.reaction({name: -1.0, **products})
        extent = -np.expm1(-relative_transfer()[name] * transfer_units) * np.maximum(stream[name], 0.0)
        for other in ("O2(g)", "H2O"):
            used = -reaction[species.index(other)]
            if used > 0:
                extent = np.minimum(extent, np.maximum(stream[other], 0.0) / used)
        stream = stream.react(reaction, extent)
        acid = acid + extent * reaction[species.index("H+")]
    return Absorbed(stream, acid)
