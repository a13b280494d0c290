"""The fixed grid of particle-size classes, from 1 µm to 131 mm in steps of two."""

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

EDGES: Array = 1e-6 * np.exp2(np.arange(18.0))
"""(classes + 1,) [m] class limits."""
EDGES.setflags(write=False)
CLASSES = EDGES.size - 1
DIAMETER: Array = np.sqrt(EDGES[:-1] * EDGES[1:])
"""(classes,) [m] geometric mean diameter of each class."""
DIAMETER.setflags(write=False)


def rosin_rammler(size: "npt.ArrayLike", spread: "npt.ArrayLike") -> Array:
    """Return the mass fractions (classes, ...) of a Rosin-Rammler distribution.

    .. math:: R(d) = 1 - \\exp[-(d/d_{63.2})^n]

    Parameters
    ----------
    size : array (...) [m]
        Size that 63.2 % of the mass passes.
    spread : array (...)
        Exponent n; larger is narrower.

    Source: Rosin and Rammler, Journal of the Institute of Fuel 7 (1933) 29.
    """
    size, spread = np.broadcast_arrays(np.asarray(size, dtype=float), np.asarray(spread, dtype=float))
    edges = EDGES.reshape((-1,) + (1,) * size.ndim)
    passing = -np.expm1(-((edges / size) ** spread))
    passing[0], passing[-1] = 0.0, 1.0
    return np.diff(passing, axis=0)


def passing_size(fractions: Array, quantile: float = 0.5) -> Array:
    """Return the size [m] that a mass fraction `quantile` passes; fractions (classes, ...)."""
    total = fractions.sum(0)
    cumulative = np.concatenate([np.zeros((1, *fractions.shape[1:])), np.cumsum(fractions, axis=0)])
    cumulative = cumulative / np.where(total > 0, total, 1.0)
    flat = cumulative.reshape(CLASSES + 1, -1)
    logs = np.log(EDGES)
    sizes = [np.exp(np.interp(quantile, case, logs)) if case[-1] > 0 else np.nan for case in flat.T]
    return np.asarray(sizes).reshape(fractions.shape[1:])
