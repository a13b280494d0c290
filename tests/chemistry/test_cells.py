import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blackmass import species
from blackmass.chemistry.cells import aged, composition, feed_stream, parse_feed
from blackmass.errors import InputError

CHEMISTRIES = ("NMC111", "NMC532", "NMC622", "NMC811", "NCA", "LCO", "LMO", "LFP")
COATING = [s.name for s in species.SPECIES if s.material == "cathode_coating"]
TO_BLACK_MASS = {name: 0.95 for name in (*COATING, "graphite")} | {
    name: 0.05 for name in ("Cu", "Al", "PVDF", "binder")
}
# black_mass_assays: EverBatt bill of materials times its partition rule, wt%
PUBLISHED = {
    "NMC111": {"Li": 4.55, "Ni": 12.84, "Co": 12.89, "Mn": 12.01, "Cu": 0.58, "Al": 0.37, "C": 35.7},
    "NMC622": {"Li": 4.36, "Ni": 22.1, "Co": 7.4, "Mn": 6.9, "Cu": 0.57, "Al": 0.37, "C": 38.16},
    "NMC811": {"Li": 4.16, "Ni": 28.11, "Co": 3.53, "Mn": 3.29, "Cu": 0.56, "Al": 0.37, "C": 40.76},
    "NCA": {"Li": 4.3, "Ni": 29.11, "Co": 5.48, "Cu": 0.55, "Al": 1.2, "C": 39.46},
    "LCO": {"Li": 5.02, "Co": 42.65, "Cu": 0.66, "Al": 0.4, "C": 28.04},
    "LMO": {"Li": 2.66, "Mn": 42.05, "Cu": 1.34, "Al": 0.7, "C": 28.6},
    "LFP": {"Li": 2.87, "Cu": 0.72, "Al": 0.45, "Fe": 23.07, "P": 12.8, "C": 33.58},
}


def _element(flow, name):
    row = species.ELEMENTS.index(name)
    return species.ELEMENT_MATRIX[row] @ flow * species.ATOMIC_WEIGHT[row, 0]


@pytest.mark.parametrize("chemistry", PUBLISHED)
def test_everbatt_partition_of_the_cell_gives_the_published_black_mass(chemistry):
    black_mass = composition(chemistry) * species.column(TO_BLACK_MASS)
    mass = black_mass @ species.MOLAR_MASS[:, 0]
    for name, percent in PUBLISHED[chemistry].items():
        assert 100 * _element(black_mass, name) / mass == pytest.approx(percent, rel=0.01, abs=0.03)


@pytest.mark.parametrize("chemistry", CHEMISTRIES)
def test_flow_is_the_mass_asked_for(chemistry):
    feed = parse_feed(f"{chemistry}=720 kg/h")
    assert feed.mass[0] == pytest.approx(0.2, rel=1e-12)
    assert np.all(feed.flow >= 0)


@given(st.sampled_from(CHEMISTRIES), st.floats(0.8, 1.0))
def test_ageing_keeps_lithium_per_metal_and_charge(chemistry, health):
    fresh = composition(chemistry)
    old = aged(fresh, health)[:, 0]
    metal = {"LFP": "P", "LMO": "Mn"}.get(chemistry, "Co")
    # LiPF6 is not touched, so its phosphorus does not change the ratio
    ratio = _element(old, "Li") / _element(old, metal)
    assert ratio == pytest.approx(_element(fresh, "Li") / _element(fresh, metal), rel=1e-12)
    assert np.all(old >= 0)
    assert old @ species.MOLAR_MASS[:, 0] == pytest.approx(1.0, rel=1e-12)


def test_ageing_takes_the_share_asked_from_the_cathode_and_spends_the_carbonate():
    health = np.array([1.0, 0.95, 0.9, 0.8])
    old = aged(composition("NMC622"), health)
    per_copper = {name: old[species.index(name)] / old[species.index("Cu")] for name in ("LiNiO2", "EC", "LEDC")}
    assert per_copper["LiNiO2"] / per_copper["LiNiO2"][0] == pytest.approx(health, rel=1e-12)
    assert np.all(np.diff(per_copper["EC"]) < 0)
    assert per_copper["EC"][-1] == pytest.approx(0.0, abs=1e-12)
    assert old[species.index("Li2CO3")][-1] > 0 == old[species.index("Li2CO3")][1]


def test_ageing_conserves_every_element_when_the_ethylene_is_counted():
    fresh, old = composition("NMC622"), aged(composition("NMC622"), 0.8)[:, 0]
    old = old * fresh[species.index("Cu")] / old[species.index("Cu")]
    missing = species.ELEMENT_MATRIX @ (fresh - old)
    ethylene = missing[species.ELEMENTS.index("C")] / 2
    expected = np.zeros(len(species.ELEMENTS))
    expected[species.ELEMENTS.index("C")], expected[species.ELEMENTS.index("H")] = 2 * ethylene, 4 * ethylene
    assert ethylene > 0
    np.testing.assert_allclose(missing, expected, atol=1e-12)


def test_one_flow_per_case_and_mixtures_add():
    flows = np.array([0.1, 0.2, 0.3])
    mixed = feed_stream({"NMC622": flows, "LFP:pack": 0.1}, state_of_health=np.array([1.0, 0.9, 0.85]))
    assert mixed.mass == pytest.approx(flows + 0.1, rel=1e-12)
    third = feed_stream({"NMC622": 0.3}, state_of_health=0.85) + feed_stream({"LFP:pack": 0.1}, state_of_health=0.85)
    np.testing.assert_allclose(mixed.flow[:, 2], third.flow[:, 0], rtol=1e-12, atol=1e-18)


def test_level_and_health_are_read_from_the_name():
    direct = feed_stream({"NMC811": 1 / 3.6}, level="module", state_of_health=0.8)
    np.testing.assert_array_equal(parse_feed("nmc811:module:80% = 1 t/h").flow, direct.flow)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("NMC62=1 t/h", "no cell chemistry 'NMC62'; did you mean 'NMC622'"),
        ("NMC622=0 kg/h", "NMC622 = 0 kg/h: the flow must be above zero"),
        ("NMC622=-5 kg/h", "NMC622 = -5 kg/h: the flow must be positive"),
        ("NMC622=1e400 kg/h", "not finite"),
        ("NMC622=nan", "not a number"),
        ("NMC622=3 m", "dimension"),
        ("NMC622", "not CHEMISTRY=FLOW"),
        ("NMC622=1,5 t/h", "use a point for decimals"),
        ("", "the feed is empty"),
        ("NMC622=1 t/h,NMC622=1 t/h", "stands there twice"),
        ("NMC622:pakc=1 t/h", "did you mean 'pack'"),
        ("LMO:pack=1 t/h", "use 'LMO:cell'"),
        ("NMC622:30%=1 t/h", "state of health 0.3 is outside 0.7"),
        ("NMC622:2 kg=1 t/h", "is a share"),
    ],
)
def test_wrong_feed_is_refused_with_the_reason(text, message):
    with pytest.raises(InputError, match=message):
        parse_feed(text)


@pytest.mark.parametrize("flow", [np.nan, np.inf, -1.0, 0.0])
def test_wrong_flow_in_one_case_is_refused(flow):
    with pytest.raises(InputError, match="the flow must be"):
        feed_stream({"NMC622": np.array([1.0, flow])})


def test_unknown_level_is_refused():
    with pytest.raises(InputError, match="choose one of cell, module, pack, scrap, cathode_scrap"):
        feed_stream({"NMC622": 1.0}, level="brick")
