"""Electrode scrap of cell factories: which parts of the electrodes each form holds, dry or wetted with electrolyte."""

import functools
from collections.abc import Mapping

from blackmass.data.load import table

WET = "wet"
ELECTROLYTE = ("LiPF6", "EC", "DMC")
COATINGS = ("cathode_active", "graphite", "carbon_black", "PVDF", "anode_binder")


@functools.cache
def forms() -> dict[str, tuple[str, tuple[str, ...]]]:
    """Return by form of scrap the level of data/cells.csv that it is cut from, and the parts that it keeps."""
    rows = table("electrode_scrap.csv", columns=("form", "base", "parts"), key=("form",))
    return {row["form"]: (row["base"], tuple(row["parts"].split())) for row in rows}


def kept(form: str, base: Mapping[str, float]) -> dict[str, float]:
    """Return the masses of the parts that a form of scrap keeps of its base, per kilogram of base."""
    _, parts = forms()[form]
    return {part: mass if part in parts else 0.0 for part, mass in base.items()}


def wetted(scrap: Mapping[str, float], cell: Mapping[str, float]) -> dict[str, float]:
    """Return scrap with the electrolyte that its coatings held in the cell.

    Electrolyte goes with the mass of coating, as in the whole cell of the same chemistry; what the separator held is
    counted with the coatings, so that it is an upper figure.
    """
    coated, whole = (sum(article[part] for part in COATINGS) for article in (scrap, cell))
    return {part: mass + (cell[part] * coated / whole if part in ELECTROLYTE else 0.0) for part, mass in scrap.items()}
