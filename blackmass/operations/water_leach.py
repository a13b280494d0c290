"""Leaching of lithium from roasted mass with water and carbon dioxide."""

import numpy as np

from blackmass import species
from blackmass.chemistry.crystallisation import settle
from blackmass.chemistry.evaporation import batch
from blackmass.chemistry.strong_liquors import StrongLiquors
from blackmass.declare import PerCase, duty, inlet, outlet, param, supply
from blackmass.operations.operation import Operation, Outlets
from blackmass.stream import Array, Stream

SOLIDS = ("Li2CO3", "LiF", "Li3PO4", "CaCO3", "Ca(OH)2", "CaF2", "Ca3(PO4)2")
HYDRATION = {
    "Li2O": species.reaction({"Li2O": -1, "Li+": 2, "H2O": 1, "H+": -2}),
    "LiOH": species.reaction({"LiOH": -1, "Li+": 1, "H2O": 1, "H+": -1}),
    "LiOH.H2O": species.reaction({"LiOH.H2O": -1, "Li+": 1, "H2O": 2, "H+": -1}),
    "CaO": species.reaction({"CaO": -1, "H2O": -1, "Ca(OH)2": 1}),
}
CARBONATION = species.reaction({"CO2(g)": -1, "H2O": -1, "CO3-2": 1, "H+": 2})
SOLUBLE = ("Li2CO3", "LiF", "Li3PO4")
WATER_MASS = float(species.molar_mass("H2O"))


class WaterLeach(Operation, area="thermal treatment"):
    """A stirred tank in which water takes lithium from roasted mass; carbon dioxide makes bicarbonate of carbonate.

    Lithium carbonate, fluoride and phosphate, and calcium salts, dissolve to equilibrium (Pitzer activities); oxide and
    hydroxide dissolve whole. Carbon dioxide is drawn by the carbonate and hydroxide of lithium and taken up as far as
    Li2CO3 + CO2 + H2O = 2 LiHCO3 goes. A share of the salts is enclosed in sintered grains and stays, as do LiAlO2,
    layered oxides, other oxides, metals and graphite. Aluminium's attack by the alkaline liquor is not followed.
    """

    solids = inlet("roasted mass")
    liquor = inlet("recycled wash liquor, used whole before water is drawn", optional=True)
    water = supply("process water")
    carbon_dioxide = supply("carbon dioxide; none: plain water", optional=True)
    slurry = outlet("lithium liquor with the residue")
    offgas = outlet("gas not taken up")

    liquid_ratio: PerCase = param(15.0, bounds=(2, 100), doc="water and liquor by mass of solids", source="Hu2017")
    temperature: PerCase = param("25 degC", bounds=("10 degC", "95 degC"), doc="of the slurry")
    carbon_dioxide_ratio: PerCase = param(
        1.5, bounds=(0, 10), doc="carbon dioxide drawn to what turns all lithium carbonate to bicarbonate"
    )
    utilisation: PerCase = param(0.6, bounds=(0, 1), doc="share of the carbon dioxide that is taken up; estimated")
    enclosed: PerCase = param(0.05, bounds=(0, 0.5), doc="share of the salts that water does not reach; estimated")
    approach: PerCase = param(0.98, bounds=(0.05, 1), doc="share of the way to equilibrium; estimated")
    residence_time: PerCase = param("1 h", bounds=("5 min", "24 h"), doc="live volume over flow")
    agitation: PerCase = param(
        "0.5 kW/m^3", bounds=("0 kW/m^3", "5 kW/m^3"), doc="shaft power by live volume", source="Perry2008"
    )
    electricity = duty("kW", "agitator")
    heating = duty("kW", "to the temperature of the slurry")
    cooling = duty("kW", "where the solids come hot")

    def run(
        self, solids: Stream, liquor: Stream, water: Stream, carbon_dioxide: Stream, start: Array | None = None
    ) -> Outlets:
        streams = (solids, liquor, water, carbon_dioxide)
        cases = batch(*streams, *(getattr(self, name) for name in self.params))
        solids, liquor, water, carbon_dioxide = (s.repeated(cases) for s in streams)
        lithium = _lithium(solids)
        salts = species.column({name: 1.0 for name in (*SOLUBLE, *HYDRATION)})[:, None]
        shut, open_solids = solids.split(salts * self.enclosed)
        dry = np.maximum(solids.phase("solid").mass, 0.0)
        missing = np.maximum(self.liquid_ratio * dry - np.maximum(liquor.phase("aqueous").mass, 0.0), 0.0)
        drawn = _drawn(water, missing, water.mass)
        mixed = open_solids + liquor + drawn
        for name, reaction in HYDRATION.items():
            most = np.maximum(mixed["H2O"], 0.0) if name == "CaO" else np.inf
            mixed = mixed.react(reaction, np.minimum(np.maximum(mixed[name], 0.0), most))
        room = _room(mixed)
        gas = _drawn(carbon_dioxide, self.carbon_dioxide_ratio * room, carbon_dioxide["CO2(g)"])
        sparged = mixed + gas
        uptake = np.minimum(self.utilisation * np.maximum(sparged["CO2(g)"], 0.0), room)
        uptake = np.minimum(uptake, 0.5 * np.maximum(sparged["H2O"], 0.0))
        carbonated = sparged.react(CARBONATION, uptake)
        made = settle(
            carbonated.phase("solid", "aqueous", "organic"),
            self.temperature,
            SOLIDS,
            model=StrongLiquors(),
            approach=self.approach,
            start=start,
        )
        product = made.stream + shut
        offgas = carbonated.phase("gas").at(self.temperature)
        heat = (carbonated + shut).heat_capacity * (self.temperature - (carbonated + shut).temperature) - made.heat
        live = np.maximum(product.volume, 0.0) * self.residence_time
        return Outlets(
            slurry=product.at(self.temperature),
            offgas=offgas,
            drawn={"water": drawn, "carbon_dioxide": gas},
            electricity=self.agitation * live,
            heating=np.maximum(heat, 0.0),
            cooling=np.maximum(-heat, 0.0),
            status=made.status,
            guess=made.guess,
            report={
                "lithium_leached": np.where(lithium > 0, 1 - _lithium(product) / np.where(lithium > 0, lithium, 1), 0),
                "pH": made.pH,
            },
        )


def _lithium(stream: Stream) -> Array:
    """Lithium in solids (cases,) [mol/s]."""
    row = species.ELEMENT_MATRIX[species.ELEMENTS.index("Li")] * species.PHASE_MASK["solid"][:, 0]
    return row @ stream.flow


def _room(mixed: Stream) -> Array:
    """Carbon dioxide [mol/s] that turns carbonate and hydroxide of lithium into bicarbonate."""
    alkalinity = 2 * np.maximum(mixed["Li2CO3"], 0.0) - mixed["H+"]
    carbonate = np.maximum(mixed["Li2CO3"] + mixed["CO3-2"], 0.0)
    return np.maximum(alkalinity - carbonate, 0.0)


def _drawn(supplied: Stream, wanted: Array, content: Array) -> Stream:
    """What is drawn of a supply for an amount wanted of its content; nothing of a supply without it."""
    factor = np.where(content > 0, wanted / np.where(content > 0, content, 1.0), 0.0)
    return Stream(supplied.flow * factor, supplied.temperature)
