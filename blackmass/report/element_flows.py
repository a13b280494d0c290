"""The flows of one element through a plant, gathered to the places where it divides or meets."""

import dataclasses

from blackmass import species
from blackmass.flowsheet.plant import Reagent
from blackmass.flowsheet.result import Result
from blackmass.report.numbering import numbered

NEARLY_ALL = 0.97  # of what leaves one place and enters the next: both count as one
LEAST = 1e-3  # of what is fed: smaller flows are left out


@dataclasses.dataclass(frozen=True)
class Flow:
    """Kilograms an hour of the element from one place to another; `back` where it returns."""

    source: str
    target: str
    amount: float
    back: bool


@dataclasses.dataclass(frozen=True)
class Place:
    """A unit or several in a row, a feed, a reagent, a product or a waste (`kind`); its label and units."""

    name: str
    kind: str
    label: str


def element_flows(result: Result, element: str, case: int = 0) -> tuple[list[Place], list[Flow]]:
    """Return places in the order of the flowsheet, and the flows between them.

    Units through which nearly all goes on to the next one are gathered; what is less than a thousandth of the feed is
    left out.
    """
    plant, row = result.plant, species.ELEMENTS.index(element)
    weight = 3600 * float(species.ATOMIC_WEIGHT[row, 0])
    kinds = {name: "unit" for name in plant.units}
    found: list[tuple[str, str, float, bool]] = []
    for line in numbered(plant):
        amount = weight * float(result.streams[line.wire.name].elements[row, case])
        source = line.source or f"feed {line.wire.unit}"
        target = line.target or f"{line.kind} {line.end}"
        kinds.setdefault(source, "feed")
        kinds.setdefault(target, line.kind)
        found.append((source, target, amount, line.kind == "recycle"))
    for unit in plant.units.values():
        for port, stream in result.solved.outlets[unit.name].drawn.items():
            origin = unit.connections.get(port)
            if isinstance(origin, Reagent):
                amount = weight * float(stream.repeated(result.cases).elements[row, case])
                kinds.setdefault(f"reagent {origin.name}", "reagent")
                found.append((f"reagent {origin.name}", unit.name, amount, False))
    entering = sum(amount for source, _, amount, _ in found if kinds[source] in ("feed", "reagent"))
    kept = [flow for flow in found if flow[2] > LEAST * entering]
    return _gathered(kept, kinds)


def _gathered(found: list[tuple[str, str, float, bool]], kinds: dict[str, str]) -> tuple[list[Place], list[Flow]]:
    """Join neighbours of which one leads nearly all to the other."""
    group = {name: name for name in kinds}
    members: dict[str, list[str]] = {name: [name] for name in kinds}
    joined = True
    while joined:
        joined = False
        flows = _summed(found, group)
        out, into = _totals(flows)
        for (source, target, back), amount in flows.items():
            alike = kinds[source] == kinds[target] == "unit" and not back
            if alike and amount > NEARLY_ALL * out[source] and amount > NEARLY_ALL * into[target]:
                members[source] += members.pop(target)
                group |= {name: source for name in members[source]}
                joined = True
                break
    flows = _summed(found, group)
    seen = {name for source, target, _ in flows for name in (source, target)}
    places = [Place(name, kinds[name], _label(members[name])) for name in members if name in seen]
    return places, [Flow(source, target, amount, back) for (source, target, back), amount in flows.items()]


def _summed(found: list[tuple[str, str, float, bool]], group: dict[str, str]) -> dict[tuple[str, str, bool], float]:
    flows: dict[tuple[str, str, bool], float] = {}
    for source, target, amount, back in found:
        ends = (group[source], group[target], back)
        if ends[0] != ends[1]:
            flows[ends] = flows.get(ends, 0.0) + amount
    return flows


def _totals(flows: dict[tuple[str, str, bool], float]) -> tuple[dict[str, float], dict[str, float]]:
    out: dict[str, float] = {}
    into: dict[str, float] = {}
    for (source, target, _), amount in flows.items():
        out[source] = out.get(source, 0.0) + amount
        into[target] = into.get(target, 0.0) + amount
    return out, into


def _label(members: list[str]) -> str:
    names = [name.partition(" ")[2] or name for name in members]
    text = names[0] if len(names) == 1 else f"{names[0]} … {names[-1]}"
    return text.replace("_", " ")
