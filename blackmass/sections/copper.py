"""Copper out of a leach liquor: by cementation, or by solvent extraction and electrowinning."""

import dataclasses

from blackmass import operations as op
from blackmass.flowsheet.plant import Plant, Wire


@dataclasses.dataclass(frozen=True)
class Decoppered:
    """What the section hands on: liquor without copper, the copper, and what goes back to the leach."""

    liquor: Wire
    copper: Wire
    returned: Wire


def cement_copper(plant: Plant, liquor: Wire) -> Decoppered:
    """Cement copper on iron in `cementation`, which has a filter; hydrogen is a waste."""
    tank = op.Cementation(iron_ratio=3.0).changed(residence_time="2 h")
    cement = plant.add("cementation", tank, liquor=liquor, iron=plant.reagent("iron_powder"))
    press = plant.add("copper_filter", op.FilterPress(), slurry=cement.slurry, wash=plant.reagent("water"))
    plant.waste("hydrogen", cement.hydrogen)
    return Decoppered(liquor=press.filtrate, copper=press.cake, returned=press.washings)


def electrowin_copper(plant: Plant, liquor: Wire) -> Decoppered:
    """Cool the liquor in `pregnant_liquor`, extract copper with LIX 84-I in `cu_sx`, win cathodes in `electrowinning`.

    Spent electrolyte strips the organic and goes round; a bleed of it (`electrolyte_bleed`), by which nickel, iron and
    whatever else droplets carry get out, returns to the leach as acid.
    """
    circuit = op.SolventExtraction(
        extractant="LIX 84-I", pH=2.0, oa_ratio=0.4, stages=3, scrub_stages=1, scrub_oa=20.0, strip_stages=2,
        strip_oa=5.0,
    )  # fmt: skip
    cooled = op.Tank().changed(temperature="40 degC", residence_time="4 h")
    spent = plant.recycle("spent_electrolyte")
    copper = plant.add(
        "cu_sx",
        circuit.changed(concentration="0.3 mol/L"),
        feed=plant.add("pregnant_liquor", cooled, feed=liquor).held,
        electrolyte=spent,
        saponification=plant.reagent("sodium_hydroxide"),
        scrub_acid=plant.reagent("scrub_acid"),
        strip_acid=plant.reagent("dilute_sulfuric_acid"),
        makeup=plant.solvent("LIX 84-I", "0.3 mol/L"),
    )
    cells = plant.add("electrowinning", op.CopperElectrowinning(), electrolyte=copper.strip_liquor)
    bleed = plant.add("electrolyte_bleed", op.Splitter(bleed_fraction=0.1), feed=cells.spent)
    plant.connect(bleed.rest, to=spent)
    plant.waste("electrowinning_offgas", cells.offgas)
    return Decoppered(liquor=copper.raffinate, copper=cells.cathodes, returned=bleed.bleed)
