"""The species list of the project, with its element and charge matrix. Nobody types a molar mass."""

import dataclasses
import functools
import re
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from blackmass.data.load import table
from blackmass.errors import InputError, nearest

Vector = npt.NDArray[np.float64]
PHASES = ("solid", "aqueous", "organic", "gas")
MATERIALS = (
    "cathode_coating",
    "anode_coating",
    "electrolyte",
    "copper",
    "aluminium",
    "steel",
    "plastic",
    "precipitate",
)

_TOKEN = re.compile(r"([A-Z][a-z]?)(\d*\.?\d*)|(\()|(\))(\d*\.?\d*)")


@functools.cache
def atomic_weights() -> dict[str, float]:
    """Return the atomic weights [kg/mol] by element symbol (IUPAC 2021, abridged)."""
    rows = table("atomic_weights.csv", columns=("element", "weight_g_mol"), key=("element",))
    return {row["element"]: float(row["weight_g_mol"]) * 1e-3 for row in rows}


def parse_formula(formula: str) -> dict[str, float]:
    """Return the element counts of a formula such as "LiNi0.6Mn0.2Co0.2O2" or "NiSO4(H2O)6".

    Raises
    ------
    InputError
        The formula cannot be read, or holds an element outside the project's table.
    """
    stack: list[dict[str, float]] = [{}]
    position = 0
    for token in _TOKEN.finditer(formula):
        if token.start() != position:
            break
        position = token.end()
        element, count, opened, closed, multiple = token.groups()
        if opened:
            stack.append({})
        elif closed:
            if len(stack) == 1:
                raise InputError(f"formula '{formula}': a bracket is closed that was not opened.")
            for inner, number in stack.pop().items():
                stack[-1][inner] = stack[-1].get(inner, 0.0) + number * float(multiple or 1)
        else:
            if element not in atomic_weights():
                raise InputError(f"formula '{formula}': element '{element}' is not in the table.")
            stack[-1][element] = stack[-1].get(element, 0.0) + float(count or 1)
    if position != len(formula) or len(stack) != 1 or not stack[0]:
        raise InputError(f"formula '{formula}' cannot be read from '{formula[position:] or formula}' on.")
    return stack[0]


def molar_mass(formula: str) -> float:
    """Return the molar mass [kg/mol] of a formula."""
    return sum(atomic_weights()[element] * count for element, count in parse_formula(formula).items())


@dataclasses.dataclass(frozen=True)
class Species:
    """One species: a formula in one phase."""

    name: str
    formula: str
    charge: int
    phase: str
    material: str
    heat_capacity: float  # J/(kg K)
    molar_volume: float  # m3/mol, of liquids and dissolved species
    source: str
    note: str


_COLUMNS = ("name", "formula", "charge", "phase", "material", "heat_capacity_J_kg_K", "molar_volume_cm3_mol")


def _read() -> tuple[Species, ...]:
    return tuple(
        Species(
            name=row["name"],
            formula=row["formula"],
            charge=int(row["charge"]),
            phase=row["phase"],
            material=row["material"],
            heat_capacity=float(row["heat_capacity_J_kg_K"]),
            molar_volume=float(row["molar_volume_cm3_mol"] or 0.0) * 1e-6,
            source=row["source"],
            note=row["note"],
        )
        for row in table("species.csv", columns=_COLUMNS, key=("name",))
    )


def _frozen(values: object) -> Vector:
    array = np.asarray(values, dtype=float)
    array.setflags(write=False)
    return array


SPECIES = _read()
NAMES = tuple(species.name for species in SPECIES)
ELEMENTS = tuple(element for element in atomic_weights())
COUNT = len(SPECIES)
_INDEX = {name: position for position, name in enumerate(NAMES)}
_COUNTS = [parse_formula(species.formula) for species in SPECIES]

ELEMENT_MATRIX = _frozen([[counts.get(element, 0.0) for counts in _COUNTS] for element in ELEMENTS])
"""(elements, species) atoms of each element in each species."""
CHARGE = _frozen([species.charge for species in SPECIES])
"""(species,) charge number."""
CONSERVED = _frozen(np.vstack([ELEMENT_MATRIX, CHARGE]))
"""(elements + 1, species): every element, then charge."""
ATOMIC_WEIGHT = _frozen([atomic_weights()[element] for element in ELEMENTS])[:, None]
"""(elements, 1) [kg/mol]."""
MOLAR_MASS = _frozen(ELEMENT_MATRIX.T @ ATOMIC_WEIGHT[:, 0])[:, None]
"""(species, 1) [kg/mol], from the formulas."""
HEAT_CAPACITY = _frozen(MOLAR_MASS[:, 0] * [species.heat_capacity for species in SPECIES])[:, None]
"""(species, 1) [J/(mol K)]."""
MOLAR_VOLUME = _frozen([species.molar_volume for species in SPECIES])[:, None]
"""(species, 1) [m3/mol] of liquids and dissolved species, zero for the others."""
PHASE_MASK = {phase: _frozen([species.phase == phase for species in SPECIES])[:, None] for phase in PHASES}
"""Phase to (species, 1) column of ones and zeros."""
MATERIAL_MATRIX = _frozen([[species.material == material for species in SPECIES] for material in MATERIALS])
"""(materials, species): which solid material a species belongs to for particle sizes."""


def index(name: str) -> int:
    """Return the row of a species.

    Raises
    ------
    InputError
        There is no such species; the nearest name is offered.
    """
    try:
        return _INDEX[name]
    except KeyError:
        raise InputError(f"there is no species '{name}'{nearest(name, NAMES)}") from None


def indices(names: "tuple[str, ...] | list[str]") -> npt.NDArray[np.intp]:
    """Return the rows of several species."""
    return np.array([index(name) for name in names], dtype=np.intp)


def column(amounts: Mapping[str, float]) -> Vector:
    """Return a (species,) vector from amounts by name, zero elsewhere."""
    vector = np.zeros(COUNT)
    for name, amount in amounts.items():
        vector[index(name)] = amount
    return vector


def reaction(amounts: Mapping[str, float]) -> Vector:
    """Return the (species,) stoichiometry of a reaction, products positive, checked for balance.

    Raises
    ------
    InputError
        Elements or charge do not balance.
    """
    vector = column(amounts)
    error = CONSERVED @ vector
    if np.abs(error).max() > 1e-9:
        names = [*ELEMENTS, "charge"]
        wrong = ", ".join(f"{names[i]} {error[i]:+g}" for i in np.flatnonzero(np.abs(error) > 1e-9))
        raise InputError(f"reaction {dict(amounts)} does not balance: {wrong}.")
    return vector
