"""Crystallisation of salts by cooling."""

import numpy as np

from blackmass.chemistry.crystallisation import COLD_SULFATES, settle
from blackmass.chemistry.evaporation import batch
from blackmass.chemistry.strong_liquors import StrongLiquors
from blackmass.declare import PerCase, duty, inlet, outlet, param
from blackmass.operations.operation import Operation, Outlets
from blackmass.stream import Array, Stream


class CoolingCrystalliser(Operation, area="evaporation and crystallisation"):
    """A chilled crystalliser, for Glauber's salt first of all.

    .. math:: \\prod_i a_i^{\\nu_i} \\le K(T)

    Every sulfate that the cold liquor cannot hold crystallises to equilibrium (Pitzer activities), as the hydrate that
    is stable there. Cooling takes out the sensible heat and the heat of crystallisation; the refrigeration plant draws
    electricity by its coefficient of performance.
    """

    feed = inlet("liquor")
    slurry = outlet("crystals in mother liquor")

    temperature: PerCase = param("5 degC", bounds=("-2 degC", "40 degC"), doc="of the slurry")
    performance: PerCase = param(
        3.0, bounds=(1, 8), doc="cooling by electricity of the refrigeration plant", source="Perry2008"
    )
    electricity = duty("kW", "refrigeration")
    heating = duty("kW", "where the feed is colder than the slurry")
    cooling = duty("kW", "sensible heat and heat of crystallisation")

    def run(self, feed: Stream, start: Array | None = None) -> Outlets:
        feed = feed.repeated(batch(feed, self.temperature, self.performance))
        made = settle(feed, self.temperature, COLD_SULFATES, model=StrongLiquors(), start=start)
        heat = feed.heat_capacity * (feed.temperature - self.temperature) + made.heat
        cooling = np.maximum(heat, 0.0)
        return Outlets(
            slurry=made.stream,
            electricity=cooling / self.performance,
            heating=np.maximum(-heat, 0.0),
            cooling=cooling,
            status=made.status,
            report={"pH": made.pH, "water_activity": made.water_activity},
            guess=made.guess,
        )
