import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blackmass import species
from blackmass.chemistry.assay import Measured, assay_stream, read_assay, solve_assay
from blackmass.chemistry.cells import feed_stream
from blackmass.errors import InputError
from blackmass.stream import Stream


def _assay_of(stream, elements):
    percent = 100 * stream.elements[:, 0] * species.ATOMIC_WEIGHT[:, 0] / stream.mass[0]
    return {name: percent[species.ELEMENTS.index(name)] for name in elements}


SOLIDS = ("LiNiO2", "LiCoO2", "LiMnO2", "NiO2", "CoO2", "MnO2", "LiFePO4", "graphite", "Cu", "Al")


@settings(max_examples=30, deadline=None)
@given(
    st.tuples(*[st.floats(0.05, 1.0)] * 3),
    st.floats(0.0, 0.5),
    st.floats(0.0, 1.0),
    st.tuples(*[st.floats(0.0, 0.1)] * 2),
)
def test_assay_of_known_species_gives_them_back(metals, delithiated, olivine, foils):
    # manganese below nickel plus cobalt, so that none of it is spinel; all hosts aged alike
    metals = (metals[0], metals[1], min(metals[2], metals[0] + metals[1]))
    amounts = dict(zip(SOLIDS[:3], [m * (1 - delithiated) for m in metals], strict=True))
    amounts |= dict(zip(SOLIDS[3:6], [m * delithiated for m in metals], strict=True))
    amounts |= {
        "LiFePO4": olivine * (1 - delithiated),
        "FePO4": olivine * delithiated,
        "graphite": 3.0,
        "Cu": foils[0],
        "Al": foils[1],
    }
    known = Stream.of(amounts)
    found = assay_stream(solve_assay(_assay_of(known, ("Li", "Ni", "Co", "Mn", "Fe", "P", "Cu", "Al", "C"))), 1.0)
    for name in ("LiNiO2", "NiO2", "LiMnO2", "LiFePO4", "graphite", "Cu", "Al"):
        assert found[name][0] == pytest.approx(known[name][0] / known.mass[0], rel=5e-3, abs=2e-3)


def test_assay_of_a_cell_feed_reproduces_its_elements():
    cells = feed_stream({"NMC622": 0.5, "LFP": 0.5}, state_of_health=0.9)
    elements = ("Li", "Ni", "Co", "Mn", "Fe", "P", "F", "Cu", "Al", "C", "O", "H")
    assay = solve_assay(_assay_of(cells, elements))
    again = _assay_of(assay_stream(assay, 1.0), elements)
    for name, percent in _assay_of(cells, elements).items():
        assert again[name] == pytest.approx(percent, rel=0.06, abs=0.1)


def test_fractions_sum_to_one_and_residuals_say_what_is_left():
    assay = solve_assay({"Li": 4.36, "Ni": 22.1, "Co": 7.4, "Mn": 6.9, "Cu": 0.57, "Al": 0.37, "C": 38.16})
    assert sum(assay.fractions.values()) == pytest.approx(1.0, rel=1e-12)
    assert assay.residuals.keys() == {"Li", "Ni", "Co", "Mn", "Cu", "Al", "C"}
    assert max(abs(value) for value in assay.residuals.values()) < 1e-5
    assert abs(assay.rest) < 0.01


def test_manganese_without_nickel_is_spinel():
    assay = solve_assay({"Li": 2.66, "Mn": 42.05, "Cu": 1.34, "Al": 0.7, "C": 28.6})
    assert assay.fractions["LiMn2O4"] > 0.68


def test_missing_lithium_is_delithiated_alike_over_the_metals():
    found = assay_stream(solve_assay({"Li": 3.0, "Ni": 22.1, "Co": 7.4, "Mn": 6.9, "C": 38.0}), 1.0)
    shares = [
        found[bare][0] / (found[bare][0] + found[full][0])
        for full, bare in (("LiNiO2", "NiO2"), ("LiCoO2", "CoO2"), ("LiMnO2", "MnO2"))
    ]
    lithium = 3.0 / 6.94 / (22.1 / 58.693 + 7.4 / 58.933 + 6.9 / 54.938)
    assert shares == pytest.approx([1 - lithium] * 3, abs=2e-3)


