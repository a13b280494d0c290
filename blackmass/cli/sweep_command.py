"""`blackmass sweep`."""

import contextlib
import json
import shlex
import sys
from pathlib import Path
from typing import Any

import click

from blackmass.analysis.design import Design, Sample, read_axes, read_ranges
from blackmass.analysis.study import Study, worst_excess
from blackmass.analysis.study_file import StudyFile
from blackmass.analysis.sweep import Swept, sweep
from blackmass.analysis.workers import crew
from blackmass.cli.options import configured, plant_options
from blackmass.cli.progress import Meter
from blackmass.cli.study_options import check_count, jobs_wanted, pairs, study_file, study_options, worker_options
from blackmass.errors import InputError, SolveError
from blackmass.flowsheet.plant import Plant


@click.command("sweep")
@plant_options
@study_options
@click.option("--sample", type=int, help="Draw this many cases from the ranges, instead of a full grid.")
@click.option("--method", help="How to draw them: sobol, lhs or random [default: sobol].")
@click.option("--seed", type=int, help="Seed of the sample [default: 0].")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Parquet file: one row a case.")
@click.option("--resume", is_flag=True, help="Go on with an interrupted sweep of the same study.")
@click.option("--force", is_flag=True, help="Replace what is there.")
@click.option("--yes", is_flag=True, help="Confirm more than 100,000 cases.")
@worker_options
def command(
    flowsheet: str,
    settings: tuple[str, ...],
    feed: str | None,
    vary: tuple[str, ...],
    asked: tuple[str, ...],
    study: Path | None,
    out: Path,
    resume: bool,
    force: bool,
    yes: bool,
    jobs: int | None,
    scheduler: str,
    as_json: bool,
    **sampling: Any,
) -> None:
    """Solve FLOWSHEET for many cases: a grid of axes, or a sample of ranges, into a Parquet file.

    A grid: --vary leach.temperature=50:90:9 --vary leach.residence_time=1h,2h,4h --vary "feed=NMC622=1t/h|NMC811=1t/h".
    A sample: --sample 1000 --vary leach.temperature=50:90 --vary leach.residence_time=lognormal:2h:1.3.
    """
    file = study_file(study)
    texts = file.vary | pairs("--vary", vary, "UNIT.PARAM=LOW:HIGH:N, for example leach.temperature=50:90:9")
    plant = configured(flowsheet, (*(f"{k}={v}" for k, v in file.set.items()), *settings), feed or file.feed or None)
    design = _design(plant, texts, file, **sampling)
    check_count(design.cases, yes)
    outputs = file.outputs | pairs("--output", asked, "NAME=EXPRESSION") | worst_excess(file.constraints)
    whole = Study.of(plant, design, asked=outputs)
    with contextlib.closing(crew(jobs_wanted(jobs), scheduler)) as workers:
        try:
            done = sweep(whole, out, workers, resume=resume, force=force, command=shlex.join(sys.argv), watch=Meter())
        except KeyboardInterrupt:
            click.echo(f"blackmass: what is solved is kept: add --resume to go on with {out}.", err=True)
            raise
    click.echo(json.dumps(_figures(whole, done), indent=2) if as_json else _text(whole, done))
    if not done.merged.converged:
        raise SolveError(f"{plant.name}: none of {done.merged.cases} cases converged.")


def _design(
    plant: Plant, texts: dict[str, str], file: StudyFile, sample: int | None, method: str | None, seed: int | None
) -> Design:
    count = sample if sample is not None else file.sample
    if count is None:
        for name, given in (("--method", method), ("--seed", seed)):
            if given is not None:
                raise InputError(f"{name} {given}: belongs to --sample N; without it the axes make a full grid.")
        return read_axes(plant, texts)
    drawn = seed if seed is not None else file.seed or 0
    return Sample(read_ranges(plant, texts), count, method or file.method or "sobol", drawn)


def _figures(study: Study, done: Swept) -> dict[str, Any]:
    fresh = done.merged.cases - done.resumed
    return {
        "flowsheet": study.plant.name,
        "out": str(done.path),
        "cases": done.merged.cases,
        "converged": done.merged.converged,
        "converged_fraction": done.merged.converged / done.merged.cases,
        "reasons": done.merged.reasons,
        "resumed_cases": done.resumed,
        "seconds": round(done.seconds, 3),
        "cases_per_second": round(fresh / done.seconds, 1) if done.seconds > 0 else None,
        "study": study.described(),
    }


def _text(study: Study, done: Swept) -> str:
    merged = done.merged
    lines = [
        f"{study.plant.name}: {merged.converged:,} of {merged.cases:,} cases converged "
        f"({100 * merged.converged / merged.cases:.2f} %) in {done.seconds:.1f} s",
        *(f"  {count:>8,}  {reason}" for reason, count in merged.reasons.items()),
        f"written: {done.path}",
    ]
    return "\n".join(lines)
