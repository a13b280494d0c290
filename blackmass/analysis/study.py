"""A study: a plant, what of it is varied, and what is asked of each case. Its cases are solved chunk by chunk."""

import contextlib
import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from blackmass.analysis.design import Columns, Design
from blackmass.analysis.expressions import Constraint, Expression, read_constraint, read_expression
from blackmass.analysis.knobs import Knob, applied, constants_among
from blackmass.analysis.outputs import STATE, output_names, outputs, state, unit_of
from blackmass.data.constants import replaced
from blackmass.errors import InputError
from blackmass.flowsheet.plant import Plant
from blackmass.flowsheet.result import Result
from blackmass.flowsheet.skeleton import Skeleton
from blackmass.flowsheet.solve import skeleton, solve
from blackmass.flowsheet.start import Start
from blackmass.quantities import from_si

Index = npt.NDArray[np.intp]
CHUNKS = (1000, 500, 250, 125, 60)
FEASIBLE = "feasible"
DIGITS = 14  # of inputs as they are shown
REFUSED, BROKEN = "refused", "broken"


@dataclasses.dataclass(frozen=True)
class Study:
    """What is solved and asked; the same in every process.

    `names` are the outputs of the plant; `extra` are a user's own, as expressions over them and over the inputs.
    Cases start from `base`, the solved plant, or between `anchors`: cases solved ahead, by the values that only a
    batch can hold.
    """

    plant: Plant
    knobs: tuple[Knob, ...]
    names: tuple[str, ...]
    extra: Mapping[str, Expression] = dataclasses.field(default_factory=dict)
    constraints: tuple[Constraint, ...] = ()
    base: Result | None = None
    anchors: Mapping[tuple[Any, ...], Skeleton] = dataclasses.field(default_factory=dict)

    @property
    def columns(self) -> list[str]:
        """Names of all columns, in order."""
        inputs = [knob.path for knob in self.knobs]
        return [*inputs, *STATE, *self.names, *self.extra, *([FEASIBLE] if self.constraints else [])]

    def unit(self, column: str) -> str:
        """Return the unit of a column, "" where it has none."""
        for knob in self.knobs:
            if knob.path == column:
                return knob.unit
        return unit_of(column, self.plant) if column in self.names else ""

    def solved(self, inputs: Columns) -> Columns:
        """Return all columns (cases,) for inputs in SI by path; inputs leave in their declared units."""
        count = len(next(iter(inputs.values())))
        found: Columns = {knob.path: shown(knob, inputs[knob.path]) for knob in self.knobs}
        found |= {name: np.full(count, None, dtype=object) for name in STATE[:3]}
        found |= {"iterations": np.zeros(count, dtype=np.int64)}
        found |= {name: np.full(count, np.nan) for name in self.names}
        for rows in _groups(self.knobs, inputs):
            self._solve_alike(found, inputs, rows)
        self._add_own(found)
        return found

    def _solve_alike(self, found: Columns, inputs: Columns, rows: Index) -> None:
        """Solve cases that one batch can hold.

        Where the plant refuses some of them, or a unit breaks on one, these are found by halves and fail with the
        message; the others are solved.
        """
        try:
            result = self._result(inputs, rows)
        except Exception as error:
            if rows.size > 1:
                for half in np.array_split(rows, 2):
                    self._solve_alike(found, inputs, half)
                return
            refused = isinstance(error, InputError)
            found["status"][rows] = "failed"
            found["reason"][rows] = REFUSED if refused else BROKEN
            found["detail"][rows] = str(error) if refused else f"{type(error).__name__}: {error}"
            return
        for name, values in {**state(result), **outputs(result)}.items():
            if name in found:
                found[name][rows] = values

    def _result(self, inputs: Columns, rows: Index) -> Result:
        key = tuple(_one(inputs[knob.path][rows[0]]) for knob in self.knobs if knob.grouped)
        with self._held(inputs, rows) as plant:
            return solve(plant, warm=self.anchors.get(key, self.base))

    @contextlib.contextmanager
    def _held(self, inputs: Columns, rows: Index) -> Iterator[Plant]:
        """Let the plant and the data hold some rows of the inputs, which share what a batch holds one of."""
        settings = {
            knob.path: _one(inputs[knob.path][rows[0]]) if knob.grouped else inputs[knob.path][rows]
            for knob in self.knobs
        }
        constants = constants_among(settings)
        with replaced(constants) if constants else contextlib.nullcontext():
            yield applied(self.plant, settings)

    def anchored(self, inputs: Columns) -> "Study":
        """Return the study with anchors among some cases (inputs in SI by path); where one is refused, without."""
        anchors = {}
        first = None if self.base is None else Start.of(self.base)
        for rows in _groups(self.knobs, inputs):
            key = tuple(_one(inputs[knob.path][rows[0]]) for knob in self.knobs if knob.grouped)
            with contextlib.suppress(Exception), self._held(inputs, rows) as plant:
                found = skeleton(plant, first)
                if isinstance(found, Skeleton):
                    anchors[key] = found
        return dataclasses.replace(self, anchors=anchors)

    def _add_own(self, found: Columns) -> None:
        numbers = {name: values for name, values in found.items() if values.dtype != object}
        for name, expression in self.extra.items():
            found[name] = numbers[name] = expression.of(numbers)
        if self.constraints:
            kept = [constraint.excess_of(numbers) <= 0 for constraint in self.constraints]
            found[FEASIBLE] = np.all(kept, axis=0)


