"""Say for each case of a loop that did not converge what kept it from it, and at which unit and component."""

import dataclasses

import numpy as np
import numpy.typing as npt

from blackmass import species
from blackmass.flowsheet.frame import FLOOR
from blackmass.flowsheet.plant import Wire
from blackmass.flowsheet.problem import Problem
from blackmass.numerics.accelerate import FixedPoint
from blackmass.status import Status, StatusArray

Array = npt.NDArray[np.float64]
PASSES = 12  # over which growth must not slow down to count as accumulation: a slow return shows itself by then


@dataclasses.dataclass(frozen=True)
class Ended:
    """How one loop ended, per case."""

    status: StatusArray
    iterations: npt.NDArray[np.intp]
    where: list[str]


def judge(problem: Problem, answer: FixedPoint, floor: Array, status: StatusArray, where: list[str]) -> Ended:
    """Return how each case ended: `status` and `where` are those of the units, `floor` that of the relative change."""
    first = len(problem.loop.tears) * problem.width
    status = status.copy()
    grows = _accumulates(problem, answer, floor)
    for number in np.flatnonzero(~answer.converged):
        change = np.abs(np.nan_to_num(answer.residual[:, number], nan=np.inf))
        row = int(np.argmax(change))
        if not np.isfinite(change[row]):
            status[number] = max(status[number], Status.NOT_FINITE)
            where[number] = where[number] or problem.loop.units[0]
        elif row >= first:
            status[number] = Status.SPEC_NOT_REACHED
            where[number] = f"specification '{problem.loop.specs[row - first].name}'"
        else:
            wire = problem.loop.tears[row // problem.width]
            place = row % problem.width
            name = "temperature" if place == problem.rows.size else species.NAMES[problem.rows[place]]
            status[number] = (
                Status.RECYCLE_ACCUMULATES if grows[row, number] else max(status[number], Status.NOT_CONVERGED)
            )
            where[number] = f"{wire.name}, {name}"
    at_limit = (answer.x[first:] <= 1e-9) | (answer.x[first:] >= 1 - 1e-9)
    return Ended(_specs_met(problem, answer, status, at_limit, where), answer.iterations, where)


def _accumulates(problem: Problem, answer: FixedPoint, floor: Array) -> npt.NDArray[np.bool_]:
    """Which torn flows (unknowns, cases) keep growing by the same amount pass after pass."""
    grows = np.zeros(answer.x.shape, dtype=bool)
    left = np.flatnonzero(~answer.converged & np.isfinite(answer.x).all(0))
    if not left.size:
        return grows
    x = answer.x[:, left]
    first_knob = len(problem.loop.tears) * problem.width
    supply = floor[:, left] / FLOOR
    steps = []
    for _ in range(PASSES):
        following = problem.mapped(x, left)
        steps.append((following - x) / supply)
        x = np.concatenate([following[:first_knob], x[first_knob:]])
    first, last = steps[1], steps[-1]
    with np.errstate(invalid="ignore"):
        grows[:, left] = (first > 1e-6) & (last > 0.999 * first)
    return grows


def _specs_met(
    problem: Problem, answer: FixedPoint, status: StatusArray, at_limit: npt.NDArray[np.bool_], where: list[str]
) -> StatusArray:
    first = len(problem.loop.tears) * problem.width
    for row, spec in enumerate(problem.loop.specs):
        stuck = at_limit[row] & (np.abs(answer.residual[first + row]) > 1e-6)
        for number in np.flatnonzero(stuck):
            status[number] = Status.SPEC_NOT_REACHED
            where[number] = f"specification '{spec.name}' ({Wire(*spec.vary.split('.')).name} at its limit)"
    return status
