"""Counter-current extraction, scrubbing and stripping with the organic recycled: all stages of a circuit at once.

Given the pH and the free extractant of every stage, each metal follows a linear cascade (`numerics.cascade`), solved
exactly; what remains are the extractant and proton balances (`chemistry.extraction_balances`), solved by Newton's
method with the exact Jacobian (`chemistry.extraction_newton`), case by case in compiled loops.
"""

import dataclasses
from typing import NamedTuple

import numpy as np

from blackmass.chemistry.extraction import Extractant, Liquor
from blackmass.chemistry.extraction_balances import residual
from blackmass.chemistry.extraction_case import (
    LN10,
    STAGES,
    Array,
    Case,
    Chemistry,
    Desk,
    Given,
    System,
    blank_case,
    clear_desk,
    layout_of,
    read_case,
    system_of,
)
from blackmass.chemistry.extraction_path import find
from blackmass.chemistry.extraction_setup import Circuit
from blackmass.declare import PerCase
from blackmass.errors import InputError
from blackmass.numerics.compiled import compiled
from blackmass.status import Status, StatusArray

_MISSED = 1e-6


@dataclasses.dataclass(frozen=True)
class Solution:
    """The steady state of a circuit, per litre of feed, stages numbered along the organic.

    Parameters
    ----------
    raffinate, extract, stripped : array (metals, cases) [mol]
        In the raffinate; in the organic that leaves scrubbing; in the organic that returns.
    alkali, strip_volume, spilled : array (cases,)
        mol of Na+ to saponification or, with the pH held in every stage, to the mixers (negative: acid is needed);
        litres of strip acid; share of the scrub liquor (without scrubbing: of the feed)
        that the loaded organic carries into stripping.
    pH, loading : array (stages, cases)
        Loading is the share of the extractant that is bound to metals.
    saponified : array (cases,)
        Share of the free acid that was neutralised; with the pH held in every stage, alkali over extractant.
    status : array (cases,)
    guess : array (2 stages + 2, cases)
        Where to start a similar circuit from.
    """

    raffinate: Array
    extract: Array
    stripped: Array
    alkali: Array
    strip_volume: Array
    spilled: Array
    pH: Array
    loading: Array
    saponified: Array
    status: StatusArray
    guess: Array


class _Found(NamedTuple):
    """Places for the fields of `Solution`, arrays that end in (cases,)."""

    raffinate: Array
    extract: Array
    stripped: Array
    scalars: Array  # (alkali, strip_volume, spilled, saponified; cases)
    pH: Array
    loading: Array
    guess: Array
    status: StatusArray


def solve_circuit(circuit: Circuit, start: Array | None = None) -> Solution:
    """Solve a circuit for all cases; cases without a feed or an organic volume must be left out by the caller.

    Parameters
    ----------
    circuit : Circuit
    start : array (2 stages + 2, cases), optional
        The `guess` of an earlier solution of the same cases; columns of NaN are started afresh.
    """
    cases, metals, count = circuit.organic.size, len(circuit.extractant.metals), sum(circuit.stages)
    if count > STAGES:
        raise InputError(f"a circuit of {count} stages: at most {STAGES} can be solved.")
    guess = np.full((2 * count + 2, cases), np.nan)
    if start is not None and start.shape == guess.shape:
        guess[...] = start
    pH, loading = np.zeros((2, count, cases))
    raffinate, extract, stripped = np.zeros((3, metals, cases))
    found = _Found(
        raffinate, extract, stripped, np.zeros((4, cases)), pH, loading, guess, np.zeros(cases, dtype=np.int8)
    )
    _solve(circuit.given(), circuit.chemistry(), found, blank_case(), clear_desk(), system_of(count))
    alkali, strip_volume, spilled, saponified = found.scalars
    return Solution(
        raffinate, extract, stripped, alkali, strip_volume, spilled, pH, loading, saponified, found.status, guess
    )


_OK, _OUT_OF_RANGE, _NOT_CONVERGED = int(Status.OK), int(Status.OUT_OF_RANGE), int(Status.NOT_CONVERGED)


@compiled
def _solve(given: Given, chemistry: Chemistry, found: _Found, case: Case, desk: Desk, system: System) -> None:
    """Solve case by case, from `found.guess` where it holds numbers."""
    count = given.extraction + given.scrub + given.strip
    w = np.empty(2 * count + 2)
    for number in range(found.status.size):
        read_case(given, chemistry, number, case)
        w[:] = found.guess[:, number]
        solved = find(case, desk, system, w)
        point = residual(case, layout_of(case, case.closed, 1.0), desk, w)
        edge, dose = case.edge, w[2 * count]
        for m in range(case.metals):
            row = case.rows[m]
            found.raffinate[row, number] = desk.falling[m, 0] * (1 - case.carried if edge == 0 else 1.0)
            found.extract[row, number] = desk.rising[m, edge]
            found.stripped[row, number] = desk.rising[m, count - 1]
        for j in range(count):
            found.pH[j, number] = -(w[j] + case.log_gamma[j]) / LN10
            found.loading[j, number] = desk.equivalents[j] / case.capacity
        held = case.hold > 0
        found.scalars[0, number] = point.alkali if held else max(dose, 0.0) * case.capacity
        found.scalars[1, number] = point.strip_volume
        found.scalars[2, number] = case.carried
        share = point.alkali / case.capacity if held else dose / max(1 - point.returned, 1e-9)
        found.scalars[3, number] = share
        missed = case.targeted > 0 and not held and abs(found.pH[0, number] - case.target) * LN10 > _MISSED
        found.status[number] = _OUT_OF_RANGE if missed else _OK
        found.guess[:, number] = w
        if not solved:
            found.status[number] = _NOT_CONVERGED
            found.guess[:, number] = np.nan


def contact(
    extractant: Extractant, feed: Liquor, organic: Array, concentration: Array, *, stages: int = 1,
    pH: PerCase = np.nan, saponified: PerCase = 0.0, efficiency: PerCase = 1.0,
) -> Solution:  # fmt: skip
    """Contact a liquor with fresh organic in counter-current stages, as in the laboratory.

    Parameters
    ----------
    extractant : Extractant
    feed : Liquor
        Per litre.
    organic, concentration : array (cases,)
        Litres of organic per litre of feed; total extractant [mol/L].
    stages : int
    pH : array (cases,)
        Held in every stage by alkali; NaN: the pH follows from the saponified fraction.
    saponified : array (cases,)
        Fraction of the extractant that enters as its sodium salt, where no pH is held.
    efficiency : array (cases,)
        Approach to equilibrium in each stage.

    Returns
    -------
    Solution
        `raffinate` over `feed.metals` is the share not extracted.
    """
    zero = np.zeros_like(organic)
    nothing = Liquor(zero, np.zeros_like(feed.metals), zero, np.zeros_like(feed.acids), zero)
    one = np.ones_like(organic)
    circuit = Circuit(
        extractant, (stages, 0, 0), organic, concentration, one * efficiency, feed, nothing, nothing,
        one * pH, one * saponified, zero, one, one, zero, hold=True, closed=False,
    )  # fmt: skip
    return solve_circuit(circuit)
