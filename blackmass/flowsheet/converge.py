"""Bring one loop of a plant to its fixed point, for all cases.

A single case measures its response to the torn streams by differences, as often as it must. A batch starts from cases
already solved and is corrected by the response of one of its cases; Anderson's acceleration makes up for what differs.
What is left starts anew on its own, then goes on by Newton's method, and the last few by SciPy.
"""

import dataclasses

import numpy as np
import numpy.typing as npt
from scipy.optimize import root

from blackmass.flowsheet.frame import Frame
from blackmass.flowsheet.problem import Problem
from blackmass.flowsheet.response import Response, measured
from blackmass.numerics.accelerate import Anderson, FixedPoint, Newton, difference_jacobian

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]
SUBSTITUTIONS = 2  # passes that fill the recycles before the response is measured
MEASURES = 8  # how often it is measured anew on the way to the first case
PATIENCE = 4  # passes in between
CORRECTIONS = 20  # passes of a batch with the response of one of its cases
COLUMNS = 4000  # difference Jacobians are made for as many cases together as need this many passes of one case
SINGLE = 2  # cases that SciPy takes one by one


@dataclasses.dataclass(frozen=True)
class Converged:
    """Where the iteration ended for every case, and the response that it used."""

    answer: FixedPoint
    response: Response | None


def converge(
    problem: Problem, frame: Frame, cold: Frame, tolerance: float, response: Response | None, warm: bool
) -> Converged:
    """Solve a loop for all its cases.

    Parameters
    ----------
    problem : Problem
    frame, cold : Frame
        With the start, and with empty recycles for the cases that must begin anew.
    tolerance : float
        On the change of an unknown over one pass, relative to itself or to its floor.
    response : Response, optional
        Of a similar case.
    warm : bool
        Whether the start is that of cases already solved, not of empty recycles.
    """
    cases = frame.rate.size
    if not warm:
        answer = _first(problem, frame, tolerance) if cases == 1 else _unsolved(frame)
        return Converged(_stubborn(problem, answer, cold, tolerance), None)
    if response is None:
        middle = cases // 2
        response = measured(problem, frame.start[:, middle], middle, frame.floor[:, middle], frame.rate[middle])
    answer = _anderson(problem, frame, np.arange(cases), response, tolerance, CORRECTIONS)
    return Converged(_stubborn(problem, answer, cold, tolerance), response)


def _unsolved(frame: Frame) -> FixedPoint:
    cases = frame.rate.size
    nothing = np.full_like(frame.start, np.inf)
    return FixedPoint(frame.start, nothing, np.zeros(cases, dtype=np.intp), np.zeros(cases, dtype=bool))


def _first(problem: Problem, frame: Frame, tolerance: float) -> FixedPoint:
    """Solve a single case from empty recycles, measuring its response on the way."""
    case = np.array([0])
    knobs = len(problem.loop.tears) * problem.width
    x, passes = frame.start, 0
    for _ in range(SUBSTITUTIONS):
        made = problem.mapped(x, case)
        x = np.clip(np.concatenate([made[:knobs], x[knobs:]]), frame.low, frame.high)
        passes += 1
    for _ in range(MEASURES):
        response = measured(problem, x[:, 0], 0, frame.floor[:, 0], frame.rate[0])
        found = _anderson(problem, frame.started(x), case, response, tolerance, PATIENCE)
        passes += int(found.iterations[0])
        if found.converged[0] or not np.isfinite(found.x).all():
            break
        x = found.x
    return dataclasses.replace(found, iterations=np.array([passes]))


def _anderson(
    problem: Problem, frame: Frame, cases: Index, response: Response, tolerance: float, iterations: int
) -> FixedPoint:
    method = Anderson(tolerance=tolerance, iterations=iterations, memory=6, substitutions=1)
    return method.solve(
        lambda x, numbers: problem.mapped(x, cases[numbers]),
        frame.start, frame.scale, frame.low, frame.high,
        floor=frame.floor, correct=lambda change, numbers: response.settled(change, frame.rate[numbers]),
    )  # fmt: skip


