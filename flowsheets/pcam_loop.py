"""Black mass to precursor (pCAM) and lithium hydroxide, the two that a cathode is made of again."""

from pathlib import Path

from blackmass import Plant, sections
from blackmass import operations as op

ASSAY = Path(__file__).with_name("blackmass_toll_assay.csv")


def pcam_loop() -> Plant:
    plant = Plant("pcam_loop", "Black mass by assay to Ni-Co-Mn precursor, LiOH.H2O, Na2SO4 and cement copper")
    black_mass = plant.feed("black_mass", f"{ASSAY} @ 1 t/h")
    caustic, ammonia, water = (plant.reagent(name) for name in ("sodium_hydroxide", "ammonia", "water"))

    # Leach and purification: wash waters, condensate and hydroxides from the stripped liquor come back.
    metals, condensate = plant.recycle("stripped_metals"), plant.recycle("process_water")
    purified = sections.leach_and_purify(plant, black_mass, [metals, condensate])
    plant.product("copper", purified.copper, main="Cu")
    plant.waste("phosphate_cake", purified.phosphates)
    plant.waste("leach_residue", purified.residue)

    # Precursor: hydroxides of nickel, cobalt and manganese grow slowly from ammine complexes; ammonia is stripped.
    returned = plant.recycle("ammonia_water")
    liquor = sections.merge(plant, "precursor_liquor", [purified.liquor, returned])
    reactor = op.HydroxidePrecipitator(pH=10.8, crystallinity=1.0, ammonia_ratio=0.6).changed(
        temperature="60 degC", residence_time="12 h"
    )
    precursor = plant.add("precursor", reactor, liquor=liquor, base=caustic, ammonia=ammonia)
    press = plant.add("precursor_filter", op.FilterPress(wash_ratio=3.0), slurry=precursor.slurry, wash=water)
    dryer = plant.add("precursor_dryer", op.Dryer(), wet=press.cake)
    mother = sections.merge(plant, "precursor_mother", [press.filtrate, press.washings])
    stripper = plant.add("stripper", op.AmmoniaStripper(), liquor=mother, base=caustic)
    polish = plant.add("stripped_filter", op.FilterPress(), slurry=stripper.stripped, wash=water)
    plant.connect(stripper.ammonia_water, to=returned)
    plant.connect(polish.cake, to=metals)
    plant.product("pcam", dryer.dry, main=("Ni(OH)2", "Co(OH)2", "Mn(OH)2"))
    plant.waste("precursor_offgas", precursor.offgas)
    plant.waste("ammonia_vent", stripper.vent)
    plant.waste("precursor_vapour", dryer.vapour)

    # Lithium carbonate, causticised with lime to lithium hydroxide; its mother liquor and washings return.
    spent = sections.merge(plant, "stripped_liquor", [polish.filtrate, polish.washings])
    lithium = sections.lithium(plant, spent, evaporator=op.Evaporator(concentrate_to="10 g/L"))
    weak = plant.recycle("weak_hydroxide")
    lime = plant.add("causticiser", op.Causticiser(), carbonate=lithium.carbonate, weak_liquor=weak, water=water,
                     lime=plant.reagent("calcium_hydroxide"))  # fmt: skip
    mud = plant.add("mud_filter", op.FilterPress(), slurry=lime.slurry, wash=water)
    pan = plant.add("hydroxide_crystalliser", op.HydroxideCrystalliser(), feed=mud.filtrate)
    crystals = plant.add("hydroxide_centrifuge", op.FilterPress(cake_moisture=0.05), slurry=pan.slurry, wash=water)
    bleed = plant.add("hydroxide_bleed", op.Splitter(bleed_fraction=0.05), feed=crystals.filtrate)
    plant.connect(sections.merge(plant, "weak_liquors", [mud.washings, bleed.rest, crystals.washings]), to=weak)
    plant.product("lithium_hydroxide", crystals.cake, main="LiOH.H2O")
    plant.waste("lime_mud", mud.cake)
    plant.waste("hydroxide_bleed", bleed.bleed)
    sections.return_water(plant, [lithium.condensate, pan.condensate], to=condensate, bleed_fraction=0.5)
    return plant
