"""Black mass by elemental assay: which species hold the elements that the laboratory found."""

import csv
import dataclasses
import functools
import math
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from scipy.optimize import lsq_linear

from blackmass import species
from blackmass.data.load import table
from blackmass.declare import PerCase
from blackmass.errors import InputError, nearest
from blackmass.stream import Array, Stream

RELATIVE_UNCERTAINTY = 0.02
ABSOLUTE_UNCERTAINTY = 0.0002
"""Assumed where the assay gives none: 2 % of the value or 0.02 wt%, the larger."""
_TOLERATED = 4.0
"""Residual in uncertainties above which an element is not explained."""
_CLOSURE = 0.02
"""Share by which the species may sum to more than the sample, for the sum of analytical errors."""
_MOST_REST = 0.25
_LITHIUM_RANGE = (0.2, 1.6)
"""Lithium per Ni + Co + Mn + Fe(phosphate) of any cathode material, aged, with its salts [mol/mol]."""
_PREFERENCE = 1e-3
_METALS = ("Ni", "Co", "Mn")
_EXCHANGED = (("LiNiO2", "NiO2"), ("LiCoO2", "CoO2"), ("LiMnO2", "MnO2"), ("LiFePO4", "FePO4"))


@dataclasses.dataclass(frozen=True)
class Measured:
    """An assayed element: mass fraction and standard uncertainty, both kg/kg."""

    fraction: float
    uncertainty: float


@dataclasses.dataclass(frozen=True)
class Assay:
    """An assay turned into species.

    Attributes
    ----------
    fractions : mapping of species to mass fraction, summing to 1
    residuals : mapping of element to measured minus explained mass fraction
    rest : mass fraction that no assayed element accounts for, carried as water (moisture) or, where carbon is
        not assayed, as graphite
    """

    fractions: Mapping[str, float]
    residuals: Mapping[str, float]
    rest: float


def read_assay(path: Path) -> dict[str, Measured]:
    """Read an assay file: CSV with element,wt_pct[,uncertainty], or TOML with `Ni = 22.1` or `Ni = [22.1, 0.3]`.

    Raises
    ------
    InputError
        With file and line: the file cannot be read, an element is unknown or stands there twice, a value is no number.
    """
    text = _text(path)
    rows = _toml_rows(text, path) if path.suffix == ".toml" else _csv_rows(text, path)
    found: dict[str, Measured] = {}
    for line, element, value, uncertainty in rows:
        if element in found:
            raise InputError(f"{path}:{line}: {element} stands there twice.")
        try:
            found[element] = _measured(element, value, uncertainty)
        except InputError as error:
            raise InputError(f"{path}:{line}: {error}") from None
    return found


def read_assay_sizes(path: Path) -> dict[str, str]:
    """Return what an assay in TOML says of particle sizes in its table [sizes], as options of a feed; else nothing.

    `file = "sieves.csv"` names a sieve table beside the assay; `d50 = "40 um"` and `spread = 1.2` a distribution.

    Raises
    ------
    InputError
        An entry that is none of these.
    """
    if path.suffix != ".toml":
        return {}
    found = _toml(_text(path), path).get("sizes", {})
    if not isinstance(found, dict):
        raise InputError(f"assay file '{path}': [sizes] must be a table with file, or d50 and spread.")
    for key in found:
        if key not in (known := ("file", "d50", "spread")):
            raise InputError(f"assay file '{path}': [sizes] has no entry '{key}'{nearest(key, known)}")
    sizes = {key: str(value) for key, value in found.items()}
    if "file" in sizes:
        sizes["sizes"] = str(path.parent / sizes.pop("file"))
    return sizes


