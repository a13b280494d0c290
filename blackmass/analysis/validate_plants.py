"""Published plants side by side with the plants that ship: reagents, products, recoveries and energy per tonne."""

import csv
import dataclasses
import functools
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from blackmass import species
from blackmass.chemistry.assay import assay_stream, solve_assay
from blackmass.errors import InputError
from blackmass.flowsheet.feeds import Feed
from blackmass.flowsheet.load import load_flowsheet
from blackmass.flowsheet.result import Result
from blackmass.flowsheet.solve import solve
from blackmass.flowsheet.summary import summary
from blackmass.stream import Stream

COLUMNS = (
    *("case", "plant", "feed", "settings", "per", "quantity", "published", "unit"),
    *("key", "source", "note"),
)
UNITS = {
    **{"product": "kg/t", "reagent": "kg/t", "recovery": "%", "leached": "%", "assay": "wt%"},
    **{"electricity": "kWh/t", "heat": "MJ/t", "salt_per_metal": "mol/mol"},
}
"""Kind of quantity to its unit."""
FEED = "feed"
_TONNE_PER_HOUR = 1000 / 3600  # kg/s


@dataclasses.dataclass(frozen=True)
class PlantRow:
    """One published figure of a plant, and the predicted one (None before the plant was solved).

    `per` is what a tonne is counted of, and recoveries are related to: "feed", or a stream such as "screen.undersize"
    (black mass). `note` explains the difference.
    """

    case: str
    plant: str
    feed: str
    settings: str
    per: str
    quantity: str
    published: float
    unit: str
    key: str
    source: str
    note: str
    predicted: float | None = None

    @property
    def ratio(self) -> float | None:
        """Predicted over published; None where nothing was published but zero."""
        return self.predicted / self.published if self.predicted is not None and self.published else None


def shipped_table() -> Path:
    """Return the path of the table that ships."""
    return Path(str(resources.files("blackmass.data").joinpath("cases/plants.csv")))


