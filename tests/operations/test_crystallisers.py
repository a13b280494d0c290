import numpy as np
import pytest

from blackmass import species
from blackmass.operations.cooling_crystalliser import CoolingCrystalliser
from blackmass.operations.evaporative_crystalliser import EvaporativeCrystalliser
from blackmass.status import Status
from blackmass.stream import Stream

FEEDS = {
    "NiSO4.6H2O": {"Ni+2": 1.6, "Co+2": 0.01, "Mg+2": 0.01, "Na+": 0.05},
    "CoSO4.7H2O": {"Co+2": 1.5, "Ni+2": 0.01, "Mn+2": 0.005},
    "MnSO4.H2O": {"Mn+2": 1.8, "Mg+2": 0.01, "Na+": 0.05},
    "Na2SO4": {"Na+": 2.5, "Li+": 0.2},
    "Li2SO4.H2O": {"Li+": 4.0, "Na+": 0.1},
    "CuSO4.5H2O": {"Cu+2": 1.0, "Ni+2": 0.02},
}
EDGES = {
    "nothing": {},
    "water": {"H2O": 10.0},
    "dry solids": {"graphite": 3.0, "Cu": 1.0},
    "crystals": {"NiSO4.6H2O": 1.0},
    "no water": {"Ni+2": 1.0, "SO4-2": 1.0},
    "acid": {"H2O": 40.0, "H+": 12.0, "SO4-2": 7.0, "Ni+2": 1.0},
    "trace": {"H2O": 55.0, "Ni+2": 1e-9, "SO4-2": 1e-9},
}


def liquor(salt: str, cases: int = 1, acid: float = 0.02, scale: float = 1.0) -> Stream:
    flow = Stream.of({"H2O": 55.5, "H+": acid, **FEEDS[salt]}, 323.15, cases=cases).flow.copy()
    flow[species.index("SO4-2")] += species.CHARGE @ flow / 2
    return Stream(flow * scale, 323.15)


def limit(stream: Stream, salt: str) -> np.ndarray:
    metal = next(name for name in FEEDS[salt])
    return stream[metal] / (2 if metal in ("Li+", "Na+") else 1)


@pytest.mark.parametrize("salt", FEEDS)
def test_each_salt_meets_its_yield(salt):
    share = np.array([0.3, 0.6, 0.8])
    feed = liquor(salt, 3)
    out = EvaporativeCrystalliser(salt=salt, crystal_yield=share).run(feed=feed)
    assert np.all(out.status <= Status.OUT_OF_RANGE)
    np.testing.assert_allclose(out["slurry"][salt], share * limit(feed, salt), rtol=1e-11)
    assert np.all(np.diff(out["condensate"]["H2O"]) > 0)
    total = out["slurry"].conserved + out["condensate"].conserved
    np.testing.assert_allclose(total, feed.conserved, rtol=1e-12, atol=1e-12)


def test_impurities_come_down_when_the_liquor_is_driven_too_far():
    share = np.array([0.5, 0.8, 0.95])
    out = EvaporativeCrystalliser(salt="Na2SO4", crystal_yield=share).run(feed=liquor("Na2SO4", 3))
    impurity = out["slurry"]["Li2SO4.H2O"] / out["slurry"]["Na2SO4"]
    assert impurity[0] == 0
    assert impurity[2] > 0


def test_acid_liquor_crystallises_too():
    out = EvaporativeCrystalliser(crystal_yield=0.7).run(feed=liquor("NiSO4.6H2O", acid=1.0))
    np.testing.assert_allclose(out.report["crystal_yield"], 0.7, rtol=1e-11)


@pytest.mark.parametrize("salt", ["NiSO4.6H2O", "Na2SO4"])
def test_batch_is_its_cases_and_scales(salt):
    flows = [liquor(salt, scale=k).flow for k in (1.0, 1e-6, 1e4)]
    share = np.array([0.7, 0.8, 0.9])
    batch = EvaporativeCrystalliser(salt=salt, crystal_yield=share).run(feed=Stream(np.hstack(flows), 323.15))
    for case, k in enumerate((1.0, 1e-6, 1e4)):
        one = EvaporativeCrystalliser(salt=salt, crystal_yield=share[case]).run(feed=liquor(salt))
        for port in ("slurry", "condensate"):
            np.testing.assert_allclose(batch[port].flow[:, case], k * one[port].flow[:, 0], rtol=1e-9, atol=1e-11 * k)


@pytest.mark.parametrize("salt", FEEDS)
@pytest.mark.parametrize("edge", EDGES)
def test_any_feed_is_survived(salt, edge):
    feed = Stream.of(EDGES[edge], 300.0)
    for operation in (EvaporativeCrystalliser(salt=salt), CoolingCrystalliser()):
        out = operation.run(feed=feed)
        made = [out[port] for port in operation.outlets]
        total = sum(stream.conserved for stream in made)
        np.testing.assert_allclose(total, feed.conserved, rtol=1e-12, atol=1e-12)
        assert min(stream.flow.min() for stream in made) >= 0
        assert out.status <= Status.OUT_OF_RANGE
        assert min(np.min(out[duty]) for duty in operation.duties) >= 0


def test_warm_start_of_the_crystallisers_changes_nothing():
    feed = liquor("Na2SO4", 2)
    near = Stream(feed.flow * np.array([1.0, 1.02]), feed.temperature)
    for operation in (EvaporativeCrystalliser(salt="Na2SO4"), CoolingCrystalliser()):
        cold = operation.run(feed=near)
        warm = operation.run(feed=near, start=operation.run(feed=feed).guess)
        np.testing.assert_allclose(warm["slurry"].flow, cold["slurry"].flow, rtol=1e-11, atol=1e-11)


def test_colder_yields_more_glauber_salt():
    celsius = np.array([-2.0, 5.0, 12.0, 20.0])
    out = CoolingCrystalliser(temperature=celsius + 273.15).run(feed=liquor("Na2SO4", 4))
    assert np.all(np.diff(out["slurry"]["Na2SO4.10H2O"]) < 0)
    assert np.all(np.diff(out["electricity"]) < 0)
    # 2.5 mol Na in 1 kg of water: Glauber's salt leaves 0.50 mol/kg in pure water at 5 C (CRC, interpolated)
    left = out["slurry"]["Na+"][1] / out["slurry"]["H2O"][1] * 55.5 / 2
    assert 0.35 < left < 0.6
