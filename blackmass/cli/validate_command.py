"""`blackmass validate`."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import click

from blackmass.analysis.plant_closure import closures
from blackmass.analysis.validate import Row, Validation, shipped_files, validate
from blackmass.analysis.validate_plants import by_quantity, compare, read_plants, shipped_table
from blackmass.analysis.validate_plants_report import write_plants
from blackmass.analysis.validate_report import shown, write
from blackmass.cli.tables import aligned
from blackmass.cli.write import check_folder

_QUANTITY = {"x": "leached, %", "E": "extracted, %", "y": "precipitated, %", "residual": "left, mg/L"}


@click.command("validate")
@click.option("--cases", "files", multiple=True, metavar="FILE.csv", help="A case file; without it, those that ship.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder for plots, the table as CSV, and a page.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--plants", is_flag=True, help="Compare whole plants instead (--cases: a table of plants).")
def command(files: tuple[str, ...], out: Path | None, as_json: bool, plants: bool) -> None:
    """Predict published experiments from their conditions, and compare.

    A case file is CSV of one of five kinds, told by its columns: leach (x_EL_pct), sx (E_EL_pct), precipitation
    (y_EL_pct, residual_EL_mgL), solubility (solubility_mol_kg and others) or activity (gamma); an empty cell is not
    stated.
    """
    if out is not None:
        check_folder(out)
    if plants:
        _plants(files, out, as_json)
        return
    found = validate(files or shipped_files())
    if out is not None:
        write(found, out)
    if as_json:
        click.echo(json.dumps(as_dict(found), indent=2))
        return
    click.echo(_text(found))
    for warning in found.warnings:
        click.echo(f"warning: {warning}", err=True)


def _plants(files: tuple[str, ...], out: Path | None, as_json: bool) -> None:
    rows = [row for file in files or (shipped_table(),) for row in compare(read_plants(Path(file)))]
    if out is not None:
        write_plants(rows, out)
    ratios = [("-" if row.ratio is None else f"{row.ratio:.2f}") for row in rows]
    if as_json:
        content = [dataclasses.asdict(row) | {"ratio": row.ratio} for row in rows]
        medians = {name: {"count": count, "median_ratio": median} for name, count, median, *_ in by_quantity(rows)}
        recipes = [dataclasses.asdict(recipe) | {"missing": recipe.missing} for recipe in closures(rows)]
        click.echo(json.dumps({"rows": content, "by_quantity": medians, "closures": recipes}, indent=2))
        return
    cells = [
        [row.case, row.quantity, f"{row.published:.4g}", f"{row.predicted:.4g}", row.unit, ratio]
        for row, ratio in zip(rows, ratios, strict=True)
    ]
    header = ["case", "", "published", "predicted", "unit", "ratio"]
    click.echo(aligned("Published plants", header, cells, left=(0, 1, 4)))
    medians_text = [
        [name, str(n), f"{m:.2f}", f"{low:.2f}", f"{high:.2f}"] for name, n, m, low, high in by_quantity(rows)
    ]
    header = ["quantity", "figures", "median", "lowest", "highest"]
    click.echo("\n" + aligned("Predicted over published", header, medians_text))
    missing = [[recipe.case, recipe.missing] for recipe in closures(rows)]
    click.echo("\n" + aligned("Missing in the published recipes, per tonne", ["recipe", ""], missing, left=(0, 1)))


def as_dict(found: Validation) -> dict[str, Any]:
    """Return what --json prints."""
    rows = [row.as_json() for row in found.rows]
    return {"rows": rows, "statistics": found.statistics(), "warnings": list(found.warnings)}


def _text(found: Validation) -> str:
    parts = []
    for kind in dict.fromkeys(row.kind for row in found.rows):
        rows = [_row(row) for row in found.rows if row.kind == kind]
        header = ["case", "element", "", "measured", "predicted", "error", "quality", "remark"]
        parts.append(aligned(kind, header, rows, left=(0, 1, 2, 7)))
    parts.append(_statistics(found.statistics()))
    return "\n\n".join(parts)


def _row(row: Row) -> list[str]:
    predicted, error = shown(row)
    quality = f"{row.quality} (not counted)" if row.predicted is not None and not row.counted else row.quality
    quantity = row.unit if row.of_a_salt else _QUANTITY[row.quantity]
    remark = f"{row.remark}. fitted: {row.fitted}" if row.fitted else row.remark
    return [
        *(row.case, row.element, quantity, f"{row.measured:g}", predicted, error),
        *(quality, remark),
    ]


def _statistics(found: dict[str, Any]) -> str:
    salts = found["salts"]
    text = _errors(
        "Errors, percentage points",
        ("all", {"": found}),
        ("kind", found["by_kind"]),
        ("kind", {f"{kind}, each source left out of the fit": v for kind, v in found["left_out"].items()}),
        ("element", found["by_element"]),
        ("source", found["by_source"]),
    )
    if salts["by_kind"]:
        parts = ("kind", salts["by_kind"]), ("salt", salts["by_salt"]), ("source", salts["by_source"])
        text += "\n\n" + _errors("Solubilities and activity coefficients: errors, per cent of the value", *parts)
    residual = found["residual"]
    if residual["count"]:
        text += (
            f"\n\nResidual metals: {residual['count']} figures, median factor {residual['median_factor']:.2f} between "
            f"predicted and measured, {100 * residual['within_factor_2']:.0f} % within a factor of 2"
        )
    if found["not_counted"] or found["not_predicted"]:
        text += (
            f"\n\nShown but not counted: {found['not_counted']} figures of quality C, "
            f"{found['not_predicted']} that no model predicts"
        )
    return text


def _errors(title: str, *parts: tuple[str, dict[str, Any]]) -> str:
    rows = []
    for by, groups in parts:
        for name, figures in groups.items():
            label = name if len(name) <= 60 else f"{name[:57]}..."
            sizes = [figures["median_absolute_error"], figures["p90_absolute_error"], figures["bias"]]
            rows.append([by, label, str(figures["count"]), *("-" if v is None else f"{v:.1f}" for v in sizes)])
    return aligned(title, ["by", "", "count", "median", "p90", "bias"], rows, left=(0, 1))
