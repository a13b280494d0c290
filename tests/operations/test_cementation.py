import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blackmass.chemistry.reagents import reagent_stream
from blackmass.operations.cementation import Cementation
from blackmass.status import Status
from blackmass.stream import Stream

LIQUOR = Stream.of(
    {"H2O": 55.5, "Cu+2": 0.03, "Fe+3": 0.002, "Al+3": 0.05, "Ni+2": 0.4, "H+": 0.02, "SO4-2": 0.518, "graphite": 1.0}
)
IRON = reagent_stream("iron_powder")[0]


def cemented(liquor=LIQUOR, iron=IRON, **params):
    out = Cementation(**params).run(liquor=liquor, iron=iron)
    fed = liquor.conserved + out.drawn["iron"].conserved
    left = out["slurry"].conserved + out["hydrogen"].conserved
    np.testing.assert_allclose(left, fed, rtol=1e-12, atol=1e-12 * np.abs(fed).max())
    return out


def test_defaults_remove_most_copper_and_leave_other_metals():
    out = cemented()
    assert out.report["copper_removed"][0] > 0.9
    assert out["slurry"]["Cu"][0] == pytest.approx(0.03 * out.report["copper_removed"][0])
    assert out["slurry"]["Ni+2"][0] == 0.4
    assert out["slurry"]["Al+3"][0] == 0.05
    assert out["slurry"]["graphite"][0] == 1.0
    assert out["hydrogen"]["H2(g)"][0] > 0


def test_ferric_iron_is_reduced_and_iron_dissolves():
    out = cemented()
    assert out["slurry"]["Fe+3"][0] < 0.0005
    assert out["slurry"]["Fe+2"][0] > out["slurry"]["Cu"][0]


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("iron_ratio", [0.5, 1.0, 2.0]),
        ("residence_time", [300.0, 1800.0, 7200.0]),
        ("temperature", [300.0, 325.0, 350.0]),
    ],
)
def test_more_iron_time_and_heat_remove_more_copper(name, values):
    removed = cemented(**{name: np.array(values)}).report["copper_removed"]
    assert np.all(np.diff(removed) > 0)


def test_iron_drawn_follows_copper_and_ferric_iron():
    assert cemented(iron_ratio=2.0).drawn["iron"]["Fe"][0] == pytest.approx(2 * 0.031)


def test_without_iron_the_case_is_marked():
    out = cemented(iron=Stream.empty())
    assert out.status[0] == Status.OUT_OF_RANGE
    assert cemented(Stream.of({"H2O": 1.0}), Stream.empty()).status[0] == Status.OK


@settings(max_examples=30, deadline=None)
@given(
    st.floats(-6, 4).map(lambda power: 10.0**power),
    st.floats(0, 1),
    st.floats(-2, 1),
    st.floats(0, 5),
    st.floats(60, 36000),
    st.floats(1e-5, 2e-3),
)
def test_any_liquor_survives(size, copper, acid, ratio, time, grain):
    sulfate = copper + max(acid, 0) / 2
    liquor = Stream.of({"H2O": size * 55, "Cu+2": size * copper, "H+": size * acid, "SO4-2": size * sulfate})
    out = cemented(liquor, iron_ratio=ratio, residence_time=time, iron_size=grain)
    assert np.all(np.isfinite(out["slurry"].flow))
    assert out["slurry"]["Cu+2"][0] >= 0
    assert out["slurry"]["Fe"][0] >= 0