def read_plants(path: Path) -> tuple[PlantRow, ...]:
    """Read a table of published plants: CSV with the columns of `COLUMNS`.

    Raises
    ------
    InputError
        With file and line: another column, a figure that is no number, a quantity or a unit that is not known.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"table of plants '{path}' cannot be read: {error}.") from None
    rows = [(f"{path}:{n}", next(csv.reader([line]))) for n, line in enumerate(lines, 1) if line and line[0] != "#"]
    if not rows or tuple(rows[0][1]) != COLUMNS:
        raise InputError(f"{path}: the first line must be '{','.join(COLUMNS)}'.")
    return tuple(_row(place, cells) for place, cells in rows[1:])


def _row(place: str, cells: list[str]) -> PlantRow:
    if len(cells) != len(COLUMNS):
        raise InputError(f"{place}: {len(cells)} cells, {len(COLUMNS)} are needed.")
    given: dict[str, Any] = dict(zip(COLUMNS, (cell.strip() for cell in cells), strict=True))
    kind = given["quantity"].partition(" ")[0]
    if kind not in UNITS:
        raise InputError(f"{place}: quantity '{given['quantity']}': begin with one of {', '.join(UNITS)}.")
    if given["unit"] != UNITS[kind]:
        raise InputError(f"{place}: unit '{given['unit']}' of {kind}: give it in {UNITS[kind]}.")
    try:
        given["published"] = float(given["published"])
    except ValueError:
        raise InputError(f"{place}: published = '{given['published']}': a number is needed.") from None
    return PlantRow(**given)


def compare(rows: Sequence[PlantRow]) -> tuple[PlantRow, ...]:
    """Solve each plant once, and return the rows with what it predicts."""
    return tuple(dataclasses.replace(row, predicted=_predicted(row, *_solved(*_setup(row)))) for row in rows)


def _setup(row: PlantRow) -> tuple[str, str, str]:
    return row.plant, row.feed, row.settings


def solved(row: PlantRow) -> tuple[Result, Stream]:
    """Return the solved plant of a row, and the stream that its figures are related to."""
    result, _ = _solved(*_setup(row))
    return result, _basis(row, result)


@functools.cache
def _solved(plant: str, feed: str, settings: str) -> tuple[Result, dict[str, Any]]:
    changes = dict(setting.split("=", 1) for setting in settings.split())
    result = solve(load_flowsheet(plant).changed(changes, feed=_feed(feed))).check()
    return result, summary(result)


def _feed(text: str) -> "Feed | str":
    """A feed as elsewhere, or one tonne an hour of "assay Ni=22.1 ..." in wt% or of "species graphite=194 ..."."""
    kind, _, content = text.partition(" ")
    if kind not in ("assay", "species"):
        return text
    parts = {name: float(value) for name, value in (piece.split("=") for piece in content.split())}
    if kind == "assay":
        return Feed(text, assay_stream(solve_assay(parts), _TONNE_PER_HOUR))
    total = sum(parts.values())
    return Feed(text, Stream.of_mass({name: mass / total * _TONNE_PER_HOUR for name, mass in parts.items()}))


def _basis(row: PlantRow, result: Result) -> Stream:
    return result.plant.feeds[result.plant.main_feed].stream if row.per == FEED else result.streams[row.per]


def _predicted(row: PlantRow, result: Result, found: dict[str, Any]) -> float:
    kind, *names = row.quantity.split(" ")
    basis = _basis(row, result)
    tonnes = float(basis.mass[0]) * 3.6
    if kind == "product":
        return float(found["products"][names[0]]["kg_per_h"]) / tonnes
    if kind == "reagent":
        return float(found["reagents"].get(names[0], {"kg_per_h": 0.0})["kg_per_h"]) / tonnes
    if kind == "recovery":
        reached = _element(basis, names[0]) / _element(result.plant.feeds[result.plant.main_feed].stream, names[0])
        return 100 * float(found["recovery"][names[0]]["total"]) / reached
    if kind == "leached":
        return 100 * float(np.ravel(_unit(found, "leach")["report"]["extraction"][names[0]])[0])
    if kind == "assay":
        return 100 * float(found["products"][names[0]]["assay"].get(names[1], 0.0))
    if kind == "electricity":
        return float(found["utilities"]["electricity_kW"]) / tonnes
    if kind == "heat":
        return float(found["utilities"]["heat_kW"]) * 3.6 / tonnes
    salt = sum(_sulfur(found["products"][name]) for name in ("sodium_sulfate",) if name in found["products"])
    return salt / (_metals(basis) * 3600)


def _unit(found: dict[str, Any], name: str) -> dict[str, Any]:
    return next(unit for unit in found["units"] if unit["name"] == name)


def _sulfur(product: dict[str, Any]) -> float:
    """Sulfur in a product [mol/h]."""
    return float(product["kg_per_h"] * product["assay"].get("S", 0.0)) / species.atomic_weights()["S"]


def _element(stream: Stream, name: str) -> float:
    return float(stream.elements[species.ELEMENTS.index(name), 0])


def _metals(stream: Stream) -> float:
    """Nickel, cobalt and manganese [mol/s]."""
    return sum(_element(stream, name) for name in ("Ni", "Co", "Mn"))


def by_quantity(rows: Sequence[PlantRow]) -> list[tuple[str, int, float, float, float]]:
    """Return (quantity, count, median, lowest and highest ratio of predicted to published) of each quantity."""
    groups: dict[str, list[float]] = {}
    for row in rows:
        if row.ratio is not None:
            name = row.quantity if row.quantity.startswith("reagent") else row.quantity.partition(" ")[0]
            groups.setdefault(name, []).append(row.ratio)
    return [(name, len(found), float(np.median(found)), min(found), max(found)) for name, found in groups.items()]
