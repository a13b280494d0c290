"""Removal of impurities from a liquor by neutralisation to a pH."""

import numpy as np

from blackmass import species
from blackmass.chemistry import oxidation
from blackmass.chemistry.coprecipitation import sorption
from blackmass.chemistry.neutralisation import SOLIDS, lacking, neutralise
from blackmass.declare import PerCase, duty, inlet, outlet, param, supply
from blackmass.operations.operation import Operation, Outlets
from blackmass.stream import Array, Stream


class Neutraliser(Operation, area="impurity removal"):
    """A stirred tank held at a pH by dosing a base (or an acid), with ferrous iron oxidised if an oxidant is fed.

    Hydroxides, basic sulfates, phosphates, fluorides and carbonates form to equilibrium (`chemistry.neutralisation`);
    fresh iron and aluminium hydroxides take up nickel, cobalt, manganese and copper, booked as their hydroxides
    (`chemistry.coprecipitation`). Peroxide oxidises ferrous iron at once, oxygen at its own rate
    (`chemistry.oxidation`). Carbon dioxide leaves where it would pass 1 atm. A liquor that is already beyond the pH
    draws nothing; one that the reagent cannot bring there gets twice what it can take up and is marked, and the strong
    alkali that it lacks is reported [mol/s].
    """

    liquor = inlet("acid liquor or slurry")
    base = supply("alkali; or acid, for a liquor above the pH")
    oxidant = supply("hydrogen peroxide, oxygen or air", optional=True)
    slurry = outlet("neutralised liquor with what has precipitated")
    offgas = outlet("carbon dioxide, oxygen not used, and gas that came with the feeds")

    pH: PerCase = param(4.5, bounds=(1, 12), doc="held by the base")
    temperature: PerCase = param("60 degC", bounds=("10 degC", "95 degC"), doc="held in the tank")
    oxidant_ratio: PerCase = param(1.1, bounds=(0, 5), doc="oxidant over what ferrous iron takes")
    residence_time: PerCase = param("3 h", bounds=("5 min", "24 h"), doc="live volume over flow")
    jarosite: bool = param(False, doc="let jarosite form: it takes heat above 90 °C, seed and hours")
    agitation: PerCase = param(
        "0.5 kW/m^3", bounds=("0 kW/m^3", "5 kW/m^3"), doc="shaft power by live volume", source="Perry2008"
    )
    electricity = duty("kW", "agitator")
    heating = duty("kW", "to hold the temperature")
    cooling = duty("kW", "to hold the temperature")

    def run(self, liquor: Stream, base: Stream, oxidant: Stream, start: Array | None = None) -> Outlets:
        cases = max(s.cases for s in (liquor, base, oxidant))
        cases = max([cases, *(np.size(getattr(self, name)) for name in self.params)])
        liquor, base, oxidant = (s.repeated(cases) for s in (liquor, base, oxidant))
        whole = np.ones(cases)
        temperature, pH = whole * self.temperature, whole * self.pH

        aired = self._oxidant_drawn(liquor, oxidant)
        fed = liquor + aired
        volume = np.maximum(fed.volume, 0.0)
        conditions = oxidation.Conditions(pH, temperature, whole * self.residence_time, volume)
        oxidised = fed.react(oxidation.STOICHIOMETRY, oxidation.oxidise(fed.flow, conditions))
        solids = (*SOLIDS, "jarosite-Na") if self.jarosite else SOLIDS
        tank = neutralise(oxidised.flow, temperature, pH, base.flow, solids=solids, start=start)

        drawn = Stream(base.flow * tank.dose, base.temperature)
        mixed = oxidised + drawn
        product = mixed.at(temperature).react(tank.stoichiometry, tank.extent)
        heat = mixed.heat_capacity * (temperature - mixed.temperature) - tank.heat
        live = volume * self.residence_time
        return Outlets(
            slurry=product.phase("solid", "aqueous", "organic"),
            offgas=product.phase("gas"),
            electricity=self.agitation * live,
            heating=np.maximum(heat, 0.0),
            cooling=np.maximum(-heat, 0.0),
            drawn={"base": drawn, "oxidant": aired},
            status=tank.status,
            guess=tank.guess,
            report={
                "pH": tank.pH,
                "ionic_strength": tank.strength,
                "iron_oxidised": _share(liquor["Fe+2"] - oxidised["Fe+2"], liquor["Fe+2"]),
                "alkali_lacking": lacking(product.flow, temperature, pH, tank.pH, solids=solids),
                "volume": live,
                **_losses(oxidised, tank.taken_up),
            },
        )

    def _oxidant_drawn(self, liquor: Stream, oxidant: Stream) -> Stream:
        """What is drawn of the oxidant: the ratio asked for, less the peroxide that the liquor brings."""
        needed = self.oxidant_ratio * np.maximum(liquor["Fe+2"], 0.0) - 2 * np.maximum(liquor["H2O2"], 0.0)
        content = oxidation.equivalents(oxidant.flow)
        factor = np.where(content > 0, np.maximum(needed, 0.0) / np.where(content > 0, content, 1.0), 0.0)
        return Stream(oxidant.flow * factor, oxidant.temperature)


def _losses(liquor: Stream, taken_up: Array) -> dict[str, Array]:
    """Share of each metal that the hydroxides take up."""
    metals = sorption().metals
    held = liquor.flow[species.indices(metals)]
    shares = _share(taken_up, held)
    return {f"{name.split('+')[0]}_taken_up": share for name, share in zip(metals, shares, strict=True)}


def _share(part: Array, whole: Array) -> Array:
    return part / np.where(whole > 0, whole, np.inf)
