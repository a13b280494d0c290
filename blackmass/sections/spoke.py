"""The dry part of a plant: cells to black mass, copper, aluminium and steel."""

import dataclasses

from blackmass import operations as op
from blackmass.flowsheet.plant import Plant, Wire


@dataclasses.dataclass(frozen=True)
class Spoke:
    """What a spoke hands on: the fine fraction, and copper foil."""

    black_mass: Wire
    copper: Wire


def spoke(plant: Plant, cells: Wire) -> Spoke:
    """Discharge, shred and sort cells.

    Adds the units `discharge`, `shredder`, `screen`, `magnet`, `air_classifier` and `eddy_current`; sells `aluminium`
    and `steel`; plastics and the shredder's gas are wastes. The fine fraction of the screen is black mass.
    """
    discharge = plant.add("discharge", op.Discharge(), cells=cells)
    shredder = plant.add("shredder", op.Shredder(), cells=discharge.discharged)
    screen = plant.add("screen", op.Screen(), feed=shredder.shred)
    magnet = plant.add("magnet", op.Magnet(), feed=screen.oversize)
    classifier = plant.add("air_classifier", op.AirClassifier(), feed=magnet.rest)
    eddy = plant.add("eddy_current", op.EddyCurrent(), feed=classifier.heavy)
    plant.product("aluminium", eddy.aluminium, main="Al")
    plant.product("steel", magnet.magnetic, main="Fe")
    plant.waste("plastics", classifier.light)
    plant.waste("shredder_offgas", shredder.offgas)
    return Spoke(black_mass=screen.undersize, copper=eddy.rest)
