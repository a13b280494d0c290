"""Solve a plant to steady state: loop by loop, all cases together, each case with its own status."""

import dataclasses

import numpy as np
import numpy.typing as npt
from scipy.optimize import root

from blackmass import species
from blackmass.flowsheet.graph import Loop, loops
from blackmass.flowsheet.plant import Plant, Wire, cases_of
from blackmass.flowsheet.problem import TEMPERATURE_SCALE, Calculated, Problem, scaled
from blackmass.flowsheet.result import Result, Solved, joined
from blackmass.numerics.accelerate import Anderson, FixedPoint, Newton
from blackmass.status import Status, StatusArray
from blackmass.stream import Stream

Array = npt.NDArray[np.float64]
TOLERANCE = 1e-10
BATCH = 1000
"""Cases that are solved together: enough to spread the cost of a call, few enough for the processor's cache."""


@dataclasses.dataclass(frozen=True)
class _Ended:
    """How one loop ended, per case."""

    status: StatusArray
    iterations: npt.NDArray[np.intp]
    where: list[str]


def solve(plant: Plant, *, warm: Result | None = None, tolerance: float = TOLERANCE) -> Result:
    """Solve a plant for every case that its parameters and feeds hold.

    Parameters
    ----------
    plant : Plant
    warm : Result, optional
        A previous result of the same flowsheet, to start from.
    tolerance : float
        On torn component flows, relative to what the feeds could at most supply of that component.

    Returns
    -------
    Result
        With a status for each case; `Result.check()` raises where a case failed.

    Raises
    ------
    InputError
        The plant is wired wrongly or its parameters hold different numbers of cases.
    """
    plant.check()
    cases = cases_of(plant)
    if cases <= BATCH:
        return Result(plant, _solve_batch(plant, warm, tolerance))
    parts = []
    for first in range(0, cases, BATCH):
        numbers = np.arange(first, min(first + BATCH, cases))
        near = None if warm is None else Result(warm.plant, warm.solved.take(numbers))
        parts.append(_solve_batch(plant.take(numbers), near, tolerance))
    return Result(plant, joined(parts))


def _solve_batch(plant: Plant, warm: Result | None, tolerance: float) -> Solved:
    cases = cases_of(plant)
    streams = {name: feed.stream.repeated(cases) for name, feed in plant.feeds.items()}
    done = Calculated(streams, {}, {})
    status = np.zeros(cases, dtype=np.int8)
    iterations = np.zeros(cases, dtype=np.intp)
    where = [""] * cases
    for loop in loops(plant):
        ended = _solve_loop(plant, loop, done, warm, tolerance)
        fresh = (ended.status > status) & (ended.status > Status.OUT_OF_RANGE)
        where = [new if first else old for new, old, first in zip(ended.where, where, fresh, strict=True)]
        status, iterations = np.maximum(status, ended.status), iterations + ended.iterations
    return Solved(done.streams, done.outlets, done.knobs, status, iterations, tuple(where))


def _solve_loop(plant: Plant, loop: Loop, done: Calculated, warm: Result | None, tolerance: float) -> _Ended:
    cases = next(iter(done.streams.values())).cases
    everyone = np.arange(cases)
    problem = Problem(plant, loop, done.streams, _live(plant))
    if warm is not None:
        problem.guesses = _guesses(loop, warm, cases)
    if not loop.tears and not loop.specs:
        found = problem.calculate({}, {}, everyone)
        _keep(done, found)
        status, where = _unit_status(found, loop, cases)
        return _Ended(status, np.ones(cases, dtype=np.intp), where)
    start = _start(problem, plant, warm, cases)
    scale = _scale(problem, plant, cases)
    slopes = _slopes(problem, start, everyone)
    low, high = _limits(problem, scale)
    answer = _converge(problem, slopes, (start, scale, low, high), tolerance)
    found = problem.calculate(problem.unpack(answer.x, everyone), problem.knobs(answer.x), everyone)
    found = _closed(found, problem)
    _keep(done, found)
    knobs = problem.knobs(answer.x)
    for name in plant.feeds:
        if f"{name}.flow" in knobs:
            done.streams[name] = done.streams[name].split(knobs[f"{name}.flow"] / done.streams[name].mass)[0]
    done.knobs.update(knobs)
    status, where = _unit_status(found, loop, cases)
    return _judge(problem, answer, (scale, slopes), status, where)


def _live(plant: Plant) -> npt.NDArray[np.bool_]:
    """Species whose elements all enter the plant with some feed or reagent."""
    entering = sum(np.abs(feed.stream.flow).sum(1) for feed in plant.feeds.values())
    entering = entering + sum((np.abs(r.composition.flow).sum(1) for r in plant.reagents.values()), 0.0)
    present = species.ELEMENT_MATRIX @ entering > 0
    return np.asarray(~(species.ELEMENT_MATRIX[~present] > 0).any(0))


