"""Crystallisation of lithium hydroxide monohydrate by evaporation."""

import numpy as np

from blackmass.chemistry.crystallisation import settle
from blackmass.chemistry.evaporation import batch, latent_heat
from blackmass.chemistry.evaporative_yield import crystallise
from blackmass.chemistry.hydroxide_liquors import HydroxideLiquors
from blackmass.declare import PerCase, duty, inlet, outlet, param
from blackmass.operations.operation import Operation, Outlets
from blackmass.status import Status, worst
from blackmass.stream import Array, Stream

SALT = "LiOH.H2O"
BESIDE = ("Li2CO3", "Li3PO4", "LiF", "CaCO3", "Ca(OH)2", "CaF2", "Mg(OH)2", "Ni(OH)2", "Co(OH)2", "Mn(OH)2")


class HydroxideCrystalliser(Operation, area="evaporation and crystallisation"):
    """A circulated evaporator in which LiOH.H2O crystallises from its saturated mother liquor.

    .. math:: n_{LiOH \\cdot H_2O} = Y n_{OH}, \\quad a_{Li^+} a_{OH^-} a_w = K(T)

    Water is evaporated until the share asked for has crystallised (`chemistry.evaporative_yield`, Pitzer activities);
    then carbonate, phosphate, fluoride and hydroxides of the impurities come down with it to equilibrium. Sodium and
    potassium stay in the mother liquor and lower the solubility by their hydroxide; a bleed has to take them out. A
    feed that is not alkaline passes. The vapour of one effect heats the next; cooling water condenses that of the last.
    """

    feed = inlet("lithium hydroxide liquor")
    slurry = outlet("crystals in mother liquor")
    condensate = outlet("water evaporated and condensed")

    temperature: PerCase = param("80 degC", bounds=("20 degC", "100 degC"), doc="of the liquor, held by the vacuum")
    crystal_yield: PerCase = param(0.8, bounds=(0.3, 0.95), doc="share of the hydroxide that crystallises in one pass")
    most_evaporated: PerCase = param(0.97, bounds=(0, 0.99), doc="largest share of the feed's water evaporated")
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
        cases = batch(feed, *(getattr(self, name) for name in self.params))
        feed = feed.repeated(cases)
        alkaline = feed["H+"] - feed[SALT] < 0
        taken, passed = feed.split(np.where(alkaline, 1.0, 0.0))
        if start is not None and not np.isfinite(start[-1]).any():
            start = None
        count = 0 if start is None else round(float(np.nanmax(start[-1])))
        made = crystallise(
            taken,
            SALT,
            share=self.crystal_yield,
            temperature=self.temperature,
            most_evaporated=self.most_evaporated,
            model=HydroxideLiquors(),
            start=None if start is None else start[:count],
        )
        rest = settle(
            made.slurry,
            self.temperature,
            (SALT, *BESIDE),
            model=HydroxideLiquors(),
            start=None if start is None else start[count:-1],
        )
        slurry = (rest.stream + passed).at(self.temperature)
        water = made.condensate["H2O"]
        latent = water * latent_heat(self.temperature) / self.economy
        sensible = feed.heat_capacity * (self.temperature - feed.temperature) - made.heat - rest.heat
        fed = np.where(feed["H2O"] > 0, feed["H2O"], 1.0)
        able = made.available > 0
        return Outlets(
            slurry=slurry,
            condensate=made.condensate,
            electricity=self.pumping * made.condensate.mass,
            heating=np.maximum(latent + sensible, 0.0),
            cooling=latent + np.maximum(-latent - sensible, 0.0),
            status=worst(
                made.status, rest.status, np.where(alkaline | (feed.mass == 0), Status.OK, Status.OUT_OF_RANGE)
            ),
            report={
                "crystal_yield": rest.stream[SALT] / np.where(able, made.available, 1.0) * able,
                "evaporated_share": water / fed * (feed["H2O"] > 0),
                "pH": rest.pH,
            },
            guess=np.vstack([made.guess, rest.guess, np.full((1, cases), float(made.guess.shape[0]))]),
        )
