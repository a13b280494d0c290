"""Liquors with crystals whatever they hold: all are found, from any start, and follow their feed without jumps."""

import time

import numpy as np
import pytest

from blackmass import species
from blackmass.chemistry.crystallisation import COLD_SULFATES, SULFATES, settle
from blackmass.chemistry.evaporative_yield import crystallise
from blackmass.chemistry.strong_liquors import StrongLiquors
from blackmass.status import Status
from blackmass.stream import Stream

MODEL = StrongLiquors()
CARBONATES = ("Li2CO3", "Li3PO4", "LiF", "CaCO3", "MnCO3", "NiCO3", "Mg(OH)2", "Ni(OH)2", "Al(OH)3", "Na2SO4")
SALTS = {"carbonates": CARBONATES, "sulfates": SULFATES, "cold sulfates": COLD_SULFATES}
RANGES = {
    # decimal logarithm of mol in a kilogram of water, from and to, and how often it is there
    "Li+": (-6, 0.78, 1.0), "Na+": (-6, 0.9, 0.9), "K+": (-6, 0, 0.3), "NH4+": (-6, 0, 0.2), "Ni+2": (-9, 0, 0.5),
    "Co+2": (-9, 0, 0.5), "Mn+2": (-9, 0, 0.5), "Cu+2": (-9, 0, 0.5), "Mg+2": (-9, 0, 0.5), "Ca+2": (-9, -1, 0.5),
    "Al+3": (-9, -1, 0.3), "Fe+2": (-9, -1, 0.3), "Fe+3": (-9, -1, 0.3), "Zn+2": (-9, -1, 0.3), "F-": (-6, -0.5, 0.5),
    "PO4-3": (-6, -0.5, 0.5), "Cl-": (-6, 0.5, 0.3), "CO3-2": (-6, 0.5, 0.5),
}  # fmt: skip


def liquors(seed: int, cases: int) -> tuple[np.ndarray, np.ndarray, np.random.Generator]:
    """Return random flows, acid to caustic, dilute to nearly dry, and temperatures from -2 to 110 C."""
    generator = np.random.default_rng(seed)
    flow = np.zeros((species.COUNT, cases))
    for name, (low, high, often) in RANGES.items():
        there = generator.random(cases) < often
        flow[species.index(name)] = 10 ** generator.uniform(low, high, cases) * there
    charge = species.CHARGE @ flow
    balanced = np.maximum(charge / 2, 0.0) * generator.uniform(0.7, 1.3, cases)
    any_amount = 10 ** generator.uniform(-6, 0.7, cases)
    flow[species.index("SO4-2")] = np.where(generator.random(cases) < 0.7, balanced, any_amount)
    flow[species.index("H+")] = -(species.CHARGE @ flow)
    scarce = generator.random(cases) < 0.15
    water = 55.5 * np.where(scarce, 10 ** generator.uniform(-2, 0, cases), 1.0)
    flow[species.index("H2O")] = water + np.maximum(-flow[species.index("H+")], 0.0)
    return flow, generator.uniform(271.15, 383.15, cases), generator


@pytest.mark.parametrize("kind", SALTS)
def test_any_liquor_settles_from_any_start(kind):
    flow, temperature, generator = liquors(5, 4000)
    cold = settle(Stream(flow, temperature), temperature, SALTS[kind], model=MODEL)
    assert (cold.status <= Status.OUT_OF_RANGE).mean() >= 0.9995
    assert cold.log_saturation.max() < 1e-9
    signed = np.arange(species.COUNT) == species.index("H+")
    assert cold.stream.flow[~signed].min() >= -1e-12
    total = np.abs(cold.stream.conserved - Stream(flow, temperature).conserved).max(0)
    np.testing.assert_allclose(total / flow.max(0), 0, atol=1e-11)
    near = flow * (1 + 0.02 * generator.uniform(-1, 1, flow.shape))
    again = settle(Stream(near, temperature), temperature, SALTS[kind], model=MODEL)
    warm = settle(Stream(near, temperature), temperature, SALTS[kind], model=MODEL, start=cold.guess)
    differ = np.abs(warm.stream.flow - again.stream.flow).max(0) / near.max(0) > 1e-11
    assert differ.mean() < 5e-4


