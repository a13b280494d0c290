"""Streams led together, and water led back."""

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


def return_water(plant: Plant, condensates: Sequence[Wire], *, to: Wire, bleed_fraction: float) -> None:
    """Return condensates to a recycle; a share, set at `surplus_water`, leaves as `clean_water`."""
    steam = merge(plant, "condensates", condensates)
    surplus = plant.add("surplus_water", op.Splitter(bleed_fraction=bleed_fraction), feed=steam)
    plant.connect(surplus.rest, to=to)
    plant.waste("clean_water", surplus.bleed)