def new_study(
    plant: Plant, design: Design, extra: Mapping[str, str] | None = None, constraints: Sequence[str] = ()
) -> Study:
    """Return the study of a design on a plant; the plant is solved once, as the start of all cases.

    Raises
    ------
    InputError
        The plant is wired wrongly, or an expression is wrong or names an output that the plant does not have.
    """
    plant.check()
    first = design.columns(0, 1)
    example = applied(plant, {knob.path: _one(first[knob.path][0]) for knob in design.knobs})
    names = tuple(output_names(example))
    study = Study(plant, design.knobs, names, *_own(design.knobs, names, extra or {}, constraints))
    base = solve(plant)
    return dataclasses.replace(study, base=base if base.converged[0] else None)


def _own(
    knobs: Sequence[Knob], names: Sequence[str], extra: Mapping[str, str], constraints: Sequence[str]
) -> tuple[dict[str, Expression], tuple[Constraint, ...]]:
    known = [*names, *(knob.path for knob in knobs if knob.kind not in ("choice", "feed"))]
    own = {}
    for name, text in extra.items():
        if not all(part.isidentifier() for part in name.split(".")) or name in {*known, *STATE, FEASIBLE, "case"}:
            raise InputError(f"output '{name}' cannot be a name: use letters, digits and points, and no name twice.")
        own[name] = read_expression(text).check(known)
        known.append(name)
    read = tuple(read_constraint(text) for text in constraints)
    for constraint in read:
        constraint.excess.check(known)
    return own, read


def chunk_size(cases: int) -> int:
    """Return how many cases are solved in one go: it follows from the number of cases alone."""
    return next((size for size in CHUNKS if cases >= 8 * size), CHUNKS[-1])


def shown(knob: Knob, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return SI values of a knob in its declared unit, without the noise of the conversion."""
    if knob.kind not in ("number", "target"):
        return values
    return np.array([float(f"{value:.{DIGITS}g}") for value in from_si(values, knob.unit)])


def _one(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def _groups(knobs: Sequence[Knob], inputs: Columns) -> list[Index]:
    """Rows that share all values of which a batch holds one."""
    count = len(next(iter(inputs.values())))
    keys = [tuple(row) for row in zip(*(inputs[knob.path] for knob in knobs if knob.grouped), strict=True)]
    rows: dict[tuple[Any, ...], list[int]] = {}
    for number, key in enumerate(keys or [()] * count):
        rows.setdefault(key, []).append(number)
    return [np.array(numbers, dtype=np.intp) for numbers in rows.values()]
