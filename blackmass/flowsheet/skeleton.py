"""Solved cases, spread over all that are asked for, between which the others find their start."""

import dataclasses

import numpy as np
import numpy.typing as npt
from scipy.interpolate import RBFInterpolator
from scipy.spatial import cKDTree

from blackmass.flowsheet.frame import feed_rate
from blackmass.flowsheet.graph import loops
from blackmass.flowsheet.places import Axes
from blackmass.flowsheet.plant import Plant, cases_of
from blackmass.flowsheet.result import Result
from blackmass.flowsheet.start import Start
from blackmass.stream import Stream

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]
TRACE = 1e-9  # of a flow's largest value: added before the logarithm is taken


@dataclasses.dataclass(frozen=True)
class Skeleton:
    """Anchors: solved cases of a plant, what of them others start from, and where they lie.

    Parameters
    ----------
    axes : Axes
    place : array (anchors, axes)
    anchors : Start
        Holding no stream but the torn ones.
    """

    axes: Axes
    place: Array
    anchors: Start

    @classmethod
    def of(cls, result: Result, axes: Axes) -> "Skeleton":
        """Return the converged cases of a result as anchors."""
        good = np.flatnonzero(result.converged)
        start = Start.of(result)
        torn = [wire.name for loop in loops(result.plant) for wire in loop.tears]
        start = dataclasses.replace(start, streams={name: start.streams[name] for name in torn})
        return cls(axes, axes.places(result.plant)[good], start.take(good) if result.cases > 1 else start)

    def start(self, plant: Plant) -> Start:
        """Return a start for each case of a plant: flows between those of the anchors, all else as the nearest has it.

        Flows are interpolated in their logarithm by radial functions (cubes of the distance) over a plane, and kept
        within what the anchors have.
        """
        there, known = self.axes.places(plant), self.anchors
        near = known.take(cKDTree(self.place).query(there)[1] if known.cases > 1 else np.zeros(len(there), np.intp))
        if known.cases <= 2 * self.place.shape[1] + 2:
            return near
        weights = self._weights(there)
        rate = feed_rate(plant, cases_of(plant))
        streams = {
            name: Stream(
                _between(stream.flow / known.rate, weights) * rate,
                stream.temperature @ weights, near.streams[name].sizes,
            )
            for name, stream in known.streams.items()
        }  # fmt: skip
        return dataclasses.replace(near, streams=streams, rate=rate)

    def _weights(self, there: Array) -> Array:
        """Weights (anchors, cases) of the anchors at places (cases, axes)."""
        return np.asarray(RBFInterpolator(self.place, np.eye(len(self.place)), kernel="cubic", degree=1)(there).T)


def _between(flow: Array, weights: Array) -> Array:
    """Interpolate flows (species, anchors)."""
    least = TRACE * np.abs(flow).max(1, keepdims=True)
    signed = (flow < 0).any(1, keepdims=True)
    known = np.where(signed | (least == 0), flow, np.log(np.where(signed, 0.0, flow) + np.where(least > 0, least, 1.0)))
    found = np.clip(known @ weights, known.min(1, keepdims=True), known.max(1, keepdims=True))
    logs = np.exp(np.where(signed | (least == 0), 0.0, found)) - least
    return np.where(signed | (least == 0), found, np.maximum(logs, 0.0))
