"""Leaching in tanks in series, and in time: loops over cases in machine code."""

from typing import Any

import numpy as np
import numpy.typing as npt

from blackmass.chemistry.leaching_balances import UNKNOWNS
from blackmass.chemistry.leaching_tank import Array, solve
from blackmass.numerics.compiled import compiled

Records = npt.NDArray[Any]


@compiled
def train(
    pulps: Records,
    rates: Records,
    tau: Array,
    dosed: int,
    guess: Array,
    extents: Array,
    done: npt.NDArray[np.bool_],
    pulp: Records,
    scales: Records,
    turnover: Records,
) -> None:
    """Pass pulps through equal stirred tanks, and add up the extents (reactions, cases) [mol/L].

    Parameters
    ----------
    pulps, rates : records `leaching_pulp.Pulp` and `Rates` (cases,)
    tau : array (cases,) [s]
        Of one tank.
    dosed : tanks that get equal parts of the dissolved reductants
    guess : array (5 tanks, cases)
        In place; NaN where there is none: then the tank before is the guess.
    pulp, scales, turnover : records (1,) to work on
    """
    x, out = np.empty(UNKNOWNS), turnover[0]
    for case in range(tau.size):
        pulp[0] = pulps[case]
        here = pulp[0]
        peroxide, sulfite, glucose = here.peroxide / dosed, here.sulfite / dosed, here.glucose / dosed
        here.peroxide, here.sulfite, here.glucose = peroxide, sulfite, glucose
        done[case] = True
        x[:] = np.nan
        for tank in range(guess.shape[0] // UNKNOWNS):
            own = guess[UNKNOWNS * tank : UNKNOWNS * (tank + 1), case]
            if np.isfinite(own).all():
                x[:] = own
            if 0 < tank < dosed:
                here.peroxide += peroxide
                here.sulfite += sulfite
                here.glucose += glucose
            if not solve(here, rates[case], tau[case], x, scales[0], out):
                done[case] = False
            extents[:, case] += out.made
            own[:] = x
            pulp[0] = out.left


@compiled
def in_time(
    pulps: Records,
    rates: Records,
    duration: Array,
    shares: Array,
    guess: Array,
    extents: Array,
    done: npt.NDArray[np.bool_],
    pulp: Records,
    scales: Records,
    turnover: Records,
) -> None:
    """Follow pulps for a duration (cases,) [s] in implicit steps that are `shares` of it; arguments as of `train`."""
    x, out = np.empty(UNKNOWNS), turnover[0]
    for case in range(duration.size):
        pulp[0] = pulps[case]
        x[:] = guess[:, case]
        for share in shares:
            if not solve(pulp[0], rates[case], duration[case] * share, x, scales[0], out):
                done[case] = False
            extents[:, case] += out.made
            pulp[0] = out.left
        guess[:, case] = x
