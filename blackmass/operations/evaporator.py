"""Concentration of a liquor by evaporation."""

import numpy as np

from blackmass import species
from blackmass.chemistry.crystallisation import SULFATES, settle
from blackmass.chemistry.evaporation import WATER_MASS, batch, latent_heat, without_water, worth
from blackmass.chemistry.strong_liquors import StrongLiquors
from blackmass.declare import PerCase, duty, inlet, outlet, param
from blackmass.operations.operation import Operation, Outlets
from blackmass.stream import Array, Stream, water_density

LITHIUM = species.index("Li+")


class Evaporator(Operation, area="evaporation and crystallisation"):
    """A multiple-effect evaporator that brings a liquor to a lithium concentration.

    .. math:: V_{kept} = n_{Li} / c_{Li}

    The volume that holds the lithium at that concentration gives the water to keep; a liquor that is stronger keeps
    all of it. Sulfates that the concentrate cannot hold crystallise to equilibrium (Pitzer activities) and leave in
    it; the concentration asked for is that before they do. From a liquor with a trace of lithium only nothing is
    evaporated. The vapour of one effect heats the next; that of the last is
    condensed by cooling water.
    """

    feed = inlet("liquor")
    concentrate = outlet("concentrated liquor, with crystals where salts pass saturation")
    condensate = outlet("water evaporated and condensed")

    concentrate_to: PerCase = param("15 g/L", bounds=("2 g/L", "20 g/L"), doc="lithium in the concentrate")
    temperature: PerCase = param("80 degC", bounds=("40 degC", "110 degC"), doc="of the concentrate")
    most_removed: PerCase = param(0.9, bounds=(0, 0.95), doc="largest share of the feed's water evaporated")
    economy: PerCase = param(
        2.4, bounds=(0.7, 12), doc="water evaporated per steam, by mass: 0.8 for each effect", source="Perry2008"
    )
    pumping: PerCase = param(
        "36 kJ/kg", bounds=("0 kJ/kg", "400 kJ/kg"), doc="circulation and vacuum, by water evaporated; estimated"
    )
    electricity = duty("kW", "circulation and vacuum pumps")
    heating = duty("kW", "steam")
    cooling = duty("kW", "condenser, and feed that comes hotter")

    def run(self, feed: Stream, start: Array | None = None) -> Outlets:
        feed = feed.repeated(batch(feed, *(getattr(self, name) for name in self.params)))
        removed = self._excess_water(feed)
        left, condensate = without_water(feed, removed)
        made = settle(left, self.temperature, SULFATES, model=StrongLiquors(), start=start)
        latent = removed * latent_heat(self.temperature) / self.economy
        sensible = feed.heat_capacity * (self.temperature - feed.temperature) - made.heat
        fed = np.where(feed["H2O"] > 0, feed["H2O"], 1.0)
        return Outlets(
            concentrate=made.stream,
            condensate=condensate.at(self.temperature),
            electricity=self.pumping * condensate.mass,
            heating=np.maximum(latent + sensible, 0.0),
            cooling=latent + np.maximum(-latent - sensible, 0.0),
            status=made.status,
            report={
                "evaporated_share": removed / fed * (feed["H2O"] > 0),
                "lithium_concentration": _lithium(made.stream),
                "log_saturation": made.log_saturation,
            },
            guess=made.guess,
        )

    def _excess_water(self, feed: Stream) -> Array:
        """Water [mol/s] beyond what holds the lithium at the concentration asked for."""
        water = np.maximum(feed["H2O"], 0.0)
        molar = WATER_MASS / water_density(self.temperature)
        solutes = feed.at(self.temperature).volume - feed["H2O"] * molar
        kept = (feed["Li+"] * species.MOLAR_MASS[LITHIUM, 0] / self.concentrate_to - solutes) / molar
        return np.clip(water - kept, 0.0, self.most_removed * water) * worth(feed["Li+"], water)


def _lithium(stream: Stream) -> Array:
    volume = stream.volume
    mass = stream["Li+"] * species.MOLAR_MASS[LITHIUM, 0]
    return np.where(volume > 0, mass / np.where(volume > 0, volume, 1.0), 0.0)
