"""Air classification of flakes by their mass per area."""

from blackmass.chemistry.separation import lifted, separate, with_coated_flakes
from blackmass.declare import PerCase, duty, inlet, outlet, param
from blackmass.operations.operation import Operation, Outlets
from blackmass.stream import Stream


class AirClassifier(Operation, area="dry part"):
    """Zig-zag classifier: an upward air stream carries off what settles more slowly than it rises.

    Terminal velocities are those of `chemistry.separation.settling_velocity`: 0.45 m/s for separator film, 1.05 m/s
    for folded aluminium foil, 1.6 m/s for copper foil, 5.8 m/s for sheet of casings, 0.3 m/s and less for dust of the
    coatings below 60 um. At 2 to 3 m/s film and foils leave together and only casing stays, as published for a first
    pass (Metals 13 (2023) 1901); the default takes film and dust from the foils. Coated flakes go with their foil.
    """

    feed = inlet("flakes, usually without fines and steel")
    light = outlet("film and dust")
    heavy = outlet("foils and casing")

    velocity: PerCase = param("0.65 m/s", bounds=("0.05 m/s", "15 m/s"), doc="of the air in the channel")
    sharpness: PerCase = param(10.0, bounds=(1, 30), doc="exponent of the partition curve; estimated")
    specific_energy: PerCase = param(
        "20 kW*h/t", bounds=("0 kW*h/t", "200 kW*h/t"), doc="fan: 74.6 kW at 3.7 t/h", source="EverBatt2023"
    )
    electricity = duty("kW", "fan")

    def run(self, feed: Stream) -> Outlets:
        taken = with_coated_flakes(feed, lifted(self.velocity, self.sharpness))
        light, heavy = separate(feed, taken)
        return Outlets(light=light, heavy=heavy, electricity=self.specific_energy * feed.mass)
