"""Roasting against published figures: the table of docs/models/roasting.md, line by line."""

from pathlib import Path

import numpy as np
import pytest

from blackmass import species
from blackmass.chemistry.reagents import reagent_stream
from blackmass.operations.roaster import Roaster
from blackmass.operations.water_leach import WaterLeach
from blackmass.stream import Stream

PAGE = Path(__file__).parents[2] / "docs/models/roasting.md"
NMC622 = {"LiNiO2": 0.6, "LiCoO2": 0.2, "LiMnO2": 0.2}
BLACK_MASS = {"graphite": 5.0, "C(black)": 0.2, "PVDF": 0.023, "Al": 0.077, "Cu": 0.077, "LiPF6": 0.0077, **NMC622}
# beginning of the line, solids [mol/s], °C, h, water by mass, lithium in water measured, what the prediction may miss
LITHIUM = (
    ("| NMC with coke, 650 °C 3 h", {**NMC622, "C(black)": 1.6}, 650, 3, 10, 0.847, 0.12),
    ("| NMC with 14 % carbon, 700 °C 2 h", {**NMC622, "C(black)": 1.3}, 700, 2, 10, 0.963, 0.06),
    ("| NMC with 40 % polypropylene, 550 °C 2 h", {**NMC622, "PP": 1.5}, 550, 2, 30, 0.879, 0.06),
    ("| LiMn2O4 with graphite, 800 °C 45 min", {"LiMn2O4": 1.0, "graphite": 3.0}, 750, 0.75, 20, 0.913, 0.06),
)
CELSIUS = (400, 500, 600, 650, 700)


def roasted(feed, celsius, hours):
    celsius = np.atleast_1d(np.asarray(celsius, dtype=float))
    operation = Roaster(temperature=celsius + 273.15, residence_time=hours * 3600.0)
    empty = Stream.empty(celsius.size)
    return operation.run(
        solids=Stream.of(feed, cases=celsius.size),
        gas=empty,
        atmosphere=Stream.of({"N2(g)": 1.0}, cases=celsius.size),
        lime=empty,
    )


def in_water(mass, ratio):
    tank = WaterLeach(liquid_ratio=float(ratio)).run(
        solids=mass,
        liquor=Stream.empty(),
        water=reagent_stream("water")[0],
        carbon_dioxide=Stream.of({"CO2(g)": 1.0}),
    )
    return float((tank["slurry"]["Li+"] / mass.elements[species.ELEMENTS.index("Li")])[0])


def line(beginning):
    found = [text for text in PAGE.read_text(encoding="utf-8").splitlines() if text.startswith(beginning)]
    assert len(found) == 1, beginning
    return found[0]


@pytest.mark.parametrize("case", LITHIUM, ids=lambda case: case[0])
def test_lithium_in_water(case):
    beginning, feed, celsius, hours, ratio, measured, tolerance = case
    share = in_water(roasted(feed, celsius, hours)["roasted"], ratio)
    assert share == pytest.approx(measured, abs=tolerance)
    assert f"{100 * measured:.1f} % Li" in line(beginning)
    assert f"{100 * share:.1f} %" in line(beginning)


@pytest.fixture(scope="module")
def black_mass():
    return roasted(BLACK_MASS, CELSIUS, 2.0)


def test_phases_of_black_mass_by_temperature(black_mass):
    """Little below 400 °C; oxides, then metals above about 600 °C; MnO; lithium as carbonate."""
    mass, fluorine = black_mass["roasted"], 2 * BLACK_MASS["PVDF"] + 6 * BLACK_MASS["LiPF6"]
    rows = {
        "| layered oxide converted": black_mass.report["conversion"],
        "| lithium as Li2CO3 and Li2O": black_mass.report["lithium_soluble"],
        "| lithium as LiAlO2": black_mass.report["lithium_as_aluminate"],
        "| nickel as NiO": mass["NiO"] / 0.6,
        "| nickel as metal": mass["Ni"] / 0.6,
        "| cobalt as CoO": mass["CoO"] / 0.2,
        "| cobalt as metal": mass["Co"] / 0.2,
        "| manganese as MnO": mass["MnO"] / 0.2,
        "| fluorine as LiF": mass["LiF"] / fluorine,
        "| fluorine as HF": black_mass["offgas"]["HF(g)"] / fluorine,
    }
    for name, values in rows.items():
        shown = [int(cell) for cell in line(name).strip("| ").split("|")[1:]]
        np.testing.assert_allclose(shown, 100 * values, atol=0.51, err_msg=name)
    assert rows["| layered oxide converted"][0] < 0.05
    assert rows["| nickel as NiO"][1] > rows["| nickel as metal"][1]
    assert np.all(rows["| nickel as metal"][2:] > 0.7)
    assert np.all(rows["| lithium as Li2CO3 and Li2O"][2:] > 0.8)


def test_olivine_hardly_reacts_and_then_to_phosphide():
    """LiFePO4 with carbon loses mass from 665 °C on, at 10 K/min in nitrogen (Gao 2015)."""
    mass = roasted({"LiFePO4": 1.0, "graphite": 6.0}, [600, 750], 4.0)["roasted"]
    assert mass["LiFePO4"][0] > 0.99
    assert 0.001 < mass["Fe2P"][1] < 0.1
    assert mass["Li3PO4"][1] == pytest.approx((1 - mass["LiFePO4"][1]) / 3, rel=0.01)
