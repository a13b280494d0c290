"""Published batch leaches, predicted from their conditions."""

import re
import unicodedata
from collections.abc import Sequence

import numpy as np

from blackmass.analysis.validate_answer import Answer
from blackmass.analysis.validate_names import Meaning, NotModelled, look_up, meaning
from blackmass.analysis.validate_table import Case, figure
from blackmass.chemistry.leaching_cases import BatchCases, batch_case, parts_of, powder, reagent_names
from blackmass.chemistry.leaching_kinetics import Constant
from blackmass.errors import InputError
from blackmass.species import ELEMENTS, molar_mass
from blackmass.status import Status

DEFAULTS = {"acid_M": 2.0, "reductant_M": 0.5, "T_C": 25.0, "time_min": 60.0, "S_L_gL": 50.0}
"""What is taken where a case does not state it."""
REAGENTS = {"acid": "H2SO4", "reductant": "H2O2"}
"""What is taken where a concentration stands without a name."""
_DOPANTS = r"(?:Ti|Zr|W|Nb|Mo|Ta|B|Cr|V|Sr|Ba|Y|La|Ce|Ga|Sn|Sb|Te)(\d*\.?\d*)"
_LIMITS = {"acid_M": (0.0, 30.0), "reductant_M": (0.0, 30.0), "T_C": (-20.0, 250.0), "time_min": (0.0, 1e5)}


def predict(cases: Sequence[Case], values: dict[str, Constant] | None = None) -> list[Answer]:
    """Return the answers to leach cases, all of them solved in one batch.

    `values` are constants in place of those of the data, for cross-validation.
    """
    answers = [Answer() for _ in cases]
    read = [_read(case, answer) for case, answer in zip(cases, answers, strict=True)]
    picked = [number for number, conditions in enumerate(read) if conditions is not None]
    if not picked:
        return answers
    columns = list(zip(*(read[number] for number in picked), strict=True))  # type: ignore[arg-type]
    feed, acid, reductant = columns[:3]
    acid_M, reductant_M, celsius, minutes, density = (np.array(column, dtype=float) for column in columns[3:])
    batch = BatchCases(
        feed, acid, acid_M * 1e3, reductant, reductant_M * 1e3, celsius + 273.15, minutes * 60.0, density
    )
    shares, status = batch_case(batch, values)
    for position, number in enumerate(picked):
        answer = answers[number]
        for element, share in shares.items():
            if np.isfinite(share[position]):
                answer.figures["x", element] = 100 * float(share[position])
            else:
                answer.missing[element] = f"the feed '{feed[position]}' holds no {element}"
        if status[position] > Status.OUT_OF_RANGE:
            answer.reason, answer.figures = f"the leach: {Status(int(status[position])).sentence}", {}
        elif status[position] != Status.OK and not answer.cautions:
            answer.cautions.append("conditions or reagents beyond those that the leach was calibrated on")
    return answers


def _read(case: Case, answer: Answer) -> tuple[str, str, str, float, float, float, float, float] | None:
    """Feed, acid, reductant, their concentrations, temperature, time, density; None with the reason in `answer`."""
    figures = {name: case.number(name, *limits) for name, limits in _LIMITS.items() if not _mixed(case, name)}
    density = case.number("S_L_gL", 1e-3, 5000.0)
    try:
        feed = _feed(case, answer)
        acid, acid_M = _reagent(case, "acid", figures.get("acid_M"), answer)
        solid = look_up(case.cells.get("reductant", ""), "solid reductant")
        if solid is None:
            reductant, reductant_M = _reagent(case, "reductant", figures.get("reductant_M"), answer)
        else:
            reductant, reductant_M = "none", 0.0
    except NotModelled as why:
        answer.reason, answer.unknown = str(why), "not known" in str(why)
        return None
    celsius = answer.taken(figures["T_C"], DEFAULTS["T_C"], "T_C")
    minutes = answer.taken(figures["time_min"], DEFAULTS["time_min"], "time_min")
    solids = answer.taken(density, DEFAULTS["S_L_gL"], "S_L_gL")
    if solid is not None:
        moles = answer.taken(figures.get("reductant_M"), DEFAULTS["reductant_M"], "reductant_M")
        feed, solids = _with_solid(feed, solids, solid.name, 1e3 * moles * molar_mass(solid.name))
    return feed, acid, reductant, acid_M, reductant_M, celsius, minutes, solids


def _with_solid(feed: str, density: float, name: str, added: float) -> tuple[str, float]:
    """A powder and g/L of it, with `added` g/L of a solid that reduces."""
    if added <= 0:
        return feed, density
    parts = parts_of(feed, "feed")
    total = sum(share for share, _ in parts)
    shares = [*((density * share / total, part) for share, part in parts), (added, name)]
    return " + ".join(f"{share:.9g} {part}" for share, part in shares), density + added


def _mixed(case: Case, column: str) -> bool:
    return column.endswith("_M") and "+" in case.cells.get(column, "")


