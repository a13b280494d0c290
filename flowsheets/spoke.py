"""Cells to tradable black mass, copper, aluminium and steel: a plant near the batteries that feeds a refinery."""

from blackmass import Plant, sections


def spoke() -> Plant:
    plant = Plant("spoke", "Cells to black mass for trade, copper, aluminium and steel")
    dry = sections.spoke(plant, plant.feed("cells", "NMC622=1 t/h"))
    active = ("LiNiO2", "LiCoO2", "LiMnO2", "LiMn2O4", "LiFePO4")
    plant.product("black_mass", dry.black_mass, main=active)
    plant.product("copper", dry.copper, main="Cu")
    return plant
