"""Copper cathodes from a strip liquor by electrowinning."""

import numpy as np

from blackmass import species
from blackmass.chemistry.electrowinning import STOICHIOMETRY, figures, plate, voltage
from blackmass.declare import PerCase, duty, inlet, outlet, param
from blackmass.operations.operation import Operation, Outlets
from blackmass.status import Status
from blackmass.stream import Stream

_COPPER = float(species.molar_mass("Cu"))
_SOLID_COPPER = species.column({"Cu": 1.0})[:, None]


class CopperElectrowinning(Operation, area="extraction and electrowinning"):
    """Cells with lead anodes and steel cathodes: copper plates, oxygen evolves, and the acid comes back.

    Ferric iron takes its share of the current, and ferrous iron is oxidised again at the anode (`chemistry.
    electrowinning`); the spent electrolyte returns to the stripping circuit. Above half of the limiting current density
    the deposit gets rough and the case is out of range. Nothing else plates.
    """

    electrolyte = inlet("rich electrolyte from stripping")
    cathodes = outlet("copper")
    spent = outlet("spent electrolyte with its acid")
    offgas = outlet("oxygen, and hydrogen where copper runs short")

    depletion: PerCase = param(0.3, bounds=(0.02, 0.95), doc="share of the copper that is plated")
    current_density: PerCase = param(
        "280 A/m^2", bounds=("50 A/m^2", "500 A/m^2"), doc="at the cathode", source="Schlesinger2011"
    )
    temperature: PerCase = param("45 degC", bounds=("20 degC", "70 degC"), doc="of the electrolyte")
    gap: PerCase = param(
        "45 mm", bounds=("20 mm", "80 mm"), doc="between the faces of anode and cathode", source="Beukes2009"
    )
    shorts: PerCase = param(
        0.03,
        bounds=(0, 0.3),
        doc="share of the current lost in short circuits and to stray paths",
        source="Schlesinger2011",
    )
    rectifier: PerCase = param(
        0.97, bounds=(0.8, 1), doc="efficiency of transformer and rectifier", source="Beukes2009"
    )
    electricity = duty("kW", "direct current and its rectifier")
    heating = duty("kW", "to hold the temperature")
    cooling = duty("kW", "to take out the heat of the cells")

    def run(self, electrolyte: Stream) -> Outlets:
        cases = max([electrolyte.cases] + [np.size(getattr(self, name)) for name in self.params])
        electrolyte = electrolyte.repeated(cases)
        whole = np.ones(cases)
        temperature, density = whole * self.temperature, whole * self.current_density

        volume = np.maximum(electrolyte.volume, 0.0)
        plated = np.where(volume > 0, np.maximum(electrolyte["Cu+2"], 0.0) * self.depletion, 0.0)
        plated = np.minimum(plated, np.maximum(electrolyte["H2O"], 0.0) / 10)
        cell = plate(electrolyte.flow, volume, plated, density)
        made = electrolyte.at(temperature).react(STOICHIOMETRY, cell.extent)
        gas = made.phase("gas")
        cathodes, rest = Stream(made.flow - gas.flow, temperature, made.sizes).split(
            _SOLID_COPPER * (plated / np.where(made["Cu"] > 0, made["Cu"], np.inf))
        )
        litres = np.where(volume > 0, volume, np.inf)
        cell_voltage = voltage(
            density, whole * self.gap, np.maximum(made["H+"], 0.0) / 2 / litres, np.maximum(made["Cu+2"], 0.0) / litres
        )
        power = cell_voltage * cell.current / (1 - self.shorts)
        electricity = power / self.rectifier
        sensible = electrolyte.heat_capacity * (temperature - electrolyte.temperature)
        heat = sensible - power + 1e3 * figures()["reaction_enthalpy"] * plated
        mass = plated * _COPPER
        return Outlets(
            cathodes=cathodes,
            spent=rest,
            offgas=gas,
            electricity=electricity,
            heating=np.maximum(heat, 0.0),
            cooling=np.maximum(-heat, 0.0),
            status=np.where(cell.rough, Status.OUT_OF_RANGE, Status.OK),
            report={
                "current_efficiency": cell.efficiency * (1 - self.shorts),
                "cell_voltage": cell_voltage,
                "energy": electricity / np.where(mass > 0, mass, np.inf),
                "cathode_area": cell.current / density,
                "limiting_density": cell.limit,
                "ferric": cell.ferric,
            },
        )
