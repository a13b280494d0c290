"""Streams led together."""

from collections.abc import Sequence

from blackmass import operations as op
from blackmass.flowsheet.plant import Plant, Wire

PORTS = ("first", "second", "third", "fourth")


def merge(plant: Plant, name: str, wires: Sequence[Wire]) -> Wire:
    """Add a mixer for one to four streams and return its outlet; more than four are led together in turn."""
    first, rest = list(wires[: len(PORTS)]), list(wires[len(PORTS) :])
    if rest:
        first[-1] = merge(plant, f"{name}_rest", [first[-1], *rest])
    return plant.add(name, op.Mixer(), **dict(zip(PORTS, first, strict=False))).mixed
