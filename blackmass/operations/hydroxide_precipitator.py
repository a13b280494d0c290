"""Precipitation of nickel, cobalt and manganese as mixed hydroxide: MHP, or precursor of cathode material."""

import numpy as np

from blackmass import species
from blackmass.chemistry.alkali import dissolved_shares
from blackmass.chemistry.mixed_hydroxide import coprecipitate, members
from blackmass.declare import PerCase, duty, inlet, outlet, param, supply
from blackmass.operations.operation import Operation, Outlets
from blackmass.stream import Array, Stream


class HydroxidePrecipitator(Operation, area="precipitation of products"):
    """A stirred tank in which an alkali precipitates nickel, cobalt and manganese together as one hydroxide.

    With soda or magnesia at pH 7 to 8.5 it makes mixed hydroxide precipitate (MHP); with soda, ammonia, pH 10.5 to 11.5
    and a crystalline product it makes precursor (pCAM), whose mother liquor holds nickel and cobalt as ammines. The
    hydroxide is an ideal solid solution (`chemistry.mixed_hydroxide`); other solids form to equilibrium. Powdered
    magnesia dissolves only as far as its time allows (`chemistry.alkali`), and the rest stays in the product. The tank
    is closed: no ammonia evaporates, and no air oxidises manganese.
    """

    liquor = inlet("purified liquor of nickel, cobalt and manganese")
    base = supply("alkali: soda, magnesia, or lime")
    ammonia = supply("ammonia water, for precursor", optional=True)
    slurry = outlet("mixed hydroxide in its mother liquor")
    offgas = outlet("carbon dioxide")

    pH: PerCase = param(7.8, bounds=(6.5, 12.5), doc="held by the base, at the temperature of the tank")
    temperature: PerCase = param("50 degC", bounds=("20 degC", "90 degC"), doc="held in the tank")
    residence_time: PerCase = param("4 h", bounds=("15 min", "48 h"), doc="live volume over flow")
    ammonia_ratio: PerCase = param(
        0.5, bounds=(0, 3), doc="ammonia, of the liquor and drawn, per nickel, cobalt and manganese; 0 without a supply"
    )
    crystallinity: PerCase = param(
        0.0, bounds=(0, 1), doc="0 as fresh as MHP, 1 as crystalline as precursor", source="Giffaut2014"
    )
    agitation: PerCase = param(
        "0.5 kW/m^3", bounds=("0 kW/m^3", "10 kW/m^3"), doc="shaft power by live volume", source="Perry2008"
    )
    electricity = duty("kW", "agitator")
    heating = duty("kW", "to hold the temperature")
    cooling = duty("kW", "to hold the temperature")

    def run(self, liquor: Stream, base: Stream, ammonia: Stream, start: Array | None = None) -> Outlets:
        cases = max([s.cases for s in (liquor, base, ammonia)] + [np.size(getattr(self, name)) for name in self.params])
        liquor, base, ammonia = (s.repeated(cases) for s in (liquor, base, ammonia))
        whole = np.ones(cases)
        temperature = whole * self.temperature

        metal = np.maximum(liquor.flow[species.indices(members().metals)], 0.0).sum(0)
        content = ammonia["NH4+"]
        lacking = np.maximum(self.ammonia_ratio * metal - liquor["NH4+"], 0.0)
        able = content > 0
        factor = np.where(able, lacking / np.where(able, content, 1.0), 0.0)
        complexing = Stream(ammonia.flow * factor, ammonia.temperature)
        fed = liquor + complexing
        shares = dissolved_shares(temperature, whole * self.residence_time)
        tank = coprecipitate(
            fed.flow,
            temperature,
            whole * self.pH,
            base.flow * shares,
            ripening=whole * self.crystallinity,
            start=start,
        )
        drawn = Stream(base.flow * tank.dose, base.temperature)
        mixed = fed + drawn
        made = mixed.at(temperature).react(tank.stoichiometry, tank.extent)
        heat = mixed.heat_capacity * (temperature - mixed.temperature) - tank.heat
        live = np.maximum(mixed.volume, 0.0) * self.residence_time
        return Outlets(
            slurry=made.phase("solid", "aqueous", "organic"),
            offgas=made.phase("gas"),
            electricity=self.agitation * live,
            heating=np.maximum(heat, 0.0),
            cooling=np.maximum(-heat, 0.0),
            drawn={"base": drawn, "ammonia": complexing},
            status=tank.status,
            guess=tank.guess,
            report={"pH": tank.pH, "volume": live, **_report(fed, made)},
        )


def _report(fed: Stream, made: Stream) -> dict[str, Array]:
    """Share of each metal precipitated, and ammonia in the mother liquor [mol/m3]."""
    volume = np.maximum(made.phase("aqueous").volume, 0.0)
    report = {"ammonia": np.maximum(made["NH4+"], 0.0) / np.where(volume > 0, volume, np.inf)}
    for metal in members().metals:
        held = fed[metal]
        report[f"{metal.split('+')[0]}_precipitated"] = (held - made[metal]) / np.where(held > 0, held, np.inf)
    return report
