"""Species of thermal treatment and their thermodynamic functions, read through Cantera."""

import functools
from importlib import resources
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.constants import R as GAS_CONSTANT

from blackmass import species
from blackmass.data.load import sources
from blackmass.errors import InputError

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]
FILE = "roasting.yaml"
STANDARD = 298.15  # K
HOTTEST = 1600.0  # K, end of the tables
STEP = 2.5  # K, of the tables: interpolation is good to 1e-9 of g/RT

GASES = ("N2(g)", "O2(g)", "CO(g)", "CO2(g)", "H2(g)", "H2O(g)", "HF(g)", "POF3(g)", "PF5(g)")
SOLIDS = (
    *("graphite", "Li2CO3", "Li2O", "LiOH", "LiF", "LiAlO2", "Li3PO4"),
    *("LiNiO2", "LiCoO2", "LiMnO2", "LiMn2O4", "NiO", "Ni", "CoO", "Co3O4", "Co", "MnO", "Mn3O4", "MnO2"),
    *("Al", "Al2O3", "AlF3", "Cu", "Cu2O", "CuO", "Fe", "FeO", "Fe3O4", "Fe2O3"),
    *("LiFePO4", "FePO4", "Fe2P", "CaO", "CaCO3", "CaF2", "Ca(OH)2", "Ca3(PO4)2"),
)
EQUILIBRIUM = (*GASES, *SOLIDS)
"""Species of the equilibrium, gases first."""


class Functions(NamedTuple):
    """Standard Gibbs energy over RT, and enthalpy, at the nodes of a temperature grid, with their slopes.

    Parameters
    ----------
    names : names of the species
    gibbs, gibbs_slope : array (species, nodes) [1], [1/K]
    enthalpy, enthalpy_slope : array (species, nodes) [J/mol], [J/(mol K)]
    """

    names: tuple[str, ...]
    gibbs: Array
    gibbs_slope: Array
    enthalpy: Array
    enthalpy_slope: Array


@functools.cache
def cantera_species() -> dict[str, Any]:
    """Return Cantera's species of data/roasting.yaml by name.

    Raises
    ------
    InputError
        A species is not in the project's list, has another composition there, or a source that is not known.
    """
    import cantera

    with resources.as_file(resources.files("blackmass.data").joinpath(FILE)) as path:
        found = {item.name: item for item in cantera.Species.list_from_file(str(path))}
    for name, item in found.items():
        own = species.ELEMENT_MATRIX[:, species.index(name)]
        its = np.array([item.composition.get(element, 0.0) for element in species.ELEMENTS])
        if np.any(own != its):
            raise InputError(f"{FILE}: {name} has another composition in species.csv.")
        for source in str(item.input_data.get("source", "")).split(";"):
            if source not in sources():
                raise InputError(f"{FILE}: {name}: source '{source}' is not in sources.bib.")
    return found


@functools.cache
def functions() -> Functions:
    """Return the functions of all species of data/roasting.yaml, from Cantera's species thermodynamics."""
    grid = np.arange(STANDARD, HOTTEST + STEP, STEP)
    table = cantera_species()
    shape = (len(table), grid.size)
    enthalpy, entropy, capacity = np.empty(shape), np.empty(shape), np.empty(shape)
    for row, item in enumerate(table.values()):
        thermo = item.thermo
        enthalpy[row] = [thermo.h(kelvin) for kelvin in grid]
        entropy[row] = [thermo.s(kelvin) for kelvin in grid]
        capacity[row] = [thermo.cp(kelvin) for kelvin in grid]
    enthalpy, entropy, capacity = enthalpy * 1e-3, entropy * 1e-3, capacity * 1e-3  # Cantera counts kmol
    energy = GAS_CONSTANT * grid
    return Functions(
        names=tuple(table),
        gibbs=(enthalpy - grid * entropy) / energy,
        gibbs_slope=-enthalpy / (energy * grid),
        enthalpy=enthalpy,
        enthalpy_slope=capacity,
    )


def gibbs_energy(names: tuple[str, ...], temperature: "npt.ArrayLike") -> Array:
    """Return the standard Gibbs energy over RT (species, cases) at temperature (cases,) [K], 1 bar.

    Cubic interpolation between nodes whose slope is that of Gibbs and Helmholtz, :math:`d(g/RT)/dT = -h/RT^2`.
    """
    known = functions()
    rows = _rows(names)
    return _interpolate(known.gibbs[rows], known.gibbs_slope[rows], np.asarray(temperature, dtype=float))


def enthalpy(names: tuple[str, ...], temperature: "npt.ArrayLike") -> Array:
    """Return the enthalpy (species, cases) [J/mol] at temperature (cases,) [K], that of the elements at 25 °C zero."""
    known = functions()
    rows = _rows(names)
    return _interpolate(known.enthalpy[rows], known.enthalpy_slope[rows], np.asarray(temperature, dtype=float))


@functools.lru_cache(maxsize=16)
def _rows(names: tuple[str, ...]) -> Index:
    known = functions().names
    return np.array([known.index(name) for name in names], dtype=np.intp)


def _interpolate(value: Array, slope: Array, temperature: Array) -> Array:
    """Cubic Hermite interpolation of (species, nodes) at (cases,)."""
    place = np.clip((temperature - STANDARD) / STEP, 0.0, value.shape[1] - 1.0)
    node = np.minimum(place.astype(np.intp), value.shape[1] - 2)
    x = place - node
    low, high = value[:, node], value[:, node + 1]
    rise, fall = STEP * slope[:, node], STEP * slope[:, node + 1]
    return (
        low * ((1 + 2 * x) * (1 - x) ** 2)
        + rise * (x * (1 - x) ** 2)
        + high * (x**2 * (3 - 2 * x))
        - fall * (x**2 * (1 - x))
    )
