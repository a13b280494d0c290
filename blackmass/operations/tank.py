"""Agitated storage and conditioning tanks."""

import numpy as np

from blackmass.declare import PerCase, duty, inlet, outlet, param
from blackmass.operations.operation import Operation, Outlets
from blackmass.stream import Stream


class Tank(Operation, area="streams"):
    """A stirred tank that holds its contents for a time and at a temperature, without reaction.

    .. math:: V = \\tau Q, \\quad \\dot H = C (T - T_{feed})
    """

    feed = inlet("liquor or slurry")
    held = outlet("the same at the temperature of the tank")

    residence_time: PerCase = param("1 h", bounds=("1 min", "72 h"), doc="live volume over flow")
    temperature: PerCase = param("25 degC", bounds=("0 degC", "100 degC"), doc="held in the tank")
    agitation: PerCase = param(
        "0.2 kW/m^3", bounds=("0 kW/m^3", "5 kW/m^3"), doc="shaft power by live volume", source="Perry2008"
    )
    electricity = duty("kW", "agitator")
    heating = duty("kW", "to reach the temperature")
    cooling = duty("kW", "to reach the temperature")

    def run(self, feed: Stream) -> Outlets:
        feed = feed.repeated(max([feed.cases, *(np.size(getattr(self, name)) for name in self.params)]))
        heat = feed.heat_capacity * (self.temperature - feed.temperature)
        held = feed.at(self.temperature)
        volume = np.maximum(held.volume + held.organic_volume, 0.0) * self.residence_time
        return Outlets(
            held=held,
            electricity=self.agitation * volume,
            heating=np.maximum(heat, 0.0),
            cooling=np.maximum(-heat, 0.0),
            report={"volume": volume},
        )
