import numpy as np
import pytest

from blackmass import species
from blackmass.chemistry.aqueous import equilibrate
from blackmass.chemistry.crystallisation import (
    SULFATES,
    companions,
    limiting,
    settle,
    uncrystallisable,
)
from blackmass.chemistry.equilibria import component_rows, pure_phase
from blackmass.chemistry.evaporation import latent_heat, without_water
from blackmass.chemistry.evaporative_yield import crystallise
from blackmass.chemistry.solubility import corrections, measured
from blackmass.chemistry.strong_liquors import StrongLiquors
from blackmass.stream import Stream

KILOGRAM = 1 / species.molar_mass("H2O")  # mol of water
MODEL = StrongLiquors()

# molality of the anhydrous salt at saturation, CRC Handbook, 97th edition [recalled]; how near the model comes
SOLUBILITY = [
    ("Na2SO4.10H2O", 10, 0.6372, 0.05),
    ("Na2SO4.10H2O", 20, 1.3710, 0.03),
    ("Na2SO4.10H2O", 25, 1.9742, 0.03),
    ("Na2SO4", 40, 3.4363, 0.04),
    ("Na2SO4", 60, 3.1927, 0.04),
    ("Na2SO4", 80, 3.0751, 0.04),
    ("Na2SO4", 100, 2.9886, 0.04),
    ("NiSO4.7H2O", 25, 2.6137, 0.05),
    ("NiSO4.6H2O", 40, 3.0408, 0.10),
    ("NiSO4.6H2O", 60, 3.6032, 0.15),
    ("CoSO4.7H2O", 25, 2.4718, 0.05),
    ("MnSO4.H2O", 25, 4.2163, 0.05),
    ("Li2SO4.H2O", 25, 3.1131, 0.05),
    ("Li2SO4.H2O", 60, 2.9514, 0.10),
    ("Li2CO3", 25, 0.1755, 0.05),
    ("Li2CO3", 60, 0.1353, 0.08),
    ("Li2CO3", 90, 0.1064, 0.10),
]


def dissolved_at(salt: str, celsius: float) -> np.ndarray:
    """Molality of a salt at saturation in water, its water of crystallisation counted as solvent."""
    cases = np.size(celsius)
    made = settle(
        Stream.of({"H2O": KILOGRAM, salt: 30.0}, cases=cases),
        np.broadcast_to(celsius + 273.15, (cases,)),
        (salt,),
        model=MODEL,
    )
    return (30.0 - made.stream[salt]) / made.stream["H2O"] * KILOGRAM


def nickel_liquor(cases: int = 1, **more: object) -> Stream:
    amounts = {"H2O": KILOGRAM, "Ni+2": 1.6, "Mg+2": 0.02, "Na+": 0.05, "H+": 0.05, **more}
    flow = Stream.of(amounts, 313.15, cases=cases).flow.copy()
    flow[species.index("SO4-2")] += species.CHARGE @ flow / 2
    return Stream(flow, 313.15)


def test_latent_heat_of_the_steam_table():
    kilojoule = latent_heat(np.array([298.15, 353.15, 373.15])) / species.molar_mass("H2O") / 1e3
    np.testing.assert_allclose(kilojoule, [2441.7, 2308.0, 2256.4], rtol=2e-3)


def test_water_is_taken_off_and_kept():
    left, water = without_water(nickel_liquor(), np.array([20.0]))
    np.testing.assert_allclose(left.flow + water.flow, nickel_liquor().flow, rtol=1e-15)


@pytest.mark.parametrize(("salt", "celsius", "molality", "near"), SOLUBILITY)
def test_solubility_in_water_crc(salt, celsius, molality, near):
    np.testing.assert_allclose(dissolved_at(salt, np.array([celsius])), molality, rtol=near)


def test_lithium_carbonate_dissolves_less_the_hotter():
    assert np.all(np.diff(dissolved_at("Li2CO3", np.linspace(10, 100, 7))) < 0)


def test_the_hydrate_of_sodium_sulfate_changes_near_32_degrees():
    cases = 9
    celsius = np.linspace(28, 36, cases)
    slush = Stream.of({"H2O": KILOGRAM, "Na2SO4": 4.5}, cases=cases)
    made = settle(slush, celsius + 273.15, ("Na2SO4", "Na2SO4.10H2O"), model=MODEL).stream
    change = celsius[np.argmax(made["Na2SO4"] > 0)]
    assert 31 <= change <= 34
    assert np.all((made["Na2SO4"] > 0.5) != (made["Na2SO4.10H2O"] > 0.1))


def test_companions_are_the_other_salts():
    beside = companions("Na2SO4")
    assert "Na2SO4.10H2O" not in beside
    assert {"NiSO4.6H2O", "Li2SO4.H2O"} <= set(beside)
    assert set(beside) < set(SULFATES)


def test_limiting_ion_counts_crystals_of_the_feed():
    liquor = nickel_liquor() + Stream.of({"NiSO4.6H2O": 0.4})
    np.testing.assert_allclose(limiting(liquor, "NiSO4.6H2O"), 2.0)


def test_charge_that_cannot_crystallise_is_that_of_the_acid():
    np.testing.assert_allclose(uncrystallisable(nickel_liquor().flow, "NiSO4.6H2O"), 0.05)


