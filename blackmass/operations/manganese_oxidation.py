"""Removal of manganese as dioxide by an oxidant."""

import numpy as np

from blackmass.chemistry import manganese
from blackmass.chemistry.neutralisation import neutralise
from blackmass.declare import PerCase, duty, inlet, outlet, param, supply
from blackmass.operations.operation import Operation, Outlets
from blackmass.stream import Array, Stream


class ManganeseOxidation(Operation, area="impurity removal"):
    """A stirred tank in which permanganate, persulfate, or sulfur dioxide with air precipitates manganese as MnO2.

    Ferrous iron goes first; some cobalt and nickel are lost with the manganese, as CoOOH and NiOOH, and more while
    oxidant is left (`chemistry.manganese`). A base holds the pH against the acid that is set free; iron,
    aluminium and whatever else cannot stay dissolved comes down too (`chemistry.neutralisation`). Oxidant that finds
    nothing, or has no time, stays in the liquor or leaves with the gas.
    """

    liquor = inlet("liquor with manganese")
    oxidant = supply("permanganate or persulfate solution, or sulfur dioxide in air")
    base = supply("alkali that holds the pH", optional=True)
    slurry = outlet("manganese dioxide in the liquor")
    offgas = outlet("gas that is left, and carbon dioxide")

    oxidant_ratio: PerCase = param(1.02, bounds=(0, 3), doc="oxidant to what ferrous iron and manganese take")
    oxidant_use: PerCase = param(
        1.0, bounds=(0.2, 1), doc="share of the oxidant that oxidises metals: one for salts, less for gas"
    )
    pH: PerCase = param(3.5, bounds=(1, 7), doc="held by the base", source="ZhangCheng2007")
    temperature: PerCase = param("70 degC", bounds=("15 degC", "95 degC"), doc="held in the tank")
    residence_time: PerCase = param("3 h", bounds=("10 min", "24 h"), doc="live volume over flow")
    agitation: PerCase = param(
        "0.5 kW/m^3", bounds=("0 kW/m^3", "5 kW/m^3"), doc="shaft power by live volume", source="Perry2008"
    )
    electricity = duty("kW", "agitator")
    heating = duty("kW", "to hold the temperature")
    cooling = duty("kW", "to hold the temperature")

    def run(self, liquor: Stream, oxidant: Stream, base: Stream, start: Array | None = None) -> Outlets:
        cases = max([s.cases for s in (liquor, oxidant, base)] + [np.size(getattr(self, name)) for name in self.params])
        liquor, oxidant, base = (s.repeated(cases) for s in (liquor, oxidant, base))
        whole = np.ones(cases)
        temperature, pH, time = whole * self.temperature, whole * self.pH, whole * self.residence_time

        wanted = self.oxidant_ratio * manganese.electrons_given(liquor.flow)
        lacking = np.maximum(wanted - manganese.electrons_taken(liquor.flow).sum(0), 0.0)
        content = manganese.electrons_taken(oxidant.flow).sum(0)
        factor = np.where(content > 0, lacking / np.where(content > 0, content, 1.0), 0.0)
        drawn = Stream(oxidant.flow * factor, oxidant.temperature)
        fed = liquor + drawn
        extent = manganese.oxidise(fed.flow, temperature, pH, time, whole * self.oxidant_use)
        oxidised = fed.react(manganese.STOICHIOMETRY, extent)

        tank = neutralise(oxidised.flow, temperature, pH, base.flow, start=start)
        alkali = Stream(base.flow * tank.dose, base.temperature)
        mixed = oxidised + alkali
        made = mixed.at(temperature).react(tank.stoichiometry, tank.extent)
        heat = mixed.heat_capacity * (temperature - mixed.temperature) - tank.heat
        live = np.maximum(fed.volume, 0.0) * time
        return Outlets(
            slurry=made.phase("solid", "aqueous", "organic"),
            offgas=made.phase("gas"),
            electricity=self.agitation * live,
            heating=np.maximum(heat, 0.0),
            cooling=np.maximum(-heat, 0.0),
            drawn={"oxidant": drawn, "base": alkali},
            status=tank.status,
            guess=tank.guess,
            report={
                "pH": tank.pH,
                "ionic_strength": tank.strength,
                "volume": live,
                "Mn_removed": _share(extent[1], liquor["Mn+2"]),
                "Co_lost": _share(extent[2], liquor["Co+2"]),
                "Ni_lost": _share(extent[3], liquor["Ni+2"]),
            },
        )


def _share(part: Array, whole: Array) -> Array:
    return part / np.where(whole > 0, whole, np.inf)
