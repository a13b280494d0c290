"""Leaching of black mass in acid: stirred tanks in series at steady state, and batches in time."""

import dataclasses
import functools
from typing import Any

import numpy as np
import numpy.typing as npt

from blackmass import species
from blackmass.chemistry.leaching_balances import UNKNOWNS, Scales, Turnover
from blackmass.chemistry.leaching_kinetics import Constant, constants, rates_at, surfaces
from blackmass.chemistry.leaching_pulp import CELLS, GROUPS, Pulp
from blackmass.chemistry.leaching_runs import in_time, train
from blackmass.chemistry.leaching_stoichiometry import (
    REACTIONS,
    STOICHIOMETRY,
    TRANSITION,
    acid_of,
    soluble,
)
from blackmass.numerics.records import layout
from blackmass.status import Status, StatusArray
from blackmass.stream import Stream

Array = npt.NDArray[np.float64]
Records = npt.NDArray[Any]
_LITRE = 1e-3
_FIRST_PART = 1 / 100  # of the time
_LEAST_WATER = 0.3  # kg per kg of solids and solutes: drier is no pulp, and reactions could use the water up
_SOLUTES = {name: species.index(solute) for name, solute in {
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
    "nickel_oxide": "NiO",
    "cobalt_oxide": "CoO",
    "nickel": "Ni",
    "cobalt": "Co",
}.items()}  # fmt: skip
_LITHIATED = species.indices([f"Li{metal}O2" for metal in TRANSITION])
_PROTONATED = species.indices(["NiOOH", "CoOOH", "MnOOH"])
_BARE = species.indices(["NiO2", "CoO2", "MnO2"])
_DISSOLVED = species.indices([f"{metal}+2" for metal in TRANSITION])
_ROASTED = species.indices(["NiO", "CoO", "Ni", "Co"])
_ROASTED_RATES = (
    *("nickel_oxide_acid", "cobalt_oxide_acid", "nickel_acid", "cobalt_acid"),
    *("roasted_metal_peroxide", "roasted_metal_ferric"),
)
_H = species.index("H+")
_SOLID = (species.MOLAR_MASS * species.PHASE_MASK["solid"])[:, 0]
_SOLID_AND_SOLUTES = _SOLID + (species.MOLAR_MASS * species.PHASE_MASK["aqueous"])[:, 0]
_SOLID_AND_SOLUTES[species.index("H2O")] = 0.0


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
    pulps: Records
    rates: Records
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
    residence_time : float or (cases,) [s]
        In all tanks together, by volume of liquor.
    start : array (5 tanks, cases), optional
        `Leached.guess` of an earlier pass.
    dosed : int
        Tanks, from the first, that get equal parts of the dissolved reductants; their liquor enters the first tank.
    """
    charge, cases = _charge(feed), feed.cases
    tau = np.full(cases, np.asarray(residence_time, dtype=float) / tanks)
    guess = np.full((UNKNOWNS * tanks, cases), np.nan) if start is None else np.array(start, dtype=float)
    extents, done = np.zeros((len(REACTIONS), cases)), np.zeros(cases, dtype=np.bool_)
    train(charge.pulps, charge.rates, tau, min(dosed, tanks), guess, extents, done, *_desk())
    return _leached(charge, extents, done, guess)


def batch(charge: Stream, time: Array | float, steps: int = 10, values: dict[str, Constant] | None = None) -> Leached:
    """Leach a batch for a time, isothermal at its temperature; the flows of `charge` are amounts [mol].

    The rate laws are those of `cascade`. Implicit steps that grow in proportion to the time passed, in `steps` and
    in twice as many, and extrapolated as far as no species would become negative.

    Parameters
    ----------
    time : float or (cases,) [s]
    values : constants in place of those of data/leach_kinetics.csv, for calibration
    """
    made, cases = _charge(charge, values), charge.cases
    duration = np.full(cases, time, dtype=float)
    guess, done = np.full((UNKNOWNS, cases), np.nan), np.ones(cases, dtype=np.bool_)
    coarse, fine = np.zeros((2, len(REACTIONS), cases))
    for number, extents in ((steps, coarse), (2 * steps, fine)):
        guess[:] = np.nan
        in_time(made.pulps, made.rates, duration, _shares(number), guess, extents, done, *_desk())
    before = np.maximum(made.stream.react(STOICHIOMETRY, fine * made.litres).flow, 0.0)
    change = STOICHIOMETRY @ ((fine - coarse) * made.litres)
    change[_H] = 0.0
    falls = change < 0
    room = np.where(falls, before / np.where(falls, -change, 1.0), np.inf).min(0)
    return _leached(made, fine + np.minimum(room, 1.0) * (fine - coarse), done, guess)


@functools.cache
def _shares(steps: int) -> Array:
    """Steps in time as shares of the whole, each in proportion to the time passed and a first part."""
    return np.diff(_FIRST_PART * (1 / _FIRST_PART + 1) ** np.linspace(0, 1, steps + 1))


def _desk() -> tuple[Records, Records, Records]:
    return tuple(np.zeros(1, layout(kind)) for kind in (Pulp, Scales, Turnover))  # type: ignore[return-value]


def _charge(feed: Stream, values: dict[str, Constant] | None = None) -> _Charge:
    """Dissolve the salts, and turn the flows into moles per litre of liquor."""
    solid, others = _SOLID @ feed.flow, _SOLID_AND_SOLUTES @ feed.flow
    water = feed["H2O"] * species.MOLAR_MASS[species.index("H2O")]
    volume = feed.volume
    wet = (volume > 0) & (water > 0) & (water > _LEAST_WATER * others)
    dissolved = _salts_dissolved(feed, wet)
    litres = np.where(wet, volume / _LITRE, 0.0)
    moles = np.where(wet, dissolved.flow / np.where(wet, litres, 1.0), 0.0)
    shares, surface = surfaces(feed.sizes, feed.cases)
    rates = rates_at(feed.temperature, surface, values)
    held = constants() if values is None else values
    trivalent = _trivalent(moles)
    left = held["lithium_left"].value * (1 - trivalent)
    for name in ("disproportionation", "reduction"):
        rates[name] *= held[f"nickel_{name}"].value ** trivalent
    for name in _ROASTED_RATES:
        rates[name] *= (shares * surface[:GROUPS]).sum(0)
    status = np.where(wet | (solid == 0), Status.OK, Status.OUT_OF_RANGE).astype(np.int8)
    return _Charge(dissolved, _pulps(moles, shares, left), rates, litres, status)


def _trivalent(moles: Array) -> Array:
    """Return the share (cases,) of nickel(III) in the layered oxide: nickel beyond manganese, which is Mn(IV)."""
    nickel, cobalt, manganese = moles[_LITHIATED] + moles[_BARE] + moles[_PROTONATED]
    metal = nickel + cobalt + manganese
    return np.where(metal > 0, np.maximum(nickel - manganese, 0.0) / np.where(metal > 0, metal, 1.0), 0.0)


def _pulps(moles: Array, shares: Array, left: Array) -> Records:
    """Split the layered oxide into what acid disproportionates and what it does not, in each size group.

    With z lithium per metal in the oxide, x of the metal dissolves until the residue holds `left` (cases,):
    x = (z - left) / (2 - left), and 2 x of the lithium with it.
    """
    pulps = np.zeros(moles.shape[1], layout(Pulp))
    lithiated, bare, protonated = moles[_LITHIATED], moles[_BARE], moles[_PROTONATED]
    metal = lithiated.sum(0) + bare.sum(0) + protonated.sum(0)
    lithium = np.where(metal > 0, lithiated.sum(0) / np.where(metal > 0, metal, 1.0), 1.0)
    fraction = np.maximum(lithium - left, 0.0) / (2 - left)
    opened = np.where(lithium > 0, 2 * fraction / np.where(lithium > 0, lithium, 1.0), 0.0)
    forms = {
        "opened": opened * lithiated, "closed": (1 - opened) * lithiated, "protonated": protonated, "bare": bare
    }  # fmt: skip
    for name, amounts in forms.items():
        pulps[name] = (amounts[:, None] * shares).reshape(CELLS, -1).T
    alumina, spinel = moles[species.index("LiAlO2")], moles[species.index("LiMn2O4")]
    pulps["alumina_open"] = (fraction * alumina * shares).T
    pulps["alumina_closed"] = ((1 - fraction) * alumina * shares).T
    pulps["spinel"] = (spinel * shares).T
    pulps["acid"] = np.maximum(acid_of(moles, 2.0), 0.0)
    pulps["catalyst"] = metal + 2 * spinel + moles[_DISSOLVED].sum(0) + moles[_ROASTED].sum(0)
    for name, row in _SOLUTES.items():
        pulps[name] = moles[row]
    return pulps


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
