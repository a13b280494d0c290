"""Diagram, stream table, page and workbook of solved plants, and of plants with names that mean harm."""

import datetime
import importlib.util
import io
import re
import xml.etree.ElementTree as ET
import zipfile
from html.parser import HTMLParser

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from blackmass import Plant, solve
from blackmass import operations as op
from blackmass.cli.report_command import command
from blackmass.errors import InputError
from blackmass.flowsheet.load import load_flowsheet
from blackmass.report.content import content
from blackmass.report.diagram import diagram
from blackmass.report.distribution import shares
from blackmass.report.element_flows import element_flows
from blackmass.report.numbering import numbered
from blackmass.report.page import figure, page
from blackmass.report.prints import printed
from blackmass.report.routes import Route, lay
from blackmass.report.sankey import sankey
from blackmass.report.stream_table import HOURS, stream_table
from blackmass.report.terms import LANGUAGES, terms
from blackmass.report.workbook import workbook

DAY = datetime.date(2026, 1, 2)
HARM = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def solved():
    return solve(load_flowsheet("spoke"))


def harmful():
    """A plant whose title, feed and main species carry what a page or a workbook must not run."""
    plant = Plant("harm", f'{HARM} =HYPERLINK("http://x") "日本語" {"long " * 60}')
    cells = plant.feed("cells", "NMC622=1 t/h")
    discharge = plant.add("discharge", op.Discharge(), cells=cells)
    plant.product("x", discharge.discharged, main="Cu")
    for port in discharge.operation.outlets:
        if port != "discharged":
            plant.waste(f"w_{port}", getattr(discharge, port))
    return plant


def test_every_stream_has_one_number():
    plant = load_flowsheet("nmc_hydromet")
    lines = numbered(plant)
    assert [line.number for line in lines] == list(range(1, len(lines) + 1))
    outlets = sum(len(unit.operation.outlets) for unit in plant.units.values())
    assert len({line.wire for line in lines}) == len(lines) == len(plant.feeds) + outlets
    assert {line.end for line in lines if line.end} == set(plant.terminals)
    assert {line.kind for line in lines} == {"feed", "stream", "recycle", "product", "waste"}


@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.integers(0, 4), st.integers(0, 3), st.integers(0, 4), st.floats(-1, 1)),
        min_size=1, max_size=30,
    )
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_lines_never_run_on_each_other(ends):
    routes = [Route((r, c), (to_r, to_c), out, -out) for r, c, to_r, to_c, out in ends]
    upright, level = lay(routes)
    taken = {}
    for route in routes:
        column, to_column = route.start[1], route.end[1]
        if route.channel < 0:
            assert to_column == column + 1
            continue
        assert route.across < level[route.channel]
        assert route.first < upright[column]
        assert route.last < upright[to_column - 1]
        low, high = sorted((column, to_column - 1))
        for other_low, other_high in taken.setdefault((route.channel, route.across), []):
            assert high < other_low or other_high < low
        taken[route.channel, route.across].append((low, high))


def test_diagram_shows_all_units_and_streams():
    plant = load_flowsheet("nmc_hydromet")
    drawing = diagram(plant)
    root = ET.fromstring(drawing.svg)
    groups = [g.get("class") for g in root.iter("{http://www.w3.org/2000/svg}g")]
    inner = [line for line in numbered(plant) if line.source and line.target]
    assert groups.count("unit") == len(plant.units)
    assert groups.count("stream") == len(inner)
    assert diagram(plant).svg == drawing.svg


def test_stream_table_holds_what_flows(solved):
    rows = stream_table(solved)
    for row in rows:
        stream = solved.streams[row.line.wire.name]
        assert row.mass == pytest.approx(3600 * stream.mass[0])
        assert row.yearly == pytest.approx(row.mass * HOURS / 1000)
        if row.solids:
            assert sum(row.solids.values()) <= 100 + 1e-9
    black_mass = next(row for row in rows if row.line.end == "black_mass")
    assert black_mass.phase == "solid"
    assert 1 < black_mass.d50 < 500


