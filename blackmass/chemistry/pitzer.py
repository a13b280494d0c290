"""Pitzer's model of activity with unsymmetric mixing (Harvie, Moller and Weare) for a batch of cases."""

import dataclasses
from typing import Protocol

import numpy as np
import numpy.typing as npt

from blackmass.chemistry.activity import LN10, Activity, debye_hueckel
from blackmass.chemistry.pitzer_expansion import (
    AMOUNT,
    HESSIAN,
    LN_GAMMA,
    PLACE,
    SLOPE,
    Room,
    at_temperature,
    held,
    outside,
    room,
)
from blackmass.chemistry.pitzer_parameters import GROUP, GROUPS, PROPER, SIZES, Parameters, parameters
from blackmass.numerics.compiled import compiled

Array = npt.NDArray[np.float64]
ENDLESS = 1e300  # mol/kg


class VirialModel(Protocol):
    """Pitzer's model, held above a number of solutes in a kilogram of water."""

    @property
    def tier(self) -> str:
        """Which rows of aqueous_equilibria.csv are used with this model."""

    @property
    def most_solutes(self) -> float:
        """Molality of all solutes [mol/kg] from which on the activity coefficients are held."""


@dataclasses.dataclass(frozen=True)
class Pitzer:
    """Pitzer's virial expansion in molality of the excess Gibbs energy, on the unscaled single-ion scale.

    .. math:: \\frac{G^{ex}}{w R T} = f(I) + \\sum_{ij} m_i m_j \\left[B_{ij}(I) + \\tfrac12 Z C_{ij} + \\theta_{ij}
              + {}^E\\theta_{ij}(I) + \\lambda_{ij}\\right] + \\sum_{ijk} m_i m_j m_k (\\psi_{ijk} + \\zeta_{ijk})

    with :math:`\\ln\\gamma_i` its first and the gradient its second derivative by molality; the activity of water
    follows from the Gibbs-Duhem equation. For crystallisers, brines, water activity and lithium carbonate, 0 to 100 °C.
    Ions without parameters keep the Debye-Hückel term; where they make up more than a fifth of the products of charges,
    or beyond an ionic strength of 20 mol/kg, the result is out of range. Far beyond, the coefficients are held at those
    of the liquor diluted to the limit, and the activity of water falls on slowly (`pitzer_expansion.held`).

    Source: Pitzer, Activity Coefficients in Electrolyte Solutions (1991); Harvie, Moller and Weare, Geochim. Cosmochim.
    Acta 48 (1984) 723, 10.1016/0016-7037(84)90098-X. Parameters and their sources in pitzer.csv.
    """

    tier: str = "pitzer"
    most_solutes: float = ENDLESS

    def evaluate(self, names: tuple[str, ...], charges: Array, molality: Array, temperature: Array) -> Activity:
        """Return the activities; see `ActivityModel`."""
        return activities(self, names, charges, molality, temperature)


def activities(
    model: VirialModel, names: tuple[str, ...], charges: Array, molality: Array, temperature: Array
) -> Activity:
    """Return the activities of a batch by Pitzer's model; see `ActivityModel`."""
    given = parameters(names, tuple(np.asarray(charges, dtype=float).tolist()))
    count, cases = len(names), temperature.size
    found = np.empty((count, cases)), np.empty(cases), np.empty(cases, dtype=np.bool_)
    gradient, water = np.empty((count, count, cases)), np.empty((count, cases))
    slopes = debye_hueckel_slope(temperature)
    _evaluate(given, room(given), (molality, temperature, slopes), model.most_solutes, (*found, gradient, water))
    return Activity(*found, gradient=gradient, water_gradient=water)


def debye_hueckel_slope(temperature: "npt.ArrayLike") -> Array:
    """Return the coefficient of Pitzer's Debye-Hückel term at temperature [K]."""
    return debye_hueckel(temperature) * (LN10 / 3)


@compiled
def _evaluate(
    given: Parameters,
    part: Room,
    state: tuple[Array, Array, Array],
    most: float,
    found: tuple[Array, Array, npt.NDArray[np.bool_], Array, Array],
) -> None:
    molality, temperature, slopes = state
    ln_gamma, ln_water, out_of_range, gradient, water = found
    values, groups = part.values, given.places[SIZES, GROUPS]
    proper = np.empty(groups)
    for row in range(groups):
        part.places[PLACE, row] = row
    for case in range(temperature.size):
        at_temperature(given, part, temperature[case])
        for row in range(groups):
            values[AMOUNT, row] = proper[row] = 0.0
        for row in range(molality.shape[0]):
            group = given.places[GROUP, row]
            values[AMOUNT, group] += molality[row, case]
            proper[group] += molality[row, case] * given.places[PROPER, row]
        ln_water[case] = held(given, part, slopes[case], most)
        out_of_range[case] = outside(given, part, temperature[case], proper, most)
        for row in range(molality.shape[0]):
            group = given.places[GROUP, row]
            ln_gamma[row, case], water[row, case] = values[LN_GAMMA, group], values[SLOPE, group]
            for column in range(molality.shape[0]):
                gradient[row, column, case] = values[HESSIAN + group, given.places[GROUP, column]]
