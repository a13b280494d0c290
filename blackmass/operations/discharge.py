"""Electrical discharge of cells, modules and packs before they are opened."""

from blackmass.declare import PerCase, duty, inlet, outlet, param
from blackmass.operations.operation import Operation, Outlets
from blackmass.stream import Stream


class Discharge(Operation, area="dry part"):
    """Discharge over a load: part of the charge goes back to the grid, the rest becomes heat in air-cooled resistors.

    Stored energy E = state of charge * specific capacity * mass. The cells pass unchanged: lithium that returns to the
    cathode on discharge is already there in a feed, whose state is that of discharged cells. Duties count what is
    consumed; the energy recovered is reported, not set against it.
    """

    cells = inlet("cells, modules or packs as received")
    discharged = outlet("cells, modules or packs without charge")

    state_of_charge: PerCase = param(0.3, bounds=(0, 1), doc="as received, by energy")
    specific_capacity: PerCase = param(
        "0.31 kW*h/kg",
        bounds=("0.01 kW*h/kg", "0.6 kW*h/kg"),
        doc="energy of the full feed by its mass: cells of 0.25 kWh and 0.80 kg; packs have 0.19",
        source="EverBatt2023",
    )
    recovered: PerCase = param(0.0, bounds=(0, 0.9), doc="share of the energy fed back to the grid")
    handling_energy: PerCase = param(
        "2 kW*h/t", bounds=("0 kW*h/t", "50 kW*h/t"), doc="conveyors, fans and controls; estimated"
    )
    electricity = duty("kW", "conveyors, fans and controls")

    def run(self, cells: Stream) -> Outlets:
        stored = self.state_of_charge * self.specific_capacity * cells.mass
        return Outlets(
            discharged=cells,
            electricity=self.handling_energy * cells.mass,
            report={
                "energy_stored": stored,
                "energy_recovered": self.recovered * stored,
                "heat_dissipated": (1 - self.recovered) * stored,
            },
        )
