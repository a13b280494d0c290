"""Precipitation of lithium carbonate from hot liquor with soda."""

import numpy as np

from blackmass.chemistry.crystallisation import settle
from blackmass.chemistry.evaporation import batch
from blackmass.chemistry.strong_liquors import StrongLiquors
from blackmass.declare import PerCase, duty, inlet, outlet, param, supply
from blackmass.operations.operation import Operation, Outlets
from blackmass.status import Status, worst
from blackmass.stream import Array, Stream

SOLIDS = (
    "Li2CO3",
    "Li3PO4",
    "LiF",
    "CaCO3",
    "MnCO3",
    "NiCO3",
    "CoCO3",
    "Mg(OH)2",
    "Ni(OH)2",
    "Co(OH)2",
    "Mn(OH)2",
    "Cu(OH)2",
    "Al(OH)3",
    "Fe(OH)3",
    "Fe(OH)2",
    "CaF2",
    "Na2SO4",
    "Li2SO4.H2O",
)


class LithiumPrecipitation(Operation, area="precipitation of products"):
    """A hot stirred tank in which soda precipitates lithium carbonate, which dissolves less the hotter it is.

    .. math:: 2 Li^+ + CO_3^{2-} \\rightarrow Li_2CO_3, \\quad a_{Li^+}^2 a_{CO_3^{2-}} = K(T)

    Li2CO3 and the carbonates, hydroxides, phosphate and fluoride of the impurities form to equilibrium (Pitzer
    activities), the vessel closed to carbon dioxide. Carbonate that the liquor brings counts towards the excess.
    Mother liquor held by the crystals is a matter of the filter.
    """

    liquor = inlet("lithium liquor, concentrated and free of other metals")
    soda = supply("sodium carbonate solution")
    slurry = outlet("lithium carbonate in its mother liquor")

    temperature: PerCase = param("90 degC", bounds=("20 degC", "100 degC"), doc="of the slurry")
    excess: PerCase = param(1.1, bounds=(0.2, 2), doc="carbonate, of the liquor and drawn, to what Li2CO3 takes")
    approach: PerCase = param(1.0, bounds=(0.05, 1), doc="share of the supersaturation that is relieved")
    mixing_energy: PerCase = param(
        "2 MJ/m^3", bounds=("0 kJ/m^3", "20 MJ/m^3"), doc="agitator, by volume of liquor; estimated"
    )
    electricity = duty("kW", "agitator")
    heating = duty("kW", "to the temperature of the slurry")
    cooling = duty("kW", "where liquor and soda come hotter than the slurry")

    def run(self, liquor: Stream, soda: Stream, start: Array | None = None) -> Outlets:
        cases = batch(liquor, soda, *(getattr(self, name) for name in self.params))
        liquor, soda = liquor.repeated(cases), soda.repeated(cases)
        needed = np.maximum(self.excess * liquor["Li+"] / 2 - liquor["CO3-2"], 0.0)
        carbonate = soda["CO3-2"] + soda["Na2CO3"]
        able = carbonate > 0
        ratio = np.where(able, needed / np.where(able, carbonate, 1.0), 0.0)
        drawn = Stream(soda.flow * ratio, soda.temperature, soda.sizes)
        mixed = liquor + drawn
        solids = SOLIDS if not np.any(drawn["Na2CO3"]) else (*SOLIDS, "Na2CO3")
        made = settle(mixed, self.temperature, solids, model=StrongLiquors(), approach=self.approach, start=start)
        heat = mixed.heat_capacity * (self.temperature - mixed.temperature) - made.heat
        lithium = np.where(mixed["Li+"] > 0, mixed["Li+"], 1.0)
        lacking = ~able & (needed > 0)
        return Outlets(
            slurry=made.stream,
            drawn={"soda": drawn},
            electricity=self.mixing_energy * mixed.volume,
            heating=np.maximum(heat, 0.0),
            cooling=np.maximum(-heat, 0.0),
            status=worst(made.status, np.where(lacking, Status.INFEASIBLE, Status.OK)),
            report={"recovery": np.maximum(1 - made.stream["Li+"] / lithium, 0.0), "pH": made.pH},
            guess=made.guess,
        )
