"""A Sankey diagram of one element over a plant, with what returns drawn as arcs below."""

import dataclasses
from xml.sax.saxutils import escape

from blackmass.analysis.palette import of_element
from blackmass.flowsheet.result import Result
from blackmass.report.element_flows import Flow, Place, element_flows
from blackmass.report.palette import FONTS, GREEN, INK, PAPER, RED

NODE, STEP, GAP, TALL, THIN = (
    10,
    158,
    30,
    300,
    1.2,
)  # px: width of a place, columns, between places, all that flows, least
TOP, SIDE, LANE = 34, 20, 6
LETTERS = 24
_COLOURS = {"product": GREEN, "waste": RED}


@dataclasses.dataclass
class _Node:
    """A place on the sheet, and how much of its two sides is taken."""

    place: Place
    column: int
    height: float
    y: float = 0.0
    out: float = 0.0
    into: float = 0.0


def sankey(result: Result, element: str, case: int = 0) -> str:
    """Return the SVG of one element; thin flows keep a width that can be seen, and every flow its figure on hover."""
    places, flows = element_flows(result, element, case)
    if not flows:
        return ""
    onward = [flow for flow in flows if not flow.back]
    columns = _columns(places, onward)
    entering = sum(flow.amount for flow in onward if columns[flow.source] == 0)
    scale = TALL / max(entering, max(_through(place, flows) for place in places))
    nodes = {
        place.name: _Node(place, columns[place.name], max(THIN, scale * _through(place, flows))) for place in places
    }
    bottom = _settle(nodes, onward)
    width = 2 * SIDE + STEP * (max(columns.values()) + 1)
    colour = of_element(element)
    drawn = [_ribbon(flow, nodes, scale, colour) for flow in sorted(onward, key=lambda flow: nodes[flow.target].y)]
    lane = bottom + GAP
    for flow in sorted((flow for flow in flows if flow.back), key=lambda flow: -columns[flow.source]):
        thick = max(THIN, scale * flow.amount)
        drawn.append(_arc(flow, nodes, thick, lane + thick / 2, colour))
        lane += thick + LANE
    drawn += [_box(node, colour) for node in nodes.values()]
    height = lane + SIDE
    title = f'<text x="{SIDE}" y="16" font-weight="bold" font-size="11">{escape(element)}</text>'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height:.0f}" width="{width}" '
        f'height="{height:.0f}" font-family="{FONTS}" font-size="8" fill="{INK}">'
        f'<rect width="100%" height="100%" fill="{PAPER}"/>{title}{"".join(drawn)}</svg>'
    )


def _through(place: Place, flows: list[Flow]) -> float:
    """What passes a place: the larger of what enters and what leaves."""
    into = sum(flow.amount for flow in flows if flow.target == place.name)
    out = sum(flow.amount for flow in flows if flow.source == place.name)
    return max(into, out)


def _columns(places: list[Place], flows: list[Flow]) -> dict[str, int]:
    """Return the column of each place: one beyond the furthest that leads to it; what leads nowhere new goes back."""
    column = {place.name: 0 for place in places}
    for _ in places:
        changed = False
        for flow in flows:
            if column[flow.target] <= column[flow.source] < len(places):
                column[flow.target] = column[flow.source] + 1
                changed = True
        if not changed:
            break
    for place in places:  # feeds and reagents stand beside what they enter
        follow = [column[flow.target] for flow in flows if flow.source == place.name]
        if place.kind in ("feed", "reagent") and follow:
            column[place.name] = max(0, min(follow) - 1)
    return column


def _settle(nodes: dict[str, _Node], flows: list[Flow]) -> float:
    """Give each place its height on the sheet, near to what leads to it; return where the lowest ends."""
    lowest = 0.0
    for column in range(max(node.column for node in nodes.values()) + 1):
        members = [node for node in nodes.values() if node.column == column]
        members.sort(key=lambda node: (node.place.kind == "waste", _middle(node, nodes, flows)))
        y = float(TOP)
        for node in members:
            node.y = y
            y += node.height + GAP
        lowest = max(lowest, y - GAP)
    return lowest


def _middle(node: _Node, nodes: dict[str, _Node], flows: list[Flow]) -> float:
    before = [(flow.amount, nodes[flow.source]) for flow in flows if flow.target == node.place.name]
    total = sum(amount for amount, _ in before)
    return sum(amount * (n.y + n.height / 2) for amount, n in before) / total if total > 0 else 0.0


def _ribbon(flow: Flow, nodes: dict[str, _Node], scale: float, colour: str) -> str:
    source, target, thick = nodes[flow.source], nodes[flow.target], max(THIN, scale * flow.amount)
    x0, x1 = _x(source) + NODE, _x(target)
    y0, y1 = source.y + source.out + thick / 2, target.y + target.into + thick / 2
    source.out += scale * flow.amount
    target.into += scale * flow.amount
    bend = (x1 - x0) / 2
    path = f"M{x0:.1f} {y0:.1f}C{x0 + bend:.1f} {y0:.1f} {x1 - bend:.1f} {y1:.1f} {x1:.1f} {y1:.1f}"
    return _stroke(path, thick, colour, flow, nodes)


def _arc(flow: Flow, nodes: dict[str, _Node], thick: float, lane: float, colour: str) -> str:
    source, target = nodes[flow.source], nodes[flow.target]
    x0, x1 = _x(source) + NODE, _x(target)
    y0, y1 = source.y + source.out + thick / 2, target.y + target.into + thick / 2
    source.out += thick
    target.into += thick
    r = thick / 2 + 12
    path = (
        f"M{x0:.1f} {y0:.1f}q{r:.1f} 0 {r:.1f} {r:.1f}V{lane - r:.1f}q0 {r:.1f} {-r:.1f} {r:.1f}"
        f"H{x1:.1f}q{-r:.1f} 0 {-r:.1f} {-r:.1f}V{y1 + r:.1f}q0 {-r:.1f} {r:.1f} {-r:.1f}"
    )
    return _stroke(path, thick, colour, flow, nodes, back=True)


def _stroke(path: str, thick: float, colour: str, flow: Flow, nodes: dict[str, _Node], back: bool = False) -> str:
    note = f"{nodes[flow.source].place.label} → {nodes[flow.target].place.label}: {flow.amount:.3g} kg/h"
    return (
        f'<g class="flow"><title>{escape(note)}</title><path d="{path}" fill="none" stroke="{colour}" '
        f'stroke-opacity="{0.22 if back else 0.42}" stroke-width="{thick:.2f}"/></g>'
    )


def _box(node: _Node, colour: str) -> str:
    x, kind = _x(node), node.place.kind
    label = node.place.label if len(node.place.label) <= LETTERS else node.place.label[: LETTERS - 1] + "…"
    weight = ' font-weight="bold"' if kind == "product" else ""
    return (
        f'<g><title>{escape(node.place.label)}</title><rect x="{x}" y="{node.y:.1f}" width="{NODE}" '
        f'height="{node.height:.1f}" fill="{_COLOURS.get(kind, colour)}"/>'
        f'<text x="{x}" y="{node.y - 4:.1f}" fill="{_COLOURS.get(kind, INK)}"{weight} stroke="{PAPER}" '
        f'stroke-width="2.5" stroke-opacity="0.8" paint-order="stroke">{escape(label)}</text></g>'
    )


def _x(node: _Node) -> int:
    return SIDE + STEP * node.column
