"""Several demands that share one limited resource: a scalar equation with one root, for a batch of cases."""

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
STEPS = 100
DONE = 1e-15


def left_over(supply: Array, demand: Array, affinity: Array) -> Array:
    """Return what is left (cases,) of a resource that several users bind by a saturating law.

    .. math:: f + \\sum_j n_j \\frac{b_j f}{1 + b_j f} = s

    The left side rises and bends downward in f, so that Newton's method from zero climbs to the only root without
    passing it.

    Parameters
    ----------
    supply : array (cases,)
        s, zero or more.
    demand : array (users, cases)
        n, what each user can bind at most, zero or more.
    affinity : array (users, cases)
        b, zero or more.
    """
    left = np.zeros_like(supply)
    for _ in range(STEPS):
        bound = 1.0 + affinity * left
        missing = supply - left - (demand * affinity * left / bound).sum(0)
        step = missing / (1.0 + (demand * affinity / bound**2).sum(0))
        left = np.maximum(left + step, 0.0)
        if np.all(np.abs(step) <= DONE * left + 1e-300):
            break
    return left
