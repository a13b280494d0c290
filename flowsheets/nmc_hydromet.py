"""Cells to nickel, cobalt and manganese sulfates and lithium carbonate, by acid leach and solvent extraction."""

from blackmass import Plant
from blackmass import operations as op


def circuit(extractant: str, strength: str, *, pH: float, oa_ratio: float) -> op.SolventExtraction:
    return op.SolventExtraction(extractant=extractant, concentration=strength, pH=pH, oa_ratio=oa_ratio, stages=5,
                                scrub_stages=3, scrub_oa=12.0,
                                strip_stages=4, strip_oa=200.0, strip_acid_ratio=1.1)  # fmt: skip


def nmc_hydromet() -> Plant:
    plant = Plant("nmc_hydromet", "NMC, NCA or LCO cells to Ni, Co and Mn sulfates, Li2CO3, Na2SO4, Cu, Al and steel")
    cells = plant.feed("cells", "NMC622=1 t/h")
    acid, peroxide = plant.reagent("sulfuric_acid"), plant.reagent("hydrogen_peroxide")
    caustic, soda, water = plant.reagent("sodium_hydroxide"), plant.reagent("sodium_carbonate"), plant.reagent("water")
    iron, strip, scrub = (plant.reagent(name) for name in ("iron_powder", "dilute_sulfuric_acid", "scrub_acid"))

    # Dry part: cells are discharged, shredded and sorted; the fine fraction is black mass.
    discharge = plant.add("discharge", op.Discharge(), cells=cells)
    shredder = plant.add("shredder", op.Shredder(), cells=discharge.discharged)
    screen = plant.add("screen", op.Screen(), feed=shredder.shred)
    magnet = plant.add("magnet", op.Magnet(), feed=screen.oversize)
    classifier = plant.add("air_classifier", op.AirClassifier(), feed=magnet.rest)
    eddy = plant.add("eddy_current", op.EddyCurrent(), feed=classifier.heavy)

    # Leach: wash waters, condensate and spent acid come back as lixiviant; residue is graphite and binder.
    washings, spent_acid = plant.recycle("wash_water"), plant.recycle("spent_acid")
    condensate = plant.recycle("process_water")
    lixiviant = plant.add("lixiviant", op.Mixer(), first=washings, second=spent_acid, third=condensate)
    leach = plant.add("leach", op.LeachTrain(reductant_ratio=2.5), solids=screen.undersize,
                      lixiviant=lixiviant.mixed, acid=acid, reductant=peroxide, water=water)  # fmt: skip
    residue = plant.add("leach_filter", op.FilterPress(), slurry=leach.slurry, wash=water)

    # Purification: copper by iron; phosphate with the iron at pH 3; then iron, aluminium and fluoride by hydrolysis.
    cement = plant.add(
        "cementation", op.Cementation(iron_ratio=3.0, residence_time="2 h"), liquor=residue.filtrate, iron=iron
    )
    copper_filter = plant.add("copper_filter", op.FilterPress(), slurry=cement.slurry, wash=water)
    copper = plant.add("copper", op.Mixer(), first=eddy.rest, second=copper_filter.cake)
    phosphate = plant.add("phosphate_removal", op.Neutraliser(pH=3.0), liquor=copper_filter.filtrate, base=caustic,
                          oxidant=peroxide)  # fmt: skip
    phosphate_filter = plant.add("phosphate_filter", op.FilterPress(), slurry=phosphate.slurry, wash=water)
    purify = plant.add("impurity_removal", op.Neutraliser(pH=5.0), liquor=phosphate_filter.filtrate, base=caustic)
    hydroxides = plant.add("hydroxide_filter", op.FilterPress(), slurry=purify.slurry, wash=water)
    washes = plant.add("washings", op.Mixer(), first=residue.washings, second=copper_filter.washings,
                       third=phosphate_filter.washings, fourth=hydroxides.washings)  # fmt: skip
    plant.connect(washes.mixed, to=washings)

    # Separation: each circuit recycles its organic; each strip liquor goes to its crystalliser.
    liquors = {"saponification": caustic, "scrub_acid": scrub, "strip_acid": strip}
    mn = plant.add("mn_sx", circuit("D2EHPA", "0.6 mol/L", pH=3.3, oa_ratio=1.0), feed=hydroxides.filtrate,
                   makeup=plant.solvent("D2EHPA"), **liquors)  # fmt: skip
    co = plant.add("co_sx", circuit("Cyanex 272", "0.6 mol/L", pH=5.2, oa_ratio=0.8), feed=mn.raffinate,
                   makeup=plant.solvent("Cyanex 272"), **liquors)  # fmt: skip
    ni = plant.add("ni_sx", circuit("Versatic 10", "1 mol/L", pH=6.6, oa_ratio=1.5), feed=co.raffinate,
                   makeup=plant.solvent("Versatic 10"), **liquors)  # fmt: skip
    salts = {"manganese": ("MnSO4.H2O", mn), "cobalt": ("CoSO4.7H2O", co), "nickel": ("NiSO4.6H2O", ni)}
    mother, vapour = {}, {}
    for metal, (salt, source) in salts.items():
        pan = plant.add(f"{metal}_crystalliser", op.EvaporativeCrystalliser(salt=salt), feed=source.strip_liquor)
        centrifuge = plant.add(f"{metal}_centrifuge", op.FilterPress(cake_moisture=0.03, wash_ratio=1.0),
                               slurry=pan.slurry, wash=water)  # fmt: skip
        dryer = plant.add(f"{metal}_dryer", op.Dryer(), wet=centrifuge.cake)
        mother[metal] = plant.add(f"{metal}_mother", op.Mixer(), first=centrifuge.filtrate, second=centrifuge.washings)
        vapour[metal] = pan.condensate
        plant.product(f"{metal}_sulfate", dryer.dry, main=salt)
        plant.waste(f"{metal}_dryer_vapour", dryer.vapour)
    bleed = plant.add("manganese_bleed", op.Splitter(bleed_fraction=0.1), feed=mother["manganese"].mixed)  # aluminium
    spent = plant.add("spent_acids", op.Mixer(), first=bleed.rest, second=mother["cobalt"].mixed,
                      third=mother["nickel"].mixed)  # fmt: skip
    plant.connect(spent.mixed, to=spent_acid)

    # Lithium: concentrate, precipitate hot, drive off carbonate, freeze out Glauber's salt, return the mother liquor.
    returned = plant.recycle("lithium_mother_liquor")
    lithium = plant.add("lithium_liquor", op.Mixer(), first=ni.raffinate, second=returned)
    evaporator = plant.add("evaporator", op.Evaporator(concentrate_to="10 g/L"), feed=lithium.mixed)
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
    steam = plant.add("condensates", op.Mixer(), first=evaporator.condensate, **dict(zip(("second", "third", "fourth"),
                      vapour.values(), strict=True)))  # fmt: skip
    surplus = plant.add("surplus_water", op.Splitter(bleed_fraction=0.5), feed=steam.mixed)
    plant.connect(surplus.rest, to=condensate)

    plant.product("lithium_carbonate", li_dryer.dry, main="Li2CO3")
    plant.product("sodium_sulfate", na_filter.cake, main="Na2SO4.10H2O")
    plant.product("copper", copper.mixed, main="Cu")
    plant.product("aluminium", eddy.aluminium, main="Al")
    plant.product("steel", magnet.magnetic, main="Fe")
    wastes = {
        "plastics": classifier.light,
        "leach_residue": residue.cake,
        "purge_liquor": purge.bleed,
        "manganese_bleed": bleed.bleed,
        "phosphate_cake": phosphate_filter.cake,
        "hydroxide_cake": hydroxides.cake,
        "clean_water": surplus.bleed,
        "shredder_offgas": shredder.offgas,
        "leach_offgas": leach.offgas,
        "surplus_lixiviant": leach.surplus,
        "hydrogen": cement.hydrogen,
        "phosphate_offgas": phosphate.offgas,
        "purification_offgas": purify.offgas,
        "carbon_dioxide": acidify.offgas,
        "li_dryer_vapour": li_dryer.vapour,
    }
    for name, wire in wastes.items():
        plant.waste(name, wire)
    return plant
