"""Published extractions at equilibrium, predicted from their conditions."""

import re
from collections.abc import Callable, Sequence

import numpy as np

from blackmass import species
from blackmass.analysis.validate_answer import Answer
from blackmass.analysis.validate_names import NotModelled, look_up, meaning, without_strength
from blackmass.analysis.validate_table import Case
from blackmass.chemistry.extraction import Extractant, Liquor, extractant, extractant_names
from blackmass.chemistry.extraction_circuit import contact
from blackmass.chemistry.ranges import cautions
from blackmass.errors import InputError
from blackmass.status import Status
from blackmass.stream import Stream

DEFAULTS = {
    "extractant_M": 0.5,
    "T_C": 25.0,
    "oa_ratio": 1.0,
    "stages": 1.0,
    "feed_pH": 5.0,
    "saponified_fraction": 0.5,
}
"""What is taken where a case does not state it."""
DILUTE = 1e-3
"""mol/L of a metal that is measured and whose concentration is not stated."""
_FORM = re.compile(
    r"\b(?:saponified|sodium salt of|purified|commercial)\b\s*|\s*\(?\b(?:Na|sodium) (?:form|salt)\)?", re.I
)
IONS = {"Li": "Li+", "Na": "Na+", "K": "K+", "Al": "Al+3", "Fe": "Fe+3"}


def predict(cases: Sequence[Case], constants: Callable[[str], Extractant] = extractant) -> list[Answer]:
    """Return the answers to extraction cases; sodium of the alkali counts as fed.

    `constants` gives the extractant of a name, for calibration.
    """
    return [_predict(case, constants) for case in cases]


def _predict(case: Case, constants: Callable[[str], Extractant]) -> Answer:
    answer = Answer()
    figures = _figures(case)
    try:
        chemistry = constants(_extractant(case, answer))
        anion = _medium(case, answer)
    except NotModelled as why:
        answer.reason, answer.unknown = str(why), "not known" in str(why)
        return answer
    pH = figures.pop("pH_equilibrium")
    saponified = figures.pop("saponified_fraction")
    given = {name: answer.taken(value, DEFAULTS[name], name) for name, value in figures.items()}
    if pH is None and saponified is None:
        oxime = chemistry.per_unit == 1
        saponified = answer.taken(None, 0.0 if oxime else DEFAULTS["saponified_fraction"], "saponified_fraction")
    _flag(given, pH, answer)
    liquor = _liquor(case, chemistry, anion, 10 ** -DEFAULTS["feed_pH"] if pH is None else 0.0, answer)
    found = contact(
        chemistry.at(273.15 + given["T_C"]),
        liquor,
        np.array([given["oa_ratio"]]),
        np.array([given["extractant_M"]]),
        stages=int(given["stages"]),
        pH=np.array([np.nan if pH is None else pH]),
        saponified=saponified or 0.0,
    )
    if found.status[0] > Status.OUT_OF_RANGE:
        answer.reason = f"the circuit: {Status(int(found.status[0])).sentence}"
        return answer
    for row, metal in enumerate(chemistry.metals):
        if liquor.metals[row, 0] > 0:
            taken, left = float(found.extract[row, 0]), float(found.raffinate[row, 0])
            answer.figures["E", species.SPECIES[species.index(metal)].formula] = 100 * taken / (taken + left)
    return answer


def _figures(case: Case) -> dict[str, float | None]:
    stages = case.number("stages", 1.0, 100.0)
    if stages is not None and stages != round(stages):
        raise InputError(f"{case.place('stages')}: '{case.cells['stages']}' is not a whole number.")
    return {
        "extractant_M": case.number("extractant_M", 1e-4, 10.0),
        "saponified_fraction": case.number("saponified_fraction", 0.0, 1.0),
        "T_C": case.number("T_C", -20.0, 150.0),
        "pH_equilibrium": case.number("pH_equilibrium", -2.0, 15.0),
        "oa_ratio": _ratio(case),
        "stages": stages,
    }


