"""Linear algebra for Newton's method on a batch: every case has its own small system, the case axis last."""

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
WEAK = 1e-13


def eliminate(matrix: Array, right: Array) -> tuple[Array, npt.NDArray[np.bool_]]:
    """Solve one small linear system in each case by elimination in the given order.

    Pivots are taken from the diagonal, so the rows must be ordered and signed such that the diagonal carries the
    weight, as the balances of an equilibrium do. A pivot that has vanished by cancellation is put back to the size it
    had, which leaves that unknown nearly where it is; the case is reported and no case touches another.

    Parameters
    ----------
    matrix : array (n, n, cases)
        Overwritten.
    right : array (n, columns, cases)
        Overwritten by the solution.

    Returns
    -------
    solution : array (n, columns, cases)
    singular : array (cases,) of bool
    """
    n = matrix.shape[0]
    diagonal = np.arange(n)
    size = np.abs(matrix[diagonal, diagonal])
    singular = np.zeros(matrix.shape[2], dtype=bool)
    for k in range(n):
        pivot = matrix[k, k]
        np.maximum(size[k], np.abs(pivot), out=size[k])
        weak = ~(np.abs(pivot) > WEAK * size[k])
        if weak.any():
            singular |= weak
            pivot = np.where(weak, np.where(size[k] > 0, size[k], 1.0), pivot)
        inverse = 1.0 / pivot
        matrix[k, k + 1 :] *= inverse
        right[k] *= inverse
        if k + 1 < n:
            factor = matrix[k + 1 :, k]
            np.maximum(size[k + 1 :], np.abs(factor * matrix[k, k + 1 :]), out=size[k + 1 :])
            matrix[k + 1 :, k + 1 :] -= factor[:, None] * matrix[k, k + 1 :]
            right[k + 1 :] -= factor[:, None] * right[k]
    for k in range(n - 2, -1, -1):
        right[k] -= (matrix[k, k + 1 :, None] * right[k + 1 :]).sum(0)
    return right, singular
