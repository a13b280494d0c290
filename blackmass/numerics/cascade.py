"""Linear counter-current cascades, open or with the rising phase recycled, solved stage by stage without subtraction.

Stages are numbered along the rising phase (the organic). Each section has its own falling phase (the aqueous),
which enters at the section's top and leaves at its bottom. Stage j mixes what rises, Y[j-1], with what falls,
X[j+1] plus its feed F[j], and hands on

    Y[j] = (1 - e) Y[j-1] + e t (Y[j-1] + X[j+1] + F[j]),    X[j] = all the rest,

with t the share of the solute that equilibrium puts into the rising phase and e the efficiency. Eliminating from
the top of a section leaves its reflection r (share of what rises into it that falls back) and transmission 1 - r;
both are built from positive terms only, so that traces keep all their digits (Grassmann, Taksar and Heyman,
Oper. Res. 33 (1985) 1107, 10.1287/opre.33.5.1107).
"""

import dataclasses

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
_TINY = 1e-300


@dataclasses.dataclass(frozen=True)
class Sources:
    """What enters a cascade, for several right-hand sides at once; None means nothing.

    Parameters
    ----------
    falling : array (stages, right-hand sides, solutes, cases)
        Fed to the falling phase of a stage.
    swap : array (stages, right-hand sides, 1 or solutes, cases)
        Moved from the falling to the rising phase as they leave a stage.
    entry : array (right-hand sides, solutes, cases)
        Added to the rising phase before the first stage.
    """

    falling: Array
    swap: Array
    entry: Array


@dataclasses.dataclass(frozen=True)
class Profile:
    """Flows that leave each stage, (stages, right-hand sides, solutes, cases), and what rises into the first."""

    rising: Array
    falling: Array
    entering: Array


def linear_cascade(
    share: Array, efficiency: Array, sections: tuple[int, ...], sources: Sources, closed: bool
) -> Profile:
    """Solve a linear cascade exactly for all right-hand sides, solutes and cases.

    Parameters
    ----------
    share : array (2, stages, solutes, cases)
        Share of the solute in the rising phase at equilibrium, and its complement (given, to keep its digits).
    efficiency : array (cases,)
        Approach to equilibrium in each stage.
    sections : tuple of int
        Stages of each section along the rising phase.
    sources : Sources
    closed : bool
        Whether the rising phase returns from the last stage to the first.

    Returns
    -------
    Profile
    """
    take, keep_down = efficiency * share[0], (1 - efficiency) + efficiency * share[1]
    keep_up, drop = (1 - efficiency) + efficiency * share[0], efficiency * share[1]
    coefficients = (take, keep_down, keep_up, drop)
    eliminated: list[_Section] = []
    through, carried, back = np.ones(share.shape[2:]), np.zeros(sources.entry.shape), np.zeros(share.shape[2:])
    first = 0
    for stages in sections:
        section = _eliminate(coefficients, sources, range(first, first + stages))
        eliminated.append(section)
        back = back + through * section.reflection[0]
        carried = section.transmission[0] * carried + section.transmitted
        through = through * section.transmission[0]
        first += stages
    entering = (carried + sources.entry) / np.maximum(back, _TINY) if closed else sources.entry
    return _substitute(coefficients, sources, eliminated, entering)


@dataclasses.dataclass(frozen=True)
class _Section:
    """A section after elimination; lists run from its bottom to its top, with one entry past the top."""

    stages: range
    reflection: list[Array]
    transmission: list[Array]
    returned: list[Array]
    denominator: list[Array]
    transmitted: Array


def _eliminate(coefficients: tuple[Array, ...], sources: Sources, stages: range) -> _Section:
    take, keep_down, keep_up, drop = coefficients
    shape = np.broadcast_shapes(sources.falling.shape[1:], sources.swap.shape[1:])
    reflection, transmission = [np.zeros(take.shape[1:])], [np.ones(take.shape[1:])]
    returned, denominators, transmitted = [np.zeros(shape)], [], np.zeros(shape)
    for j in reversed(stages):
        r, t = reflection[-1], transmission[-1]
        denominator = keep_down[j] + take[j] * t
        given = returned[-1] + sources.falling[j]
        passed = keep_down[j] / denominator
        returned.append(passed * (given + r * sources.swap[j]) - sources.swap[j])
        transmitted = transmitted + (t / denominator) * (take[j] * given + sources.swap[j])
        reflection.append(drop[j] + passed * r * keep_up[j])
        transmission.append(keep_up[j] * t / denominator)
        denominators.append(denominator)
    for values in (reflection, transmission, returned, denominators):
        values.reverse()
    return _Section(stages, reflection, transmission, returned, denominators, transmitted)


def _substitute(
    coefficients: tuple[Array, ...], sources: Sources, sections: list[_Section], entering: Array
) -> Profile:
    take, keep_down, _, drop = coefficients
    keep_up = coefficients[2]
    count = sum(len(section.stages) for section in sections)
    rising = np.empty((count, *entering.shape))
    falling = np.empty_like(rising)
    below = entering
    for section in sections:
        for position, j in enumerate(section.stages):
            given = section.returned[position + 1] + sources.falling[j]
            rising[j] = (keep_up[j] * below + take[j] * given + sources.swap[j]) / section.denominator[position]
            inward = section.reflection[position + 1] * rising[j] + given
            falling[j] = keep_down[j] * inward + drop[j] * below - sources.swap[j]
            below = rising[j]
    return Profile(rising, falling, entering)


def solve_cases(matrix: Array, right: Array) -> tuple[Array, npt.NDArray[np.bool_]]:
    """Solve a small dense system in each case; one that is singular or not finite leaves the others alone.

    Parameters
    ----------
    matrix : array (n, n, cases)
    right : array (n, cases)

    Returns
    -------
    solution : array (n, cases)
        Zero where the system could not be solved.
    good : array (cases,) of bool
    """
    a, b = np.moveaxis(matrix, -1, 0), right.T[..., None]
    scale = np.abs(a).max(axis=2, keepdims=True)
    good = np.isfinite(a).all(axis=(1, 2)) & np.isfinite(b).all(axis=(1, 2)) & (scale > 0).all(axis=(1, 2))
    eye = np.eye(a.shape[1])
    a = np.where(good[:, None, None], a / np.where(scale > 0, scale, 1.0), eye)
    b = np.where(good[:, None, None], b / np.where(scale > 0, scale, 1.0), 0.0)
    try:
        solution = np.linalg.solve(a, b)
    except np.linalg.LinAlgError:
        singular = np.array([np.linalg.matrix_rank(one) < one.shape[0] for one in a])
        good &= ~singular
        solution = np.linalg.solve(np.where(singular[:, None, None], eye, a), b)
    good &= np.isfinite(solution).all(axis=(1, 2))
    return np.where(good[:, None], solution[..., 0], 0.0).T, good
