"""`blackmass sweep`."""

import json
import shlex
import sys
from pathlib import Path
from typing import Any

import click

from blackmass.analysis.design import Design, Sample, read_axes, read_ranges
from blackmass.analysis.export import export_csv
from blackmass.analysis.extras import needed
from blackmass.analysis.study import new_study
from blackmass.analysis.study_file import Asked
from blackmass.analysis.sweep import Swept, sweep
from blackmass.cli.progress import shown_progress
from blackmass.cli.study_options import asked, confirm, jobs_of, plant_of, study_options
from blackmass.cli.write import check_folder
from blackmass.errors import InputError
from blackmass.flowsheet.plant import Plant


@click.command("sweep")
@study_options
@click.option("--sample", "cases", type=int, metavar="N", help="Draw N cases instead of a full grid.")
@click.option("--method", help="How they are drawn: sobol [default], lhs or random.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Parquet file, one row a case.")
@click.option("--csv", type=click.Path(path_type=Path), help="The same rows as CSV, for a spreadsheet.")
@click.option("--resume", is_flag=True, help="Go on with what an interrupted run left.")
@click.option("--force", is_flag=True, help="Replace what is there.")
def command(
    flowsheet: str,
    cases: int | None,
    method: str | None,
    out: Path,
    csv: Path | None,
    resume: bool,
    force: bool,
    jobs: int | None,
    scheduler: str | None,
    yes: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Solve many cases of FLOWSHEET and write one row for each into a Parquet file.

    Example: blackmass sweep nmc_hydromet --vary leach.temperature=50:90:9 --vary leach.tanks=2,3,4 --out map.parquet
    """
    needed("pyarrow", "sweep")
    if resume and force:
        raise InputError("--resume goes on with what is there, --force begins anew: give one of them.")
    wanted = asked(options, cases=cases, method=method)
    plant = plant_of(flowsheet, wanted)
    design = design_of(plant, wanted)
    confirm(design.cases, yes)
    if csv is not None:
        check_folder(csv.parent)
    study = new_study(plant, design, wanted.outputs, wanted.constraints)
    try:
        swept = sweep(
            study,
            design,
            out,
            jobs=jobs_of(jobs, design.cases),
            scheduler=scheduler,
            resume=resume,
            force=force,
            command=shlex.join(["blackmass", *sys.argv[1:]]),
            progress=shown_progress(),
        )
    except KeyboardInterrupt:
        click.echo(f"\nwhat was solved is kept beside {out}: the same command with --resume goes on.", err=True)
        raise
    if csv is not None:
        export_csv(out, csv)
    click.echo(json.dumps(_figures(plant, swept), indent=2) if as_json else _text(plant, swept))


def design_of(plant: Plant, wanted: Asked) -> Design:
    """Return the cases that are asked for: a grid, or a sample where a number of cases is given."""
    if wanted.cases is None:
        if wanted.method is not None:
            raise InputError(f"--method {wanted.method} needs --sample N.")
        return read_axes(plant, wanted.axes)
    return Sample(read_ranges(plant, wanted.axes), wanted.cases, wanted.method or "sobol", wanted.seed or 0)


def _figures(plant: Plant, swept: Swept) -> dict[str, Any]:
    return {
        "flowsheet": plant.name,
        "out": str(swept.path),
        "cases": swept.cases,
        "solved_before": swept.before,
        "failed": swept.failed,
        "converged_fraction": 1 - swept.failed / swept.cases,
        "reasons": dict(swept.reasons),
    }


def _text(plant: Plant, swept: Swept) -> str:
    lines = [f"{plant.name}: {swept.cases:,} cases, {swept.failed:,} failed; written: {swept.path}"]
    if swept.before:
        lines.append(f"  {swept.before:,} of them were solved before this run")
    return "\n".join([*lines, *(f"  {count:>6}  {reason}" for reason, count in swept.reasons.items())])
