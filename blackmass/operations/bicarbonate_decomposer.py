"""Decomposition of lithium bicarbonate by heat."""

import numpy as np

from blackmass import species
from blackmass.chemistry.crystallisation import settle
from blackmass.chemistry.enthalpy import formation
from blackmass.chemistry.evaporation import batch
from blackmass.chemistry.strong_liquors import StrongLiquors
from blackmass.declare import PerCase, duty, inlet, outlet, param
from blackmass.operations.operation import Operation, Outlets
from blackmass.stream import Array, Stream

SOLIDS = ("Li2CO3", "LiF", "Li3PO4", "CaCO3", "Ca(OH)2", "CaF2", "Ca3(PO4)2")
DECARBONATION = species.reaction({"CO3-2": -1, "H+": -2, "CO2(g)": 1, "H2O": 1})


class BicarbonateDecomposer(Operation, area="thermal treatment"):
    """A heated stirred tank in which bicarbonate gives off carbon dioxide and lithium carbonate crystallises.

    2 LiHCO3 = Li2CO3 + CO2 + H2O goes as far as `conversion`; then Li2CO3, LiF, Li3PO4 and calcium salts form to
    equilibrium (Pitzer activities). Acid beyond bicarbonate leaves as carbon dioxide in the same share, as far as there
    is carbonate. Water vapour that goes with the gas is not followed.
    """

    liquor = inlet("bicarbonate liquor, free of solids")
    slurry = outlet("lithium carbonate in its mother liquor")
    offgas = outlet("carbon dioxide")

    temperature: PerCase = param("90 degC", bounds=("40 degC", "100 degC"), doc="of the slurry", source="XuSun2021")
    conversion: PerCase = param(0.9, bounds=(0, 1), doc="share of the bicarbonate that is decomposed; estimated")
    approach: PerCase = param(1.0, bounds=(0.05, 1), doc="share of the supersaturation that is relieved")
    mixing_energy: PerCase = param(
        "2 MJ/m^3", bounds=("0 kJ/m^3", "20 MJ/m^3"), doc="agitator, by volume of liquor; estimated"
    )
    electricity = duty("kW", "agitator")
    heating = duty("kW", "to the temperature of the slurry and for the decomposition")
    cooling = duty("kW", "where the liquor comes hotter than the slurry")

    def run(self, liquor: Stream, start: Array | None = None) -> Outlets:
        liquor = liquor.repeated(batch(liquor, *(getattr(self, name) for name in self.params)))
        most = np.minimum(0.5 * np.maximum(liquor["H+"], 0.0), np.maximum(liquor["CO3-2"], 0.0))
        given = self.conversion * most
        stripped = liquor.react(DECARBONATION, given)
        made = settle(
            stripped.phase("solid", "aqueous", "organic"),
            self.temperature,
            SOLIDS,
            model=StrongLiquors(),
            approach=self.approach,
            start=start,
        )
        warming = stripped.heat_capacity * (self.temperature - stripped.temperature)
        heat = warming + float(formation() @ DECARBONATION) * given - made.heat
        lithium = np.where(liquor["Li+"] > 0, liquor["Li+"], 1.0)
        return Outlets(
            slurry=made.stream,
            offgas=stripped.phase("gas").at(self.temperature),
            electricity=self.mixing_energy * np.maximum(liquor.volume, 0.0),
            heating=np.maximum(heat, 0.0),
            cooling=np.maximum(-heat, 0.0),
            status=made.status,
            guess=made.guess,
            report={"recovery": np.maximum(1 - made.stream["Li+"] / lithium, 0.0), "pH": made.pH},
        )
