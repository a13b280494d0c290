"""The reactions of the aqueous engine: dissolved species, solids and gases formed from the components."""

import dataclasses
import functools
import re

import numpy as np
import numpy.typing as npt
from scipy.constants import R as GAS_CONSTANT

from blackmass import species
from blackmass.data.load import table
from blackmass.errors import InputError, nearest

Array = npt.NDArray[np.float64]
WATER = "H2O"
PROTON = "H+"
CATIONS = ("Li+", "Na+", "K+", "NH4+", "Mg+2", "Ca+2", "Mn+2", "Fe+2", "Fe+3", "Co+2", "Ni+2", "Cu+2", "Zn+2", "Al+3")
ANIONS = ("SO4-2", "PO4-3", "CO3-2", "F-", "Cl-", "C2O4-2")
COMPONENTS = (PROTON, *CATIONS, *ANIONS, WATER)
"""The components, water last; NH4+ stands for ammonia and H+ is the proton condition."""
KEPT = tuple(name for name in COMPONENTS if name != WATER)
REFERENCE = 298.15  # K


@dataclasses.dataclass(frozen=True)
class Reaction:
    """One species in terms of the components: `amounts` of each, log10 K at 25 °C, enthalpy [J/mol] there.

    `heat_capacity` is the constant change of heat capacity of the reaction [J/(mol K)].

    For a dissolved species the reaction forms it; for a solid or gas it dissolves it.
    """

    name: str
    amounts: Array  # (components,)
    log_k: float
    enthalpy: float
    charge: int
    heat_capacity: float = 0.0

    def ln_k(self, temperature: Array) -> Array:
        """Return ln K (cases,) at temperature [K] by van't Hoff with constant change of heat capacity."""
        warm = REFERENCE / temperature
        straight = float(np.log(10.0)) * self.log_k - self.enthalpy / GAS_CONSTANT * (1 / temperature - 1 / REFERENCE)
        if not self.heat_capacity:
            return straight
        return straight + self.heat_capacity / GAS_CONSTANT * (warm - 1 - np.log(warm))


def parse(text: str) -> Array:
    """Return the (components,) amounts of a sum such as "Ni+2 + 2 H2O - 2 H+".

    Raises
    ------
    InputError
        The text cannot be read, or holds something that is not a component.
    """
    amounts = np.zeros(len(COMPONENTS))
    sign = 1.0
    number = 1.0
    for word in text.split():
        if word in ("+", "-"):
            sign = 1.0 if word == "+" else -1.0
        elif re.fullmatch(r"\d+\.?\d*", word):
            number = float(word)
        else:
            if word not in COMPONENTS:
                raise InputError(f"reaction '{text}': '{word}' is not a component{nearest(word, COMPONENTS)}")
            amounts[COMPONENTS.index(word)] += sign * number
            sign = number = 1.0
    return amounts


@functools.cache
def component_rows() -> npt.NDArray[np.intp]:
    """Return the row of each component in the species list."""
    return species.indices(COMPONENTS)


@functools.cache
def dissolved(tier: str) -> tuple[Reaction, ...]:
    """Return the complexes used with activity models of a tier ("davies" or "pitzer")."""
    rows = table(
        "aqueous_equilibria.csv",
        columns=("name", "reaction", "log_k", "enthalpy_kJ_mol", "tier"),
        key=("name", "tier"),
    )
    return tuple(_refined(_reaction(row, row["reaction"]), tier) for row in rows if row["tier"] in ("both", tier))


@functools.cache
def pure_phases(tier: str = "davies") -> dict[str, Reaction]:
    """Return the solids and gases by name, with the constants that go with activity models of a tier."""
    rows = table("solid_equilibria.csv", columns=("name", "products", "log_k", "enthalpy_kJ_mol"), key=("name",))
    return {row["name"]: _refined(_reaction(row, row["products"]), tier) for row in rows}


def pure_phase(name: str, tier: str = "davies") -> Reaction:
    """Return the dissolution of a solid or gas, with the constants that go with activity models of a tier.

    Raises
    ------
    InputError
        There is no constant for it; the nearest name is offered.
    """
    if name not in pure_phases():
        raise InputError(f"there is no solubility constant for '{name}'{nearest(name, pure_phases())}")
    return pure_phases(tier)[name]


@functools.cache
def formation(name: str) -> Array:
    """Return the (species,) stoichiometry that forms one mole of a solid or gas from the components."""
    vector = np.zeros(species.COUNT)
    vector[component_rows()] = -pure_phase(name).amounts
    vector[species.index(name)] += 1.0
    vector.setflags(write=False)
    return vector


def _refined(reaction: Reaction, tier: str) -> Reaction:
    """Return the reaction with the constants of its tier, where there are others than the common ones."""
    row = _refinements().get((tier, reaction.name))
    if row is None:
        return reaction
    return dataclasses.replace(
        reaction,
        log_k=float(row["log_k"]),
        enthalpy=1e3 * float(row["enthalpy_kJ_mol"]),
        heat_capacity=float(row["heat_capacity_J_mol_K"]),
    )


@functools.cache
def _refinements() -> dict[tuple[str, str], dict[str, str]]:
    columns = ("tier", "name", "log_k", "enthalpy_kJ_mol", "heat_capacity_J_mol_K")
    rows = table("refined_equilibria.csv", columns=columns, key=("tier", "name"))
    return {(row["tier"], row["name"]): row for row in rows}


def _reaction(row: dict[str, str], text: str) -> Reaction:
    amounts = parse(text)
    charge = round(float(amounts @ species.CHARGE[component_rows()]))
    amounts.setflags(write=False)
    return Reaction(row["name"], amounts, float(row["log_k"]), 1e3 * float(row["enthalpy_kJ_mol"]), charge)
