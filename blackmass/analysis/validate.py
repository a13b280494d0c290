"""Predicted against published: case files in, one row a case and element, and statistics out."""

import dataclasses
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from blackmass.analysis import validate_extraction, validate_leach, validate_precipitation
from blackmass.analysis.validate_answer import Answer
from blackmass.analysis.validate_left_out import left_out
from blackmass.analysis.validate_table import KINDS, Case, CaseFile, read_case_file
from blackmass.errors import InputError

_MODELS: dict[str, Callable[[Sequence[Case]], list[Answer]]] = {
    "leach": validate_leach.predict,
    "sx": validate_extraction.predict,
    "precipitation": validate_precipitation.predict,
}
SHOWN_ONLY = "C"
"""Quality of rows that are shown and not counted."""


@dataclasses.dataclass(frozen=True)
class Row:
    """One measured figure of a case beside the predicted one.

    `quantity`: extracted by leaching ("x"), extracted by the organic ("E"), precipitated ("y"), all in per cent, or
    "residual" in mg/L. `predicted` is None where no model has the case; `in_range` tells whether the case lies inside
    the model's range, `remark` what was assumed, left out or missing.
    """

    kind: str
    case: str
    source: str
    quality: str
    element: str
    quantity: str
    measured: float
    predicted: float | None
    in_range: bool
    remark: str

    @property
    def error(self) -> float | None:
        """Predicted less measured, in percentage points (mg/L of a residual)."""
        return None if self.predicted is None else self.predicted - self.measured

    @property
    def counted(self) -> bool:
        """Whether it takes part in the statistics."""
        return self.predicted is not None and not self.quality.startswith(SHOWN_ONLY)

    def as_json(self) -> dict[str, Any]:
        """Return plain values."""
        unit = "mg/L" if self.quantity == "residual" else "%"
        return {**dataclasses.asdict(self), "unit": unit, "error": self.error, "counted": self.counted}


@dataclasses.dataclass(frozen=True)
class Validation:
    """Rows, and what is to be said of the files."""

    rows: tuple[Row, ...]
    warnings: tuple[str, ...]
    left_out: tuple[Row, ...] = ()
    """Rows of sources that took part in a calibration, predicted by a fit without them."""

    def statistics(self) -> dict[str, Any]:
        """Return count, errors and bias of all figures in per cent, and of groups of them; residuals by their ratio."""
        percent = [row for row in self.rows if row.quantity != "residual"]
        return {
            **statistics(percent),
            "by_kind": _grouped(percent, lambda row: row.kind),
            "by_element": _grouped(percent, lambda row: f"{row.kind} {row.element}"),
            "by_source": _grouped(percent, lambda row: row.source),
            "left_out": _grouped(list(self.left_out), lambda row: row.kind),
            "residual": residual_statistics(row for row in self.rows if row.quantity == "residual"),
            "not_counted": sum(row.quality.startswith(SHOWN_ONLY) for row in self.rows),
            "not_predicted": sum(row.predicted is None for row in self.rows),
        }


def validate(files: Iterable[str | Path]) -> Validation:
    """Predict the cases of files.

    Raises
    ------
    InputError
        A file that cannot be read, a figure or name that is wrong, or a file in which no case names known things.
    """
    rows: list[Row] = []
    warnings: list[str] = []
    unseen: list[Row] = []
    for path in files:
        table = read_case_file(path)
        answers = _MODELS[table.kind](table.cases)
        _refuse_all_unknown(table, answers)
        for case, answer in zip(table.cases, answers, strict=True):
            rows += _rows(case, answer)
        again = left_out(table.cases)
        for case, answer in zip(again.cases, again.answers, strict=True):
            unseen += _rows(case, answer)
        if table.ignored:
            warnings.append(f"{path}: columns {', '.join(table.ignored)} are not used.")
    return Validation(tuple(rows), tuple(warnings), tuple(unseen))


def shipped_files() -> list[Path]:
    """Return the case files that ship."""
    folder = resources.files("blackmass.data").joinpath("cases")
    names = {"leach": "leach.csv", "sx": "sx.csv", "precipitation": "precipitation.csv"}
    return [Path(str(folder.joinpath(names[kind]))) for kind in KINDS]


def statistics(rows: Iterable[Row]) -> dict[str, float | int | None]:
    """Return count, median and 90th percentile of the absolute error, and bias, of the rows that count."""
    errors = np.array([row.error for row in rows if row.counted], dtype=float)
    if errors.size == 0:
        return {"count": 0, "median_absolute_error": None, "p90_absolute_error": None, "bias": None}
    size = np.abs(errors)
    return {
        "count": int(errors.size),
        "median_absolute_error": float(np.median(size)),
        "p90_absolute_error": float(np.percentile(size, 90)),
        "bias": float(errors.mean()),
    }


def residual_statistics(rows: Iterable[Row]) -> dict[str, float | int | None]:
    """Return count, median factor between predicted and measured (1: alike), and the share within a factor of 2."""
    pairs = [(row.predicted, row.measured) for row in rows if row.counted and row.measured > 0]
    if not pairs:
        return {"count": 0, "median_factor": None, "within_factor_2": None}
    predicted, measured = np.array(pairs, dtype=float).T
    spread = np.abs(np.log(np.maximum(predicted, 1e-6) / measured))
    return {
        "count": int(spread.size),
        "median_factor": float(np.exp(np.median(spread))),
        "within_factor_2": float(np.mean(spread <= np.log(2.0))),
    }


def _grouped(rows: list[Row], name: Callable[[Row], str]) -> dict[str, dict[str, float | int | None]]:
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[name(row)].append(row)
    return {key: statistics(group) for key, group in groups.items()}


def _rows(case: Case, answer: Answer) -> list[Row]:
    quality = case.cells.get("quality", "").upper()
    found = []
    for quantity, element, measured in case.measured:
        predicted = None if answer.reason else answer.figures.get((quantity, element))
        why = answer.reason or answer.missing.get(element, "")
        if predicted is None:
            remarks = [f"not predicted: {why or f'{element} is not in the model'}"]
        else:
            remarks = [f"outside the model's range: {'; '.join(answer.cautions)}"] if answer.cautions else []
            remarks += [f"assumed: {', '.join(answer.assumed)}"] if answer.assumed else []
        source, in_range = case.cells.get("source", ""), predicted is not None and not answer.cautions
        found.append(
            Row(
                case.kind,
                case.name,
                source,
                quality,
                element,
                quantity,
                measured,
                predicted,
                in_range,
                ". ".join(remarks),
            )
        )
    return found


def _refuse_all_unknown(table: CaseFile, answers: list[Answer]) -> None:
    """Where not one case names things that are known, the file is refused rather than shown empty."""
    if answers and all(answer.unknown for answer in answers):
        case = table.cases[0]
        raise InputError(f"{case.file}:{case.line} ({case.name}): {answers[0].reason}.")
