"""Reductive acid leach of black mass, and removal of copper, phosphate, iron, aluminium and fluoride."""

import dataclasses
from collections.abc import Callable, Sequence

from blackmass import operations as op
from blackmass.flowsheet.plant import Plant, Wire
from blackmass.sections.copper import Decoppered, cement_copper
from blackmass.sections.merge import merge


@dataclasses.dataclass(frozen=True)
class Purified:
    """What the section hands on: purified liquor, copper, the cake of iron phosphate, and the residue of the leach."""

    liquor: Wire
    copper: Wire
    phosphates: Wire
    residue: Wire


def leach_and_purify(
    plant: Plant,
    black_mass: Wire,
    returns: Sequence[Wire] = (),
    *,
    leach: "op.LeachTrain | None" = None,
    phosphate_pH: float = 3.0,
    impurity_pH: float = 5.0,
    impurity_base: str = "sodium_hydroxide",
    remove_copper: Callable[[Plant, Wire], Decoppered] = cement_copper,
) -> Purified:
    """Leach black mass with sulfuric acid and peroxide, and purify the liquor.

    Adds `leach` and its filter, the section that removes copper, `phosphate_removal` (iron phosphate at pH 3),
    `impurity_removal` (hydroxides and fluorides at pH 5) and their filters. Wash waters return to the leach with
    `returns`, for example spent acid and condensate; what the pulp does not take leaves as `surplus_lixiviant`. The
    residue is graphite and binder.

    Parameters
    ----------
    plant : Plant
    black_mass : Wire
    returns : wires that are led to the leach, at most three
    leach : LeachTrain, optional
        Another setting of the leach.
    phosphate_pH, impurity_pH : float
        Of the two precipitations.
    impurity_base : str
        Reagent of the second; lime takes fluoride and phosphate before they take lithium.
    remove_copper : section
        `cement_copper` or `electrowin_copper`.
    """
    caustic, water, peroxide = (plant.reagent(name) for name in ("sodium_hydroxide", "water", "hydrogen_peroxide"))
    washings = plant.recycle("wash_water")
    lixiviant = merge(plant, "lixiviant", [washings, *returns])
    leaching = plant.add(
        "leach", leach or op.LeachTrain(reductant_ratio=2.5), solids=black_mass, lixiviant=lixiviant,
        acid=plant.reagent("sulfuric_acid"), reductant=peroxide, water=water,
    )  # fmt: skip
    residue = plant.add("leach_filter", op.FilterPress(), slurry=leaching.slurry, wash=water)

    copper = remove_copper(plant, residue.filtrate)
    phosphate = plant.add(
        "phosphate_removal", op.Neutraliser(pH=phosphate_pH), liquor=copper.liquor, base=caustic, oxidant=peroxide
    )
    phosphates = plant.add("phosphate_filter", op.FilterPress(), slurry=phosphate.slurry, wash=water)
    purify = plant.add(
        "impurity_removal",
        op.Neutraliser(pH=impurity_pH),
        liquor=phosphates.filtrate,
        base=plant.reagent(impurity_base),
    )
    hydroxides = plant.add("hydroxide_filter", op.FilterPress(), slurry=purify.slurry, wash=water)
    spent = [residue.washings, copper.returned, phosphates.washings, hydroxides.washings]
    plant.connect(merge(plant, "washings", spent), to=washings)

    wastes = {
        "leach_offgas": leaching.offgas,
        "surplus_lixiviant": leaching.surplus,
        "phosphate_offgas": phosphate.offgas,
        "hydroxide_cake": hydroxides.cake,
        "purification_offgas": purify.offgas,
    }
    for name, wire in wastes.items():
        plant.waste(name, wire)
    return Purified(hydroxides.filtrate, copper.copper, phosphates.cake, residue.cake)
