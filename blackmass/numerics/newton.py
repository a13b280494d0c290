"""Linear systems and complementarity for Newton's method on a batch: every case on its own."""

import numpy as np
import numpy.typing as npt

from blackmass.numerics.compiled import compiled

Array = npt.NDArray[np.float64]
TINY = 1e-300
FEW = 6  # unknowns that it does not pay to eliminate


def solve_each(matrix: Array, right: Array, apart: int = 0) -> Array:
    """Solve one small linear system in each case; one that is singular leaves the others alone.

    Parameters
    ----------
    matrix : array (cases, n, n)
        Cases first, as LAPACK wants it.
    right : array (cases, n, columns)
    apart : number of unknowns, the first ones, that do not meet each other
        Their block of the matrix is taken to be its diagonal, and eliminated at once.

    Returns
    -------
    array (cases, n, columns)
        Of a singular case, the solution of least length.
    """
    if apart < FEW:
        return _dense(matrix, right)
    diagonal = np.arange(apart)
    inverse = 1.0 / matrix[:, diagonal, diagonal, None]
    beside, own = matrix[:, :apart, apart:] * inverse, right[:, :apart] * inverse
    below = matrix[:, apart:, :apart]
    solution = np.empty_like(right)
    solution[:, apart:] = _dense(matrix[:, apart:, apart:] - below @ beside, right[:, apart:] - below @ own)
    solution[:, :apart] = own - beside @ solution[:, apart:]
    return solution


def _dense(matrix: Array, right: Array) -> Array:
    try:
        return np.asarray(np.linalg.solve(matrix, right), dtype=float)
    except np.linalg.LinAlgError:
        return np.array([_least_squares(one, its) for one, its in zip(matrix, right, strict=True)])


def _least_squares(matrix: Array, right: Array) -> Array:
    if not (np.isfinite(matrix).all() and np.isfinite(right).all()):
        return np.full_like(right, np.nan)
    scale = np.maximum(np.abs(matrix).max(1, keepdims=True), TINY)
    return np.linalg.lstsq(matrix / scale, right / scale, rcond=1e-14)[0]


def complementarity(first: Array, second: Array, smoothing: Array) -> tuple[Array, Array, Array]:
    """Return the function of Fischer and Burmeister and its derivatives by both arguments.

    It is zero where both arguments are positive and their product is `smoothing`; with none of it, where one is zero
    and the other is not negative:

    .. math:: \\varphi(a, b) = a + b - \\sqrt{a^2 + b^2 + 2 \\mu}

    Source: Fischer, Optimization 24 (1992) 269, 10.1080/02331939208843795; Kanzow, SIAM J. Matrix Anal. Appl. 17
    (1996) 851, 10.1137/S0895479894273134.
    """
    root = np.sqrt(first * first + second * second + 2.0 * smoothing)
    both = first + second
    # the difference of nearly equal numbers is taken apart where it would lose its digits
    value = np.where(both > 0, 2.0 * (first * second - smoothing) / np.maximum(both + root, TINY), both - root)
    root = np.maximum(root, TINY)
    return value, 1.0 - first / root, 1.0 - second / root


@compiled
def fischer(first: float, second: float, smoothing: float) -> tuple[float, float, float]:
    """Return `complementarity` of two numbers inside a compiled loop."""
    root = float(np.sqrt(first * first + second * second + 2.0 * smoothing))
    both = first + second
    value = 2.0 * (first * second - smoothing) / max(both + root, TINY) if both > 0.0 else both - root
    root = max(root, TINY)
    return value, 1.0 - first / root, 1.0 - second / root
