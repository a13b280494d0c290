"""Uptake of nickel, cobalt, manganese and copper by fresh iron and aluminium hydroxides."""

import dataclasses
import functools

import numpy as np
import numpy.typing as npt
from scipy.constants import R as GAS_CONSTANT
from scipy.constants import physical_constants

from blackmass import species
from blackmass.chemistry.activity import LN10, constants, debye_hueckel
from blackmass.chemistry.equilibria import REFERENCE, formation
from blackmass.chemistry.surface_charge import bind
from blackmass.data.load import table

Array = npt.NDArray[np.float64]
CHARGE = 2
SULFATE = "SO4-2"
FARADAY = physical_constants["Faraday constant"][0]
_SORBENT = ("strong_sites", "weak_sites", "area_m2_mol", "liquor_kg_mol")
_ACIDITY = ("protonation", "deprotonation", "sulfate", "sulfate_hydroxide")


@dataclasses.dataclass(frozen=True)
class Sorption:
    """What is taken up, and by what: tables `coprecipitation.csv`, `sorbents.csv` and `surface.csv`."""

    metals: tuple[str, ...]
    solids: tuple[str, ...]
    constant: Array  # (kinds of site, metals)
    sites: Array  # (kinds of site, species)
    area: Array  # (species,) [m2/mol]
    gel: Array  # (species,) liquor held [kg/mol]
    acidity: Array  # (4,)
    layer: float  # charge of the diffuse layer [C/m2 at 1 mol/kg and sinh(y/2) = 1]
    heat: float  # of binding a proton [J/mol]
    stoichiometry: Array  # (species, metals)


@functools.cache
def sorption() -> Sorption:
    """Return the tables; metals taken up are booked as their hydroxides."""
    rows = table("coprecipitation.csv", columns=("metal", "solid", "log_k_strong", "log_k_weak"), key=("metal",))
    sorbents = table("sorbents.csv", columns=("solid", *_SORBENT), key=("solid",))
    surface = {
        row["name"]: float(row["value"]) for row in table("surface.csv", columns=("name", "value"), key=("name",))
    }
    columns = {name: species.column({row["solid"]: float(row[name]) for row in sorbents}) for name in _SORBENT}
    solids = tuple(row["solid"] for row in rows)
    return Sorption(
        metals=tuple(row["metal"] for row in rows),
        solids=solids,
        constant=10.0 ** np.array([[float(row[f"log_k_{kind}"]) for row in rows] for kind in ("strong", "weak")]),
        sites=np.array([columns["strong_sites"], columns["weak_sites"]]),
        area=columns["area_m2_mol"],
        gel=columns["liquor_kg_mol"],
        acidity=10.0 ** np.array([surface[name] for name in _ACIDITY]),
        layer=surface["diffuse_layer"],
        heat=1e3 * surface["proton_enthalpy"],
        stoichiometry=np.array([formation(name) for name in solids]).T,
    )


@dataclasses.dataclass(frozen=True)
class Liquor:
    """State of the liquor at equilibrium, before uptake.

    Parameters
    ----------
    dissolved : array (metals, cases) [mol/s]
        Dissolved metal, complexes included.
    molality : array (metals, cases) [mol/kg]
        Of the free ions.
    sulfate : array (cases,) [mol/kg]
        Of the free ion.
    pH, ionic_strength [mol/kg], temperature [K] : array (cases,)
    """

    dissolved: Array
    molality: Array
    sulfate: Array
    pH: Array
    ionic_strength: Array
    temperature: Array


def uptake(flow: Array, liquor: Liquor) -> Array:
    """Return the metal taken up (metals, cases) [mol/s] by the hydroxides of a slurry.

    The two-layer model: metals compete with protons for strong, then with protons and sulfate for weak sites under the
    potential of the surface, which follows from its charge and that of the diffuse layer (Gouy and Chapman),

    .. math::
        [>OM^+] = K_M \\frac{a_M}{a_H} e^{-y} [>OH], \\quad [>OH_2^+] = K_1 a_H e^{-y} [>OH], \\quad
        [>SO_4^-] = K_S a_H a_S e^{y} [>OH], \\quad \\sum_i z_i n_i = \\frac{A}{F} C \\sqrt{I} \\sinh(y/2)

    with y the potential in thermal volts and A the area. Sites that protons or sulfate hold are why an acid liquor
    loses no copper to iron hydroxide, and sulfate is why the surface is hardly charged in strong liquors. Uptake rises
    with pH and ends where the metal or the sites do. Constants move with temperature by the heat of the proton that
    each reaction binds or sets free. The sulfate held is not taken from the liquor.

    Parameters
    ----------
    flow : array (species, cases) [mol/s]
        Slurry at equilibrium.

    Source: Dzombak and Morel, Surface Complexation Modeling (1990).
    """
    data = sorption()
    able = np.isfinite(liquor.pH)
    left = np.where(able, np.maximum(liquor.dissolved, 0.0), 0.0)
    whole = np.where(left > 0, left, 1.0)
    gamma = _activity_coefficient(liquor)
    proton = 10.0 ** -np.where(able, liquor.pH, 0.0)
    area = np.maximum(data.area @ flow, 0.0) * able
    screen = area * data.layer / FARADAY * np.sqrt(np.maximum(liquor.ionic_strength, 0.0))
    taken = np.zeros(left.shape)
    fewer = np.exp(-data.heat / GAS_CONSTANT * (1 / liquor.temperature - 1 / REFERENCE))
    bind(
        proton,
        np.ascontiguousarray(liquor.sulfate * gamma * able),
        screen,
        fewer,
        data.acidity,
        data.constant,
        np.maximum(data.sites @ flow, 0.0),
        left,
        np.where(left > 0, liquor.molality * gamma / whole, 0.0),
        taken,
    )
    return taken


def _activity_coefficient(liquor: Liquor) -> Array:
    """Davies coefficient of a divalent ion."""
    root = np.sqrt(np.maximum(liquor.ionic_strength, 0.0))
    shape = root / (1 + root) - constants()["slope"] * root**2
    return np.exp(-LN10 * CHARGE**2 * debye_hueckel(liquor.temperature) * shape)
