"""Shredding of cells, modules and packs under an inert gas."""

import numpy as np

from blackmass import species
from blackmass.chemistry.breakage import REFERENCE_GRID, shredded_sizes
from blackmass.chemistry.solvent_vapour import ATMOSPHERE, GAS_CONSTANT, evaporate
from blackmass.declare import PerCase, duty, inlet, outlet, param
from blackmass.operations.operation import Operation, Outlets
from blackmass.stream import Stream

HYDROLYSIS = species.reaction({"LiPF6": -1, "H2O": -1, "LiF": 1, "POF3(g)": 1, "HF(g)": 2})


class Shredder(Operation):
    """Rotary shear that opens cells and frees the coatings from their foils.

    Gives every material its particle sizes (`chemistry.breakage`), lets light solvent evaporate into the inert gas
    that is drawn through (`chemistry.solvent_vapour`; the inert gas itself is no part of the balance), and lets a
    share of the salt hydrolyse as far as the feed brings water. Energy follows the grid as in Bond's third theory,
    E ~ grid^(-1/2).
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
        "20 kW*h/t", bounds=("1 kW*h/t", "500 kW*h/t"), doc="at a grid of 20 mm; estimated", source="EverBatt2023"
    )
    electricity = duty("kW", "drive")

    def run(self, cells: Stream) -> Outlets:
        sizes = shredded_sizes(cells, self.grid)
        hydrolysed = self.hydrolysis * np.minimum(cells["LiPF6"], cells["H2O"])
        opened = cells.at(self.temperature).with_sizes(sizes).react(HYDROLYSIS, hydrolysed)
        carrier = self.gas_draw * cells.mass * ATMOSPHERE / (GAS_CONSTANT * self.temperature)
        vented = evaporate(opened, self.temperature, ATMOSPHERE, carrier).stream
        power = self.specific_energy * cells.mass * (REFERENCE_GRID / self.grid) ** 0.5
        return Outlets(
            shred=vented.phase("solid", "aqueous", "organic"), offgas=vented.phase("gas"), electricity=power
        )
