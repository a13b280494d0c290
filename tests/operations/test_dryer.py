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
