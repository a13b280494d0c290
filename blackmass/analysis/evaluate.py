"""A plant as a function of points in the unit cube, for methods that choose their own cases."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from blackmass.analysis.design import Columns, Given
from blackmass.analysis.knobs import Knob
from blackmass.analysis.ranges import AsStated, Range, Spread
from blackmass.analysis.study import Study, chunk_size, new_study
from blackmass.analysis.workers import solve_chunks
from blackmass.flowsheet.plant import Plant

Array = npt.NDArray[np.float64]
Watch = Callable[[int, int, int], None]
"""Called with cases done, cases in all and cases failed."""
Model = Callable[[Array], Mapping[str, Array]]
"""From points (cases, inputs) of the unit cube to outputs (cases,); NaN where a case failed."""
TAILS = 0.01


@dataclasses.dataclass(frozen=True)
class Evaluated:
    """A plant whose inputs follow ranges: call it with points (cases, inputs) of the unit cube."""

    study: Study
    ranges: tuple[Range, ...]
    jobs: int = 1
    scheduler: str | None = None
    watch: Watch = lambda done, cases, failed: None

    @classmethod
    def of(
        cls,
        plant: Plant,
        ranges: Sequence[Range],
        *,
        extra: Mapping[str, str] | None = None,
        jobs: int = 1,
        scheduler: str | None = None,
        watch: Watch = lambda done, cases, failed: None,
    ) -> "Evaluated":
        """Return the plant as a function of its ranges, with outputs of the user as expressions.

        Raises
        ------
        InputError
            The plant is wired wrongly, or an expression names what there is not.
        """
        middle = Given(tuple(ranges), np.full((1, len(ranges)), 0.5))
        return cls(new_study(plant, middle, extra), tuple(ranges), jobs, scheduler, watch)

    @property
    def names(self) -> list[str]:
        """Paths of the inputs."""
        return [one.knob.path for one in self.ranges]

    @property
    def outputs(self) -> list[str]:
        """Names of the outputs."""
        return [*self.study.names, *self.study.extra]

    def columns(self, shares: Array) -> dict[str, npt.NDArray[np.generic]]:
        """Return every column of the cases at points (cases, inputs), inputs in their declared units."""
        design = Given(self.ranges, shares)
        size = chunk_size(design.cases)
        starts = range(0, design.cases, size)
        tasks = ((n, design.columns(start, min(start + size, design.cases))) for n, start in enumerate(starts))
        parts, done, failed = {}, 0, 0
        for number, columns in solve_chunks(self.study, tasks, self.jobs if len(starts) > 1 else 1, self.scheduler):
            parts[number] = columns
            done += len(columns["status"])
            failed += int(np.sum(columns["status"] != "converged"))
            self.watch(done, design.cases, failed)
        return {name: np.concatenate([parts[n][name] for n in range(len(starts))]) for name in self.study.columns}

    def __call__(self, shares: Array) -> Mapping[str, Array]:
        """Return the outputs (cases,); NaN where a case failed."""
        columns = self.columns(shares)
        failed = columns["status"] != "converged"
        return {name: np.where(failed, np.nan, columns[name].astype(float)) for name in self.outputs}


def without_tails(ranges: Sequence[Range], shares: Array) -> Array:
    """Return points with 0 and 1 moved to the 1st and 99th percentile where a distribution has tails."""
    tailed = [
        isinstance(one, AsStated) or (isinstance(one, Spread) and one.kind in ("normal", "lognormal")) for one in ranges
    ]
    return np.where(tailed, TAILS + (1 - 2 * TAILS) * shares, shares)


@dataclasses.dataclass(frozen=True)
class Settings:
    """Cases of given inputs in SI by path, such as the trials of a data file."""

    knobs: tuple[Knob, ...]
    inputs: Columns

    @property
    def cases(self) -> int:
        """Number of cases."""
        return len(next(iter(self.inputs.values())))

    def columns(self, start: int, stop: int) -> Columns:
        """Return the inputs of cases start to stop."""
        return {path: column[start:stop] for path, column in self.inputs.items()}

    def described(self) -> dict[str, object]:
        """Return what defines the cases."""
        return {"design": "settings", "paths": [knob.path for knob in self.knobs]}
