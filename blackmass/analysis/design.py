"""Which cases a study holds: a full grid of axes, or a sampled design. Any part of it can be had without the rest."""

import dataclasses
import functools
import importlib
import math
import warnings
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from blackmass.analysis.knobs import Knob, as_column, check_apart, find_knob
from blackmass.analysis.ranges import Range, Values, read_range, read_values
from blackmass.data.constants import matching
from blackmass.errors import InputError
from blackmass.flowsheet.plant import Plant

Array = npt.NDArray[np.float64]
Columns = dict[str, npt.NDArray[Any]]
METHODS = ("sobol", "lhs", "random")
MOST_SAMPLES = 2**30
BLOCK = 2**16


class Design(Protocol):
    """The cases of a study, numbered from 0."""

    @property
    def cases(self) -> int:
        """Number of cases."""
        ...

    @property
    def knobs(self) -> tuple[Knob, ...]:
        """What is varied."""
        ...

    def columns(self, start: int, stop: int) -> Columns:
        """Return the inputs of cases start to stop, by path, in SI."""
        ...

    def described(self) -> dict[str, Any]:
        """Return what defines the design, JSON-ready."""
        ...


@dataclasses.dataclass(frozen=True)
class Grid:
    """Every combination of the values of some axes; the last axis changes fastest.

    Axes of which a batch holds one value (whole numbers, choices, feeds) come first.
    """

    axes: tuple[Values, ...]

    @classmethod
    def of(cls, axes: Sequence[Values]) -> "Grid":
        """Return a grid with its axes in the order in which they are solved best."""
        check_apart([axis.knob for axis in axes])
        return cls(tuple(sorted(axes, key=lambda axis: not axis.knob.grouped)))

    @property
    def knobs(self) -> tuple[Knob, ...]:
        """What is varied."""
        return tuple(axis.knob for axis in self.axes)

    @property
    def cases(self) -> int:
        """Number of cases."""
        return math.prod(len(axis.values) for axis in self.axes)

    def columns(self, start: int, stop: int) -> Columns:
        """Return the inputs of cases start to stop."""
        shape = tuple(len(axis.values) for axis in self.axes)
        places = np.unravel_index(np.arange(start, stop), shape)
        return {
            axis.knob.path: as_column(axis.knob, axis.values)[place]
            for axis, place in zip(self.axes, places, strict=True)
        }

    def described(self) -> dict[str, Any]:
        """Return what defines the grid."""
        return {"design": "grid", "axes": {axis.knob.path: axis.text for axis in self.axes}}


@dataclasses.dataclass(frozen=True)
class Sample:
    """A number of cases drawn from ranges: scrambled Sobol points, a Latin hypercube, or plain random numbers.

    A Latin hypercube is stratified in blocks of 65,536 cases, so that no more than one block is in memory.
    """

    ranges: tuple[Range, ...]
    count: int
    method: str = "sobol"
    seed: int = 0

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise InputError(f"--method {self.method}: choose one of {', '.join(METHODS)}.")
        if not 1 <= self.count <= MOST_SAMPLES:
            raise InputError(f"--sample {self.count}: from 1 to {MOST_SAMPLES}.")
        if self.seed < 0:
            raise InputError(f"--seed {self.seed}: a whole number from 0.")
        check_apart([one.knob for one in self.ranges])

    @property
    def knobs(self) -> tuple[Knob, ...]:
        """What is varied."""
        return tuple(one.knob for one in self.ranges)

    @property
    def cases(self) -> int:
        """Number of cases."""
        return self.count

    def columns(self, start: int, stop: int) -> Columns:
        """Return the inputs of cases start to stop."""
        return columns_at(self.ranges, self._shares(start, stop))

    def described(self) -> dict[str, Any]:
        """Return what defines the sample."""
        ranges = {one.knob.path: one.text for one in self.ranges}
        return {"design": self.method, "ranges": ranges, "sample": self.count, "seed": self.seed}

    def _shares(self, start: int, stop: int) -> Array:
        """Points (stop - start, inputs) in the unit cube."""
        parts = []
        for block in range(start // BLOCK, -(-stop // BLOCK)):
            first, last = block * BLOCK, min((block + 1) * BLOCK, self.count)
            points = _points(self.method, len(self.ranges), self.seed, block, last - first)
            parts.append(points[max(start - first, 0) : stop - first])
        return np.concatenate(parts)


@functools.lru_cache(maxsize=2)
def _points(method: str, width: int, seed: int, block: int, count: int) -> Array:
    """Points (count, width) of one block of a sample."""
    if method == "random":
        return np.random.default_rng([seed, block]).random((count, width))
    qmc = importlib.import_module("scipy.stats.qmc")  # takes a second, which other studies need not spend
    if method == "lhs":
        return np.asarray(qmc.LatinHypercube(width, seed=np.random.default_rng([seed, block])).random(count))
    points = qmc.Sobol(width, seed=seed)
    if block:
        points.fast_forward(block * BLOCK)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # on the balance of a number that is no power of two
        return np.asarray(points.random(count))


@dataclasses.dataclass(frozen=True, eq=False)
class Given:
    """Cases at given points (cases, inputs) of the unit cube, as a sensitivity method or an optimiser chooses them."""

    ranges: tuple[Range, ...]
    shares: Array

    @property
    def knobs(self) -> tuple[Knob, ...]:
        """What is varied."""
        return tuple(one.knob for one in self.ranges)

    @property
    def cases(self) -> int:
        """Number of cases."""
        return len(self.shares)

    def columns(self, start: int, stop: int) -> Columns:
        """Return the inputs of cases start to stop."""
        return columns_at(self.ranges, self.shares[start:stop])

    def described(self) -> dict[str, Any]:
        """Return what defines the cases."""
        return {"design": "given", "ranges": {one.knob.path: one.text for one in self.ranges}}


def columns_at(ranges: Sequence[Range], shares: Array) -> Columns:
    """Return the inputs at points (cases, inputs) of the unit cube."""
    return {one.knob.path: one.at(shares[:, row]) for row, one in enumerate(ranges)}


def read_axes(plant: Plant, texts: Mapping[str, str]) -> Grid:
    """Read the axes of a grid from text by path."""
    if not texts:
        raise InputError("nothing is varied: give --vary UNIT.PARAM=LOW:HIGH:N, or a study file.")
    return Grid.of([read_values(plant, find_knob(plant, path), text) for path, text in texts.items()])


def read_ranges(plant: Plant, texts: Mapping[str, str]) -> tuple[Range, ...]:
    """Read the ranges of a sample from text by path."""
    if not texts:
        raise InputError("nothing is varied: give --vary UNIT.PARAM=LOW:HIGH, or a study file.")
    ranges = tuple(
        read_range(plant, find_knob(plant, path), text)
        for pattern, text in texts.items()
        for path in (matching(pattern) if "*" in pattern else [pattern])
    )
    check_apart([one.knob for one in ranges])
    return ranges
