"""Options that the commands on many cases share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from blackmass.analysis.study_file import Asked, read_study
from blackmass.analysis.workers import default_jobs
from blackmass.cli.options import configured, plant_options
from blackmass.errors import InputError
from blackmass.flowsheet.plant import Plant

MOST_UNASKED = 100_000
_OPTIONS = (
    click.option("--json", "as_json", is_flag=True, help="Print JSON."),
    click.option("--yes", is_flag=True, help=f"Go on without asking beyond {MOST_UNASKED:,} cases."),
    click.option("--scheduler", help='Dask scheduler, such as tcp://host:8786, or "local" for a cluster made here.'),
    click.option("--jobs", type=click.IntRange(1, 1024), help="Processes; as many as processors unless given."),
    click.option("--seed", type=int, help="Seed of what is drawn [0]."),
    click.option("--constraint", "constraints", multiple=True, metavar="EXPR", help='"recovery.Li >= 0.8".'),
    click.option("--output", "outputs", multiple=True, metavar="NAME=EXPR", help="A column of your own."),
    click.option(
        "--study", type=click.Path(path_type=Path), help="TOML file with axes, sample, outputs and constraints."
    ),
    click.option("--vary", multiple=True, metavar="UNIT.PARAM=RANGE", help="What is varied; see docs/sweep.md."),
)


def study_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add FLOWSHEET, --set, --feed, --vary, --study, --output, --constraint, --seed, --jobs, --scheduler."""
    for decorate in _OPTIONS:
        function = decorate(function)
    return plant_options(function)


def asked(options: dict[str, Any], **own: Any) -> Asked:
    """Return what the study file and the command line ask for."""
    given = Asked(
        feed=options["feed"],
        settings=pairs(options["settings"], "--set", "leach.temperature=80degC"),
        axes=pairs(options["vary"], "--vary", "leach.temperature=50:90:9"),
        seed=options["seed"],
        outputs=pairs(options["outputs"], "--output", "loss=1-recovery.Li"),
        constraints=tuple(options["constraints"]),
        **own,
    )
    return given if options["study"] is None else read_study(options["study"]).joined(given)


def plant_of(flowsheet: str, wanted: Asked) -> Plant:
    """Return the plant with the settings and the feed that are asked for."""
    return configured(flowsheet, tuple(f"{path}={value}" for path, value in wanted.settings.items()), wanted.feed)


def pairs(texts: tuple[str, ...], option: str, example: str) -> dict[str, str]:
    """Read NAME=VALUE texts.

    Raises
    ------
    InputError
        One has no "=", or a name is given twice.
    """
    found: dict[str, str] = {}
    for text in texts:
        name, equals, value = (part.strip() for part in text.partition("="))
        if not (name and equals and value):
            raise InputError(f"{option} {text}: write NAME=VALUE, for example {option} {example}.")
        if name in found:
            raise InputError(f"{option} {text}: {name} is given twice.")
        found[name] = value
    return found


def confirm(cases: int, yes: bool) -> None:
    """Refuse very many cases unless they are really wanted."""
    if cases > MOST_UNASKED and not yes:
        raise InputError(f"these are {cases:,} cases, more than {MOST_UNASKED:,}: add --yes if you want them all.")


def jobs_of(jobs: int | None, cases: int) -> int:
    """Return the number of processes: as many as processors, fewer for few cases."""
    return jobs if jobs is not None else min(default_jobs(), max(1, cases // 250))
