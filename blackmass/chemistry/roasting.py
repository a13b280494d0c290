"""Pyrolysis and reduction roasting: what comes of solids and gas in a time at a temperature."""

from typing import NamedTuple

import numpy as np

from blackmass import species
from blackmass.chemistry.roasting_data import EQUILIBRIUM, GASES, STANDARD, enthalpy, functions
from blackmass.chemistry.roasting_equilibrium import Equilibria, equilibrium
from blackmass.chemistry.roasting_kinetics import decompose, reacting_shares
from blackmass.status import StatusArray, worst
from blackmass.stream import Array, Stream

ROWS = species.indices(EQUILIBRIUM)
METALS = ("Ni", "Co")
REDUCED = ("NiO", "CoO", "Co3O4")
CRACKING = {
    "CH4(g)": species.reaction({"CH4(g)": -1, "C(black)": 1, "H2(g)": 2}),
    "C2H4(g)": species.reaction({"C2H4(g)": -1, "C(black)": 2, "H2(g)": 2}),
}
_GRAPHITE, _BLACK = EQUILIBRIUM.index("graphite"), species.index("C(black)")
_METAL_ROWS = np.array([EQUILIBRIUM.index(name) for name in METALS], dtype=np.intp)


class Roasted(NamedTuple):
    """What leaves, solids and gas together, at the temperature.

    Parameters
    ----------
    stream : Stream
    status : array (cases,) of `Status`
    guess : array (n, cases), to start from next time
    """

    stream: Stream
    status: StatusArray
    guess: Array


def roast(fed: Stream, temperature: Array, time: Array, contact: Array, *, start: Array | None = None) -> Roasted:
    """Return solids and gas after a time at a temperature.

    In this order: organic matter and salts decompose; the share of the solids that comes to react (by its kinetics), of
    hydrocarbons that cracks and of the gas that meets the solids goes to equilibrium, oxides of nickel and cobalt
    forming but not yet their metals; of these oxides the share that comes to be reduced goes to equilibrium with all
    phases. Each step keeps every element.

    Parameters
    ----------
    fed : Stream, solids and gas; liquid water evaporates, other liquids and organics pass
    temperature, time : array (cases,) [K], [s]
    contact : array (cases,), share of the gas that meets the solids
    start : `guess` of an earlier call for the same cases, optional
    """
    hot = decompose(fed.at(temperature), temperature, time)
    shares = reacting_shares(hot, temperature, time)
    for name, reaction in CRACKING.items():
        hot = hot.react(reaction, shares[name] * contact * np.maximum(hot[name], 0.0))

    half = None if start is None else start.shape[0] // 2
    taking = np.maximum(hot.flow[ROWS], 0.0) * _first_shares(shares, contact, hot.cases)
    black = np.maximum(hot.flow[_BLACK], 0.0) * shares["C(black)"]
    graphite = taking[_GRAPHITE].copy()
    kept = hot.flow[ROWS] - taking
    mixed = taking.copy()
    mixed[_GRAPHITE] += black
    oxides = equilibrium(mixed, temperature, without=METALS, start=None if start is None else start[:half])

    reduced = reacting_shares(_as_stream(oxides, hot), temperature, time)
    second = oxides.amount.copy()
    for name in REDUCED:
        row = EQUILIBRIUM.index(name)
        second[row] *= reduced[name]
    waiting = oxides.amount - second
    second[_METAL_ROWS] += kept[_METAL_ROWS]
    kept[_METAL_ROWS] = 0.0
    metals = equilibrium(second, temperature, start=None if start is None else start[half:])

    flow = hot.flow.copy()
    made = metals.amount.copy()
    carbon = made[_GRAPHITE]
    burnt = np.minimum(carbon / np.where(graphite + black > 0, graphite + black, 1.0), 1.0)
    flow[ROWS] = kept + waiting + made
    flow[ROWS[_GRAPHITE]] = kept[_GRAPHITE] + burnt * graphite
    flow[_BLACK] = hot.flow[_BLACK] - black + (carbon - burnt * graphite)
    status = worst(oxides.status, metals.status)
    return Roasted(Stream(flow, temperature, powders(hot.sizes)), status, np.concatenate([oxides.guess, metals.guess]))


def _first_shares(shares: dict[str, Array], contact: Array, cases: int) -> Array:
    """Return the share of each species of the equilibrium (species, cases) that takes part in the first step."""
    found = np.ones((len(EQUILIBRIUM), cases))
    found[: len(GASES)] = contact
    found[_METAL_ROWS] = 0.0
    for row, name in enumerate(EQUILIBRIUM):
        if name in shares and name not in REDUCED:
            found[row] = shares[name]
    return found


def _as_stream(found: Equilibria, like: Stream) -> Stream:
    flow = np.zeros_like(like.flow)
    flow[ROWS] = found.amount
    return Stream(flow, like.temperature)


def powders(sizes: Array | None) -> Array | None:
    """Return sizes (materials, classes, cases) in which salts that form are as fine as the cathode's powder."""
    if sizes is None:
        return None
    coating, salts = (species.MATERIALS.index(name) for name in ("cathode_coating", "precipitate"))
    finer = sizes.copy()
    empty = finer[salts].sum(0) == 0
    finer[salts] = np.where(empty, finer[coating], finer[salts])
    return finer


def enthalpy_flow(stream: Stream) -> Array:
    """Return the enthalpy flow (cases,) [W], elements at 25 °C being zero.

    Enthalpies of data/roasting.yaml from their formation and heat capacities, streams near room temperature by the heat
    capacities of species.csv; species that are not in the former count with their warmth only.
    """
    names = functions().names
    rows = species.indices(names)
    warm = np.maximum(stream.temperature, STANDARD)
    known = (stream.flow[rows] * enthalpy(names, warm)).sum(0)
    capacity = stream.heat_capacity
    own = (stream.flow[rows] * species.HEAT_CAPACITY[rows]).sum(0)
    return known + own * (stream.temperature - warm) + (capacity - own) * (stream.temperature - STANDARD)
