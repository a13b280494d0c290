"""Solve a run of cases in one go and return their rows: the piece of work that every kind of worker does."""

import dataclasses
import functools
import pickle
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from blackmass.analysis.design import Columns
from blackmass.analysis.expressions import read_expression
from blackmass.analysis.knobs import Knob, applied
from blackmass.analysis.outputs import output_names, outputs, state
from blackmass.flowsheet.plant import Plant
from blackmass.flowsheet.result import Result
from blackmass.flowsheet.solve import solve
from blackmass.quantities import from_si

Array = npt.NDArray[np.float64]


@dataclasses.dataclass(frozen=True, eq=False)
class Task:
    """A run of cases: a pickled plant, what differs between cases, and from where to start.

    Parameters
    ----------
    number, start : int
        Which run this is, and the number of its first case.
    plant : bytes
    knobs : tuple of Knob
    columns : mapping of path to array (cases,), SI
    middle : mapping of path to SI value
        Values of the ungrouped knobs at which one case is solved first; the others start from it.
    asked : mapping of name to text
        Outputs of the user, as expressions.
    """

    number: int
    start: int
    plant: bytes
    knobs: tuple[Knob, ...]
    columns: Columns
    middle: tuple[tuple[str, float], ...]
    asked: Mapping[str, str]

    @property
    def cases(self) -> int:
        """Number of cases."""
        return len(next(iter(self.columns.values())))


@dataclasses.dataclass(frozen=True, eq=False)
class Rows:
    """Solved cases: how each ended, and a column (cases,) for each output."""

    state: dict[str, list[Any]]
    outputs: dict[str, Array]

    @property
    def converged(self) -> npt.NDArray[np.bool_]:
        """Which cases converged (cases,)."""
        return np.isin(self.state["status"], ("ok", "out_of_range"))

    @classmethod
    def joined(cls, parts: Sequence["Rows"]) -> "Rows":
        """Return runs of cases one after the other."""
        state = {name: [item for part in parts for item in part.state[name]] for name in parts[0].state}
        return cls(state, {name: np.concatenate([part.outputs[name] for part in parts]) for name in parts[0].outputs})


def solve_task(task: Task) -> Rows:
    """Solve the cases of a task, those together that one batch can hold."""
    plant: Plant = _unpickled(task.plant)
    names = [*output_names(plant), *task.asked]
    found = {name: np.full(task.cases, np.nan) for name in names}
    ended: dict[str, list[Any]] = {name: [None] * task.cases for name in ("status", "reason", "iterations")}
    for grouped, numbers in _groups(task):
        values: dict[str, Any] = {path: column[numbers] for path, column in _free(task).items()}
        home = _home(task.plant, tuple(grouped.items()), task.middle)
        result = solve(applied(plant, {**grouped, **values}), warm=home)
        for name, column in outputs(result).items():
            found[name][numbers] = column
        for name, items in state(result).items():
            for number, item in zip(numbers, items, strict=True):
                ended[name][number] = item
    rows = Rows(ended, found)
    failed = ~rows.converged
    for name, text in task.asked.items():
        found[name] = np.where(failed, np.nan, read_expression(text).of({**shown(task.knobs, task.columns), **found}))
    return rows


def shown(knobs: tuple[Knob, ...], columns: Columns) -> Columns:
    """Return the input columns that are numbers, in their declared units."""
    return {
        knob.path: np.asarray(from_si(columns[knob.path], knob.unit), dtype=float)
        for knob in knobs
        if knob.kind not in ("choice", "feed")
    }


def _free(task: Task) -> Columns:
    return {knob.path: task.columns[knob.path] for knob in task.knobs if not knob.grouped}


def _groups(task: Task) -> list[tuple[dict[str, Any], npt.NDArray[np.intp]]]:
    """Which cases share their whole numbers, choices, targets and feeds."""
    paths = [knob.path for knob in task.knobs if knob.grouped]
    members: dict[tuple[Any, ...], list[int]] = {}
    for number, key in enumerate(zip(*(task.columns[path].tolist() for path in paths), strict=True)):
        members.setdefault(key, []).append(number)
    if not paths:
        members[()] = list(range(task.cases))
    return [(dict(zip(paths, key, strict=True)), np.array(numbers)) for key, numbers in members.items()]


@functools.lru_cache(maxsize=8)
def _unpickled(plant: bytes) -> Plant:
    return pickle.loads(plant)  # type: ignore[no-any-return]


@functools.lru_cache(maxsize=64)
def _home(plant: bytes, grouped: tuple[tuple[str, Any], ...], middle: tuple[tuple[str, float], ...]) -> Result | None:
    """The case in the middle, from which its neighbours start; None if it does not converge."""
    result = solve(applied(_unpickled(plant), dict(grouped + middle)))
    return result if result.converged.all() else None
