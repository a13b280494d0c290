"""`blackmass optimize`."""

import json
from typing import Any

import click

from blackmass.analysis.design import read_ranges
from blackmass.analysis.evaluate import Evaluated
from blackmass.analysis.expressions import Constraint, read_constraint, read_expression
from blackmass.analysis.optimise import Front, Goal, Optimum, front, optimise
from blackmass.cli.study_options import asked, confirm, jobs_of, plant_of, study_options
from blackmass.cli.tables import aligned
from blackmass.cli.watching import told
from blackmass.errors import InputError, SolveError
from blackmass.flowsheet.plant import Plant

WORDS = {"max": True, "min": False}


@click.command("optimize")
@study_options
@click.option("--maximize", multiple=True, metavar="EXPR", help="What to make large, such as recovery.Li.")
@click.option("--minimize", multiple=True, metavar="EXPR", help="What to make small; two in all make a Pareto front.")
@click.option("--population", default=40, show_default=True, type=click.IntRange(5, 10_000), help="Cases at a time.")
@click.option("--generations", default=30, show_default=True, type=click.IntRange(1, 10_000), help="At most.")
def command(
    flowsheet: str,
    maximize: tuple[str, ...],
    minimize: tuple[str, ...],
    population: int,
    generations: int,
    jobs: int | None,
    scheduler: str | None,
    yes: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Find the best parameters of FLOWSHEET within ranges and under constraints.

    Example: blackmass optimize lfp_selective --vary leach.temperature=40:90 --vary leach.residence_time=1h:6h
    --minimize "reagent.sodium_carbonate.kg_per_h / product.lithium_carbonate.kg_per_h"
    --constraint "recovery.Li >= 0.9"
    """
    wanted = asked(options)
    plant = plant_of(flowsheet, wanted)
    ranges = read_ranges(plant, wanted.axes)
    confirm(population * generations, yes)
    evaluated = Evaluated.of(plant, ranges, extra=wanted.outputs, jobs=jobs_of(jobs, population), scheduler=scheduler)
    known = [*evaluated.names, *evaluated.outputs]
    constraints = tuple(_checked(text, known) for text in wanted.constraints)
    goals = _goals(maximize, minimize, wanted.objectives, known, constraints)
    settings = {"population": population, "generations": generations, "seed": wanted.seed or 0}
    head = {"flowsheet": plant.name, "seed": wanted.seed or 0, "objectives": [_said(goal) for goal in goals]}
    if len(goals) == 2:
        pareto = front(evaluated.columns, len(ranges), goals, watch=_front_told, **settings)
        told("", last=True)
        figures = {**head, **_front_figures(pareto, evaluated)}
        click.echo(json.dumps(figures, indent=2) if as_json else _front_text(plant, pareto, goals, evaluated))
        return
    best = optimise(evaluated.columns, len(ranges), goals[0], watch=_told, **settings)
    told("", last=True)
    figures = {**head, **_best_figures(best, evaluated, wanted.constraints)}
    click.echo(json.dumps(figures, indent=2) if as_json else _best_text(plant, best, goals[0], evaluated))
    if not best.feasible:
        raise SolveError(f"{plant.name}: no case keeps all constraints; shown is the one that breaks them least.")


def _told(generation: int, value: float) -> None:
    told(f"generation {generation}: best so far {value:.6g}")


def _front_told(generation: int, found: int) -> None:
    told(f"generation {generation}: {found} cases on the front")


def _checked(text: str, known: list[str]) -> Constraint:
    constraint = read_constraint(text)
    constraint.excess.check(known)
    return constraint


def _goals(
    maximize: tuple[str, ...],
    minimize: tuple[str, ...],
    from_file: tuple[str, ...],
    known: list[str],
    constraints: tuple[Constraint, ...],
) -> list[Goal]:
    texts = [(text, True) for text in maximize] + [(text, False) for text in minimize]
    for line in () if texts else from_file:
        word, _, text = line.strip().partition(" ")
        if word[:3] not in WORDS or not text:
            raise InputError(f"objective '{line}': write 'maximize EXPRESSION' or 'minimize EXPRESSION'.")
        texts.append((text, WORDS[word[:3]]))
    if not 1 <= len(texts) <= 2:
        raise InputError(f"{len(texts)} objectives: give --maximize or --minimize once, or two for a Pareto front.")
    return [Goal(read_expression(text).check(known), large, constraints) for text, large in texts]


def _said(goal: Goal) -> str:
    return f"{'maximize' if goal.maximise else 'minimize'} {goal.objective.text}"


def _best_figures(best: Optimum, evaluated: Evaluated, constraints: tuple[str, ...]) -> dict[str, Any]:
    return {
        "value": best.value,
        "feasible": best.feasible,
        "parameters": {name: _plain(best.columns[name]) for name in evaluated.names},
        "units": {one.knob.path: one.knob.unit for one in evaluated.ranges},
        "constraints": [
            {"constraint": text, "excess": excess} for text, excess in zip(constraints, best.excess, strict=True)
        ],
        "outputs": {name: _plain(best.columns[name]) for name in evaluated.outputs},
        "cases": best.cases,
        "failed": best.failed,
        "generations": best.generations,
    }


def _front_figures(pareto: Front, evaluated: Evaluated) -> dict[str, Any]:
    names = [*evaluated.names, *evaluated.outputs]
    rows = [
        {"values": [float(one) for one in values], **{name: _plain(pareto.columns[name][row]) for name in names}}
        for row, values in enumerate(pareto.values)
    ]
    return {"front": rows, "cases": pareto.cases, "failed": pareto.failed}


def _best_text(plant: Plant, best: Optimum, goal: Goal, evaluated: Evaluated) -> str:
    rows = [[one.knob.path, _number(best.columns[one.knob.path]), one.knob.unit] for one in evaluated.ranges]
    title = f"{plant.name}: {_said(goal)} = {best.value:.6g} ({best.cases} cases, {best.failed} failed)"
    kept = [
        f"  {'kept' if excess <= 1e-9 else 'broken'}: {one.text}"
        for one, excess in zip(goal.constraints, best.excess, strict=True)
    ]
    return "\n".join([aligned(title, ["parameter", "value", "unit"], rows), *kept])


def _front_text(plant: Plant, pareto: Front, goals: list[Goal], evaluated: Evaluated) -> str:
    rows = [
        [*(f"{value:.5g}" for value in values), *(_number(pareto.columns[name][row]) for name in evaluated.names)]
        for row, values in enumerate(pareto.values)
    ]
    head = [*(_said(goal) for goal in goals), *evaluated.names]
    return aligned(f"{plant.name}: {len(rows)} cases, none better than another in both", head, rows)


def _number(value: Any) -> str:
    return value if isinstance(value, str) else f"{value:.6g}"


def _plain(value: Any) -> Any:
    if isinstance(value, str) or value is None:
        return value
    return float(value) if abs(float(value)) < float("inf") else None
