"""The plant as a graph: loops, calculation order, and where recycles are torn."""

import dataclasses

import networkx as nx
import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

from blackmass.flowsheet.plant import Plant, Spec, Wire


@dataclasses.dataclass(frozen=True)
class Loop:
    """Units that are calculated together, in order; `tears` is empty where nothing returns."""

    units: tuple[str, ...]
    tears: tuple[Wire, ...]
    specs: tuple[Spec, ...] = ()


def streams(plant: Plant) -> list[tuple[Wire, str, str]]:
    """Return (wire, consumer, port) of every connection to a unit, recycles followed to their source."""
    return [
        (plant.source_of(wire), unit.name, port)
        for unit in plant.units.values()
        for port, wire in unit.connections.items()
        if isinstance(wire, Wire)
    ]


def loops(plant: Plant) -> list[Loop]:
    """Return the loops of a plant in calculation order (strong components, each with its fewest tears)."""
    graph = nx.MultiDiGraph()
    graph.add_nodes_from(sorted(plant.units))
    for wire, consumer, _ in sorted(streams(plant), key=lambda link: (link[0].name, link[1])):
        if wire.unit in plant.units:
            graph.add_edge(wire.unit, consumer, wire=wire)
    for spec in plant.specs.values():
        for consumer in knob_units(plant, spec):
            graph.add_edge(plant.source_of(Wire(*_parts(spec.measure.wire))).unit, consumer, wire=None)
    condensed = nx.condensation(nx.DiGraph(graph))
    order = nx.lexicographical_topological_sort(condensed, key=lambda node: min(condensed.nodes[node]["members"]))
    return [_loop(plant, graph.subgraph(condensed.nodes[node]["members"])) for node in order]


def knob_units(plant: Plant, spec: Spec) -> list[str]:
    """Return the units that feel the knob of a specification: its own, or the consumers of its feed."""
    owner = spec.vary.partition(".")[0]
    return [owner] if owner in plant.units else [to for wire, to, _ in streams(plant) if wire.unit == owner]


def _parts(name: str) -> tuple[str, str]:
    unit, _, port = name.partition(".")
    return unit, port


def _loop(plant: Plant, graph: nx.MultiDiGraph) -> Loop:
    edges = sorted(
        ((u, v, data["wire"]) for u, v, data in graph.edges(data=True) if data["wire"]), key=lambda edge: edge[2].name
    )
    inside = {name for name in graph.nodes}
    specs = tuple(s for s in plant.specs.values() if inside & set(knob_units(plant, s)))
    if not edges:
        return Loop(tuple(sorted(graph.nodes)), (), specs)
    torn = _fewest_tears(plant, sorted(graph.nodes), edges)
    rest = nx.DiGraph()
    rest.add_nodes_from(sorted(graph.nodes))
    rest.add_edges_from((u, v) for u, v, wire in edges if wire not in torn)
    return Loop(
        tuple(nx.lexicographical_topological_sort(rest)), tuple(sorted(torn, key=lambda wire: wire.name)), specs
    )


def _fewest_tears(plant: Plant, nodes: list[str], edges: list[tuple[str, str, Wire]]) -> set[Wire]:
    """Choose the fewest edges that leave no cycle, exactly, as a small integer programme.

    Each unit gets a position; an edge that is not torn must go forward. Where the number is equal, streams declared as
    recycles are preferred, then the outlets of units in which recycles meet: there the author thinks of a return.
    """
    position = {node: number for number, node in enumerate(nodes)}
    declared = {plant.source_of(Wire(name, "")) for name in plant.recycles}
    meeting = {to for wire, to, _ in streams(plant) if wire in declared}
    count, many = len(nodes), len(edges)
    cost = np.concatenate(
        [np.zeros(count), [1.0 + _reluctance(wire, declared, meeting) / (2 * many) for *_, wire in edges]]
    )
    rows = np.zeros((many, count + many))
    for number, (u, v, _) in enumerate(edges):
        rows[number, position[v]] += 1
        rows[number, position[u]] -= 1
        rows[number, count + number] = count
    low = np.zeros(count + many)
    high = np.concatenate([np.full(count, count - 1.0), np.ones(many)])
    for number, (*_, wire) in enumerate(edges):
        if wire in plant.tears:
            low[count + number] = 1
    whole = np.concatenate([np.zeros(count), np.ones(many)])
    found = milp(cost, constraints=LinearConstraint(rows, lb=1.0), bounds=Bounds(low, high), integrality=whole)
    return {wire for (*_, wire), torn in zip(edges, found.x[count:], strict=True) if torn > 0.5}


def _reluctance(wire: Wire, declared: set[Wire], meeting: set[str]) -> float:
    return 0.0 if wire in declared else 0.5 if wire.unit in meeting else 1.0
