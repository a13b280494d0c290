"""Graphite from the residue of a leach, by flotation."""

from blackmass import operations as op
from blackmass.flowsheet.plant import Plant, Wire
from blackmass.sections.merge import merge


def graphite(plant: Plant, residue: Wire) -> Wire:
    """Float graphite from a washed leach residue, clean the froth once, filter, dry and sell it as `graphite`.

    Adds `conditioning`, `rougher`, `cleaner`, `tailings_thickener`, `graphite_filter` and `graphite_dryer`. Tailings of
    the cleaner go round by conditioning, and so does the water; a bleed of it is returned, to carry what the residue
    dissolves to the leach. The dryer is hot enough for the solvents of the electrolyte. Thickened tailings (foil,
    binder and active material) are a waste.
    """
    water = plant.reagent("water")
    middlings, returned = plant.recycle("middlings"), plant.recycle("flotation_water")
    pulp = merge(plant, "flotation_feed", [residue, middlings, returned])
    conditioned = plant.add("conditioning", op.Tank().changed(residence_time="10 min"), feed=pulp)
    rougher = plant.add("rougher", op.Flotation(), feed=conditioned.held, water=water)
    cleaner = plant.add("cleaner", op.Flotation(solids=0.04, cells=3), feed=rougher.froth, water=water)
    plant.connect(cleaner.tailings, to=middlings)
    tailings = plant.add("tailings_thickener", op.Thickener(), slurry=rougher.tailings)
    press = plant.add("graphite_filter", op.FilterPress(cake_moisture=0.25), slurry=cleaner.froth, wash=water)
    dryer = plant.add("graphite_dryer", op.Dryer().changed(temperature="200 degC"), wet=press.cake)
    clear = merge(plant, "clear_water", [tailings.overflow, press.filtrate, press.washings])
    bleed = plant.add("flotation_bleed", op.Splitter(bleed_fraction=0.02), feed=clear)
    plant.connect(bleed.rest, to=returned)
    plant.product("graphite", dryer.dry, main="graphite")
    plant.waste("graphite_dryer_vapour", dryer.vapour)
    plant.waste("flotation_tailings", tailings.underflow)
    return bleed.bleed
