"""Solve all cases of a study and keep them in a Parquet file; a study that was stopped goes on where it was."""

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

import blackmass
from blackmass.analysis.design import BLOCK, Columns, Design
from blackmass.analysis.fingerprint import fingerprint
from blackmass.analysis.store import Store, ends_of, schema_of
from blackmass.analysis.study import FEASIBLE, Study, chunk_size
from blackmass.analysis.workers import Task, solve_chunks

MANY, MOST = 500, 20_000  # cases from which some are solved ahead, and cases among which these are chosen
_TEXTS = ("status", "reason", "detail")


@dataclasses.dataclass(frozen=True)
class Progress:
    """How far a study is: cases done, of them solved before this run, failed in this run."""

    done: int
    cases: int
    before: int
    failed: int


@dataclasses.dataclass(frozen=True)
class Swept:
    """A finished sweep: cases, how many of them were solved before this run, and why the failed ones failed."""

    path: Path
    cases: int
    before: int
    reasons: Mapping[str, int]

    @property
    def failed(self) -> int:
        """Number of failed cases."""
        return sum(self.reasons.values())


def sweep(
    study: Study,
    design: Design,
    path: Path,
    *,
    jobs: int = 1,
    scheduler: str | None = None,
    resume: bool = False,
    force: bool = False,
    command: str = "",
    progress: Callable[[Progress], None] = lambda progress: None,
) -> Swept:
    """Solve every case of a design and write one row for each.

    What is written does not depend on `jobs` or on interruptions: chunks follow from the number of cases alone.

    Raises
    ------
    InputError
        The file cannot be written or belongs to another study, or the scheduler cannot be reached.
    SolveError
        Workers or the scheduler died; what was solved is kept.
    """
    starts = list(range(0, design.cases, chunk_size(design.cases)))
    rows = [stop - start for start, stop in zip(starts, [*starts[1:], design.cases], strict=True)]
    store = Store(path, about(study, design), schema(study), rows, command).open(resume=resume, force=force)
    before = design.cases if store.complete else sum(rows[number] for number in store.done)
    done, failed = before, 0
    progress(Progress(done, design.cases, before, failed))
    try:
        if not store.complete:
            if design.cases >= MANY:
                study = study.anchored(some_of(design, MOST))
            tasks = _tasks(design, starts, rows, frozenset(store.done))
            for number, columns in solve_chunks(study, tasks, jobs, scheduler):
                store.write(number, starts[number], columns)
                done, failed = done + rows[number], failed + int((columns["status"] != "converged").sum())
                progress(Progress(done, design.cases, before, failed))
        store.finish()
    finally:
        store.close()
    ends = ends_of(path)
    reasons = {reason: count for (status, reason), count in ends.items() if status != "converged"}
    return Swept(path, design.cases, before, dict(sorted(reasons.items(), key=lambda item: -item[1])))


def _tasks(design: Design, starts: list[int], rows: list[int], done: frozenset[int]) -> Iterator[Task]:
    for number, (start, count) in enumerate(zip(starts, rows, strict=True)):
        if number not in done:
            yield number, design.columns(start, start + count)


def some_of(design: Design, most: int) -> Columns:
    """Return the inputs of at most so many cases, drawn from blocks of all; the same ones each time."""
    draw, parts = np.random.default_rng(0), list[Columns]()
    for start in range(0, design.cases, BLOCK):
        columns = design.columns(start, min(start + BLOCK, design.cases))
        count = min(design.cases - start, BLOCK)
        share = count if design.cases <= most else max(count * most // design.cases, 1)
        rows = np.sort(draw.choice(count, share, replace=False))
        parts.append({path: values[rows] for path, values in columns.items()})
    return {path: np.concatenate([part[path] for part in parts]) for path in parts[0]}


def about(study: Study, design: Design) -> dict[str, Any]:
    """Return what defines a study, JSON-ready."""
    described = design.described()
    return {
        "version": blackmass.__version__,
        "flowsheet": study.plant.name,
        "flowsheet_hash": fingerprint(study.plant),
        "seed": described.get("seed"),
        "cases": design.cases,
        **{key: value for key, value in described.items() if key != "seed"},
        "outputs": {name: expression.text for name, expression in study.extra.items()},
        "constraints": [constraint.text for constraint in study.constraints],
    }


def schema(study: Study) -> Any:
    """Return the Parquet schema of a study."""
    kinds = {name: "float" for name in study.columns}
    for knob in study.knobs:
        kinds[knob.path] = {"whole": "int", "choice": "text", "feed": "text"}.get(knob.kind, "float")
    kinds |= {name: "text" for name in _TEXTS} | {"iterations": "int"}
    if study.constraints:
        kinds[FEASIBLE] = "bool"
    return schema_of(kinds, {name: study.unit(name) for name in study.columns})
