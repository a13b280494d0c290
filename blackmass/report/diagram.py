"""The process flow diagram of a plant as SVG: units with their symbols, numbered streams, what enters and leaves."""

import dataclasses
import math
import textwrap
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

from blackmass.flowsheet.plant import Plant, Reagent, Unit
from blackmass.report.numbering import Line, numbered
from blackmass.report.palette import FAINT, FONTS, GREEN, INK, PAPER, PHASES, RED
from blackmass.report.routes import Route, lay
from blackmass.report.symbols import HEIGHT, WIDTH, shape

CELL, TEXT, TRACK, SIDE = 124, 10, 7, 12  # px: width of a place, height of a line of text, between tracks, beside them
LETTERS = 24  # that fit in the width of a place
NAME_LINES = 2
ASPECT = 1.45  # columns over rows: the sheet lies
_MARKS = {"product": ("▼", GREEN), "waste": ("▼", RED)}


@dataclasses.dataclass(frozen=True)
class Drawing:
    """A diagram: its SVG and size in px."""

    svg: str
    width: float
    height: float


@dataclasses.dataclass(frozen=True)
class Words:
    """What the legend says, to be given in other languages."""

    feed: str = "feed"
    reagent: str = "reagent"
    product: str = "product"
    waste: str = "waste"
    recycle: str = "recycle"
    solid: str = "solids"
    slurry: str = "slurry"
    aqueous: str = "liquor"
    organic: str = "organic"
    gas: str = "gas"


def diagram(
    plant: Plant, *, carries: Mapping[int, str] | None = None, notes: Mapping[int, str] | None = None,
    words: Words | None = None,
) -> Drawing:  # fmt: skip
    """Draw the process flow diagram of a plant.

    Units stand in the order in which they were added, row by row; streams run on tracks between them and never on each
    other; recycles are dashed.

    Parameters
    ----------
    plant : Plant
    carries : number of a stream to "solid", "slurry", "aqueous", "organic" or "gas", which chooses its colour
    notes : number of a stream to the text shown when the pointer rests on it
    words : of the legend
    """
    sheet = _Sheet(plant, numbered(plant), dict(carries or {}), dict(notes or {}), words or Words())
    return sheet.drawn()