def solve_assay(assay: "Mapping[str, Measured] | Mapping[str, float]") -> Assay:
    """Turn an elemental assay into species by constrained least squares.

    Minimises the squared residuals over uncertainties with all species zero or more. What is left open (nickel as
    LiNiO2 or NiO2 without a lithium figure, for example) goes to the usual carriers by the ranks of
    data/assay_species.csv. Delithiation is then spread over Ni, Co, Mn and olivine alike, as after one service life.
    Oxygen and hydrogen need not be assayed: they follow the species.

    Parameters
    ----------
    assay : mapping of element to `Measured`, or to wt%

    Raises
    ------
    InputError
        An assay that no mixture of the species can have; names the element, the value and the reason.
    """
    measured = {
        element: value if isinstance(value, Measured) else _measured(element, value, None)
        for element, value in assay.items()
    }
    _check_totals(measured)
    _check_lithium(measured)
    _check_oxygen(measured)
    names = _candidates(measured)
    moles = _fit(measured, names)
    _check_mass(measured, names, moles)
    residuals = _residuals(measured, names, moles)
    _check_residuals(measured, residuals)
    amounts = _alike_aged(dict(zip(names, moles, strict=True)))
    masses = {name: amount * species.MOLAR_MASS[species.index(name), 0] for name, amount in amounts.items()}
    rest = 1 - sum(masses.values())
    _take_up_rest(masses, rest, "C" in measured)
    total = sum(masses.values())
    fractions = {name: mass / total for name, mass in masses.items() if mass > 0}
    return Assay(fractions, residuals, rest)


def assay_stream(assay: Assay, flow: PerCase) -> Stream:
    """Return a stream of black mass of an assay at a mass flow [kg/s], one value or (cases,).

    Raises
    ------
    InputError
        The flow is not positive and finite.
    """
    rate = np.atleast_1d(np.asarray(flow, dtype=float))
    if not np.all(np.isfinite(rate) & (rate > 0)):
        raise InputError(f"black mass flow = {flow} kg/s: it must be positive and finite.")
    return Stream.of_mass({name: share * rate for name, share in assay.fractions.items()}, cases=rate.size)


# --- reading -------------------------------------------------------------------------------------------
def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"assay file '{path}' cannot be read: {getattr(error, 'strerror', None) or error}.") from None


def _csv_rows(text: str, path: Path) -> list[tuple[int, str, object, object]]:
    """(Line, element, value, uncertainty) of each row."""
    lines = [(n, line) for n, line in enumerate(text.splitlines(), 1) if line.strip() and not line.startswith("#")]
    rows = [(n, [cell.strip() for cell in next(csv.reader([line]))]) for n, line in lines]
    header = rows[0][1] if rows else []
    if header[:2] != ["element", "wt_pct"] or header[2:] not in ([], ["uncertainty"]):
        raise InputError(
            f"assay file '{path}': the first line must be 'element,wt_pct' or 'element,wt_pct,uncertainty'."
        )
    for n, cells in rows:
        if len(cells) not in (2, len(header)):
            raise InputError(f"{path}:{n}: the line of '{cells[0]}' has not {len(header)} cells.")
    return [(n, cells[0], cells[1], (cells[2:] or [""])[0] or None) for n, cells in rows[1:]]


