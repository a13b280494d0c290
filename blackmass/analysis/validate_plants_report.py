"""The comparison with published plants as a page, a table and a parity plot."""

import csv
import functools
import io
from collections.abc import Sequence
from pathlib import Path

from blackmass.analysis.plant_closure import Closure, closures
from blackmass.analysis.validate_plants import COLUMNS, PlantRow, by_quantity
from blackmass.analysis.validate_report import FORMATS, whole


def write_plants(rows: Sequence[PlantRow], folder: Path) -> None:
    """Write plants.md, plants.csv, and the parity plot as PNG and SVG."""
    from blackmass.analysis.validate_plants_plot import parity

    figure = parity(rows)
    for suffix, unwanted in FORMATS.items():
        save = functools.partial(figure.savefig, format=suffix, dpi=150, metadata={unwanted: None})
        whole(folder / f"parity_plants.{suffix}", save)
    whole(folder / "plants.csv", lambda file: file.write(_csv(rows).encode()))
    whole(folder / "plants.md", lambda file: file.write(plants_page(rows).encode()))


def plants_page(rows: Sequence[PlantRow]) -> str:
    """Return the page: summary by quantity, closure of the recipes, and each case with its explanations."""
    parts = [
        "# Published plants, side by side",
        "Made by `blackmass validate --plants --out`. The plants that ship are run with the published feed and, where "
        "they are stated, the published conditions; what is not stated keeps its default, but O/A of a circuit is "
        "raised in proportion where the feed is richer in its metal than the plant's own. Nothing is fitted to these "
        "figures. Published plants are models and company statements themselves, not measurements: the cases that "
        "begin with EB23 come from one set of formulas. Reagents count as 100 %.",
        "![Predicted against published](parity_plants.png)",
        _summary(rows),
        _closures(closures(rows)),
    ]
    for case in dict.fromkeys(row.case for row in rows):
        parts.append(_case([row for row in rows if row.case == case]))
    return "\n\n".join(parts) + "\n"


def _summary(rows: Sequence[PlantRow]) -> str:
    lines = [
        "## Predicted over published",
        "",
        "| quantity | figures | median | lowest | highest |",
        "|---|---:|---:|---:|---:|",
    ]
    for name, count, median, low, high in by_quantity(rows):
        lines.append(f"| {name} | {count} | {median:.2f} | {low:.2f} | {high:.2f} |")
    return "\n".join(lines)


def _closures(found: Sequence[Closure]) -> str:
    lines = [
        "## Do the published recipes close?",
        "",
        "Given and needed per tonne of feed, kmol: protons for complete dissolution (LFP: of lithium), electrons of "
        "peroxide against the metals to be reduced (LFP: the iron to be oxidised), soda ash against the Li2CO3 that "
        "is sold. Sulfate left is what sodium does not take, per Ni + Co + Mn: 1 where products are sulfates, 0 where "
        "they are hydroxides.",
        "",
        "| recipe | protons | needed | electrons | needed | carbonate | needed | sulfate left | missing |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---|",
    ]
    for row in found:
        left = "-" if row.sulfate_left is None else f"{row.sulfate_left:.2f}"
        figures = (row.acid, row.acid_needed, row.electrons, row.electrons_needed, row.carbonate, row.carbonate_needed)
        cells = " | ".join(f"{figure:.2f}" for figure in figures)
        lines.append(f"| {row.case} | {cells} | {left} | {row.missing} |")
    return "\n".join(lines)


def _case(rows: Sequence[PlantRow]) -> str:
    first = rows[0]
    settings = f", `{first.settings}`" if first.settings else ""
    per = "of feed" if first.per == "feed" else f"of `{first.per}`"
    lines = [
        f"## {first.case}",
        "",
        f"{first.source}. Plant `{first.plant}`, feed `{first.feed}`{settings}; per tonne {per}.",
        "",
        "| | published | predicted | unit | ratio | why |",
        "|---|---:|---:|---|---:|---|",
    ]
    for row in rows:
        ratio = "-" if row.ratio is None else f"{row.ratio:.2f}"
        lines.append(
            f"| {row.quantity} | {row.published:.4g} | {row.predicted:.4g} | {row.unit} | {ratio} | {row.note} |"
        )
    return "\n".join(lines)


def _csv(rows: Sequence[PlantRow]) -> str:
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow([*COLUMNS, "predicted", "ratio"])
    for row in rows:
        ratio = "" if row.ratio is None else f"{row.ratio:.4g}"
        table.writerow([*(getattr(row, name) for name in COLUMNS), f"{row.predicted:.5g}", ratio])
    return text.getvalue()
