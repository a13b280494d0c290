"""Published solubilities of salts, predicted by the Pitzer-type model from temperature and what else is dissolved."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from blackmass.analysis.validate_answer import Answer
from blackmass.analysis.validate_table import Case
from blackmass.chemistry.equilibria import COMPONENTS
from blackmass.chemistry.salt_solutions import Saturated, composition, saturated, solids_of, under_gas
from blackmass.errors import InputError
from blackmass.species import molar_mass

Array = npt.NDArray[np.float64]
DEFAULTS = {"T_C": 25.0, "background_mol_kg": 0.0}
"""What is taken where a case does not state it."""


def predict(cases: Sequence[Case]) -> list[Answer]:
    """Return the answers to solubility cases; those of one salt are found together."""
    answers = [Answer() for _ in cases]
    alike: dict[tuple[str, str, bool], list[int]] = defaultdict(list)
    for number, (case, answer) in enumerate(zip(cases, answers, strict=True)):
        salt, solid = case.cells.get("salt", ""), case.cells.get("solid", "")
        why = _refusal(salt, solid, case)
        if why:
            answer.reason, answer.unknown = why, True
        else:
            alike[salt, solid, "CO2_atm" in case.cells].append(number)
    for (salt, solid, gas), numbers in alike.items():
        part = [cases[number] for number in numbers]
        found = _found(salt, solid, gas, part, [answers[number] for number in numbers])
        for place, number in enumerate(numbers):
            _fill(answers[number], cases[number], found, place)
    return answers


def curve(salt: str, celsius: Array) -> Saturated:
    """Return the saturated solutions of a salt in water at temperatures (cases,) [°C]."""
    return saturated(salt, np.zeros((len(COMPONENTS), celsius.size)), 273.15 + celsius)


def _refusal(salt: str, solid: str, case: Case) -> str:
    try:
        composition(salt)
        if case.cells.get("background"):
            composition(case.cells["background"])
    except InputError as error:
        return f"{str(error).rstrip('.')} is not known"
    if not solids_of(salt):
        return f"no solid of '{salt}' has a constant"
    if solid and solid not in solids_of(salt):
        return f"solid '{solid}' has no constant (there are: {', '.join(solids_of(salt))})"
    return ""


def _found(salt: str, solid: str, gas: bool, cases: Sequence[Case], answers: Sequence[Answer]) -> Saturated:
    celsius, background, pressure = [], [], []
    for case, answer in zip(cases, answers, strict=True):
        celsius.append(answer.taken(case.number("T_C", -20.0, 300.0), DEFAULTS["T_C"], "T_C"))
        amount = case.number("background_mol_kg", 0.0, 30.0) or 0.0
        named = case.cells.get("background")
        background.append(amount * composition(named) if named else np.zeros(len(COMPONENTS)))
        pressure.append(case.number("CO2_atm", 1e-9, 100.0) or 0.0)
    kelvin, others = 273.15 + np.array(celsius), np.array(background).T
    if gas:
        return under_gas(salt, others, kelvin, np.array(pressure))
    return saturated(salt, others, kelvin, (solid,) if solid else ())


def _fill(answer: Answer, case: Case, found: Saturated, place: int) -> None:
    """Put the figures in the units of the measured ones."""
    molality = float(found.molality[place])
    if not np.isfinite(molality):
        answer.reason = "no solution of the salt is saturated"
        return
    grams = 1e3 * molar_mass(case.cells["salt"]) * molality
    units = {"mol_kg": molality, "g_kg": grams, "g_100g": grams / 10, "mass_pct": 100 * grams / (1e3 + grams)}
    for unit, value in units.items():
        answer.figures[unit, case.cells["salt"]] = value
    answer.remarks.append(f"solid: {found.solid[place]}")
    if found.out_of_range[place]:
        answer.cautions.append("ions without parameters, or too strong")
