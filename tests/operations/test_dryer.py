import numpy as np

from blackmass.operations.dryer import Dryer
from blackmass.stream import Stream

CAKE = Stream.of_mass({"Li2CO3": 0.9, "H2O": 0.095, "Na+": 0.003, "SO4-2": 0.00627}, 323.15)


def test_dries_to_the_moisture_asked_for():
    moisture = np.array([0.0, 0.005, 0.05])
    out = Dryer(moisture=moisture).run(wet=CAKE)
    water = out["dry"].phase("aqueous").mass_flow.sum(0) - 0.003 - 0.00627
    np.testing.assert_allclose(water / out["dry"].mass, moisture, atol=1e-12)
    np.testing.assert_allclose((out["dry"] + out["vapour"]).conserved, CAKE.repeated(3).conserved, atol=1e-12)


def test_salts_of_the_liquor_stay_in_the_product():
    out = Dryer().run(wet=CAKE)
    np.testing.assert_allclose(out["dry"]["Na+"], CAKE["Na+"])
    assert out["vapour"].phase("gas").mass == out["vapour"].mass


def test_dry_feed_is_only_warmed():
    out = Dryer(efficiency=1.0).run(wet=Stream.of({"Li2CO3": 1.0, "H2O(g)": 0.1}, 298.15))
    assert out["vapour"].mass == 0
    np.testing.assert_allclose(out["heating"], out["dry"].heat_capacity * (353.15 - 298.15))


def test_nothing_in_nothing_out():
    out = Dryer().run(wet=Stream.empty(2))
    assert np.all(out["dry"].flow == 0)
    assert np.all(out["heating"] == 0)


def test_solvents_leave_by_their_vapour_pressure():
    """Dimethyl carbonate boils at 90 °C, ethylene carbonate at 248 °C: the one dries off, the other not."""
    powder = Stream.of_mass({"graphite": 0.75, "H2O": 0.1, "EC": 0.1, "DMC": 0.05})
    celsius = np.array([60.0, 120.0, 200.0])
    out = Dryer(temperature=celsius + 273.15, air_ratio=2.0).run(wet=powder)
    np.testing.assert_allclose((out["dry"] + out["vapour"]).conserved, powder.repeated(3).conserved, atol=1e-12)
    left = {name: out["dry"][name] / powder[name] for name in ("EC", "DMC")}
    assert np.all(left["EC"] >= left["DMC"])
    assert np.all(np.diff(left["EC"]) < 0)
    assert left["DMC"][1] < 0.01
    assert left["EC"][1] > 0.5
    assert left["EC"][2] < 0.05
    assert np.all(np.diff(out["heating"]) > 0)
