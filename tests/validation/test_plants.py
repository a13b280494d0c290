"""Published plants: the table is read, every case runs, units convert, and what does not close is said."""

import json

import pytest
from click.testing import CliRunner

from blackmass.analysis.plant_closure import closures
from blackmass.analysis.validate_plants import (
    COLUMNS,
    PlantRow,
    by_quantity,
    compare,
    read_plants,
    shipped_table,
    solved,
)
from blackmass.analysis.validate_plants_report import plants_page
from blackmass.cli.validate_command import command
from blackmass.data.load import sources
from blackmass.errors import InputError

HEADER = ",".join(COLUMNS)
ROW = "one,spoke,NMC622=1 t/h,,feed,{quantity},{value},{unit},EverBatt2023,workbook,why"


@pytest.fixture(scope="module")
def rows():
    return compare(read_plants(shipped_table()))


def find(rows, case, quantity):
    return next(row for row in rows if row.case == case and row.quantity == quantity)


def test_every_case_runs_and_every_difference_is_explained(rows):
    assert {row.case.split("_")[0] for row in rows} == {"EB23", "EB19", "PRIMOBIUS", "FUTURAM"}
    for row in rows:
        assert row.predicted is not None
        assert row.predicted > 0
        assert len(row.note) > 15, row
        assert row.key in sources()


def test_figures_are_in_the_units_of_the_table(rows):
    result, basis = solved(find(rows, "EB23_HYD_LFP", "recovery Li"))
    tonnes = float(basis.mass[0]) * 3.6
    assert tonnes == pytest.approx(0.78, abs=0.02)  # black mass of a tonne of cells
    spoke = result.plant.feeds["cells"].stream.mass[0] * 3.6
    assert spoke == pytest.approx(1.0)
    power = find(rows, "EB23_PREP_LFP", "electricity").predicted
    assert 20 < power < 100  # kWh/t
    acid = find(rows, "EB23_HYD_NMC622", "reagent sulfuric_acid").predicted
    assert 1000 < acid < 3000  # kg/t


def test_a_tonne_may_be_counted_of_a_stream(rows):
    row = find(rows, "EB23_HYD_LFP", "product lithium_carbonate")
    by_feed = compare([PlantRow(**{**{name: getattr(row, name) for name in COLUMNS}, "per": "feed"})])[0]
    assert row.predicted / by_feed.predicted == pytest.approx(1 / 0.781, rel=0.01)


def test_recipes_that_lack_a_reagent_are_named(rows):
    missing = {recipe.case: recipe.missing for recipe in closures(rows)}
    assert "H2O2" in missing["EB23_HYD_LFP"]
    assert "Na2CO3" in missing["EB19_HYD"]
    assert "H2SO4" not in missing["EB19_HYD"]
    assert missing["EB23_HYD_NMC622"] == "nothing"


def test_sulfate_tells_which_products_a_recipe_makes(rows):
    left = {recipe.case: recipe.sulfate_left for recipe in closures(rows)}
    assert left["EB23_HYD_NMC622"] == pytest.approx(0.0, abs=0.05)  # hydroxides: all sulfate leaves with sodium
    assert left["EB19_HYD"] == pytest.approx(1.0, abs=0.15)  # sulfates


def test_the_leach_shows_what_the_recipes_lack(rows):
    assert find(rows, "EB23_HYD_LFP_no_oxidant", "leached Li").predicted < 60
    assert find(rows, "EB23_HYD_NMC622_peroxide_as_stated", "leached Ni").predicted < 95


def test_page_and_command_show_all_cases(rows, tmp_path):
    page = plants_page(rows)
    assert all(f"## {row.case}\n" in page for row in rows)
    done = CliRunner().invoke(command, ["--plants", "--json", "--out", str(tmp_path)])
    assert done.exit_code == 0
    found = json.loads(done.output)
    assert len(found["rows"]) == len(rows)
    assert {name for name, *_ in by_quantity(rows)} == set(found["by_quantity"])
    assert {path.name for path in tmp_path.iterdir()} == {
        *("plants.md", "plants.csv", "parity_plants.png", "parity_plants.svg")
    }


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (ROW.format(quantity="yield Ni", value="95", unit="%"), r"t.csv:2: quantity 'yield Ni': begin with one of"),
        (
            ROW.format(quantity="recovery Ni", value="95", unit="kg/t"),
            r"t.csv:2: unit 'kg/t' of recovery: give it in %",
        ),
        (ROW.format(quantity="recovery Ni", value="most", unit="%"), r"t.csv:2: published = 'most': a number"),
        ("a,b,c", r"t.csv:2: 3 cells, 11 are needed"),
    ],
)
def test_a_wrong_row_names_file_and_line(tmp_path, row, message):
    (tmp_path / "t.csv").write_text(f"{HEADER}\n{row}\n")
    with pytest.raises(InputError, match=message):
        read_plants(tmp_path / "t.csv")
