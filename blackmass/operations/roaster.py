"""Pyrolysis and reduction roasting of black mass or shredded cells."""

import numpy as np

from blackmass import species
from blackmass.chemistry.evaporation import batch
from blackmass.chemistry.roasting import enthalpy_flow, roast
from blackmass.declare import PerCase, duty, inlet, outlet, param, supply
from blackmass.operations.operation import Operation, Outlets
from blackmass.stream import Array, Stream

LAYERED = ("LiNiO2", "LiCoO2", "LiMnO2", "LiMn2O4")
FLUORINE = species.ELEMENTS.index("F")
LITHIUM = species.ELEMENTS.index("Li")


class Roaster(Operation, area="thermal treatment"):
    """A rotary kiln or furnace under nitrogen, air or hydrogen, heated from outside; its solids are cooled.

    .. math:: 4 LiMO_2 + C + CO_2 \\rightarrow 2 Li_2CO_3 + 4 MO, \\quad 2 MO + C \\rightarrow 2 M + CO_2

    Solvents evaporate; binders, separator and salt decompose; layered oxides and spinel react with the feed's own
    carbon, reducing gas or aluminium to lithium carbonate and oxides, then metals, as far as their kinetics go in the
    time; what reacts is at equilibrium of gas and condensed phases (`chemistry.roasting`). Fluorine stays as lithium
    fluoride, or as calcium fluoride where lithium is short of it and lime is fed, or leaves as HF and POF3; aluminium
    holds lithium as LiAlO2. Below 400 °C little happens but pyrolysis.
    """

    solids = inlet("black mass or shredded cells")
    gas = inlet("gas from another unit", optional=True)
    atmosphere = supply("nitrogen, air or hydrogen", optional=True)
    lime = supply("lime: holds fluorine here or, against lithium, in the water leach", optional=True)
    roasted = outlet("roasted solids, cooled")
    offgas = outlet("gas to the afterburner")

    temperature: PerCase = param("650 degC", bounds=("200 degC", "750 degC"), doc="of the bed", source="Hu2017")
    residence_time: PerCase = param("2 h", bounds=("5 min", "12 h"), doc="of the solids at temperature")
    gas_ratio: PerCase = param(0.2, bounds=(0, 20), doc="atmosphere drawn, by mass of solids")
    lime_ratio: PerCase = param(0.0, bounds=(0, 5), doc="lime drawn, CaO to what binds all fluorine as CaF2")
    gas_contact: PerCase = param(
        0.8, bounds=(0, 1), doc="share of the gas that reacts with the solids before it leaves; estimated"
    )
    discharge: PerCase = param("60 degC", bounds=("25 degC", "200 degC"), doc="of the cooled solids")
    efficiency: PerCase = param(
        0.7, bounds=(0.2, 1), doc="heat that reaches the bed of that supplied", source="Perry2008"
    )
    power: PerCase = param(
        "40 kJ/kg", bounds=("0 kJ/kg", "1 MJ/kg"), doc="drive and fans, by mass of solids; estimated"
    )
    electricity = duty("kW", "drive and fans")
    heating = duty("kW", "burners or electric heaters")
    cooling = duty("kW", "solids cooler, and the bed where it gives heat")

    def run(self, solids: Stream, gas: Stream, atmosphere: Stream, lime: Stream, start: Array | None = None) -> Outlets:
        cases = batch(solids, gas, atmosphere, lime, *(getattr(self, name) for name in self.params))
        solids, gas, atmosphere, lime = (s.repeated(cases) for s in (solids, gas, atmosphere, lime))
        whole = np.ones(cases)
        temperature, time = whole * self.temperature, whole * self.residence_time
        air = _drawn(atmosphere, self.gas_ratio * np.maximum(solids.mass, 0.0), atmosphere.mass)
        calcium = lime["CaO"] + lime["Ca(OH)2"] + lime["CaCO3"]
        burnt = _drawn(lime, self.lime_ratio * solids.elements[FLUORINE] / 2, calcium)
        fed = solids + gas + air + burnt
        made = roast(fed, temperature, time, whole * self.gas_contact, start=start)
        offgas = made.stream.phase("gas")
        hot = made.stream.phase("solid", "aqueous", "organic")
        roasted = hot.at(self.discharge)
        brought = sum(enthalpy_flow(stream) for stream in (solids, gas, air, burnt))
        heat = enthalpy_flow(hot) + enthalpy_flow(offgas) - brought
        cooler = np.maximum(enthalpy_flow(hot) - enthalpy_flow(roasted), 0.0)
        return Outlets(
            roasted=roasted,
            offgas=offgas,
            drawn={"atmosphere": air, "lime": burnt},
            electricity=self.power * np.maximum(solids.mass, 0.0),
            heating=np.maximum(heat, 0.0) / self.efficiency,
            cooling=np.maximum(-heat, 0.0) + cooler,
            status=made.status,
            guess=made.guess,
            report=_figures(fed, roasted),
        )


def _drawn(supplied: Stream, wanted: Array, content: Array) -> Stream:
    """What is drawn of a supply for an amount wanted of its content; nothing of a supply without it."""
    factor = np.where(content > 0, wanted / np.where(content > 0, content, 1.0), 0.0)
    return Stream(supplied.flow * factor, supplied.temperature, supplied.sizes)


def _figures(fed: Stream, roasted: Stream) -> dict[str, Array]:
    """Shares of lithium by what water does with it, and of the layered oxides that are left."""
    lithium = fed.elements[LITHIUM]
    per = np.where(lithium > 0, lithium, np.inf)
    layered = sum(fed[name] for name in LAYERED)
    return {
        "conversion": 1 - sum(roasted[name] for name in LAYERED) / np.where(layered > 0, layered, np.inf),
        "lithium_soluble": (2 * roasted["Li2CO3"] + 2 * roasted["Li2O"] + roasted["LiOH"]) / per,
        "lithium_as_fluoride": roasted["LiF"] / per,
        "lithium_as_aluminate": roasted["LiAlO2"] / per,
    }