def _reagent(case: Case, column: str, amount: float | None, answer: Answer) -> tuple[str, float]:
    """Name in the model's words, and mol/L."""
    text = case.cells.get(column, "none")
    if column not in case.cells and amount:
        text = REAGENTS[column]
        answer.assumed.append(f"{column} {text}")
    case = Case(case.file, case.line, case.kind, {**case.cells, column: text}, ())
    if _whole(text) is None and re.search(r"\+|/|&| and ", text):
        return _mixture(case, column, answer)
    found = meaning(case, column, "reagent", reagent_names())
    if found.caution:
        answer.cautions.append(found.caution)
    if found.name == "none":
        return "none", 0.0
    if amount is None and _mixed(case, f"{column}_M"):
        raise InputError(f"{case.place(f'{column}_M')}: one concentration is needed for the one {column} '{text}'.")
    default = DEFAULTS[f"{column}_M"]
    return found.name, answer.taken(amount, default, f"{column}_M")


def _mixture(case: Case, column: str, answer: Answer) -> tuple[str, float]:
    """Several reagents, their concentrations stated as "1.0 + 0.5"; a single one is that of the first."""
    names = [part.strip() for part in re.split(r"\+|/|&| and ", case.cells[column])]
    found = []
    for name in names:
        part = meaning(Case(case.file, case.line, case.kind, {column: name}, ()), column, "reagent", reagent_names())
        if part.caution:
            answer.cautions.append(part.caution)
        found.append(part.name)
    text = case.cells.get(f"{column}_M", "")
    amounts = [figure(part, case.place(f"{column}_M")) or 0.0 for part in text.split("+")] if text else []
    if len(amounts) == 1:
        answer.cautions.append(f"{', '.join(names[1:])} left out of the {column}: its concentration is not stated")
        amounts += [0.0] * (len(names) - 1)
    if len(amounts) != len(names):
        raise NotModelled(
            f"{column} '{case.cells[column]}' is a mixture; its concentrations are needed as "
            f"{column}_M {' + '.join(['1.0', '0.5', '0.2', '0.1'][: len(names)])}"
        )
    kept = [(amount, name) for amount, name in zip(amounts, found, strict=True) if amount > 0 and name != "none"]
    total = sum(amount for amount, _ in kept)
    return (" + ".join(f"{amount / total:.9g} {name}" for amount, name in kept) or "none"), total


def _whole(text: str) -> Meaning | None:
    return look_up(text, "reagent", reagent_names())


def _feed(case: Case, answer: Answer) -> str:
    """The feed as `powder` reads it: names as formulas, fractions as decimals, dopants left out."""
    text = unicodedata.normalize("NFKC", case.cells.get("feed", ""))
    if not text:
        raise NotModelled("the feed is not stated")
    parts = [_material(part.strip(), answer) for part in re.split(r"\s*\+\s*|\s+and\s+|\s*&\s*|\s*;\s*", text)]
    feed = " + ".join(parts)
    try:
        powder(feed)
    except InputError as error:
        if re.search(r"[A-Z][a-z]?[\d.]*[A-Z]", text):
            raise NotModelled(str(error).rstrip(".")) from None
        raise NotModelled(f"feed '{text}' is not known: a formula such as LiNi0.6Mn0.2Co0.2O2 is needed") from None
    return feed


def _material(text: str, answer: Answer) -> str:
    """A part of the feed, with its share by mass in front where that is stated."""
    match = re.fullmatch(r"(\d*\.?\d+)\s*(?:(%|wt\.?\s?%|mass\s?%)\s*)?\s*(?:of\s+)?(?=[A-Z])(.*)", text)
    share, name = (match.group(1), match.group(3)) if match else ("", text)
    name = re.sub(r"^(?:spent|waste|black mass|powder)\s+|\s+(?:powder|black mass|cathode|scrap)$", "", name.strip())
    name = re.sub(r"\s+\([a-z][^)]*\)$|/C$|@C$", "", name)
    known = look_up(name, "feed")
    formula = known.name if known else _by_ratio(name) or re.sub(r"\s+|·.*$", "", name)
    formula = re.sub(r"(\d+)/(\d+)", lambda m: f"{float(m.group(1)) / float(m.group(2)):.6f}", formula)
    stripped = formula
    for dopant in re.finditer(_DOPANTS, formula):
        if f"{dopant.group(0)[0]}{dopant.group(0)[1:2]}" not in ELEMENTS:
            stripped = stripped.replace(dopant.group(0), "", 1)
    if stripped != formula:
        answer.cautions.append(f"dopants of {formula} left out")
    return f"{share} {stripped}".strip()


def _by_ratio(name: str) -> str | None:
    """The formula of "NMC 6:2:2", "NCM(83:12:5)" or "NMC721", whose figures are Ni:Mn:Co or Ni:Co:Mn."""
    match = re.fullmatch(r"(NMC|NCM)[\s(-]*(?:([\d.]+):([\d.]+):([\d.]+)|(\d)(\d)(\d))\)?", name, re.IGNORECASE)
    if not match:
        return None
    amounts = [float(group) for group in match.groups()[1:] if group]
    if sum(amounts) <= 0:
        return None
    metals = ("Ni", "Mn", "Co") if match.group(1).upper() == "NMC" else ("Ni", "Co", "Mn")
    return "Li" + "".join(f"{m}{a / sum(amounts):.6f}" for m, a in zip(metals, amounts, strict=True) if a > 0) + "O2"
