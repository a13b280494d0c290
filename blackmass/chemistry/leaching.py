"""Leaching of black mass in acid: stirred tanks in series at steady state, and batches in time."""

import dataclasses

import numpy as np
import numpy.typing as npt

from blackmass import species
from blackmass.chemistry.leaching_balances import Outcome, balances
from blackmass.chemistry.leaching_kinetics import Constant, Rates, constants, surfaces
from blackmass.chemistry.leaching_pulp import UNKNOWNS, Pulp
from blackmass.chemistry.leaching_stoichiometry import (
    REACTIONS,
    STOICHIOMETRY,
    TRANSITION,
    acid_of,
    extents_of,
    soluble,
)
from blackmass.chemistry.leaching_tank import solve
from blackmass.status import Status, StatusArray
from blackmass.stream import Stream

Array = npt.NDArray[np.float64]
_LITRE = 1e-3
_LEAST_WATER = 0.3  # kg per kg of solids and solutes: drier is no pulp, and reactions could use the water up
_SOLUTES = {
    "manganese": "Mn+2",
    "peroxide": "H2O2",
    "sulfite": "SO2(aq)",
    "glucose": "glucose",
    "ferrous": "Fe+2",
    "ferric": "Fe+3",
    "phosphate": "PO4-3",
    "olivine": "LiFePO4",
    "heterosite": "FePO4",
    "copper": "Cu",
    "aluminium": "Al",
    "iron": "Fe",
}
_DOSED = ("peroxide", "sulfite", "glucose")
_LITHIATED = species.indices([f"Li{metal}O2" for metal in TRANSITION])
_PROTONATED = species.indices(["NiOOH", "CoOOH", "MnOOH"])
_BARE = species.indices(["NiO2", "CoO2", "MnO2"])
_DISSOLVED = species.indices([f"{metal}+2" for metal in TRANSITION])
_H = species.index("H+")


@dataclasses.dataclass(frozen=True)
class Leached:
    """A pulp after leaching.

    stream; extents (reactions, cases) [mol/s] in the order of `leaching_stoichiometry.REACTIONS`; status: how each
    case ended; guess: where the unknowns of the tanks came to rest.
    """

    stream: Stream
    extents: Array
    status: StatusArray
    guess: Array


@dataclasses.dataclass(frozen=True)
class _Charge:
    """What enters the first tank: salts already dissolved; `litres` of liquor, zero where nothing is wetted."""

    stream: Stream
    pulp: Pulp
    rates: Rates
    litres: Array
    status: StatusArray


def cascade(
    feed: Stream, tanks: int, residence_time: Array | float, start: Array | None = None, dosed: int = 1
) -> Leached:
    """Leach a pulp in equal stirred tanks in series at steady state, isothermal at the temperature of `feed`.

    In each tank solids react in proportion to what is left of them in each size group, so that the exponential
    spread of ages is exact; liquor and solids have the same mean residence time.

    Parameters
    ----------
    feed : Stream
        Solids and all liquids that enter the first tank.
    residence_time : float or (cases,) [s]
        In all tanks together, by volume of liquor.
    start : array (5 tanks, cases), optional
        `Leached.guess` of an earlier pass.
    dosed : int
        Tanks, from the first, that get equal parts of the dissolved reductants; their liquor enters the first tank.
    """
    charge = _charge(feed)
    dosed = min(dosed, tanks)
    doses = {name: getattr(charge.pulp, name) / dosed for name in _DOSED}
    tau = np.broadcast_to(np.asarray(residence_time, dtype=float) / tanks, (feed.cases,))[None]
    pulp, extents = dataclasses.replace(charge.pulp, **doses), np.zeros((len(REACTIONS), feed.cases))
    guesses: list[Array] = []
    done = np.ones(feed.cases, dtype=bool)
    for tank in range(tanks):
        known = guesses[-1] if tank else np.full((UNKNOWNS, feed.cases), np.nan)
        if start is not None:
            own = start[UNKNOWNS * tank : UNKNOWNS * (tank + 1)]
            known = np.where(np.isfinite(own), own, known)
        if 0 < tank < dosed:
            pulp = dataclasses.replace(pulp, **{name: getattr(pulp, name) + dose for name, dose in doses.items()})
        outcome, x, good = _step(pulp, charge.rates, tau, known)
        pulp, extents, done = outcome.left, extents + extents_of(outcome.made), done & good
        guesses.append(x)
    return _leached(charge, extents, done, np.concatenate(guesses))


def batch(charge: Stream, time: Array | float, steps: int = 16, values: dict[str, Constant] | None = None) -> Leached:
    """Leach a batch for a time, isothermal at its temperature; the flows of `charge` are amounts [mol].

    The rate laws are those of `cascade`. Implicit steps that grow in proportion to the time passed, taken twice, in
    `steps` and in twice as many, and extrapolated as far as no species would become negative.

    Parameters
    ----------
    time : float or (cases,) [s]
    values : constants in place of those of data/leach_kinetics.csv, for calibration
    """
    made = _charge(charge, values)
    duration = np.broadcast_to(np.asarray(time, dtype=float), (charge.cases,))[None]
    coarse, fine = (_steps(made, duration, number) for number in (steps, 2 * steps))
    before = np.maximum(made.stream.react(STOICHIOMETRY, fine[0] * made.litres).flow, 0.0)
    change = STOICHIOMETRY @ ((fine[0] - coarse[0]) * made.litres)
    change[_H] = 0.0
    falls = change < 0
    room = np.where(falls, before / np.where(falls, -change, 1.0), np.inf).min(0)
    extents = fine[0] + np.minimum(room, 1.0) * (fine[0] - coarse[0])
    return _leached(made, extents, coarse[1] & fine[1], fine[2])


