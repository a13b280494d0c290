"""Laboratory leaching from published conditions: powder, reagents, temperature, time and pulp density."""

import csv
import dataclasses
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from blackmass import species
from blackmass.chemistry.leaching import batch
from blackmass.chemistry.leaching_kinetics import Constant
from blackmass.chemistry.ranges import limits
from blackmass.data.load import Row, table
from blackmass.errors import InputError, nearest
from blackmass.status import Status, StatusArray
from blackmass.stream import Stream, water_density

Array = npt.NDArray[np.float64]
ELEMENTS = ("Li", "Ni", "Co", "Mn", "Fe", "P", "Al", "Cu")


@dataclasses.dataclass(frozen=True)
class BatchCases:
    """Batch leaching tests, one entry a case: names as text, figures as arrays (cases,) in SI.

    Parameters
    ----------
    feed : formulas such as "LiNi0.6Mn0.2Co0.2O2", "LiCoO2", "LiMn2O4" or "LiFePO4", or mixtures by mass, see `powder`
    acid, reductant : names of data/leach_reagents.csv; "none" for nothing; "0.5 H2SO4 + 0.5 HCl": by mole
    acid_concentration, reductant_concentration [mol/m3 of solution]
    temperature [K]
    time [s]
    pulp_density [kg/m3]
    """

    feed: Sequence[str]
    acid: Sequence[str]
    acid_concentration: Array
    reductant: Sequence[str]
    reductant_concentration: Array
    temperature: Array
    time: Array
    pulp_density: Array


def batch_case(
    cases: BatchCases, values: dict[str, Constant] | None = None, steps: int = 10
) -> tuple[dict[str, Array], StatusArray]:
    """Return the share of each element that dissolves, by element (cases,), NaN where the feed has none; and status.

    Parameters
    ----------
    values : constants in place of those of data/leach_kinetics.csv, for calibration
    steps : implicit steps in time, see `leaching.batch`

    Raises
    ------
    InputError
        A formula or reagent that the program does not know.
    """
    charge = _charge(cases)
    leached = batch(charge, cases.time, steps, values)
    fed = species.ELEMENT_MATRIX @ (charge.flow * species.PHASE_MASK["solid"])
    left = species.ELEMENT_MATRIX @ (leached.stream.flow * species.PHASE_MASK["solid"])
    shares = {}
    for element in ELEMENTS:
        row = species.ELEMENTS.index(element)
        present = fed[row] > 0
        shares[element] = np.where(present, 1 - left[row] / np.where(present, fed[row], 1.0), np.nan)
    outside = np.where(_outside(cases), Status.OUT_OF_RANGE, Status.OK).astype(np.int8)
    return shares, np.maximum(leached.status, outside)


def powder(feed: str) -> dict[str, float]:
    """Return the moles of each species [mol/kg] in a powder: a cathode material or a mixture by mass.

    A mixture is written "0.6 LiCoO2 + 0.3 LiFePO4 + 0.1 Cu"; copper, aluminium and iron metal and graphite (C) may be
    parts of it. Without shares the parts are alike.

    Raises
    ------
    InputError
        A formula cannot be read, or is not one of an oxide of Ni, Co, Mn, Al or of an iron phosphate.
    """
    parts = parts_of(feed, "feed")
    total = sum(share for share, _ in parts)
    amounts: dict[str, float] = {}
    for share, formula in parts:
        for name, moles in _material(formula).items():
            amounts[name] = amounts.get(name, 0.0) + share / total * moles
    return amounts


_METALS = {"Cu": "Cu", "Al": "Al", "Fe": "Fe", "C": "graphite"}


def parts_of(text: str, what: str) -> list[tuple[float, str]]:
    """Return shares and names of "0.6 A + 0.4 B"."""
    found = []
    for part in text.split("+"):
        match = re.fullmatch(r"\s*(?:(\d*\.?\d+(?:[eE][+-]?\d+)?)\s+)?(.*?)\s*", part)
        if match is None or (match.group(1) and float(match.group(1)) <= 0):
            raise InputError(f"{what} '{text}': write a mixture as 0.6 LiCoO2 + 0.4 LiFePO4, shares above zero.")
        found.append((float(match.group(1) or 1.0), match.group(2)))
    return found


def _material(formula: str) -> dict[str, float]:
    """Moles of each species [mol/kg] in one material.

    A layered oxide with less than one lithium per metal is taken as delithiated, its metals alike; more than one
    lithium is Li2CO3 on its surface. Manganese oxides with about half a lithium per metal are the spinel.
    """
    if formula in _METALS:
        return {_METALS[formula]: 1.0 / species.molar_mass(formula)}
    counts = species.parse_formula(formula)
    metals = {metal: counts.get(metal, 0.0) for metal in ("Ni", "Co", "Mn", "Al") if counts.get(metal, 0.0) > 0}
    lithium, iron = counts.get("Li", 0.0), counts.get("Fe", 0.0)
    if iron > 0 and abs(counts.get("P", 0.0) - iron) < 1e-6 * iron and not metals:
        held = min(lithium, iron)
        amounts = {"LiFePO4": held, "FePO4": iron - held}
    elif metals and not iron and "P" not in counts:
        amounts = _oxide(metals, lithium)
    else:
        raise InputError(f"feed '{formula}': an oxide of Ni, Co, Mn and Al or a lithium iron phosphate is needed.")
    amounts["Li2CO3"] = max(lithium - sum(metals.values()) - iron, 0.0) / 2
    mass = species.molar_mass(formula)
    return {name: amount / mass for name, amount in amounts.items() if amount > 0}


