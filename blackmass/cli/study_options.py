"""Options that sweep, sensitivity, optimize and fit share."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from blackmass.analysis.study_file import StudyFile, read_study_file
from blackmass.errors import InputError

CONFIRM = 100_000


def worker_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add --jobs, --scheduler, --json."""
    for decorate in (
        click.option("--json", "as_json", is_flag=True, help="Print JSON."),
        click.option("--scheduler", default="", metavar="ADDRESS", help="Dask scheduler, such as tcp://host:8786."),
        click.option("--jobs", type=int, default=None, help="Worker processes [default: one per core]."),
    ):
        function = decorate(function)
    return function


def study_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add --vary, --output and --study."""
    for decorate in (
        click.option("--study", type=click.Path(path_type=Path), help="TOML file with [vary], [outputs], sample, ..."),
        click.option("--output", "asked", multiple=True, metavar="NAME=EXPRESSION", help="One more output column."),
        click.option("--vary", multiple=True, metavar="PATH=RANGE", help="What to vary; repeat for more."),
    ):
        function = decorate(function)
    return function


def jobs_wanted(jobs: int | None) -> int:
    """Return the number of processes: as many as this process may use, unless told."""
    if jobs is not None:
        return jobs
    available = getattr(os, "sched_getaffinity", None)
    return len(available(0)) if available else os.cpu_count() or 1


def pairs(option: str, given: tuple[str, ...], example: str) -> dict[str, str]:
    """Return {name: text} of repeated NAME=TEXT options."""
    found: dict[str, str] = {}
    for item in given:
        name, equals, text = item.partition("=")
        if not equals or not name.strip() or not text.strip():
            raise InputError(f"{option} {item}: write {example}.")
        if name.strip() in found:
            raise InputError(f"{option} {name.strip()}: given twice.")
        found[name.strip()] = text.strip()
    return found


def study_file(path: Path | None) -> StudyFile:
    """Return what a study file says, or nothing."""
    return StudyFile() if path is None else read_study_file(path)


def check_count(cases: int, yes: bool) -> None:
    """Refuse very many cases unless they are confirmed."""
    if cases > CONFIRM and not yes:
        raise InputError(f"this is {cases:,} cases, more than {CONFIRM:,}: add --yes if that is meant.")
