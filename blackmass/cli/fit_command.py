"""`blackmass fit`."""

import json
import math
from pathlib import Path
from typing import Any

import click
import numpy as np

from blackmass.analysis.design import read_ranges
from blackmass.analysis.evaluate import Settings
from blackmass.analysis.fit import Fit, fit
from blackmass.analysis.measured import Measured, read_measured
from blackmass.analysis.ranges import Range
from blackmass.analysis.study import Study, new_study
from blackmass.cli.study_options import asked, plant_of, study_options
from blackmass.cli.tables import aligned
from blackmass.flowsheet.plant import Plant
from blackmass.quantities import from_si


@click.command("fit")
@study_options
@click.option("--data", required=True, type=click.Path(path_type=Path), help="CSV: settings and measured outputs.")
def command(flowsheet: str, data: Path, as_json: bool, **options: Any) -> None:
    """Estimate parameters of FLOWSHEET from your own measurements, with 95 % confidence intervals.

    DATA has a row for each trial; columns are parameters (leach.temperature), outputs (recovery.Li) and, where known,
    standard deviations of outputs (recovery.Li.sd). What is fitted is given by --vary UNIT.PARAM=LOW:HIGH.

    Example: blackmass fit lfp_selective --data trials.csv --vary leach.residence_time=0.5h:5h
    """
    wanted = asked(options)
    plant = plant_of(flowsheet, wanted)
    measured = read_measured(plant, data)
    ranges = read_ranges(plant, wanted.axes)
    found = fit(_study(plant, measured, ranges).solved, ranges, measured)
    click.echo(json.dumps(_figures(plant, found, ranges), indent=2) if as_json else _text(plant, found, ranges))


def _study(plant: Plant, measured: Measured, ranges: tuple[Range, ...]) -> Study:
    knobs = (*measured.knobs, *(one.knob for one in ranges))
    middle = {one.knob.path: one.at(np.full(measured.trials, 0.5)) for one in ranges}
    return new_study(plant, Settings(knobs, {**measured.settings, **middle}))


def _figures(plant: Plant, found: Fit, ranges: tuple[Range, ...]) -> dict[str, Any]:
    estimates = {
        one.path: {
            "value": _shown(one.value, knob.unit),
            "low": _shown(one.low, knob.unit),
            "high": _shown(one.high, knob.unit),
            "unit": knob.unit,
            "at_bound": one.at_bound,
        }
        for one, knob in zip(found.estimates, (one.knob for one in ranges), strict=True)
    }
    names = ("row", "output", "measured", "predicted", "weighted_residual")
    return {
        "flowsheet": plant.name,
        "estimates": estimates,
        "confidence": 0.95,
        "identifiable": found.identifiable,
        "correlation": [[_shown(value, "") for value in row] for row in found.correlation],
        "chi_square": found.chi_square,
        "degrees_of_freedom": found.freedom,
        "rows": [dict(zip(names, (row[0] + 1, *row[1:]), strict=True)) for row in found.rows],
        "cases": found.cases,
    }


def _shown(value: float, unit: str) -> float | None:
    return float(from_si(value, unit)) if math.isfinite(value) else None


def _text(plant: Plant, found: Fit, ranges: tuple[Range, ...]) -> str:
    rows = []
    for one, knob in zip(found.estimates, (one.knob for one in ranges), strict=True):
        figures = [_shown(value, knob.unit) for value in (one.value, one.low, one.high)]
        cells = ["-" if figure is None else f"{figure:.5g}" for figure in figures]
        rows.append([one.path, *cells, knob.unit, "at the end of its range" if one.at_bound else ""])
    title = f"{plant.name}: fitted to {len(found.rows)} values, sum of squares {found.chi_square:.4g}"
    parts = [aligned(title, ["parameter", "value", "low", "high", "unit", ""], rows)]
    if not found.identifiable:
        parts.append("The data do not tell these parameters apart: fit fewer, or measure more. There are no intervals.")
    values = [[str(row[0] + 1), row[1], f"{row[2]:.5g}", f"{row[3]:.5g}"] for row in found.rows]
    parts.append(aligned("Values", ["row", "output", "measured", "predicted"], values))
    return "\n\n".join(parts)
