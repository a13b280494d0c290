"""Random cases over the full bounds of feeds and parameters: how many converge, and why the rest do not."""

import dataclasses
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from blackmass.chemistry.cells import chemistries, feed_stream
from blackmass.declare import Param
from blackmass.flowsheet.feeds import Feed
from blackmass.flowsheet.plant import Plant
from blackmass.flowsheet.result import Result
from blackmass.flowsheet.solve import solve
from blackmass.status import Status

Array = npt.NDArray[np.float64]
GROUP = 50
FLOW = (0.02, 3.0)  # kg/s: 72 kg/h, a pilot plant, to 11 t/h, a large one


@dataclasses.dataclass(frozen=True)
class Stress:
    """Outcome of a stress run."""

    cases: int
    converged: int
    max_relative_error: float
    reasons: dict[str, int]

    @property
    def converged_fraction(self) -> float:
        """Share of the cases that converged."""
        return self.converged / self.cases


def stress(plant: Plant, cases: int, seed: int, progress: Callable[[int], None] = lambda done: None) -> Stress:
    """Solve `cases` random cases of a plant in groups that share their whole-number parameters.

    Parameters
    ----------
    plant : Plant
    cases : int
    seed : int
        Of the random draws; 0 is a seed.
    progress : callable
        Called with the number of cases done.
    """
    random = np.random.default_rng(seed)
    converged, worst, reasons, done = 0, 0.0, Counter[str](), 0
    while done < cases:
        count = min(GROUP, cases - done)
        result = solve(draw(plant, count, random))
        good = result.converged
        converged += int(good.sum())
        worst = max(worst, float(result.balance_error[good].max(initial=0.0)))
        reasons.update(_reason(result, int(number)) for number in np.flatnonzero(~good))
        done += count
        progress(done)
    return Stress(cases, converged, worst, dict(reasons.most_common()))


def draw(plant: Plant, cases: int, random: np.random.Generator) -> Plant:
    """Return the plant with every parameter drawn within its bounds and a random mixture of cells as feed."""
    settings: dict[str, Any] = {}
    varied = {spec.vary for spec in plant.specs.values()}
    for unit in plant.units.values():
        for name, declared in unit.operation.params.items():
            value = _draw(declared, cases, random)
            if value is not None and f"{unit.name}.{name}" not in varied:
                settings[f"{unit.name}.{name}"] = value
    return plant.changed(settings, feed=_feed(plant, cases, random))


def _draw(declared: Param, cases: int, random: np.random.Generator) -> Any:
    if isinstance(declared.default, (str, bool)) or declared.low is None or declared.high is None:
        return None
    if isinstance(declared.default, int):
        return int(random.integers(int(declared.low), int(declared.high) + 1))
    low, high = declared.low, declared.high
    if low > 0 and high / low > 10:
        return low * (high / low) ** random.random(cases)
    return low + (high - low) * random.random(cases)


def _feed(plant: Plant, cases: int, random: np.random.Generator) -> Feed:
    shipped = plant.feeds[plant.main_feed].text
    family = [name for name in chemistries() if ("LFP" in shipped) == (name == "LFP")]
    shares = random.dirichlet(np.full(len(family), 0.3), size=cases).T
    flow = FLOW[0] * (FLOW[1] / FLOW[0]) ** random.random(cases)
    return Feed("random mixture", feed_stream({name: share * flow for name, share in zip(family, shares, strict=True)}))


def _reason(result: Result, number: int) -> str:
    status = Status(int(result.status[number]))
    place = result.solved.where[number].partition(",")[0]
    return f"{status.name.lower()} at {place}" if place else status.name.lower()
