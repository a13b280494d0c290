"""Electrowinning of copper: currents at the electrodes, and the voltage of a cell."""

import dataclasses
import functools

import numpy as np
import numpy.typing as npt
from scipy.constants import N_A, e

from blackmass import species
from blackmass.data.load import table

Array = npt.NDArray[np.float64]
FARADAY = N_A * e  # C/mol
MOST = 0.9  # share of the current that ferric iron may take
_COPPER, _ACID = (float(species.molar_mass(name)) for name in ("Cu", "H2SO4"))
STOICHIOMETRY: Array = np.array(
    [
        species.reaction({"Cu+2": -1, "H2O": -1, "Cu": 1, "H+": 2, "O2(g)": 0.5}),
        species.reaction({"Fe+3": -1, "H2O": -0.5, "Fe+2": 1, "H+": 1, "O2(g)": 0.25}),
        species.reaction({"H2O": -1, "H2(g)": 1, "O2(g)": 0.5}),
    ]
).T
"""(species, reactions): copper plated, ferric iron reduced on balance, hydrogen evolved."""
STOICHIOMETRY.setflags(write=False)


@functools.cache
def figures() -> dict[str, float]:
    """Return the figures of `electrowinning.csv`, in the units given there."""
    rows = table("electrowinning.csv", columns=("quantity", "value", "unit"), key=("quantity",))
    return {row["quantity"]: float(row["value"]) for row in rows}


@dataclasses.dataclass(frozen=True, eq=False)
class Cell:
    """What happens in the cells.

    Parameters
    ----------
    extent : array (reactions, cases) [mol/s]
        Of `STOICHIOMETRY`.
    current : array (cases,) [A]
        Of one cell that would hold all cathodes.
    efficiency : array (cases,)
        Share of the current that plates copper.
    ferric : array (cases,) [mol/m3]
        In the cells.
    limit : array (cases,) [A/m2]
        Limiting current density of copper.
    rough : array (cases,) of bool
        Where copper cannot be plated soundly: near its limiting current density, or with too much iron.
    """

    extent: Array
    current: Array
    efficiency: Array
    ferric: Array
    limit: Array
    rough: npt.NDArray[np.bool_]


def plate(flow: Array, volume: Array, plated: Array, density: Array) -> Cell:
    """Return what the cells do when they plate a given amount of copper from an electrolyte.

    The cells are mixed. Ferric iron is reduced at the cathode and ferrous iron oxidised at the anode, both as fast as
    they get there; with the cathode area A = 2 F n_Cu/i_Cu the ferric iron in the cells follows from

    .. math:: i_{Cu} = i - F k_c c_3, \\quad Q (c_{3,in} - c_3) = A (k_c c_3 - k_a c_2)

    a quadratic. Current beyond what copper and ferric iron take evolves hydrogen; the anode evolves oxygen.

    Parameters
    ----------
    flow : array (species, cases) [mol/s]
    volume : array (cases,) [m3/s]
        Of the electrolyte.
    plated : array (cases,) [mol/s]
        Copper, less than the electrolyte brings.
    density : array (cases,) [A/m2]

    Source: Dew and Phillips, Hydrometallurgy 14 (1985) 331, 10.1016/0304-386X(85)90043-1; Beukes and Badenhorst, J. S.
    Afr. Inst. Min. Metall. 109 (2009) 343.
    """
    known = figures()
    cathode, anode = known["transfer_ferric"], known["transfer_ferrous"]
    ferrous, ferric, copper = (np.maximum(flow[species.index(name)], 0.0) for name in ("Fe+2", "Fe+3", "Cu+2"))
    wet = volume > 0
    litres = np.where(wet, volume, 1.0)
    iron, entering = (ferrous + ferric) / litres, ferric / litres
    a = litres * FARADAY * cathode
    b = litres * (density + FARADAY * cathode * entering) + 2 * FARADAY * plated * (cathode + anode)
    c = ferric * density + 2 * FARADAY * plated * anode * iron
    inside = 2 * c / (b + np.sqrt(np.maximum(b**2 - 4 * a * c, 0.0)))
    most = np.minimum(iron, MOST * density / (FARADAY * cathode))
    concentration = np.minimum(inside, most)
    limit = 2 * FARADAY * known["transfer_copper"] * np.maximum(copper - plated, 0.0) / litres
    left = density - FARADAY * cathode * concentration
    for_copper = np.minimum(left, np.maximum(limit, (1 - MOST) * left))
    efficiency = for_copper / density
    current = 2 * FARADAY * plated / efficiency
    hydrogen = current / density * (left - for_copper) / (2 * FARADAY)
    reduced = np.maximum(ferric - concentration * litres, -np.minimum(2 * plated, ferrous))
    rough = wet & (plated > 0) & ((density > known["soundest_share"] * limit) | (inside >= most) & (most < iron))
    return Cell(
        extent=np.where(plated > 0, np.array([plated, reduced, hydrogen]), 0.0),
        current=current,
        efficiency=efficiency,
        ferric=concentration,
        limit=limit,
        rough=rough,
    )


def voltage(density: Array, gap: Array, acid: Array, copper: Array) -> Array:
    """Return the voltage (cases,) [V] of a cell.

    .. math:: E = E_0 + \\eta_a + \\eta_c + 2 b \\log_{10}(i/i_r) + i d/\\kappa + E_{contacts} i/i_r

    with the conductivity a straight line in acid and copper.

    Parameters
    ----------
    density : array (cases,) [A/m2]
    gap : array (cases,) [m]
        Between the faces of anode and cathode.
    acid, copper : array (cases,) [mol/m3]
        H2SO4 and copper.

    Source: Beukes and Badenhorst (2009); Price and Davenport, Metall. Trans. B 12 (1981) 639, 10.1007/BF02654131.
    """
    known = figures()
    ratio = density / known["reference_density"]
    conductivity = known["conductivity_base"] + known["conductivity_acid"] * acid * _ACID
    conductivity = np.maximum(
        conductivity + known["conductivity_copper"] * copper * _COPPER, known["conductivity_least"]
    )
    electrodes = known["anode_overvoltage"] + known["cathode_overvoltage"] + 2 * known["tafel_slope"] * np.log10(ratio)
    return known["reversible_voltage"] + electrodes + density * gap / conductivity + known["contacts"] * ratio