def _guesses(loop: Loop, warm: Result, cases: int) -> dict[str, Array]:
    """Where the inner solvers of an earlier result ended, if it holds the same number of cases (or one)."""
    found = {name: warm.solved.outlets[name].guess for name in loop.units if name in warm.solved.outlets}
    return {
        name: np.array(np.broadcast_to(guess, (*guess.shape[:-1], cases)))
        for name, guess in found.items()
        if guess is not None and guess.shape[-1] in (1, cases)
    }


def _start(problem: Problem, plant: Plant, warm: Result | None, cases: int) -> Array:
    tears = {}
    for wire in problem.loop.tears:
        tears[wire.name] = Stream.empty(cases)
        if warm is not None and wire.name in warm.streams:
            tears[wire.name] = warm.streams[wire.name].repeated(cases)
    knobs = [np.broadcast_to(scaled(s, _knob_start(s.vary, plant, warm)), (cases,)) for s in problem.loop.specs]
    clipped = np.clip(np.array(knobs).reshape(len(knobs), cases), 0.01, 0.99)
    first = problem.calculate(tears, _knobs_only(problem, clipped), np.arange(cases))
    made = {wire.name: first.streams[f"{wire.name}'"] for wire in problem.loop.tears}
    problem.prepare_sizes(made, cases)
    return problem.pack(made if warm is None else tears, clipped)


def _knobs_only(problem: Problem, shares: Array) -> dict[str, Array]:
    filler = np.zeros((problem.unknowns - shares.shape[0], shares.shape[1]))
    return problem.knobs(np.concatenate([filler, shares]))


def _knob_start(path: str, plant: Plant, warm: Result | None) -> "npt.ArrayLike":
    if warm is not None and path in warm.knobs:
        return warm.knobs[path]
    return plant.value(path)


def _scale(problem: Problem, plant: Plant, cases: int) -> Array:
    """What the main feed could at most supply of each species, for a relative residual."""
    elements = sum(feed.stream.repeated(cases).elements for feed in plant.feeds.values())
    counts = species.ELEMENT_MATRIX[:, problem.rows]
    entering = np.where(elements > 0, elements, np.inf)
    supply = np.full((problem.rows.size, cases), np.inf)
    for row in range(counts.shape[0]):
        needed = counts[row][:, None]
        limit = np.where(needed > 0, entering[row] / np.where(needed > 0, needed, 1.0), np.inf)
        supply = np.minimum(supply, limit)
    total = sum(feed.stream.repeated(cases).flow.sum(0) for feed in plant.feeds.values())
    part = np.concatenate([np.where(np.isfinite(supply), supply, total), np.full((1, cases), TEMPERATURE_SCALE)])
    knobs = np.ones((len(problem.loop.specs), cases))
    return np.concatenate([*([part] * len(problem.loop.tears)), knobs])


def _slopes(problem: Problem, start: Array, numbers: npt.NDArray[np.intp]) -> Array:
    """Derivative of each specification's residual to its own knob, by a difference."""
    specs = problem.loop.specs
    slopes = np.ones((len(specs), numbers.size))
    if not specs:
        return slopes
    first = len(problem.loop.tears) * problem.width
    tears = problem.unpack(start, numbers)
    base = problem.residuals(problem.calculate(tears, problem.knobs(start), numbers))
    for row in range(len(specs)):
        moved = start.copy()
        step = np.where(moved[first + row] < 0.5, 0.02, -0.02)
        moved[first + row] += step
        change = problem.residuals(problem.calculate(tears, problem.knobs(moved), numbers))[row] - base[row]
        slope = change / step
        steep = np.isfinite(slope) & (np.abs(slope) > 1e-3)
        slopes[row] = np.where(steep, slope, np.where(slope < 0, -1.0, 1.0))
    return slopes


def _limits(problem: Problem, scale: Array) -> tuple[Array, Array]:
    """Limits of the iterates: flows not negative, except protons of an alkaline liquor."""
    signed = np.isin(problem.rows, [species.index("H+")])
    part = np.concatenate([np.where(signed, -np.inf, 0.0), [250.0]])
    top = np.concatenate([np.full(problem.rows.size, np.inf), [700.0]])
    many, knobs = len(problem.loop.tears), len(problem.loop.specs)
    low = np.concatenate([*([part] * many), np.zeros(knobs)])[:, None]
    high = np.concatenate([*([top] * many), np.ones(knobs)])[:, None]
    return low, high


