"""Which solids can be saturated: guessed from totals before an equilibrium is solved, and checked after it."""

import functools

import numpy as np
import numpy.typing as npt

from blackmass import species
from blackmass.chemistry.activity import LN10, constants, debye_hueckel
from blackmass.chemistry.aqueous import Equilibrium
from blackmass.chemistry.equilibria import COMPONENTS, Reaction, component_rows, dissolved, pure_phase, pure_phases

Array = npt.NDArray[np.float64]
_PROTON, _CARBONATE, _WATER = (COMPONENTS.index(name) for name in ("H+", "CO3-2", "H2O"))
_SQUARES = species.CHARGE[component_rows()] ** 2
NOTHING = -1e3  # ln activity of a component that is absent
BROUGHT = float(np.log(10.0))  # ln mol/kg of a component that the reagent brings
MARGIN = 2.0  # in ln, for activity coefficients above one
DRY = 1e-300


def dissolved_totals(flow: Array, phases: tuple[str, ...]) -> Array:
    """Return the totals (components, cases) of a stream (species, cases) with the named phases dissolved."""
    rows, amounts = _phase_rows(phases)
    return flow[component_rows()] + amounts @ flow[rows]


def can_form(phases: tuple[str, ...], flow: Array, temperature: Array, pH: Array, reagent: Array) -> tuple[str, ...]:
    """Return those of the phases that are in the stream or might be saturated in some case at this pH.

    The activity of a component is about what is there at most, whole or in its protonated or hydrolysed forms,

    .. math:: a_j \\le m_j, \\quad a_j^n a_H^p K \\le m_j / n

    and that of carbonate what 1 atm of carbon dioxide holds. A guess that spares work: whether a solid left out is in
    fact undersaturated, `excess` tells from the solution.

    Parameters
    ----------
    flow, reagent : array (species, cases)
    temperature, pH : array (cases,)
    """
    kept = (flow[_phase_rows(phases)[0]] > 0).any(1)
    totals = np.maximum(dissolved_totals(flow, phases), 0.0)
    brought = np.maximum(dissolved_totals(reagent, tuple(pure_phases())), 0.0)
    molality = totals / np.maximum(totals[_WATER] * species.MOLAR_MASS[species.index("H2O"), 0], DRY)
    with np.errstate(divide="ignore"):
        bound = np.where(totals > 0, np.log(molality), NOTHING)
    bound = np.where(brought > 0, np.maximum(bound, BROUGHT), bound)
    ln_proton = -LN10 * pH
    rows, counts, protons, forms = _simple_forms()
    whole = bound[rows] - _ln_k(forms, temperature) - protons * ln_proton
    highest = bound.copy()
    np.minimum.at(highest, rows, whole / counts)
    open_air = _ln_k(("CO2(g)",), temperature)[0] - 2 * ln_proton
    highest[_CARBONATE] = np.minimum(highest[_CARBONATE], open_air)
    highest[_PROTON], highest[_WATER] = ln_proton, 0.0
    _, needs = _phase_rows(phases)
    limit = _ln_k(phases, temperature)
    near = np.any(needs.T @ highest - limit > -MARGIN, axis=1)
    return tuple(name for name, possible in zip(phases, near | kept, strict=True) if possible)


def excess(phases: tuple[str, ...], found: Equilibrium, temperature: Array) -> Array:
    """Return ln of the saturation (cases,) of the most saturated of some phases left out of an equilibrium."""
    if not phases:
        return np.full(temperature.shape, -np.inf)
    root = np.sqrt(found.ionic_strength)
    shape = root / (1 + root) - constants()["slope"] * found.ionic_strength
    ln_gamma = -_SQUARES[:, None] * (LN10 * debye_hueckel(temperature) * shape)
    molality = np.array([found.molality_of(name) for name in COMPONENTS])
    with np.errstate(divide="ignore", invalid="ignore"):
        activity = np.where(molality > 0, np.log(molality), NOTHING) + ln_gamma
    activity[_PROTON] = -LN10 * np.nan_to_num(found.pH)
    activity[_WATER] = np.log(np.where(found.water_activity > 0, found.water_activity, 1.0))
    _, needs = _phase_rows(phases)
    limit = _ln_k(phases, temperature)
    return (needs.T @ activity - limit).max(0)


def _ln_k(names: tuple[str, ...], temperature: Array) -> Array:
    """Return ln K of phases or complexes (names, cases), or (names, 1) where all cases have one temperature."""
    if temperature.min(initial=np.inf) == temperature.max(initial=-np.inf):
        return _ln_k_at(names, float(temperature[0]))
    return np.array([_reaction(name).ln_k(temperature) for name in names])


@functools.lru_cache(maxsize=256)
def _ln_k_at(names: tuple[str, ...], temperature: float) -> Array:
    return np.array([_reaction(name).ln_k(np.array([temperature])) for name in names])


def _reaction(name: str) -> Reaction:
    return pure_phase(name) if name in pure_phases() else _complexes()[name]


@functools.cache
def _complexes() -> dict[str, Reaction]:
    return {reaction.name: reaction for reaction in dissolved("davies")}


@functools.cache
def _simple_forms() -> tuple[npt.NDArray[np.intp], Array, Array, tuple[str, ...]]:
    """Complexes of one component with protons or hydroxide: its row, its number, the protons, the name."""
    forms = []
    for reaction in dissolved("davies"):
        rows = [row for row in np.flatnonzero(reaction.amounts) if row not in (_PROTON, _WATER)]
        if len(rows) == 1:
            forms.append((rows[0], reaction.amounts[rows[0]], reaction.amounts[_PROTON], reaction.name))
    held, counts, protons, names = zip(*forms, strict=True)
    return np.array(held, dtype=np.intp), np.array(counts)[:, None], np.array(protons)[:, None], names


@functools.cache
def _phase_rows(phases: tuple[str, ...]) -> tuple[npt.NDArray[np.intp], Array]:
    amounts = np.array([pure_phase(name).amounts for name in phases]).reshape(-1, len(COMPONENTS)).T
    return species.indices(phases), amounts
