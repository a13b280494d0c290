"""Equilibrium of a gas and pure condensed phases where no set of phases is found: the central path's end, balanced."""

import numpy as np
import numpy.typing as npt

from blackmass.chemistry.roasting_barrier import Point, cholesky_solve, copy, dot, fill
from blackmass.numerics.compiled import compiled

Array = npt.NDArray[np.float64]
MOST_STEPS = 40
EXACT = 1e-13  # of each element, what its balance may miss
LEAST_LEFT = 0.1  # of an amount in one step
GAP = 1e-6  # of Gibbs energy over RT per atom, between the amounts and the bound of the potentials


@compiled
def approximate(formula: Array, gases: int, gibbs: Array, feed: Array, point: Point, amount: Array) -> bool:
    r"""Write the amounts (species,) where a search ended, brought to balance; return whether they are near the minimum.

    Amounts of all species are positive there. Their correction of least relative size,

    .. math:: \Delta n = n \, A \lambda, \quad A^T \mathrm{diag}(n) A \lambda = b - A^T n

    is repeated until balances hold. The dual objective bounds the Gibbs energy from below.
    """
    for row in range(amount.size):
        amount[row] = point.amount[row]
    for row in range(gases):
        amount[row] = point.amount[gases - 1] * point.share[row]
    return rebalance(formula, feed, amount) and abs(gap(formula, gases, gibbs, feed, point, amount)) < GAP


@compiled
def rebalance(formula: Array, feed: Array, amount: Array) -> bool:
    """Correct positive amounts in place until they hold every element; return whether they do."""
    elements = feed.size
    missed, matrix = np.empty(elements), np.empty((elements, elements))
    for _ in range(MOST_STEPS):
        copy(feed, missed)
        fill(matrix.reshape(matrix.size), 0.0)
        for row in range(amount.size):
            for element in range(elements):
                atoms = amount[row] * formula[row, element]
                missed[element] -= atoms
                for other in range(element + 1):
                    matrix[element, other] += atoms * formula[row, other]
        worst = 0.0
        for element in range(elements):
            worst = max(worst, abs(missed[element]) / feed[element])
        if not np.isfinite(worst):
            return False
        if worst < EXACT:
            return True
        cholesky_solve(matrix, missed)
        for row in range(amount.size):
            amount[row] *= max(1.0 + dot(formula, row, missed), LEAST_LEFT)
    return False


@compiled
def gap(formula: Array, gases: int, gibbs: Array, feed: Array, point: Point, amount: Array) -> float:
    """Return the Gibbs energy of amounts over RT less the dual objective, per mole of atoms."""
    total, whole = 0.0, 0.0
    for gas in range(gases):
        whole += amount[gas]
    for row in range(amount.size):
        total += amount[row] * gibbs[row]
        if row < gases and amount[row] > 0.0:
            total += amount[row] * np.log(amount[row] / whole)
    for element in range(feed.size):
        total -= feed[element] * point.potential[element]
    return total
