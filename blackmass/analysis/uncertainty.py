"""How uncertain outputs are: percentiles of a Monte Carlo sample, and what each input does alone."""

import dataclasses
import importlib
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from blackmass.analysis.evaluate import Model
from blackmass.errors import InputError, SolveError

Array = npt.NDArray[np.float64]
PERCENTILES = (5, 10, 25, 50, 75, 90, 95)
ENDS = (0.1, 0.9)
LEAST = 10


@dataclasses.dataclass(frozen=True)
class Uncertainty:
    """Mean, standard deviation and percentiles of every output over the cases that have a value."""

    cases: int
    failed: int
    figures: Mapping[str, Mapping[str, float]]


@dataclasses.dataclass(frozen=True)
class Tornado:
    """Every output in the middle of all ranges, and with one input at its 10th and 90th percentile.

    `swings` holds for each output an array (inputs, 2), NaN where that case failed.
    """

    inputs: tuple[str, ...]
    failed: int
    middle: Mapping[str, float]
    swings: Mapping[str, Array]


def monte_carlo(model: Model, inputs: int, cases: int, *, seed: int = 0) -> Uncertainty:
    """Return the uncertainty of every output for inputs drawn from their distributions, by a Latin hypercube.

    Cases that fail have no value: they are counted and left out.

    Raises
    ------
    InputError
        There are too few cases.
    SolveError
        No case converged.
    """
    if cases < LEAST:
        raise InputError(f"--samples {cases}: give {LEAST} or more.")
    points = importlib.import_module("scipy.stats.qmc").LatinHypercube(inputs, seed=seed).random(cases)
    outputs = model(points)
    failed = int(np.all([~np.isfinite(values) for values in outputs.values()], axis=0).sum())
    if failed == cases:
        raise SolveError(f"none of {cases} cases converged.")
    return Uncertainty(cases, failed, {name: _described(values) for name, values in outputs.items()})


def _described(values: Array) -> dict[str, float]:
    known = values[np.isfinite(values)]
    if not known.size:
        return {"count": 0}
    spread = float(np.std(known, ddof=1)) if known.size > 1 else 0.0
    found = {"count": int(known.size), "mean": float(known.mean()), "sd": spread}
    found |= {
        f"p{share}": float(value) for share, value in zip(PERCENTILES, np.percentile(known, PERCENTILES), strict=True)
    }
    return found


def tornado(model: Model, inputs: Sequence[str]) -> Tornado:
    """Return what each input does alone, from its 10th to its 90th percentile: 2 * inputs + 1 cases.

    Raises
    ------
    SolveError
        The case in the middle did not converge.
    """
    count = len(inputs)
    points = np.full((2 * count + 1, count), 0.5)
    for row in range(count):
        points[1 + 2 * row : 3 + 2 * row, row] = ENDS
    outputs = model(points)
    failed = np.all([~np.isfinite(values) for values in outputs.values()], axis=0)
    if failed[0]:
        raise SolveError("the case in the middle of all ranges did not converge: move the ranges.")
    middle = {name: float(values[0]) for name, values in outputs.items()}
    swings = {name: values[1:].reshape(count, 2) for name, values in outputs.items()}
    return Tornado(tuple(inputs), int(failed.sum()), middle, swings)
