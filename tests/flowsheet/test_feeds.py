"""Feeds from text: scrap, returned batteries, shares, measured particle sizes, and what is refused."""

import numpy as np
import pytest

from blackmass import load_flowsheet, solve, species
from blackmass.analysis.design import read_axes
from blackmass.chemistry.breakage import POSITION, powder_sizes
from blackmass.chemistry.cells import composition
from blackmass.chemistry.returns import returned
from blackmass.chemistry.sieves import read_sieves, sizes_of_median
from blackmass.errors import InputError
from blackmass.flowsheet.feeds import read_feed
from blackmass.operations.leach_train import LeachTrain
from blackmass.sizes import EDGES, passing_size

MASS = species.MOLAR_MASS[:, 0]
ASSAY = "element,wt_pct\nLi,4.36\nCo,7.40\nNi,22.1\nMn,6.90\nCu,1.0\n"
SIEVES = "# of the sample\nsize_um,passing_pct\n20,15\n45,50\n90,85\n250,100\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bm.csv").write_text(ASSAY)
    (tmp_path / "sieves.csv").write_text(SIEVES)
    return tmp_path


def grams(moles, name):
    return float(moles[species.index(name)] * MASS[species.index(name)])


# --- scrap ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize("chemistry", ["NMC111", "NMC622", "NMC811", "NCA", "LCO", "LFP"])
def test_scrap_of_both_electrodes_is_its_two_halves(chemistry):
    both = composition(chemistry, "scrap")
    halves = [composition(chemistry, form) for form in ("cathode_scrap", "anode_scrap")]
    share = grams(both, "Cu") / grams(halves[1], "Cu")
    np.testing.assert_allclose((1 - share) * halves[0] + share * halves[1], both, atol=1e-12)
    assert grams(halves[0], "Cu") == grams(halves[1], "Al") == 0


def test_a_factory_rejects_more_foil_per_coating_than_cells_hold():
    cell, scrap = composition("NMC622"), composition("NMC622", "scrap")
    ratio = [grams(article, "Cu") / grams(article, "graphite") for article in (scrap, cell)]
    yields = (1 / 0.865 - 1) / (1 / 0.922 - 1)  # of foil and of coating, EverBatt 2023
    assert ratio[0] / ratio[1] == pytest.approx(yields, rel=0.02)


def test_coating_is_scrap_without_its_foil_and_wet_scrap_holds_the_electrolyte_of_the_cell():
    coating = composition("LFP", "cathode_coating")
    assert grams(coating, "LiFePO4") == pytest.approx(0.96, abs=0.005)
    wet, dry, cell = composition("LFP", "scrap", True), composition("LFP", "scrap"), composition("LFP")
    assert grams(dry, "EC") == 0
    assert grams(wet, "EC") / grams(wet, "graphite") == pytest.approx(
        grams(cell, "EC") / grams(cell, "graphite"), rel=0.01
    )
    assert wet @ MASS == pytest.approx(1, rel=1e-12)


# --- batteries that come back --------------------------------------------------------------------------
def test_what_comes_back_is_the_market_of_the_year_of_sale_by_mass_of_cells():
    found = returned(2031, 10)  # sold in 2021: a year of the table
    energy = {"NCA": 0.21, "NMC532": 0.17, "NMC622": 0.17, "NMC811": 0.17, "LFP": 0.28}
    mass = {"NCA": 3.08, "NMC532": 3.30, "NMC622": 3.19, "NMC811": 2.98, "LFP": 4.24}
    total = sum(energy[name] * mass[name] for name in energy)
    assert found == pytest.approx({name: energy[name] * mass[name] / total for name in energy})


def test_a_longer_service_shifts_the_year_of_sale():
    assert returned(2035, 14) == pytest.approx(returned(2031, 10))
    lfp = [returned(year, 10)["LFP"] for year in (2025, 2031, 2035)]
    assert lfp[0] < lfp[1] < lfp[2]


def test_a_feed_of_a_year_has_its_chemistries_as_parts():
    feed = read_feed("return:2031:pack=1 t/h", "")
    assert feed.stream.mass[0] * 3600 == pytest.approx(1000, rel=1e-12)
    assert feed.share("LFP") == pytest.approx(returned(2031, 10)["LFP"], rel=1e-12)
    assert feed.stream["NiO2"][0] > 0  # aged to the state of health at return


