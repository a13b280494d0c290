"""Feeds of a plant: cells by chemistry, black mass by assay, or a given composition."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from blackmass.chemistry.assay import assay_stream, read_assay, solve_assay
from blackmass.chemistry.cells import parse_feed
from blackmass.declare import PerCase
from blackmass.errors import InputError
from blackmass.quantities import to_si
from blackmass.stream import Stream


@dataclasses.dataclass(frozen=True)
class Feed:
    """A feed as it was written and the stream that it became."""

    text: str
    stream: Stream

    @property
    def flow(self) -> PerCase:
        """Mass flow [kg/s]."""
        mass = self.stream.mass
        return float(mass[0]) if mass.size == 1 else mass

    def with_flow(self, flow: PerCase) -> "Feed":
        """Return the same composition at another mass flow [kg/s]."""
        if np.any(np.asarray(flow) <= 0) or not np.all(np.isfinite(flow)):
            raise InputError(f"feed flow = {flow}: it must be positive and finite.")
        scale = np.asarray(flow, dtype=float).reshape(-1) / self.stream.mass
        stream = Stream(self.stream.flow * scale, self.stream.temperature.mean(), self.stream.sizes)
        return Feed(self.text, stream)


def read_feed(composition: "str | Mapping[str, float]", flow: str) -> Feed:
    """Read a feed: "NMC622=800 kg/h, LFP=200 kg/h", an assay file, or mass fractions by species with a flow.

    Raises
    ------
    InputError
        Unknown chemistry or species, wrong unit, a flow that is not positive, an impossible assay.
    """
    if isinstance(composition, Mapping):
        rate = _positive(flow)
        total = sum(composition.values())
        masses = {name: share / total * rate for name, share in composition.items()}
        return Feed(flow, Stream.of_mass(masses))
    path, _, rate_text = composition.partition("@")
    if path.strip().endswith((".csv", ".toml")):
        assay = solve_assay(read_assay(Path(path.strip())))
        return Feed(composition, assay_stream(assay, _positive(rate_text or flow or "1 t/h")))
    return Feed(composition, parse_feed(composition))


def _positive(text: str) -> float:
    rate = float(to_si(text.strip(), "kg/h"))
    if not 0 < rate < float("inf"):
        raise InputError(f"feed flow = {text}: it must be positive and finite, for example '1 t/h'.")
    return rate
