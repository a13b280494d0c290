import numpy as np

from blackmass import species
from blackmass.chemistry.reagents import reagent_stream
from blackmass.operations.lithium_precipitation import LithiumPrecipitation
from blackmass.status import Status
from blackmass.stream import Stream

SODA = reagent_stream("sodium_carbonate")[0]


def brine(cases: int = 1, **more: object) -> Stream:
    amounts = {"H2O": 55.5, "Li+": 2.2, "Na+": 0.5, "H+": 1e-4, **more}
    flow = Stream.of(amounts, 353.15, cases=cases).flow.copy()
    flow[species.index("SO4-2")] += species.CHARGE @ flow / 2
    return Stream(flow, 353.15)


def recovery(**changes: object) -> np.ndarray:
    return LithiumPrecipitation(**changes).run(liquor=brine(), soda=SODA).report["recovery"]


def test_most_of_the_lithium_of_a_strong_liquor_precipitates_hot():
    out = LithiumPrecipitation().run(liquor=brine(), soda=SODA)
    assert out.status <= Status.OUT_OF_RANGE
    assert 0.75 < out.report["recovery"] < 0.92
    np.testing.assert_allclose(out["slurry"]["Li2CO3"] * 2, out.report["recovery"] * 2.2, rtol=1e-12)
    assert 9.5 < out.report["pH"] < 12


def test_hotter_precipitates_more():
    assert np.all(np.diff(recovery(temperature=np.linspace(300, 373.15, 5))) > 0)


def test_more_soda_precipitates_more():
    assert np.all(np.diff(recovery(excess=np.array([0.3, 0.6, 0.9, 1.1, 1.4]))) > 0)


def test_stronger_liquor_precipitates_more():
    liquor = brine(4, **{"Li+": np.array([0.6, 1.1, 2.0, 3.0])})
    out = LithiumPrecipitation().run(liquor=liquor, soda=SODA)
    assert np.all(np.diff(out.report["recovery"]) > 0)


def test_approach_is_the_share_of_the_way():
    part, whole = recovery(approach=0.4), recovery()
    np.testing.assert_allclose(part, 0.4 * whole, rtol=1e-12)


def test_soda_drawn_allows_for_carbonate_of_the_liquor():
    liquor = brine(**{"CO3-2": 0.4, "Na+": 1.3})
    out = LithiumPrecipitation(excess=1.2).run(liquor=liquor, soda=SODA)
    np.testing.assert_allclose(out.drawn["soda"]["CO3-2"], 1.2 * 2.2 / 2 - 0.4)


def test_impurities_come_down_with_the_lithium():
    liquor = brine(**{"Ca+2": 2e-3, "Mg+2": 2e-3, "Mn+2": 1e-3, "F-": 0.01, "PO4-3": 1e-3})
    slurry = LithiumPrecipitation().run(liquor=liquor, soda=SODA)["slurry"]
    assert slurry["CaCO3"] > 1e-3
    assert slurry["MnCO3"] + slurry["Mn(OH)2"] > 5e-4
    assert slurry["Li3PO4"] > 0


def test_balance_edges_and_warm_start():
    operation = LithiumPrecipitation()
    for feed in (Stream.empty(), Stream.of({"H2O": 1.0}), Stream.of({"Cu": 1.0}), brine(**{"H+": 3.0})):
        out = operation.run(liquor=feed, soda=SODA)
        total = feed.conserved + out.drawn["soda"].conserved
        np.testing.assert_allclose(out["slurry"].conserved, total, rtol=1e-12, atol=1e-12)
        assert out.status <= Status.OUT_OF_RANGE
    first = operation.run(liquor=brine(2), soda=SODA)
    near = brine(2, **{"Li+": np.array([2.2, 2.25])})
    cold, warm = operation.run(liquor=near, soda=SODA), operation.run(liquor=near, soda=SODA, start=first.guess)
    np.testing.assert_allclose(warm["slurry"].flow, cold["slurry"].flow, rtol=1e-11, atol=1e-11)


def test_without_soda_the_case_is_marked():
    out = LithiumPrecipitation().run(liquor=brine(), soda=Stream.empty())
    assert out.status == Status.INFEASIBLE
    assert out["slurry"]["Li2CO3"] == 0