# --- shares --------------------------------------------------------------------------------------------
def test_a_share_keeps_the_flow_and_the_proportions_of_the_others():
    feed = read_feed("NMC622=600 kg/h,NCA=300 kg/h,LFP=100 kg/h", "")
    changed = feed.with_share("LFP", np.array([0.0, 0.4]))
    np.testing.assert_allclose(changed.stream.mass, feed.stream.mass[0], rtol=1e-12)
    same = read_feed("NMC622=400 kg/h,NCA=200 kg/h,LFP=400 kg/h", "")
    np.testing.assert_allclose(changed.stream.flow[:, 1], same.stream.flow[:, 0], rtol=1e-12, atol=1e-18)
    assert changed.stream["LiFePO4"][0] == 0


def test_shares_do_not_depend_on_their_order():
    feed = read_feed("NMC622=600 kg/h,NCA=300 kg/h,LFP=100 kg/h", "")
    one = feed.with_share("LFP", 0.5).with_share("NCA", 0.1)
    other = feed.with_share("NCA", 0.1).with_share("LFP", 0.5)
    np.testing.assert_allclose(one.stream.flow, other.stream.flow, rtol=1e-12)
    assert one.share("NMC622") == pytest.approx(0.4)


def test_a_share_is_an_axis_of_a_sweep():
    plant = load_flowsheet("spoke").changed({}, feed="NMC622=800 kg/h,LFP=200 kg/h")
    design = read_axes(plant, {"cells.LFP": "0:0.6:3"})
    assert design.cases == 3
    swept = solve(plant.changed({"cells.LFP": np.array([0.0, 0.3, 0.6])})).check()
    iron = swept.streams["screen.undersize"]["LiFePO4"]
    assert iron[0] == 0
    assert iron[2] == pytest.approx(2 * iron[1], rel=1e-3)


# --- measured sizes ------------------------------------------------------------------------------------
def test_a_sieve_table_is_met_at_its_sieves(folder):
    sizes = read_sieves(folder / "sieves.csv")
    np.testing.assert_allclose(sizes.sum(1), 1, rtol=1e-12)
    assert passing_size(sizes[0], 0.5)[0] == pytest.approx(45e-6, rel=0.15)  # between classes a factor 2 wide
    assert sizes[0, EDGES[1:] > 5.2e-4].sum() == 0


def test_materials_may_have_their_own_curve_and_others_are_powder(folder):
    (folder / "own.csv").write_text("size_um,passing_pct,material\n10,50,copper\n100,100,copper\n")
    sizes = read_sieves(folder / "own.csv")
    other = POSITION["aluminium"]
    np.testing.assert_array_equal(sizes[other], powder_sizes()[other])
    assert passing_size(sizes[POSITION["copper"]])[0] == pytest.approx(10e-6, rel=0.3)


def test_the_median_of_a_distribution_is_the_one_asked_for():
    for median in (20e-6, 200e-6):
        assert passing_size(sizes_of_median(median, 1.2)[0])[0] == pytest.approx(median, rel=0.05)


def test_finer_black_mass_leaches_further(folder):
    extraction = []
    for option in ("d50=15 um", "sizes=sieves.csv", "d50=400 um"):
        plant = load_flowsheet("blackmass_toll").changed({}, feed=f"bm.csv@1 t/h, {option}")
        solids = plant.feeds["black_mass"].stream
        unit = plant.units["leach"]
        leach = LeachTrain(residence_time="30 min")
        supplies = {port: unit.connections[port].composition for port in leach.supplies}
        out = leach.run(solids=solids, lixiviant=solids.split(0.0)[0], **supplies)
        extraction.append(float(out.report["extraction"]["Ni"][0]))
    assert extraction[0] > extraction[1] > extraction[2] + 0.01


def test_an_assay_in_toml_carries_its_sizes(folder):
    (folder / "bm.toml").write_text('[assay]\nLi = 4.36\nNi = 22.1\nCo = 7.4\nMn = 6.9\n[sizes]\nfile = "sieves.csv"\n')
    feed = read_feed("bm.toml @ 500 kg/h", "")
    np.testing.assert_allclose(feed.stream.sizes, read_sieves(folder / "sieves.csv"))