def test_without_carbon_the_rest_is_graphite():
    assay = solve_assay({"Li": 4.36, "Ni": 22.1, "Co": 7.4, "Mn": 6.9})
    assert assay.fractions["graphite"] == pytest.approx(assay.rest, rel=1e-9)
    assert assay.rest > 0.3


def test_a_looser_figure_takes_the_residual():
    # phosphorus and iron that do not match: FePO4 needs one per one
    base = {"Li": Measured(0.0287, 3e-4), "Fe": Measured(0.2307, 1e-3), "C": Measured(0.30, 5e-3)}
    tight = solve_assay({**base, "P": Measured(0.135, 1e-2)})
    assert abs(tight.residuals["P"]) > abs(tight.residuals["Fe"])


@pytest.mark.parametrize(
    ("assay", "message"),
    [
        ({"Ni": 60, "Co": 30, "Li": 15}, "sum to 105.0 wt%, more than 100"),
        ({"Ni": 70, "Co": 5, "Li": 3}, "Ni = 70 wt%.*oxygen.*more than 100"),
        ({"Li": 12, "Ni": 20, "C": 30}, "Li = 12 wt%: 5.07 mol per mol of cathode metal, outside"),
        ({"Li": 0.1, "Ni": 20, "C": 30}, "Li = 0.1 wt%: 0.04 mol per mol"),
        ({"Cu": 20, "F": 30, "C": 5, "Li": 0.1}, "F = 30 wt%: .*for lack of Li, C, Ca or P"),
        ({"Ni": 20, "Li": 2.4, "P": 8, "C": 40}, "P = 8 wt%"),
        ({"Ni": 20, "Li": 2.4, "O": 2, "C": 40}, "O = 2 wt%: .*10.9 wt%: there is an oxygen deficit"),
        ({"Ni": 20, "Li": 2.4, "Si": 3}, "Si = 3 wt%: no species"),
        ({"Ni": -1}, "Ni = -1 wt%: it must be between 0 and 100"),
        ({"Ni": float("nan")}, "finite number"),
        ({"Nj": 1}, "no element 'Nj'; did you mean 'N"),
        ({"Ni": "much"}, "a number in wt% is needed"),
        ({}, "nothing is given"),
        ({"Ni": 10, "Li": 1.2, "C": 10}, "is unknown: give the missing elements"),
    ],
)
def test_impossible_assay_is_refused_with_the_reason(assay, message):
    with pytest.raises(InputError, match=message):
        solve_assay(assay)


def test_csv_and_toml_read_alike(tmp_path):
    (tmp_path / "a.csv").write_text("element,wt_pct,uncertainty\nNi,22.1,0.3\nLi,4.36,\n# note\nC,38,1\n")
    (tmp_path / "a.toml").write_text("[assay]\nNi = [22.1, 0.3]\nLi = 4.36\nC = [38, 1]\n")
    assert read_assay(tmp_path / "a.csv") == read_assay(tmp_path / "a.toml")
    assert read_assay(tmp_path / "a.csv")["Ni"].uncertainty == pytest.approx(0.003)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.csv", "metal,wt\nNi,3\n", "first line must be"),
        ("a.csv", "element,wt_pct\nNi\n", "has not 2 cells"),
        ("a.csv", "element,wt_pct\nNi,3\nNi,4\n", "stands there twice"),
        ("a.csv", "element,wt_pct,uncertainty\nNi,3,0\n", "uncertainty of Ni"),
        ("a.toml", "Ni = = 3", "is not TOML"),
        ("a.toml", "assay = 3", "must be a table"),
        ("a.toml", "Ni = true", "finite number"),
    ],
)
def test_wrong_assay_file_is_refused(tmp_path, name, text, message):
    (tmp_path / name).write_text(text)
    with pytest.raises(InputError, match=message):
        read_assay(tmp_path / name)


def test_missing_assay_file_is_refused(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        read_assay(tmp_path / "none.csv")


def test_stream_has_the_flow_of_each_case():
    assay = solve_assay({"Li": 4.36, "Ni": 22.1, "Co": 7.4, "Mn": 6.9})
    assert assay_stream(assay, np.array([1.0, 2.0])).mass == pytest.approx([1.0, 2.0], rel=1e-12)
    with pytest.raises(InputError, match="positive and finite"):
        assay_stream(assay, np.array([1.0, np.nan]))
