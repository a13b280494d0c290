"""Crystallisation of a salt by evaporation."""

import numpy as np

from blackmass.chemistry.crystallisation import limiting
from blackmass.chemistry.evaporation import batch, latent_heat
from blackmass.chemistry.evaporative_yield import crystallise
from blackmass.chemistry.strong_liquors import StrongLiquors
from blackmass.declare import PerCase, duty, inlet, outlet, param
from blackmass.operations.operation import Operation, Outlets
from blackmass.stream import Array, Stream


class EvaporativeCrystalliser(Operation, area="evaporation and crystallisation"):
    """A circulated evaporator in which a sulfate crystallises from its saturated mother liquor.

    .. math:: n_{salt} = Y n_{feed}, \\quad \\prod_i a_i^{\\nu_i} = K(T)

    Water is evaporated until the share asked for has crystallised (`chemistry.evaporative_yield`, Pitzer activities).
    The salt named is the hydrate that forms; every other sulfate that the mother liquor cannot hold comes down with
    it. Liquor that crystallises by itself beyond that share loses no water; one that has not reached it when the
    evaporation allowed is done yields less. Foreign ions in the crystal lattice are not followed. The vapour of one
    effect heats the next; that of the last is condensed by cooling water.
    """

    feed = inlet("liquor")
    slurry = outlet("crystals in mother liquor")
    condensate = outlet("water evaporated and condensed")

    salt: str = param(
        "NiSO4.6H2O",
        choices=("NiSO4.6H2O", "CoSO4.7H2O", "MnSO4.H2O", "Na2SO4", "Li2SO4.H2O", "CuSO4.5H2O", "Li2CO3"),
        doc="salt that crystallises",
    )
    temperature: PerCase = param("60 degC", bounds=("20 degC", "100 degC"), doc="of the liquor, held by the vacuum")
    crystal_yield: PerCase = param(
        0.8, bounds=(0.3, 0.95), doc="share of the salt's limiting ion that crystallises in one pass"
    )
    most_evaporated: PerCase = param(0.99, bounds=(0, 0.999), doc="largest share of the feed's water evaporated")
    economy: PerCase = param(
        2.4, bounds=(0.7, 12), doc="water evaporated per steam, by mass: 0.8 for each effect", source="Perry2008"
    )
    pumping: PerCase = param(
        "36 kJ/kg", bounds=("0 kJ/kg", "400 kJ/kg"), doc="circulation and vacuum, by water evaporated; estimated"
    )
    electricity = duty("kW", "circulation and vacuum pumps")
    heating = duty("kW", "steam")
    cooling = duty("kW", "condenser, and heat of crystallisation beyond what warms the feed")

    def run(self, feed: Stream, start: Array | None = None) -> Outlets:
        feed = feed.repeated(batch(feed, *(getattr(self, name) for name in self.params if name != "salt")))
        made = crystallise(
            feed,
            self.salt,
            share=self.crystal_yield,
            temperature=self.temperature,
            most_evaporated=self.most_evaporated,
            model=StrongLiquors(),
            start=start,
        )
        water = made.condensate["H2O"]
        latent = water * latent_heat(self.temperature) / self.economy
        sensible = feed.heat_capacity * (self.temperature - feed.temperature) - made.heat
        available = np.where(made.available > 0, made.available, 1.0)
        fed = np.where(feed["H2O"] > 0, feed["H2O"], 1.0)
        return Outlets(
            slurry=made.slurry,
            condensate=made.condensate,
            electricity=self.pumping * made.condensate.mass,
            heating=np.maximum(latent + sensible, 0.0),
            cooling=latent + np.maximum(-latent - sensible, 0.0),
            status=made.status,
            report={
                "crystal_yield": made.slurry[self.salt] / available * (made.available > 0),
                "evaporated_share": water / fed * (feed["H2O"] > 0),
                "water_activity": made.water_activity,
                "log_saturation": made.log_saturation,
                "mother_liquor": _dissolved(made.slurry, self.salt),
            },
            guess=made.guess,
        )


def _dissolved(slurry: Stream, salt: str) -> Array:
    """Concentration [mol/m3] of a salt in the liquor of a slurry, by its limiting ion."""
    liquor = slurry.phase("aqueous")
    volume = liquor.volume
    return np.where(volume > 0, limiting(liquor, salt) / np.where(volume > 0, volume, 1.0), 0.0)
