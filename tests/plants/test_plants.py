"""The plants that ship: they converge, close, and answer in the right direction to what an engineer changes."""

import functools

import numpy as np
import pytest

from blackmass import load_flowsheet, solve
from blackmass.flowsheet.graph import loops
from blackmass.flowsheet.load import shipped
from blackmass.flowsheet.summary import summary


@functools.cache
def solved(name: str, *settings: str, feed: str | None = None):
    plant = load_flowsheet(name).changed(dict(setting.split("=", 1) for setting in settings), feed=feed)
    return summary(solve(plant).check())


@pytest.mark.parametrize("name", shipped())
def test_plant_converges_and_closes(name):
    found = solved(name)
    assert found["status"] == "converged"
    assert found["balance"]["max_relative_error"] < 1e-9
    assert found["balance"]["charge_relative_error"] < 1e-9
    assert sum(len(loop.tears) for loop in loops(load_flowsheet(name))) <= 4


@pytest.mark.parametrize(
    ("name", "product", "least"),
    [
        ("nmc_mhp", "mixed_hydroxide", 0.95),
        ("mixed_nmc_lfp", "nickel_sulfate", 0.99),
        ("nmc_mhp", "manganese_dioxide", 0.97),
        ("blackmass_toll", "nickel_sulfate", 0.99),
        ("blackmass_toll", "copper", 0.999),
        ("lfp_full", "iron_phosphate", 0.9),
        ("lfp_full", "graphite", 0.85),
        ("lfp_full", "lithium_phosphate", 0.95),
        ("lfp_full", "lithium_carbonate", 0.99),
        ("lfp_selective", "lithium_carbonate", 0.99),
        ("spoke", "aluminium", 0.8),
        ("lithium_first", "lithium_carbonate", 0.98),
        ("pcam_loop", "pcam", 0.99),
        ("pcam_loop", "lithium_hydroxide", 0.97),
    ],
)
def test_plant_makes_its_product(name, product, least):
    assert solved(name)["products"][product]["purity"] > least


def test_lfp_in_the_feed_saves_peroxide():
    feeds = [f"NMC622={1000 - lfp} kg/h, LFP={lfp} kg/h" for lfp in (50, 300, 600)]
    dosed = [solved("mixed_nmc_lfp", feed=feed)["reagents"]["hydrogen_peroxide"]["kg_per_h"] for feed in feeds]
    assert dosed[0] > 1.5 * dosed[1] > 2.0 * dosed[2]


def test_lithium_first_needs_no_peroxide_and_recovers_more_lithium():
    found = solved("lithium_first")
    assert found["reagents"]["hydrogen_peroxide"]["kg_per_h"] < 1e-3 * reagent("hydrogen_peroxide")(
        solved("nmc_hydromet")
    )
    assert found["recovery"]["Li"]["total"] > recovery("Li")(solved("nmc_hydromet"))
    assert 0.75 < found["recovery"]["Li"]["by_product"]["lithium_carbonate"] < 0.95


def test_spent_electrolyte_strips_the_copper_that_was_extracted():
    """Electrolytes of tank houses hold 30 to 50 g/L of copper and 150 to 200 g/L of acid (Schlesinger et al., 2011)."""
    found = solved("blackmass_toll")
    row = next(row for row in found["streams"] if row["name"] == "cu_sx.strip_liquor")["components"]
    litres = row["H2O"]
    assert 25 < 1e3 * row["Cu+2"] / litres < 60
    assert 100 < 1e3 * row["H+"] * 98.08 / 2.016 / litres < 220
    assert found["recovery"]["Cu"]["by_product"]["copper"] > 0.9
    assert found["reagents"].get("iron_powder") is None


def test_manganese_leaves_as_dioxide_before_the_hydroxide():
    found = solved("nmc_mhp")
    assert found["recovery"]["Mn"]["by_product"]["manganese_dioxide"] > 0.7
    dioxide, hydroxide = (found["products"][name]["assay"] for name in ("manganese_dioxide", "mixed_hydroxide"))
    assert dioxide["Co"] + dioxide["Ni"] < 0.03 * dioxide["Mn"]
    assert hydroxide["Mn"] < 0.1 * hydroxide["Ni"]


def test_graphite_floats_and_the_purge_gives_its_lithium():
    recovered = solved("lfp_full")["recovery"]
    assert recovered["C"]["by_product"]["graphite"] > 0.5
    assert recovered["Li"]["by_product"]["lithium_phosphate"] > 0.01


def test_spoke_follows_the_split_of_everbatt():
    recovered = solved("spoke")["recovery"]
    np.testing.assert_allclose([recovered[metal]["total"] for metal in ("Ni", "Co", "Li")], 0.95, atol=0.02)


@functools.cache
def to_black_mass(cut_size: str) -> dict[str, float]:
    """Share of each species of the cells that passes the screen of `spoke`."""
    found = solved("spoke", f"screen.cut_size={cut_size}")
    fed = found["feed"]["species"]
    passed = next(stream for stream in found["streams"] if stream["name"] == "screen.undersize")["components"]
    return {name: passed.get(name, 0.0) / fed[name] for name in ("LiNiO2", "graphite", "Cu", "Al")}


def test_black_mass_of_spoke_follows_everbatt_2023_at_the_default_cut_size():
    found = to_black_mass("500 um")
    assert found["LiNiO2"] == pytest.approx(0.95, abs=0.005)
    assert found["graphite"] == pytest.approx(0.95, abs=0.005)
    assert found["Cu"] == pytest.approx(0.05, abs=0.005)
    assert found["Al"] == pytest.approx(0.05, abs=0.005)


