import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blackmass import species
from blackmass.chemistry.crystallisation import settle
from blackmass.chemistry.hydroxide_liquors import HydroxideLiquors
from blackmass.chemistry.reagents import reagent_stream
from blackmass.operations.causticiser import Causticiser
from blackmass.operations.hydroxide_crystalliser import HydroxideCrystalliser
from blackmass.status import Status
from blackmass.stream import Stream

NONE = Stream.empty()
LIME, WATER = reagent_stream("calcium_hydroxide")[0], reagent_stream("water")[0]
CAKE = Stream.of({"Li2CO3": 1.0, "H2O": 1.5, "Na+": 0.02, "SO4-2": 0.01})
LIQUOR = Stream.of({"Li+": 1.25, "Na+": 0.03, "SO4-2": 0.01, "CO3-2": 0.01, "H+": -1.24, "H2O": 56.8})


def closed(out, fed, *ports):
    entered = sum(stream.conserved for stream in fed)
    left = sum(out[port].conserved for port in ports)
    np.testing.assert_allclose(left, entered + 0 * left, rtol=1e-11, atol=1e-12 * np.abs(entered).max())
    return out


def causticised(carbonate=CAKE, weak=NONE, lime=LIME, start=None, **params):
    out = Causticiser(**params).run(carbonate, weak, lime, WATER, start)
    return closed(out, [carbonate, weak, *out.drawn.values()], "slurry")


def crystallised(feed=LIQUOR, start=None, **params):
    out = HydroxideCrystalliser(**params).run(feed, start)
    return closed(out, [feed], "slurry", "condensate")


def test_hydroxide_dissolves_as_measured():
    """Linke 1965, and 12.7 and 17.7 g LiOH in 100 g of water at 4 and 116 C by Stephan and Miller, BMI-1329 (1959)."""
    celsius = np.array([4.4, 20.0, 40.0, 60.0, 80.0, 100.0])
    grams = np.array([12.7, 12.8, 13.0, 13.8, 15.3, 17.5])
    stream = Stream.of({"LiOH.H2O": 12.0, "H2O": 40.0}, cases=6)
    made = settle(stream, celsius + 273.15, ("LiOH.H2O",), model=HydroxideLiquors()).stream
    anhydrous = made["Li+"] * 23.948e-3
    water = made["H2O"] * 18.015e-3 - made["Li+"] * 18.015e-3  # the water that LiOH counts in H+ and H2O
    np.testing.assert_allclose(100 * anhydrous / water, grams, rtol=0.03)


def test_strongest_liquor_of_lime_is_about_three_per_cent():
    """3.5 % at most in hot technical causticising: Wietelmann and Steinbild, Ullmann's; nothing fitted to it."""
    out = causticised(strength=0.06, lime_ratio=1.2, approach=1.0, temperature=np.array([353.15, 363.15, 373.15]))
    assert np.all((out.report["strength"] > 0.024) & (out.report["strength"] < 0.037))
    assert np.all(out["slurry"]["Li2CO3"] > 0)
    assert np.all(out["slurry"]["Ca(OH)2"] > 0)


def test_lithium_left_as_carbonate_is_little_in_a_thin_liquor_and_much_in_a_thick_one():
    out = causticised(strength=np.array([0.01, 0.02, 0.028, 0.04, 0.06]), approach=1.0)
    assert np.all(np.diff(out.report["conversion"]) <= 1e-12)
    assert out.report["conversion"][1] > 0.99
    assert out.report["conversion"][-1] < 0.6


def test_colder_goes_further_at_equilibrium():
    """Lithium carbonate dissolves better in the cold; that it is done hot is for rate and filtration."""
    out = causticised(strength=0.05, temperature=np.array([298.15, 333.15, 363.15]))
    assert np.all(np.diff(out.report["conversion"]) < 0)


def test_short_of_lime_the_rest_stays_carbonate():
    out = causticised(strength=0.02, lime_ratio=0.5, approach=1.0)
    assert out["slurry"]["CaCO3"][0] == pytest.approx(0.5, abs=0.01)
    assert out["slurry"]["Li2CO3"][0] + out["slurry"]["CO3-2"][0] == pytest.approx(0.5, abs=0.01)


