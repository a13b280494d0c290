"""Solve a study of any size into one Parquet file: by runs of cases, restartable, in memory that does not grow."""

import dataclasses
import functools
import importlib.metadata
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from blackmass.analysis.chunks import Rows, Task, solve_task
from blackmass.analysis.store import Merged, Store, counted
from blackmass.analysis.study import Study
from blackmass.analysis.tabular import arrow, parquet, schema, table
from blackmass.analysis.workers import Crew, answers


@dataclasses.dataclass(frozen=True)
class Part:
    """A solved run of cases as the bytes of a Parquet file."""

    data: bytes
    failed: int


@dataclasses.dataclass(frozen=True)
class Progress:
    """How far a study is: cases done by now, failed among them, and taken over from before."""

    cases: int
    done: int
    failed: int
    resumed: int


@dataclasses.dataclass(frozen=True)
class Swept:
    """Outcome of a sweep."""

    path: Path
    merged: Merged
    resumed: int
    seconds: float


Watch = Callable[[Progress], None]


def version() -> str:
    """Version of the program, as it is written into files."""
    return importlib.metadata.version("blackmass")


def sweep(
    study: Study,
    path: Path,
    workers: Crew,
    *,
    resume: bool = False,
    force: bool = False,
    command: str = "",
    watch: Watch = lambda progress: None,
) -> Swept:
    """Solve every case of a study into a Parquet file.

    Parameters
    ----------
    study : Study
    path : Path
        One row a case; while it runs, parts are in the folder `<path>.parts`.
    workers : Crew
        See `analysis.workers.crew`; the rows do not depend on them.
    resume : bool
        Go on with what is there; the same study only.
    force : bool
        Replace what is there.
    command : str
        Kept in the file.
    watch : callable
        Called with a `Progress` after every run of cases.

    Raises
    ------
    InputError
        The file cannot be written or holds another study.
    SolveError
        Workers end again and again, or the disk is full; what is solved is kept.
    """
    began = time.monotonic()
    facts = {"program": "blackmass", "version": version(), "command": command}
    with Store(path, study.described(), facts) as store:
        if store.begin(resume=resume, force=force):
            merged = counted(path)
            return Swept(path, merged, merged.cases, time.monotonic() - began)
        missing = [number for number in range(study.chunks) if not store.has(number, study.size(number))]
        cases = study.design.cases
        resumed = cases - sum(study.size(number) for number in missing)
        done, failed = resumed, 0
        watch(Progress(cases, done, failed, resumed))
        part = functools.partial(solve_part, schema=schema(study))
        for task, answer in answers(part, (study.task(number) for number in missing), workers):
            store.save(task.number, answer.data)
            done, failed = done + task.cases, failed + answer.failed
            watch(Progress(cases, done, failed, resumed))
        return Swept(path, store.merge(study.chunks), resumed, time.monotonic() - began)


def solve_part(task: Task, schema: Any) -> Part:
    """Solve a run of cases and return its rows as the bytes of a Parquet file."""
    rows = solve_task(task)
    sink = arrow().BufferOutputStream()
    parquet().write_table(table(task, rows, schema), sink, compression="zstd")
    return Part(sink.getvalue().to_pybytes(), int((~rows.converged).sum()))


def evaluate(study: Study, workers: Crew, watch: Watch = lambda progress: None) -> Rows:
    """Solve every case of a study in memory."""
    parts: dict[int, Rows] = {}
    done = failed = 0
    for task, rows in answers(solve_task, (study.task(number) for number in range(study.chunks)), workers):
        parts[task.number] = rows
        done, failed = done + task.cases, failed + int((~rows.converged).sum())
        watch(Progress(study.design.cases, done, failed, 0))
    return Rows.joined([parts[number] for number in range(study.chunks)])
