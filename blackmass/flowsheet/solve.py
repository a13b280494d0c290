"""Solve a plant to steady state: loop by loop, all cases together, each case with its own status."""

import numpy as np
import numpy.typing as npt

from blackmass import species
from blackmass.flowsheet.converge import Frame, converge
from blackmass.flowsheet.graph import Loop, loops
from blackmass.flowsheet.judge import Ended, judge
from blackmass.flowsheet.plant import Plant, cases_of
from blackmass.flowsheet.problem import TEMPERATURE_SCALE, Calculated, Problem, scaled
from blackmass.flowsheet.result import Result, Solved, joined
from blackmass.status import Status, StatusArray
from blackmass.stream import Stream

Array = npt.NDArray[np.float64]
TOLERANCE = 1e-10
LARGEST = 1e5  # times the largest flow of the start: a recycle that would grow beyond accumulates
COLDEST, HOTTEST = 250.0, 700.0  # K, of torn streams on the way
BATCH = 1000
"""Cases that are solved together: enough to spread the cost of a call, few enough for the processor's cache."""


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


def _solve_loop(plant: Plant, loop: Loop, done: Calculated, warm: Result | None, tolerance: float) -> Ended:
    cases = next(iter(done.streams.values())).cases
    everyone = np.arange(cases)
    problem = Problem(plant, loop, done.streams, _live(plant))
    if warm is not None:
        problem.guesses = _guesses(loop, warm, cases)
    if not loop.tears and not loop.specs:
        found = problem.calculate({}, {}, everyone)
        _keep(done, found)
        status, where = _unit_status(found, loop, cases)
        return Ended(status, np.ones(cases, dtype=np.intp), where)
    start = _start(problem, plant, warm, cases)
    scale = np.maximum(_scale(problem, plant, cases), 0.1 * np.abs(start))
    scale[len(loop.tears) * problem.width :] = 1.0
    slopes = _slopes(problem, start, everyone)
    answer = converge(problem, slopes, Frame(start, scale, *_limits(problem, scale)), tolerance)
    found = problem.calculate(problem.unpack(answer.x, everyone), problem.knobs(answer.x), everyone)
    found = _closed(found, problem)
    _keep(done, found)
    knobs = problem.knobs(answer.x)
    for name in plant.feeds:
        if f"{name}.flow" in knobs:
            done.streams[name] = done.streams[name].split(knobs[f"{name}.flow"] / done.streams[name].mass)[0]
    done.knobs.update(knobs)
    status, where = _unit_status(found, loop, cases)
    return judge(problem, answer, (scale, slopes), status, where)


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
    if warm is not None and all(wire.name in warm.streams for wire in problem.loop.tears):
        problem.prepare_sizes(tears, cases)
        return problem.pack(tears, clipped)
    first = problem.calculate(tears, _knobs_only(problem, clipped), np.arange(cases))
    made = {wire.name: first.streams[f"{wire.name}'"] for wire in problem.loop.tears}
    problem.prepare_sizes(made, cases)
    return problem.pack(made, clipped)


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
    """Limits of the iterates: flows not negative, except protons of an alkaline liquor, and not beyond all reason."""
    many, knobs, cases = len(problem.loop.tears), len(problem.loop.specs), scale.shape[1]
    largest = LARGEST * scale[: problem.width - 1].max(0, initial=0.0)
    signed = (problem.rows == species.index("H+"))[:, None]
    top = np.broadcast_to(largest, (problem.rows.size, cases))
    part = np.concatenate([np.where(signed, -top, 0.0), np.full((1, cases), COLDEST)])
    upper = np.concatenate([top, np.full((1, cases), HOTTEST)])
    low = np.concatenate([*([part] * many), np.zeros((knobs, cases))])
    high = np.concatenate([*([upper] * many), np.ones((knobs, cases))])
    return low, high


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
