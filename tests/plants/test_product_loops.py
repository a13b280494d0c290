"""Loops around products: ammonia returns to precursor, mother liquor of lithium hydroxide to causticising."""

import numpy as np
import pytest

from blackmass import Plant
from blackmass import operations as op
from blackmass.flowsheet.solve import solve
from blackmass.operations.ammonia_stripper import AmmoniaStripper
from blackmass.operations.causticiser import Causticiser
from blackmass.operations.hydroxide_crystalliser import HydroxideCrystalliser
from blackmass.operations.hydroxide_precipitator import HydroxidePrecipitator

SULFATES = {"Ni+2": 0.0465, "Co+2": 0.0156, "Mn+2": 0.0145, "SO4-2": 0.1254, "H2O": 0.798}
"""Mass fractions of a liquor with 1.32 mol/kg of nickel, cobalt and manganese sulfate, 6:2:2."""


def precursor() -> Plant:
    plant = Plant("precursor", "precursor with its ammonia returned")
    liquor = plant.feed("liquor", SULFATES, flow="1 t/h")
    soda, ammonia, water = (plant.reagent(name) for name in ("sodium_hydroxide", "ammonia", "water"))
    returned, metals = plant.recycle("ammonia_water"), plant.recycle("metals")
    mixed = plant.add("mixer", op.Mixer(), first=liquor, second=returned, third=metals)
    tank = plant.add(
        "precursor",
        HydroxidePrecipitator(pH=10.8, temperature="60 degC", crystallinity=1.0, ammonia_ratio=0.6),
        liquor=mixed.mixed,
        base=soda,
        ammonia=ammonia,
    )
    cake = plant.add("filter", op.FilterPress(), slurry=tank.slurry, wash=water)
    stripper = plant.add("stripper", AmmoniaStripper(), liquor=cake.filtrate, base=soda)
    polish = plant.add("polish", op.Thickener(underflow_solids=0.3), slurry=stripper.stripped)
    plant.connect(stripper.ammonia_water, to=returned)
    plant.connect(polish.underflow, to=metals)
    plant.product("pcam", cake.cake, main=("Ni(OH)2", "Co(OH)2", "Mn(OH)2"))
    plant.waste("sodium_sulfate_liquor", polish.overflow)
    plant.waste("washings", cake.washings)
    plant.waste("offgas", tank.offgas)
    plant.waste("ammonia_vent", stripper.vent)
    return plant


def hydroxide() -> Plant:
    plant = Plant("hydroxide", "lithium carbonate to lithium hydroxide")
    carbonate = plant.feed(
        "carbonate", {"Li2CO3": 0.8, "H2O": 0.195, "Na+": 0.00162, "SO4-2": 0.00338}, flow="500 kg/h"
    )
    lime, water = plant.reagent("calcium_hydroxide"), plant.reagent("water")
    weak, mother = plant.recycle("weak_liquor"), plant.recycle("mother_liquor")
    back = plant.add("returned", op.Mixer(), first=weak, second=mother)
    causticised = plant.add(
        "causticise", Causticiser(), carbonate=carbonate, weak_liquor=back.mixed, lime=lime, water=water
    )
    mud = plant.add("mud_filter", op.FilterPress(), slurry=causticised.slurry, wash=water)
    made = plant.add("crystallise", HydroxideCrystalliser(), feed=mud.filtrate)
    crystals = plant.add("centrifuge", op.FilterPress(), slurry=made.slurry, wash=water)
    bleed = plant.add("bleed", op.Splitter(bleed_fraction=0.05), feed=crystals.filtrate)
    plant.connect(mud.washings, to=weak)
    plant.connect(bleed.rest, to=mother)
    plant.product("lithium_hydroxide", crystals.cake, main="LiOH.H2O")
    plant.waste("lime_mud", mud.cake)
    plant.waste("condensate", made.condensate)
    plant.waste("wash_liquor", crystals.washings)
    plant.waste("bleed", bleed.bleed)
    return plant


@pytest.mark.parametrize("make", [precursor, hydroxide])
def test_loop_closes(make):
    result = solve(make()).check()
    assert result.balance_error.max() < 1e-9


def test_ammonia_is_used_again_and_again():
    result = solve(precursor()).check()
    streams = result.streams
    recycled = streams["stripper.ammonia_water"]["NH4+"]
    lost = streams["polish.overflow"]["NH4+"] + streams["filter.cake"]["NH4+"] + streams["filter.washings"]["NH4+"]
    assert recycled[0] > 5 * lost[0]
    product = streams["filter.cake"]
    solid = np.array([product[f"{metal}(OH)2"][0] for metal in ("Ni", "Co", "Mn")])
    np.testing.assert_allclose(solid / solid.sum(), [0.6, 0.2, 0.2], atol=0.005)


def test_lithium_ends_as_hydroxide():
    streams = solve(hydroxide()).check().streams
    fed = 2 * streams["carbonate"]["Li2CO3"]
    product = streams["centrifuge.cake"]
    assert product["LiOH.H2O"][0] > 0.85 * fed[0]
    assert streams["causticise.slurry"]["CaCO3"][0] == pytest.approx(fed[0] / 2, rel=0.1)
