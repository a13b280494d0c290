"""Quench and alkaline scrubbing of acid gas."""

import numpy as np

from blackmass import species
from blackmass.chemistry.aqueous import equilibrate
from blackmass.chemistry.evaporation import VAPORISATION, WATER_MASS, batch, latent_heat
from blackmass.chemistry.roasting import enthalpy_flow
from blackmass.chemistry.roasting_gases import ABSORPTION, absorb
from blackmass.chemistry.solvent_vapour import ATMOSPHERE, vapour_pressure, volatiles
from blackmass.declare import PerCase, duty, inlet, outlet, param, supply
from blackmass.operations.operation import Operation, Outlets
from blackmass.status import Status
from blackmass.stream import Array, Stream

SALTS = ("CaF2", "CaSO4.2H2O", "Ca3(PO4)2", "Ca(OH)2")
BASES = {"Ca(OH)2": 2.0, "CaO": 2.0, "NaOH": 1.0, "Mg(OH)2": 2.0, "MgO": 2.0, "CO3-2": 1.0, "Na2CO3": 1.0, "CaCO3": 1.0}
_LIME = species.reaction({"CaO": -1, "H2O": -1, "Ca(OH)2": 1})
_SODA = species.reaction({"NaOH": -1, "Na+": 1, "H2O": 1, "H+": -1})
DAMP = 1e-6  # kg/s of gas for each kg/s of liquor, below which there is none to clean


class GasScrubber(Operation, area="thermal treatment"):
    """A quench and packed column: hot gas is cooled with water and washed with caustic soda or milk of lime.

    .. math:: E = 1 - e^{-N}

    HF, POF3 (as hydrogen fluoride and phosphate) and SO2 (as sulfate) are absorbed by their transfer units N
    (`chemistry.roasting_gases`); alkali is drawn by the acid, water for what evaporates and for the bleed. Lime gives
    calcium fluoride, soda a solution of sodium fluoride, at equilibrium. Carbon dioxide passes.
    """

    gas = inlet("hot flue gas")
    alkali = supply("sodium hydroxide solution or milk of lime")
    water = supply("quench and make-up water")
    cleaned = outlet("gas to the stack")
    bleed = outlet("spent liquor with what has precipitated")

    temperature: PerCase = param("60 degC", bounds=("20 degC", "80 degC"), doc="of the gas that leaves")
    transfer_units: PerCase = param(
        5.0, bounds=(0, 15), doc="gas-side transfer units for HF; 5 capture 99 %", source="Perry2008"
    )
    alkali_ratio: PerCase = param(1.05, bounds=(0, 3), doc="alkali to the acid absorbed")
    strength: PerCase = param(0.02, bounds=(0.002, 0.1), doc="mass of acid absorbed by water of the bleed")
    power: PerCase = param("5 kJ/kg", bounds=("0 kJ/kg", "100 kJ/kg"), doc="fan and pumps, by mass of gas; estimated")
    electricity = duty("kW", "fan and pumps")
    cooling = duty("kW", "of the circulating liquor")
    heating = duty("kW", "where the gas comes colder than it leaves")

    def run(self, gas: Stream, alkali: Stream, water: Stream, start: Array | None = None) -> Outlets:
        cases = batch(gas, alkali, water, *(getattr(self, name) for name in self.params))
        gas, alkali, water = gas.repeated(cases), alkali.repeated(cases), water.repeated(cases)
        whole = np.ones(cases)
        kelvin = whole * self.temperature
        acids = sum(np.maximum(gas[n], 0.0) * species.MOLAR_MASS[species.index(n), 0] for n in ABSORPTION)
        vapour = self._evaporated(gas, kelvin)
        wanted = np.maximum(vapour, 0.0) + acids / self.strength / WATER_MASS
        quench = _drawn(water, wanted, water["H2O"])
        wet = gas + quench
        washed = absorb(wet, whole * self.transfer_units)
        base = -alkali["H+"] + sum(per * alkali[name] for name, per in BASES.items())
        drawn = _drawn(alkali, self.alkali_ratio * washed.acid, base)
        mixed = washed.stream + drawn
        mixed = mixed.react(_SODA, np.maximum(mixed["NaOH"], 0.0))
        mixed = mixed.react(_LIME, np.maximum(np.minimum(mixed["CaO"], mixed["H2O"]), 0.0)).at(kelvin)
        steam = np.minimum(vapour, np.maximum(mixed["H2O"], 0.0))
        settled = mixed.react(VAPORISATION, steam)
        found = equilibrate(settled.flow, kelvin, solids=SALTS, start=start)
        good = found.status <= Status.OUT_OF_RANGE
        made = settled.react(found.stoichiometry, np.where(good, found.extent, 0.0))
        heat = enthalpy_flow(made) - sum(enthalpy_flow(stream) for stream in (gas, quench, drawn))
        return Outlets(
            cleaned=made.phase("gas"),
            bleed=made.phase("solid", "aqueous", "organic"),
            drawn={"alkali": drawn, "water": quench},
            electricity=self.power * np.maximum(gas.mass, 0.0),
            cooling=np.maximum(-heat, 0.0),
            heating=np.maximum(heat, 0.0),
            status=found.status,
            guess=found.guess,
            report={"pH": found.pH, "fluorine_captured": _captured(gas, made)},
        )

    def _evaporated(self, gas: Stream, kelvin: Array) -> Array:
        """Water [mol/s] that evaporates to cool the gas, up to saturation; negative where steam condenses."""
        steam = np.maximum(gas["H2O(g)"], 0.0)
        dry = (np.maximum(gas.flow, 0.0) * species.PHASE_MASK["gas"]).sum(0) - steam
        names = [species.NAMES[row] for row in volatiles().liquid]
        share = np.minimum(vapour_pressure(kelvin)[names.index("H2O")] / ATMOSPHERE, 0.9)
        room = dry * share / (1 - share) - steam
        warmth = np.maximum(enthalpy_flow(gas) - enthalpy_flow(gas.at(kelvin)), 0.0)
        return np.minimum(room, warmth / latent_heat(kelvin))


def _drawn(supplied: Stream, wanted: Array, content: Array) -> Stream:
    """What is drawn of a supply for an amount wanted of its content; nothing of a supply without it."""
    factor = np.where(content > 0, wanted / np.where(content > 0, content, 1.0), 0.0)
    return Stream(supplied.flow * factor, supplied.temperature)


def _captured(gas: Stream, made: Stream) -> Array:
    rows = species.PHASE_MASK["gas"][:, 0] * species.ELEMENT_MATRIX[species.ELEMENTS.index("F")]
    before = rows @ gas.flow
    return np.where(before > 0, 1 - rows @ made.flow / np.where(before > 0, before, 1.0), 0.0)
