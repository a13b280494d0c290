"""Streams of a plant under numbers, as on a process flow diagram."""

import dataclasses

from blackmass.flowsheet.plant import Plant, Wire


@dataclasses.dataclass(frozen=True)
class Line:
    """One numbered stream.

    `source` is the unit that it leaves, empty for a feed; `target` the unit that it enters, empty for a product or
    waste, which `end` names; `kind` is "feed", "stream", "recycle", "product" or "waste".
    """

    number: int
    wire: Wire
    source: str
    target: str
    port: str
    end: str
    kind: str


def numbered(plant: Plant) -> list[Line]:
    """Return the streams of a plant: feeds first, then outlets in the order in which the units were added."""
    taken = {
        plant.source_of(wire): (unit.name, port)
        for unit in plant.units.values()
        for port, wire in unit.connections.items()
        if isinstance(wire, Wire)
    }
    ends = {plant.source_of(terminal.wire): terminal for terminal in plant.terminals.values()}
    returned = {plant.source_of(Wire(name, "")) for name in plant.recycles}
    wires = [Wire(name, "") for name in plant.feeds]
    wires += [Wire(unit.name, port) for unit in plant.units.values() for port in unit.operation.outlets]
    lines = []
    for number, wire in enumerate(wires, 1):
        target, port = taken.get(wire, ("", ""))
        end = "" if target else ends[wire].name
        kind = ends[wire].kind if end else "recycle" if wire in returned else "stream" if wire.port else "feed"
        lines.append(Line(number, wire, wire.unit if wire.port else "", target, port, end, kind))
    return lines
