"""Solve a plant to steady state: loop by loop, all cases together, each case with its own status."""

import dataclasses
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
import numpy.typing as npt

from blackmass.flowsheet.converge import converge
from blackmass.flowsheet.frame import empty_frame, live, warm_start
from blackmass.flowsheet.gather import gathered
from blackmass.flowsheet.graph import Loop, loops
from blackmass.flowsheet.judge import Ended, judge
from blackmass.flowsheet.plant import Plant, cases_of
from blackmass.flowsheet.problem import Calculated, Problem
from blackmass.flowsheet.response import Response
from blackmass.flowsheet.result import Result, Solved
from blackmass.flowsheet.starts import Starts
from blackmass.status import Status, StatusArray

Array = npt.NDArray[np.float64]
Task = tuple[Plant, Result | None, float]
TOLERANCE = 1e-10
FINER, FINEST = 0.1, 1e-12
BATCH = 250
"""Cases that are solved together: enough to spread the cost of a call, few enough to have much in common."""


def solve(plant: Plant, *, warm: Result | None = None, tolerance: float = TOLERANCE, jobs: int = 1) -> Result:
    """Solve a plant for every case that its parameters and feeds hold.

    Of many cases a few are solved first; the others start from the nearest of them.

    Parameters
    ----------
    plant : Plant
    warm : Result, optional
        A previous result of the same flowsheet, of one case or of as many, to start from.
    tolerance : float
        On torn component flows, relative to themselves.
    jobs : int
        Processes among which batches of many cases are divided.

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
    if cases == 1 or (warm is not None and cases <= BATCH):
        return Result(plant, solve_batch(plant, warm, tolerance))
    starts = Starts.found(plant, warm, lambda some, near: solve_batch(some, near, tolerance))
    batches = starts.batches(BATCH)
    tasks = ((plant.take(numbers), starts.near(numbers), tolerance) for numbers in batches)
    several = jobs > 1 and len(batches) > 1
    parts = _by_processes(tasks, min(jobs, len(batches))) if several else (solve_batch(*task) for task in tasks)
    return Result(plant, gathered(parts, batches))


def _by_processes(tasks: Iterable[Task], jobs: int) -> Iterator[Solved]:
    """Solve batches in other processes, each made when its turn comes, so that few are in memory."""
    ahead: deque[Future[Solved]] = deque()
    with ProcessPoolExecutor(jobs, mp_context=get_context("forkserver")) as pool:
        for task in tasks:
            ahead.append(pool.submit(solve_batch, *task))
            if len(ahead) > jobs:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()


def solve_batch(plant: Plant, warm: Result | None, tolerance: float) -> Solved:
    """Solve all cases of a plant together.

    Where a recycle is so large that its small changes still show in the balances, it is followed further.
    """
    solved = _solve_loops(plant, warm, tolerance)
    result = Result(plant, solved)
    loose = np.flatnonzero((solved.status <= Status.OUT_OF_RANGE) & ~result.converged)
    if not loose.size or tolerance < FINEST:
        return solved
    close = np.flatnonzero(np.isin(np.arange(result.cases), loose, invert=True))
    some = Result(plant.take(loose), solved.take(loose))
    finer = solve_batch(some.plant, some, FINER * tolerance)
    finer = dataclasses.replace(finer, iterations=finer.iterations + some.iterations)
    return gathered([solved.take(close), finer], [close, loose])


def _solve_loops(plant: Plant, warm: Result | None, tolerance: float) -> Solved:
    cases = cases_of(plant)
    streams = {name: feed.stream.repeated(cases) for name, feed in plant.feeds.items()}
    done = Calculated(streams, {}, {})
    status = np.zeros(cases, dtype=np.int8)
    iterations = np.zeros(cases, dtype=np.intp)
    where = [""] * cases
    responses: dict[str, Response] = {}
    for loop in loops(plant):
        ended = _solve_loop(plant, loop, done, warm, tolerance, responses)
        fresh = (ended.status > status) & (ended.status > Status.OUT_OF_RANGE)
        where = [new if first else old for new, old, first in zip(ended.where, where, fresh, strict=True)]
        status, iterations = np.maximum(status, ended.status), iterations + ended.iterations
    return Solved(done.streams, done.outlets, done.knobs, status, iterations, tuple(where), responses)


def _solve_loop(
    plant: Plant, loop: Loop, done: Calculated, warm: Result | None, tolerance: float, responses: dict[str, Response]
) -> Ended:
    cases = next(iter(done.streams.values())).cases
    everyone = np.arange(cases)
    problem = Problem(plant, loop, done.streams, live(plant))
    if warm is not None:
        problem.guesses = _guesses(loop, warm, cases)
    if not loop.tears and not loop.specs:
        found = problem.calculate({}, {}, everyone)
        _keep(done, found)
        status, where = _unit_status(found, loop, cases)
        return Ended(status, np.ones(cases, dtype=np.intp), where)
    cold = empty_frame(problem, plant, cases)
    near = None if warm is None else warm_start(problem, plant, warm, cases)
    frame = cold if near is None else cold.started(near)
    response = None if warm is None else warm.solved.responses.get(loop.units[0])
    answer, response = converge(problem, frame, cold, tolerance, response)
    if response is not None:
        responses[loop.units[0]] = response
    found = _closed(problem.at(answer.x), problem)
    _keep(done, found)
    knobs = problem.knobs(answer.x)
    for name in plant.feeds:
        if f"{name}.flow" in knobs:
            done.streams[name] = done.streams[name].split(knobs[f"{name}.flow"] / done.streams[name].mass)[0]
    done.knobs.update(knobs)
    status, where = _unit_status(found, loop, cases)
    return judge(problem, answer, cold.floor, status, where)


def _guesses(loop: Loop, warm: Result, cases: int) -> dict[str, Array]:
    """Where the inner solvers of an earlier result ended, if it holds the same number of cases (or one)."""
    found = {name: warm.solved.outlets[name].guess for name in loop.units if name in warm.solved.outlets}
    return {
        name: np.array(np.broadcast_to(guess, (*guess.shape[:-1], cases)))
        for name, guess in found.items()
        if guess is not None and guess.shape[-1] in (1, cases)
    }


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
