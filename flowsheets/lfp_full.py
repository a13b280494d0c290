"""LFP cells dissolved whole: iron phosphate precipitated anew, lithium carbonate, graphite by flotation."""

from blackmass import Plant, sections
from blackmass import operations as op


def lfp_full() -> Plant:
    plant = Plant(
        "lfp_full",
        "LFP cells to FePO4.2H2O and Li2CO3 by full acid leach, with graphite, Li3PO4, Na2SO4, Cu, Al, steel",
    )
    cells = plant.feed("cells", "LFP=1 t/h")

    # Dry part, then a leach in acid alone: lithium, iron and phosphate dissolve, the graphite stays.
    dry = sections.spoke(plant, cells)
    condensate, floated = plant.recycle("process_water"), plant.recycle("flotation_bleed_water")
    purified = sections.leach_and_purify(
        plant, dry.black_mass, [condensate, floated], leach=op.LeachTrain(reductant_ratio=0.0),
        phosphate_pH=2.4, impurity_pH=8.0, impurity_base="calcium_hydroxide",
    )  # fmt: skip
    plant.product("copper", sections.merge(plant, "copper", [dry.copper, purified.copper]), main="Cu")
    plant.product("iron_phosphate", purified.phosphates, main="FePO4.2H2O")

    # Graphite; the bleed of its water returns to the leach.
    plant.connect(sections.graphite(plant, purified.residue), to=floated)

    # Lithium, after soda has taken the calcium that lime left; that of the purge as phosphate. Part of the condensate
    # returns to the leach.
    liquor = sections.soften(plant, purified.liquor)
    lithium = sections.lithium(plant, liquor, evaporator=op.Evaporator(concentrate_to="8 g/L"), phosphate=True)
    sections.dried_carbonate(plant, lithium.carbonate)
    sections.return_water(plant, [lithium.condensate], to=condensate, bleed_fraction=0.3)
    return plant
