"""Predicted against published: case files in, one row a case and element, and statistics out."""

import dataclasses
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from blackmass.analysis import (
    validate_activity,
    validate_extraction,
    validate_leach,
    validate_precipitation,
    validate_solubility,
)
from blackmass.analysis.validate_answer import Answer
from blackmass.analysis.validate_left_out import left_out
from blackmass.analysis.validate_table import KINDS, SALT_KINDS, UNITS, Case, CaseFile, read_case_file
from blackmass.errors import InputError

_MODELS: dict[str, Callable[[Sequence[Case]], list[Answer]]] = {
    "leach": validate_leach.predict,
    "sx": validate_extraction.predict,
    "precipitation": validate_precipitation.predict,
    "solubility": validate_solubility.predict,
    "activity": validate_activity.predict,
}
SHOWN_ONLY = "C"
"""Quality of rows that are shown and not counted."""


@dataclasses.dataclass(frozen=True)
class Row:
    """One measured figure of a case beside the predicted one.

    `quantity`: extracted by leaching ("x"), extracted by the organic ("E"), precipitated ("y"), all in per cent,
    "residual" in mg/L, or of a salt the unit of its solubility, or "gamma"; `element` is then the salt. `fitted` says
    which constants were fitted to the figure, "" for none. `predicted` is None where no model has the case; `in_range`
    tells whether the case lies inside the model's range, `remark` what was assumed, left out or missing.
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
    fitted: str = ""
    temperature_C: float | None = None
    molality: float | None = None
    in_water: bool = True
    """Of a salt's figure; not in water: with another salt, under a gas, or of a solid that is named."""

    @property
    def error(self) -> float | None:
        """Predicted less measured, in percentage points (mg/L of a residual, per cent of the value of a salt's)."""
        if self.predicted is None:
            return None
        return self.relative_error if self.of_a_salt else self.predicted - self.measured

    @property
    def relative_error(self) -> float | None:
        """Predicted less measured, in per cent of what is measured."""
        return None if self.predicted is None else 100 * (self.predicted / self.measured - 1)

    @property
    def of_a_salt(self) -> bool:
        """Whether it is a solubility or an activity coefficient."""
        return self.kind in SALT_KINDS

    @property
    def unit(self) -> str:
        """Of what is measured and predicted."""
        return UNITS.get(self.quantity, "mg/L" if self.quantity == "residual" else "%")

    @property
    def counted(self) -> bool:
        """Whether it takes part in the statistics."""
        return self.predicted is not None and not self.quality.startswith(SHOWN_ONLY)

    def as_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {**dataclasses.asdict(self), "unit": self.unit, "error": self.error, "counted": self.counted}


@dataclasses.dataclass(frozen=True)
class Validation:
    """Rows, and what is to be said of the files."""

    rows: tuple[Row, ...]
    warnings: tuple[str, ...]
    left_out: tuple[Row, ...] = ()
    """Rows of sources that took part in a calibration, predicted by a fit without them."""

    def statistics(self) -> dict[str, Any]:
        """Return count, errors and bias of all figures in per cent, and of groups of them; residuals by their ratio.

        Solubilities and activity coefficients stand apart, in per cent of the value, those that constants were fitted
        to beside the others.
        """
        percent = [row for row in self.rows if row.quantity != "residual" and not row.of_a_salt]
        salts = [row for row in self.rows if row.of_a_salt]
        return {
            **statistics(percent),
            "by_kind": _grouped(percent, lambda row: row.kind),
            "by_element": _grouped(percent, lambda row: f"{row.kind} {row.element}"),
            "by_source": _grouped(percent, lambda row: row.source),
            "left_out": _grouped(list(self.left_out), lambda row: row.kind),
            "salts": {
                "by_kind": _grouped(salts, lambda row: f"{row.kind}, {_origin(row)}"),
                "by_salt": _grouped(salts, lambda row: f"{row.kind} of {row.element}, {_origin(row)}"),
                "by_source": _grouped(salts, lambda row: f"{row.kind}, {row.source}"),
            },
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
    return [Path(str(folder.joinpath(f"{kind}.csv"))) for kind in KINDS]


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


def _origin(row: Row) -> str:
    return "fitted" if row.fitted else "independent"


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
            remarks += answer.remarks
        salt = _salt(case) if case.kind in SALT_KINDS else {}
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
                case.cells.get("fitted", ""),
                **salt,
            )
        )
    return found


def _salt(case: Case) -> dict[str, Any]:
    celsius = case.number("T_C", -20.0, 300.0)
    return {
        "temperature_C": 25.0 if celsius is None else celsius,
        "molality": case.number("molality", 1e-6, 30.0),
        "in_water": not any(column in case.cells for column in ("background", "CO2_atm", "solid")),
    }


def _refuse_all_unknown(table: CaseFile, answers: list[Answer]) -> None:
    """Where not one case names things that are known, the file is refused rather than shown empty."""
    if answers and all(answer.unknown for answer in answers):
        case = table.cases[0]
        raise InputError(f"{case.file}:{case.line} ({case.name}): {answers[0].reason}.")