class _Sheet:
    """Places of units, and where everything lies in px."""

    def __init__(
        self, plant: Plant, lines: list[Line], carries: dict[int, str], notes: dict[int, str], words: Words
    ) -> None:
        self.plant, self.lines, self.carries, self.notes, self.words = plant, lines, carries, notes, words
        names = list(plant.units)
        self.columns = max(1, math.ceil(math.sqrt(ASPECT * len(names))))
        self.place = {name: divmod(number, self.columns) for number, name in enumerate(names)}
        self.rows = max(1, math.ceil(len(names) / self.columns))
        self.above = {name: self._above(plant.units[name]) for name in names}
        self.below = {name: [line for line in lines if line.source == name and line.end] for name in names}
        self.routes = self._routes()
        upright, level = lay([route for route, _ in self.routes])
        self.left, x = {}, 8.0 + self._gap(upright.get(-1, 0))
        for column in range(self.columns):
            self.left[column] = x
            x += CELL + self._gap(upright.get(column, 0))
        self.width = x + 8
        self.top, self.centre, y = {}, {}, 34.0
        for row in range(self.rows):
            members = [name for name, (at, _) in self.place.items() if at == row]
            self.top[row] = y
            y += self._gap(level.get(row, 0))
            y += (NAME_LINES + max(len(self.above[n]) for n in members)) * TEXT + 12
            self.centre[row] = y + HEIGHT / 2
            y += HEIGHT + 12 + max(len(self.below[n]) for n in members) * TEXT
        self.top[self.rows] = y
        self.height = y + self._gap(level.get(self.rows, 0)) + 26

    @staticmethod
    def _gap(tracks: int) -> float:
        return 2 * SIDE + TRACK * max(tracks - 1, 0) if tracks else SIDE

    def _above(self, unit: Unit) -> list[tuple[str, str]]:
        """Feeds and reagents of a unit: text and colour."""
        found = [(f"{line.number} {line.wire.unit}", INK) for line in self.lines if self._feeds(line, unit)]
        drawn = dict.fromkeys(s.name for s in unit.connections.values() if isinstance(s, Reagent))
        return found + [(name.replace("_", " "), PHASES["aqueous"]) for name in drawn]

    @staticmethod
    def _feeds(line: Line, unit: Unit) -> bool:
        return line.kind == "feed" and line.target == unit.name

    def _routes(self) -> list[tuple[Route, Line]]:
        inner = [line for line in self.lines if line.source and line.target]
        found = []
        for line in inner:
            mine = sorted((other for other in inner if other.source == line.source), key=self._leaving)
            theirs = sorted((other for other in inner if other.target == line.target), key=self._entering)
            out, into = _spread(mine.index(line), len(mine)), _spread(theirs.index(line), len(theirs))
            found.append((Route(self.place[line.source], self.place[line.target], out, into), line))
        return found

    def _leaving(self, line: Line) -> tuple[int, int]:
        """Rank of an outlet from top to bottom: where its line goes up, straight on, or down."""
        (row, column), (to_row, to_column) = self.place[line.source], self.place[line.target]
        if to_column == column + 1:
            return to_row - row, line.number
        return (9 if to_row > row else -9), line.number

    def _entering(self, line: Line) -> tuple[int, int]:
        """Rank of an inlet from top to bottom: where its line comes from above, straight, or from below."""
        (row, column), (to_row, to_column) = self.place[line.source], self.place[line.target]
        if to_column == column + 1:
            return row - to_row, line.number
        return (9 if to_row < row else -9), line.number

    # --- px -----------------------------------------------------------------------------------------
    def _upright(self, column: int, track: int) -> float:
        edge = self.left[column] + CELL if column >= 0 else 8.0
        return edge + SIDE + TRACK * track

    def _level(self, channel: int, track: int) -> float:
        return self.top[channel] + SIDE + TRACK * track

    def _box(self, name: str) -> tuple[float, float]:
        row, column = self.place[name]
        return self.left[column] + (CELL - WIDTH) / 2, self.centre[row] - HEIGHT / 2

    def _points(self, route: Route, line: Line) -> list[tuple[float, float]]:
        (x0, y0), (x1, y1) = self._box(line.source), self._box(line.target)
        begin = (x0 + WIDTH, y0 + HEIGHT * (0.5 + 0.42 * route.out))
        end = (x1, y1 + HEIGHT * (0.5 + 0.34 * route.into))
        leave, enter = route.start[1], route.end[1] - 1
        first = self._upright(leave, route.first)
        if route.across < 0:
            return [begin, (first, begin[1]), (first, end[1]), end]
        last, across = self._upright(enter, route.last), self._level(route.channel, route.across)
        return [begin, (first, begin[1]), (first, across), (last, across), (last, end[1]), end]

    # --- SVG ----------------------------------------------------------------------------------------
    def drawn(self) -> Drawing:
        parts = [self._legend()]
        parts += [self._route(route, line) for route, line in self.routes]
        parts += [self._unit(name) for name in self.plant.units]
        body = "\n".join(parts)
        arrows = "".join(
            f'<marker id="to-{name}" viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="6.5" markerHeight="6.5" '
            f'orient="auto"><path d="M0 0.8L8 4L0 7.2Z" fill="{colour}"/></marker>'
            for name, colour in {**PHASES, "plain": INK}.items()
        )
        svg = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width:.0f} {self.height:.0f}" '
            f'width="{self.width:.0f}" height="{self.height:.0f}" font-family="{FONTS}" '
            f'font-size="8" fill="{INK}"><defs>{arrows}</defs>\n'
            f'<rect width="100%" height="100%" fill="{PAPER}"/>\n{body}\n</svg>'
        )
        return Drawing(svg, self.width, self.height)

    def _route(self, route: Route, line: Line) -> str:
        points = self._points(route, line)
        phase = self.carries.get(line.number, "plain")
        colour = PHASES.get(phase, INK)
        dashes = ' stroke-dasharray="5 2.5"' if line.kind == "recycle" else ""
        path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
        labels = _number(points[0][0] + 13, points[0][1], line.number, colour)
        if route.across >= 0:
            labels += _number(points[-1][0] - 15, points[-1][1], line.number, colour)
        return (
            f'<g class="stream" data-number="{line.number}"><title>{escape(self._note(line))}</title>'
            f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="1.3" stroke-linejoin="round"{dashes} '
            f'marker-end="url(#to-{phase})"/>{labels}</g>'
        )

    def _note(self, line: Line) -> str:
        return self.notes.get(line.number, f"{line.number}: {line.wire.name}")

    def _unit(self, name: str) -> str:
        unit, (x, y) = self.plant.units[name], self._box(name)
        middle = x + WIDTH / 2
        kind = type(unit.operation).__name__
        above, below = self.above[name], self.below[name]
        parts = [
            f'<g class="unit"><title>{escape(f"{name}: {kind}")}</title>'
            f'<rect x="{x}" y="{y:.1f}" width="{WIDTH}" height="{HEIGHT}" rx="3" fill="#F7F9FB" stroke="{FAINT}"/>'
            f'<path d="{shape(kind)}" transform="translate({x} {y:.1f})" fill="none" stroke="{INK}"/>'
        ]
        base = y - 10 - TEXT * len(above)
        lines = _wrapped(name.replace("_", " "), LETTERS, NAME_LINES)
        for number, text in enumerate(lines):
            parts.append(_text(middle, base - TEXT * (len(lines) - 1 - number), text, INK, bold=True))
        for number, (text, colour) in enumerate(above):
            parts.append(_text(middle, base + TEXT * (number + 1), _cut(text), colour, full=text))
        if above:
            parts.append(f'<path d="M{middle} {y - 8:.1f}V{y - 1:.1f}" stroke="{INK}" marker-end="url(#to-plain)"/>')
        if below:
            parts.append(f'<path d="M{middle} {y + HEIGHT:.1f}v7" stroke="{INK}" marker-end="url(#to-plain)"/>')
        for number, line in enumerate(below):
            mark, colour = _MARKS[line.kind]
            text = f"{mark} {line.number} {line.end.replace('_', ' ')}"
            parts.append(
                _text(middle, y + HEIGHT + 16 + TEXT * number, _cut(text), colour, full=self._note(line),
                      bold=line.kind == "product")
            )  # fmt: skip
        return "".join(parts) + "</g>"

    def _legend(self) -> str:
        words, x, parts = self.words, 10.0, []
        for phase, colour in PHASES.items():
            parts.append(f'<path d="M{x} 14h18" stroke="{colour}" stroke-width="2"/>')
            parts.append(_text(x + 22, 17, getattr(words, phase), INK, anchor="start"))
            x += 34 + 6 * len(getattr(words, phase))
        parts.append(f'<path d="M{x} 14h18" stroke="{INK}" stroke-width="1.3" stroke-dasharray="5 2.5"/>')
        parts.append(_text(x + 22, 17, words.recycle, INK, anchor="start"))
        x += 40 + 6 * len(words.recycle)
        for text, colour in ((words.product, GREEN), (words.waste, RED)):
            parts.append(_text(x, 17, f"▼ {text}", colour, anchor="start", bold=text == words.product))
            x += 28 + 6 * len(text)
        parts.append(_text(x, 17, words.reagent, PHASES["aqueous"], anchor="start"))
        return "".join(parts)