def test_a_saturated_salt_is_there_and_an_undersaturated_one_is_not():
    flow, temperature, _ = liquors(6, 1000)
    made = settle(Stream(flow, temperature), temperature, SULFATES, model=MODEL)
    crystals = made.stream.flow[species.indices(SULFATES)]
    sure = np.isfinite(made.pH)
    assert np.abs(made.log_saturation[:, sure][crystals[:, sure] > 1e-9]).max() < 1e-9


def step(run, seed: int, cases: int) -> np.ndarray:
    """Return the largest step of the outlets on the way from one set of liquors to another, found by bisection."""
    one, hot, _ = liquors(seed, cases)
    other, cool, _ = liquors(seed + 1, cases)

    def outlet(way: np.ndarray) -> np.ndarray:
        flow = one * (1 - way) + other * way
        return run(Stream(flow, hot * (1 - way) + cool * way)) / flow.max(0)

    ways = np.linspace(0, 1, 17)
    values = np.array([outlet(np.full(cases, way)) for way in ways])
    at = np.abs(np.diff(values, axis=0)).max(1).argmax(0)
    low, high = ways[at], ways[at + 1]
    below, above = outlet(low), outlet(high)
    for _ in range(24):
        middle = 0.5 * (low + high)
        found = outlet(middle)
        left = np.abs(found - below).max(0) > np.abs(above - found).max(0)
        low, below = np.where(left, low, middle), np.where(left, below, found)
        high, above = np.where(left, middle, high), np.where(left, found, above)
    return np.abs(above - below).max(0)


@pytest.mark.parametrize("kind", ["carbonates", "cold sulfates"])
def test_crystals_follow_the_liquor_without_jumps(kind):
    def run(stream: Stream) -> np.ndarray:
        return settle(stream, stream.temperature, SALTS[kind], model=MODEL).stream.flow

    assert (step(run, 31, 150) > 1e-5).mean() <= 0.01


@pytest.mark.parametrize("salt", ["NiSO4.6H2O", "Na2SO4"])
def test_evaporation_follows_the_liquor_without_jumps(salt):
    def run(stream: Stream) -> np.ndarray:
        made = crystallise(stream, salt, share=0.8, temperature=333.15, most_evaporated=0.95, model=MODEL)
        return np.vstack([made.slurry.flow, made.condensate.flow])

    assert (step(run, 41, 150) > 1e-3).mean() <= 0.01


def test_a_batch_is_its_cases():
    flow, temperature, _ = liquors(7, 40)
    batch = settle(Stream(flow, temperature), temperature, SULFATES, model=MODEL)
    for case in range(0, 40, 7):
        alone = Stream(flow[:, case : case + 1], temperature[case])
        one = settle(alone, temperature[case], SULFATES, model=MODEL)
        np.testing.assert_array_equal(one.stream.flow[:, 0], batch.stream.flow[:, case])


def test_a_liquor_remains_however_little_water_there_is():
    water = np.geomspace(0.3, 30.0, 60)
    salts = ("Na2SO4", "Na2SO4.10H2O")
    for celsius in (5.0, 60.0):
        feed = Stream.of({"H2O": water, "Na+": 4.0, "SO4-2": 2.1, "H+": 0.2}, cases=60)
        made = settle(feed, celsius + 273.15, salts, model=MODEL)
        assert np.all(made.status <= Status.OUT_OF_RANGE)
        assert np.all(np.diff(made.stream["H2O"]) > -1e-9)
        assert made.stream["H2O"][0] > 0


def test_salts_that_take_all_the_water_leave_crystals_only():
    dry = Stream.of({"H2O": 10.1, "Na+": 0.836, "Ni+2": 0.833, "Cu+2": 0.222, "SO4-2": 1.473})
    made = settle(dry, 277.15, COLD_SULFATES, model=MODEL)
    assert made.status == Status.OUT_OF_RANGE
    assert made.stream["SO4-2"] < 1e-9
    np.testing.assert_allclose(made.stream.conserved, dry.conserved, rtol=1e-12, atol=1e-12)


def test_a_thousand_liquors_take_little_time():
    flow, temperature, _ = liquors(8, 1000)
    settle(Stream(flow, temperature), temperature, SULFATES, model=MODEL)
    start = time.perf_counter()
    settle(Stream(flow, temperature), temperature, SULFATES, model=MODEL)
    assert time.perf_counter() - start < 1.5
