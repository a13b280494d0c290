"""Drying of crystals, filter cakes and powders."""

import numpy as np

from blackmass import species
from blackmass.chemistry.evaporation import WATER_MASS, batch, latent_heat
from blackmass.chemistry.reagents import reagent_stream
from blackmass.chemistry.solvent_vapour import stripped, volatiles
from blackmass.declare import PerCase, duty, inlet, outlet, param
from blackmass.operations.operation import Operation, Outlets
from blackmass.stream import Stream

_WATER = species.index("H2O")


class Dryer(Operation, area="evaporation and crystallisation"):
    """A contact or fluid-bed dryer that takes the adhering water off a wet solid, and the solvents of an electrolyte.

    Crystals keep their water of hydration, and what the adhering liquor held in solution stays in the product, as
    dissolved species beside the moisture that is left. A feed that is drier than the moisture asked for is only
    warmed. The drying air is no part of the balance; with the steam it strips solvents (`chemistry.solvent_vapour`).
    """

    wet = inlet("wet crystals or cake")
    dry = outlet("dried product")
    vapour = outlet("vapour of water and solvents")

    temperature: PerCase = param("80 degC", bounds=("40 degC", "200 degC"), doc="of the product")
    moisture: PerCase = param(0.005, bounds=(0, 0.1), doc="mass fraction of free water in the product")
    air_ratio: PerCase = param(2.0, bounds=(0, 50), doc="drying air by mass of dry solids; estimated")
    efficiency: PerCase = param(
        0.7, bounds=(0.2, 1), doc="heat that reaches the product; the rest warms the air", source="Perry2008"
    )
    power: PerCase = param(
        "40 kJ/kg", bounds=("0 kJ/kg", "500 kJ/kg"), doc="fans and drive, by mass of wet feed; estimated"
    )
    electricity = duty("kW", "fans and drive")
    heating = duty("kW", "evaporation and warming")

    def run(self, wet: Stream) -> Outlets:
        wet = wet.repeated(batch(wet, *(getattr(self, name) for name in self.params)))
        water = np.maximum(wet["H2O"], 0.0)
        others = wet.mass - wet["H2O"] * WATER_MASS
        kept = self.moisture / (1 - self.moisture) * np.maximum(others, 0.0) / WATER_MASS
        removed = np.maximum(water - kept, 0.0)
        air = self.air_ratio * np.maximum(others, 0.0) * _air_by_mass()
        known = volatiles()
        extent = stripped(wet, self.temperature, air + removed) + removed * (known.liquid == _WATER)[:, None]
        heat = np.maximum(wet.heat_capacity * (self.temperature - wet.temperature), 0.0)
        dried = wet.react(known.stoichiometry, extent).at(self.temperature)
        share = np.zeros_like(dried.flow)
        share[known.vapour] = extent / np.where(extent > 0, dried.flow[known.vapour], 1.0)
        vapour, dry = dried.split(share)
        solvents = (extent * known.enthalpy * (known.liquid != _WATER)[:, None]).sum(0)
        return Outlets(
            dry=dry,
            vapour=vapour,
            electricity=self.power * wet.mass,
            heating=(heat + removed * latent_heat(self.temperature) + solvents) / self.efficiency,
            report={"moisture": _fraction(dry)},
        )


def _air_by_mass() -> float:
    """Moles of air in a kilogram."""
    air = reagent_stream("air")[0]
    return float(air.flow.sum() / air.mass[0])


def _fraction(product: Stream) -> np.ndarray:
    mass = product.mass
    return np.where(mass > 0, product["H2O"] * WATER_MASS / np.where(mass > 0, mass, 1.0), 0.0)
