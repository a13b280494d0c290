"""Lithium first: black mass roasted with its own graphite, lithium leached by water, metals by acid alone."""

from blackmass import Plant, sections
from blackmass import operations as op


def lithium_first() -> Plant:
    plant = Plant("lithium_first", "NMC cells by roast and water leach to Li2CO3, then to Ni, Co and Mn sulfates")
    cells = plant.feed("cells", "NMC622=1 t/h")
    water, caustic = plant.reagent("water"), plant.reagent("sodium_hydroxide")

    # Dry part, then a roast under nitrogen: graphite reduces the oxides, lithium becomes carbonate.
    dry = sections.spoke(plant, cells)
    roaster = plant.add("roaster", op.Roaster(lime_ratio=1.0), solids=dry.black_mass,
                        atmosphere=plant.reagent("nitrogen"), lime=plant.reagent("quicklime"))  # fmt: skip
    burner = plant.add("afterburner", op.Afterburner(), gas=roaster.offgas, air=plant.reagent("air"),
                       fuel=plant.reagent("natural_gas"))  # fmt: skip
    scrubber = plant.add("scrubber", op.GasScrubber(), gas=burner.flue_gas, alkali=caustic, water=water)
    plant.waste("stack", scrubber.cleaned)
    plant.waste("scrubber_bleed", scrubber.bleed)

    # Water and carbon dioxide dissolve lithium as bicarbonate, lime takes fluorine; heat decomposes the bicarbonate,
    # the pan takes off the wash water, and mother liquor and condensate return.
    returned = plant.recycle("leach_water")
    leach = plant.add("water_leach", op.WaterLeach(liquid_ratio=20.0, carbon_dioxide_ratio=1.2), solids=roaster.roasted,
                      liquor=returned, water=water, carbon_dioxide=plant.reagent("carbon_dioxide"))  # fmt: skip
    plant.waste("water_leach_offgas", leach.offgas)
    ccd = plant.add("decantation", op.CounterCurrentDecantation(), slurry=leach.slurry, wash=water)
    residue = plant.add("residue_filter", op.FilterPress(), slurry=ccd.underflow, wash=water)
    heated = plant.add("decomposition", op.BicarbonateDecomposer(), liquor=ccd.overflow)
    plant.waste("decomposition_offgas", heated.offgas)
    pan = plant.add("carbonate_crystalliser",
                    op.EvaporativeCrystalliser(salt="Li2CO3", crystal_yield=0.93, economy=4.0).changed(
                        temperature="95 degC"), feed=heated.slurry)  # fmt: skip
    press = plant.add("carbonate_filter", op.FilterPress(cake_moisture=0.15), slurry=pan.slurry, wash=water)
    sections.dried_carbonate(plant, press.cake)
    mother = sections.merge(plant, "carbonate_mother", [press.filtrate, press.washings])
    purge = plant.add("carbonate_purge", op.Splitter(bleed_fraction=0.05), feed=mother)
    steam = plant.add("leach_condensate", op.Splitter(bleed_fraction=0.15), feed=pan.condensate)
    plant.waste("leach_condensate", steam.bleed)
    back = [purge.rest, steam.rest, residue.filtrate, residue.washings]
    plant.connect(sections.merge(plant, "returned_water", back), to=returned)

    # Metals: the roasted residue dissolves in acid alone; purification and refining as in the hydrometallurgical route.
    spent_acid, condensate = plant.recycle("spent_acid"), plant.recycle("process_water")
    purified = sections.leach_and_purify(plant, residue.cake, [spent_acid, condensate],
                                         leach=op.LeachTrain(reductant_ratio=0.0, tanks=4).changed(
                                             temperature="90 degC", residence_time="8 hour"))  # fmt: skip
    plant.product("copper", sections.merge(plant, "copper", [dry.copper, purified.copper]), main="Cu")
    plant.waste("phosphate_cake", purified.phosphates)
    plant.waste("leach_residue", purified.residue)
    refined = sections.refine(plant, purified.liquor)
    plant.connect(refined.spent_acid, to=spent_acid)

    # The lithium that water left behind, with that of the purge.
    late = sections.merge(plant, "late_lithium", [refined.raffinate, purge.bleed])
    lithium = sections.lithium(plant, late, evaporator=op.Evaporator(concentrate_to="4 g/L"))
    plant.product("second_carbonate", lithium.carbonate, main="Li2CO3")
    sections.return_water(plant, [lithium.condensate, *refined.condensates], to=condensate, bleed_fraction=0.5)
    rich = {"mn_sx.oa_ratio": 1.3, "co_sx.oa_ratio": 1.3, "ni_sx.oa_ratio": 2.4}
    return plant.changed({**rich, "purge.bleed_fraction": 0.02})
