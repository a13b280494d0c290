"""Published mean activity coefficients of salts and acids, predicted by the Pitzer-type model."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from blackmass.analysis.validate_answer import Answer
from blackmass.analysis.validate_table import Case
from blackmass.chemistry.salt_solutions import composition, mean_activity
from blackmass.errors import InputError

DEFAULT_CELSIUS = 25.0
"""What is taken where a case does not state it."""


def predict(cases: Sequence[Case]) -> list[Answer]:
    """Return the answers to activity cases; those of one salt are found together."""
    answers = [Answer() for _ in cases]
    alike: dict[str, list[int]] = defaultdict(list)
    for number, (case, answer) in enumerate(zip(cases, answers, strict=True)):
        try:
            composition(case.cells.get("salt", ""))
        except InputError as error:
            answer.reason, answer.unknown = f"{str(error).rstrip('.')} is not known", True
            continue
        if case.number("molality", 1e-6, 30.0) is None:
            answer.reason = "the molality is not stated"
            continue
        alike[case.cells["salt"]].append(number)
    for salt, numbers in alike.items():
        celsius = [answers[n].taken(cases[n].number("T_C", -20.0, 300.0), DEFAULT_CELSIUS, "T_C") for n in numbers]
        molality = [cases[n].number("molality", 1e-6, 30.0) or 0.0 for n in numbers]
        gamma, outside = mean_activity(salt, np.array(molality), 273.15 + np.array(celsius))
        for place, number in enumerate(numbers):
            answer = answers[number]
            if np.isfinite(gamma[place]):
                answer.figures["gamma", salt] = float(gamma[place])
            else:
                answer.reason = "the equilibrium was not found"
            if outside[place]:
                answer.cautions.append("ions without parameters, or too strong")
    return answers
