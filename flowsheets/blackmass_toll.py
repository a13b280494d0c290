"""Black mass of a known assay to Ni, Co and Mn sulfates and lithium carbonate, as a toll refiner does."""

from pathlib import Path

from blackmass import Plant, sections

ASSAY = Path(__file__).with_name("blackmass_toll_assay.csv")


def blackmass_toll() -> Plant:
    plant = Plant("blackmass_toll", "Black mass by assay to Ni, Co and Mn sulfates, Li2CO3, Na2SO4 and copper cathodes")
    black_mass = plant.feed("black_mass", f"{ASSAY} @ 1 t/h")

    # Copper leaves by oxime and electrowinning: no iron enters the liquor, and cathodes sell better than cement.
    sections.hub(plant, black_mass, remove_copper=sections.electrowin_copper)
    return plant.changed({"co_sx.oa_ratio": 1.0, "ni_sx.oa_ratio": 2.0})  # richer in metals than what cells give
