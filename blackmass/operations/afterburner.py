"""Combustion of the gas of a roaster or of shredding."""

import numpy as np

from blackmass import species
from blackmass.chemistry.evaporation import batch
from blackmass.chemistry.roasting import enthalpy_flow
from blackmass.chemistry.roasting_gases import burn, oxygen_demand
from blackmass.declare import PerCase, duty, inlet, outlet, param, supply
from blackmass.operations.operation import Operation, Outlets
from blackmass.status import Status
from blackmass.stream import Array, Stream

SHORT = 1e-9  # of the demand for oxygen that may be lacking


class Afterburner(Operation, area="thermal treatment"):
    """A combustion chamber: carbon monoxide, hydrogen, hydrocarbons and solvents burn with air in excess.

    .. math:: C_x H_y O_z + (x + y/4 - z/2) O_2 \\rightarrow x CO_2 + (y/2) H_2O

    Combustion is complete where there is oxygen. Fuel is drawn to hold the temperature, which is linear in it; where
    the gas burns hotter a boiler takes the heat. PF5 becomes POF3 and HF; nitrogen oxides are not followed.
    """

    gas = inlet("gas that burns")
    air = supply("combustion air")
    fuel = supply("natural gas", optional=True)
    flue_gas = outlet("hot flue gas")

    temperature: PerCase = param(
        "850 degC", bounds=("700 degC", "1200 degC"), doc="of the flue gas; 850 °C for 2 s is usual", source="Perry2008"
    )
    excess_air: PerCase = param(0.2, bounds=(0, 3), doc="oxygen beyond what burns, by what burns", source="Perry2008")
    heat_loss: PerCase = param(0.05, bounds=(0, 0.3), doc="share of the heat of the flue gas lost; estimated")
    power: PerCase = param("3 kJ/kg", bounds=("0 kJ/kg", "100 kJ/kg"), doc="fan, by mass of flue gas; estimated")
    electricity = duty("kW", "fan")
    heating = duty("kW", "where there is no fuel to hold the temperature")
    cooling = duty("kW", "boiler, where the gas burns hotter")

    def run(self, gas: Stream, air: Stream, fuel: Stream) -> Outlets:
        cases = batch(gas, air, fuel, *(getattr(self, name) for name in self.params))
        gas, air, fuel = gas.repeated(cases), air.repeated(cases), fuel.repeated(cases)
        need = -self._surplus(gas, self._air(gas, air))
        gives = self._surplus(fuel, self._air(fuel, air))
        useful = (gives > 0) & (oxygen_demand(fuel) > 0)
        amount = np.where(useful, np.maximum(need, 0.0) / np.where(useful, gives, 1.0), 0.0)
        drawn_fuel = Stream(fuel.flow * amount, fuel.temperature)
        drawn_air = self._air(gas + drawn_fuel, air)
        mixed = gas + drawn_fuel + drawn_air
        flue = burn(mixed).at(self.temperature)
        balance = self._surplus(gas, drawn_fuel, drawn_air)
        lacking = oxygen_demand(mixed) - np.maximum(mixed["O2(g)"], 0.0) > SHORT * oxygen_demand(mixed)
        return Outlets(
            flue_gas=flue,
            drawn={"air": drawn_air, "fuel": drawn_fuel},
            electricity=self.power * np.maximum(flue.mass, 0.0),
            heating=np.maximum(-balance, 0.0),
            cooling=np.maximum(balance, 0.0),
            status=np.where(lacking, Status.OUT_OF_RANGE, Status.OK),
            report={"oxygen": _share(flue, "O2(g)"), "carbon_monoxide": _share(flue, "CO(g)")},
        )

    def _air(self, gas: Stream, air: Stream) -> Stream:
        """The air that a gas takes."""
        wanted = np.maximum((1 + self.excess_air) * oxygen_demand(gas) - np.maximum(gas["O2(g)"], 0.0), 0.0)
        content = air["O2(g)"]
        factor = np.where(content > 0, wanted / np.where(content > 0, content, 1.0), 0.0)
        return Stream(air.flow * factor, air.temperature)

    def _surplus(self, *parts: Stream) -> Array:
        """Heat [W] left when the products of some streams leave at the temperature."""
        flue = burn(sum(parts, Stream.empty(parts[0].cases))).at(self.temperature)
        return sum(enthalpy_flow(part) for part in parts) - enthalpy_flow(flue) - self._lost(flue)

    def _lost(self, flue: Stream) -> Array:
        """Heat [W] lost to the surroundings, by the warmth of the flue gas."""
        return self.heat_loss * (enthalpy_flow(flue) - enthalpy_flow(flue.at(298.15)))


def _share(stream: Stream, name: str) -> Array:
    gas = (stream.flow * species.PHASE_MASK["gas"]).sum(0)
    return stream[name] / np.where(gas > 0, gas, np.inf)