def _toml(text: str, path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InputError(f"assay file '{path}' is not TOML: {error}.") from None


def _toml_rows(text: str, path: Path) -> list[tuple[int, str, object, object]]:
    content = _toml(text, path)
    table = content.get("assay", {key: value for key, value in content.items() if key != "sizes"})
    if not isinstance(table, dict):
        raise InputError(f"assay file '{path}': [assay] must be a table of elements.")
    return [
        (
            _line_of(text, element),
            element,
            *((*value, None)[:2] if isinstance(value, list) and value else (value, None)),
        )
        for element, value in table.items()
    ]


def _line_of(text: str, key: str) -> int:
    found = (
        n for n, line in enumerate(text.splitlines(), 1) if re.match(rf"\s*[\"']?{re.escape(key)}[\"']?\s*=", line)
    )
    return next(found, 1)


def _measured(element: str, value: object, uncertainty: object) -> Measured:
    if element not in species.ELEMENTS:
        raise InputError(f"assay: there is no element '{element}'{nearest(element, species.ELEMENTS)}")
    percent = _number(element, value, "value")
    if percent < 0 or percent > 100:
        raise InputError(f"assay: {element} = {percent:g} wt%: it must be between 0 and 100.")
    usual = max(RELATIVE_UNCERTAINTY * percent / 100, ABSOLUTE_UNCERTAINTY)
    given = usual if uncertainty is None else _number(element, uncertainty, "uncertainty") / 100
    if not given > 0:
        raise InputError(f"assay: the uncertainty of {element} = {uncertainty}: it must be positive, in wt%.")
    return Measured(percent / 100, given)


def _number(element: str, value: object, what: str) -> float:
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise InputError(f"assay: the {what} of {element} = {value!r}: a number in wt% is needed.") from None
    if not math.isfinite(number) or isinstance(value, bool):
        raise InputError(f"assay: the {what} of {element} = {value}: a finite number in wt% is needed.")
    return number


# --- fitting -------------------------------------------------------------------------------------------
@functools.cache
def _ranks() -> dict[str, float]:
    return {row["species"]: float(row["rank"]) for row in table("assay_species.csv", columns=("species", "rank"))}


def _candidates(measured: Mapping[str, Measured]) -> list[str]:
    """Species whose marked elements were all found; carbon, oxygen and hydrogen need not be assayed."""
    present = {element for element, value in measured.items() if value.fraction > 0} | {"O", "H", "C"}
    present |= {"Li"} - measured.keys()
    names = [name for name in _ranks() if species.parse_formula(_formula(name)).keys() <= present]
    if not {"O", "H"} & measured.keys():
        names = [name for name in names if name not in ("H2O", "EC")]
    if "C" not in measured:  # then graphite is the balance of mass
        names = [name for name in names if name != "graphite"]
    held = set().union(*(species.parse_formula(_formula(name)) for name in names)) if names else set()
    for element, value in measured.items():
        if value.fraction > 0 and element not in held:
            reason = "no species of black mass holds it beside the other elements given"
            raise InputError(f"assay: {element} = {100 * value.fraction:g} wt%: {reason}; leave it out or check it.")
    return names


def _formula(name: str) -> str:
    return species.SPECIES[species.index(name)].formula


def _fit(measured: Mapping[str, Measured], names: list[str]) -> Array:
    """Return the moles of each species [mol/kg]."""
    matrix = _mass_matrix(measured, names)
    target = np.array([value.fraction for value in measured.values()])
    weight = 1 / np.array([value.uncertainty for value in measured.values()])
    upper = np.full(len(names), np.inf)
    if "LiMn2O4" in names:
        upper[names.index("LiMn2O4")] = max(_spinel_manganese(measured) / 2, 1e-9)
    scale = np.array([species.molar_mass(_formula(name)) for name in names])  # unknowns of order one: kg/kg
    rank = np.array([_ranks()[name] for name in names])
    stacked = np.vstack([matrix * weight[:, None], _PREFERENCE * rank])
    fit = lsq_linear(stacked / scale, np.append(target * weight, 0.0), (0, upper * scale), method="bvls", tol=1e-14)
    return np.maximum(fit.x, 0.0) / scale


def _mass_matrix(measured: Mapping[str, Measured], names: list[str]) -> Array:
    rows = np.array([species.ELEMENTS.index(element) for element in measured])
    masses = species.ELEMENT_MATRIX * species.ATOMIC_WEIGHT
    return np.asarray(masses[np.ix_(rows, species.indices(names))])


def _residuals(measured: Mapping[str, Measured], names: list[str], moles: Array) -> dict[str, float]:
    explained = _mass_matrix(measured, names) @ moles
    return {
        element: value.fraction - found for (element, value), found in zip(measured.items(), explained, strict=True)
    }


def _moles(measured: Mapping[str, Measured], element: str) -> float:
    return measured[element].fraction / species.atomic_weights()[element] if element in measured else 0.0


def _spinel_manganese(measured: Mapping[str, Measured]) -> float:
    return max(_moles(measured, "Mn") - _moles(measured, "Ni") - _moles(measured, "Co"), 0.0)


def _alike_aged(amounts: dict[str, float]) -> dict[str, float]:
    """Spread the delithiation over the hosts alike; exchanges lithium only, so all elements are kept."""
    pairs = [(amounts.get(full, 0.0), amounts.get(bare, 0.0)) for full, bare in _EXCHANGED]
    metal = sum(full + bare for full, bare in pairs)
    share = sum(full for full, _ in pairs) / metal if metal > 0 else 1.0
    result = dict(amounts)
    for (full, bare), (own, other) in zip(_EXCHANGED, pairs, strict=True):
        result[full], result[bare] = share * (own + other), (1 - share) * (own + other)
    return result


def _take_up_rest(masses: dict[str, float], rest: float, carbon_known: bool) -> None:
    if rest <= 0:
        return
    carrier = "H2O" if carbon_known else "graphite"
    if carbon_known and rest > _MOST_REST:
        raise InputError(
            f"assay: the species found add up to {100 * (1 - rest):.0f} wt% only and carbon is assayed, so "
            f"{100 * rest:.0f} wt% is unknown: give the missing elements, or leave C out to take the rest as graphite."
        )
    masses[carrier] = masses.get(carrier, 0.0) + rest


# --- refusing ------------------------------------------------------------------------------------------
def _check_totals(measured: Mapping[str, Measured]) -> None:
    total = sum(value.fraction for value in measured.values())
    if not total > 0:
        raise InputError("assay: nothing is given: at least one element above zero is needed.")
    if total > 1 + _CLOSURE:
        largest = max(measured, key=lambda element: measured[element].fraction)
        raise InputError(
            f"assay: the elements sum to {100 * total:.1f} wt%, more than 100 (the largest is {largest} = "
            f"{100 * measured[largest].fraction:g} wt%): check for oxides given in place of elements."
        )


def _check_mass(measured: Mapping[str, Measured], names: list[str], moles: Array) -> None:
    masses = moles * species.MOLAR_MASS[species.indices(names), 0]
    if masses.sum() <= 1 + _CLOSURE:
        return
    heaviest = max((e for e in measured if e not in ("O", "H", "C")), key=lambda e: measured[e].fraction, default="C")
    oxygen = (species.ELEMENT_MATRIX[species.ELEMENTS.index("O"), species.indices(names)] * moles).sum()
    percent = 100 * oxygen * species.atomic_weights()["O"]
    raise InputError(
        f"assay: {heaviest} = {100 * measured[heaviest].fraction:g} wt%: the species that hold the elements, with "
        f"{percent:.1f} wt% oxygen, sum to {100 * masses.sum():.1f} wt%, more than 100: there is no room for that "
        "oxygen and the other partners; check the unit (wt% of the element) and the largest figures."
    )


def _check_oxygen(measured: Mapping[str, Measured]) -> None:
    if "O" not in measured:
        return
    moles = 2 * sum(_moles(measured, metal) for metal in _METALS)
    moles += 4 * min(_moles(measured, "Fe"), _moles(measured, "P"))
    needed, given = moles * species.atomic_weights()["O"], measured["O"]
    if given.fraction + _TOLERATED * given.uncertainty < 0.9 * needed:
        raise InputError(
            f"assay: O = {100 * given.fraction:g} wt%: the cathode oxides and phosphates alone hold "
            f"{100 * needed:.1f} wt%: there is an oxygen deficit (reduced black mass is not covered)."
        )


def _check_lithium(measured: Mapping[str, Measured]) -> None:
    hosts = sum(_moles(measured, metal) for metal in _METALS) - _spinel_manganese(measured) / 2
    hosts += min(_moles(measured, "Fe"), _moles(measured, "P"))
    if "Li" not in measured or hosts <= 1e-3:
        return
    ratio = _moles(measured, "Li") / hosts
    low, high = _LITHIUM_RANGE
    if not low <= ratio <= high:
        raise InputError(
            f"assay: Li = {100 * measured['Li'].fraction:g} wt%: {ratio:.2f} mol per mol of cathode metal, outside "
            f"{low} to {high} of aged cathode material with its salts: check the unit (wt% of the element)."
        )


def _check_residuals(measured: Mapping[str, Measured], residuals: Mapping[str, float]) -> None:
    element = max(residuals, key=lambda name: abs(residuals[name]) / measured[name].uncertainty)
    value = measured[element]
    if abs(residuals[element]) <= _TOLERATED * value.uncertainty:
        return
    word = "at most" if residuals[element] > 0 else "at least"
    partners = {"F": "Li, C, Ca or P", "P": "Fe, Li or F", "O": "the metals", "H": "C or O", "C": "the sample"}
    reason = f"for lack of {partners[element]}" if element in partners and residuals[element] > 0 else "with the others"
    raise InputError(
        f"assay: {element} = {100 * value.fraction:g} wt%: the species of black mass can hold {word} "
        f"{100 * (value.fraction - residuals[element]):.3g} wt% {reason} (residual {100 * residuals[element]:+.3g})."
    )
