"""A validation as files: plots, a table as CSV, and a page that shows them."""

import csv
import functools
import io
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from blackmass.analysis.validate import Row, Validation
from blackmass.errors import InputError

_COLUMNS = (
    *("kind", "case", "source", "quality", "element", "quantity", "unit"),
    *("measured", "predicted", "error", "in_range", "counted", "fitted", "remark"),
)
FORMATS = {"png": "Software", "svg": "Date"}
"""Suffix, and what of its metadata would differ from run to run."""


def write(found: Validation, folder: Path) -> None:
    """Write cases.csv, index.md, and each figure as PNG and SVG; each file appears whole or not at all."""
    from blackmass.analysis.validate_plots import figures

    drawn = figures(found.rows)
    for name, figure in drawn.items():
        for suffix, unwanted in FORMATS.items():
            save = functools.partial(figure.savefig, format=suffix, dpi=150, metadata={unwanted: None})
            whole(folder / f"{name}.{suffix}", save)
    whole(folder / "cases.csv", lambda file: file.write(_csv(found).encode()))
    whole(folder / "index.md", lambda file: file.write(page(found, list(drawn)).encode()))


def whole(path: Path, fill: Callable[[BinaryIO], Any]) -> None:
    """Write beside the place and move there."""
    try:
        with tempfile.NamedTemporaryFile("wb", dir=path.parent, delete=False) as file:
            try:
                fill(file)  # type: ignore[arg-type]
            except BaseException:
                os.unlink(file.name)
                raise
        os.chmod(file.name, 0o644)
        os.replace(file.name, path)
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror}); choose another folder.") from None


def _csv(found: Validation) -> str:
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(_COLUMNS)
    for row in found.rows:
        values = row.as_json()
        table.writerow(["" if values[column] is None else _plain(values[column]) for column in _COLUMNS])
    return text.getvalue()


def _plain(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value).lower() if isinstance(value, bool) else str(value)


def page(found: Validation, names: list[str]) -> str:
    """Return the page, Markdown, with the figures of `names`."""
    lines = ["# Predicted against published", "", "Made by `blackmass validate --out`.", ""]
    figures = found.statistics()
    for title, groups in (
        ("", {"all": figures, **figures["by_kind"], **_left_out(figures)}),
        ("By element", figures["by_element"]),
        ("By source", figures["by_source"]),
    ):
        lines += [*([f"## {title}", ""] if title else []), *_table(groups), ""]
    residual = figures["residual"]
    if residual["count"]:
        share = 100 * residual["within_factor_2"]
        lines += [
            f"Residual metals: {residual['count']} figures, median factor {residual['median_factor']:.2f}, "
            f"{share:.0f} % within a factor of 2.",
            "",
        ]
    lines += _salts(figures["salts"])
    for name in names:
        lines += [f"![{name.replace('_', ' ')}]({name}.png)", ""]
    lines += ["## Figures", "", *_rows(found)]
    return "\n".join(lines) + "\n"


def _salts(groups: dict[str, dict[str, Any]]) -> list[str]:
    """Tables of solubilities and activity coefficients."""
    if not groups["by_kind"]:
        return []
    lines = [
        "## Solubilities and activity coefficients",
        "",
        "Errors in per cent of the value; figures that constants were fitted to stand apart.",
        "",
    ]
    for part in ("by_kind", "by_salt", "by_source"):
        lines += [*_table(groups[part]), ""]
    return lines


def _left_out(figures: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {f"{kind}, each source left out of the fit": group for kind, group in figures["left_out"].items()}


def _table(groups: dict[str, dict[str, Any]]) -> list[str]:
    lines = ["| | count | median error | 90th percentile | bias |", "|---|---:|---:|---:|---:|"]
    for name, figures in groups.items():
        shown = [figures[key] for key in ("median_absolute_error", "p90_absolute_error", "bias")]
        cells = " | ".join("-" if value is None else f"{value:.1f}" for value in shown)
        lines.append(f"| {name.replace('|', '/')} | {figures['count']} | {cells} |")
    return lines


def shown(row: Row) -> tuple[str, str]:
    """Return what is predicted and its error as text, "-" for none; per cent of the value are marked."""
    if row.predicted is None or row.error is None:
        return "-", "-"
    if row.of_a_salt:
        return f"{row.predicted:.4g}", f"{row.error:+.1f} %"
    return f"{row.predicted:.1f}", f"{row.error:+.1f}"


def _rows(found: Validation) -> list[str]:
    lines = ["| case | element | measured | predicted | error | quality | remark |", "|---|---|---:|---:|---:|---|---|"]
    for row in found.rows:
        predicted, error = shown(row)
        unit = "" if row.unit == "%" else f" {row.unit}"
        remark = f"{row.remark}. fitted: {row.fitted}" if row.fitted else row.remark
        cells = [f"{row.measured:g}{unit}", predicted, error, row.quality, remark.replace("|", "/")]
        lines.append(f"| {row.case} | {row.element} | {' | '.join(cells)} |")
    return lines
