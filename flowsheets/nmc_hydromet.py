"""Cells to nickel, cobalt and manganese sulfates and lithium carbonate, by acid leach and solvent extraction."""

from blackmass import Plant, sections


def nmc_hydromet() -> Plant:
    plant = Plant("nmc_hydromet", "NMC, NCA or LCO cells to Ni, Co and Mn sulfates, Li2CO3, Na2SO4, Cu, Al and steel")
    cells = plant.feed("cells", "NMC622=1 t/h")

    # Dry part: cells are discharged, shredded and sorted; the fine fraction is black mass.
    dry = sections.spoke(plant, cells)

    # Wet part: leach, purification, solvent extraction to sulfates, lithium carbonate from the raffinate.
    sections.hub(plant, dry.black_mass, copper=dry.copper)
    return plant
