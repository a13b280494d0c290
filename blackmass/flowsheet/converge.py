"""Bring one loop of a plant to its fixed point, for all cases.

Cases start from a solved neighbour, or from empty recycles, and go by safeguarded substitution
(`numerics.accelerate`). Those that do not settle from a neighbour begin again from empty recycles; each that is left
is led by its own response, and SciPy takes the last ones of a small batch.
"""

import dataclasses

import numpy as np
import numpy.typing as npt
from scipy.optimize import root

from blackmass.flowsheet.frame import Frame
from blackmass.flowsheet.problem import Problem
from blackmass.flowsheet.response import Correction, Response, measured
from blackmass.numerics.accelerate import FixedPoint, Substitution

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]
FILLING = 8  # passes by which empty recycles fill before any step is lengthened
LONGEST = 500  # passes
SHORT = 25  # passes from a neighbour
STRAYS = 12  # cases of a batch whose own responses are measured before they begin again from empty recycles
MANY = 40  # cases for which it pays to measure a response
WARMER = 20.0  # K, by which a step in temperature may go beyond what a pass has shown
ROUND = 20  # passes by the response of a single case
NEARER, NEAREST = 0.3, 1e-11  # of the change two rounds before; change that no response makes smaller
FEW = 20  # cases of a batch that is small enough to wait for SciPy
STEPS = 15  # of SciPy's method


def converge(
    problem: Problem, frame: Frame, cold: Frame, tolerance: float, response: Response | None
) -> tuple[FixedPoint, Response | None]:
    """Solve a loop for all its cases; return also the response that a similar batch may use.

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
    if frame is cold:
        answer = _led(problem, _filled(problem, cold, everyone, tolerance), cold, tolerance)
        answer = _by_scipy(problem, answer, cold, tolerance)
        alone = everyone.size == 1 and bool(answer.converged[0])
        return answer, measured(problem, answer.x, everyone, cold.floor) if alone else None
    problem.measure_slopes(frame.start, everyone)
    if everyone.size >= MANY and (response is None or response.kin.size == 1):
        middle = everyone[everyone.size // 2 :][:1]
        response = measured(problem, frame.start[:, middle], middle, frame.floor[:, middle])
    if response is not None and not response.fits(len(frame.start)):
        response = None
    correct = None if response is None else Correction(response, frame.start, frame.floor)
    answer = _substituted(problem, frame, everyone, Substitution(tolerance, SHORT, plain=1), correct)
    answer = _own_led(problem, answer, frame, tolerance)
    left = np.flatnonzero(~answer.converged)
    if left.size:
        problem.forget(left)
        answer = _placed(answer, _filled(problem, cold.of(left), left, tolerance), left)
    return _by_scipy(problem, _led(problem, answer, cold, tolerance), cold, tolerance), response


def _filled(problem: Problem, cold: Frame, cases: Index, tolerance: float) -> FixedPoint:
    """Go from empty recycles, which a first pass begins to fill."""
    first = len(problem.loop.tears) * problem.width
    frame = cold.started(np.concatenate([problem.mapped(cold.start, cases)[:first], cold.start[first:]]))
    problem.measure_slopes(frame.start, cases)
    return _substituted(problem, frame, cases, Substitution(tolerance, LONGEST, plain=FILLING))


def _substituted(
    problem: Problem, frame: Frame, cases: Index, method: Substitution, correct: Correction | None = None
) -> FixedPoint:
    reach = np.where(problem.temperatures, WARMER, np.inf)[:, None]
    return method.solve(
        lambda x, numbers: problem.mapped(x, cases[numbers]),
        frame.start, floor=frame.floor, weight=frame.weight, reach=reach, low=frame.low, high=frame.high,
        correct=correct,
    )  # fmt: skip


def _own_led(problem: Problem, answer: FixedPoint, frame: Frame, tolerance: float) -> FixedPoint:
    """Lead a few cases that strayed, each by its own response where it is."""
    left = np.flatnonzero(~answer.converged & np.isfinite(answer.x).all(0))[:STRAYS]
    if not left.size or answer.converged.size < MANY:
        return answer
    some = frame.of(left).started(answer.x[:, left])
    response = dataclasses.replace(measured(problem, some.start, left, some.floor), kin=np.arange(left.size))
    correct = Correction(response, some.start, some.floor)
    return _placed(answer, _substituted(problem, some, left, Substitution(tolerance, SHORT, plain=1), correct), left)


def _led(problem: Problem, answer: FixedPoint, cold: Frame, tolerance: float) -> FixedPoint:
    """Lead each case that is left by its own response, measured anew where it is, as long as that brings it nearer."""
    for number in np.flatnonzero(~answer.converged & np.isfinite(answer.x).all(0)):
        alone = np.array([number])
        one, residuals = cold.of(alone), [np.inf, np.inf]
        while True:
            one = one.started(answer.x[:, alone])
            response = measured(problem, one.start, alone, one.floor)
            correct = Correction(response, one.start, one.floor)
            found = _substituted(problem, one, alone, Substitution(tolerance, ROUND, plain=1), correct)
            answer = _placed(answer, found, alone)
            residuals.append(float(np.abs(found.residual).max()))
            if found.converged[0] or not NEAREST < residuals[-1] < NEARER * residuals[-3]:
                break
    return answer


def _by_scipy(problem: Problem, answer: FixedPoint, cold: Frame, tolerance: float) -> FixedPoint:
    """Take the first case that is left of a small batch by SciPy's Newton-Krylov method, from where it got to."""
    left = np.flatnonzero(~answer.converged & np.isfinite(answer.x).all(0))[:1]
    if not left.size or answer.converged.size > FEW:
        return answer
    one = cold.of(left).started(answer.x[:, left])
    width = np.maximum(np.abs(one.start), one.weight)

    def residual(z: Array) -> Array:
        x = np.clip(z[:, None] * width, one.low, one.high)
        return np.nan_to_num((problem.mapped(x, left) - x) / width, nan=1e3, posinf=1e3, neginf=-1e3)[:, 0]

    try:
        options = {"maxiter": STEPS, "fatol": tolerance}
        with np.errstate(all="ignore"):
            found = root(residual, (one.start / width)[:, 0], method="krylov", options=options)
    except ValueError:  # no step leads on: the loop answers to nothing
        return answer
    closer = one.started(found.x[:, None] * width)
    return _placed(answer, _substituted(problem, closer, left, Substitution(tolerance, SHORT, plain=1)), left)


def _placed(answer: FixedPoint, found: FixedPoint, left: Index) -> FixedPoint:
    """Put what was found for some cases in its place; passes add up."""
    x, residual = answer.x.copy(), answer.residual.copy()
    iterations, converged = answer.iterations.copy(), answer.converged.copy()
    better = np.isfinite(found.x).all(0) | ~np.isfinite(x[:, left]).all(0)
    x[:, left[better]], residual[:, left[better]] = found.x[:, better], found.residual[:, better]
    iterations[left] += found.iterations
    converged[left] = found.converged
    return FixedPoint(x, residual, iterations, converged)
