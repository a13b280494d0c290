"""The plant as a graph: loops, calculation order, and where recycles are torn."""

import dataclasses
import functools
from collections.abc import Mapping, Set

import networkx as nx
import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

from blackmass.flowsheet.plant import Plant, Spec, Wire

Link = tuple[Wire, str, str]


@dataclasses.dataclass(frozen=True)
class Loop:
    """Units that are calculated together, in order; `tears` is empty where nothing returns."""

    units: tuple[str, ...]
    tears: tuple[Wire, ...]
    specs: tuple[Spec, ...] = ()


def streams(plant: Plant) -> list[Link]:
    """Return (wire, consumer, port) of every connection to a unit, recycles followed to their source."""
    return [
        (plant.source_of(wire), unit.name, port)
        for unit in plant.units.values()
        for port, wire in unit.connections.items()
        if isinstance(wire, Wire)
    ]


def loops(plant: Plant) -> list[Loop]:
    """Return the loops of a plant in calculation order (strong components, each with its fewest tears)."""
    links = streams(plant)
    inside = [(wire, to) for wire, to, _ in sorted(links, key=lambda link: (link[0].name, link[1]))]
    felt = {spec.name: tuple(_knob_units(plant, spec, links)) for spec in plant.specs.values()}
    steering = tuple(
        (plant.source_of(Wire(*_parts(spec.measure.wire))).unit, to)
        for spec in plant.specs.values()
        for to in felt[spec.name]
    )
    declared = frozenset(plant.source_of(Wire(name, "")) for name in plant.recycles)
    order = _ordered(tuple(sorted(plant.units)), tuple(inside), steering, declared, frozenset(plant.tears))
    return [
        Loop(units, tears, tuple(s for s in plant.specs.values() if set(units) & set(felt[s.name])))
        for units, tears in order
    ]


def _knob_units(plant: Plant, spec: Spec, links: list[Link]) -> list[str]:
    """Return the units that feel the knob of a specification: its own, or the consumers of its feed."""
    owner = spec.vary.partition(".")[0]
    return [owner] if owner in plant.units else [to for wire, to, _ in links if wire.unit == owner]


def _parts(name: str) -> tuple[str, str]:
    unit, _, port = name.partition(".")
    return unit, port


@functools.lru_cache(maxsize=64)
def _ordered(
    units: tuple[str, ...],
    links: tuple[tuple[Wire, str], ...],
    steering: tuple[tuple[str, str], ...],
    declared: frozenset[Wire],
    wanted: frozenset[Wire],
) -> list[tuple[tuple[str, ...], tuple[Wire, ...]]]:
    """Return the units and tears of each loop: `links` carry streams, `steering` only an order of calculation."""
    graph = nx.MultiDiGraph()
    graph.add_nodes_from(units)
    graph.add_edges_from((wire.unit, to, {"wire": wire}) for wire, to in links if wire.unit in units)
    graph.add_edges_from((source, to, {"wire": None}) for source, to in steering)
    condensed = nx.condensation(nx.DiGraph(graph))
    order = nx.lexicographical_topological_sort(condensed, key=lambda node: min(condensed.nodes[node]["members"]))
    meeting = {to for wire, to in links if wire in declared}
    return [_loop(graph.subgraph(condensed.nodes[node]["members"]), declared, meeting, wanted) for node in order]


def _loop(
    graph: nx.MultiDiGraph, declared: Set[Wire], meeting: Set[str], wanted: Set[Wire]
) -> tuple[tuple[str, ...], tuple[Wire, ...]]:
    edges = sorted(
        ((u, v, data["wire"]) for u, v, data in graph.edges(data=True) if data["wire"]), key=lambda edge: edge[2].name
    )
    nodes = sorted(graph.nodes)
    if not edges:
        return tuple(nodes), ()
    costs = {wire: 0.0 if wire in declared else 0.5 if wire.unit in meeting else 1.0 for *_, wire in edges}
    torn = _fewest_tears(nodes, edges, costs, wanted)
    rest = nx.DiGraph()
    rest.add_nodes_from(nodes)
    rest.add_edges_from((u, v) for u, v, wire in edges if wire not in torn)
    return tuple(nx.lexicographical_topological_sort(rest)), tuple(sorted(torn, key=lambda wire: wire.name))


def _fewest_tears(
    nodes: list[str], edges: list[tuple[str, str, Wire]], reluctance: Mapping[Wire, float], wanted: Set[Wire]
) -> set[Wire]:
    """Choose the fewest edges that leave no cycle, exactly, as a small integer programme.

    Each unit gets a position; an edge that is not torn must go forward. Where the number is equal, streams declared as
    recycles are preferred, then the outlets of units in which recycles meet: there the author thinks of a return.
    """
    position = {node: number for number, node in enumerate(nodes)}
    count, many = len(nodes), len(edges)
    cost = np.concatenate([np.zeros(count), [1.0 + reluctance[wire] / (2 * many) for *_, wire in edges]])
    rows = np.zeros((many, count + many))
    for number, (u, v, _) in enumerate(edges):
        rows[number, position[v]] += 1
        rows[number, position[u]] -= 1
        rows[number, count + number] = count
    low = np.zeros(count + many)
    high = np.concatenate([np.full(count, count - 1.0), np.ones(many)])
    for number, (*_, wire) in enumerate(edges):
        if wire in wanted:
            low[count + number] = 1
    whole = np.concatenate([np.zeros(count), np.ones(many)])
    found = milp(cost, constraints=LinearConstraint(rows, lb=1.0), bounds=Bounds(low, high), integrality=whole)
    return {wire for (*_, wire), torn in zip(edges, found.x[count:], strict=True) if torn > 0.5}
