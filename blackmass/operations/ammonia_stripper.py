"""Recovery of ammonia from a mother liquor by steam."""

import numpy as np

from blackmass import species
from blackmass.chemistry.ammonia import free_share, kremser, lost_with, volatility
from blackmass.chemistry.evaporation import latent_heat
from blackmass.chemistry.mixed_hydroxide import coprecipitate
from blackmass.declare import PerCase, duty, inlet, outlet, param, supply
from blackmass.operations.operation import Operation, Outlets
from blackmass.stream import Array, Stream

_WATER = float(species.molar_mass("H2O"))
_AMMONIA = float(species.molar_mass("NH3"))
CRYSTALLINE = 1.0
_AIR = float(species.molar_mass("O2(N2)3.76")) / 4.76
MOST_WATER = 0.9  # of what the liquor holds can go with the ammonia


class AmmoniaStripper(Operation, area="precipitation of products"):
    """A boiling column that strips ammonia from precursor's mother liquor and condenses it as ammonia water.

    An alkali sets ammonium free; steam rises against the liquor through ideal stages (`chemistry.ammonia`), and a
    rectifying top brings the ammonia to its strength. Air that was dissolved in the liquor leaves the condenser
    saturated with ammonia. Without it nickel and cobalt come down as hydroxide (`chemistry.mixed_hydroxide`), to be
    filtered off and returned.
    """

    liquor = inlet("mother liquor with ammonia")
    base = supply("alkali that sets ammonium free")
    stripped = outlet("liquor without ammonia, with what has precipitated")
    ammonia_water = outlet("ammonia condensed with water")
    vent = outlet("ammonia that the air from the liquor takes past the condenser; the air itself is not booked")

    pH: PerCase = param(10.5, bounds=(8, 12.5), doc="held by the base, at the temperature of the column")
    temperature: PerCase = param("100 degC", bounds=("60 degC", "110 degC"), doc="at which the column boils")
    steam_ratio: PerCase = param(0.12, bounds=(0.01, 0.5), doc="vapour by liquor, by mass", source="Perry2008")
    stages: int = param(8, bounds=(1, 30), doc="ideal stages of the stripping section", source="Perry2008")
    strength: PerCase = param(0.18, bounds=(0.03, 0.3), doc="mass fraction of ammonia in the ammonia water")
    condenser: PerCase = param("35 degC", bounds=("10 degC", "60 degC"), doc="temperature of the vent")
    air: PerCase = param(
        "22 mg/kg", bounds=("1 mg/kg", "1 g/kg"), doc="dissolved in the liquor, by mass; 22 when saturated at 25 degC",
        source="CRC2016",
    )  # fmt: skip
    heat_recovery: PerCase = param(
        0.8, bounds=(0, 0.95), doc="share of the heat of the stripped liquor that warms the feed", source="Perry2008"
    )
    pumping: PerCase = param("1 kJ/kg", bounds=("0 kJ/kg", "20 kJ/kg"), doc="pumps, by mass of liquor; estimated")
    electricity = duty("kW", "pumps")
    heating = duty("kW", "steam: the vapour, and what the stripped liquor does not give the feed")
    cooling = duty("kW", "condenser")

    def run(self, liquor: Stream, base: Stream, start: Array | None = None) -> Outlets:
        cases = max([liquor.cases, base.cases] + [np.size(getattr(self, name)) for name in self.params])
        liquor, base = liquor.repeated(cases), base.repeated(cases)
        whole = np.ones(cases)
        temperature, pH = whole * self.temperature, whole * self.pH

        held, water = np.maximum(liquor["NH4+"], 0.0), np.maximum(liquor["H2O"], 0.0)
        vapour = self.steam_ratio * liquor.phase("aqueous").mass / _WATER
        flow_ratio = np.where(water > 0, vapour / np.where(water > 0, water, 1.0), 0.0)
        factor = volatility(temperature) * free_share(temperature, pH) * np.maximum(flow_ratio, 0.0)
        ammonia = held * (1 - kremser(factor, self.stages))
        air = self.air * np.maximum(liquor.phase("aqueous").mass, 0.0) / _AIR
        vented = ammonia * lost_with(air, ammonia, whole * self.condenser, whole * self.strength)
        ammonia = ammonia - vented
        along = np.minimum(ammonia * _AMMONIA * (1 - self.strength) / self.strength / _WATER, MOST_WATER * water)
        overhead = Stream.of({"NH4+": ammonia, "H+": -ammonia, "H2O": along}, temperature, cases)
        vent = Stream.of({"NH3(g)": vented}, whole * self.condenser, cases)
        gone = Stream.of({"NH4+": vented, "H+": -vented}, temperature, cases)
        left = Stream(liquor.flow - overhead.flow - gone.flow, liquor.temperature, liquor.sizes)

        tank = coprecipitate(left.flow, temperature, pH, base.flow, ripening=CRYSTALLINE * whole, start=start)
        drawn = Stream(base.flow * tank.dose, base.temperature)
        bottom = (left + drawn).at(temperature).react(tank.stoichiometry, tank.extent)
        latent = np.maximum(vapour, 0.0) * latent_heat(temperature)
        fed = liquor + drawn
        kept = 1 - self.heat_recovery
        sensible = kept * fed.heat_capacity * (temperature - fed.temperature) - tank.heat
        cooled = temperature - self.heat_recovery * (temperature - fed.temperature)
        mass = overhead.mass
        return Outlets(
            stripped=bottom.at(cooled),
            ammonia_water=overhead,
            vent=vent,
            electricity=self.pumping * liquor.mass,
            heating=np.maximum(latent + sensible, 0.0),
            cooling=latent + np.maximum(-latent - sensible, 0.0),
            drawn={"base": drawn},
            status=tank.status,
            guess=tank.guess,
            report={
                "recovery": np.where(held > 0, ammonia / np.where(held > 0, held, 1.0), 0.0),
                "stripping_factor": factor,
                "strength": ammonia * _AMMONIA / np.where(mass > 0, mass, np.inf),
                "pH": tank.pH,
            },
        )
