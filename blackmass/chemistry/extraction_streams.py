"""Streams of a solvent extraction circuit: from inlets to the circuit's balances, and from its solution to outlets."""

import dataclasses
import functools
from typing import Any

import numpy as np
import numpy.typing as npt

from blackmass import species
from blackmass.chemistry.extraction import Extractant, exchange
from blackmass.chemistry.extraction_circuit import Solution, solve_circuit
from blackmass.chemistry.extraction_setup import Circuit
from blackmass.declare import PerCase
from blackmass.status import Status, StatusArray
from blackmass.stream import Array, Stream, made

_TRACE = 1e-6


def portion(stream: Stream, amount: Array, held: Array) -> Stream:
    """Return the part of a composition that holds `amount` of what it has `held` of; nothing if it has none."""
    some = held > 0
    factor = np.where(some, amount, 0.0) / np.where(some, held, 1.0)
    return made(stream.flow * factor, stream.temperature)


def droplets_of(stream: Stream, share: Array) -> Stream:
    """Return a share of the aqueous phase of a stream."""
    return made(stream.flow * (species.PHASE_MASK["aqueous"] * share), stream.temperature)


def exchanged(
    chemistry: Extractant, liquor: Stream, acid: Stream, carried: Stream, solution: Solution, basis: Array
) -> tuple[Stream, Stream]:
    """Return raffinate and strip liquor: metals move against protons, and droplets of `carried` go along.

    The organic takes from the one and gives to the other; at steady state it keeps nothing, so that only the aqueous
    part of the exchange shows.

    Parameters
    ----------
    chemistry : Extractant
    liquor, acid : Stream
        All that enters extraction and scrubbing; what enters stripping.
    carried : Stream
        The part of `liquor` that the loaded organic carries into stripping, before any exchange.
    solution : Solution
    basis : array (cases,) [m3/s]
        Feed.
    """
    aqueous, rows = _aqueous_exchange(chemistry.metals)
    stripped = made(liquor.flow - carried.flow, liquor.temperature)
    loaded = acid + carried
    gone = stripped.flow[rows] - solution.raffinate * basis * 1e3
    held = (solution.extract - solution.stripped) * basis * 1e3
    # a trace of what is there is no difference of large amounts
    moved = np.where(np.abs(held) < _TRACE * np.abs(stripped.flow[rows]), held, gone)
    moved = np.where(solution.status > Status.OUT_OF_RANGE, 0.0, moved)
    # rounding must not take more than is there
    moved = np.clip(moved, np.minimum(-loaded.flow[rows], 0.0), np.maximum(stripped.flow[rows], 0.0))
    return stripped.react(aqueous, moved), loaded.react(aqueous, -moved)


@functools.cache
def _aqueous_exchange(metals: tuple[str, ...]) -> tuple[Array, npt.NDArray[np.intp]]:
    """The aqueous part of the exchange, (species, metals), and the rows of the metals."""
    return exchange(metals) * species.PHASE_MASK["aqueous"], species.indices(list(metals))


def lost_solvent(
    chemistry: Extractant, makeup: Stream, droplets: PerCase, leaving: tuple[Array, Array]
) -> tuple[tuple[Stream, Stream], StatusArray]:
    """Return the make-up that replaces what leaves with each aqueous volume: solvent in droplets, dissolved extractant.

    `droplets` [mol/m3] is the extractant entrained by a volume of aqueous phase. The diluent does not dissolve.
    Infeasible: a make-up without any extractant.
    """
    anion = f"{chemistry.name}-(org)"
    held = makeup[anion]
    acid = np.zeros((species.COUNT, 1))
    acid[species.indices([anion, "H+(org)"])] = 1.0
    bare = made(makeup.flow * acid, makeup.temperature)
    dissolved = chemistry.solubility * 1e3
    shares = tuple(portion(makeup, v * droplets, held) + portion(bare, v * dissolved, held) for v in leaving)
    status = np.where((makeup.mass == 0) | (held > 0), Status.OK, Status.INFEASIBLE)
    return (shares[0], shares[1]), status.astype(np.int8)


def solve_wet(circuit: Circuit, wet: npt.NDArray[np.bool_], start: Array | None) -> Solution:
    """Solve the cases that have both a feed and strip acid; in the others nothing is moved."""
    if wet.all():
        return solve_circuit(circuit, start)
    cases, stages = circuit.organic.size, sum(circuit.stages)
    metals = (len(circuit.extractant.metals), cases)
    blank: dict[str, Any] = {"raffinate": circuit.feed.metals + circuit.scrub.metals, "extract": np.zeros(metals)}
    blank |= {"stripped": np.zeros(metals), "pH": np.full((stages, cases), 7.0), "loading": np.zeros((stages, cases))}
    blank |= {name: np.zeros(cases) for name in ("alkali", "strip_volume", "spilled", "saponified")}
    blank |= {"status": np.zeros(cases, dtype=np.int8), "guess": np.full((2 * stages + 2, cases), np.nan)}
    numbers = np.flatnonzero(wet)
    if numbers.size:
        known = start is not None and start.shape[0] == 2 * stages + 2
        solved = solve_circuit(circuit.take(numbers), start[:, numbers] if start is not None and known else None)
        for field in dataclasses.fields(Solution):
            blank[field.name][..., numbers] = getattr(solved, field.name)
    return Solution(**blank)
