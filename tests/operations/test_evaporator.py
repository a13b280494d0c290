import numpy as np

from blackmass import species
from blackmass.operations.evaporator import Evaporator
from blackmass.status import Status
from blackmass.stream import Stream

LITHIUM = species.molar_mass("Li")


def brine(cases: int = 1, **more: object) -> Stream:
    amounts = {"H2O": 55.5, "Li+": 0.6, "Na+": 0.2, "H+": 1e-4, **more}
    flow = Stream.of(amounts, 313.15, cases=cases).flow.copy()
    flow[species.index("SO4-2")] += species.CHARGE @ flow / 2
    return Stream(flow, 313.15)


def test_concentrates_to_the_lithium_asked_for():
    target = np.array([6.0, 10.0, 15.0])
    out = Evaporator(concentrate_to=target).run(feed=brine())
    lithium = out["concentrate"]["Li+"] * LITHIUM / out["concentrate"].volume
    np.testing.assert_allclose(lithium, target, rtol=1e-12)
    np.testing.assert_allclose(out["condensate"].phase("aqueous").mass, out["condensate"].mass)


def test_stronger_liquor_loses_nothing():
    out = Evaporator(concentrate_to="2 g/L").run(feed=brine(**{"Li+": 2.0}))
    assert out["condensate"].mass == 0


def test_never_more_than_allowed():
    out = Evaporator(concentrate_to="20 g/L", most_removed=0.5).run(feed=brine(**{"Li+": 1e-3}))
    np.testing.assert_allclose(out["condensate"]["H2O"], 0.5 * 55.5)


def test_water_without_lithium_passes():
    out = Evaporator().run(feed=Stream.of({"H2O": 10.0}))
    assert out["condensate"].mass == 0
    np.testing.assert_allclose(out["concentrate"]["H2O"], 10.0)


def test_sodium_sulfate_beyond_saturation_crystallises():
    out = Evaporator().run(feed=brine(**{"Na+": 2.0}))
    assert out["concentrate"]["Na2SO4"] > 0
    assert out.status <= Status.OUT_OF_RANGE


def test_nothing_in_nothing_out():
    out = Evaporator().run(feed=Stream.empty(2))
    assert np.all(out["concentrate"].flow == 0)
    assert np.all(out["heating"] == 0)


def test_more_effects_take_less_steam():
    out = Evaporator(economy=np.array([0.8, 2.4, 5.6])).run(feed=brine())
    assert np.all(np.diff(out["heating"]) < 0)
    warmed = brine().heat_capacity * (353.15 - 313.15)
    np.testing.assert_allclose(out["heating"] - out["cooling"], np.repeat(warmed, 3), rtol=1e-6)
