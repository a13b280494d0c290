"""Several demands that share one limited resource: a scalar equation with one root, for a batch of cases."""

import numpy as np
import numpy.typing as npt

from blackmass.numerics.compiled import compiled

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
    left = np.zeros(supply.shape)
    _climb(_owned(supply), _owned(demand), _owned(affinity), left)
    return left


def _owned(values: Array) -> Array:
    return np.array(values, dtype=float, order="C")


@compiled
def _climb(supply: Array, demand: Array, affinity: Array, left: Array) -> None:
    for case in range(supply.size):
        for _ in range(STEPS):
            missing, slope = supply[case] - left[case], 1.0
            for user in range(demand.shape[0]):
                bound = 1.0 + affinity[user, case] * left[case]
                most = demand[user, case] * affinity[user, case]
                missing -= most * left[case] / bound
                slope += most / (bound * bound)
            step = missing / slope
            left[case] = max(left[case] + step, 0.0)
            if abs(step) <= DONE * left[case] + 1e-300:
                break
