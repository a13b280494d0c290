"""NMC and LFP cells in one line: LFP reduces the oxides and saves peroxide; its iron leaves with the cakes."""

from blackmass import Plant, sections


def mixed_nmc_lfp() -> Plant:
    plant = Plant("mixed_nmc_lfp", "NMC with LFP cells to Ni, Co and Mn sulfates, Li2CO3, Na2SO4, Cu, Al, steel")
    cells = plant.feed("cells", "NMC622=800 kg/h, LFP=200 kg/h")

    # In the leach the iron of LFP gives its electron to the oxides; peroxide is drawn for what they lack beside it.
    dry = sections.spoke(plant, cells)
    sections.hub(plant, dry.black_mass, copper=dry.copper)
    return plant
