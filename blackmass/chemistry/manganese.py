"""Oxidation of dissolved manganese to its dioxide, and what goes with it."""

import dataclasses
import functools

import numpy as np
import numpy.typing as npt
from scipy.constants import R as GAS_CONSTANT

from blackmass import species
from blackmass.data.load import table

Array = npt.NDArray[np.float64]
WARM = 333.15  # K, of the table
MIDDLE = 4.0  # pH of the table
HOUR = 3600.0
STEPS = 200
METALS = ("Mn+2", "Co+2", "Ni+2")
ELECTRONS: Array = np.array([[2.0], [1.0], [1.0]])
_GIVERS = (
    {"Fe+2": -1, "Fe+3": 1},
    {"Mn+2": -1, "H2O": -2, "MnO2": 1, "H+": 4},
    {"Co+2": -1, "H2O": -2, "CoOOH": 1, "H+": 3},
    {"Ni+2": -1, "H2O": -2, "NiOOH": 1, "H+": 3},
)
_TAKERS = (
    {"MnO4-": -1 / 3, "H+": -4 / 3, "MnO2": 1 / 3, "H2O": 2 / 3},
    {"S2O8-2": -0.5, "SO4-2": 1},
    {"SO2(g)": -0.5, "O2(g)": -0.5, "SO4-2": 0.5},
    {"SO2(aq)": -0.5, "O2(g)": -0.5, "SO4-2": 0.5},
)
STOICHIOMETRY: Array = np.array([species.column(half) for half in (*_GIVERS, *_TAKERS)]).T
"""(species, half reactions): of iron, manganese, cobalt and nickel by the mole; of the oxidants by the electron."""
STOICHIOMETRY.setflags(write=False)
_OF_TAKER = ("permanganate", "persulfate", "sulfur dioxide and oxygen", "sulfur dioxide and oxygen")


@dataclasses.dataclass(frozen=True)
class Oxidant:
    """Constants of one oxidant."""

    rate: float  # 1/s at WARM and MIDDLE
    energy: float  # J/mol
    order: float
    ratios: Array  # (metals,) rate of each metal to that of manganese


@functools.cache
def oxidants() -> dict[str, Oxidant]:
    """Return the table `manganese_oxidation.csv`."""
    columns = ("oxidant", "rate_1_h", "activation_energy_kJ_mol", "pH_order", "cobalt", "nickel")
    rows = table("manganese_oxidation.csv", columns=columns, key=("oxidant",))
    return {
        row["oxidant"]: Oxidant(
            float(row["rate_1_h"]) / HOUR,
            1e3 * float(row["activation_energy_kJ_mol"]),
            float(row["pH_order"]),
            np.array([1.0, float(row["cobalt"]), float(row["nickel"])]),
        )
        for row in rows
    }


def electrons_taken(flow: Array) -> Array:
    """Return the electrons (oxidants, cases) [mol/s] that the oxidants of a stream can take.

    Permanganate three, to the dioxide; persulfate two; sulfur dioxide two with as much oxygen, gas before dissolved.
    """
    permanganate, persulfate, gas, liquid, oxygen = (
        np.maximum(flow[species.index(name)], 0.0) for name in ("MnO4-", "S2O8-2", "SO2(g)", "SO2(aq)", "O2(g)")
    )
    first = np.minimum(gas, oxygen)
    return np.array([3 * permanganate, 2 * persulfate, 2 * first, 2 * np.minimum(liquid, oxygen - first)])


def electrons_given(flow: Array) -> Array:
    """Return the electrons (cases,) [mol/s] that ferrous iron and manganese give."""
    iron, manganese = (np.maximum(flow[species.index(name)], 0.0) for name in ("Fe+2", "Mn+2"))
    return iron + 2 * manganese


def oxidise(flow: Array, temperature: Array, pH: Array, residence_time: Array, use: Array) -> Array:
    """Return the extents (half reactions, cases) of `STOICHIOMETRY` [mol/s] in a mixed tank.

    Ferrous iron takes the oxidant first. Then manganese, cobalt and nickel compete by parallel first-order reactions,

    .. math:: \\frac{n_j}{n_{j,0}} = e^{-r_j u}, \\quad \\sum_j z_j n_{j,0} (1 - e^{-r_j u}) = E,
              \\quad u \\le \\ln(1 + k \\tau)

    with r = 1 for manganese, so that cobalt and nickel are lost little by little. The rate is
    k = k_60 exp[-A/R (1/T - 1/333 K)] 10^{n (pH - 4)}. Several oxidants share the work by their electrons.

    Parameters
    ----------
    flow : array (species, cases) [mol/s]
    temperature, pH, residence_time [s] : array (cases,)
    use : array (cases,)
        Share of the oxidant that oxidises metals; the rest stays as it is.

    Source: Zhang and Cheng, Hydrometallurgy 89 (2007) 160, 10.1016/j.hydromet.2007.08.009.
    """
    taken = electrons_taken(flow) * use
    total = taken.sum(0)
    share = taken / np.where(total > 0, total, 1.0)
    iron = np.minimum(np.maximum(flow[species.index("Fe+2")], 0.0), total)
    held = np.maximum(flow[species.indices(METALS)], 0.0)
    rates, ratios = _mixture(share, temperature, pH)
    progress = _progress(held, ratios, total - iron, np.log1p(rates * residence_time))
    metals = held * -np.expm1(-ratios * progress)
    spent = iron + (ELECTRONS * metals).sum(0)
    return np.vstack([iron[None], metals, share * spent])


def _mixture(share: Array, temperature: Array, pH: Array) -> tuple[Array, Array]:
    """Rate (cases,) and ratios (metals, cases) of the oxidants by their shares."""
    rate, ratios = np.zeros(share.shape[1]), np.zeros((len(METALS), share.shape[1]))
    for part, name in zip(share, _OF_TAKER, strict=True):
        known = oxidants()[name]
        warmth = np.exp(-known.energy / GAS_CONSTANT * (1 / temperature - 1 / WARM))
        rate += part * known.rate * warmth * 10.0 ** (known.order * (pH - MIDDLE))
        ratios += part * known.ratios[:, None]
    return rate, ratios


def _progress(held: Array, ratios: Array, electrons: Array, most: Array) -> Array:
    """Solve for u (cases,): Newton's method from zero on a rising concave function never passes the root."""
    weight = ELECTRONS * held
    enough = (weight * -np.expm1(-ratios * most)).sum(0) <= electrons
    progress = np.where(enough, most, 0.0)
    active = ~enough
    for _ in range(STEPS):
        if not active.any():
            break
        left = weight * np.exp(-ratios * progress)
        value, slope = (weight - left).sum(0), (ratios * left).sum(0)
        step = np.where(active, (electrons - value) / np.where(slope > 0, slope, 1.0), 0.0)
        progress = np.clip(progress + step, 0.0, most)
        active &= np.abs(step) > 1e-15 * (1 + progress)
    return progress