def _converge(
    problem: Problem, slopes: Array, frame: tuple[Array, Array, Array, Array], tolerance: float
) -> FixedPoint:
    """Anderson for all, Newton for what remains, SciPy's hybrid method for the last single cases."""
    start, scale, low, high = frame

    def function(x: Array, numbers: npt.NDArray[np.intp]) -> Array:
        return problem.mapped(x, numbers, slopes)

    answer = Anderson(tolerance=tolerance).solve(function, start, scale, low, high)
    left = np.flatnonzero(~answer.converged & np.isfinite(answer.x).all(0))
    if left.size:
        answer = _again(answer, left, Newton(tolerance=tolerance, iterations=8), function, (scale, low, high))
    left = np.flatnonzero(~answer.converged & np.isfinite(answer.x).all(0))
    for number in left[:4]:
        answer = _by_scipy(answer, int(number), function, scale, tolerance)
    return answer


def _again(
    answer: FixedPoint, left: npt.NDArray[np.intp], method: Newton, function: object, frame: tuple[Array, ...]
) -> FixedPoint:
    scale, low, high = frame
    chosen = left

    def some(x: Array, numbers: npt.NDArray[np.intp]) -> Array:
        return function(x, chosen[numbers])  # type: ignore[operator,no-any-return]

    found = method.solve(some, answer.x[:, left], scale[:, left], low, high)
    x, residual = answer.x.copy(), answer.residual.copy()
    iterations, converged = answer.iterations.copy(), answer.converged.copy()
    better = np.isfinite(found.x).all(0)
    chosen_better = left[better]
    x[:, chosen_better], residual[:, chosen_better] = found.x[:, better], found.residual[:, better]
    iterations[left] += found.iterations
    converged[left] = found.converged
    return FixedPoint(x, residual, iterations, converged)


def _by_scipy(answer: FixedPoint, number: int, function: object, scale: Array, tolerance: float) -> FixedPoint:
    one = np.array([number])
    width = scale[:, number]

    def residual(z: Array) -> Array:
        x = (z * width)[:, None]
        change = (function(x, one)[:, 0] / width) - z  # type: ignore[operator]
        return np.nan_to_num(change, nan=1e3, posinf=1e3, neginf=-1e3)

    found = root(residual, answer.x[:, number] / width, method="hybr", options={"maxfev": 40 * width.size})
    change = residual(found.x)
    x, left = answer.x.copy(), answer.residual.copy()
    converged, iterations = answer.converged.copy(), answer.iterations.copy()
    iterations[number] += int(found.nfev)
    if np.abs(change).max() < np.abs(left[:, number]).max():
        x[:, number], left[:, number] = found.x * width, change
        converged[number] = np.abs(change).max() <= tolerance
    return FixedPoint(x, left, iterations, converged)


def _closed(found: Calculated, problem: Problem) -> Calculated:
    """Put the calculated side of each tear in the place of the guessed one."""
    for wire in problem.loop.tears:
        found.streams[wire.name] = found.streams.pop(f"{wire.name}'")
    return found


def _keep(done: Calculated, found: Calculated) -> None:
    done.streams.update(found.streams)
    done.outlets.update(found.outlets)


def _unit_status(found: Calculated, loop: Loop, cases: int) -> tuple[StatusArray, list[str]]:
    status = np.zeros(cases, dtype=np.int8)
    where = [""] * cases
    for name in loop.units:
        mine = np.broadcast_to(found.outlets[name].status, (cases,))
        for number in np.flatnonzero((mine > status) & (mine > Status.OUT_OF_RANGE)):
            where[number] = name
        status = np.maximum(status, mine)
    return status, where


def _judge(
    problem: Problem, answer: FixedPoint, frame: tuple[Array, Array], status: StatusArray, where: list[str]
) -> _Ended:
    """Say for each case that did not converge what kept it from it, and at which unit and component."""
    first = len(problem.loop.tears) * problem.width
    status = status.copy()
    grows = _accumulates(problem, answer, *frame)
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
    return _Ended(_specs_met(problem, answer, status, at_limit, where), answer.iterations, where)


def _accumulates(problem: Problem, answer: FixedPoint, scale: Array, slopes: Array) -> npt.NDArray[np.bool_]:
    """Which torn flows (unknowns, cases) keep growing by the same amount pass after pass."""
    grows = np.zeros(answer.x.shape, dtype=bool)
    left = np.flatnonzero(~answer.converged & np.isfinite(answer.x).all(0))
    if not left.size:
        return grows
    x = answer.x[:, left]
    first_knob = len(problem.loop.tears) * problem.width
    steps = []
    for _ in range(4):
        following = problem.mapped(x, left, slopes)
        steps.append((following - x) / scale[:, left])
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
