"""Magnetic separation of steel."""

from blackmass.chemistry.separation import attracted, separate, with_coated_flakes
from blackmass.declare import PerCase, duty, inlet, outlet, param
from blackmass.operations.operation import Operation, Outlets
from blackmass.stream import Stream


class Magnet(Operation, area="dry part"):
    """Overband magnet: lifts steel and what is caught between its pieces.

    Small pieces of steel stay below the layer on the belt; of everything else the steel drags along a share of its own
    mass (`chemistry.separation.attracted`), so that a feed without steel gives no product. Coated flakes go with
    their foil.
    """

    feed = inlet("shred, usually without its fines")
    magnetic = outlet("steel")
    rest = outlet("what is not magnetic")

    recovery: PerCase = param(0.99, bounds=(0, 1), doc="share of large pieces of steel that is lifted; estimated")
    half_size: PerCase = param(
        "0.3 mm", bounds=("0.05 mm", "20 mm"), doc="size of steel of which half of that is lifted; estimated"
    )
    entrainment: PerCase = param(0.02, bounds=(0, 0.3), doc="mass dragged along by mass of steel; estimated")
    specific_energy: PerCase = param("1 kW*h/t", bounds=("0 kW*h/t", "20 kW*h/t"), doc="magnet and belt; estimated")
    electricity = duty("kW", "magnet and belt")

    def run(self, feed: Stream) -> Outlets:
        taken = attracted(feed, self.recovery, self.half_size, self.entrainment)
        magnetic, rest = separate(feed, with_coated_flakes(feed, taken))
        return Outlets(magnetic=magnetic, rest=rest, electricity=self.specific_energy * feed.mass)
