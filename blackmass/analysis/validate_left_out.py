"""Each source predicted with constants that have not seen it, to judge a fit by what it does elsewhere."""

import dataclasses
import functools
from collections.abc import Sequence

from blackmass.analysis import validate_leach
from blackmass.analysis.validate_answer import Answer
from blackmass.analysis.validate_table import Case
from blackmass.chemistry.leaching_kinetics import Constant, constants
from blackmass.data.load import table

_COLUMNS = ("left_out", "name", "value", "activation_kJ_mol")


@dataclasses.dataclass(frozen=True)
class LeftOut:
    """Cases whose source was left out of a fit, and the answers of that fit."""

    cases: tuple[Case, ...]
    answers: tuple[Answer, ...]


def left_out(cases: Sequence[Case]) -> LeftOut:
    """Return the leach cases whose source took part in the calibration, as predicted without it."""
    shown: list[Case] = []
    answers: list[Answer] = []
    for source, values in _fits().items():
        part = [case for case in cases if case.kind == "leach" and case.cells.get("source") == source]
        if part:
            shown += part
            answers += validate_leach.predict(part, {**constants(), **values})
    return LeftOut(tuple(shown), tuple(answers))


@functools.cache
def _fits() -> dict[str, dict[str, Constant]]:
    """Source left out to the constants that the fit changes."""
    fits: dict[str, dict[str, Constant]] = {}
    for row in table("leach_left_out.csv", columns=_COLUMNS, key=("left_out", "name")):
        known = constants()[row["name"]]
        fitted = dataclasses.replace(known, value=float(row["value"]), activation=float(row["activation_kJ_mol"]))
        fits.setdefault(row["left_out"], {})[row["name"]] = fitted
    return fits
