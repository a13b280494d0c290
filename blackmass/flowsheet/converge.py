"""Bring one loop of a plant to its fixed point, for all cases.

A single case measures its response to the torn streams by differences, as often as it must. A batch starts from cases
already solved and is corrected by the response of one of its cases; Anderson's acceleration makes up for what differs.
Where that does not serve (another solid holds an element, say), one of the cases that are left is solved alone and
leads the others. Cases that have little in common go through plain Anderson from empty recycles. SciPy takes the last
one of a small batch.
"""

import dataclasses

import numpy as np
import numpy.typing as npt
from scipy.optimize import root

from blackmass.flowsheet.frame import Frame
from blackmass.flowsheet.problem import Problem
from blackmass.flowsheet.response import Correction, Response, measured
from blackmass.numerics.accelerate import Anderson, FixedPoint, difference_jacobian

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]
FILLINGS = (2, 30)  # passes that fill the recycles before the response is measured: few, or until all has settled
MEASURES = 10  # how often it is measured anew on the way to a case
PATIENCE = 4  # passes in between
CORRECTIONS = 14  # passes of a batch with the response of one of its cases
LAST = 4  # such cases at the end
FEW = 20  # cases of a batch that is small enough to wait for SciPy
LEADERS = 10  # cases that are solved alone for those that are left


@dataclasses.dataclass(frozen=True)
class Converged:
    """Where the iteration ended for every case, and the response that a similar batch may use."""

    answer: FixedPoint
    response: Response | None


def converge(problem: Problem, frame: Frame, cold: Frame, tolerance: float, response: Response | None) -> Converged:
    """Solve a loop for all its cases.

    Parameters
    ----------
    problem : Problem
    frame, cold : Frame
        With the start, and with empty recycles; the same one where nothing is known.
    tolerance : float
        On the change of an unknown over one pass, relative to itself or to its floor.
    response : Response, optional
        Of a similar case.
    """
    everyone = np.arange(frame.rate.size)
    answer = _unsolved(frame)
    if frame is not cold:
        if response is None:
            middle = everyone.size // 2
            response = measured(problem, frame.start[:, middle], middle, frame.floor[:, middle])
        answer = _corrected(problem, frame, everyone, response, tolerance, CORRECTIONS)
    if frame is not cold or everyone.size == 1:
        answer = _in_turn(problem, answer, cold, tolerance, LEADERS, productive=True)
    answer = _substituted(problem, answer, cold, tolerance)
    answer = _in_turn(problem, answer, cold, tolerance, LAST, productive=False)
    return Converged(_by_scipy(problem, answer, cold, tolerance), response)


def _unsolved(frame: Frame) -> FixedPoint:
    cases = frame.rate.size
    unknown = np.full_like(frame.start, np.inf)
    return FixedPoint(frame.start, unknown, np.zeros(cases, dtype=np.intp), np.zeros(cases, dtype=bool))


def _corrected(
    problem: Problem, frame: Frame, cases: Index, response: Response, tolerance: float, iterations: int
) -> FixedPoint:
    """Iterate some cases, from `frame` of these cases, with one response for all."""
    flows = problem.flow_size(np.full(1, 2.0)) > 1
    size, trace = frame.scale, flows & (np.abs(frame.start) < frame.weight)
    method = Anderson(tolerance=tolerance, iterations=iterations, memory=6, substitutions=1)
    return method.solve(
        lambda x, numbers: problem.mapped(x, cases[numbers]),
        frame.start, frame.weight, frame.low, frame.high,
        floor=frame.floor, correct=Correction(response, size, trace),
    )  # fmt: skip


