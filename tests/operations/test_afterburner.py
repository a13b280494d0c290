import numpy as np
import pytest

from blackmass.operations.afterburner import Afterburner
from blackmass.status import Status
from blackmass.stream import Stream

AIR = Stream.of({"O2(g)": 0.21, "N2(g)": 0.79})
FUEL = Stream.of({"CH4(g)": 1.0})


def test_combustion_is_complete_and_leaves_the_excess_of_oxygen():
    gas = Stream.of({"CO(g)": 1.0, "H2(g)": 1.0, "C2H4(g)": 0.2, "DMC(g)": 0.1, "N2(g)": 3.0}, 900.0)
    out = Afterburner(excess_air=0.25).run(gas=gas, air=AIR, fuel=Stream.empty())
    flue = out["flue_gas"]
    for name in ("CO(g)", "H2(g)", "C2H4(g)", "DMC(g)"):
        assert flue[name][0] == pytest.approx(0, abs=1e-12)
    demand = 0.5 + 0.5 + 0.2 * 3 + 0.1 * 3
    assert flue["O2(g)"][0] == pytest.approx(0.25 * demand, rel=1e-9)
    assert flue["CO2(g)"][0] == pytest.approx(1 + 0.4 + 0.3, rel=1e-9)
    assert out["cooling"][0] > 0


def test_fuel_is_drawn_until_heat_closes():
    gas = Stream.of({"CO(g)": 0.05, "N2(g)": 10.0}, 400.0)
    out = Afterburner(temperature=np.array([1073.15, 1273.15])).run(gas=gas, air=AIR, fuel=FUEL)
    fuel = out.drawn["fuel"]["CH4(g)"]
    assert fuel[1] > fuel[0] > 0
    np.testing.assert_allclose(out["heating"] + out["cooling"], 0, atol=1e-6 * 1e5)


def test_without_fuel_heat_comes_from_outside():
    out = Afterburner().run(gas=Stream.of({"N2(g)": 10.0}, 400.0), air=AIR, fuel=Stream.empty())
    assert out["heating"][0] > 1e5


def test_heat_of_combustion_is_that_of_the_tables():
    """Carbon monoxide gives 283 kJ/mol; little of it leaves with the flue gas when it leaves near 25 °C."""
    gas = Stream.of({"CO(g)": 1.0})
    out = Afterburner(temperature="700 degC", heat_loss=0.0, excess_air=0.0).run(gas=gas, air=AIR, fuel=FUEL)
    warmth = 675 * (50.0 * 1 + 31.3 * 0.5 * 0.79 / 0.21)  # J/mol, mean heat capacities of CO2 and N2
    assert out["cooling"][0] == pytest.approx(283.0e3 - warmth, rel=0.03)


def test_lack_of_oxygen_is_marked_and_spares_all_gases_alike():
    gas = Stream.of({"CO(g)": 1.0, "H2(g)": 1.0, "O2(g)": 0.5}, 900.0)
    out = Afterburner().run(gas=gas, air=Stream.of({"N2(g)": 1.0}), fuel=Stream.empty())
    assert out.status[0] == Status.OUT_OF_RANGE
    assert out["flue_gas"]["CO(g)"][0] == pytest.approx(out["flue_gas"]["H2(g)"][0])
