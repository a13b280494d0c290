import numpy as np

from blackmass.operations.tank import Tank
from blackmass.stream import Stream

FEED = Stream.of_mass({"H2O": 1.0, "graphite": 0.1}, temperature=298.15)


def test_volume_is_flow_times_time():
    out = Tank(residence_time=np.array([600.0, 3600.0])).run(feed=FEED)
    np.testing.assert_allclose(out.report["volume"] / FEED.volume, [600, 3600])
    np.testing.assert_allclose(out["electricity"] / out.report["volume"], 200)


def test_heat_to_the_temperature_and_nothing_else_changes():
    out = Tank(temperature=np.array([323.15, 298.15, 283.15])).run(feed=FEED)
    capacity = FEED.heat_capacity[0]
    np.testing.assert_allclose(out["heating"], [25 * capacity, 0, 0])
    np.testing.assert_allclose(out["cooling"], [0, 0, 15 * capacity])
    np.testing.assert_allclose(out["held"].temperature, [323.15, 298.15, 283.15])
    assert np.all(out["held"].flow == FEED.flow)


def test_empty_tank():
    out = Tank().run(feed=Stream.empty())
    assert out["electricity"][0] == out["heating"][0] == out["cooling"][0] == 0
