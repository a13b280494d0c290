"""Crystallisation of salts from strong liquors: at a given temperature, and by evaporation to a given yield."""

import dataclasses
import functools

import numpy as np
import numpy.typing as npt

from blackmass import species
from blackmass.chemistry.equilibria import COMPONENTS, KEPT, PROTON, component_rows, formation, pure_phase
from blackmass.chemistry.mother_liquor import contents, liquor_with_crystals, rows
from blackmass.chemistry.pitzer import VirialModel
from blackmass.chemistry.solubility import corrections
from blackmass.numerics.compiled import compiled
from blackmass.status import Status, StatusArray
from blackmass.stream import Array, Stream

ROUNDING = 1e-12
DRY = (1e-3, 3e-3)
"""Free water against all components, with those of crystals: up to the first no liquor, from the second on one."""
WATER = species.index("H2O")
IONS = [row for row, name in enumerate(KEPT) if name != PROTON]

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
    model: VirialModel,
    approach: "npt.ArrayLike" = 1.0,
    start: Array | None = None,
) -> Settled:
    """Let the named solids form or dissolve until the liquor is saturated or they are gone.

    Parameters
    ----------
    stream : Stream
    temperature : array (cases,) or float [K]
    solids : names of the solids that may form
    model : Pitzer's model
    approach : array (cases,) or float
        Share of the way from the liquor as it comes to equilibrium that is gone.
    start : array (n, cases), optional
        `guess` of an earlier call for the same cases; not a number where there is none.

    A case that has no liquor, or finds no equilibrium, is left as it comes. Where water is so scarce that the liquor is
    hardly one (`DRY`), what happens fades with the water.
    """
    cases = stream.cases
    kelvin = np.array(np.broadcast_to(np.asarray(temperature, dtype=float), (cases,)))
    finite = np.isfinite(stream.flow).all(0) & np.isfinite(kelvin) & (kelvin > 0)
    wetness = np.where(finite, _wetness(stream.flow, solids), 0.0)
    wet = wetness > 0
    found = _blank(len(solids), rows(solids, model), cases)
    found.status[~finite] = Status.NOT_FINITE
    where = slice(None) if wet.all() else np.flatnonzero(wet)
    if wet.any():
        made = liquor_with_crystals(
            stream.flow[:, where],
            kelvin[where],
            solids,
            corrections(solids, kelvin[where], model),
            model=model,
            start=None if start is None or start.shape != found.guess.shape else start[:, where],
        )
        status = np.where(made.out_of_range | (wetness[where] < 1), Status.OUT_OF_RANGE, Status.OK)
        found.status[where] = np.where(made.converged, status, Status.NOT_CONVERGED)
        extent = made.crystals - stream.flow[species.indices(solids)][:, where]
        found.extent[:, where] = np.where(made.converged, extent * wetness[where], 0.0)
        found.pH[where], found.water_activity[where] = made.pH, made.water_activity
        found.log_saturation[:, where], found.guess[:, where] = made.log_saturation, made.state
    _affordable(stream.flow[component_rows()[IONS]], _needs(solids), found.extent)
    extent = found.extent * np.asarray(approach, dtype=float)
    return dataclasses.replace(
        found,
        stream=stream.react(formations(solids), extent).at(temperature),
        extent=extent,
        heat=heat_of_crystallisation(solids, extent, model),
    )


def _blank(solids: int, length: int, cases: int) -> Settled:
    """Return what holds where there is no liquor; the stream and its heat are still to come."""
    return Settled(
        stream=Stream.empty(),
        extent=np.zeros((solids, cases)),
        heat=np.zeros(cases),
        pH=np.full(cases, np.nan),
        water_activity=np.ones(cases),
        log_saturation=np.full((solids, cases), -np.inf),
        status=np.zeros(cases, dtype=np.int8),
        guess=np.full((length, cases), np.nan),
    )


def _wetness(flow: Array, solids: tuple[str, ...]) -> Array:
    """Return one (cases,) where there is a liquor, zero where there is none, and between where water is scarce."""
    totals, water = contents(flow, solids)
    size = np.abs(totals).sum(0) + np.abs(water)
    possible = (totals[IONS] >= -ROUNDING * size).all(0) & (size > 0)
    free = np.minimum(flow[WATER], water + np.minimum(totals[KEPT.index(PROTON)], 0.0))  # hydroxide takes water
    share = np.where(possible, free / np.where(possible, size, 1.0), 0.0)
    return np.clip((share - DRY[0]) / (DRY[1] - DRY[0]), 0.0, 1.0)


@functools.cache
def formations(solids: tuple[str, ...]) -> Array:
    """Return the stoichiometry (species, solids)."""
    return np.array([formation(name) for name in solids]).T.copy()


@compiled
def _affordable(held: Array, needs: Array, extent: Array) -> None:
    """Reduce extents (solids, cases) by the rounding by which they exceed what the liquor holds (components, cases)."""
    share = np.empty(extent.shape[0])
    for case in range(extent.shape[1]):
        share[:] = 1.0
        for row in range(needs.shape[0]):
            bound = 0.0
            for solid in range(share.size):
                bound += needs[row, solid] * extent[solid, case]
            if bound > max(held[row, case], 0.0):
                for solid in range(share.size):
                    if needs[row, solid] > 0 and extent[solid, case] > 0:
                        share[solid] = min(share[solid], max(held[row, case], 0.0) / bound)
        for solid in range(share.size):
            if share[solid] < 1:
                extent[solid, case] *= share[solid] * (1 - 4e-16)


@functools.cache
def _needs(solids: tuple[str, ...]) -> Array:
    """Return what the solids take of each component but protons and water (components, solids)."""
    return np.array([_anhydrous(name)[IONS] for name in solids]).T.copy()


def heat_of_crystallisation(solids: tuple[str, ...], extent: Array, model: VirialModel) -> Array:
    """Return the heat (cases,) [W] set free by `extent` (solids, cases) [mol/s] of solids that form."""
    return _enthalpies(solids, model.tier) @ extent


@functools.cache
def _enthalpies(solids: tuple[str, ...], tier: str) -> Array:
    return np.array([pure_phase(name, tier).enthalpy for name in solids])


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


def uncrystallisable(flow: Array, salt: str) -> Array:
    """Return the charge (cases,) [mol/s] of ions in flows (species, cases) that neither `salt` nor a sulfate takes up.

    Less acid than none is hydroxide.
    """
    salts = np.asarray(np.array([_anhydrous(name) for name in (salt, *SULFATES)]).any(0))
    others = [row for row, name in enumerate(COMPONENTS[:-1]) if not salts[row]]
    rows = component_rows()[others]
    return np.abs(species.CHARGE[rows]) @ np.abs(flow[rows])


def _anhydrous(salt: str) -> Array:
    amounts = pure_phase(salt).amounts.copy()
    amounts[-1] = 0.0
    return amounts
