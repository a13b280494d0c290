"""Where a loop starts from, how its unknowns are measured, and what bounds them on the way."""

import dataclasses
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from blackmass import species
from blackmass.flowsheet.plant import Plant
from blackmass.flowsheet.problem import TEMPERATURE_SCALE, Problem, scaled
from blackmass.stream import Stream

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]
FLOOR = 1e-6  # of what the feeds could supply of a species: a torn flow below counts as that much
MINOR = 1e-2  # of that supply: smaller flows follow the others and do not lead them
REAGENT = 1e-3  # of all that is fed: supply of a species whose elements come with reagents only
KNOB_FLOOR = 1e-2  # of a knob, between 0 and 1
LARGEST = 1e5  # times the largest supply: a recycle that would grow beyond accumulates
COLDEST, HOTTEST = 250.0, 700.0  # K, of torn streams on the way


@dataclasses.dataclass(frozen=True)
class Frame:
    """Start, floor of the relative change, weight and limits of the unknowns of a loop, each (unknowns, cases).

    Below its weight an unknown has less say in how the others go on.

    `rate` (cases,) [mol/s] is the flow of the feeds: torn flows of similar cases go with it.
    """

    start: Array
    floor: Array
    weight: Array
    low: Array
    high: Array
    rate: Array

    def of(self, numbers: Index) -> "Frame":
        """Return the frame of some cases."""
        return Frame(*(getattr(self, field.name)[..., numbers] for field in dataclasses.fields(self)))

    def started(self, x: Array) -> "Frame":
        """Return the frame with another start."""
        return dataclasses.replace(self, start=np.clip(x, self.low, self.high))


def live(plant: Plant) -> npt.NDArray[np.bool_]:
    """Species whose elements all enter the plant with some feed or reagent."""
    entering = sum(np.abs(feed.stream.flow).sum(1) for feed in plant.feeds.values())
    entering = entering + sum((np.abs(r.composition.flow).sum(1) for r in plant.reagents.values()), 0.0)
    present = species.ELEMENT_MATRIX @ entering > 0
    return np.asarray(~(species.ELEMENT_MATRIX[~present] > 0).any(0))


def empty_frame(problem: Problem, plant: Plant, cases: int) -> Frame:
    """Return the frame of a loop with nothing in its torn streams and the knobs as the plant has them."""
    supply = _supply(problem, plant, cases)
    low, high = _limits(problem, supply)
    tears = {wire.name: Stream.empty(cases) for wire in problem.loop.tears}
    start = problem.pack(tears, knobs_of(problem, plant, {}, cases))
    floor = _all_rows(problem, FLOOR * supply, TEMPERATURE_SCALE, KNOB_FLOOR)
    weight = _all_rows(problem, MINOR * supply, TEMPERATURE_SCALE, 1.0)
    return Frame(start, floor, weight, low, high, feed_rate(plant, cases))


def feed_rate(plant: Plant, cases: int) -> Array:
    """Return the flow (cases,) [mol/s] of all feeds."""
    return np.asarray(sum((feed.stream.repeated(cases).flow.sum(0) for feed in plant.feeds.values()), np.zeros(cases)))


def knobs_of(problem: Problem, plant: Plant, known: Mapping[str, Array], cases: int) -> Array:
    """Return the knobs (specs, cases), 0 to 1, as they are known, or as the plant has them."""
    values = [known[spec.vary] if spec.vary in known else plant.value(spec.vary) for spec in problem.loop.specs]
    rows = [
        np.broadcast_to(np.clip(scaled(spec, value), 0.01, 0.99), (cases,))
        for spec, value in zip(problem.loop.specs, values, strict=True)
    ]
    return np.array(rows).reshape(len(rows), cases)


def _supply(problem: Problem, plant: Plant, cases: int) -> Array:
    """What the feeds could at most supply of each species (live species, cases) [mol/s]."""
    elements = sum(feed.stream.repeated(cases).elements for feed in plant.feeds.values())
    counts = species.ELEMENT_MATRIX[:, problem.rows]
    entering = np.where(elements > 0, elements, np.inf)
    supply = np.full((problem.rows.size, cases), np.inf)
    for row in range(counts.shape[0]):
        needed = counts[row][:, None]
        limit = np.where(needed > 0, entering[row] / np.where(needed > 0, needed, 1.0), np.inf)
        supply = np.minimum(supply, limit)
    total = sum(feed.stream.repeated(cases).flow.sum(0) for feed in plant.feeds.values())
    return np.where(np.isfinite(supply), supply, REAGENT * total)


def _all_rows(problem: Problem, flows: Array, temperature: float, knob: float) -> Array:
    """Return (unknowns, cases) from a value for the flows of a torn stream, its temperature, and a knob."""
    cases = flows.shape[1]
    part = np.concatenate([flows, np.full((1, cases), temperature)])
    return np.concatenate([*([part] * len(problem.loop.tears)), np.full((len(problem.loop.specs), cases), knob)])


def _limits(problem: Problem, supply: Array) -> tuple[Array, Array]:
    """Limits of the iterates: flows not negative, except protons of an alkaline liquor, and not beyond all reason."""
    many, knobs, cases = len(problem.loop.tears), len(problem.loop.specs), supply.shape[1]
    largest = LARGEST * supply.max(0, initial=0.0)
    signed = (problem.rows == species.index("H+"))[:, None]
    top = np.broadcast_to(largest, (problem.rows.size, cases))
    part = np.concatenate([np.where(signed, -top, 0.0), np.full((1, cases), COLDEST)])
    upper = np.concatenate([top, np.full((1, cases), HOTTEST)])
    low = np.concatenate([*([part] * many), np.zeros((knobs, cases))])
    high = np.concatenate([*([upper] * many), np.ones((knobs, cases))])
    return low, high
