"""What a report says, before it is laid out as a page, a print or a workbook."""

import dataclasses
import datetime
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from blackmass.analysis.bibliography import bibliography
from blackmass.analysis.fingerprint import fingerprint
from blackmass.flowsheet.result import Result
from blackmass.flowsheet.summary import summary
from blackmass.quantities import show
from blackmass.report.diagram import Drawing, Words, diagram
from blackmass.report.distribution import SHOWN, distribution
from blackmass.report.sankey import sankey
from blackmass.report.stream_table import Row, carried, note, stream_table
from blackmass.report.terms import terms


@dataclasses.dataclass(frozen=True)
class Assumption:
    """One parameter of a unit as it was set, with its range, meaning and source."""

    unit: str
    operation: str
    name: str
    value: str
    range: str
    doc: str
    source: str


@dataclasses.dataclass(frozen=True)
class Content:
    """A report of one case: words of its language, title block, figures and tables."""

    words: Mapping[str, str]
    language: str
    name: str
    title: str
    feed: str
    stamp: Mapping[str, str]
    summary: dict[str, Any]
    diagram: Drawing
    distribution: str
    sankeys: Mapping[str, str]
    streams: list[Row]
    assumptions: list[Assumption]


def content(result: Result, *, case: int = 0, language: str = "en", date: datetime.date | None = None) -> Content:
    """Gather what a report of one case says.

    Raises
    ------
    InputError
        There is no such language.
    """
    words, plant = terms(language), result.plant
    rows = stream_table(result, case)
    found = summary(result, case)
    drawing = diagram(
        plant,
        carries=carried(rows),
        notes={row.line.number: note(row) for row in rows},
        words=Words(**{field.name: words[field.name] for field in dataclasses.fields(Words)}),
    )
    stamp = {
        "flowsheet": f"{plant.name} {fingerprint(plant)}",
        "version": version("blackmass"),
        "date": (date or datetime.date.today()).isoformat(),
    }
    feed = "; ".join(feed.text for feed in plant.feeds.values())
    flows = {element: sankey(result, element, case) for element in SHOWN if element in found["feed"]["elements"]}
    return Content(
        words, language, plant.name, plant.title, feed, stamp, found, drawing, distribution(result, case, words),
        flows, rows, _assumptions(result, case),
    )  # fmt: skip


def _assumptions(result: Result, case: int) -> list[Assumption]:
    references = {entry.key: entry.reference for entry in bibliography()}
    found = []
    for unit in result.plant.units.values():
        for name, declared in unit.operation.params.items():
            value = getattr(unit.operation, name)
            if not isinstance(value, (str, bool)):
                value = value if getattr(value, "ndim", 0) == 0 else value[min(case, value.size - 1)]
                value = show(float(value), declared.unit)
            sources = " ".join(references.get(key.strip(), key) for key in declared.source.split(";") if key)
            kind = type(unit.operation).__name__
            found.append(Assumption(unit.name, kind, name, str(value), declared.range_text(), declared.doc, sources))
    return found
