"""Cells to nickel, cobalt and manganese sulfates and lithium carbonate, by acid leach and solvent extraction."""

from blackmass import Plant, sections
from blackmass import operations as op


def nmc_hydromet() -> Plant:
    plant = Plant("nmc_hydromet", "NMC, NCA or LCO cells to Ni, Co and Mn sulfates, Li2CO3, Na2SO4, Cu, Al and steel")
    cells = plant.feed("cells", "NMC622=1 t/h")

    # Dry part: cells are discharged, shredded and sorted; the fine fraction is black mass.
    dry = sections.spoke(plant, cells)

    # Leach and purification: wash waters, condensate and spent acid come back as lixiviant.
    spent_acid, condensate = plant.recycle("spent_acid"), plant.recycle("process_water")
    purified = sections.leach_and_purify(plant, dry.black_mass, [spent_acid, condensate])
    plant.product("copper", sections.merge(plant, "copper", [dry.copper, purified.copper]), main="Cu")
    plant.waste("phosphate_cake", purified.phosphates)

    # Manganese, cobalt and nickel by solvent extraction, each to its sulfate; the mother liquors are spent acid.
    refined = sections.refine(plant, purified.liquor)
    plant.connect(refined.spent_acid, to=spent_acid)

    # Lithium from the raffinate; half of all condensate returns to the leach.
    lithium = sections.lithium(plant, refined.raffinate, evaporator=op.Evaporator(concentrate_to="10 g/L"))
    sections.dried_carbonate(plant, lithium.carbonate)
    sections.return_water(plant, [lithium.condensate, *refined.condensates], to=condensate, bleed_fraction=0.5)
    return plant
