"""Uptake of nickel, cobalt, manganese and copper by fresh iron and aluminium hydroxides."""

import dataclasses
import functools

import numpy as np
import numpy.typing as npt

from blackmass import species
from blackmass.chemistry.activity import LN10, constants, debye_hueckel
from blackmass.chemistry.equilibria import formation
from blackmass.data.load import table
from blackmass.numerics.competition import left_over

Array = npt.NDArray[np.float64]
CHARGE = 2


@dataclasses.dataclass(frozen=True)
class Sorption:
    """The metals that are taken up, and by what: constants of `coprecipitation.csv` and `sorbents.csv`."""

    metals: tuple[str, ...]
    solids: tuple[str, ...]
    constant: Array  # (kinds of site, metals, 1)
    sites: Array  # (kinds of site, species)
    stoichiometry: Array  # (species, metals)


@functools.cache
def sorption() -> Sorption:
    """Return the tables; metals taken up are booked as their hydroxides."""
    rows = table("coprecipitation.csv", columns=("metal", "solid", "log_k_strong", "log_k_weak"), key=("metal",))
    sorbents = table("sorbents.csv", columns=("solid", "strong_sites", "weak_sites"), key=("solid",))
    sites = np.array(
        [species.column({row["solid"]: float(row[f"{kind}_sites"]) for row in sorbents}) for kind in ("strong", "weak")]
    )
    solids = tuple(row["solid"] for row in rows)
    return Sorption(
        metals=tuple(row["metal"] for row in rows),
        solids=solids,
        constant=10.0 ** np.array([[[float(row[f"log_k_{kind}"])] for row in rows] for kind in ("strong", "weak")]),
        sites=sites,
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
    pH, ionic_strength [mol/kg], temperature [K] : array (cases,)
    """

    dissolved: Array
    molality: Array
    pH: Array
    ionic_strength: Array
    temperature: Array


def uptake(flow: Array, liquor: Liquor) -> Array:
    """Return the metal taken up (metals, cases) [mol/s] by the hydroxides of a slurry.

    Metals compete for strong, then for weak surface sites, site + M(2+) = site-M(+) + H(+):

    .. math:: x_j = n_j \\frac{b_j f}{1 + b_j f}, \\quad b_j = K_j \\frac{a_j}{n_j a_H}, \\quad f + \\sum_j x_j = s

    with n the dissolved metal, f the free and s all sites. Uptake rises with pH and ends where the metal or the sites
    do. The electrostatic term of the source is left out: sulfate screens the surface in concentrated liquors, and the
    losses published for them (3 % Ni and 0.8 % Co with 2 g/L Al and 1 g/L Fe at pH 4) follow without it.

    Parameters
    ----------
    flow : array (species, cases) [mol/s]
        Slurry at equilibrium.

    Source: Dzombak and Morel, Surface Complexation Modeling (1990).
    """
    data = sorption()
    sites = np.maximum(data.sites @ flow, 0.0)
    able = np.isfinite(liquor.pH)
    left = np.where(able, np.maximum(liquor.dissolved, 0.0), 0.0)
    whole = np.where(left > 0, left, 1.0)
    ratio = liquor.molality * _activity_coefficient(liquor) * 10.0 ** np.where(able, liquor.pH, 0.0) / whole
    ratio = np.where(left > 0, ratio, 0.0)
    taken = np.zeros_like(left)
    for constant, supply in zip(data.constant, sites, strict=True):
        affinity = constant * ratio
        free = left_over(supply, left, affinity)
        bound = left * affinity * free / (1 + affinity * free)
        taken, left = taken + bound, left - bound
    return taken


def _activity_coefficient(liquor: Liquor) -> Array:
    """Davies coefficient of a divalent ion."""
    root = np.sqrt(np.maximum(liquor.ionic_strength, 0.0))
    shape = root / (1 + root) - constants()["slope"] * root**2
    return np.exp(-LN10 * CHARGE**2 * debye_hueckel(liquor.temperature) * shape)
