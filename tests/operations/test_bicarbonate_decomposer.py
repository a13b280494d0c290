"""Lithium bicarbonate decomposes when it is heated."""

import numpy as np
import pytest

from blackmass import species
from blackmass.operations.bicarbonate_decomposer import BicarbonateDecomposer
from blackmass.stream import Stream

LIQUOR = Stream.of({"H2O": 55.5, "Li+": 1.0, "CO3-2": 1.0, "H+": 1.0})


def heated(liquor=LIQUOR, **settings):
    return BicarbonateDecomposer(**settings).run(liquor)


def test_carbonate_crystallises_as_carbon_dioxide_leaves():
    """2 LiHCO3 = Li2CO3 + CO2 + H2O; what stays dissolved is near the 0.11 mol/kg of Li2CO3 at 90 °C (Seidell)."""
    out = heated(conversion=np.array([0.0, 0.5, 1.0]))
    np.testing.assert_allclose(out["offgas"]["CO2(g)"], [0.0, 0.25, 0.5], rtol=1e-12)
    crystals = out["slurry"]["Li2CO3"]
    assert np.all(np.diff(crystals) > 0.05)
    assert crystals[2] == pytest.approx(0.5 - 0.11, abs=0.03)
    assert np.all(out.status == 0)
    fed, left = LIQUOR.repeated(3).conserved, out["slurry"].conserved + out["offgas"].conserved
    np.testing.assert_allclose(left, fed, rtol=1e-12, atol=1e-12)


def test_hotter_liquor_keeps_less_and_takes_more_heat():
    out = heated(temperature=273.15 + np.array([50.0, 70.0, 90.0]))
    assert np.all(np.diff(out["slurry"]["Li+"]) < 0)
    assert np.all(np.diff(out["heating"]) > 0)


def test_a_liquor_of_carbonate_alone_gives_no_gas():
    out = heated(Stream.of({"H2O": 55.5, "Li+": 0.1, "CO3-2": 0.05}))
    assert out["offgas"]["CO2(g)"][0] == 0
    assert np.all(out["slurry"].flow[species.index("Li2CO3")] == 0)
