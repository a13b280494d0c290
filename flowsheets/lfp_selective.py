"""LFP cells to lithium carbonate and iron phosphate, by selective oxidative leaching."""

from blackmass import Plant, sections
from blackmass import operations as op


def lfp_selective() -> Plant:
    plant = Plant("lfp_selective", "LFP cells to Li2CO3 and FePO4 by selective leaching, with Na2SO4, Cu, Al and steel")
    cells = plant.feed("cells", "LFP=1 t/h")
    acid, peroxide, water = (plant.reagent(name) for name in ("sulfuric_acid", "hydrogen_peroxide", "water"))
    lime, soda = plant.reagent("calcium_hydroxide"), plant.reagent("sodium_carbonate")

    # Dry part: cells are discharged, shredded and sorted; the fine fraction is black mass.
    dry = sections.spoke(plant, cells)
    plant.product("copper", dry.copper, main="Cu")

    # Leach: lithium dissolves, iron and phosphate stay as FePO4 with the graphite; wash water and condensate return.
    washings, condensate = plant.recycle("wash_water"), plant.recycle("process_water")
    leach = plant.add("leach", op.SelectiveLeach(), solids=dry.black_mass, acid=acid, oxidant=peroxide, water=water,
                      lixiviant=sections.merge(plant, "lixiviant", [washings, condensate]))  # fmt: skip
    residue = plant.add("leach_filter", op.FilterPress(), slurry=leach.slurry, wash=water)
    plant.product("iron_phosphate", residue.cake, main="FePO4")

    # Purification: lime takes fluoride and phosphate before they take lithium; soda takes calcium and the metals.
    defluorinate = plant.add("fluoride_removal", op.Neutraliser(pH=6.5), liquor=residue.filtrate, base=lime,
                             oxidant=peroxide)  # fmt: skip
    purify = plant.add("impurity_removal", op.Neutraliser(pH=9.0), liquor=defluorinate.slurry, base=soda)
    hydroxides = plant.add("hydroxide_filter", op.FilterPress(), slurry=purify.slurry, wash=water)
    plant.connect(sections.merge(plant, "washings", [residue.washings, hydroxides.washings]), to=washings)

    # Lithium; part of the condensate returns to the leach.
    lithium = sections.lithium(plant, hydroxides.filtrate)
    sections.dried_carbonate(plant, lithium.carbonate)
    sections.return_water(plant, [lithium.condensate], to=condensate, bleed_fraction=0.3)

    wastes = {
        "hydroxide_cake": hydroxides.cake,
        "leach_offgas": leach.offgas,
        "surplus_lixiviant": leach.surplus,
        "defluorination_offgas": defluorinate.offgas,
        "purification_offgas": purify.offgas,
    }
    for name, wire in wastes.items():
        plant.waste(name, wire)
    return plant
