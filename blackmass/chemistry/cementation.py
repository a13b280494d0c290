"""Cementation of copper on iron powder in a stirred tank."""

import dataclasses
import functools

import numpy as np
import numpy.typing as npt
from scipy.constants import R as GAS_CONSTANT

from blackmass import species
from blackmass.chemistry.equilibria import REFERENCE
from blackmass.data.load import table
from blackmass.numerics.competition import left_over

Array = npt.NDArray[np.float64]
DRY = 1e-25  # m3/s, below which there is no liquor
USERS = ("copper", "ferric", "hydrogen")
STOICHIOMETRY: Array = np.array(
    [
        species.reaction({"Cu+2": -1, "Fe": -1, "Cu": 1, "Fe+2": 1}),
        species.reaction({"Fe+3": -2, "Fe": -1, "Fe+2": 3}),
        species.reaction({"H+": -2, "Fe": -1, "Fe+2": 1, "H2(g)": 1}),
    ]
).T
"""(species, reactions): copper deposited, ferric iron reduced, hydrogen formed, each by one mole of iron."""
STOICHIOMETRY.setflags(write=False)


@dataclasses.dataclass(frozen=True, eq=False)
class Cementation:
    """What happens in the tank.

    Parameters
    ----------
    extent : array (3, cases) [mol/s]
        Of the reactions of `STOICHIOMETRY`.
    conversion : array (3, cases)
        Share of the copper, the ferric iron and the acid that reacts.
    iron_left : array (cases,)
        Share of the iron that leaves as metal.
    """

    extent: Array
    conversion: Array
    iron_left: Array


def rate_constants(temperature: "npt.ArrayLike") -> Array:
    """Return the rates (3, cases) [m/s] by surface of iron at temperature [K]: copper, ferric iron, acid."""
    celsius = np.asarray(temperature, dtype=float)
    rows = _rows()
    return np.array(
        [
            float(rows[name]["rate_m_s"])
            * np.exp(
                -1e3 * float(rows[name]["activation_energy_kJ_mol"]) / GAS_CONSTANT * (1 / celsius - 1 / REFERENCE)
            )
            for name in USERS
        ]
    )


def cement(
    flow: Array, iron: Array, contact: tuple[Array, "npt.ArrayLike", "npt.ArrayLike"], temperature: Array
) -> Cementation:
    """Return the extents of the reactions of iron powder in one perfectly mixed tank.

    Copper and ferric ions diffuse to the iron and react at once, and acid dissolves iron more slowly, each in first
    order of its own concentration, so that a share :math:`\\kappa z/(1+\\kappa z)` of each is converted, with

    .. math:: \\kappa_j = k_j(T) \\, \\frac{6 m_{Fe}}{\\rho d V} \\, \\tau, \\quad
              z + \\sum_j \\frac{n_j}{n_{Fe}} \\frac{\\kappa_j z}{1 + \\kappa_j z} = 1

    z is the share of the iron that is left, to which the surface is taken proportional. Iron that runs out stops all
    three alike.

    Parameters
    ----------
    flow : array (species, cases) [mol/s]
        Liquor; metals other than copper and iron do not react.
    iron : array (cases,) [mol/s]
        Iron powder fed.
    contact : volume flow (cases,) [m3/s], residence time [s], particle size of the powder [m]
    temperature : array (cases,) [K]
    """
    volume, time, size = contact
    rows = species.indices(["Cu+2", "Fe+3", "H+"])
    demand = np.maximum(flow[rows], 0.0) * np.array([[1.0], [0.5], [0.5]])
    able = (iron > 0) & (volume > DRY)
    mass = species.MOLAR_MASS[species.index("Fe"), 0]
    density = float(_rows()["iron_density"]["rate_m_s"])
    surface = 6 * mass / (density * np.asarray(size) * np.where(able, volume, 1.0))  # m2 per m3 and mol/s of iron
    affinity = rate_constants(temperature) * (surface * time)
    left = left_over(iron, demand, affinity)
    conversion = np.where(able, affinity * left / (1 + affinity * left), 0.0)
    return Cementation(demand * conversion, conversion, np.where(able, left / np.where(able, iron, 1.0), 1.0))


@functools.cache
def _rows() -> dict[str, dict[str, str]]:
    rows = table("cementation.csv", columns=("reaction", "rate_m_s", "activation_energy_kJ_mol"), key=("reaction",))
    return {row["reaction"]: row for row in rows}
