"""LFP cells to lithium carbonate and iron phosphate, by selective oxidative leaching."""

from blackmass import Plant
from blackmass import operations as op


def lfp_selective() -> Plant:
    plant = Plant("lfp_selective", "LFP cells to Li2CO3 and FePO4 by selective leaching, with Na2SO4, Cu, Al and steel")
    cells = plant.feed("cells", "LFP=1 t/h")
    acid, peroxide = plant.reagent("sulfuric_acid"), plant.reagent("hydrogen_peroxide")
    caustic, soda, water = plant.reagent("sodium_hydroxide"), plant.reagent("sodium_carbonate"), plant.reagent("water")
    lime = plant.reagent("calcium_hydroxide")

    # Dry part: cells are discharged, shredded and sorted; the fine fraction is black mass.
    discharge = plant.add("discharge", op.Discharge(), cells=cells)
    shredder = plant.add("shredder", op.Shredder(), cells=discharge.discharged)
    screen = plant.add("screen", op.Screen(), feed=shredder.shred)
    magnet = plant.add("magnet", op.Magnet(), feed=screen.oversize)
    classifier = plant.add("air_classifier", op.AirClassifier(), feed=magnet.rest)
    eddy = plant.add("eddy_current", op.EddyCurrent(), feed=classifier.heavy)

    # Leach: lithium dissolves, iron and phosphate stay as FePO4 with the graphite; wash water and condensate return.
    washings, condensate = plant.recycle("wash_water"), plant.recycle("process_water")
    lixiviant = plant.add("lixiviant", op.Mixer(), first=washings, second=condensate)
    leach = plant.add("leach", op.SelectiveLeach(), solids=screen.undersize, lixiviant=lixiviant.mixed, acid=acid,
                      oxidant=peroxide, water=water)  # fmt: skip
    residue = plant.add("leach_filter", op.FilterPress(), slurry=leach.slurry, wash=water)

    # Purification: lime takes fluoride and phosphate before they take lithium; caustic takes the other metals.
    defluorinate = plant.add("fluoride_removal", op.Neutraliser(pH=6.5), liquor=residue.filtrate, base=lime,
                             oxidant=peroxide)  # fmt: skip
    purify = plant.add("impurity_removal", op.Neutraliser(pH=8.0), liquor=defluorinate.slurry, base=caustic)
    hydroxides = plant.add("hydroxide_filter", op.FilterPress(), slurry=purify.slurry, wash=water)
    washes = plant.add("washings", op.Mixer(), first=residue.washings, second=hydroxides.washings)
    plant.connect(washes.mixed, to=washings)

    # Lithium: concentrate, precipitate hot, drive off carbonate, freeze out Glauber's salt, return the mother liquor.
    returned = plant.recycle("lithium_mother_liquor")
    lithium = plant.add("lithium_liquor", op.Mixer(), first=hydroxides.filtrate, second=returned)
    evaporator = plant.add("evaporator", op.Evaporator(), feed=lithium.mixed)
    carbonate = plant.add("li_precipitation", op.LithiumPrecipitation(), liquor=evaporator.concentrate, soda=soda)
    li_filter = plant.add("li_filter", op.FilterPress(cake_moisture=0.15, wash_ratio=2.0), slurry=carbonate.slurry,
                          wash=water)  # fmt: skip
    li_dryer = plant.add("li_dryer", op.Dryer(), wet=li_filter.cake)
    spent_soda = plant.add("spent_soda", op.Mixer(), first=li_filter.filtrate, second=li_filter.washings)
    acidify = plant.add("acidification", op.Neutraliser(pH=5.0), liquor=spent_soda.mixed, base=acid)
    glauber = plant.add("glauber_crystalliser", op.CoolingCrystalliser(), feed=acidify.slurry)
    na_filter = plant.add("glauber_centrifuge", op.FilterPress(cake_moisture=0.05), slurry=glauber.slurry, wash=water)
    lean = plant.add("lean_liquor", op.Mixer(), first=na_filter.filtrate, second=na_filter.washings)
    purge = plant.add("purge", op.Splitter(bleed_fraction=0.05), feed=lean.mixed)
    plant.connect(purge.rest, to=returned)
    surplus = plant.add("surplus_water", op.Splitter(bleed_fraction=0.3), feed=evaporator.condensate)
    plant.connect(surplus.rest, to=condensate)

    plant.product("lithium_carbonate", li_dryer.dry, main="Li2CO3")
    plant.product("iron_phosphate", residue.cake, main="FePO4")
    plant.product("sodium_sulfate", na_filter.cake, main="Na2SO4.10H2O")
    plant.product("copper", eddy.rest, main="Cu")
    plant.product("aluminium", eddy.aluminium, main="Al")
    plant.product("steel", magnet.magnetic, main="Fe")
    wastes = {
        "plastics": classifier.light,
        "hydroxide_cake": hydroxides.cake,
        "purge_liquor": purge.bleed,
        "clean_water": surplus.bleed,
        "shredder_offgas": shredder.offgas,
        "leach_offgas": leach.offgas,
        "surplus_lixiviant": leach.surplus,
        "defluorination_offgas": defluorinate.offgas,
        "purification_offgas": purify.offgas,
        "carbon_dioxide": acidify.offgas,
        "li_dryer_vapour": li_dryer.vapour,
    }
    for name, wire in wastes.items():
        plant.waste(name, wire)
    return plant
