"""Where cases lie by what differs between them, and which of them are spread over all."""

import dataclasses

import numpy as np
import numpy.typing as npt

from blackmass.flowsheet.plant import Plant, cases_of

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]
DIFFERENT = 1e-12  # spread, relative to the largest, of what differs at all


@dataclasses.dataclass(frozen=True)
class Axes:
    """What differs between the cases of a plant: parameters, and shares of species in the feeds.

    Parameters
    ----------
    paths : tuple of str
        Parameters that hold one value per case.
    rows : array (axes,)
        Which of the shares of species and of these parameters differ.
    low, spread : array (axes, 1)
    """

    paths: tuple[str, ...]
    rows: Index
    low: Array
    spread: Array

    @classmethod
    def of(cls, plant: Plant) -> "Axes":
        """Return what differs between the cases of a plant."""
        paths = tuple(
            f"{unit.name}.{name}"
            for unit in plant.units.values()
            for name in unit.operation.params
            if np.ndim(getattr(unit.operation, name))
        )
        values = _values(plant, paths)
        low, high = values.min(1), values.max(1)
        rows = np.flatnonzero(high - low > DIFFERENT * np.abs(values).max(1))
        return cls(paths, rows, low[rows, None], (high - low)[rows, None])

    def places(self, plant: Plant) -> Array:
        """Return where the cases of a plant lie (cases, axes), within 0 to 1 where these axes were found."""
        return np.asarray(((_values(plant, self.paths)[self.rows] - self.low) / self.spread).T)


def _values(plant: Plant, paths: tuple[str, ...]) -> Array:
    """Shares of species in the feeds, then parameters (values, cases)."""
    cases = cases_of(plant)
    flows = [feed.stream.repeated(cases).flow for feed in plant.feeds.values()]
    params = [np.broadcast_to(np.asarray(plant.value(path), dtype=float), (1, cases)) for path in paths]
    return np.concatenate([*(flow / flow.sum(0) for flow in flows), *params])


def groups(place: Array, most: int) -> list[Index]:
    """Return the numbers of the cases at `place` (cases, axes) in groups of at most `most` that lie close together."""
    parts, done = [np.arange(len(place))], list[Index]()
    while parts:
        part = parts.pop()
        if part.size <= most or not place.shape[1]:
            done += np.array_split(part, -(-part.size // most))
            continue
        there = place[part]
        order = part[np.argsort(there[:, np.argmax(np.ptp(there, axis=0))], kind="stable")]
        half = -(-part.size // (2 * most)) * most  # whole groups, but for the last
        parts += [order[half:], order[:half]]
    return done


def spread(place: Array, count: int) -> Index:
    """Return the numbers of about `count` cases that are spread over all: of each of so many groups the middle one."""
    found = []
    for part in groups(place, -(-len(place) // count)):
        there = place[part]
        found.append(part[np.argmin(((there - there.mean(0)) ** 2).sum(1))])
    return np.array(found, dtype=np.intp)
