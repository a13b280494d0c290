"""Equilibrium of gas and condensed phases in thermal treatment, for a batch of cases."""

import functools
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from blackmass import species
from blackmass.chemistry.roasting_approximate import approximate
from blackmass.chemistry.roasting_barrier import Point, search
from blackmass.chemistry.roasting_data import EQUILIBRIUM, GASES, gibbs_energy
from blackmass.chemistry.roasting_phases import guess_phases, settle_phases
from blackmass.numerics.compiled import compiled
from blackmass.status import Status, StatusArray

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]
TRACE = 3e-7  # share of all atoms below which an element, with its species, takes no part
TRACES = (TRACE, 1e-5, 3e-4, 1e-2, 0.3)  # shares tried in turn where the equilibrium is not found
GAS_COUNT = len(GASES)
OK, OUT_OF_RANGE = int(Status.OK), int(Status.OUT_OF_RANGE)
NOT_CONVERGED = int(Status.NOT_CONVERGED)
LN_ATMOSPHERE = float(np.log(1.01325))  # of 1 atm over the standard pressure of 1 bar


class Equilibria(NamedTuple):
    """Amounts at equilibrium.

    Parameters
    ----------
    amount : array (species of `EQUILIBRIUM`, cases) [mol/s]
    status : array (cases,) of `Status`; OUT_OF_RANGE where amounts are approximate
    guess : array (n, cases), to start from next time
    """

    amount: Array
    status: StatusArray
    guess: Array


def equilibrium(
    fed: Array, temperature: Array, *, without: tuple[str, ...] = (), start: Array | None = None
) -> Equilibria:
    """Return the amounts of smallest Gibbs energy at 1 atm: an ideal gas and pure condensed phases.

    .. math:: \\min \\sum_k n_k g_k + \\sum_j n_j [g_j + \\ln(p\\, n_j/N)], \\quad A^T n = b

    Species of elements that are there as traces only, or among `without`, stay as they are fed. Where Newton's method
    finds no set of phases, as with feeds that can make no more of some element's species than nothing, the end of the
    central path is brought to balance; where that is not near enough, more elements count as traces. Both are
    OUT_OF_RANGE.

    Parameters
    ----------
    fed : array (species of `EQUILIBRIUM`, cases) [mol/s], not negative
    temperature : array (cases,) [K]
    without : names of species that cannot form
    start : `guess` of an earlier call for the same cases; not a number where there is none

    Source: Smith and Missen, Chemical Reaction Equilibrium Analysis (1982); standard Gibbs energies through Cantera.
    """
    cases = fed.shape[1]
    gibbs = gibbs_energy(EQUILIBRIUM, temperature)
    gibbs[: len(GASES)] += LN_ATMOSPHERE
    allowed = np.array([name not in without for name in EQUILIBRIUM])
    matrix = formulas()
    amount, guess = fed.copy(), np.full((sum(matrix.shape), cases), np.nan)
    status = np.zeros(cases, dtype=np.int8)
    known = np.zeros((0, 0)) if start is None else np.ascontiguousarray(start)
    _solve(matrix, np.ascontiguousarray(gibbs), allowed, known, amount, guess, status)
    return Equilibria(amount, status, guess)


@functools.cache
def formulas() -> Array:
    """Return the atoms (species of `EQUILIBRIUM`, elements that they hold)."""
    held = species.ELEMENT_MATRIX[:, species.indices(EQUILIBRIUM)].T
    return np.ascontiguousarray(held[:, held.any(0)])


@compiled
def _solve(
    matrix: Array, gibbs: Array, allowed: Mask, known: Array, amount: Array, guess: Array, status: StatusArray
) -> None:
    for case in range(amount.shape[1]):
        for limit in TRACES:
            status[case] = _case(matrix, gibbs[:, case], allowed, known, case, limit, amount, guess)
            if status[case] != NOT_CONVERGED:
                break


