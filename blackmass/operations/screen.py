"""Screening of shred into black mass and flakes."""

from blackmass.chemistry.separation import retained, separate
from blackmass.declare import PerCase, duty, inlet, outlet, param
from blackmass.operations.operation import Operation, Outlets
from blackmass.stream import Stream


class Screen(Operation, area="dry part"):
    """Vibrating screen: the fine fraction is black mass.

    Particles of all materials pass by their sieve size (`chemistry.separation.retained`), so that copper and aluminium
    in the black mass follow from the cut size and from how fine the shredder made them. Fines that cling to coarse
    pieces stay with these. Solids without particle sizes count as powder; liquid goes with the fines.
    """

    feed = inlet("shred or powder")
    undersize = outlet("black mass")
    oversize = outlet("flakes of foil, film and casing")

    cut_size: PerCase = param("500 um", bounds=("50 um", "5 mm"), doc="size of which half passes")
    sharpness: PerCase = param(
        6.0, bounds=(1, 30), doc="exponent of the partition curve; estimated", source="Plitt1971"
    )
    bypass: PerCase = param(
        0.038, bounds=(0, 0.5), doc="share of the fines carried over with the coarse; estimated", source="EverBatt2023"
    )
    specific_energy: PerCase = param(
        "14.9 kW*h/t", bounds=("0 kW*h/t", "100 kW*h/t"), doc="vibrating screen", source="EverBatt2023"
    )
    electricity = duty("kW", "vibrating drive")

    def run(self, feed: Stream) -> Outlets:
        oversize, undersize = separate(feed, retained(self.cut_size, self.sharpness, self.bypass))
        return Outlets(undersize=undersize, oversize=oversize, electricity=self.specific_energy * feed.mass)
