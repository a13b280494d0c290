"""Enthalpy of streams: heats of reaction against published ones, and what must hold for every stream."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blackmass import species
from blackmass.chemistry.enthalpy import HOT, enthalpy, formation
from blackmass.chemistry.equilibria import pure_phase
from blackmass.chemistry.evaporation import latent_heat
from blackmass.chemistry.roasting_data import cantera_species
from blackmass.data.load import table
from blackmass.stream import Stream
from tests.strategies import liquor, solids

MUCH = 1000.0  # mol of water


def heat(before: dict[str, float], after: dict[str, float], celsius: float = 25.0) -> float:
    """Enthalpy of a change [kJ]; what stands on both sides is written out by the caller."""
    ends = (enthalpy(Stream.of(amounts, celsius + 273.15))[0] for amounts in (before, after))
    return float(-np.subtract(*ends) / 1e3)


def test_every_species_has_an_enthalpy():
    rows = table("enthalpies.csv", columns=("species", "basis", "formation_kJ_mol"), key=("species",))
    assert {row["species"] for row in rows} == set(species.NAMES)
    assert np.isfinite(formation()).all()
    thermal = {row["species"] for row in rows if row["basis"] == "roasting"}
    assert thermal == set(cantera_species())  # nothing stands twice


@pytest.mark.parametrize(
    ("name", "published"),
    [("LiCoO2", -679.4), ("LiNiO2", -594.9), ("MnO2", -520.0), ("LiFePO4", -1616), ("Li2CO3", -1216)],
)
def test_formation_of_battery_materials_as_published(name, published):
    assert formation()[species.index(name)] / 1e3 == pytest.approx(published, abs=3)


@pytest.mark.parametrize(
    ("name", "published"),
    [
        ("NiSO4.6H2O", -2682.8),
        ("NiSO4.7H2O", -2976.3),
        ("CoSO4.7H2O", -2979.9),
        ("CaSO4.2H2O", -2022.6),
        ("Mg(OH)2", -924.5),
        ("Ca(OH)2", -986.1),
        ("Fe(OH)3", -823.0),
        ("Ni(OH)2", -529.7),
        ("Na2CO3", -1130.7),
        ("NaOH", -425.6),
        ("MgO", -601.7),
        ("LiOH.H2O", -788.0),
        ("Na2SO4", -1387.1),
    ],
)
def test_formation_of_solids_as_in_wagman_1982(name, published):
    assert formation()[species.index(name)] / 1e3 == pytest.approx(published, abs=6)


def test_strong_acid_and_base():
    apart = heat({"H+": 1, "H2O": MUCH}, {}) + heat({"H+": -1, "H2O": MUCH + 1}, {})
    assert apart + heat({}, {"H2O": 2 * MUCH + 1}) == pytest.approx(-55.8, abs=0.1)


def test_dilute_caustic_with_sulfuric_acid():
    acid, salt = {"H+": 2, "SO4-2": 1, "H2O": MUCH}, {"Na+": 2, "SO4-2": 1, "H2O": 2 * MUCH + 2}
    base = {"Na+": 2, "H+": -2, "H2O": MUCH + 2}
    assert heat(acid, {}) + heat(base, salt) == pytest.approx(-132, abs=4)  # 131 to 134 published


@pytest.mark.parametrize(
    ("solid", "ions", "published", "within"),
    [
        ("NiSO4.6H2O", {"Ni+2": 1, "SO4-2": 1, "H2O": 6}, 4.5, 1),
        ("Na2SO4.10H2O", {"Na+": 2, "SO4-2": 1, "H2O": 10}, 78.5, 6),
        ("Li2CO3", {"Li+": 2, "CO3-2": 1}, -18.2, 2.5),
        ("NaOH", {"Na+": 1, "H+": -1, "H2O": 1}, -44.5, 0.5),
        ("CuSO4.5H2O", {"Cu+2": 1, "SO4-2": 1, "H2O": 5}, 6.1, 1),
    ],
)
def test_heat_of_solution_as_published(solid, ions, published, within):
    dissolved = ions | {"H2O": ions.get("H2O", 0) + MUCH}
    assert heat({solid: 1, "H2O": MUCH}, dissolved) == pytest.approx(published, abs=within)


@pytest.mark.parametrize(
    ("before", "after", "published", "within"),
    [
        ({"H2O2": 1, "H2O": MUCH}, {"H2O": MUCH + 1, "O2(g)": 0.5}, -94.7, 0.5),  # -98.0 of the pure liquid
        ({"Cu+2": 1, "Fe": 1}, {"Fe+2": 1, "Cu": 1}, -153.9, 0.5),
        ({"Cu+2": 1, "H2O": 1}, {"Cu": 1, "H+": 2, "O2(g)": 0.5}, 221.1, 0.5),
        ({"Al": 1, "H+": 3}, {"Al+3": 1, "H2(g)": 1.5}, -531, 1),
        ({"Al": 1, "H+": -1, "H2O": MUCH + 4}, {"Al+3": 1, "H+": -4, "H2O": MUCH + 4, "H2(g)": 1.5}, -406, 10),
        ({"CaO": 1, "H2O": 1}, {"Ca(OH)2": 1}, -65.2, 1),
        ({"CO2(g)": 1, "H2O": MUCH}, {"CO3-2": 1, "H+": 2, "H2O": MUCH - 1}, -20.3, 2),
        ({"NH3(g)": 1, "H2O": MUCH}, {"NH4+": 1, "H+": -1, "H2O": MUCH}, -34.2, 1),
        ({"HF(g)": 1, "H2O": MUCH}, {"F-": 1, "H+": 1, "H2O": MUCH}, -48.1, 3),
        ({"SO2(g)": 1}, {"SO2(aq)": 1}, -26.2, 0.5),
    ],
)
def test_heat_of_reaction_as_published(before, after, published, within):
    assert heat(before, after) == pytest.approx(published, abs=within)


@pytest.mark.parametrize("celsius", [25.0, 60.0, 100.0])
def test_water_evaporates_by_its_latent_heat(celsius):
    steam = heat({"H2O": 1}, {"H2O(g)": 1}, celsius)
    assert steam == pytest.approx(latent_heat(celsius + 273.15) / 1e3, rel=0.01)
    assert heat({"H2O": 1}, {"H2O(g)": 1}) == pytest.approx(44.0, abs=0.05)


@pytest.mark.parametrize(("water", "published"), [(1, 28.1), (3, 49.0), (10, 67.0), (100, 73.6)])
def test_dilution_of_pure_sulfuric_acid_as_in_wagman_1982(water, published):
    apart = heat({"H+": 2, "SO4-2": 1}, {}) + heat({"H2O": water}, {"H+": 2, "SO4-2": 1, "H2O": water})
    assert -apart == pytest.approx(published, rel=0.12)


def test_strong_technical_acid_diluted_to_a_large_volume():
    brought = 0.02 / 0.98 * species.molar_mass("H2SO4") / species.molar_mass("H2O")
    apart = heat({"H+": 2, "SO4-2": 1, "H2O": brought}, {})
    diluted = {"H+": 2, "SO4-2": 1, "H2O": MUCH}
    assert apart + heat({"H2O": MUCH - brought}, diluted) == pytest.approx(-73, abs=3)


@pytest.mark.parametrize(("water", "published"), [(3, 15.0), (5, 6.0), (10, 1.2)])
def test_dilution_of_strong_caustic(water, published):
    lye, thin = ({"Na+": 1, "H+": -1, "H2O": 1 + w} for w in (water, MUCH))
    assert -heat(lye, {}) - heat({"H2O": MUCH - water}, thin) == pytest.approx(published, abs=2)


def test_weak_acids_take_protons_by_their_strength():
    carbonate = {"Na+": 2, "CO3-2": 1, "H2O": MUCH}
    first, second = ({**carbonate, "H+": protons} for protons in (1, 2))
    acid = heat({"H+": 1, "H2O": MUCH}, {"H2O": MUCH})
    assert heat(carbonate, first) + acid == pytest.approx(-14.7, abs=0.1)
    assert heat(first, second) + acid == pytest.approx(-9.4, abs=0.1)
    ammonium = {"NH4+": 1, "H2O": MUCH}
    assert heat(ammonium, {**ammonium, "H+": -1}) == pytest.approx(52.1, abs=0.1)


def test_hot_gas_follows_the_tables():
    rise = (enthalpy(Stream.of({"CO2(g)": 1.0}, kelvin))[0] for kelvin in (298.15, 1000.0))
    assert -np.subtract(*rise) == pytest.approx(33397, rel=0.005)  # JANAF
    around = [enthalpy(Stream.of({"CO2(g)": 1.0}, HOT + step))[0] for step in (-1e-6, 1e-6)]
    assert around[0] == pytest.approx(around[1], rel=1e-9)


@given(seed=st.integers(0, 10**6), cooler=st.floats(0, 100), warmer=st.floats(0, 100))
@settings(max_examples=50, deadline=None)
def test_parts_of_a_stream_mix_without_heat(seed, cooler, warmer):
    whole = liquor(np.random.default_rng(seed), 5) + solids(np.random.default_rng(seed), 5)
    first, second = whole.split(0.3)
    first, second = first.at(cooler + 273.15), second.at(warmer + 273.15)
    apart = enthalpy(first) + enthalpy(second)
    np.testing.assert_allclose(enthalpy(first + second), apart, rtol=1e-11)


@given(seed=st.integers(0, 10**6), size=st.floats(1e-6, 1e6), protons=st.floats(-3, 3))
@settings(max_examples=50, deadline=None)
def test_enthalpy_scales_with_the_flow_for_any_liquor(seed, size, protons):
    one = liquor(np.random.default_rng(seed), 4)
    flow = one.flow.copy()
    flow[species.index("H+")] += protons * flow[species.index("SO4-2")]
    stream = Stream(flow, one.temperature)
    assert np.isfinite(enthalpy(stream)).all()
    np.testing.assert_allclose(enthalpy(Stream(size * flow, one.temperature)), size * enthalpy(stream), rtol=1e-10)


def test_cases_do_not_meet():
    batch = liquor(np.random.default_rng(3), 6)
    alone = [enthalpy(batch.case(number))[0] for number in range(6)]
    np.testing.assert_allclose(enthalpy(batch), alone, rtol=1e-13)
    assert enthalpy(Stream.empty(3)) == pytest.approx(np.zeros(3))


def test_solids_of_the_aqueous_engine_dissolve_with_its_heat():
    solid = pure_phase("NiSO4.6H2O")
    assert 1e3 * heat({"NiSO4.6H2O": 1}, {"Ni+2": 1, "SO4-2": 1, "H2O": 6}) == pytest.approx(solid.enthalpy, abs=1)
