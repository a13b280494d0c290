"""Bring one loop of a plant to its fixed point: Anderson for all cases, then Newton, then SciPy for the last ones."""

import dataclasses
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy.optimize import root

from blackmass.flowsheet.problem import Problem
from blackmass.numerics.accelerate import Anderson, FixedPoint, Newton, difference_jacobian

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]
Method = Anderson | Newton
COLUMNS = 4000  # difference Jacobians are made for as many cases together as need this many passes of one case
SINGLE = 3  # cases that SciPy takes one by one


@dataclasses.dataclass(frozen=True)
class Frame:
    """Start, scale and limits of the unknowns of a loop, each (unknowns, cases)."""

    start: Array
    scale: Array
    low: Array
    high: Array

    def of(self, numbers: Index) -> "Frame":
        """Return the frame of some cases."""
        return Frame(*(getattr(self, field.name)[:, numbers] for field in dataclasses.fields(self)))


def converge(problem: Problem, slopes: Array, frame: Frame, tolerance: float) -> FixedPoint:
    """Return where the iteration ended for every case.

    Parameters
    ----------
    problem : Problem
    slopes : array (specifications, cases)
        Derivative of each specification to its own knob.
    frame : Frame
    tolerance : float
        On the change of an unknown over one pass, relative to `frame.scale`.
    """

    def function(x: Array, numbers: Index) -> Array:
        return problem.mapped(x, numbers, slopes)

    answer = Anderson(tolerance=tolerance).solve(function, frame.start, frame.scale, frame.low, frame.high)
    answer = _retry(answer, Anderson(tolerance=tolerance, memory=4, substitutions=6), function, frame)
    group = max(1, COLUMNS // (problem.unknowns + 1))
    for _ in range(0, _left(answer).size, group):
        answer = _retry(answer, Newton(tolerance=tolerance, iterations=8), function, frame, group)
    for number in _left(answer)[:SINGLE]:
        answer = _by_scipy(answer, int(number), function, frame, tolerance)
    return answer


def _left(answer: FixedPoint) -> Index:
    return np.flatnonzero(~answer.converged & np.isfinite(answer.x).all(0))


def _retry(
    answer: FixedPoint, method: Method, function: Callable[[Array, Index], Array], frame: Frame, most: int | None = None
) -> FixedPoint:
    """Try the cases that remain, those with fewest passes first, with another method from where they stand."""
    left = _left(answer)
    left = left[np.argsort(answer.iterations[left], kind="stable")][:most]
    if not left.size:
        return answer
    part = frame.of(left)
    found = method.solve(
        lambda x, numbers: function(x, left[numbers]), answer.x[:, left], part.scale, part.low, part.high
    )
    better = np.isfinite(found.x).all(0)
    x, residual = answer.x.copy(), answer.residual.copy()
    iterations, converged = answer.iterations.copy(), answer.converged.copy()
    x[:, left[better]], residual[:, left[better]] = found.x[:, better], found.residual[:, better]
    iterations[left] += found.iterations
    converged[left] = found.converged
    return FixedPoint(x, residual, iterations, converged)


def _by_scipy(
    answer: FixedPoint, number: int, function: Callable[[Array, Index], Array], frame: Frame, tolerance: float
) -> FixedPoint:
    """Powell's hybrid method of SciPy on one case; its Jacobian by differences is one batch of cases."""
    one = frame.of(np.array([number]))
    width = one.scale[:, 0]

    def of_case(x: Array, numbers: Index) -> Array:
        return function(x, np.full(numbers.size, number))

    def within(z: Array) -> Array:
        return np.clip(z[:, None] * one.scale, one.low, one.high)

    def residual(z: Array) -> Array:
        change = of_case(within(z), np.zeros(1, dtype=np.intp))[:, 0] / width - z
        return np.nan_to_num(change, nan=1e3, posinf=1e3, neginf=-1e3)

    def jacobian(z: Array) -> Array:
        return difference_jacobian(of_case, within(z), np.zeros(1, dtype=np.intp), one.scale)[1][0]

    found = root(residual, answer.x[:, number] / width, jac=jacobian, method="hybr", options={"maxfev": 200})
    z = within(found.x)[:, 0] / width
    change = residual(z)
    x, left = answer.x.copy(), answer.residual.copy()
    converged, iterations = answer.converged.copy(), answer.iterations.copy()
    iterations[number] += int(found.nfev)
    if np.abs(change).max() < np.abs(np.nan_to_num(left[:, number], nan=np.inf)).max():
        x[:, number], left[:, number] = z * width, change
        converged[number] = np.abs(change).max() <= tolerance
    return FixedPoint(x, left, iterations, converged)
