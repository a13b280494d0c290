"""`blackmass sensitivity`."""

import json
import math
from typing import Any

import click
import numpy as np

from blackmass.analysis.design import read_ranges
from blackmass.analysis.evaluate import Evaluated, Model, without_tails
from blackmass.analysis.outputs import unit_of
from blackmass.analysis.sensitivity import Effects, morris, sobol
from blackmass.analysis.uncertainty import Tornado, Uncertainty, monte_carlo, tornado
from blackmass.cli.study_options import asked, confirm, jobs_of, plant_of, study_options
from blackmass.cli.tables import aligned
from blackmass.cli.watching import cases_told
from blackmass.errors import InputError, nearest
from blackmass.flowsheet.plant import Plant

DEFAULTS = {"sobol": 64, "morris": 20, "monte-carlo": 500, "tornado": 1}
SHOWN = 6
MAIN = {"sobol": "ST", "morris": "mu_star"}


@click.command("sensitivity")
@study_options
@click.option("--method", type=click.Choice(list(DEFAULTS)), default="sobol", show_default=True, help="How.")
@click.option("--samples", type=int, help="Base points (Sobol: a power of two), trajectories (Morris), or cases.")
@click.option("--of", "wanted_outputs", multiple=True, metavar="OUTPUT", help="Show these outputs only.")
def command(
    flowsheet: str,
    method: str,
    samples: int | None,
    wanted_outputs: tuple[str, ...],
    jobs: int | None,
    scheduler: str | None,
    yes: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Show which inputs of FLOWSHEET matter, and how uncertain its outputs are.

    Sobol indices, Morris effects, percentiles (monte-carlo) or the swing of each input (tornado), for inputs that vary
    over ranges and distributions.

    Example: blackmass sensitivity lfp_selective --vary leach.temperature=50:90 --vary leach.residence_time=1h:4h
    """
    wanted = asked(options)
    if wanted.constraints:
        raise InputError("--constraint: a sensitivity has none; give --output for what you want to know.")
    plant = plant_of(flowsheet, wanted)
    ranges = read_ranges(plant, wanted.axes)
    count = DEFAULTS[method] if samples is None else samples
    cases = {"sobol": count * (len(ranges) + 2), "morris": count * (len(ranges) + 1), "monte-carlo": count}.get(
        method, 2 * len(ranges) + 1
    )
    confirm(cases, yes)
    jobs = jobs_of(jobs, cases)
    evaluated = Evaluated.of(plant, ranges, extra=wanted.outputs, jobs=jobs, scheduler=scheduler, watch=cases_told())
    for name in wanted_outputs:
        if name not in evaluated.outputs:
            raise InputError(f"--of {name}: there is no such output{nearest(name, evaluated.outputs)}")
    model = _only(evaluated, wanted_outputs)
    found = _found(method, model, evaluated, count, wanted.seed or 0)
    figures = {"flowsheet": plant.name, "method": method, "seed": wanted.seed or 0, **_figures(found, plant)}
    click.echo(json.dumps(figures, indent=2) if as_json else _text(plant, method, found))


def _only(evaluated: Evaluated, outputs: tuple[str, ...]) -> Model:
    """The model with the outputs that are wanted; ends of distributions with tails are drawn in."""

    def model(shares: Any) -> Any:
        found = evaluated(without_tails(evaluated.ranges, shares))
        return {name: column for name, column in found.items() if name in (outputs or evaluated.outputs)}

    return model


def _found(method: str, model: Model, evaluated: Evaluated, count: int, seed: int) -> Effects | Uncertainty | Tornado:
    names = evaluated.names
    if method == "sobol":
        return sobol(model, names, count, seed=seed)
    if method == "morris":
        return morris(model, names, count, seed=seed)
    if method == "monte-carlo":
        return monte_carlo(model, len(names), count, seed=seed)
    return tornado(model, names)


def _figures(found: Effects | Uncertainty | Tornado, plant: Plant) -> dict[str, Any]:
    if isinstance(found, Effects):
        indices = {
            name: {kind: dict(zip(found.inputs, _plain(values), strict=True)) for kind, values in kinds.items()}
            for name, kinds in found.figures.items()
        }
        counts = {"cases": found.cases, "failed": found.failed, "groups": found.groups, "dropped": found.dropped}
        return {**counts, "indices": indices, "constant": list(found.constant), "undefined": list(found.undefined)}
    if isinstance(found, Uncertainty):
        outputs = {name: {**figures, "unit": unit_of(name, plant)} for name, figures in found.figures.items()}
        return {"cases": found.cases, "failed": found.failed, "outputs": outputs}
    swings = {
        name: {
            "middle": _plain([found.middle[name]])[0],
            "unit": unit_of(name, plant),
            "swings": dict(zip(found.inputs, (_plain(pair) for pair in pairs), strict=True)),
        }
        for name, pairs in found.swings.items()
    }
    return {"cases": 2 * len(found.inputs) + 1, "failed": found.failed, "percentiles": [10, 90], "outputs": swings}


def _plain(values: Any) -> list[float | None]:
    return [float(value) if math.isfinite(value) else None for value in np.ravel(values)]


def _text(plant: Plant, method: str, found: Effects | Uncertainty | Tornado) -> str:
    if isinstance(found, Effects):
        return _effects_text(plant, method, found)
    if isinstance(found, Uncertainty):
        kinds = ("mean", "sd", "p5", "p50", "p95")
        rows = [[n, *(f"{f[k]:.4g}" for k in kinds), unit_of(n, plant)] for n, f in found.figures.items() if f["count"]]
        title = f"{plant.name}: {found.cases} cases, {found.failed} failed and left out"
        return aligned(title, ["output", *kinds, "unit"], rows)
    rows = []
    for name, pairs in found.swings.items():
        order = sorted(range(len(found.inputs)), key=lambda row: -_swing(pairs[row]))[:SHOWN]
        rows += [
            [name, found.inputs[row], f"{pairs[row][0]:.4g}", f"{found.middle[name]:.4g}", f"{pairs[row][1]:.4g}"]
            for row in order
            if _swing(pairs[row]) > 0
        ]
    title = f"{plant.name}: one input at a time at its 10th and 90th percentile, {found.failed} cases failed"
    return aligned(title, ["output", "input", "at 10 %", "middle", "at 90 %"], rows)


def _swing(pair: Any) -> float:
    found = float(abs(pair[1] - pair[0]))
    return found if math.isfinite(found) else 0.0


def _effects_text(plant: Plant, method: str, found: Effects) -> str:
    kinds = list(next(iter(found.figures.values()), {}))
    rows = []
    for name, figures in found.figures.items():
        order = np.argsort(-figures[MAIN[method]], kind="stable")[:SHOWN]
        rows += [[name, found.inputs[row], *(f"{figures[kind][row]:.3g}" for kind in kinds)] for row in order]
    title = (
        f"{plant.name}: {found.cases} cases, {found.failed} failed; {found.dropped} of {found.groups} groups left out"
    )
    parts = [aligned(title, ["output", "input", *kinds], rows)]
    if found.constant:
        parts.append(f"do not vary: {', '.join(found.constant)}")
    if found.undefined:
        parts.append(f"have no value in too many cases: {', '.join(found.undefined)}")
    return "\n\n".join(parts)
