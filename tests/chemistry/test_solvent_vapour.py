import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq

from blackmass import species
from blackmass.chemistry.solvent_vapour import ATMOSPHERE, evaporate, vapour_pressure, volatiles
from blackmass.stream import Stream

LIQUIDS = tuple(species.NAMES[row] for row in volatiles().liquid)
ELECTROLYTE = Stream.of({"DMC": 0.5, "EC": 0.6, "LiPF6": 0.11})


def left(result, name):
    return result.stream[name]


def test_vapour_pressures_are_those_published():
    room = dict(zip(LIQUIDS, vapour_pressure(298.15)[:, 0], strict=True))
    assert room["H2O"] == pytest.approx(3169, rel=0.05)  # CRC Handbook
    assert room["DMC"] == pytest.approx(7380, rel=0.10)
    assert room["EC"] < 5
    np.testing.assert_allclose(np.diag(vapour_pressure(volatiles().boiling_point[:, 0])), ATMOSPHERE, rtol=1e-12)


def test_equilibrium_is_that_of_raoult():
    temperature, carrier = 320.0, 4.0
    after = evaporate(ELECTROLYTE, temperature, ATMOSPHERE, carrier).stream
    liquid = sum(after[name] for name in (*LIQUIDS, "LiPF6"))
    gas = carrier + sum(after[f"{name}(g)"] for name in LIQUIDS)
    pressure = dict(zip(LIQUIDS, vapour_pressure(temperature)[:, 0], strict=True))
    for name in ("DMC", "EC"):
        partial = ATMOSPHERE * after[f"{name}(g)"] / gas
        np.testing.assert_allclose(partial, after[name] / liquid * pressure[name], rtol=1e-12)


def test_same_root_as_bisection_of_rachford_and_rice():
    z, ratio, salt, carrier = np.array([0.5, 0.6]), vapour_pressure(340.0)[1:, 0] / ATMOSPHERE, 0.11, 2.0

    def balance(share):  # moles of gas over all moles, with an inert gas and a salt that stays
        return carrier / share - salt / (1 - share) + (z * (ratio - 1) / (1 + share * (ratio - 1))).sum()

    share = brentq(balance, 1e-12, 1 - 1e-12, xtol=1e-15)
    expected = z * ratio * share / (1 - share + ratio * share)
    after = evaporate(ELECTROLYTE, 340.0, ATMOSPHERE, carrier).stream
    assert LIQUIDS[1:] == ("DMC", "EC")
    np.testing.assert_allclose([after["DMC(g)"][0], after["EC(g)"][0]], expected, rtol=1e-11)


def test_more_gas_heat_and_vacuum_evaporate_more():
    batch = ELECTROLYTE.repeated(5)
    base = {"temperature": 310.0, "pressure": ATMOSPHERE, "carrier": 1.0}
    for knob, values in {
        "temperature": np.linspace(280, 360, 5),
        "pressure": ATMOSPHERE * np.linspace(1, 0.1, 5),
        "carrier": np.linspace(0.1, 100, 5),
    }.items():
        result = evaporate(batch, **(base | {knob: values}))
        assert np.all(np.diff(left(result, "DMC")) < 0)
        assert np.all(np.diff(result.heat) > 0)


def test_nothing_below_the_bubble_point_and_everything_above_the_dew_point():
    water = Stream.of({"H2O": 1.0, "graphite": 1.0})
    assert left(evaporate(water, 370.0, ATMOSPHERE, 0.0), "H2O") == 1.0
    assert left(evaporate(water, 380.0, ATMOSPHERE, 0.0), "H2O") == 0.0
    assert left(evaporate(water, 300.0, ATMOSPHERE, 1e3), "H2O") == 0.0
    assert 0 < left(evaporate(ELECTROLYTE, 420.0, ATMOSPHERE, 1e3), "EC") < 0.05  # the salt holds some back


def test_dry_and_empty_streams_pass():
    for stream in (
        Stream.empty(2),
        Stream.of({"graphite": 1.0}, cases=2),
        Stream.of({"LiPF6": 1.0, "N2(g)": 1}, cases=2),
    ):
        result = evaporate(stream, 313.0, ATMOSPHERE, np.array([0.0, 1.0]))
        np.testing.assert_array_equal(result.stream.flow, stream.flow)
        assert np.all(result.heat == 0)


def test_traces_down_to_the_smallest_number_pass():
    for trace in (5e-324, 1e-300, 1e-150):
        result = evaporate(Stream.of({"EC": trace}), 253.0, ATMOSPHERE, 0.0)
        assert np.all(result.stream.flow >= 0)


@settings(max_examples=200, deadline=None)
@given(
    amounts=st.lists(st.just(0.0) | st.floats(1e-9, 1e4) | st.floats(1e-9, 1e-6), min_size=5, max_size=5),
    temperature=st.floats(253.0, 420.0),
    approach=st.floats(0, 1),
)
def test_any_case_conserves_and_scales(amounts, temperature, approach):
    names = ("H2O", "DMC", "EC", "LiPF6")
    stream = Stream.of(dict(zip(names, amounts, strict=False)))
    result = evaporate(stream, temperature, ATMOSPHERE, amounts[4], approach)
    assert np.all(result.stream.flow >= 0)
    np.testing.assert_allclose(result.stream.conserved, stream.conserved, rtol=1e-12, atol=1e-12 * max(amounts))
    scaled = Stream(stream.flow * 1e3, stream.temperature)
    again = evaporate(scaled, temperature, ATMOSPHERE, amounts[4] * 1e3, approach)
    np.testing.assert_allclose(again.stream.flow, result.stream.flow * 1e3, rtol=1e-9, atol=1e-9 * max(amounts))
