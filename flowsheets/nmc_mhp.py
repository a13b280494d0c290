"""Cells to mixed hydroxide precipitate (MHP) and lithium carbonate: the metals together, without solvent extraction."""

from blackmass import Plant, sections
from blackmass import operations as op


def nmc_mhp() -> Plant:
    plant = Plant("nmc_mhp", "NMC, NCA or LCO cells to mixed hydroxide, MnO2, Li2CO3, Na2SO4, Cu, Al and steel")
    cells = plant.feed("cells", "NMC622=1 t/h")
    caustic, water = plant.reagent("sodium_hydroxide"), plant.reagent("water")

    # Dry part, leach and purification: wash waters, condensate and the polishing cake come back to the leach.
    dry = sections.spoke(plant, cells)
    polished, condensate = plant.recycle("polishing_cake"), plant.recycle("process_water")
    purified = sections.leach_and_purify(plant, dry.black_mass, [polished, condensate])
    plant.product("copper", sections.merge(plant, "copper", [dry.copper, purified.copper]), main="Cu")
    plant.waste("phosphate_cake", purified.phosphates)
    plant.waste("leach_residue", purified.residue)

    # Sulfur dioxide in air takes manganese out as dioxide, with little nickel and cobalt: buyers of hydroxide limit it.
    oxidise = op.ManganeseOxidation(pH=4.0, oxidant_use=0.8).changed(residence_time="4 h")
    oxidised = plant.add("manganese_oxidation", oxidise, liquor=purified.liquor, base=caustic,
                         oxidant=plant.reagent("sulfur_dioxide_in_air"))  # fmt: skip
    dioxide = plant.add("manganese_filter", op.FilterPress(), slurry=oxidised.slurry, wash=water)
    plant.product("manganese_dioxide", dioxide.cake, main="MnO2")
    plant.waste("oxidation_offgas", oxidised.offgas)

    # Nickel, cobalt and what manganese is left come down together; the rest at pH 10 returns to the leach.
    metals = sections.merge(plant, "metal_liquor", [dioxide.filtrate, dioxide.washings])
    mhp = plant.add("mhp", op.HydroxidePrecipitator(pH=8.3), liquor=metals, base=caustic)
    press = plant.add("mhp_filter", op.FilterPress(), slurry=mhp.slurry, wash=water)
    spent = sections.merge(plant, "mhp_liquor", [press.filtrate, press.washings])
    polish = plant.add("polishing", op.Neutraliser(pH=10.0), liquor=spent, base=caustic)
    polisher = plant.add("polishing_filter", op.FilterPress(), slurry=polish.slurry, wash=water)
    plant.connect(polisher.cake, to=polished)
    plant.product("mixed_hydroxide", press.cake, main=("Ni(OH)2", "Co(OH)2", "Mn(OH)2"))
    plant.waste("mhp_offgas", mhp.offgas)
    plant.waste("polishing_offgas", polish.offgas)

    # Lithium; part of the condensate returns to the leach.
    liquor = sections.merge(plant, "polished_liquor", [polisher.filtrate, polisher.washings])
    lithium = sections.lithium(plant, liquor, evaporator=op.Evaporator(concentrate_to="10 g/L"))
    sections.dried_carbonate(plant, lithium.carbonate)
    sections.return_water(plant, [lithium.condensate], to=condensate, bleed_fraction=0.5)
    return plant
