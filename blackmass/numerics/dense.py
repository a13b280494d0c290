"""Small dense linear systems inside compiled loops."""

import numpy as np
import numpy.typing as npt

from blackmass.numerics.compiled import compiled

Array = npt.NDArray[np.float64]
ROUNDING = 1e-15
"""Pivot, against the largest entry that its column had, below which a matrix counts as singular; rows are scaled."""


@compiled
def lu_solve(matrix: Array, right: Array) -> bool:
    """Solve a linear system in place, and return whether the matrix was regular.

    Gaussian elimination with partial pivoting; the pivot is chosen, and judged, as if every row were scaled to a
    largest entry of one.

    Parameters
    ----------
    matrix : array (n, n)
        Overwritten.
    right : array (n,) or (n, columns), contiguous
        Overwritten by the solution; of no use where the matrix is singular or holds what is not a number.
    """
    count = matrix.shape[0]
    if count == 0:
        return True
    sides = right.reshape((count, right.size // count))
    columns = sides.shape[1]
    scale = np.empty(count)
    least = np.zeros(count)
    for row in range(count):
        largest = 0.0
        for column in range(count):
            largest = max(largest, abs(matrix[row, column]))
        if not 0.0 < largest < np.inf:
            return False
        scale[row] = 1.0 / largest
        for column in range(count):
            least[column] = max(least[column], ROUNDING * abs(matrix[row, column]) * scale[row])
    for pivot in range(count):
        best, size = pivot, abs(matrix[pivot, pivot]) * scale[pivot]
        for row in range(pivot + 1, count):
            other = abs(matrix[row, pivot]) * scale[row]
            if other > size:
                best, size = row, other
        if not size > least[pivot]:
            return False
        if best != pivot:
            scale[best] = scale[pivot]
            for column in range(pivot, count):
                matrix[pivot, column], matrix[best, column] = matrix[best, column], matrix[pivot, column]
            for column in range(columns):
                sides[pivot, column], sides[best, column] = sides[best, column], sides[pivot, column]
        inverse = 1.0 / matrix[pivot, pivot]
        for row in range(pivot + 1, count):
            factor = matrix[row, pivot] * inverse
            if factor != 0.0:
                for column in range(pivot + 1, count):
                    matrix[row, column] -= factor * matrix[pivot, column]
                for column in range(columns):
                    sides[row, column] -= factor * sides[pivot, column]
    for row in range(count - 1, -1, -1):
        inverse = 1.0 / matrix[row, row]
        for column in range(columns):
            value = sides[row, column]
            for other in range(row + 1, count):
                value -= matrix[row, other] * sides[other, column]
            sides[row, column] = value * inverse
    return True
