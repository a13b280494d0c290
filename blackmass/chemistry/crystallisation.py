"""Crystallisation of salts from strong liquors: at a given temperature, and by evaporation to a given yield."""

import dataclasses

import numpy as np
import numpy.typing as npt

from blackmass import species
from blackmass.chemistry.activity import ActivityModel
from blackmass.chemistry.aqueous import Equilibrium, equilibrate
from blackmass.chemistry.equilibria import COMPONENTS, component_rows, formation, pure_phase
from blackmass.chemistry.mother_liquor import first_state, liquor_with_crystals, rows
from blackmass.chemistry.solubility import correction, corrections, measured
from blackmass.status import Status, StatusArray
from blackmass.stream import Array, Stream

Index = npt.NDArray[np.intp]

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
    extent : array (solids, cases) [mol/s]
        What crystallised; negative where crystals dissolved.
    heat : array (cases,) [W]
        Set free by what crystallised; negative where crystals dissolve or the salt dissolves with heat.
    pH, water_activity : array (cases,)
    log_saturation : array (solids, cases)
        Decimal logarithm, of the equilibrium, as the others.
    status : array (cases,) of `Status`
    guess : array (n, cases), for the next call
    """

    stream: Stream
    extent: Array
    heat: Array
    pH: Array
    water_activity: Array
    log_saturation: Array
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

    From a guess the answer follows by Newton's method (`mother_liquor`); without one the aqueous engine finds it first.

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
    cases = stream.cases
    kelvin = np.array(np.broadcast_to(np.asarray(temperature, dtype=float), (cases,)))
    shape = (rows(len(solids), model.tier), cases)
    guess = np.full(shape, np.nan) if start is None or start.shape != shape else start
    found = _Equilibria.blank(len(solids), shape[0], cases)
    known = np.asarray(np.isfinite(guess).all(0))
    if known.any():
        found.refine(np.flatnonzero(known), stream.flow, kelvin, solids, model, guess)
    rest = np.flatnonzero(np.isnan(found.guess[0]))
    if rest.size:
        state = at_equilibrium(stream.flow[:, rest], kelvin[rest], solids, model)
        found.note(rest, state, solids)
        guess = np.full(shape, np.nan)
        crystals = extents(state, solids) + stream.flow[species.indices(solids)][:, rest]
        guess[:, rest] = first_state(state, crystals, model.tier)
        found.refine(rest[state.status <= Status.OUT_OF_RANGE], stream.flow, kelvin, solids, model, guess)
    extent = _affordable(stream.flow, solids, found.extent) * np.asarray(approach, dtype=float)
    settled = stream.react(np.array([formation(name) for name in solids]).T, extent).at(temperature)
    heat = heat_of_crystallisation(solids, extent, model)
    return Settled(
        settled, extent, heat, found.pH, found.water_activity, found.log_saturation, found.status, found.guess
    )


@dataclasses.dataclass
class _Equilibria:
    """What is found, case by case."""

    extent: Array
    pH: Array
    water_activity: Array
    log_saturation: Array
    status: StatusArray
    guess: Array

    @classmethod
    def blank(cls, solids: int, length: int, cases: int) -> "_Equilibria":
        return cls(
            np.zeros((solids, cases)),
            np.full(cases, np.nan),
            np.ones(cases),
            np.full((solids, cases), -np.inf),
            np.zeros(cases, dtype=np.int8),
            np.full((length, cases), np.nan),
        )

    def note(self, where: Index, state: Equilibrium, solids: tuple[str, ...]) -> None:
        """Write down what the aqueous engine finds in the cases `where`."""
        order = [state.phases.index(name) for name in solids]
        self.extent[:, where], self.log_saturation[:, where] = state.extent[order], state.log_saturation[order]
        self.pH[where], self.water_activity[where], self.status[where] = state.pH, state.water_activity, state.status

    def refine(
        self, where: Index, flow: Array, kelvin: Array, solids: tuple[str, ...], model: ActivityModel, guess: Array
    ) -> None:
        """Solve the cases `where` from a guess and write down those that are found."""
        if where.size == 0:
            return
        part = flow[:, where]
        factors = corrections(solids, kelvin[where], model)
        made = liquor_with_crystals(
            part, kelvin[where], solids, factors, saturated=False, model=model, start=guess[:, where]
        )
        ok = made.converged
        place = where[ok]
        self.extent[:, place] = (made.crystals - part[species.indices(solids)])[:, ok]
        self.pH[place], self.water_activity[place] = made.pH[ok], made.water_activity[ok]
        self.log_saturation[:, place], self.guess[:, place] = made.log_saturation[:, ok], made.state[:, ok]
        self.status[place] = np.where(made.out_of_range[ok], Status.OUT_OF_RANGE, Status.OK)


def _affordable(flow: Array, solids: tuple[str, ...], extent: Array) -> Array:
    """Return the extents (solids, cases), less the rounding by which they exceed what the liquor holds."""
    share = np.ones_like(extent)
    needs = np.array([_anhydrous(name) for name in solids]).T
    for row in np.flatnonzero((needs[1:-1] > 0).any(1)) + 1:
        held, bound = flow[component_rows()[row]], needs[row] @ extent
        fraction = np.where(bound > held, np.maximum(held, 0.0) / np.where(bound > 0, bound, 1.0), 1.0)
        share = np.where((needs[row] > 0)[:, None] & (extent > 0), np.minimum(share, fraction), share)
    return np.where(share < 1, extent * share * (1 - 4e-16), extent)


def at_equilibrium(
    flow: Array, temperature: "npt.ArrayLike", solids: tuple[str, ...], model: ActivityModel
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
    salts = np.asarray(np.array([_anhydrous(name) for name in SULFATES]).any(0))
    others = [row for row, name in enumerate(COMPONENTS[:-1]) if not salts[row]]
    rows = component_rows()[others]
    amounts = np.maximum(stream.flow[rows], 0.0)
    return np.abs(species.CHARGE[rows]) @ amounts


def _anhydrous(salt: str) -> Array:
    amounts = pure_phase(salt).amounts.copy()
    amounts[-1] = 0.0
    return amounts
