"""Removal of copper from a liquor with iron powder."""

import numpy as np

from blackmass.chemistry.cementation import STOICHIOMETRY, cement
from blackmass.declare import PerCase, duty, inlet, outlet, param, supply
from blackmass.operations.operation import Operation, Outlets
from blackmass.status import Status
from blackmass.stream import Stream


class Cementation(Operation, area="impurity removal"):
    """Stirred tanks in series in which iron powder displaces copper from the liquor.

    Iron also reduces ferric iron and dissolves in free acid with hydrogen (`chemistry.cementation`); what does not
    react leaves with the copper. Solids of the liquor pass.
    """

    liquor = inlet("copper-bearing acid liquor; solids pass")
    iron = supply("iron powder")
    slurry = outlet("liquor with cement copper and the iron left")
    hydrogen = outlet("hydrogen, and gas that came with the liquor")

    temperature: PerCase = param("50 degC", bounds=("10 degC", "95 degC"), doc="held in the tank")
    tanks: int = param(2, bounds=(1, 6), doc="equal tanks in series")
    residence_time: PerCase = param("1 h", bounds=("1 min", "10 h"), doc="live volume of all tanks over flow")
    iron_ratio: PerCase = param(
        1.5, bounds=(0, 5), doc="iron per copper and what ferric iron takes, by moles", source="Nadkarni1967"
    )
    iron_size: PerCase = param("0.05 mm", bounds=("0.01 mm", "2 mm"), doc="particle size of the iron powder")
    agitation: PerCase = param(
        "1 kW/m^3", bounds=("0 kW/m^3", "5 kW/m^3"), doc="shaft power by live volume", source="Perry2008"
    )
    electricity = duty("kW", "agitator")
    heating = duty("kW", "to reach the temperature")
    cooling = duty("kW", "to reach the temperature")

    def run(self, liquor: Stream, iron: Stream) -> Outlets:
        cases = max([liquor.cases, iron.cases, *(np.size(getattr(self, name)) for name in self.params)])
        liquor, iron = liquor.repeated(cases), iron.repeated(cases)
        needed = np.maximum(liquor["Cu+2"], 0.0) + 0.5 * np.maximum(liquor["Fe+3"], 0.0)
        content = iron["Fe"]
        factor = np.where(content > 0, self.iron_ratio * needed / np.where(content > 0, content, 1.0), 0.0)
        drawn = Stream(iron.flow * factor, iron.temperature)
        mixed = liquor + drawn
        heat = mixed.heat_capacity * (self.temperature - mixed.temperature)
        mixed = mixed.at(self.temperature)
        volume = np.maximum(mixed.volume, 0.0)
        contact = (volume, self.residence_time / self.tanks, self.iron_size)
        product, left = mixed, np.ones_like(content)
        extent = np.zeros((STOICHIOMETRY.shape[1], mixed.cases))
        for _ in range(self.tanks):
            result = cement(product.flow, drawn["Fe"] * left, contact, mixed.temperature)
            extent, left = extent + result.extent, left * result.iron_left
            product = mixed.react(STOICHIOMETRY, extent)
        deposited = extent[0] / np.where(mixed["Cu+2"] > 0, mixed["Cu+2"], 1.0)
        live = volume * self.residence_time
        lacking = (content <= 0) & (needed * self.iron_ratio > 0)
        return Outlets(
            slurry=product.phase("solid", "aqueous", "organic"),
            hydrogen=product.phase("gas"),
            electricity=self.agitation * live,
            heating=np.maximum(heat, 0.0),
            cooling=np.maximum(-heat, 0.0),
            drawn={"iron": drawn},
            status=np.where(lacking, Status.OUT_OF_RANGE, Status.OK),
            report={"copper_removed": deposited, "iron_left": left, "volume": live},
        )
