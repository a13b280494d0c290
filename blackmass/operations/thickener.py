"""Settling of solids from a liquor."""

import numpy as np

from blackmass import species
from blackmass.declare import PerCase, duty, inlet, outlet, param
from blackmass.operations.operation import Operation, Outlets
from blackmass.stream import Stream


class Thickener(Operation, area="separation of solids"):
    """A gravity thickener: solids settle to an underflow of a given density, clear liquor overflows.

    The underflow takes the liquor that its solids hold, m_liquor = m_solids (1 - w) / w with w the mass
    fraction of solids; a slurry that is thicker than that leaves whole as underflow.
    """

    slurry = inlet("solids in liquor")
    overflow = outlet("clear liquor")
    underflow = outlet("thickened solids")

    underflow_solids: PerCase = param(
        0.35, bounds=(0.05, 0.65), doc="mass fraction of solids in the underflow", source="Perry2008"
    )
    solids_to_overflow: PerCase = param(
        0.001, bounds=(0, 0.05), doc="share of the solids that does not settle", source="Perry2008"
    )
    power: PerCase = param("50 J/kg", bounds=("0 J/kg", "1 kJ/kg"), doc="rake and pump, by mass of slurry")
    electricity = duty("kW", "rake and underflow pump")

    def run(self, slurry: Stream) -> Outlets:
        solids = slurry.phase("solid").mass
        liquor = slurry.mass - solids
        held = solids * (1 - self.solids_to_overflow) * (1 - self.underflow_solids) / self.underflow_solids
        share = np.where(liquor > 0, np.minimum(held / np.where(liquor > 0, liquor, 1.0), 1.0), 1.0)
        settled = species.PHASE_MASK["solid"]
        underflow, overflow = slurry.split(settled * (1 - self.solids_to_overflow) + (1 - settled) * share)
        return Outlets(overflow=overflow, underflow=underflow, electricity=self.power * slurry.mass)