def _in_turn(
    problem: Problem, answer: FixedPoint, cold: Frame, tolerance: float, leaders: int, *, productive: bool
) -> FixedPoint:
    """Solve one of the cases that are left alone, then the others from it with its response, and so on.

    Goes on to the next leader; with `productive` only while half of the others follow.
    """
    tried: set[int] = set()
    for _ in range(leaders):
        left = np.array([number for number in np.flatnonzero(~answer.converged) if number not in tried], dtype=np.intp)
        if not left.size:
            break
        leader = int(left[left.size // 2])
        tried.add(leader)
        alone = np.array([leader])
        for filling in FILLINGS:
            problem.forget(alone)
            found = _alone(problem, cold.of(alone), leader, tolerance, filling)
            if found.converged[0]:
                break
        answer = _placed(answer, found, alone)
        others = np.setdiff1d(np.flatnonzero(~answer.converged), alone)
        if not (found.converged[0] and others.size):
            continue
        response = measured(problem, found.x[:, 0], leader, cold.floor[:, leader])
        part = cold.of(others)
        start = found.x * problem.flow_size(part.rate / cold.rate[leader])
        problem.follow(leader, others)
        following = _corrected(problem, part.started(start), others, response, tolerance, CORRECTIONS)
        answer = _placed(answer, following, others)
        if productive and following.converged.mean() < 0.5:
            break
    return answer


def _alone(problem: Problem, frame: Frame, number: int, tolerance: float, filling: int) -> FixedPoint:
    """Solve a single case from empty recycles, measuring its response on the way."""
    case, first = np.array([number]), len(problem.loop.tears) * problem.width
    x, passes = frame.start, 0
    for _ in range(filling):
        made = problem.mapped(x, case)
        x = np.clip(np.concatenate([made[:first], x[first:]]), frame.low, frame.high)
        passes += 1
    for _ in range(MEASURES):
        response = measured(problem, x[:, 0], number, frame.floor[:, 0])
        found = _corrected(problem, frame.started(x), case, response, tolerance, PATIENCE)
        passes += int(found.iterations[0])
        if found.converged[0] or not np.isfinite(found.x).all():
            break
        x = found.x
    return dataclasses.replace(found, iterations=np.array([passes]))


def _substituted(problem: Problem, answer: FixedPoint, cold: Frame, tolerance: float) -> FixedPoint:
    """Take the cases that are left through plain Anderson from empty recycles, each with its own slopes."""
    left = np.flatnonzero(~answer.converged)
    if not left.size:
        return answer
    problem.forget(left)
    part, first = cold.of(left), len(problem.loop.tears) * problem.width
    part = part.started(np.concatenate([problem.mapped(part.start, left)[:first], part.start[first:]]))
    problem.measure_slopes(part.start, left)
    found = Anderson(tolerance=tolerance, iterations=90, substitutions=FILLINGS[-1]).solve(
        lambda x, numbers: problem.mapped(x, left[numbers]),
        part.start, part.weight, part.low, part.high, floor=part.floor,
    )  # fmt: skip
    return _placed(answer, found, left)


def _by_scipy(problem: Problem, answer: FixedPoint, cold: Frame, tolerance: float) -> FixedPoint:
    """Powell's hybrid method of SciPy on the first case that is left; its Jacobian is one batch of cases."""
    left = np.flatnonzero(~answer.converged & np.isfinite(answer.x).all(0))[:1]
    if not left.size or answer.converged.size > FEW:
        return answer
    one, zero = cold.of(left).started(answer.x[:, left]), np.zeros(1, dtype=np.intp)
    width = one.scale[:, 0]

    def of_case(x: Array, numbers: Index) -> Array:
        return problem.mapped(x, left[numbers])

    def within(z: Array) -> Array:
        return np.clip(z[:, None] * one.scale, one.low, one.high)

    def residual(z: Array) -> Array:
        change = of_case(within(z), zero)[:, 0] / width - z
        return np.nan_to_num(change, nan=1e3, posinf=1e3, neginf=-1e3)

    def jacobian(z: Array) -> Array:
        return np.nan_to_num(difference_jacobian(of_case, within(z), zero, one.scale)[1][0])

    found = root(residual, one.start[:, 0] / width, jac=jacobian, method="hybr", options={"maxfev": 50})
    x = within(found.x)
    change = residual(x[:, 0] / width)[:, None]
    better = np.abs(change).max() < np.abs(np.nan_to_num(answer.residual[:, left], nan=np.inf)).max()
    met = np.array([bool(better) and np.abs(change).max() <= tolerance])
    if not better:
        x, change = answer.x[:, left], answer.residual[:, left]
    return _placed(answer, FixedPoint(x, change, np.array([int(found.nfev)]), met), left)


def _placed(answer: FixedPoint, found: FixedPoint, left: Index) -> FixedPoint:
    """Put what was found for some cases in its place; passes add up."""
    x, residual = answer.x.copy(), answer.residual.copy()
    iterations, converged = answer.iterations.copy(), answer.converged.copy()
    better = np.isfinite(found.x).all(0) | ~np.isfinite(x[:, left]).all(0)
    x[:, left[better]], residual[:, left[better]] = found.x[:, better], found.residual[:, better]
    iterations[left] += found.iterations
    converged[left] = found.converged
    return FixedPoint(x, residual, iterations, converged)
