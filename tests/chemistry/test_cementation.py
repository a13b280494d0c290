import numpy as np
import pytest

from blackmass import species
from blackmass.chemistry.cementation import STOICHIOMETRY, cement, rate_constants
from blackmass.stream import Stream

LIQUOR = Stream.of({"H2O": 55.5, "Cu+2": 0.02, "Fe+3": 0.004, "Ni+2": 0.4, "H+": 0.05, "SO4-2": 0.451}, cases=1)
WARM = np.array([323.15])


def run(iron, time=3600.0, size=5e-5, temperature=WARM):
    return cement(LIQUOR.flow, np.array([iron]), (LIQUOR.volume, time, size), temperature)


def test_reactions_balance():
    np.testing.assert_allclose(species.CONSERVED @ STOICHIOMETRY, 0, atol=1e-12)


def test_long_contact_with_enough_iron_takes_all_copper():
    assert run(0.2, time=1e8).conversion[0, 0] > 0.9999


def test_iron_caps_the_copper():
    result = run(0.01, time=1e9)
    assert result.extent.sum() == pytest.approx(0.01, rel=1e-3)
    assert result.iron_left[0] < 1e-3


def test_no_iron_no_reaction():
    result = run(0.0)
    assert not result.extent.any()


@pytest.mark.parametrize("quantity", ["iron", "time", "temperature", "size"])
def test_more_iron_time_heat_and_surface_deposit_more_copper(quantity):
    steps = {"iron": [0.025, 0.03, 0.04], "time": [600.0, 1800.0, 7200.0]}
    steps |= {"temperature": [np.array([t]) for t in (293.0, 323.0, 353.0)], "size": [2e-4, 1e-4, 2e-5]}
    found = [run(**{"iron": 0.03, quantity: value}).conversion[0, 0] for value in steps[quantity]]
    assert np.all(np.diff(found) > 0)


def test_activation_energy_of_iron_powder_2014():
    cold, warm = rate_constants(296.15)[0], rate_constants(327.15)[0]
    energy = 8.314462618 * np.log(warm / cold) / (1 / 296.15 - 1 / 327.15)
    assert energy == pytest.approx(30.2e3, rel=1e-6)
