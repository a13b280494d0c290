"""Where each element ends: in which product, in which waste, as bars in SVG."""

from collections.abc import Mapping
from xml.sax.saxutils import escape

import numpy as np

from blackmass import species
from blackmass.analysis.palette import of_element
from blackmass.flowsheet.result import Result
from blackmass.report.palette import FAINT, FONTS, INK, PAPER

SHOWN = ("Li", "Ni", "Co", "Mn", "Cu", "Al", "Fe", "P", "F", "C")
LEFT, WIDTH, ROW, BAR, TOP = 34, 760, 26, 18, 8  # px
_LETTER = 5.0  # px that a letter takes
_LEAST = 2e-3  # share that is drawn


def shares(result: Result, case: int = 0) -> dict[str, list[tuple[str, str, float]]]:
    """Return for each element fed the (name, kind, share of what is fed) of every product and waste, largest first."""
    plant = result.plant
    fed = np.sum([result.streams[name].elements[:, case] for name in plant.feeds], axis=0)
    found = {}
    for element in SHOWN:
        row = species.ELEMENTS.index(element)
        if fed[row] <= 0:
            continue
        parts = [
            (end.name, end.kind, float(result.stream(end.wire).elements[row, case] / fed[row]))
            for end in plant.terminals.values()
        ]
        found[element] = sorted(parts, key=lambda part: (part[1] == "waste", -part[2]))
    return found


def distribution(result: Result, case: int, words: Mapping[str, str]) -> str:
    """Return the bars: products in the colour of the element, wastes hatched in grey.

    What a reagent brings of an element carries its bar beyond 100 %.
    """
    found = shares(result, case)
    longest = max([1.0, *(sum(share for *_, share in parts) for parts in found.values())])
    scale = (WIDTH - LEFT - 20) / longest
    bottom = TOP + ROW * len(found)
    parts = [_grid(scale, longest, bottom), *(_bar(n, e, p, scale) for n, (e, p) in enumerate(found.items()))]
    parts.append(_text(LEFT + scale / 2, bottom + 26, words["share"], INK))
    hatch = (
        '<pattern id="waste" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        f'<rect width="5" height="5" fill="#F3F5F7"/><path d="M0 0V5" stroke="{FAINT}"/></pattern>'
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {bottom + 34}" width="{WIDTH}" '
        f'height="{bottom + 34}" font-size="9" font-family="{FONTS}"><defs>{hatch}</defs>' + "".join(parts) + "</svg>"
    )


def _bar(number: int, element: str, parts: list[tuple[str, str, float]], scale: float) -> str:
    y, x = TOP + ROW * number, float(LEFT)
    drawn = [_text(LEFT - 8, y + BAR / 2 + 3.5, element, INK, anchor="end", bold=True)]
    for name, kind, share in parts:
        if share < _LEAST:
            continue
        width, product = scale * share, kind == "product"
        fill = of_element(element) if product else "url(#waste)"
        label = f"{name.replace('_', ' ')}: {100 * share:.1f} %"
        drawn.append(
            f'<g><title>{escape(label)}</title><rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{BAR}" '
            f'fill="{fill}" stroke="{PAPER if product else FAINT}" stroke-width="0.7"/>'
        )
        text = name.replace("_", " ") if width > _LETTER * len(name) + 8 else f"{100 * share:.0f}"
        if width > _LETTER * len(text) + 4:
            drawn.append(_text(x + width / 2, y + BAR / 2 + 3, text, PAPER if product else INK, halo=not product))
        drawn.append("</g>")
        x += width
    return "".join(drawn)


def _grid(scale: float, longest: float, bottom: float) -> str:
    marks = [0.2 * step for step in range(int(longest / 0.2) + 1)]
    return "".join(
        f'<path d="M{LEFT + scale * mark:.1f} {TOP - 4}V{bottom}" stroke="#E4E8EB"/>'
        + _text(LEFT + scale * mark, bottom + 12, f"{100 * mark:.0f}", INK)
        for mark in marks
    )


def _text(
    x: float, y: float, text: str, colour: str, *, anchor: str = "middle", bold: bool = False, halo: bool = False
) -> str:
    weight = ' font-weight="bold"' if bold else ""
    behind = ' stroke="#F3F5F7" stroke-width="3" paint-order="stroke"' if halo else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}"{weight}{behind}>{escape(text)}</text>'
