"""From which solved case each case of a batch starts."""

import dataclasses
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from blackmass.flowsheet.plant import Plant, cases_of
from blackmass.flowsheet.result import Result, Solved

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]
FIRST = 3  # cases that are tried one by one for the first start
ALIKE = 12  # parameters that differ between cases that still have much in common
SHARE, MOST = 20, 200  # one case in so many is solved ahead, but no more than that


@dataclasses.dataclass(frozen=True)
class Starts:
    """Solved cases, which of them is nearest to each case by the parameters that differ, and where the cases lie."""

    solved: Result | None
    nearest: Index
    place: Array

    @classmethod
    def found(cls, plant: Plant, warm: Result | None, solver: Callable[[Plant, Result | None], Solved]) -> "Starts":
        """Solve one case, then a few spread over all, each from the one before."""
        cases = cases_of(plant)
        if warm is not None and warm.cases == cases:
            return cls(warm, np.arange(cases), _places(plant, cases))
        if len(_varied(plant)) > ALIKE:
            return cls(None, np.zeros(cases, dtype=np.intp), np.zeros((cases, 1)))
        one = warm if warm is not None and warm.cases == 1 else _first(plant, solver)
        count = min(cases // SHARE, MOST)
        place = _places(plant, cases)
        if one is None or count < 2:
            return cls(one, np.zeros(cases, dtype=np.intp), place)
        numbers = np.unique(np.linspace(0, cases - 1, count).round().astype(np.intp))
        some = plant.take(numbers)
        sample = Result(some, solver(some, one))
        good = np.flatnonzero(sample.converged)
        if not good.size:
            return cls(one, np.zeros(cases, dtype=np.intp), place)
        return cls(_of(sample, good), cKDTree(place[numbers[good]]).query(place)[1], place)

    def batches(self, most: int) -> list[Index]:
        """Return the numbers of the cases in batches of at most `most` that lie close together."""
        parts, done = [np.arange(len(self.place))], list[Index]()
        while parts:
            part = parts.pop()
            if part.size <= most:
                done.append(part)
                continue
            there = self.place[part]
            order = part[np.argsort(there[:, np.argmax(np.ptp(there, axis=0))], kind="stable")]
            half = -(-part.size // (2 * most)) * most  # whole batches, but for the last
            parts += [order[half:], order[:half]]
        return done

    def near(self, numbers: Index) -> Result | None:
        """Return the starts of some cases."""
        if self.solved is None or self.solved.cases == 1:
            return self.solved
        return _of(self.solved, self.nearest[numbers])


def _of(result: Result, numbers: Index) -> Result:
    return Result(result.plant.take(numbers), result.solved.take(numbers))


def _first(plant: Plant, solver: Callable[[Plant, Result | None], Solved]) -> Result | None:
    cases = cases_of(plant)
    for number in np.unique(np.linspace(0, cases - 1, 2 * FIRST + 1)[1::2].round().astype(np.intp)):
        some = plant.take(np.array([number]))
        result = Result(some, solver(some, None))
        if result.converged[0]:
            return result
    return None


def _varied(plant: Plant) -> list[Array]:
    """Parameters that hold one value per case."""
    operations = [unit.operation for unit in plant.units.values()]
    values = [getattr(operation, name) for operation in operations for name in operation.params]
    return [value for value in values if isinstance(value, np.ndarray) and value.ndim]


def _places(plant: Plant, cases: int) -> Array:
    """Where each case lies among all (cases, dimensions): what differs between cases, each by its spread."""
    columns = [feed.stream.repeated(cases).flow for feed in plant.feeds.values()]
    columns = [flow / flow.sum(0) for flow in columns]
    places = np.concatenate([*columns, *(value[None] for value in _varied(plant))])
    spread = places.max(1) - places.min(1)
    differs = spread > 1e-12 * np.abs(places).max(1)
    if not differs.any():
        return np.zeros((cases, 1))
    return np.asarray((places[differs] / spread[differs, None]).T)
