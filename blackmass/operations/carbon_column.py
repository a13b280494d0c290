"""Activated carbon that takes the organic of solvent extraction out of a liquor."""

import numpy as np

from blackmass.chemistry.carbon import carbon_used, too_concentrated
from blackmass.declare import PerCase, duty, inlet, outlet, param, supply
from blackmass.operations.operation import Operation, Outlets
from blackmass.status import Status
from blackmass.stream import Stream


class CarbonColumn(Operation, area="extraction and electrowinning"):
    """Two columns of activated carbon in series that take up organic droplets and dissolved extractant.

    The first column is loaded until it is in equilibrium with the liquor, then emptied, refilled and put second
    (`chemistry.carbon`). Spent carbon leaves drained, with what it has taken up and with liquor in its pores; metals
    are not adsorbed. Solids and gases pass.
    """

    liquor = inlet("raffinate or strip liquor with organic")
    carbon = supply("granular activated carbon")
    clean = outlet("liquor with little organic")
    spent = outlet("spent carbon with organic, drained")

    removal: PerCase = param(0.95, bounds=(0, 0.999), doc="share of the organic that is taken up, a choice")
    moisture: PerCase = param(
        0.8, bounds=(0, 3), doc="liquor left in spent carbon, by mass of carbon", source="Perry2008"
    )
    pressure_drop: PerCase = param("100 kPa", bounds=("0 kPa", "1 MPa"), doc="across both columns", source="Perry2008")
    pump_efficiency: PerCase = param(0.6, bounds=(0.2, 0.9), doc="of pump and motor", source="Perry2008")
    electricity = duty("kW", "pump")

    def run(self, liquor: Stream, carbon: Stream) -> Outlets:
        cases = max([liquor.cases, carbon.cases, *(np.size(getattr(self, name)) for name in self.params)])
        liquor, carbon = liquor.repeated(cases), carbon.repeated(cases)
        organic, water = liquor.phase("organic"), liquor.phase("aqueous")
        fed, volume = np.maximum(organic.mass, 0.0), np.maximum(water.volume, 0.0)
        content = carbon["C(black)"]
        able = content > 0
        removal = np.where(able, self.removal, 0.0)
        used = carbon_used(fed, volume, removal)
        drawn = Stream(carbon.flow * (used / np.where(able, carbon.mass, 1.0)), carbon.temperature)
        mass = np.maximum(water.mass, 0.0)
        held = np.minimum(self.moisture * used / np.where(mass > 0, mass, 1.0), 1.0) * (mass > 0)
        (taken, escaped), (wet, through) = organic.split(removal), water.split(held)
        lacking = ~able & (fed * self.removal > 0)
        return Outlets(
            clean=liquor.phase("solid", "gas") + escaped + through,
            spent=taken + wet + drawn,
            electricity=self.pressure_drop * volume / self.pump_efficiency,
            drawn={"carbon": drawn},
            status=np.where(lacking | too_concentrated(fed, volume), Status.OUT_OF_RANGE, Status.OK),
            report={
                "organic_in": fed / np.where(volume > 0, volume, 1.0),
                "loading": removal * fed / np.where(used > 0, used, 1.0),
            },
        )
