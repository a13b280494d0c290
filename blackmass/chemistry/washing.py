"""Displacement washing of filter cakes."""

import numpy as np
import numpy.typing as npt
from scipy.special import erfcx, ndtr

Array = npt.NDArray[np.float64]


def retained(wash_ratio: "npt.ArrayLike", dispersion_number: "npt.ArrayLike") -> Array:
    """Return the share (cases,) of the mother liquor that is left in the cake after washing.

    Plug flow with axial dispersion through a cake full of liquor. What leaves first is mother liquor; its share falls
    as the distribution of residence times, the inverse Gaussian one with mean 1 and shape D/2, and what is left is

    .. math:: R = \\int_W^\\infty P(t > w) dw = (1 - W) \\Phi(-a) + (1 + W) e^{D} \\Phi(-b), \\quad
              a, b = \\sqrt{\\tfrac{D}{2W}} (W \\mp 1)

    R never falls below 1 - W, the limit of plug flow.

    Parameters
    ----------
    wash_ratio : array (cases,)
        W, volume of wash per volume of liquor held in the cake.
    dispersion_number : array (cases,)
        D = u L / D_L of the cake: below 10 thin or cracked cakes, 100 for near plug flow.

    Source: Wakeman and Tarleton, Solid/Liquid Separation (2005), for the model; Kreft and Zuber,
    Chem. Eng. Sci. 33 (1978) 1471, 10.1016/0009-2509(78)85196-3, for its solution in flux concentrations.
    """
    ratio, number = np.broadcast_arrays(np.asarray(wash_ratio, dtype=float), np.asarray(dispersion_number, dtype=float))
    safe = np.clip(ratio, 1e-9, 1e9)
    root = np.sqrt(number / (2 * safe))
    above = root * (safe - 1)
    below = root * (safe + 1)
    fading = 0.5 * np.exp(-0.5 * np.minimum(above**2, 1400.0))
    tail = (1 + safe) * fading * erfcx(below / np.sqrt(2))
    early = (1 - safe) * ndtr(-above) + tail
    late = tail - (safe - 1) * fading * erfcx(np.maximum(above, 0.0) / np.sqrt(2))
    left = np.where(safe < 1, early, np.maximum(late, 0.0))
    return np.where(ratio < 1e-9, 1 - ratio, np.clip(left, 0.0, 1.0))
