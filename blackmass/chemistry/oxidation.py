"""Oxidation of ferrous iron by hydrogen peroxide and by oxygen."""

import dataclasses
import functools

import numpy as np
import numpy.typing as npt
from scipy.constants import R as GAS_CONSTANT

from blackmass import species
from blackmass.chemistry.equilibria import REFERENCE, dissolved
from blackmass.data.load import table

Array = npt.NDArray[np.float64]
GASES = species.PHASE_MASK["gas"][:, 0] > 0
LITRE = 1e-3  # m3
STOICHIOMETRY: Array = np.array(
    [
        species.reaction({"Fe+2": -2, "H2O2": -1, "H+": -2, "Fe+3": 2, "H2O": 2}),
        species.reaction({"Fe+2": -4, "O2(g)": -1, "H+": -4, "Fe+3": 4, "H2O": 2}),
        species.reaction({"H2O2": -1, "H2O": 1, "O2(g)": 0.5}),
    ]
).T
"""(species, reactions): by peroxide, by oxygen, and decay of the peroxide that is left."""
STOICHIOMETRY.setflags(write=False)


@dataclasses.dataclass(frozen=True)
class Conditions:
    """Where the oxidation takes place.

    Parameters
    ----------
    pH, temperature [K], residence_time [s] : array (cases,) or float
    volume : array (cases,) [m3/s]
        Flow of liquor.
    """

    pH: "npt.ArrayLike"
    temperature: "npt.ArrayLike"
    residence_time: "npt.ArrayLike"
    volume: Array


def equivalents(flow: Array) -> Array:
    """Return the moles (cases,) of ferrous iron that the peroxide and oxygen gas of a stream can oxidise."""
    return 2 * flow[species.index("H2O2")] + 4 * flow[species.index("O2(g)")]


def oxidise(flow: Array, conditions: Conditions) -> Array:
    """Return the extents (3, cases) [mol/s] of the reactions of `STOICHIOMETRY` in one perfectly mixed tank.

    Peroxide reacts with ferrous iron at once, and what is left of it decays to oxygen, which leaves. Oxygen oxidises
    the rest in first order of ferrous iron,

    .. math:: -\\frac{d[Fe^{II}]}{dt} = [Fe^{II}] \\left(k_a p_{O_2} + k_h [O_2][OH^-]^2
              + k_s [O_2] \\frac{[Fe^{III}]}{[H^+]}\\right)

    the last term on the surface of the ferric hydroxide, whose amount rises as the reaction goes on, so that the share
    oxidised solves a quadratic. Oxygen saturates the liquor at its share of the gas at 1 atm.

    Parameters
    ----------
    flow : array (species, cases) [mol/s]
        Liquor and oxidant together.

    Source: Singer and Stumm (1970), 10.1126/science.167.3921.1121; Millero et al. (1987),
    10.1016/0016-7037(87)90093-7; Tamura et al. (1976), 10.1016/0010-938X(76)90046-9.
    """
    ferrous = np.maximum(flow[species.index("Fe+2")], 0.0)
    ferric = np.maximum(_ferric() @ flow, 0.0)
    peroxide = np.maximum(flow[species.index("H2O2")], 0.0)
    oxygen = np.maximum(flow[species.index("O2(g)")], 0.0)
    by_peroxide = np.minimum(ferrous, 2 * peroxide)
    rest = ferrous - by_peroxide
    gas = np.maximum(flow[GASES].sum(0), 0.0)
    partial = oxygen / np.where(gas > 0, gas, 1.0)
    litres = np.where(conditions.volume > 0, conditions.volume, 1.0) / LITRE
    plain, surface = _rates(conditions, partial)
    time = np.asarray(conditions.residence_time, dtype=float)
    share = _converted(time * (plain + surface * (ferric + by_peroxide) / litres), time * surface * rest / litres)
    by_oxygen = np.minimum(share * rest, 4 * oxygen)
    return np.array([by_peroxide / 2, by_oxygen / 4, peroxide - by_peroxide / 2])


def _converted(base: Array, growth: Array) -> Array:
    """Return the root x in 0..1 of x = (base + growth x) (1 - x), written without cancellation."""
    middle = 1 + base - growth
    root = np.sqrt(middle**2 + 4 * growth * base)
    below = middle + root
    small = 2 * base / np.where(middle >= 0, np.maximum(below, 1e-300), 1.0)
    large = (root - middle) / (2 * np.where(growth > 0, growth, 1.0))
    return np.where(middle >= 0, small, large)


def _rates(conditions: Conditions, partial: Array) -> tuple[Array, Array]:
    """Return the rate [1/s] without ferric iron, and that by its concentration [L/(mol s)]."""
    celsius = np.asarray(conditions.temperature, dtype=float)
    proton = 10.0 ** -np.asarray(conditions.pH, dtype=float)
    oxygen = _constant("oxygen", celsius) * partial
    water = next(reaction for reaction in dissolved("davies") if reaction.name == "OH-")
    hydroxide = np.exp(water.ln_k(celsius)) / proton
    plain = _constant("acid", celsius) * partial + _constant("hydroxide", celsius) * oxygen * hydroxide**2
    return plain, _constant("surface", celsius) * oxygen / proton


def _constant(name: str, temperature: Array) -> Array:
    value, energy = _rows()[name]
    return value * np.exp(-energy / GAS_CONSTANT * (1 / temperature - 1 / REFERENCE))


@functools.cache
def _ferric() -> Array:
    """Moles of ferric iron in each species (species,), dissolved or as hydroxide."""
    return species.column({"Fe+3": 1.0, "Fe(OH)3": 1.0, "jarosite-Na": 3.0})


@functools.cache
def _rows() -> dict[str, tuple[float, float]]:
    columns = ("quantity", "value", "activation_energy_kJ_mol", "unit")
    rows = table("iron_oxidation.csv", columns=columns, key=("quantity",))
    return {row["quantity"]: (float(row["value"]), 1e3 * float(row["activation_energy_kJ_mol"])) for row in rows}
