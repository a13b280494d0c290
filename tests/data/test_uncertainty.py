"""Each number in the data has a source, and each constant an uncertainty or range."""

import csv
import math
import re
from importlib import resources

import pytest

from blackmass.data.load import read_table, sources
from blackmass.data.uncertainty import Around, Exact, header_of, read, stated
from blackmass.errors import InputError

FOLDER = resources.files("blackmass.data")
TABLES = sorted(path.name for path in FOLDER.iterdir() if path.name.endswith(".csv"))
CASES = sorted(path.name for path in FOLDER.joinpath("cases").iterdir())


@pytest.mark.parametrize("name", TABLES)
def test_every_row_has_a_source_and_every_constant_an_uncertainty(name):
    found = read_table(name)  # which refuses a row without a source
    missing = [
        f"{place} {column}"
        for row, place in zip(found.rows, found.places, strict=True)
        for column in found.header.constants
        if row[column] and stated(column, row, found.header, place) is None
    ]
    assert not missing


@pytest.mark.parametrize("name", CASES)
def test_every_published_case_has_a_source(name):
    with FOLDER.joinpath("cases", name).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(line for line in file if not line.startswith("#")))
    assert rows
    assert all(row["key"] and row["source"] for row in rows)


@pytest.mark.parametrize(
    ("text", "ends"),
    [("0.2", (9.608, 10.392)), ("5 %", (9.02, 10.98)), ("factor 2", (10 / 2**1.96, 10 * 2**1.96))],
)
def test_forms_of_an_uncertainty(text, ends):
    found = read(text, 10.0, "here")
    assert isinstance(found, Around)
    assert found.ends == pytest.approx(ends, rel=1e-4)
    assert found.at(0.5) == 10.0


def test_a_range_is_what_95_percent_lie_in():
    rows = [{"name": "a", "rate": "2", "low": "1", "high": "10"}, {"name": "b", "rate": "-2", "low": "-3", "high": "0"}]
    header = header_of([], rows, ("name", "rate", "low", "high"), "x.csv")
    for row, ends in zip(rows, ((1, 10), (-3, 0)), strict=True):
        found = stated("rate", row, header, "x.csv:1")
        assert isinstance(found, Around)
        assert found.ends == pytest.approx(ends, abs=1e-5)


def test_header_speaks_for_columns_and_a_row_for_itself():
    rows = [{"t": "1", "rate": "2", "uncertainty": ""}, {"t": "2", "rate": "4", "uncertainty": "3"}]
    lines = ["# exact: t; where the curve is read", "# uncertainty: rate 25 %; recalled"]
    header = header_of(lines, rows, ("t", "rate", "uncertainty"), "x.csv")
    assert stated("t", rows[0], header, "") == Exact()
    assert stated("rate", rows[0], header, "") == Around(2.0, 0.5, 0.5, False)
    assert stated("rate", rows[1], header, "") == Around(4.0, 3.0, 3.0, False)


@pytest.mark.parametrize("text", ["-1", "0", "nan", "inf", "factor 1", "factor 2 %", "some", "5 % of it"])
def test_an_uncertainty_that_says_nothing_is_refused(text):
    with pytest.raises(InputError, match="give a positive number"):
        read(text, 10.0, "x.csv:3")


@pytest.mark.parametrize(("low", "high"), [("3", "4"), ("1", ""), ("2", "2"), ("nan", "4"), ("4", "1")])
def test_a_range_without_its_value_is_refused(low, high):
    row = {"rate": "2", "low": low, "high": high}
    header = header_of([], [row], ("rate", "low", "high"), "x.csv")
    with pytest.raises(InputError, match="a range that holds it"):
        stated("rate", row, header, "x.csv:2")


def test_a_header_about_an_unknown_column_is_refused():
    with pytest.raises(InputError, match="'rat'"):
        header_of(["# uncertainty: rat 5 %"], [{"rate": "2"}], ("rate",), "x.csv")


def test_classes_are_told_by_the_note_or_a_cell():
    rows = [
        {"kind": "a", "rate": "2", "note": "estimated from b"},
        {"kind": "order", "rate": "2", "note": "estimated"},
        {"kind": "a", "rate": "2", "note": ""},
    ]
    lines = ["# uncertainty: rate 1 %, order exact, estimated factor 2; why, and [recalled] elsewhere"]
    header = header_of(lines, rows, ("kind", "rate"), "x.csv")
    found = [stated("rate", row, header, "") for row in rows]
    assert found == [Around(2.0, math.log(2), math.log(2), True), Exact(), Around(2.0, 0.02, 0.02, False)]


def test_every_species_of_the_thermal_data_has_a_source():
    text = FOLDER.joinpath("roasting.yaml").read_text(encoding="utf-8")
    names, found = re.findall(r"^- name: (.+)$", text, re.M), re.findall(r"^  source: *['\"]?([^'\"\n]+)", text, re.M)
    assert len(names) == len(found) > 40
    assert {key.strip() for keys in found for key in keys.split(";")} <= set(sources())