def test_shares_sum_to_what_is_fed(solved):
    for element, parts in shares(solved).items():
        assert sum(share for *_, share in parts) == pytest.approx(1, abs=1e-9), element


def test_element_flows_close_at_every_place(solved):
    places, flows = element_flows(solved, "Cu")
    fed = sum(flow.amount for flow in flows if flow.source.startswith("feed "))
    for place in places:
        into = sum(flow.amount for flow in flows if flow.target == place.name)
        out = sum(flow.amount for flow in flows if flow.source == place.name)
        if place.kind == "unit":
            assert into == pytest.approx(out, abs=5e-3 * fed)  # what is less than a thousandth is not drawn
    ends = sum(flow.amount for flow in flows if flow.target.split(" ")[0] in ("product", "waste"))
    assert ends == pytest.approx(fed, rel=5e-3)
    ET.fromstring(sankey(solved, "Cu"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_page_is_whole_and_asks_for_nothing(solved, language):
    text = page(content(solved, language=language, date=DAY))
    assert f'<html lang="{language}">' in text
    assert "default-src 'none'" in text
    links = re.findall(r'(?:src|href)="([^"]*)"', text)
    assert all(link.startswith("#") for link in links)
    assert text.count("<svg") == 2 + len(content(solved, date=DAY).sankeys)
    assert terms(language)["streams"] in text
    assert page(content(solved, language=language, date=DAY)) == text


def test_names_are_text_in_page_and_workbook():
    report = content(solve(harmful()), date=DAY)
    text = page(report)
    assert HARM not in text

    class Scripts(HTMLParser):
        count = 0

        def handle_starttag(self, tag, attrs):
            self.count += tag == "script"

    found = Scripts()
    found.feed(text)
    assert found.count == 1
    with zipfile.ZipFile(io.BytesIO(workbook(report))) as book:
        sheets = [book.read(name).decode() for name in book.namelist() if name.startswith("xl/worksheets/sheet")]
        formulas = [f for sheet in sheets for f in re.findall(r"<f>(.*?)</f>", sheet)]
        assert "hyperlink" not in "".join(sheets).lower()
    assert formulas
    assert all(f.startswith(("ABS(", "D")) for f in formulas)


@pytest.mark.parametrize("language", LANGUAGES)
def test_print_is_a_pdf_with_its_fonts(language):
    made = printed(content(solve(harmful()), language=language, date=DAY))
    assert made.startswith(b"%PDF")
    assert b"DejaVuSans" in made
    assert b"IPAexGothic" in made  # the title has Japanese letters in both


def test_workbook_closes_every_balance(solved):
    with zipfile.ZipFile(io.BytesIO(workbook(content(solved, date=DAY)))) as book:
        sheet = book.read("xl/worksheets/sheet4.xml").decode()
    verdicts = re.findall(r"<f>D\d+&lt;1e-09</f><v>(\w+)</v>", sheet)
    assert len(verdicts) == len(content(solved).summary["balance"]["by_element"])
    assert set(verdicts) == {"1"}


def test_figures_read_well():
    assert [figure(x) for x in (None, 0.0, 1234567.0, 12.3456, 0.00012345, np.float64(0.5))] == [
        "–", "0", "1,234,567", "12.35", "0.00012", "0.5"
    ]  # fmt: skip


def test_unknown_language():
    with pytest.raises(InputError, match=r"--lang jp: choose one of en, ja.*ja"):
        terms("jp")


def test_both_languages_have_every_word():
    for key, word in terms("en").items():
        assert word, key
        assert terms("ja")[key], key


@pytest.mark.parametrize("extra", [True, False])
def test_command_writes_what_it_can(tmp_path, monkeypatch, extra):
    if not extra:
        found = importlib.util.find_spec
        monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "typst" else found(name))
    ran = CliRunner().invoke(command, ["spoke", "--out", str(tmp_path)], standalone_mode=False)
    assert ran.exception is None
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".html", *([".pdf"] if extra else []), ".xlsx"]
    assert ("no PDF" in ran.output) != extra
