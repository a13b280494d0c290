import numpy as np
import pytest

from blackmass import species
from blackmass.chemistry.aqueous import equilibrate
from blackmass.chemistry.equilibria import dissolved, pure_phase
from blackmass.chemistry.pitzer import Pitzer
from blackmass.chemistry.reagents import reagent_stream
from blackmass.operations.water_leach import WaterLeach
from blackmass.stream import Stream

WATER = reagent_stream("water")[0]
ROASTED = {"Li2CO3": 2.0, "LiF": 0.5, "LiAlO2": 0.3, "Ni": 3.0, "Co": 1.0, "MnO": 1.0, "graphite": 20.0}


def leached(feed=ROASTED, gas=1.0, **settings):
    cases = max([np.size(value) for value in settings.values()], default=1)
    return WaterLeach(**settings).run(
        solids=Stream.of(feed, cases=cases),
        liquor=Stream.empty(cases),
        water=WATER.repeated(cases),
        carbon_dioxide=Stream.of({"CO2(g)": gas}, cases=cases),
    )


def test_carbonate_saturates_in_little_water_and_carbon_dioxide_helps():
    plain = leached(liquid_ratio=5.0, carbon_dioxide_ratio=0.0)
    sparged = leached(liquid_ratio=5.0, carbon_dioxide_ratio=2.0)
    assert sparged.report["lithium_leached"][0] > 1.5 * plain.report["lithium_leached"][0]
    assert plain.report["pH"][0] > 10.5
    assert sparged.report["pH"][0] < 9.5


def test_solubility_is_that_of_lithium_carbonate():
    """13.0 g/L at 25 °C and 8.5 g/L at 80 °C (CRC): it falls with temperature."""
    out = leached(
        {"Li2CO3": 10.0, "graphite": 1.0},
        gas=0.0,
        liquid_ratio=3.0,
        approach=1.0,
        enclosed=0.0,
        temperature=np.array([298.15, 353.15]),
    )
    grams = out["slurry"]["Li+"] / 2 * 73.89e-3 / out["slurry"].volume
    np.testing.assert_allclose(grams, [13.0, 8.5], rtol=0.06)


def test_more_water_leaches_more_and_aluminate_stays():
    out = leached(liquid_ratio=np.array([5.0, 10.0, 20.0, 40.0]), carbon_dioxide_ratio=0.0)
    assert np.all(np.diff(out.report["lithium_leached"]) > 0)
    np.testing.assert_allclose(out["slurry"]["LiAlO2"], 0.3, rtol=1e-12)
    assert np.all(out["slurry"]["Ni"] == 3.0)


def test_oxide_and_hydroxide_dissolve_whole():
    out = leached({"Li2O": 1.0, "LiOH": 1.0, "Ni": 5.0}, gas=0.0, enclosed=0.0, liquid_ratio=20.0)
    assert out["slurry"]["Li+"][0] == pytest.approx(3.0, rel=1e-9)
    assert out.report["pH"][0] > 12


def test_enclosed_salts_stay():
    out = leached(enclosed=np.array([0.0, 0.2]), liquid_ratio=30.0)
    assert out["slurry"]["Li2CO3"][1] >= 0.2 * 2.0 * (1 - 1e-9)
    assert out.report["lithium_leached"][1] < out.report["lithium_leached"][0]


def test_a_bicarbonate_liquor_is_within_the_range_of_the_model():
    out = leached(
        {"Li2CO3": 10.0, "graphite": 10.0},
        gas=50.0,
        liquid_ratio=np.array([5.0, 10.0, 20.0, 40.0]),
        utilisation=1.0,
        temperature=np.array([283.15, 298.15, 333.15, 363.15]),
    )
    assert np.all(out.status == 0)
    assert np.all(out["slurry"]["CO3-2"] > 0.9 * out["slurry"]["Li+"])


def test_bicarbonate_forms_with_the_free_energy_of_the_tables():
    """Li2CO3 + CO2 + H2O = 2 Li+ + 2 HCO3-: log K -0.594 (Wagman 1982), 0.1 being 6 % of the solubility."""
    (bicarbonate,) = (known.log_k for known in dissolved("pitzer") if known.name == "HCO3-")
    solids = pure_phase("Li2CO3", "pitzer").log_k + pure_phase("CO2(g)", "pitzer").log_k
    assert solids + 2 * bicarbonate == pytest.approx(-0.594, abs=0.1)


def test_solubility_under_carbon_dioxide_falls_with_heat_and_rises_with_the_fourth_root_of_pressure():
    kelvin = np.array([273.15, 298.15, 333.15, 363.15])
    flow = np.zeros((species.COUNT, 4))
    flow[species.indices(("H2O", "Li2CO3", "CO2(g)"))] = np.array([55.508, 10.0, 50.0])[:, None]
    low, high = (
        equilibrate(flow, kelvin, solids=("Li2CO3",), gases={"CO2(g)": pressure}, model=Pitzer()).molality_of("Li+")
        for pressure in (0.5, 1.0)
    )
    assert np.all(np.diff(high) < 0)
    assert np.all((high / low > 2**0.2) & (high / low < 2**0.4))
