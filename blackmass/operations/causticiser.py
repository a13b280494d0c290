"""Lithium hydroxide from lithium carbonate and lime."""

import numpy as np

from blackmass import species
from blackmass.chemistry.crystallisation import settle
from blackmass.chemistry.evaporation import batch
from blackmass.chemistry.hydroxide_liquors import HydroxideLiquors
from blackmass.declare import PerCase, duty, inlet, outlet, param, supply
from blackmass.operations.operation import Operation, Outlets
from blackmass.status import Status, worst
from blackmass.stream import Array, Stream

SOLIDS = (
    *("Li2CO3", "CaCO3", "Ca(OH)2", "LiOH.H2O", "CaSO4.2H2O", "CaF2", "LiF", "Li3PO4", "Ca3(PO4)2", "Mg(OH)2"),
    *("Ni(OH)2", "Co(OH)2", "Mn(OH)2", "Al(OH)3", "Fe(OH)3", "Cu(OH)2"),
)
SALT = "LiOH.H2O"
_WATER = species.molar_mass("H2O")
HYDROXIDE = float(species.molar_mass("LiOH"))  # kg/mol


class Causticiser(Operation, area="precipitation of products"):
    """A stirred tank in which lime turns lithium carbonate to hydroxide: Ca(OH)2 + Li2CO3 = CaCO3 + 2 LiOH.

    It goes as far as equilibrium (Pitzer activities), closed to carbon dioxide of the air. What dissolves of lithium
    carbonate beside its hydroxide sets the strongest liquor that lime can make, about 3 % LiOH when hot; beyond it
    carbonate and lime are left over. Water is drawn to the strength that complete conversion would give. A mixture
    that is not alkaline passes.
    """

    carbonate = inlet("lithium carbonate, as cake or slurry")
    weak_liquor = inlet("wash water and weak hydroxide liquor", optional=True)
    lime = supply("milk of lime")
    water = supply("process water")
    slurry = outlet("calcium carbonate and lime left over in hydroxide liquor")

    strength: PerCase = param(
        0.028, bounds=(0.003, 0.06), doc="mass fraction of LiOH in the liquor if all lithium came to be hydroxide"
    )
    lime_ratio: PerCase = param(
        1.05, bounds=(0.2, 3), doc="lime drawn to the carbonate that enters", source="Wietelmann2013"
    )
    temperature: PerCase = param(
        "90 degC", bounds=("20 degC", "100 degC"), doc="of the slurry", source="Wietelmann2013"
    )
    approach: PerCase = param(0.99, bounds=(0.05, 1), doc="share of the way to equilibrium; estimated")
    mixing_energy: PerCase = param(
        "2 MJ/m^3", bounds=("0 kJ/m^3", "20 MJ/m^3"), doc="agitator, by volume of liquor; estimated"
    )
    electricity = duty("kW", "agitator")
    heating = duty("kW", "to the temperature of the slurry")
    cooling = duty("kW", "where the feeds come hotter than the slurry")

    def run(
        self, carbonate: Stream, weak_liquor: Stream, lime: Stream, water: Stream, start: Array | None = None
    ) -> Outlets:
        cases = batch(carbonate, weak_liquor, lime, water, *(getattr(self, name) for name in self.params))
        carbonate, weak_liquor, lime, water = (s.repeated(cases) for s in (carbonate, weak_liquor, lime, water))
        fed = carbonate + weak_liquor
        lithium = np.maximum(fed["Li+"], 0.0) + 2 * fed["Li2CO3"] + fed[SALT]
        carbonic = np.maximum(fed["CO3-2"], 0.0) + fed["Li2CO3"]
        burnt = lime["Ca(OH)2"] + lime["CaO"]
        milk = _drawn(lime, self.lime_ratio * carbonic, burnt)
        limed = fed + milk
        liquor = lithium * HYDROXIDE / self.strength
        short = np.maximum(liquor - lithium * HYDROXIDE - limed["H2O"] * _WATER, 0.0)
        watered = _drawn(water, short / _WATER, water["H2O"])
        mixed = limed + watered
        alkaline = mixed["H+"] - 2 * mixed["Ca(OH)2"] - mixed[SALT] < 0
        taken, passed = mixed.split(np.where(alkaline, 1.0, 0.0))
        made = settle(taken, self.temperature, SOLIDS, model=HydroxideLiquors(), approach=self.approach, start=start)
        slurry = (made.stream + passed).at(self.temperature)
        heat = mixed.heat_capacity * (self.temperature - mixed.temperature) - made.heat
        hydroxide = np.maximum(slurry["Li+"], 0.0)
        mass = slurry.phase("aqueous").mass
        return Outlets(
            slurry=slurry,
            drawn={"lime": milk, "water": watered},
            electricity=self.mixing_energy * np.maximum(mixed.volume, 0.0),
            heating=np.maximum(heat, 0.0),
            cooling=np.maximum(-heat, 0.0),
            status=worst(made.status, np.where(alkaline | (mixed.mass == 0), Status.OK, Status.OUT_OF_RANGE)),
            guess=made.guess,
            report={
                "conversion": np.where(lithium > 0, hydroxide / np.where(lithium > 0, lithium, 1.0), 0.0),
                "strength": hydroxide * HYDROXIDE / np.where(mass > 0, mass, np.inf),
                "pH": made.pH,
            },
        )


def _drawn(supplied: Stream, wanted: Array, content: Array) -> Stream:
    """What is drawn of a supply for an amount wanted of its content; nothing of a supply without it."""
    factor = np.where(content > 0, wanted / np.where(content > 0, content, 1.0), 0.0)
    return Stream(supplied.flow * factor, supplied.temperature)
