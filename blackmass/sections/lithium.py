"""Lithium carbonate and Glauber's salt from a lithium sulfate liquor."""

import dataclasses

from blackmass import operations as op
from blackmass.flowsheet.plant import Plant, Wire
from blackmass.sections.merge import merge


@dataclasses.dataclass(frozen=True)
class Lithium:
    """What the section hands on: lithium carbonate as a moist cake, and condensate of the evaporator."""

    carbonate: Wire
    condensate: Wire


def soften(plant: Plant, liquor: Wire) -> Wire:
    """Take calcium out as carbonate with soda in `softening`, which has a filter; the cake is a waste."""
    tank = plant.add("softening", op.Neutraliser(pH=9.5), liquor=liquor, base=plant.reagent("sodium_carbonate"))
    press = plant.add("softening_filter", op.FilterPress(), slurry=tank.slurry, wash=plant.reagent("water"))
    plant.waste("calcium_carbonate", press.cake)
    plant.waste("softening_offgas", tank.offgas)
    return merge(plant, "soft_liquor", [press.filtrate, press.washings])


def lithium(
    plant: Plant, liquor: Wire, *, evaporator: "op.Evaporator | None" = None, phosphate: bool = False
) -> Lithium:
    """Concentrate, precipitate lithium hot with soda, drive off carbonate, freeze out Glauber's salt, and return.

    Adds `evaporator`, `li_precipitation` with its filter, `acidification`, `glauber_crystalliser` with its centrifuge,
    and `purge`, the bleed of the mother liquor that returns to the evaporator; sells `sodium_sulfate`. With `phosphate`
    the lithium of the purge is won as well.
    """
    soda, acid, water = (plant.reagent(name) for name in ("sodium_carbonate", "sulfuric_acid", "water"))
    returned = plant.recycle("lithium_mother_liquor")
    pan = plant.add(
        "evaporator", evaporator or op.Evaporator(), feed=merge(plant, "lithium_liquor", [liquor, returned])
    )
    carbonate = plant.add("li_precipitation", op.LithiumPrecipitation(), liquor=pan.concentrate, soda=soda)
    press = plant.add(
        "li_filter", op.FilterPress(cake_moisture=0.15, wash_ratio=2.0), slurry=carbonate.slurry, wash=water
    )
    spent = merge(plant, "spent_soda", [press.filtrate, press.washings])
    acidify = plant.add("acidification", op.Neutraliser(pH=5.0), liquor=spent, base=acid)
    glauber = plant.add("glauber_crystalliser", op.CoolingCrystalliser(), feed=acidify.slurry)
    crystals = plant.add("glauber_centrifuge", op.FilterPress(cake_moisture=0.05), slurry=glauber.slurry, wash=water)
    lean = merge(plant, "lean_liquor", [crystals.filtrate, crystals.washings])
    purge = plant.add("purge", op.Splitter(bleed_fraction=0.05), feed=lean)
    plant.connect(purge.rest, to=returned)
    plant.product("sodium_sulfate", crystals.cake, main="Na2SO4.10H2O")
    plant.waste("purge_liquor", _phosphate(plant, purge.bleed) if phosphate else purge.bleed)
    plant.waste("carbon_dioxide", acidify.offgas)
    return Lithium(carbonate=press.cake, condensate=pan.condensate)


def _phosphate(plant: Plant, purge: Wire) -> Wire:
    """Precipitate lithium phosphate, sell it moist as `lithium_phosphate`, and return what is left of the purge."""
    tank = op.Precipitator(product="lithium phosphate", pH=11.5).changed(temperature="80 degC")
    made = plant.add(
        "phosphate_precipitation", tank, liquor=purge, reagent=plant.reagent("sodium_phosphate"),
        base=plant.reagent("sodium_hydroxide"),
    )  # fmt: skip
    press = plant.add("li_phosphate_filter", op.FilterPress(), slurry=made.slurry, wash=plant.reagent("water"))
    plant.product("lithium_phosphate", press.cake, main="Li3PO4")
    plant.waste("phosphate_offgas_of_purge", made.offgas)
    return merge(plant, "spent_purge", [press.filtrate, press.washings])


def dried_carbonate(plant: Plant, cake: Wire) -> None:
    """Dry lithium carbonate in `li_dryer` and sell it as `lithium_carbonate`."""
    dryer = plant.add("li_dryer", op.Dryer(), wet=cake)
    plant.product("lithium_carbonate", dryer.dry, main="Li2CO3")
    plant.waste("li_dryer_vapour", dryer.vapour)
