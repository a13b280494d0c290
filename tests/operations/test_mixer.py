import numpy as np
import pytest

from blackmass.operations.mixer import Mixer
from blackmass.stream import Stream

WARM = Stream.of_mass({"H2O": 1.0, "Na+": 0.023, "SO4-2": 0.048}, temperature=343.15)
COLD = Stream.of_mass({"H2O": 3.0, "graphite": 0.5}, temperature=293.15)
NOTHING = Stream.empty()


def test_what_enters_leaves():
    mixed = Mixer().run(first=WARM, second=COLD, third=WARM, fourth=NOTHING)["mixed"]
    np.testing.assert_allclose(mixed.flow, 2 * WARM.flow + COLD.flow)


def test_temperature_is_that_of_the_heat():
    mixed = Mixer().run(first=WARM, second=COLD, third=NOTHING, fourth=NOTHING)["mixed"]
    hot, cold = WARM.heat_capacity[0], COLD.heat_capacity[0]
    assert mixed.temperature[0] == pytest.approx((hot * 343.15 + cold * 293.15) / (hot + cold))


def test_order_does_not_matter():
    one = Mixer().run(first=WARM, second=COLD, third=NOTHING, fourth=NOTHING)["mixed"]
    other = Mixer().run(first=NOTHING, second=NOTHING, third=COLD, fourth=WARM)["mixed"]
    np.testing.assert_allclose(one.flow, other.flow)
    np.testing.assert_allclose(one.temperature, other.temperature)
