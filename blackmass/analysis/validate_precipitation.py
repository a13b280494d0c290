"""Published precipitations, predicted from their conditions."""

import dataclasses
from collections.abc import Sequence

from blackmass.analysis.validate_answer import Answer
from blackmass.analysis.validate_names import NotModelled, meaning
from blackmass.analysis.validate_table import Case
from blackmass.chemistry.precipitation_cases import ELEMENTS, REAGENTS, Conditions, anion_of, is_oxidant
from blackmass.chemistry.precipitation_cases import predict as precipitate
from blackmass.chemistry.ranges import cautions
from blackmass.errors import InputError
from blackmass.status import Status

DEFAULTS = {"T_C": 25.0, "reagent_ratio": 1.0, "time_min": 120.0}
"""What is taken where a case does not state it."""


def predict(cases: Sequence[Case]) -> list[Answer]:
    """Return the answers to precipitation cases."""
    return [_predict(case) for case in cases]


def _predict(case: Case) -> Answer:
    answer = Answer()
    celsius = case.number("T_C", -20.0, 300.0)
    pH, ratio = case.number("pH_final", -2.0, 15.0), case.number("reagent_ratio", 0.0, 100.0)
    feed = _feed(case, answer)
    try:
        reagent = _meaning(case, "reagent", "precipitant", "NaOH", answer, tuple(REAGENTS))
        anion = _meaning(case, "medium", "medium", "sulfate", answer)
        if not any(feed.get(element) for element in feed):
            raise NotModelled("the feed is not stated")
        if ratio is None and (pH is None or _acid(reagent)):
            ratio = answer.taken(None, DEFAULTS["reagent_ratio"], "reagent_ratio")
        kelvin = 273.15 + answer.taken(celsius, DEFAULTS["T_C"], "T_C")
        conditions = Conditions(feed, reagent, anion, ratio, pH, kelvin)
        if reagent == "CO2" and pH is None:
            raise NotModelled("CO2 precipitates nothing without an alkali; the final pH is needed")
        if is_oxidant(reagent):
            if not feed.get("Mn"):
                raise NotModelled(f"{reagent} has no manganese to oxidise")
            minutes = answer.taken(case.number("time_min", 0.0, 1e5), DEFAULTS["time_min"], "time_min")
            conditions = dataclasses.replace(conditions, time=60.0 * minutes)
        found = precipitate(conditions)
    except NotModelled as why:
        answer.reason, answer.unknown = str(why), "not known" in str(why)
        return answer
    except InputError as error:
        answer.reason = str(error).rstrip(".")
        return answer
    if found.status > Status.OUT_OF_RANGE:
        answer.reason = f"the equilibrium: {Status(found.status).sentence}"
        return answer
    _flag(found.status, celsius, pH, answer)
    answer.figures = {("y", element): share for element, share in found.precipitated.items()}
    answer.figures |= {("residual", element): left for element, left in found.residual.items()}
    return answer


def _meaning(case: Case, column: str, kind: str, default: str, answer: Answer, own: tuple[str, ...] = ()) -> str:
    if column not in case.cells:
        answer.assumed.append(f"{column} {default}")
        case = Case(case.file, case.line, case.kind, {**case.cells, column: default}, ())
    found = meaning(case, column, kind, own)
    if found.caution:
        answer.cautions.append(found.caution)
    return found.name


def _acid(reagent: str) -> bool:
    """Whether a precipitant is no alkali, so that it cannot be dosed to a pH."""
    return is_oxidant(reagent) or anion_of(reagent) not in (None, "CO3-2") or reagent == "CO2"


def _feed(case: Case, answer: Answer) -> dict[str, float]:
    feed = {}
    for column in case.cells:
        if column.startswith("feed_") and column.endswith("_gL"):
            element, grams = column[5:-3], case.number(column, 0.0, 600.0)
            if element in ELEMENTS:
                feed[element] = grams or 0.0
            elif grams:
                answer.cautions.append(f"{element} of the feed left out")
    for _, element, _ in case.measured:
        if element not in ELEMENTS:
            answer.missing[element] = f"{element} is not among the species"
        elif not feed.get(element):
            answer.missing[element] = f"the feed's {element} is not stated"
    return feed


def _flag(status: int, celsius: float | None, pH: float | None, answer: Answer) -> None:
    answer.cautions += cautions("precipitation test", {"T_C": celsius, "pH_final": pH})
    if status != Status.OK:
        answer.cautions.append("beyond the activity model, or the reagent cannot reach the pH")
