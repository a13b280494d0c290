"""Which solids can be saturated at all: an upper bound from totals, without solving the equilibrium."""

import functools

import numpy as np
import numpy.typing as npt

from blackmass import species
from blackmass.chemistry.activity import LN10, constants, debye_hueckel
from blackmass.chemistry.equilibria import COMPONENTS, Reaction, component_rows, dissolved, pure_phase

Array = npt.NDArray[np.float64]
_PROTON, _CARBONATE, _WATER = (COMPONENTS.index(name) for name in ("H+", "CO3-2", "H2O"))
_SQUARES = species.CHARGE[component_rows()] ** 2
NOTHING = -1e3  # ln activity of a component that is absent
BROUGHT = float(np.log(10.0))  # ln mol/kg of a component that the reagent brings
MARGIN = 1.0  # in ln, for water bound in hydrates and hydrolysis


def dissolved_totals(flow: Array, phases: tuple[str, ...]) -> Array:
    """Return the totals (components, cases) of a stream (species, cases) with the named phases dissolved."""
    rows, amounts = _phase_rows(phases)
    return flow[component_rows()] + amounts @ flow[rows]


def can_form(phases: tuple[str, ...], flow: Array, temperature: Array, pH: Array, reagent: Array) -> tuple[str, ...]:
    """Return those of the phases that are in the stream or could be saturated in some case at this pH.

    The activity of a component is at most what is there, whole or in its protonated or hydrolysed forms,

    .. math:: a_j \\le m_j, \\quad a_j^n a_H^p K \\le m_j / n

    and that of carbonate at most what 1 atm of carbon dioxide holds; activity coefficients are let grow as far as the
    Davies equation does at the ionic strength without complexes. A solid left out is undersaturated for certain.

    Parameters
    ----------
    flow, reagent : array (species, cases)
    temperature, pH : array (cases,)
    """
    kept = [name for name in phases if np.any(flow[species.index(name)] > 0)]
    totals = np.maximum(dissolved_totals(flow, phases), 0.0)
    brought = np.maximum(dissolved_totals(reagent, phases), 0.0)
    water = np.maximum(totals[_WATER] * species.MOLAR_MASS[species.index("H2O"), 0], 1e-300)
    molality = totals / water
    growth = _growth(molality, temperature)
    with np.errstate(divide="ignore"):
        bound = np.where(totals > 0, np.log(molality), NOTHING)
    bound = np.where(brought > 0, np.maximum(bound, BROUGHT), bound) + growth * _SQUARES[:, None]
    ln_proton = -LN10 * pH
    highest = bound.copy()
    for row, count, protons, reaction in _simple_forms():
        form = bound[row] + growth * reaction.charge**2 - reaction.ln_k(temperature) - protons * ln_proton
        highest[row] = np.minimum(highest[row], form / count)
    open_air = pure_phase("CO2(g)").ln_k(temperature) - 2 * ln_proton
    highest[_CARBONATE] = np.minimum(highest[_CARBONATE], open_air)
    highest[_PROTON], highest[_WATER] = ln_proton, 0.0
    for name in phases:
        needs = pure_phase(name).amounts
        if name not in kept and np.any(needs @ highest - pure_phase(name).ln_k(temperature) > -MARGIN):
            kept.append(name)
    return tuple(name for name in phases if name in kept)


def _growth(molality: Array, temperature: Array) -> Array:
    """Return the most that ln of the activity coefficient of a single charge can rise (cases,)."""
    strength = 1.0 + 0.75 * (_SQUARES @ molality)
    root = np.sqrt(strength)
    shape = constants()["slope"] * strength - root / (1 + root)
    return LN10 * debye_hueckel(temperature) * np.maximum(shape, 0.0)


@functools.cache
def _simple_forms() -> tuple[tuple[int, float, float, Reaction], ...]:
    """Complexes of one component with protons or hydroxide: its row, number, and the protons."""
    forms = []
    for reaction in dissolved("davies"):
        rows = [row for row in np.flatnonzero(reaction.amounts) if row not in (_PROTON, _WATER)]
        if len(rows) == 1:
            forms.append((int(rows[0]), float(reaction.amounts[rows[0]]), float(reaction.amounts[_PROTON]), reaction))
    return tuple(forms)


@functools.cache
def _phase_rows(phases: tuple[str, ...]) -> tuple[npt.NDArray[np.intp], Array]:
    amounts = np.array([pure_phase(name).amounts for name in phases]).reshape(-1, len(COMPONENTS)).T
    return species.indices(phases), amounts
