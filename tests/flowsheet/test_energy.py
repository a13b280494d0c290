"""Enthalpy balance of plants: what heats and cools each unit, and that the whole closes."""

import functools

import numpy as np
import pytest

from blackmass import load_flowsheet, solve
from blackmass import operations as op
from blackmass.chemistry.enthalpy import enthalpy
from blackmass.chemistry.evaporation import latent_heat
from blackmass.flowsheet.load import shipped
from blackmass.flowsheet.plant import Plant
from blackmass.flowsheet.result import Result
from blackmass.flowsheet.summary import summary

LIQUOR = {"Ni+2": 0.05, "SO4-2": 0.08177, "H2O": 0.86823}
LITHIUM = {"Li+": 0.002, "SO4-2": 0.01384, "H2O": 0.98416}
BLACK_MASS = {"LiNiO2": 0.4, "LiCoO2": 0.2, "graphite": 0.4}


@functools.cache
def solved(name: str) -> Result:
    return solve(load_flowsheet(name)).check()


def with_unit(operation: object, port: str = "feed", composition: dict[str, float] = LIQUOR) -> Result:
    """A plant of one unit."""
    plant = Plant("one")
    unit = plant.add("unit", operation, **{port: plant.feed("entering", composition, flow="1 t/h")})
    for name in operation.outlets:
        plant.waste(f"{name}_out", getattr(unit, name))
    return solve(plant).check()


def leached(ratio: float) -> Result:
    """Black mass leached with so much peroxide."""
    plant = Plant("leach")
    unit = plant.add(
        "leach",
        op.LeachTrain(reductant_ratio=ratio),
        solids=plant.feed("black_mass", BLACK_MASS, flow="100 kg/h"),
        lixiviant=plant.feed("lixiviant", {"H2O": 1.0}, flow="1 kg/h"),
        acid=plant.reagent("sulfuric_acid"),
        reductant=plant.reagent("hydrogen_peroxide"),
        water=plant.reagent("water"),
    )
    for name in unit.operation.outlets:
        plant.waste(f"{name}_out", getattr(unit, name))
    return solve(plant).check()


@pytest.mark.parametrize("name", shipped())
def test_enthalpy_of_every_plant_closes(name):
    result = solved(name)
    assert result.enthalpy_error.max() < 1e-6
    for heat in result.heat.values():
        np.testing.assert_allclose(heat.heating - heat.cooling, heat.needed, atol=1e-3)
        assert (heat.heating >= 0).all()
        assert (heat.cooling >= 0).all()


def test_sums_and_summary_show_the_balance():
    result = solved("nmc_hydromet")
    found = summary(result)
    units = found["units"]
    assert found["utilities"]["heat_kW"] == pytest.approx(sum(unit["heating_kW"] for unit in units))
    assert found["utilities"]["cooling_kW"] == pytest.approx(sum(unit["cooling_kW"] for unit in units))
    assert found["balance"]["enthalpy_relative_error"] < 1e-6
    for unit in units:
        assert unit["heating_kW"] >= unit["duties"].get("heating", 0.0) / 1e3 - 1e-9


@pytest.mark.parametrize("name", ["leach", "cementation", "evaporator", "nickel_crystalliser", "glauber_crystalliser"])
def test_duties_of_units_agree_with_the_balance(name):
    result = solved("nmc_hydromet")
    heat = result.heat[name]
    power = result.solved.outlets[name]["electricity"]
    turnover = np.abs(heat.declared) + power
    np.testing.assert_array_less(np.abs(heat.needed + power - heat.declared), 0.35 * turnover)


def test_evaporator_is_heated_by_latent_heat_over_economy():
    result = with_unit(op.Evaporator(pumping=0.0), composition=LITHIUM)
    unit, heat = result.plant.units["unit"].operation, result.heat["unit"]
    removed = result.streams["unit.condensate"]["H2O"]
    assert (removed > 0).all()
    condenser = removed * latent_heat(unit.temperature) / unit.economy
    warming = enthalpy(result.streams["entering"].at(unit.temperature)) - enthalpy(result.streams["entering"])
    np.testing.assert_allclose(heat.heating, condenser + warming, rtol=1e-3)
    np.testing.assert_allclose(heat.cooling, condenser, rtol=1e-3)


def test_a_tank_is_heated_by_the_warmth_of_what_it_holds():
    result = with_unit(op.Tank(temperature="60 degC", agitation=0.0))
    wanted = result.streams["entering"].heat_capacity * 35.0
    np.testing.assert_allclose(result.heat["unit"].heating, wanted, rtol=1e-9)
    np.testing.assert_allclose(result.heat["unit"].cooling, 0.0, atol=1e-3)


def test_power_ends_as_heat():
    still, stirred = (with_unit(op.Tank(agitation=power)).heat["unit"] for power in (0.0, 1000.0))
    power = with_unit(op.Tank(agitation=1000.0)).duty("electricity")
    np.testing.assert_allclose(stirred.cooling - still.cooling, power, atol=1e-3)


def test_liquors_of_one_kind_mix_without_heat():
    plant = Plant("mix")
    first, second = (plant.feed(name, LIQUOR, flow="1 t/h") for name in ("first", "second"))
    hot = plant.add("hot", op.Tank(temperature="80 degC"), feed=second)
    mix = plant.add("mixer", op.Mixer(), first=first, second=hot.held)
    plant.waste("mixed", mix.mixed)
    heat = solve(plant).check().heat["mixer"]
    np.testing.assert_allclose(heat.needed, 0.0, atol=1.0)  # of some ten million


def test_leaching_with_peroxide_gives_heat():
    result = leached(1.2)
    slurry = result.streams["leach.slurry"]
    fed = [result.streams["black_mass"], result.streams["lixiviant"], *result.drawn().values()]
    offgas = result.streams["leach.offgas"]
    kelvin = slurry.temperature
    given = sum(enthalpy(s.repeated(1).at(kelvin)) for s in fed) - enthalpy(slurry) - enthalpy(offgas.at(kelvin))
    assert (given > 0).all()
    per_mole = given / (result.streams["black_mass"]["LiNiO2"] + result.streams["black_mass"]["LiCoO2"])
    assert ((per_mole > 150e3) & (per_mole < 500e3)).all()


def test_every_case_has_its_own_balance():
    batch = with_unit(op.Tank(temperature=np.array([300.0, 330.0, 350.0]), agitation=0.0))
    for number, kelvin in enumerate((300.0, 330.0, 350.0)):
        alone = with_unit(op.Tank(temperature=kelvin, agitation=0.0))
        np.testing.assert_allclose(batch.duty("heating")[number], alone.duty("heating")[0], rtol=1e-9)
    assert batch.enthalpy_error.shape == (3,)