def _stubborn(problem: Problem, answer: FixedPoint, cold: Frame, tolerance: float) -> FixedPoint:
    """Bring in the cases that remain: each from empty recycles with its own slopes, by Newton, by SciPy."""
    left = np.flatnonzero(~answer.converged)
    if not left.size:
        return answer
    problem.forget(left)
    part = cold.of(left)
    x = problem.mapped(part.start, left)
    part = part.started(
        np.concatenate([x[: len(x) - len(problem.loop.specs)], part.start[len(x) - len(problem.loop.specs) :]])
    )
    problem.measure_slopes(part.start, left)
    found = Anderson(tolerance=tolerance).solve(
        lambda x, numbers: problem.mapped(x, left[numbers]),
        part.start,
        part.scale,
        part.low,
        part.high,
        floor=part.floor,
    )
    answer = _placed(answer, found, left)
    group = max(1, COLUMNS // (problem.unknowns + 1))
    for _ in range(0, _left(answer).size, group):
        answer = _newton(problem, answer, cold, tolerance, group)
    for number in _left(answer)[:SINGLE]:
        answer = _by_scipy(problem, answer, int(number), cold, tolerance)
    return answer


def _left(answer: FixedPoint) -> Index:
    return np.flatnonzero(~answer.converged & np.isfinite(answer.x).all(0))


def _placed(answer: FixedPoint, found: FixedPoint, left: Index) -> FixedPoint:
    """Put what was found for some cases in its place; passes add up."""
    x, residual = answer.x.copy(), answer.residual.copy()
    iterations, converged = answer.iterations.copy(), answer.converged.copy()
    better = np.isfinite(found.x).all(0) | ~np.isfinite(x[:, left]).all(0)
    x[:, left[better]], residual[:, left[better]] = found.x[:, better], found.residual[:, better]
    iterations[left] += found.iterations
    converged[left] = found.converged
    return FixedPoint(x, residual, iterations, converged)


def _newton(problem: Problem, answer: FixedPoint, frame: Frame, tolerance: float, most: int) -> FixedPoint:
    """Newton's method for a group of the cases that remain, those with fewest passes first."""
    left = _left(answer)
    left = left[np.argsort(answer.iterations[left], kind="stable")][:most]
    if not left.size:
        return answer
    part = frame.of(left).started(answer.x[:, left])
    found = Newton(tolerance=tolerance, iterations=8).solve(
        lambda x, numbers: problem.mapped(x, left[numbers]), part.start, part.scale, part.low, part.high
    )
    return _placed(answer, found, left)


def _by_scipy(problem: Problem, answer: FixedPoint, number: int, frame: Frame, tolerance: float) -> FixedPoint:
    """Powell's hybrid method of SciPy on one case; its Jacobian by differences is one batch of cases."""
    left = np.array([number])
    one = frame.of(left).started(answer.x[:, left])
    width, zero = one.scale[:, 0], np.zeros(1, dtype=np.intp)

    def of_case(x: Array, numbers: Index) -> Array:
        return problem.mapped(x, np.full(numbers.size, number))

    def within(z: Array) -> Array:
        return np.clip(z[:, None] * one.scale, one.low, one.high)

    def residual(z: Array) -> Array:
        change = of_case(within(z), zero)[:, 0] / width - z
        return np.nan_to_num(change, nan=1e3, posinf=1e3, neginf=-1e3)

    def jacobian(z: Array) -> Array:
        return np.nan_to_num(difference_jacobian(of_case, within(z), zero, one.scale)[1][0])

    found = root(residual, one.start[:, 0] / width, jac=jacobian, method="hybr", options={"maxfev": 200})
    x = within(found.x)
    change = residual(x[:, 0] / width)[:, None]
    worse = np.abs(change).max() >= np.abs(np.nan_to_num(answer.residual[:, number], nan=np.inf)).max()
    met = np.array([np.abs(change).max() <= tolerance])
    passes = np.array([int(found.nfev)])
    if worse:
        return _placed(answer, FixedPoint(answer.x[:, left], answer.residual[:, left], passes, met & False), left)
    return _placed(answer, FixedPoint(x, change, passes, met), left)
