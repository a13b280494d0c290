"""Small dense linear systems inside compiled loops."""

import numpy as np
import numpy.typing as npt

from blackmass.numerics.compiled import compiled

Array = npt.NDArray[np.float64]
ROUNDING = 1e-15
"""Pivot, against the largest entry that its column had, below which a matrix counts as singular."""


@compiled
def lu_solve(matrix: Array, right: Array) -> bool:
    """Solve a linear system in place, and return whether the matrix was regular.

    Gaussian elimination with partial pivoting; every row is scaled to a largest entry of one before.

    Parameters
    ----------
    matrix : array (n, n)
    right : array (n,) or (n, columns), contiguous
        Overwritten by the solution; left alone where the matrix is singular or holds what is not a number.
    """
    count = matrix.shape[0]
    if count == 0:
        return True
    sides = right.reshape((count, right.size // count))
    width = padded(count + sides.shape[1])
    store = np.zeros(count * width)
    for row in range(count):
        largest = 0.0
        for column in range(count):
            largest = max(largest, abs(matrix[row, column]))
        if not 0.0 < largest < np.inf:
            return False
        scale = 1.0 / largest
        for column in range(count):
            store[row * width + column] = matrix[row, column] * scale
        for column in range(sides.shape[1]):
            store[row * width + count + column] = sides[row, column] * scale
    if not eliminate(store, count, sides.shape[1]):
        return False
    for row in range(count):
        for column in range(sides.shape[1]):
            sides[row, column] = store[row * width + count + column]
    return True


@compiled
def padded(columns: int) -> int:
    """Return the length of the rows that `eliminate` works on, a multiple of four."""
    return (columns + 3) // 4 * 4


@compiled
def eliminate(store: Array, count: int, columns: int) -> bool:
    """Solve a system whose right sides stand behind the matrix, and return whether the matrix was regular.

    A pivot is judged against the largest entry that its column had: rows should have entries of like size.

    Parameters
    ----------
    store : array (count * padded(count + columns),)
        Row by row, the padding zero. The solutions replace the right sides.
    """
    # counted without sign, indices need no test for counting from the end
    n, width, one, four = np.uint64(count), np.uint64(padded(count + columns)), np.uint64(1), np.uint64(4)
    least = np.zeros(count)
    for row in range(n):
        for column in range(n):
            least[column] = max(least[column], abs(store[row * width + column]))
    for pivot in range(n):
        best, size, first = pivot, abs(store[pivot * width + pivot]), pivot * width  # type: ignore[assignment]
        for row in range(pivot + one, n):
            if abs(store[row * width + pivot]) > size:
                best, size = row, abs(store[row * width + pivot])
        if not ROUNDING * least[pivot] < size < np.inf:
            return False
        if best != pivot:
            other = best * width
            for column in range(width):
                store[first + column], store[other + column] = store[other + column], store[first + column]
        inverse, begin = 1.0 / store[first + pivot], (pivot + one) // four * four
        for row in range(pivot + one, n):
            other = row * width
            factor = store[other + pivot] * inverse
            if factor != 0.0:
                for column in range(begin, width):
                    store[other + column] -= factor * store[first + column]
    for back in range(n):
        row = n - one - back  # type: ignore[assignment]
        first = row * width
        inverse = 1.0 / store[first + row]
        for side in range(n, n + np.uint64(columns)):
            value = store[first + side]
            for other in range(row + one, n):  # type: ignore[assignment]
                value -= store[first + other] * store[other * width + side]
            store[first + side] = value * inverse
    return True
