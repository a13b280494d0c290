"""A user's own plant or laboratory data: settings and measured outputs, one row a trial, from CSV."""

import csv
import dataclasses
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from blackmass.analysis.design import Columns
from blackmass.analysis.knobs import Knob, as_column, find_knob
from blackmass.analysis.outputs import output_names, unit_of
from blackmass.errors import InputError, nearest
from blackmass.flowsheet.plant import Plant
from blackmass.quantities import dimension, factor

Array = npt.NDArray[np.float64]
_HEAD = re.compile(r"^\s*(?P<name>[A-Za-z_][\w.]*)\s*(?:\[(?P<unit>[^\]]*)\])?\s*$")
DEVIATION = ".sd"


@dataclasses.dataclass(frozen=True)
class Measured:
    """Trials: what was set (SI, by path), and what was measured (in the units of the outputs).

    `values` and `deviations` are (trials,) by output; NaN where nothing was measured or no deviation is given.
    """

    knobs: tuple[Knob, ...]
    settings: Columns
    values: Mapping[str, Array]
    deviations: Mapping[str, Array]

    @property
    def trials(self) -> int:
        """Number of rows."""
        return len(next(iter(self.values.values())))

    @property
    def count(self) -> int:
        """Number of measured values."""
        return int(sum(np.isfinite(values).sum() for values in self.values.values()))


def read_measured(plant: Plant, path: Path) -> Measured:
    """Read trials from CSV.

    Columns are parameters ("leach.temperature"), outputs ("recovery.Li") and standard deviations of outputs
    ("recovery.Li.sd"); a unit may follow in brackets ("leach.temperature [K]"), else the declared one is meant. An
    empty cell of an output is not measured.

    Raises
    ------
    InputError
        The file cannot be read, a column is unknown, a cell is no number, or nothing is measured.
    """
    head, rows = _table(path)
    outputs = output_names(plant)
    known = [*outputs, *(name + DEVIATION for name in outputs)]
    knobs, settings, figures = [], {}, {}
    for number, text in enumerate(head):
        name, unit = _name(path, text)
        cells = [row[number].strip() for row in rows]
        if name in known:
            figures[name] = _figures(path, name, unit, cells, plant)
        else:
            knob = _knob(plant, path, name, known)
            knobs.append(knob)
            settings[knob.path] = _settings(plant, path, knob, unit, cells)
    values = {name: column for name, column in figures.items() if not name.endswith(DEVIATION)}
    deviations = {name: figures.get(name + DEVIATION, np.full(len(rows), np.nan)) for name in values}
    if not values or not any(np.isfinite(column).any() for column in values.values()):
        raise InputError(f"{path}: nothing is measured; give a column such as recovery.Li.")
    return Measured(tuple(knobs), settings, values, deviations)


def _table(path: Path) -> tuple[list[str], list[list[str]]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = [row for row in csv.reader(file) if any(cell.strip() for cell in row)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: cannot be read ({getattr(error, 'strerror', None) or error}).") from None
    if len(rows) < 2:
        raise InputError(f"{path}: a header and one row or more are needed.")
    head, *body = rows
    for number, row in enumerate(body, start=2):
        if len(row) != len(head):
            raise InputError(f"{path}, row {number}: {len(row)} cells, but the header has {len(head)}.")
    if len(set(head)) < len(head):
        raise InputError(f"{path}: a column is given twice.")
    return head, body


def _name(path: Path, text: str) -> tuple[str, str]:
    match = _HEAD.match(text)
    if match is None:
        raise InputError(f"{path}: column '{text}' is no name; write UNIT.PARAM or UNIT.PARAM [unit].")
    return match["name"], (match["unit"] or "").strip()


def _knob(plant: Plant, path: Path, name: str, known: Sequence[str]) -> Knob:
    try:
        return find_knob(plant, name)
    except InputError as error:
        if name.partition(".")[0] in {one.partition(".")[0] for one in known}:
            raise InputError(f"{path}: there is no output '{name}'{nearest(name, known)}") from None
        raise InputError(f"{path}: {error}") from None


def _settings(plant: Plant, path: Path, knob: Knob, unit: str, cells: list[str]) -> npt.NDArray[np.generic]:
    values = []
    for row, cell in enumerate(cells, start=2):
        text = f"{cell} {unit}" if unit and knob.kind in ("number", "target") else cell
        try:
            values.append(knob.read(plant, text))
        except InputError as error:
            raise InputError(f"{path}, row {row}: {error}") from None
    return as_column(knob, values)


def _figures(path: Path, name: str, unit: str, cells: list[str], plant: Plant) -> Array:
    declared = unit_of(name.removesuffix(DEVIATION), plant)
    if unit and dimension(unit) != dimension(declared):
        raise InputError(f"{path}: {name} is in {declared or 'fractions'}, not in {unit}.")
    scale = factor(unit or declared)[0] / factor(declared)[0]
    values = []
    for row, cell in enumerate(cells, start=2):
        try:
            value = scale * float(cell) if cell else np.nan
        except ValueError:
            raise InputError(f"{path}, row {row}: {name} = '{cell}' is not a number.") from None
        if cell and not np.isfinite(value):
            raise InputError(f"{path}, row {row}: {name} = '{cell}' is not finite.")
        if name.endswith(DEVIATION) and value <= 0:
            raise InputError(f"{path}, row {row}: {name} = '{cell}': a standard deviation is above zero.")
        values.append(value)
    return np.array(values)
