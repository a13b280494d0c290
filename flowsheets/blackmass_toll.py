"""Black mass of a known assay to Ni, Co and Mn sulfates and lithium carbonate, as a toll refiner does."""

from pathlib import Path

from blackmass import Plant, sections
from blackmass import operations as op

ASSAY = Path(__file__).with_name("blackmass_toll_assay.csv")


def blackmass_toll() -> Plant:
    plant = Plant("blackmass_toll", "Black mass by assay to Ni, Co and Mn sulfates, Li2CO3, Na2SO4 and cement copper")
    black_mass = plant.feed("black_mass", f"{ASSAY} @ 1 t/h")

    # Leach and purification: wash waters, condensate and spent acid come back as lixiviant.
    spent_acid, condensate = plant.recycle("spent_acid"), plant.recycle("process_water")
    purified = sections.leach_and_purify(plant, black_mass, [spent_acid, condensate])
    plant.product("copper", purified.copper, main="Cu")
    plant.waste("phosphate_cake", purified.phosphates)

    # Manganese, cobalt and nickel by solvent extraction, each to its sulfate; the mother liquors are spent acid.
    refined = sections.refine(plant, purified.liquor)
    plant.connect(refined.spent_acid, to=spent_acid)

    # Lithium from the raffinate; half of all condensate returns to the leach.
    lithium = sections.lithium(plant, refined.raffinate, evaporator=op.Evaporator(concentrate_to="10 g/L"))
    sections.dried_carbonate(plant, lithium.carbonate)
    sections.return_water(plant, [lithium.condensate, *refined.condensates], to=condensate, bleed_fraction=0.5)
    return plant.changed({"co_sx.oa_ratio": 1.0, "ni_sx.oa_ratio": 2.0})  # richer in metals than what cells give
