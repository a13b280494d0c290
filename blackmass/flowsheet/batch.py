"""Solve cases of a plant together: loop by loop, each case with its own status."""

import dataclasses

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from blackmass.flowsheet.converge import converge
from blackmass.flowsheet.frame import empty_frame, live
from blackmass.flowsheet.gather import gathered
from blackmass.flowsheet.graph import Loop, loops
from blackmass.flowsheet.judge import Ended, judge
from blackmass.flowsheet.places import spread
from blackmass.flowsheet.plant import Plant, cases_of
from blackmass.flowsheet.problem import Calculated, Problem
from blackmass.flowsheet.response import Response, measured
from blackmass.flowsheet.result import Result, Solved
from blackmass.flowsheet.start import Start
from blackmass.numerics.accelerate import FixedPoint
from blackmass.status import Status, StatusArray

Array = npt.NDArray[np.float64]
FINER, FINEST = 0.1, 1e-12


def solve_batch(plant: Plant, start: Start | None, tolerance: float, models: int = 0) -> Solved:
    """Solve all cases of a plant together; measure the response of so many of them at their solution.

    Where a recycle is so large that its small changes still show in the balances, it is followed further.
    """
    solved = _solve_loops(plant, start, tolerance, models)
    result = Result(plant, solved)
    loose = np.flatnonzero((solved.status <= Status.OUT_OF_RANGE) & ~result.converged)
    if not loose.size or tolerance < FINEST:
        return solved
    close = np.flatnonzero(np.isin(np.arange(result.cases), loose, invert=True))
    some = Result(plant.take(loose), solved.take(loose))
    finer = solve_batch(some.plant, Start.of(some), FINER * tolerance)
    finer = dataclasses.replace(finer, iterations=finer.iterations + some.iterations)
    together = gathered([solved.take(close), finer], [close, loose])
    return dataclasses.replace(together, responses=solved.responses)


def _solve_loops(plant: Plant, start: Start | None, tolerance: float, models: int) -> Solved:
    cases = cases_of(plant)
    streams = {name: feed.stream.repeated(cases) for name, feed in plant.feeds.items()}
    done = Calculated(streams, {}, {})
    status = np.zeros(cases, dtype=np.int8)
    iterations = np.zeros(cases, dtype=np.intp)
    where = [""] * cases
    responses: dict[str, Response] = {}
    for loop in loops(plant):
        ended = _solve_loop(plant, loop, done, start, tolerance, models, responses)
        fresh = (ended.status > status) & (ended.status > Status.OUT_OF_RANGE)
        where = [new if first else old for new, old, first in zip(ended.where, where, fresh, strict=True)]
        status, iterations = np.maximum(status, ended.status), iterations + ended.iterations
    return Solved(done.streams, done.outlets, done.knobs, status, iterations, tuple(where), responses)


def _solve_loop(
    plant: Plant, loop: Loop, done: Calculated, start: Start | None, tolerance: float, models: int,
    responses: dict[str, Response],
) -> Ended:  # fmt: skip
    cases = next(iter(done.streams.values())).cases
    everyone = np.arange(cases)
    problem = Problem(plant, loop, done.streams, live(plant))
    if start is not None:
        problem.guesses = _guesses(loop, start, cases)
    if not loop.tears and not loop.specs:
        found = problem.calculate({}, {}, everyone)
        _keep(done, found)
        status, where = _unit_status(found, loop, cases)
        return Ended(status, np.ones(cases, dtype=np.intp), where)
    cold = empty_frame(problem, plant, cases)
    near = None if start is None else start.unknowns(problem, plant, cases)
    frame = cold if near is None else cold.started(near)
    response = None if start is None else start.responses.get(loop.units[0])
    answer, response = converge(problem, frame, cold, tolerance, response)
    found = _closed(problem.at(answer.x), problem)
    if models:
        response = _modelled(problem, answer, cold.floor, models)
    if response is not None:
        responses[loop.units[0]] = response
    _keep(done, found)
    knobs = problem.knobs(answer.x)
    for name in plant.feeds:
        if f"{name}.flow" in knobs:
            done.streams[name] = done.streams[name].split(knobs[f"{name}.flow"] / done.streams[name].mass)[0]
    done.knobs.update(knobs)
    status, where = _unit_status(found, loop, cases)
    return judge(problem, answer, cold.floor, status, where)


def _modelled(problem: Problem, answer: FixedPoint, floor: Array, models: int) -> Response | None:
    """Measure the response of some solved cases; of each case, the nearest of them by its torn flows."""
    solved = np.flatnonzero(answer.converged)
    if not solved.size:
        return None
    place = np.arcsinh(answer.x / floor).T
    numbers = solved[spread(place[solved], min(models, solved.size))]
    response = measured(problem, answer.x[:, numbers], numbers, floor[:, numbers])
    return dataclasses.replace(response, kin=cKDTree(place[numbers]).query(place)[1])


def _guesses(loop: Loop, start: Start, cases: int) -> dict[str, Array]:
    """Where the inner solvers of an earlier result ended, if it holds the same number of cases (or one)."""
    return {
        name: np.array(np.broadcast_to(start.guesses[name], (*start.guesses[name].shape[:-1], cases)))
        for name in loop.units
        if name in start.guesses and start.guesses[name].shape[-1] in (1, cases)
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
