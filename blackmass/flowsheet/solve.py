"""Solve a plant to steady state for all its cases: some first, the others between these, in one process or more."""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
import numpy.typing as npt

from blackmass.flowsheet.batch import solve_batch
from blackmass.flowsheet.gather import gathered
from blackmass.flowsheet.places import Axes, groups, spread
from blackmass.flowsheet.plant import Plant, cases_of
from blackmass.flowsheet.result import Result, Solved
from blackmass.flowsheet.skeleton import Skeleton
from blackmass.flowsheet.start import Start

Index = npt.NDArray[np.intp]
Task = tuple[Plant, Start | None, float]
TOLERANCE = 1e-10
BATCH = 1000
"""Cases that are solved together: enough to spread the cost of a call."""
FIRST = 3  # cases that are tried one by one for the first start
ALIKE = 12  # axes along which cases differ that still have much in common
SHARE, FEW, MOST = 20, 50, 400  # one case in so many is solved ahead; first so many, then no more than that
MODELLED = 25  # cases solved ahead for each whose response is measured


def solve(
    plant: Plant, *, warm: Result | Skeleton | None = None, tolerance: float = TOLERANCE, jobs: int = 1
) -> Result:
    """Solve a plant for every case that its parameters and feeds hold.

    Of many cases a few are solved first; the others start between these.

    Parameters
    ----------
    plant : Plant
    warm : Result or Skeleton, optional
        A previous result of the same flowsheet, of one case or of as many, or a skeleton of its cases, to start from.
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
    known = Start.of(warm) if isinstance(warm, Result) else warm
    if not isinstance(known, Skeleton) and (cases == 1 or (known is not None and cases <= BATCH)):
        return Result(plant, solve_batch(plant, known, tolerance))
    if known is None or (isinstance(known, Start) and known.cases != cases):
        known = skeleton(plant, known, tolerance)
    batches = groups(known.axes.places(plant) if isinstance(known, Skeleton) else Axes.of(plant).places(plant), BATCH)
    tasks = ((some := plant.take(numbers), _of(known, some, numbers), tolerance) for numbers in batches)
    several = jobs > 1 and len(batches) > 1
    parts = _by_processes(tasks, min(jobs, len(batches))) if several else (solve_batch(*task) for task in tasks)
    if len(batches) == 1:
        return Result(plant, next(iter(parts)))
    return Result(plant, gathered(parts, batches))


def skeleton(plant: Plant, first: Start | None = None, tolerance: float = TOLERANCE) -> Skeleton | Start | None:
    """Solve a few cases that are spread over all that a plant holds; `first` is one case to begin with.

    One start is returned where cases are few, and none where they have too little in common or none can be solved.
    """
    axes, cases = Axes.of(plant), cases_of(plant)
    if len(axes.rows) > ALIKE:
        return None
    known: Skeleton | Start | None = first if first is not None and first.cases == 1 else _first(plant, tolerance)
    place = axes.places(plant)
    for count in (min(cases // SHARE, FEW), min(cases // SHARE, MOST)):
        if known is None or count < 2 or (isinstance(known, Skeleton) and count <= FEW):
            break
        numbers = spread(place, count)
        some = plant.take(numbers)
        result = Result(
            some, solve_batch(some, _of(known, some, np.arange(numbers.size)), tolerance, models=-(-count // MODELLED))
        )
        known = Skeleton.of(result, axes) if result.converged.any() else known
    return known


def _of(known: Skeleton | Start | None, some: Plant, numbers: Index) -> Start | None:
    """Return the starts of some cases."""
    if isinstance(known, Skeleton):
        return known.start(some)
    return known if known is None else known.take(numbers)


def _first(plant: Plant, tolerance: float) -> Start | None:
    """Solve the first case that can be solved of a few."""
    cases = cases_of(plant)
    for number in np.unique(np.linspace(0, cases - 1, 2 * FIRST + 1)[1::2].round().astype(np.intp)):
        some = plant.take(np.array([number]))
        result = Result(some, solve_batch(some, None, tolerance))
        if result.converged[0]:
            return Start.of(result)
    return None


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
