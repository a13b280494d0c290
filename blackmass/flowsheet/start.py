"""Where the loops of a plant start from: streams, knobs and ends of inner solvers of cases that are solved already."""

import dataclasses
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from blackmass.flowsheet.frame import feed_rate, knobs_of
from blackmass.flowsheet.plant import Plant
from blackmass.flowsheet.problem import Problem
from blackmass.flowsheet.response import Response
from blackmass.flowsheet.result import Result
from blackmass.stream import Stream

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]


@dataclasses.dataclass(frozen=True)
class Start:
    """A start for every case, or one that serves for all.

    Parameters
    ----------
    streams : mapping of name to Stream
        At least those that are torn.
    knobs : mapping of path to array (cases,)
        In SI.
    guesses : mapping of unit to array (..., cases)
        Where inner solvers ended.
    rate : array (cases,) [mol/s]
        Flow of the feeds: the flows of one start that serves for all go with it.
    responses : mapping of the first unit of a loop to Response
    """

    streams: Mapping[str, Stream]
    knobs: Mapping[str, Array]
    guesses: Mapping[str, Array]
    rate: Array
    responses: Mapping[str, Response]

    @property
    def cases(self) -> int:
        """Number of cases."""
        return self.rate.size

    @classmethod
    def of(cls, result: Result) -> "Start":
        """Return a result as a start."""
        solved = result.solved
        guesses = {name: made.guess for name, made in solved.outlets.items() if made.guess is not None}
        return cls(solved.streams, solved.knobs, guesses, feed_rate(result.plant, result.cases), solved.responses)

    def take(self, numbers: Index) -> "Start":
        """Return the starts of some cases."""
        if self.cases == 1:
            return self
        return Start(
            {name: stream.take(numbers) for name, stream in self.streams.items()},
            {path: np.broadcast_to(value, self.rate.shape)[numbers] for path, value in self.knobs.items()},
            {name: guess[..., numbers] for name, guess in self.guesses.items()},
            self.rate[numbers],
            {name: response.take(numbers) for name, response in self.responses.items()},
        )

    def unknowns(self, problem: Problem, plant: Plant, cases: int) -> Array | None:
        """Return the unknowns (unknowns, cases) of a loop, or None where a stream is not known."""
        if not all(wire.name in self.streams for wire in problem.loop.tears) or self.cases not in (1, cases):
            return None
        size = feed_rate(plant, cases) / self.rate
        tears = {}
        for wire in problem.loop.tears:
            stream = self.streams[wire.name].repeated(cases)
            tears[wire.name] = Stream(stream.flow * size, stream.temperature, stream.sizes)
        problem.prepare_sizes(tears, cases)
        return problem.pack(tears, knobs_of(problem, plant, self.knobs, cases))