def test_water_is_drawn_to_the_strength():
    out = causticised(strength=0.02, approach=1.0)
    assert out.report["strength"][0] == pytest.approx(0.02, rel=0.03)
    weak = Stream.of({"Li+": 0.5, "H+": -0.5, "H2O": 100.0})
    assert causticised(weak=weak, strength=0.02).drawn["water"]["H2O"][0] < out.drawn["water"]["H2O"][0]


def test_crystals_by_the_yield_asked_for_with_the_carbonate_that_came_along():
    out = crystallised(crystal_yield=np.array([0.5, 0.7, 0.9]))
    assert np.all(out.status == Status.OK)
    np.testing.assert_allclose(out.report["crystal_yield"], [0.5, 0.7, 0.9], atol=0.02)
    assert np.all(np.diff(out.report["evaporated_share"]) > 0)
    assert np.all(out["slurry"]["Li2CO3"] > 0)
    assert np.all(out["slurry"]["Na+"] == LIQUOR["Na+"])


def test_most_of_the_water_of_a_three_per_cent_liquor_goes():
    """From 3 % to saturation at 80 C, 13.3 %: four fifths of the water before the first crystal."""
    out = crystallised(crystal_yield=0.3, most_evaporated=0.99)
    assert 0.75 < out.report["evaporated_share"][0] < 0.95


def test_sodium_hydroxide_salts_the_crystals_out():
    plain = Stream.of({"Li+": 1.2, "H+": -1.2, "H2O": 56.7})
    sodic = plain + Stream.of({"Na+": 0.3, "H+": -0.3, "H2O": 0.3})
    kinds = {"crystal_yield": 0.8, "most_evaporated": 0.99}
    assert (
        crystallised(sodic, **kinds).report["evaporated_share"]
        < crystallised(plain, **kinds).report["evaporated_share"]
    )


def test_acid_feed_passes():
    acid = Stream.of({"Li+": 1.0, "H+": 0.5, "SO4-2": 0.75, "H2O": 55.5})
    out = crystallised(acid)
    assert out.status[0] == Status.OUT_OF_RANGE
    assert out["condensate"].mass[0] == 0


@pytest.mark.parametrize("make", [causticised, crystallised], ids=["causticiser", "crystalliser"])
def test_warm_start_changes_no_answer(make):
    random = np.random.default_rng(3)
    base = CAKE if make is causticised else LIQUOR
    feed = Stream(base.flow * random.uniform(0.9, 1.1, 4), np.full(4, 330.0))
    guess = make(Stream(base.flow * np.ones(4), feed.temperature)).guess
    cold, warm = make(feed), make(feed, start=guess)
    assert np.all(np.abs(warm["slurry"].flow - cold["slurry"].flow) < 1e-11 * np.abs(cold["slurry"].flow).max(0))


@pytest.mark.parametrize("stream", [NONE, Stream.of({"H2O": 1.0}), Stream.of({"graphite": 1.0})])
def test_nothing_to_do(stream):
    assert causticised(stream).status[0] <= Status.OUT_OF_RANGE
    assert crystallised(stream).status[0] <= Status.OUT_OF_RANGE


@settings(max_examples=8, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10**6), size=st.floats(-4, 4).map(lambda power: 10.0**power))
def test_any_cake_and_liquor_survive(seed, size):
    random = np.random.default_rng(seed)
    cases = 4
    part = random.random(cases)
    cake = Stream.of(
        {"Li2CO3": 1.0, "H2O": 20 * part, "Na+": 0.2 * part, "SO4-2": 0.1 * part, "Mg(OH)2": 0.01 * part}, cases=cases
    )
    cake = Stream(cake.flow * size, cake.temperature)
    made = causticised(
        cake,
        strength=random.uniform(0.003, 0.06, cases),
        lime_ratio=random.uniform(0.2, 3, cases),
        temperature=random.uniform(293.15, 373.15, cases),
        approach=random.uniform(0.05, 1, cases),
    )
    assert np.all(made.status <= Status.OUT_OF_RANGE)
    dried = crystallised(
        made["slurry"].phase("aqueous"),
        temperature=random.uniform(293.15, 373.15, cases),
        crystal_yield=random.uniform(0.3, 0.95, cases),
        most_evaporated=random.uniform(0, 0.99, cases),
    )
    assert np.all(dried.status <= Status.OUT_OF_RANGE)
    flow = np.delete(dried["slurry"].flow, species.index("H+"), axis=0)
    assert np.all(flow >= -1e-12 * np.abs(flow).max(0))
