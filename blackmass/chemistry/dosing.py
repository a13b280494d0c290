"""A tank dosed to a pH: equilibrium with the solids that can form, no more reagent than makes sense."""

import dataclasses
import functools

import numpy as np
import numpy.typing as npt

from blackmass import species
from blackmass.chemistry.aqueous import equilibrate
from blackmass.chemistry.coprecipitation import SULFATE, sorption
from blackmass.chemistry.equilibria import (
    COMPONENTS,
    Reaction,
    component_rows,
    dissolved,
    formation,
    pure_phase,
    pure_phases,
)
from blackmass.status import Status, StatusArray

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]
DISSOLVING = ("MgO", "CaO")
"""Solids that a slurry may bring and that do not form."""
OPEN = "CO2(g)"
MOST = 2.0  # times what liquor and metals can take up is the most reagent that is added
SLACK = 0.02  # mol/kg, added to that
HEAD = len(COMPONENTS) + 3  # rows of a guess before those of the phases
SHORT = Status.OUT_OF_RANGE
_WATER = species.index("H2O")
_BASES = ("Mg+2", "Ca+2", "Mn+2", "Fe+2", "Fe+3", "Co+2", "Ni+2", "Cu+2", "Zn+2", "Al+3", "NH4+")
_ACIDS = {"CO3-2": 2.0, "PO4-3": 2.0, "F-": 1.0, "SO4-2": 1.0}


@dataclasses.dataclass
class Settled:
    """State of the slurry in all cases.

    Parameters
    ----------
    extent : array (columns, cases) [mol/s]
        Of the phases of `Dosing.columns`.
    dose : array (cases,) [units of the reagent]
    pH, strength [mol/kg] : array (cases,)
        pH not a number where there is no liquor or no solution.
    molality : array (metals, cases) [mol/kg]
        Of the free ions of the metals that hydroxides take up.
    sulfate : array (cases,) [mol/kg]
        Of the free ion.
    status : array (cases,)
        OUT_OF_RANGE also where the most reagent falls short of the target.
    guess : array (unknowns, cases)
        As of `aqueous.Equilibrium`, then the dose against the most.
    """

    extent: Array
    dose: Array
    pH: Array
    strength: Array
    molality: Array
    sulfate: Array
    status: StatusArray
    guess: Array


@dataclasses.dataclass(frozen=True)
class Dosing:
    """Conditions of the tank, and the equilibria solved under them."""

    temperature: Array  # (cases,) [K]
    pH: Array  # (cases,) the target
    reagent: Array  # (species, cases) [mol per unit of dose]
    solids: tuple[str, ...]  # that may form

    @functools.cached_property
    def reagent_solids(self) -> tuple[str, ...]:
        """Solids that the reagent brings."""
        names = tuple(pure_phases())
        held = np.flatnonzero((self.reagent[_rows_of(names)] > 0).any(1))
        return tuple(names[row] for row in held)

    @functools.cached_property
    def columns(self) -> tuple[str, ...]:
        """Solids that may form or only dissolve, then the gas."""
        return (*dict.fromkeys((*self.solids, *DISSOLVING, *self.reagent_solids)), OPEN)

    @functools.cached_property
    def stoichiometry(self) -> Array:
        """(species, columns)."""
        return np.array([formation(name) for name in self.columns]).T

    @functools.cached_property
    def strength(self) -> Array:
        """Protons taken up (cases,) by a unit of the reagent; negative for acids."""
        totals = dissolved_totals(self.reagent, self.columns)
        return -totals[COMPONENTS.index("H+")] + 2 * totals[COMPONENTS.index("CO3-2")]

    def settle(self, flow: Array, start: Array | None) -> Settled:
        """Dose to the target where that can be, and find the equilibrium in every case.

        Where the liquor is at or beyond the target without any reagent, or short of it with the most, that is the
        answer.
        """
        most = self.most(flow)
        found = equilibrate(
            flow,
            self.temperature,
            solids=self.columns[:-1],
            gases={OPEN: 1.0},
            pH=self.pH,
            reagent=self.reagent,
            bound=most,
            start=None if start is None else start[:-1],
        )
        status = np.where(found.past, Status.OK, found.status)
        return Settled(
            extent=found.extent,
            dose=found.dose,
            pH=found.pH,
            strength=found.ionic_strength,
            molality=np.array([found.molality_of(name) for name in sorption().metals]),
            sulfate=found.molality_of(SULFATE),
            status=np.where(status == Status.SPEC_NOT_REACHED, SHORT, status).astype(np.int8),
            guess=np.vstack([found.guess, found.dose / np.where(most > 0, most, 1.0)]),
        )

    def most(self, flow: Array) -> Array:
        """Return the most reagent (cases,) that makes sense: twice what the liquor, its metals or bases can take up."""
        totals = dissolved_totals(flow, self.columns)
        proton = totals[COMPONENTS.index("H+")]
        metals = [COMPONENTS.index(name) for name in _BASES]
        charges = species.CHARGE[component_rows()[metals]]
        acid = np.maximum(proton, 0.0) + charges @ np.maximum(totals[metals], 0.0)
        base = np.maximum(-proton, 0.0)
        for name, protons in _ACIDS.items():
            base = base + protons * np.maximum(totals[COMPONENTS.index(name)], 0.0)
        water = np.maximum(flow[_WATER], 0.0) * species.MOLAR_MASS[_WATER, 0]
        free_acid = 10.0**-self.pH
        free_base = np.exp(hydroxide().ln_k(self.temperature)) / free_acid
        needs = np.where(self.strength > 0, acid + water * free_base, base + water * free_acid)
        strength = np.abs(self.strength)
        most = (MOST * needs + SLACK * water) / np.where(strength > 0, strength, 1.0)
        liquid = totals[-1] > np.abs(totals[:-1]).sum(0)  # salts in less water than that are no liquor to titrate
        return np.where((strength > 0) & np.isfinite(most) & liquid, most, 0.0)


@functools.cache
def _rows_of(names: tuple[str, ...]) -> Index:
    return species.indices(names)


@functools.cache
def hydroxide() -> Reaction:
    """Return the dissociation of water."""
    return next(reaction for reaction in dissolved("davies") if reaction.name == "OH-")


def dissolved_totals(flow: Array, phases: tuple[str, ...]) -> Array:
    """Return the totals (components, cases) of a stream (species, cases) with the named phases dissolved."""
    rows, amounts = _phase_rows(phases)
    return flow[component_rows()] + amounts @ flow[rows]


@functools.cache
def _phase_rows(phases: tuple[str, ...]) -> tuple[Index, Array]:
    amounts = np.array([pure_phase(name).amounts for name in phases]).reshape(-1, len(COMPONENTS)).T
    return species.indices(phases), amounts
