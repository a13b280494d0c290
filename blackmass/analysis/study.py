"""A study: a plant, what is varied of it, and what is asked of every case."""

import dataclasses
import functools
import hashlib
import json
import pickle
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from blackmass.analysis.chunks import Task, shown
from blackmass.analysis.design import Design
from blackmass.analysis.expressions import read_constraint, read_expression
from blackmass.analysis.outputs import output_names
from blackmass.errors import InputError
from blackmass.flowsheet.plant import Plant

SMALLEST, LARGEST, PARTS = 50, 1000, 16


@dataclasses.dataclass(frozen=True, eq=False)
class Study:
    """The cases of a design for a plant, cut into runs of `chunk` cases whose bounds no worker can change."""

    plant: Plant
    design: Design
    chunk: int
    asked: Mapping[str, str] = dataclasses.field(default_factory=dict)

    @classmethod
    def of(cls, plant: Plant, design: Design, *, asked: Mapping[str, str] | None = None, chunk: int = 0) -> "Study":
        """Return a study, checked; runs are as long as suits the number of cases unless `chunk` says otherwise.

        Raises
        ------
        InputError
            The plant is wired wrongly, or an output names what there is not.
        """
        plant.check()
        size = chunk or min(max(-(-design.cases // PARTS), SMALLEST), LARGEST)
        study = cls(plant, design, size, dict(asked or {}))
        for name, text in study.asked.items():
            if not name.replace(".", "_").isidentifier() or name in study.known:
                raise InputError(f"output '{name}': choose another name, of letters, digits and underscores.")
            read_expression(text).check(study.known)
        return study

    @property
    def known(self) -> list[str]:
        """Names that an expression may use: inputs that are numbers, and outputs."""
        inputs = [knob.path for knob in self.design.knobs if knob.kind not in ("choice", "feed")]
        return [*inputs, *output_names(self.plant)]

    @property
    def outputs(self) -> list[str]:
        """Names of the output columns."""
        return [*output_names(self.plant), *self.asked]

    @property
    def chunks(self) -> int:
        """Number of runs."""
        return -(-self.design.cases // self.chunk)

    def task(self, number: int) -> Task:
        """Return one run of cases."""
        start = number * self.chunk
        columns = self.design.columns(start, min(start + self.chunk, self.design.cases))
        return Task(number, start, self._pickled, self.design.knobs, columns, self._middle, self.asked)

    def size(self, number: int) -> int:
        """Return the number of cases of a run."""
        return min(self.chunk, self.design.cases - number * self.chunk)

    def described(self) -> dict[str, Any]:
        """Return what defines the study, JSON-ready: two studies are the same if this is."""
        return {
            "flowsheet": self.plant.name,
            "flowsheet_hash": fingerprint(self.plant),
            **self.design.described(),
            "cases": self.design.cases,
            "chunk": self.chunk,
            "outputs": dict(self.asked),
        }

    @functools.cached_property
    def _pickled(self) -> bytes:
        try:
            return pickle.dumps(self.plant)
        except (pickle.PicklingError, AttributeError, TypeError) as error:
            raise InputError(
                f"plant '{self.plant.name}' cannot be sent to workers ({error}): put its own operations and measures "
                f"in a module that can be imported."
            ) from None

    @functools.cached_property
    def _middle(self) -> tuple[tuple[str, float], ...]:
        columns = self.design.columns(0, min(self.design.cases, 1 << 12))
        free = [knob for knob in self.design.knobs if not knob.grouped]
        return tuple((knob.path, float(np.median(columns[knob.path]))) for knob in free)


def worst_excess(constraints: Sequence[str]) -> dict[str, str]:
    """Return the output `constraints.excess`: by how much the worst constraint is broken; at most 0 where none is."""
    texts = [read_constraint(text).excess.text for text in constraints]
    return {"constraints.excess": functools.reduce(lambda a, b: f"max({a}, {b})", texts)} if texts else {}


def inputs_shown(task: Task) -> dict[str, Any]:
    """Return the input columns of a task as they are written: numbers in declared units, choices as text."""
    numbers = shown(task.knobs, task.columns)
    return {
        knob.path: task.columns[knob.path].astype(np.int64)
        if knob.kind == "whole"
        else numbers.get(knob.path, task.columns[knob.path])
        for knob in task.knobs
    }


def fingerprint(plant: Plant) -> str:
    """Return a hash of all that a plant is: feeds, units with their parameters and connections, specs, ends."""
    facts = {
        "feeds": {name: [feed.stream.flow, feed.stream.temperature] for name, feed in plant.feeds.items()},
        "units": {
            name: [type(unit.operation).__name__, {p: getattr(unit.operation, p) for p in unit.operation.params}]
            for name, unit in plant.units.items()
        },
        "wires": {
            name: {port: source.name for port, source in unit.connections.items()} for name, unit in plant.units.items()
        },
        "recycles": {name: None if wire is None else wire.name for name, wire in plant.recycles.items()},
        "reagents": {name: reagent.composition.flow for name, reagent in plant.reagents.items()},
        "specs": {s.name: [s.measure.name, s.target, s.vary, s.low, s.high] for s in plant.specs.values()},
        "ends": {t.name: [t.kind, t.wire.name, list(t.main)] for t in plant.terminals.values()},
        "tears": [wire.name for wire in plant.tears],
    }
    return hashlib.sha256(json.dumps(facts, default=_exactly, sort_keys=True).encode()).hexdigest()[:16]


def _exactly(value: Any) -> Any:
    return [float(number).hex() for number in np.ravel(np.asarray(value, dtype=float))]
