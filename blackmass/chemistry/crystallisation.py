"""Crystallisation of salts from strong liquors: at a given temperature, and by evaporation to a given yield."""

import dataclasses

import numpy as np
import numpy.typing as npt

from blackmass import species
from blackmass.chemistry.activity import ActivityModel
from blackmass.chemistry.aqueous import Equilibrium, equilibrate
from blackmass.chemistry.equilibria import COMPONENTS, component_rows, pure_phase
from blackmass.chemistry.solubility import correction, measured
from blackmass.status import StatusArray
from blackmass.stream import Array, Stream

SULFATES = (
    "NiSO4.6H2O",
    "CoSO4.7H2O",
    "MnSO4.H2O",
    "CuSO4.5H2O",
    "MgSO4.7H2O",
    "Li2SO4.H2O",
    "Na2SO4",
    "Na2SO4.10H2O",
    "CaSO4.2H2O",
)
"""The salts that may form beside one another in a sulfate liquor: one for each metal, under its name in the trade.

Its solubility is that of the hydrate that is stable. Double salts are not known.
"""
COLD_SULFATES = ("NiSO4.7H2O", *SULFATES[1:])
"""Those of a cold liquor."""


@dataclasses.dataclass(frozen=True, eq=False)
class Settled:
    """A stream at equilibrium with its crystals.

    Parameters
    ----------
    stream : Stream
        Crystals in their liquor, at the temperature asked for.
    heat : array (cases,) [W]
        Set free by what crystallised; negative where crystals dissolve or the salt dissolves with heat.
    equilibrium : Equilibrium
        State of the liquor (at `approach` = 1).
    status : array (cases,) of `Status`
    guess : array (n, cases), for the next call
    """

    stream: Stream
    heat: Array
    equilibrium: Equilibrium
    status: StatusArray
    guess: Array


def settle(
    stream: Stream,
    temperature: "npt.ArrayLike",
    solids: tuple[str, ...],
    *,
    model: ActivityModel,
    approach: "npt.ArrayLike" = 1.0,
    start: Array | None = None,
) -> Settled:
    """Let the named solids form or dissolve until the liquor is saturated or they are gone.

    Parameters
    ----------
    stream : Stream
    temperature : array (cases,) or float [K]
    solids : names of the solids that may form
    model : activity model
    approach : array (cases,) or float
        Share of the way from the liquor as it comes to equilibrium that is gone.
    start : array (n, cases), optional
        `guess` of an earlier call for the same cases; not a number where there is none.

    A case that finds no equilibrium, or has no liquor, is left as it comes.
    """
    found = at_equilibrium(stream.flow, temperature, solids, model, start)
    extent = found.extent * np.asarray(approach, dtype=float)
    settled = stream.react(found.stoichiometry, extent).at(temperature)
    return Settled(settled, heat_of_crystallisation(found.phases, extent, model), found, found.status, found.guess)


def at_equilibrium(
    flow: Array, temperature: "npt.ArrayLike", solids: tuple[str, ...], model: ActivityModel, start: Array | None
) -> Equilibrium:
    """Return the equilibrium of flows (species, cases) [mol/s] with solids.

    Salts whose stable hydrate is not the one named are given to the engine as phases that form at the supersaturation
    of the saturated solution (`solubility.correction`).
    """
    kelvin = np.broadcast_to(np.asarray(temperature, dtype=float), flow.shape[1:])
    corrected = {name: correction(name, kelvin, model) for name in solids if measured(name)[0].size}
    plain = tuple(name for name in solids if name not in corrected)
    return equilibrate(flow, kelvin, solids=plain, gases=corrected, model=model)


def extents(state: Equilibrium, solids: tuple[str, ...]) -> Array:
    """Return the extents (solids, cases) [mol/s] of an equilibrium in the order of `solids`."""
    return state.extent[[state.phases.index(name) for name in solids]]


def heat_of_crystallisation(solids: tuple[str, ...], extent: Array, model: ActivityModel) -> Array:
    """Return the heat (cases,) [W] set free by `extent` (solids, cases) [mol/s] of solids that form."""
    return np.array([pure_phase(name, model.tier).enthalpy for name in solids]) @ extent


def companions(salt: str) -> tuple[str, ...]:
    """Return the sulfates that may form beside a salt: all but itself and its other hydrates."""
    own = _anhydrous(salt)
    return tuple(name for name in SULFATES if not np.array_equal(_anhydrous(name), own))


def limiting(stream: Stream, salt: str) -> Array:
    """Return how much of a salt (cases,) [mol/s] the ions of a stream and its own crystals could form."""
    ions = _anhydrous(salt)
    rows = np.flatnonzero(ions)
    held = stream.flow[component_rows()[rows]] / ions[rows, None]
    return np.maximum(held.min(0), 0.0) + stream[salt]


def uncrystallisable(stream: Stream) -> Array:
    """Return the charge (cases,) [mol/s] of ions that no salt of `SULFATES` takes up, positive or negative."""
    salts = np.array([_anhydrous(name) for name in SULFATES]).any(0)
    others = [row for row, name in enumerate(COMPONENTS[:-1]) if not salts[row]]
    rows = component_rows()[others]
    amounts = np.maximum(stream.flow[rows], 0.0)
    return np.abs(species.CHARGE[rows]) @ amounts


def _anhydrous(salt: str) -> Array:
    amounts = pure_phase(salt).amounts.copy()
    amounts[-1] = 0.0
    return amounts