@compiled
def _case(
    matrix: Array, gibbs: Array, allowed: Mask, known: Array, case: int, limit: float, amount: Array, guess: Array
) -> int:
    """Write the amounts of one case, elements below a share of all atoms taking no part; return its status."""
    part, held = taking_part(matrix, amount[:, case], allowed, limit)
    rows, columns = np.flatnonzero(part), np.flatnonzero(held)
    if rows.size == 0:
        return OK
    gases, elements = int(part[:GAS_COUNT].sum()), matrix.shape[1]
    formula = np.empty((rows.size, columns.size))
    energy, feed = np.empty(rows.size), np.zeros(columns.size)
    for place in range(rows.size):
        energy[place] = gibbs[rows[place]]
        for column in range(columns.size):
            formula[place, column] = matrix[rows[place], columns[column]]
            feed[column] += formula[place, column] * amount[rows[place], case]
    total = 0.0
    for column in range(columns.size):
        total += feed[column]
    for column in range(columns.size):
        feed[column] /= total
    point = blank(rows.size, columns.size, gases)
    there = np.zeros(rows.size, dtype=np.bool_)
    found = False
    if known.size and recall(known[:, case], elements, rows, columns, gases, point, there):
        weigh(formula, gases, feed, point)
        found = settle_phases(formula, gases, energy, feed, point, there)
    if not found:
        search(formula, gases, energy, feed, point)
        guess_phases(gases, point, there)
        found = settle_phases(formula, gases, energy, feed, point, there)
    if found and balanced(formula, gases, feed, point, there):
        for row in range(amount.shape[0]):
            guess[elements + row, case] = 0.0
        for column in range(columns.size):
            guess[columns[column], case] = point.potential[column]
        for place in range(rows.size):
            row = rows[place]
            whole = max(point.amount[place], 0.0) if there[place] else 0.0
            amount[row, case] = total * whole
            guess[elements + row, case] = whole
        if gases > 0:
            whole = max(point.amount[gases - 1], 0.0) if there[gases - 1] else 0.0
            for place in range(gases):
                amount[rows[place], case] = total * whole * point.share[place]
        return OK if limit == TRACE else OUT_OF_RANGE
    search(formula, gases, energy, feed, point)
    single = np.empty(rows.size)
    if not approximate(formula, gases, energy, feed, point, single):
        return NOT_CONVERGED
    for place in range(rows.size):
        amount[rows[place], case] = total * single[place]
    return OUT_OF_RANGE


@compiled
def taking_part(matrix: Array, fed: Array, allowed: Mask, least: float) -> tuple[Mask, Mask]:
    """Return which species and elements take part: those without an element of less than a share of all atoms."""
    part = allowed.copy()
    held = np.ones(matrix.shape[1], dtype=np.bool_)
    for _ in range(matrix.shape[1] + 1):
        feed = np.zeros(matrix.shape[1])
        for row in range(fed.size):
            if part[row]:
                for element in range(feed.size):
                    feed[element] += matrix[row, element] * fed[row]
        limit = least * feed.sum()
        changed = False
        for element in range(feed.size):
            if held[element] and feed[element] <= limit:
                held[element] = False
                changed = True
                for row in range(fed.size):
                    if matrix[row, element] > 0.0:
                        part[row] = False
        if not changed:
            break
    return part, held


@compiled
def blank(species_count: int, elements: int, gases: int) -> Point:
    """Return the work arrays of one case."""
    return Point(
        np.zeros(elements),
        np.zeros(elements),
        np.zeros(gases),
        np.zeros(species_count),
        np.zeros(species_count),
        np.ones(species_count),
        np.zeros(species_count),
        np.zeros(species_count),
    )


@compiled
def recall(known: Array, elements: int, rows: Index, columns: Index, gases: int, point: Point, there: Mask) -> bool:
    """Begin where an earlier search ended; return whether there is such a place for all elements."""
    for column in range(columns.size):
        point.potential[column] = known[columns[column]]
    for place in range(rows.size):
        point.amount[place] = known[elements + rows[place]]
        there[place] = point.amount[place] > 0.0
    for place in range(gases - 1):
        there[place] = False
    return bool(np.isfinite(point.potential.sum()) and np.isfinite(point.amount.sum()))


@compiled
def weigh(formula: Array, gases: int, feed: Array, point: Point) -> None:
    """Write the most that the feed could make of each phase."""
    for row in range(formula.shape[0]):
        point.weight[row] = np.inf
        for element in range(feed.size):
            if formula[row, element] > 0.0:
                point.weight[row] = min(point.weight[row], feed[element] / formula[row, element])
    for row in range(gases - 1):
        point.weight[gases - 1] = max(point.weight[gases - 1], point.weight[row])


@compiled
def balanced(formula: Array, gases: int, feed: Array, point: Point, there: Mask) -> bool:
    """Return whether the amounts hold every element to rounding."""
    for element in range(feed.size):
        total = -feed[element]
        for row in range(max(gases - 1, 0), there.size):
            if there[row] and row >= gases:
                total += point.amount[row] * formula[row, element]
            elif there[row]:
                for gas in range(gases):
                    total += point.amount[row] * point.share[gas] * formula[gas, element]
        if abs(total) > 1e-12 * feed[element]:
            return False
    return True
