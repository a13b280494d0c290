"""Eddy-current separation of aluminium from copper."""

from blackmass.chemistry.separation import repelled, separate, with_coated_flakes
from blackmass.declare import PerCase, duty, inlet, outlet, param
from blackmass.operations.operation import Operation, Outlets
from blackmass.stream import Stream


class EddyCurrent(Operation, area="dry part"):
    """Rotor of alternating magnets: throws flakes by their conductivity over density.

    Aluminium has twice the ratio of copper and flies over the splitter; copper, steel that the magnet missed, plastics
    and powder do not (`chemistry.separation.repelled`). Small flakes are thrown less. Coated flakes go with their
    foil.
    """

    feed = inlet("metal flakes")
    aluminium = outlet("aluminium scrap")
    rest = outlet("copper scrap and what is not repelled")

    splitter: PerCase = param(0.66, bounds=(0.1, 1), doc="place of the splitter, over the throw of large aluminium")
    sharpness: PerCase = param(12.0, bounds=(1, 30), doc="exponent of the partition curve; estimated")
    specific_energy: PerCase = param("5 kW*h/t", bounds=("0 kW*h/t", "50 kW*h/t"), doc="rotor and belt; estimated")
    electricity = duty("kW", "rotor and belt")

    def run(self, feed: Stream) -> Outlets:
        taken = with_coated_flakes(feed, repelled(self.splitter, self.sharpness))
        aluminium, rest = separate(feed, taken)
        return Outlets(aluminium=aluminium, rest=rest, electricity=self.specific_energy * feed.mass)
