"""The wet part of a plant by acid leach and solvent extraction: black mass to metal sulfates and lithium carbonate."""

from collections.abc import Callable

from blackmass import operations as op
from blackmass.flowsheet.plant import Plant, Wire
from blackmass.sections.copper import Decoppered, cement_copper
from blackmass.sections.leach_and_purify import leach_and_purify
from blackmass.sections.lithium import dried_carbonate, lithium
from blackmass.sections.merge import merge, return_water
from blackmass.sections.refine import refine


def hub(
    plant: Plant,
    black_mass: Wire,
    *,
    copper: "Wire | None" = None,
    remove_copper: Callable[[Plant, Wire], Decoppered] = cement_copper,
) -> None:
    """Leach and purify black mass, refine nickel, cobalt and manganese, and win lithium from the raffinate.

    Mother liquors of the sulfates return to the leach as spent acid, and half of all condensate as process water.
    Copper, removed from the liquor by one of the copper sections, is sold as `copper`, with that of the spoke if it is
    given.
    """
    spent_acid, process_water = plant.recycle("spent_acid"), plant.recycle("process_water")
    purified = leach_and_purify(plant, black_mass, [spent_acid, process_water], remove_copper=remove_copper)
    sold = purified.copper if copper is None else merge(plant, "copper", [copper, purified.copper])
    plant.product("copper", sold, main="Cu")
    plant.waste("phosphate_cake", purified.phosphates)
    plant.waste("leach_residue", purified.residue)

    refined = refine(plant, purified.liquor)
    plant.connect(refined.spent_acid, to=spent_acid)

    made = lithium(plant, refined.raffinate, evaporator=op.Evaporator(concentrate_to=10.0))  # g/L
    dried_carbonate(plant, made.carbonate)
    return_water(plant, [made.condensate, *refined.condensates], to=process_water, bleed_fraction=0.5)