def _steps(charge: _Charge, duration: Array, steps: int) -> tuple[Array, npt.NDArray[np.bool_], Array]:
    first = 1 / (32 * steps)
    ends = first * ((1 / first + 1) ** np.linspace(0, 1, steps + 1) - 1)
    pulp, extents = charge.pulp, np.zeros((len(REACTIONS), duration.shape[1]))
    done, x = np.ones(duration.shape[1], dtype=bool), np.zeros((UNKNOWNS, duration.shape[1]))
    for share in np.diff(ends):
        outcome, x, good = _step(pulp, charge.rates, duration * share, None)
        pulp, extents, done = outcome.left, extents + extents_of(outcome.made), done & good
    return extents, done, x


def _step(pulp: Pulp, rates: Rates, tau: Array, start: Array | None) -> tuple[Outcome, Array, npt.NDArray[np.bool_]]:
    x, scales, done = solve(pulp, rates, tau, start)
    return balances(x, pulp, scales, rates, tau), x, done


def _charge(feed: Stream, values: dict[str, Constant] | None = None) -> _Charge:
    """Dissolve the salts, and turn the flows into moles per litre of liquor."""
    solid = feed.phase("solid").mass
    water = feed["H2O"] * species.MOLAR_MASS[species.index("H2O")]
    volume = feed.volume
    others = feed.phase("solid", "aqueous").mass - water
    wet = (volume > 0) & (water > 0) & (water > _LEAST_WATER * others)
    dissolved = _salts_dissolved(feed, wet)
    litres = np.where(wet, volume / _LITRE, 0.0)
    moles = np.where(wet, dissolved.flow / np.where(wet, litres, 1.0), 0.0)
    shares, surface = surfaces(feed.sizes, feed.cases)
    rates = Rates.at(feed.temperature, surface, values)
    left = (constants() if values is None else values)["lithium_left"].value
    status = np.where(wet | (solid == 0), Status.OK, Status.OUT_OF_RANGE).astype(np.int8)
    return _Charge(dissolved, _pulp(moles, shares, left), rates, litres, status)


def _pulp(moles: Array, shares: Array, left: float) -> Pulp:
    """Split the layered oxide into what acid disproportionates and what it does not, in each size group.

    With z lithium per metal in the oxide, x of the metal dissolves until the residue holds `left`:
    x = (z - left) / (2 - left), and 2 x of the lithium with it.
    """
    lithiated, bare, protonated = moles[_LITHIATED], moles[_BARE], moles[_PROTONATED]
    metal = lithiated.sum(0) + bare.sum(0) + protonated.sum(0)
    lithium = np.where(metal > 0, lithiated.sum(0) / np.where(metal > 0, metal, 1.0), 1.0)
    fraction = np.maximum(lithium - left, 0.0) / (2 - left)
    opened = np.where(lithium > 0, 2 * fraction / np.where(lithium > 0, lithium, 1.0), 0.0)
    forms = np.stack([opened * lithiated, (1 - opened) * lithiated, protonated, bare])
    alumina = np.stack([fraction, 1 - fraction]) * moles[species.index("LiAlO2")]
    return Pulp(
        oxide=forms[:, :, None, None] * shares[:, None],
        aluminate=alumina[:, None, None] * shares[:, None],
        spinel=moles[species.index("LiMn2O4")] * shares[:, None],
        acid=np.maximum(acid_of(moles, 2.0), 0.0)[None],
        catalyst=(metal + 2 * moles[species.index("LiMn2O4")] + moles[_DISSOLVED].sum(0))[None],
        **{field: moles[[species.index(name)]] for field, name in _SOLUTES.items()},
    )


def _salts_dissolved(feed: Stream, wet: npt.NDArray[np.bool_]) -> Stream:
    """Dissolve hydroxides, carbonates and salts whole, or as far as the acid and half the water go."""
    rows, stoichiometry = soluble()
    amounts = np.maximum(feed.flow[rows], 0.0) * wet
    needs = -acid_of(stoichiometry, 2.0)
    drinks = np.maximum(-stoichiometry[species.index("H2O")], 0.0)
    asked = np.maximum(needs, 0.0) @ amounts
    acid = np.maximum(acid_of(feed.flow, 2.0), 0.0)
    share = np.where(asked > acid, acid / np.where(asked > 0, asked, 1.0), 1.0)
    thirst = drinks @ amounts
    water = 0.5 * feed["H2O"]
    soaked = np.where(thirst > water, water / np.where(thirst > 0, thirst, 1.0), 1.0)
    extent = amounts * np.where((needs > 0)[:, None], share, 1.0) * np.where((drinks > 0)[:, None], soaked, 1.0)
    return feed.react(stoichiometry, extent)


def _leached(charge: _Charge, extents: Array, done: npt.NDArray[np.bool_], guess: Array) -> Leached:
    """Build the outlet from the charge and the summed extents; differences lost in rounding become zero."""
    extents = extents * charge.litres
    reacted = charge.stream.react(STOICHIOMETRY, extents)
    flow = reacted.flow.copy()
    noise = 1e-11 * np.abs(charge.stream.flow).sum(0)
    rounding = (flow < 0) & (flow > -noise)
    rounding[_H] = False
    flow[rounding] = 0.0
    status = np.maximum(charge.status, np.where(done, Status.OK, Status.NOT_CONVERGED)).astype(np.int8)
    return Leached(Stream(flow, reacted.temperature, reacted.sizes), extents, status, guess)