def test_black_masses_mix_by_their_files(folder):
    (folder / "lean.csv").write_text(ASSAY.replace("22.1", "11.0").replace("4.36", "3.0"))
    mixed = read_feed("bm.csv @ 500 kg/h, lean.csv @ 300 kg/h", "")
    assert mixed.share("bm") == pytest.approx(0.625)
    with pytest.raises(InputError, match="assay 'bm' stands there twice"):
        read_feed("bm.csv @ 500 kg/h, bm.csv @ 300 kg/h", "")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("size_um,passing_pct\n10,20\n20,130\n", r"s.csv:3: passing_pct = '130': give a number from 0 to 100"),
        ("size_um,passing_pct\n# note\n10,20\nx,30\n", r"s.csv:4: size_um = 'x'"),
        ("size_um,passing_pct\n10,20\n5,30\n", r"s.csv:3: size_um = 5 follows 10: give sieves from fine to coarse"),
        ("size_um,passing_pct\n10,20\n20,10\n", r"s.csv:3: passing_pct = 10 after 20: .*cumulative"),
        ("size,passing\n10,20\n", r"s.csv:1: the first line must be 'size_um,passing_pct'"),
        ("size_um,passing_pct,material\n10,20,coper\n20,30,copper\n", r"s.csv:2: .*'coper'; did you mean 'copper'"),
        ("size_um,passing_pct\n10,20\n20\n", r"s.csv:3: 1 cells, 2 are needed"),
        ("size_um,passing_pct\n10,20\n", r"two sieves or more"),
        ("", r"the first line must be"),
    ],
)
def test_a_wrong_sieve_table_names_file_line_value_and_fix(tmp_path, text, message):
    (tmp_path / "s.csv").write_text(text)
    with pytest.raises(InputError, match=message):
        read_sieves(tmp_path / "s.csv")


@pytest.mark.parametrize(
    ("feed", "message"),
    [
        ("NMC622=1 t/h, d50=4 um, sizes=sieves.csv", "a sieve table .* or a median .* not both"),
        ("NMC622=1 t/h, spread=2", "give the median, such as d50=40 um"),
        ("NMC622=1 t/h, d50=2 m", "give 1 um to 100 mm"),
        ("bm.csv@1 t/h, sizes=none.csv", "sieve table 'none.csv' cannot be read"),
        ("return=1 t/h", "give the year in which the batteries come back, such as 'return:2030'"),
        ("return:2010=1 t/h", "give a year from 2020 to 2050, or another life"),
        ("retrun:2030=1 t/h", "did you mean 'return'"),
        ("NMC622:10y=1 t/h", "a service life is for 'return:YEAR' only"),
        ("NMC622:cell:wet=1 t/h", "only scrap can be dry or wet"),
        ("NMC622:cathode_scrp=1 t/h", "did you mean 'cathode_scrap'"),
        ("NMC622:cathode_scrap:90%=1 t/h", "state of health 0.9 is outside 1.000 to 1"),
    ],
)
def test_a_wrong_feed_is_refused_with_the_fix(folder, feed, message):
    with pytest.raises(InputError, match=message):
        read_feed(feed, "")


def test_a_wrong_assay_names_file_and_line(folder):
    (folder / "bad.csv").write_text("# lab\nelement,wt_pct\nNi,20\nCo,abc\n")
    with pytest.raises(InputError, match=r"bad.csv:4: .*Co = 'abc'"):
        read_feed("bad.csv@1 t/h", "")
    (folder / "bad.toml").write_text("[assay]\nNi = 20\nXx = 3\n")
    with pytest.raises(InputError, match=r"bad.toml:3: .*no element 'Xx'"):
        read_feed("bad.toml@1 t/h", "")


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("cells.LFP", "1.4", "share of LFP = 1.4: give 0 to 1"),
        ("cells.LPF", "0.4", "a feed of NMC622, LFP has no 'LPF'; did you mean 'LFP'"),
        ("cells.flwo", "1 t/h", "did you mean 'flow'"),
    ],
)
def test_a_wrong_share_is_refused(path, value, message):
    plant = load_flowsheet("spoke").changed({}, feed="NMC622=800 kg/h,LFP=200 kg/h")
    with pytest.raises(InputError, match=message):
        plant.changed({path: value})


def test_shares_that_do_not_fill_the_feed_are_refused():
    feed = read_feed("NMC622=600 kg/h,LFP=100 kg/h", "").with_share("LFP", 0.5)
    with pytest.raises(InputError, match=r"sum to 1\.2: they must sum to 1"):
        feed.with_share("NMC622", 0.7)
    assert feed.with_share("NMC622", 0.5).share("NMC622") == 0.5