def _oxide(metals: dict[str, float], lithium: float) -> dict[str, float]:
    total = sum(metals.values())
    if set(metals) == {"Mn"} and 0.4 * total < lithium < 0.6 * total:
        spinel = min(lithium, total / 2)
        return {"LiMn2O4": spinel, "MnO2": total - 2 * spinel}
    aluminium = metals.get("Al", 0.0)
    transition = total - aluminium
    share = min(max(lithium - aluminium, 0.0) / transition, 1.0) if transition > 0 else 1.0
    amounts = {"LiAlO2": aluminium}
    for metal in ("Ni", "Co", "Mn"):
        amounts[f"Li{metal}O2"] = share * metals.get(metal, 0.0)
        amounts[f"{metal}O2"] = (1 - share) * metals.get(metal, 0.0)
    return amounts


def read_cases(path: str | Path) -> tuple[list[Row], BatchCases, dict[str, Array]]:
    """Read a case file of the leach kind; return its rows, conditions and the shares measured by element."""
    with Path(path).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))

    def figures(column: str, factor: float = 1.0, otherwise: float = 0.0) -> Array:
        return np.array([factor * float(row.get(column) or otherwise) for row in rows])

    cases = BatchCases(
        feed=[row["feed"] for row in rows],
        acid=[row["acid"] for row in rows],
        acid_concentration=figures("acid_M", 1e3),
        reductant=[row["reductant"] for row in rows],
        reductant_concentration=figures("reductant_M", 1e3),
        temperature=figures("T_C") + 273.15,
        time=figures("time_min", 60.0),
        pulp_density=figures("S_L_gL"),
    )
    measured = {element: figures(f"x_{element}_pct", 0.01, np.nan) for element in ELEMENTS}
    return rows, cases, measured


def _charge(cases: BatchCases) -> Stream:
    """One cubic metre of solution and its powder, as amounts [mol]."""
    number = len(cases.feed)
    flow = np.zeros((species.COUNT, number))
    for position, formula in enumerate(cases.feed):
        for name, moles in powder(formula).items():
            flow[species.index(name), position] = moles
    flow *= np.asarray(cases.pulp_density, dtype=float)
    for names, amounts in ((cases.acid, cases.acid_concentration), (cases.reductant, cases.reductant_concentration)):
        for position, name in enumerate(names):
            flow[:, position] += _mixed(name) * np.broadcast_to(amounts, (number,))[position]
    solutes = Stream(flow, np.asarray(cases.temperature, dtype=float)).volume
    free = np.maximum(1.0 - solutes + 0.0, 0.1)
    water = species.index("H2O")
    flow[water] += free * water_density(298.15) / species.MOLAR_MASS[water, 0]
    return Stream(flow, np.asarray(cases.temperature, dtype=float))


def _mixed(text: str) -> Array:
    """Species (species,) per mole of a reagent, or of a mixture by mole."""
    parts = parts_of(text, "reagent")
    total = sum(share for share, _ in parts)
    return np.asarray(sum(share / total * _dissolved(_reagent(name)) for share, name in parts))


def _dissolved(row: Row) -> Array:
    words = row["dissolved"].split()
    amounts: dict[str, float] = {}
    signs = ["+", *words[2::3]] if words else []
    for sign, amount, name in zip(signs, words[0::3], words[1::3], strict=True):
        amounts[name] = amounts.get(name, 0.0) + float(f"{sign}{amount}")
    return species.column(amounts)


def _reagent(name: str) -> Row:
    rows = {row["reagent"].lower(): row for row in table("leach_reagents.csv", columns=_COLUMNS, key=("reagent",))}
    found = rows.get(name.strip().lower() or "none")
    if found is None:
        raise InputError(f"leaching: there is no reagent '{name}'{nearest(name, rows)}")
    return found


_COLUMNS = ("reagent", "dissolved", "tested")


def _tested(text: str) -> bool:
    return all(_reagent(name)["tested"] == "yes" for _, name in parts_of(text, "reagent"))


def reagent_names() -> tuple[str, ...]:
    """Return the names of the reagents that leaching knows."""
    return tuple(row["reagent"] for row in table("leach_reagents.csv", columns=_COLUMNS, key=("reagent",)))


def _outside(cases: BatchCases) -> npt.NDArray[np.bool_]:
    figures = {
        "acid": cases.acid_concentration,
        "reductant": cases.reductant_concentration,
        "temperature": cases.temperature,
        "pulp_density": cases.pulp_density,
    }
    outside = np.zeros(len(cases.feed), dtype=bool)
    for limit in limits()["leach test"]:
        outside = outside | limit.outside(figures[limit.quantity])
    for names in (cases.acid, cases.reductant):
        outside = outside | np.array([not _tested(name) for name in names], dtype=bool)
    return outside