@pytest.mark.parametrize("salt", ["NiSO4.6H2O", "Na2SO4"])
def test_mother_liquor_is_saturated_and_the_yield_is_met(salt):
    share = np.array([0.3, 0.6, 0.9])
    feed = nickel_liquor(3, **{"Na+": 1.0})
    made = crystallise(feed, salt, share=share, temperature=333.15, most_evaporated=0.99, model=MODEL)
    np.testing.assert_allclose(made.crystals, share * limiting(feed, salt), rtol=1e-12)
    again = settle(made.slurry, 333.15, (salt, *companions(salt)), model=MODEL)
    np.testing.assert_allclose(again.log_saturation[0], 0, atol=1e-10)
    np.testing.assert_allclose(again.stream.flow, made.slurry.flow, rtol=1e-8, atol=1e-8)


def test_elements_close_through_evaporation():
    feed = nickel_liquor(2)
    made = crystallise(
        feed, "NiSO4.6H2O", share=np.array([0.2, 0.9]), temperature=333.15, most_evaporated=0.99, model=MODEL
    )
    total = made.slurry.conserved + made.condensate.conserved
    np.testing.assert_allclose(total, feed.conserved, rtol=1e-12, atol=1e-12)


def test_warm_start_changes_nothing():
    feed, near = nickel_liquor(3), nickel_liquor(3, **{"Ni+2": np.array([1.59, 1.6, 1.63])})
    keep = {"share": 0.8, "temperature": 333.15, "most_evaporated": 0.99, "model": MODEL}
    guess = crystallise(feed, "NiSO4.6H2O", **keep).guess
    guess[:, 1] = np.nan
    cold = crystallise(near, "NiSO4.6H2O", **keep)
    warm = crystallise(near, "NiSO4.6H2O", **keep, start=guess)
    np.testing.assert_allclose(warm.slurry.flow, cold.slurry.flow, rtol=1e-11, atol=1e-11)


def test_liquor_that_crystallises_by_itself_loses_no_water():
    thick = Stream.of({"H2O": KILOGRAM, "Ni+2": 8.0, "SO4-2": 8.0}, 373.15)
    made = crystallise(thick, "NiSO4.6H2O", share=0.1, temperature=303.15, most_evaporated=0.99, model=MODEL)
    assert made.condensate["H2O"] == 0
    assert made.crystals > 0.1 * 8


def test_a_dilute_liquor_yields_less_when_the_evaporation_is_limited():
    made = crystallise(
        nickel_liquor(2),
        "NiSO4.6H2O",
        share=0.9,
        temperature=333.15,
        most_evaporated=np.array([0.2, 0.7]),
        model=MODEL,
    )
    np.testing.assert_allclose(made.condensate["H2O"], np.array([0.2, 0.7]) * KILOGRAM, rtol=1e-12)
    assert made.crystals[0] == 0
    assert 0 < made.crystals[1] < 0.9 * 1.6


def test_heat_of_crystallisation_is_that_of_the_constants():
    brine = Stream.of({"H2O": KILOGRAM, "Na+": 3.0, "SO4-2": 1.5}, 298.15)
    made = settle(brine, 278.15, ("Na2SO4.10H2O",), model=MODEL)
    np.testing.assert_allclose(made.heat, made.stream["Na2SO4.10H2O"] * pure_phase("Na2SO4.10H2O", "pitzer").enthalpy)
    assert made.stream.flow[component_rows()].min() >= 0


def test_crystals_agree_with_the_aqueous_engine():
    salts = ("NiSO4.6H2O", *companions("NiSO4.6H2O"))
    kelvin = np.full(3, 303.15)
    thick = nickel_liquor(3, **{"Ni+2": np.array([4.0, 5.0, 6.0])})
    factors = dict(zip(salts, corrections(salts, kelvin, MODEL), strict=True))
    engine = equilibrate(thick.flow, kelvin, gases=factors, model=MODEL)
    made = settle(thick, kelvin, salts, model=MODEL)
    np.testing.assert_allclose(made.extent, engine.extent, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(made.pH, engine.pH, atol=1e-9)
    np.testing.assert_allclose(made.water_activity, engine.water_activity, rtol=1e-9)


@pytest.mark.parametrize("salt", ["NiSO4.6H2O", "CoSO4.7H2O", "MgSO4.7H2O"])
def test_salts_named_by_one_hydrate_follow_the_solubility_of_the_stable_one(salt):
    temperature, molality = measured(salt)
    made = settle(
        Stream.of({"H2O": KILOGRAM, salt: 30.0}, cases=temperature.size), temperature, (salt,), model=MODEL
    ).stream
    np.testing.assert_allclose((30.0 - made[salt]) / made["H2O"] * KILOGRAM, molality, rtol=1e-6)


def test_activities_are_held_in_a_syrup_and_rise_no_more():
    molality = np.array([1.0, 1.5, 3.0])[None] * np.array([[7.0], [3.5]])
    found = MODEL.evaluate(("Na+", "SO4-2"), np.array([1.0, -2.0]), molality, np.full(3, 353.15))
    np.testing.assert_allclose(found.ln_gamma[:, 1:], found.ln_gamma[:, :1] * np.ones(2), rtol=1e-12)
    assert list(found.out_of_range) == [False, True, True]