def _spread(number: int, count: int) -> float:
    """Place the n-th of some ends between -1 and 1."""
    return 0.0 if count == 1 else -1.0 + 2.0 * number / (count - 1)


def _text(
    x: float, y: float, text: str, colour: str, *, anchor: str = "middle", bold: bool = False, full: str = ""
) -> str:
    weight = ' font-weight="bold"' if bold else ""
    title = f"<title>{escape(full)}</title>" if full else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}"{weight}>{title}{escape(text)}</text>'


def _number(x: float, y: float, number: int, colour: str) -> str:
    width = 7 + 4.5 * len(str(number))
    return (
        f'<rect x="{x - width / 2:.1f}" y="{y - 5:.1f}" width="{width:.1f}" height="10" rx="5" fill="{PAPER}" '
        f'stroke="{colour}" stroke-width="0.8"/>'
        f'<text x="{x:.1f}" y="{y + 2.6:.1f}" text-anchor="middle" font-size="7" fill="{INK}">{number}</text>'
    )


def _wrapped(text: str, letters: int, lines: int) -> Sequence[str]:
    return textwrap.wrap(text, letters, max_lines=lines, placeholder="…") or [""]


def _cut(text: str) -> str:
    return text if len(text) <= LETTERS + 4 else text[: LETTERS + 3] + "…"
