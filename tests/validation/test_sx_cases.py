"""Predicted against published extractions: equilibrium contacts at a held pH or a given saponification."""

import csv
from pathlib import Path

import numpy as np

from blackmass import species
from blackmass.chemistry.extraction import Liquor, extractant
from blackmass.chemistry.extraction_circuit import contact
from blackmass.stream import Stream

CASES = Path(__file__).parent / "cases" / "sx.csv"
IONS = {"Li": "Li+", "Na": "Na+", "Al": "Al+3", "Fe": "Fe+3"}
DILUTE = 1e-3  # mol/L, where the feed is not stated


def number(text: str, otherwise: float = np.nan) -> float:
    return float(text) if text else otherwise


def predicted(row: dict[str, str]) -> dict[str, tuple[float, float]]:
    """Element to (measured, predicted) percent extracted."""
    chemistry = extractant(row["extractant"])
    elements = [name[2:-4] for name in row if name.startswith("E_")]
    amounts, charge = {}, 0.0
    for element in elements:
        ion = IONS.get(element, f"{element}+2")
        mass = number(row[f"feed_{element}_gL"], 0.0)
        moles = mass / species.MOLAR_MASS[species.index(ion), 0] / 1000
        if not mass and row[f"E_{element}_pct"]:
            moles = DILUTE
        amounts[ion] = moles
        charge += moles * species.CHARGE[species.index(ion)]
    pH = number(row["pH_equilibrium"]) if not row["saponified_fraction"] or row["pH_equilibrium"] else np.nan
    if np.isnan(pH):
        amounts["H+"] = 1e-5
        charge += 1e-5
    feed = Stream.of(amounts | {"SO4-2": charge / 2, "H2O": 55.0})
    liquor = Liquor.of(feed, chemistry.metals, feed.volume)
    organic, concentration = np.array([number(row["oa_ratio"])]), np.array([number(row["extractant_M"])])
    saponified = number(row["saponified_fraction"], 0.0)
    answer = contact(
        chemistry, liquor, organic, concentration, stages=int(row["stages"]), pH=np.array([pH]), saponified=saponified
    )
    assert not np.any(answer.status > 1)
    found = {}
    for element in elements:
        if row[f"E_{element}_pct"]:
            m = chemistry.metals.index(IONS.get(element, f"{element}+2"))
            share = 1 - answer.raffinate[m, 0] / liquor.metals[m, 0]
            found[element] = (float(row[f"E_{element}_pct"]), 100 * float(share))
    return found


def all_rows() -> list[tuple[str, str, float, float]]:
    with CASES.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return [(row["case_id"], element, *pair) for row in rows for element, pair in predicted(row).items()]


def test_published_extractions_are_met_within_a_few_points():
    errors = np.array([forecast - measured for _, _, measured, forecast in all_rows()])
    assert errors.size == 20
    assert np.median(np.abs(errors)) < 5
    assert np.percentile(np.abs(errors), 90) < 15
