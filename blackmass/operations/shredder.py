"""Shredding of cells, modules and packs under an inert gas."""

import numpy as np
from scipy.constants import R as GAS_CONSTANT

from blackmass import species
from blackmass.chemistry.breakage import REFERENCE_GRID, shredded_sizes
from blackmass.chemistry.solvent_vapour import ATMOSPHERE, evaporate
from blackmass.declare import PerCase, duty, inlet, outlet, param
from blackmass.operations.operation import Operation, Outlets
from blackmass.stream import Stream

HYDROLYSIS = species.reaction({"LiPF6": -1, "H2O": -1, "LiF": 1, "POF3(g)": 1, "HF(g)": 2})


class Shredder(Operation, area="dry part"):
    """Rotary shear that opens cells and frees the coatings from their foils.

    Gives every material its particle sizes (`chemistry.breakage`), lets light solvent evaporate into the inert gas
    that is drawn through (`chemistry.solvent_vapour`; the inert gas itself is no part of the balance), and lets a
    share of the salt hydrolyse as far as the feed brings water. Energy follows the grid as in Bond's third theory,
    E ~ grid^(-1/2) (Bond, Trans. AIME 193 (1952) 484). The heat balance counts drive, vapour and warming of the
    solids, not the carrier gas nor charge left in the cells.
    """

    cells = inlet("cells, modules, packs or scrap, or coarse shred for a second stage")
    shred = outlet("shredded solids with the electrolyte left in them")
    offgas = outlet("vapours and gases drawn off")

    grid: PerCase = param("20 mm", bounds=("2 mm", "100 mm"), doc="opening of the discharge grid")
    temperature: PerCase = param("40 degC", bounds=("-20 degC", "90 degC"), doc="of the shred")
    gas_draw: PerCase = param(
        "0.1 m^3/kg", bounds=("0 m^3/kg", "10 m^3/kg"), doc="inert gas drawn through per mass of feed"
    )
    hydrolysis: PerCase = param(0.0, bounds=(0, 1), doc="share of LiPF6 that reacts with water where the feed has it")
    specific_energy: PerCase = param(
        "20 kW*h/t",
        bounds=("1 kW*h/t", "500 kW*h/t"),
        doc="at a grid of 20 mm: 74.6 kW at 3.7 t/h",
        source="EverBatt2023",
    )
    electricity = duty("kW", "drive")
    heating = duty("kW", "to reach the temperature of the shred, where the drive does not suffice")
    cooling = duty("kW", "to hold the temperature of the shred against the heat of the drive")

    def run(self, cells: Stream) -> Outlets:
        cells = cells.repeated(max([cells.cases, *(np.size(getattr(self, name)) for name in self.params)]))
        hydrolysed = self.hydrolysis * np.minimum(cells["LiPF6"], cells["H2O"])
        opened = cells.with_sizes(shredded_sizes(cells, self.grid)).at(self.temperature).react(HYDROLYSIS, hydrolysed)
        carrier = self.gas_draw * cells.mass * ATMOSPHERE / (GAS_CONSTANT * self.temperature)
        vented = evaporate(opened, self.temperature, ATMOSPHERE, carrier)
        drive = self.specific_energy * cells.mass * (REFERENCE_GRID / self.grid) ** 0.5
        heat = cells.heat_capacity * (self.temperature - cells.temperature) + vented.heat - drive
        return Outlets(
            shred=vented.stream.phase("solid", "aqueous", "organic"),
            offgas=vented.stream.phase("gas"),
            electricity=drive,
            heating=np.maximum(heat, 0.0),
            cooling=np.maximum(-heat, 0.0),
        )
