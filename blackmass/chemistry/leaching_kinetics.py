"""Rate constants of leaching for a batch of cases: temperature by Arrhenius, particle sizes by their surface."""

import dataclasses
import functools
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.constants import R as GAS_CONSTANT

from blackmass import species
from blackmass.chemistry.breakage import powder_sizes
from blackmass.chemistry.leaching_pulp import GROUPS, Rates
from blackmass.data.load import table
from blackmass.numerics.compiled import compiled
from blackmass.numerics.records import layout
from blackmass.sizes import DIAMETER

Array = npt.NDArray[np.float64]
Records = npt.NDArray[Any]
REFERENCE = 323.15  # K, at which data/leach_kinetics.csv holds
_STARTS = (0, 2, 4, 6)
NAMES = tuple(Rates.__annotations__)[1:]
_FOILS = {"copper": "copper_foil", "aluminium": "aluminium_foil", "steel": "sheet"}
_ROWS = np.array([species.MATERIALS.index(name) for name in ("cathode_coating", *_FOILS)])
_BY_METAL = tuple(
    [
        NAMES.index(name)
        for name in (metal, *(f"{metal}_{by}" for by in ("peroxide", "ferric", "acid")))
        if name in NAMES
    ]
    for metal in ("copper", "aluminium", "iron")
)
_COLUMNS = ("name", "value", "unit", "activation_kJ_mol", "low", "high")


def rates_at(temperature: Array, surface: Array, values: "dict[str, Constant] | None" = None) -> Records:
    """Return the constants, records `leaching_pulp.Rates` (cases,), at temperatures (cases,) [K].

    .. math:: k = k_{50} \\exp[-E/R (1/T - 1/T_{50})]

    Parameters
    ----------
    surface : array (groups + 3, cases)
        Of each group of sizes, of copper, aluminium and iron, relative to the reference.
    """
    value, activation = _columns() if values is None else _listed(values)
    inverse = (1 / temperature - 1 / REFERENCE) / (1e-3 * GAS_CONSTANT)  # energies in kJ/mol
    table = np.empty((temperature.size, GROUPS + len(NAMES)))
    table[:, :GROUPS] = surface[:GROUPS].T
    np.exp(-activation * inverse[:, None], out=table[:, GROUPS:])
    table[:, GROUPS:] *= value
    for metal, columns in enumerate(_BY_METAL):
        for column in columns:
            table[:, GROUPS + column] *= surface[GROUPS + metal]
    return table.view(layout(Rates))[:, 0]


@dataclasses.dataclass(frozen=True)
class Constant:
    """A rate constant or other figure at 50 °C, with its activation energy [kJ/mol]."""

    value: float
    activation: float


@functools.cache
def constants() -> dict[str, Constant]:
    """Return the constants of data/leach_kinetics.csv by name."""
    return {
        row["name"]: Constant(float(row["value"]), float(row["activation_kJ_mol"] or 0.0))
        for row in table("leach_kinetics.csv", columns=_COLUMNS, key=("name",))
    }


@functools.cache
def _columns() -> tuple[Array, Array]:
    return _listed(constants())


def _listed(values: dict[str, Constant]) -> tuple[Array, Array]:
    """Values and activation energies, in the order of NAMES."""
    return np.array([values[n].value for n in NAMES]), np.array([values[n].activation for n in NAMES])


def surfaces(sizes: Array | None, cases: int) -> tuple[Array, Array]:
    """Return the shares of the size groups, and the surface of each group and material over its reference.

    The surface of a particle of diameter d built of grains or foil of size L goes as 1/d + 1/L: acid enters the
    aggregates, so that size counts only below that of the grain. Neighbouring size classes are grouped with their mean
    surface, which keeps mass and initial rate; within a group the surface stays in proportion to what is left.

    Parameters
    ----------
    sizes : array (materials, classes, cases), optional
        Those of powdered black mass where there are none.

    Returns
    -------
    shares : array (groups, cases)
    surfaces : array (groups + 3, cases)
        Of the groups, of copper, aluminium and iron.
    """
    given = np.array(powder_sizes() if sizes is None else sizes, order="C")
    found = np.empty((2 * GROUPS + len(_FOILS), given.shape[2]))
    _grouped(given, _usual(), _relative(), _ROWS, found)
    if found.shape[1] != cases:
        found = np.broadcast_to(found, (found.shape[0], cases))
    return found[:GROUPS], found[GROUPS:]


@functools.cache
def _usual() -> Array:
    return np.array(powder_sizes()[:, :, 0], order="C")


@functools.cache
def _relative() -> Array:
    """Surface (materials, classes) of the cathode coating over that of the powder, and of foils over the foil."""
    made = np.array([(1 / DIAMETER + 1 / constants()[n].value) for n in ("grain_size", *_FOILS.values())])
    made[1:] *= np.array([constants()[n].value for n in _FOILS.values()])[:, None]
    made[0] /= powder_sizes()[_ROWS[0], :, 0] @ made[0]
    return made


@compiled
def _grouped(given: Array, usual: Array, relative: Array, rows: npt.NDArray[np.intp], found: Array) -> None:
    """Write the shares of groups, their surface and that of the foils (2 groups + 3, cases)."""
    classes = given.shape[1]
    for case in range(given.shape[2]):
        for material in range(rows.size):
            row, whole = rows[material], 0.0
            for size in range(classes):
                whole += given[row, size, case]
            if material == 0:
                all_mass = 0.0
                for group in range(GROUPS):
                    first, last = _STARTS[group], _STARTS[group + 1] if group + 1 < GROUPS else classes
                    mass, rate, middle = 0.0, 0.0, 0.0
                    for size in range(first, last):
                        own = given[row, size, case] if whole > 0 else usual[row, size]
                        mass += own
                        rate += own * relative[0, size]
                        middle += relative[0, size] / (last - first)
                    found[group, case] = mass
                    found[GROUPS + group, case] = rate / mass if mass > 0 else middle
                    all_mass += mass
                for group in range(GROUPS):
                    found[group, case] /= all_mass
            else:
                rate = 0.0
                for size in range(classes):
                    rate += (given[row, size, case] if whole > 0 else usual[row, size]) * relative[material, size]
                found[2 * GROUPS + material - 1, case] = rate