def _ratio(case: Case) -> float | None:
    """O/A, also written as 1:2."""
    match = re.fullmatch(r"\s*(\d+\.?\d*)\s*[:/]\s*(\d+\.?\d*)\s*", case.cells.get("oa_ratio", ""))
    if match and float(match.group(2)) > 0:
        value = f"{float(match.group(1)) / float(match.group(2)):.12g}"
        case = Case(case.file, case.line, case.kind, {**case.cells, "oa_ratio": value}, ())
    return case.number("oa_ratio", 1e-3, 1e3)


def _extractant(case: Case, answer: Answer) -> str:
    """The model's name of the extractant; modifiers and diluents in a mixture are left out."""
    if "extractant" not in case.cells:
        raise NotModelled("the extractant is not stated")
    text = re.sub(
        r"\b(?:saponified|sodium[- ]salt of|purified|commercial)\b\s*", "", case.cells["extractant"], flags=re.I
    )
    own = extractant_names()
    if look_up(text, "extractant", own) is None and re.search(r"\+|/|&| and | with | in ", text):
        names = [part.strip() for part in re.split(r"\+|/|&| and | with | in ", without_strength(text))]
        rest = [name for name in names if look_up(name, "modifier") is None]
        if len(rest) != 1:
            raise NotModelled(f"extractant '{case.cells['extractant']}': mixtures of extractants are not modelled")
        if len(rest) < len(names):
            modifiers = [name for name in names if name not in rest and look_up(name, "modifier").name != "diluent"]  # type: ignore[union-attr]
            if modifiers:
                answer.cautions.append(f"{', '.join(modifiers)} left out")
        text = rest[0]
    found = meaning(
        Case(case.file, case.line, case.kind, {**case.cells, "extractant": text}, ()), "extractant", "extractant", own
    )
    if found.caution:
        answer.cautions.append(found.caution)
    return found.name


def _medium(case: Case, answer: Answer) -> str:
    if "medium" not in case.cells:
        return "SO4-2"
    found = meaning(case, "medium", "medium")
    if found.caution or found.name != "SO4-2":
        answer.cautions.append(found.caution or "the constants are those of sulfate liquors")
    return found.name


def _flag(given: dict[str, float], pH: float | None, answer: Answer) -> None:
    answer.cautions += cautions("extraction test", {**given, "pH": pH})


def _liquor(case: Case, chemistry: Extractant, anion: str, acid: float, answer: Answer) -> Liquor:
    """One litre of the aqueous feed."""
    amounts: dict[str, float] = {"H+": acid} if acid else {}
    measured = {element for _, element, _ in case.measured}
    stated = {c[5:-3]: case.number(c, 0.0, 600.0) for c in case.cells if c.startswith("feed_") and c.endswith("_gL")}
    dilute = []
    for element in sorted(measured | set(stated)):
        ion = IONS.get(element, f"{element}+2")
        if element not in species.ELEMENTS or ion not in species.NAMES:
            answer.missing[element] = f"{element} is not among the species"
            continue
        grams = stated.get(element)
        amounts[ion] = (grams or 0.0) / (1e3 * species.MOLAR_MASS[species.index(ion), 0])
        if not grams and element in measured:
            amounts[ion] = DILUTE
            dilute.append(element)
        if ion not in chemistry.metals:
            answer.missing[element] = f"there is no constant for {element} with {chemistry.name}"
    if dilute:
        answer.assumed.append(f"dilute {', '.join(dilute)}")
    charge = sum(amount * species.CHARGE[species.index(ion)] for ion, amount in amounts.items())
    amounts[anion] = amounts.get(anion, 0.0) + charge / -species.CHARGE[species.index(anion)]
    feed = Stream.of(amounts | {"H2O": 55.0})
    return Liquor.of(feed, chemistry.metals, feed.volume)
