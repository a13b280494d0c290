"""Separation of manganese, cobalt and nickel by solvent extraction, each to its sulfate."""

import dataclasses

from blackmass import operations as op
from blackmass.flowsheet.plant import Plant, Unit, Wire
from blackmass.sections.merge import merge

METALS = ("manganese", "cobalt", "nickel")
SALTS = {"manganese": "MnSO4.H2O", "cobalt": "CoSO4.7H2O", "nickel": "NiSO4.6H2O"}


@dataclasses.dataclass(frozen=True)
class Refined:
    """What the section hands on: lithium liquor free of organic, mother liquors, condensates of the crystallisers."""

    raffinate: Wire
    spent_acid: Wire
    condensates: tuple[Wire, ...]


def refine(plant: Plant, liquor: Wire) -> Refined:
    """Extract manganese (D2EHPA), cobalt (Cyanex 272) and nickel (Versatic 10), and crystallise their sulfates.

    Adds `mn_sx`, `co_sx` and `ni_sx`, for each metal a crystalliser, a centrifuge and a dryer, and `carbon_column`,
    which keeps organic out of the lithium loop; sells `manganese_sulfate`, `cobalt_sulfate` and `nickel_sulfate`. A
    tenth of the manganese mother liquor is bled to let aluminium out; the other mother liquors are spent acid.
    """
    mn = _circuit(plant, "mn_sx", liquor, "D2EHPA", "0.6 mol/L", pH=3.3, oa_ratio=1.0)
    co = _circuit(plant, "co_sx", mn.raffinate, "Cyanex 272", "0.6 mol/L", pH=5.2, oa_ratio=0.8)
    ni = _circuit(plant, "ni_sx", co.raffinate, "Versatic 10", "1 mol/L", pH=6.7, oa_ratio=1.5)
    mothers, condensates = {}, []
    for metal, circuit in zip(METALS, (mn, co, ni), strict=True):
        mothers[metal], condensate = _sulfate(plant, metal, circuit.strip_liquor)
        condensates.append(condensate)
    bleed = plant.add("manganese_bleed", op.Splitter(bleed_fraction=0.1), feed=mothers["manganese"])
    plant.waste("manganese_bleed", bleed.bleed)
    spent = merge(plant, "spent_acids", [bleed.rest, mothers["cobalt"], mothers["nickel"]])
    carbon = plant.add(
        "carbon_column", op.CarbonColumn(), liquor=ni.raffinate, carbon=plant.reagent("activated_carbon")
    )
    plant.waste("spent_carbon", carbon.spent)
    return Refined(raffinate=carbon.clean, spent_acid=spent, condensates=tuple(condensates))


def _circuit(
    plant: Plant, name: str, feed: Wire, extractant: str, strength: str, *, pH: float, oa_ratio: float
) -> Unit:
    circuit = op.SolventExtraction(
        extractant=extractant, pH=pH, oa_ratio=oa_ratio, stages=5, scrub_stages=3, scrub_oa=12.0,
        strip_stages=4, strip_oa=200.0, strip_acid_ratio=1.1,
    )  # fmt: skip
    return plant.add(
        name,
        circuit.changed(concentration=strength),
        feed=feed,
        saponification=plant.reagent("sodium_hydroxide"),
        scrub_acid=plant.reagent("scrub_acid"),
        strip_acid=plant.reagent("dilute_sulfuric_acid"),
        makeup=plant.solvent(extractant),
    )


def _sulfate(plant: Plant, metal: str, strip_liquor: Wire) -> tuple[Wire, Wire]:
    """Crystallise the sulfate of a metal; return mother liquor with washings, and condensate."""
    pan = plant.add(f"{metal}_crystalliser", op.EvaporativeCrystalliser(salt=SALTS[metal]), feed=strip_liquor)
    centrifuge = plant.add(
        f"{metal}_centrifuge", op.FilterPress(cake_moisture=0.03, wash_ratio=1.0), slurry=pan.slurry,
        wash=plant.reagent("water"),
    )  # fmt: skip
    dryer = plant.add(f"{metal}_dryer", op.Dryer(), wet=centrifuge.cake)
    plant.product(f"{metal}_sulfate", dryer.dry, main=SALTS[metal])
    plant.waste(f"{metal}_dryer_vapour", dryer.vapour)
    return merge(plant, f"{metal}_mother", [centrifuge.filtrate, centrifuge.washings]), pan.condensate