@pytest.mark.parametrize("name", ["LiNiO2", "graphite", "Cu", "Al"])
def test_a_wider_cut_lets_more_of_everything_by_and_of_foils_most(name):
    shares = [to_black_mass(cut)[name] for cut in ("100 um", "250 um", "500 um", "1 mm", "2 mm")]
    assert np.all(np.diff(shares) > 0)
    assert (shares[-1] > 2 * shares[2]) == (name in ("Cu", "Al"))


def test_nmc_plant_makes_its_salts():
    found = solved("nmc_hydromet")
    assert found["recovery"]["Ni"]["total"] > 0.85
    assert found["recovery"]["Co"]["total"] > 0.85
    assert found["recovery"]["Li"]["total"] > 0.85
    for product in ("nickel_sulfate", "cobalt_sulfate", "manganese_sulfate"):
        assert found["products"][product]["purity"] > 0.99
    assert found["products"]["lithium_carbonate"]["purity"] > 0.97


def test_lfp_plant_keeps_iron_and_phosphate_in_the_residue():
    found = solved("lfp_selective")
    assert found["recovery"]["Li"]["total"] > 0.85
    assert found["recovery"]["Fe"]["by_product"]["iron_phosphate"] > 0.9
    assert found["products"]["lithium_carbonate"]["purity"] > 0.97


def recovery(element):
    return lambda found: found["recovery"][element]["total"]


def reagent(name):
    return lambda found: found["reagents"][name]["kg_per_h"]


def in_stream(stream, component):
    def of(found):
        row = next(row for row in found["streams"] if row["name"] == stream)
        return row["components"].get(component, 0.0)

    return of


DIRECTIONS = {
    "hotter leach": ("leach.temperature", "45degC", "80degC", recovery("Ni"), +1),
    "longer leach": ("leach.residence_time", "1h", "6h", recovery("Ni"), +1),
    "more acid": ("leach.acid_ratio", "0.5", "0.9", recovery("Co"), +1),
    "more acid is drawn": ("leach.acid_ratio", "0.9", "1.3", reagent("sulfuric_acid"), +1),
    "more reductant": ("leach.reductant_ratio", "0.5", "2.5", recovery("Mn"), +1),
    "more reductant is drawn": ("leach.reductant_ratio", "0.5", "2.5", reagent("hydrogen_peroxide"), +1),
    "thicker pulp": ("leach.pulp_density", "60 g/L", "140 g/L", in_stream("leach.slurry", "H2O"), -1),
    "higher pH draws alkali": ("impurity_removal.pH", "4.2", "5.4", in_stream("hydroxide_filter.filtrate", "Na+"), +1),
    "higher pH takes aluminium out": ("impurity_removal.pH", "4.2", "5.4", in_stream("mn_sx.strip_liquor", "Al+3"), -1),
    "higher pH extracts manganese": ("mn_sx.pH", "2.4", "3.3", recovery("Mn"), +1),
    "more organic extracts cobalt": ("co_sx.oa_ratio", "0.1", "0.8", recovery("Co"), +1),
    "more stages extract nickel": ("ni_sx.stages", "1", "5", recovery("Ni"), +1),
    "scrubbing keeps cobalt out of manganese": (
        "mn_sx.scrub_stages",
        "0",
        "3",
        in_stream("mn_sx.strip_liquor", "Co+2"),
        -1,
    ),
    "coarser cut takes copper along": ("screen.cut_size", "250um", "900um", in_stream("screen.undersize", "Cu"), +1),
    "coarser cut takes nickel along": ("screen.cut_size", "100um", "500um", recovery("Ni"), +1),
    "washing saves nickel": ("leach_filter.wash_ratio", "0.1", "3", recovery("Ni"), +1),
    "hot lithium carbonate": (
        "li_precipitation.temperature",
        "30degC",
        "95degC",
        in_stream("li_filter.cake", "Li2CO3"),
        +1,
    ),
    "more soda is drawn": ("li_precipitation.excess", "0.8", "1.3", reagent("sodium_carbonate"), +1),
}


@pytest.mark.parametrize("change", DIRECTIONS)
def test_answer_goes_the_right_way(change):
    path, low, high, figure, sign = DIRECTIONS[change]
    less, more = (figure(solved("nmc_hydromet", f"{path}={value}")) for value in (low, high))
    assert sign * (more - less) > 1e-3 * abs(less)


def test_without_reductant_the_metals_stay_behind_and_lithium_does_not():
    found = solved("nmc_hydromet", "leach.reductant_ratio=0", "leach.temperature=40degC")
    extraction = next(unit for unit in found["units"] if unit["name"] == "leach")["report"]["extraction"]
    assert 0.3 < extraction["Co"] < 0.5
    assert 0.65 < extraction["Li"] < 0.95


def test_mixture_and_pack_feeds_converge():
    found = solved("nmc_hydromet", feed="NMC811:pack=600 kg/h,LCO=400 kg/h")
    assert found["balance"]["max_relative_error"] < 1e-9
    assert found["products"]["steel"]["kg_per_h"] > 50


def test_batch_is_its_cases():
    plant = load_flowsheet("lfp_selective")
    sizes = np.array([3e-4, 5e-4, 8e-4])
    batch = solve(plant.changed({"screen.cut_size": sizes})).check()
    for case, size in enumerate(sizes):
        one = solve(plant.changed({"screen.cut_size": float(size)})).check()
        for name in ("li_dryer.dry", "leach_filter.cake"):
            alone = one.streams[name].flow[:, 0]
            np.testing.assert_allclose(batch.streams[name].flow[:, case], alone, rtol=1e-6, atol=1e-8 * alone.max())
