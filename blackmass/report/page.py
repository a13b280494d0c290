"""The report as one page of HTML that needs nothing else."""

import functools

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from blackmass.report.content import Content
from blackmass.report.fonts import embedded, japanese
from blackmass.report.stream_table import ELEMENTS, HOURS

FIRST_JAPANESE = 0x2E80
"""Letters from here on come with the page where its language is Japanese."""


def page(report: Content) -> str:
    """Return the page: no request to the network, every name as text whatever it holds."""
    figures = {"diagram": Markup(report.diagram.svg), "distribution": Markup(report.distribution)}
    figures |= {f"flow {element}": Markup(svg) for element, svg in report.sankeys.items()}
    given = {"report": report, "w": report.words, "s": report.summary, "elements": ELEMENTS, "hours": HOURS}
    text = _template().render(**given, figures=figures, font="")
    if report.language != "ja":
        return text
    letters = "".join(sorted({letter for letter in text if ord(letter) > FIRST_JAPANESE}))
    return _template().render(**given, figures=figures, font=Markup(embedded(japanese(), letters)))


@functools.cache
def _template():  # type: ignore[no-untyped-def]
    environment = Environment(
        loader=PackageLoader("blackmass.report", "templates"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters["figure"] = figure
    return environment.get_template("page.html")


def figure(value: float | None, digits: int = 4) -> str:
    """Return a number with so many digits that count; a dash where there is none."""
    if value is None:
        return "–"
    size = abs(value)
    if size == 0:
        return "0"
    if size < 1e-3 or size >= 1e7:
        return f"{value:.{max(digits - 2, 1)}g}"
    return f"{value:,.0f}" if size >= 10 ** (digits - 1) else f"{value:.{digits}g}"
