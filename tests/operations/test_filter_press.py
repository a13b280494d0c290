import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blackmass.operations.filter_press import FilterPress
from blackmass.stream import Stream

SLURRY = Stream.of_mass({"graphite": 0.1, "H2O": 0.85, "Ni+2": 0.02, "SO4-2": 0.0327}, cases=3)
WATER = Stream.of_mass({"H2O": 1.0})
NONE = Stream.empty()


def press(slurry=SLURRY, wash_liquor=NONE, wash=WATER, **params):
    out = FilterPress(**params).run(slurry=slurry, wash_liquor=wash_liquor, wash=wash)
    fed = slurry.conserved + wash_liquor.conserved + out.drawn["wash"].conserved
    left = sum(out[name].conserved for name in ("cake", "filtrate", "washings"))
    np.testing.assert_allclose(left, fed, rtol=1e-12, atol=1e-12 * np.abs(fed).max())
    assert all(out[name].flow.min() >= 0 for name in ("cake", "filtrate", "washings"))
    return out


def test_cake_has_the_moisture_asked_for():
    cake = press(cake_moisture=np.array([0.1, 0.35, 0.6]), wash_ratio=0.0)["cake"]
    np.testing.assert_allclose(1 - cake.phase("solid").mass / cake.mass, [0.1, 0.35, 0.6], rtol=1e-9)


def test_washed_cake_keeps_its_liquid_volume():
    out = press(wash_ratio=np.array([0.0, 1.0, 4.0]))
    np.testing.assert_allclose(out["cake"].volume, out["cake"].volume[0], rtol=1e-9)


def test_more_wash_recovers_more_nickel_and_draws_more_water():
    out = press(wash_ratio=np.array([0.5, 1.5, 3.0]))
    assert np.all(np.diff(out["cake"]["Ni+2"]) < 0)
    assert np.all(np.diff(out.drawn["wash"].mass) > 0)
    np.testing.assert_allclose(out.report["wash_ratio"], [0.5, 1.5, 3.0])


def test_wash_liquor_counts_first():
    own = press(wash_ratio=1.5).drawn["wash"].mass[0]
    recycled = Stream.of_mass({"H2O": own * np.array([0.25, 1.0, 2.0])}, cases=3)
    out = press(wash_liquor=recycled, wash_ratio=1.5)
    np.testing.assert_allclose(out.drawn["wash"].mass / own, [0.75, 0, 0], atol=1e-9)
    np.testing.assert_allclose(out.report["wash_ratio"], [1.5, 1.5, 3.0], rtol=1e-9)


def test_a_paste_gives_no_filtrate_but_washings():
    out = press(Stream.of_mass({"graphite": 0.9, "H2O": 0.1}), solids_to_filtrate=0.0)
    assert out["filtrate"].mass[0] == 0
    assert out["washings"].mass[0] > 0


def test_clear_liquor_is_all_filtrate():
    out = press(Stream.of_mass({"H2O": 1.0}))
    assert out["cake"].mass[0] == 0
    assert out.drawn["wash"].mass[0] == 0


def test_centrifuge_of_crystals():
    out = press(Stream.of_mass({"NiSO4.6H2O": 1.0, "H2O": 2.0, "Na+": 0.1, "SO4-2": 0.209}), cake_moisture=0.03)
    assert out["cake"]["Na+"][0] * 0.023 < 2e-4


@settings(max_examples=40, deadline=None)
@given(
    st.floats(-6, 4).map(lambda power: 10.0**power),
    st.floats(0, 1),
    st.floats(0, 1e3),
    st.floats(0, 6),
    st.floats(0.02, 0.7),
    st.floats(1, 200),
)
def test_any_slurry_survives(size, solids, recycled, ratio, moisture, number):
    slurry = Stream.of_mass(
        {"graphite": size * solids, "H2O": size * (1 - solids), "D2EHPA-(org)": 0, "Ni+2": size * 0.01}
    )
    liquor = Stream.of_mass({"H2O": size * recycled, "Fe(OH)3": 0.01 * size * recycled})
    out = press(slurry, liquor, wash_ratio=ratio, cake_moisture=moisture, dispersion_number=number)
    assert np.all(np.isfinite(out["cake"].flow))


@pytest.mark.parametrize(
    "stream", [Stream.empty(), Stream.of({"graphite": 1.0}), Stream.of({"Ni+2": 1.0, "SO4-2": 1.0})]
)
def test_nothing_to_filter(stream):
    out = press(stream)
    np.testing.assert_allclose(out["cake"].phase("solid").flow + out["filtrate"].phase("solid").flow,
                               stream.phase("solid").flow, atol=1e-15)  # fmt: skip
