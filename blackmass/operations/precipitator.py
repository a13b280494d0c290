"""Precipitation of nickel, cobalt, manganese or lithium as carbonate, oxalate or phosphate."""

import numpy as np

from blackmass.chemistry import products
from blackmass.chemistry.dosing import hydroxide
from blackmass.chemistry.neutralisation import neutralise
from blackmass.declare import PerCase, duty, inlet, outlet, param, supply
from blackmass.operations.operation import Operation, Outlets
from blackmass.status import Status, worst
from blackmass.stream import Array, Stream


class Precipitator(Operation, area="precipitation of products"):
    """A stirred tank in which a reagent precipitates a product by stoichiometry, while a base may hold the pH.

    .. math:: M^{2+} + A^{2-} \\rightarrow MA, \\quad 3 Li^+ + PO_4^{3-} \\rightarrow Li_3PO_4

    Carbonates of nickel, cobalt and manganese take soda, oxalates oxalic acid, lithium phosphate sodium phosphate, or
    phosphoric acid and an alkali. What else the liquor holds comes down to equilibrium with it, hydroxides included
    (`chemistry.neutralisation`). Without a base the pH is what it comes to. Mixed hydroxides are another machine's.
    """

    liquor = inlet("purified liquor")
    reagent = supply("what precipitates the product, drawn by the ratio", optional=True)
    base = supply("alkali that holds the pH, or acid for a liquor above it", optional=True)
    slurry = outlet("product in its mother liquor")
    offgas = outlet("carbon dioxide")

    product: str = param("carbonate", choices=("carbonate", "oxalate", "lithium phosphate"), doc="what is precipitated")
    ratio: PerCase = param(
        1.05, bounds=(0, 4), doc="reagent, of the liquor and drawn, to what the product's metals take"
    )
    pH: PerCase = param(8.0, bounds=(1, 12.5), doc="held by the base, where there is one")
    temperature: PerCase = param("60 degC", bounds=("10 degC", "95 degC"), doc="held in the tank")
    residence_time: PerCase = param("1 h", bounds=("5 min", "24 h"), doc="live volume over flow")
    agitation: PerCase = param(
        "0.5 kW/m^3", bounds=("0 kW/m^3", "5 kW/m^3"), doc="shaft power by live volume", source="Perry2008"
    )
    electricity = duty("kW", "agitator")
    heating = duty("kW", "to hold the temperature")
    cooling = duty("kW", "to hold the temperature")

    def run(self, liquor: Stream, reagent: Stream, base: Stream, start: Array | None = None) -> Outlets:
        cases = max([s.cases for s in (liquor, reagent, base)] + [np.size(getattr(self, name)) for name in self.params])
        liquor, reagent, base = (s.repeated(cases) for s in (liquor, reagent, base))
        whole = np.ones(cases)
        temperature = whole * self.temperature

        lacking = products.anion_needed(liquor, self.product) * self.ratio - products.anion_in(liquor, self.product)
        content = products.anion_in(reagent, self.product)
        able = content > 0
        factor = np.where(able, np.maximum(lacking, 0.0) / np.where(able, content, 1.0), 0.0)
        reagent = Stream(reagent.flow * factor, reagent.temperature)

        fed = liquor + reagent
        solids = products.solids(self.product)
        tank = neutralise(fed.flow, temperature, whole * self.pH, base.flow, solids=solids, start=start)
        base = Stream(base.flow * tank.dose, base.temperature)
        mixed = fed + base
        made = mixed.at(temperature).react(tank.stoichiometry, tank.extent)
        warmth = tank.heat + hydroxide().enthalpy * np.maximum(-reagent["H+"], 0.0)
        heat = mixed.heat_capacity * (temperature - mixed.temperature) - warmth
        live = np.maximum(mixed.volume, 0.0) * self.residence_time
        unmet = ~able & (lacking > 0)
        return Outlets(
            slurry=made.phase("solid", "aqueous", "organic"),
            offgas=made.phase("gas"),
            electricity=self.agitation * live,
            heating=np.maximum(heat, 0.0),
            cooling=np.maximum(-heat, 0.0),
            drawn={"reagent": reagent, "base": base},
            status=worst(tank.status, np.where(unmet, Status.OUT_OF_RANGE, Status.OK)),
            guess=tank.guess,
            report={
                "pH": tank.pH,
                "ionic_strength": tank.strength,
                "volume": live,
                **_yields(mixed, made, self.product),
            },
        )


def _yields(mixed: Stream, made: Stream, product: str) -> dict[str, Array]:
    """Share of each metal of the product that leaves the liquor."""
    shares = {}
    for name in products.metals(product):
        held = mixed[name]
        shares[f"{name.split('+')[0]}_precipitated"] = (held - made[name]) / np.where(held > 0, held, np.inf)
    return shares
