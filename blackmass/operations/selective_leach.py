"""Selective leaching of lithium from lithium iron phosphate in agitated tanks in series."""

import numpy as np

from blackmass.chemistry.leaching_feed import Tanks, leach
from blackmass.declare import PerCase, duty, inlet, outlet, param, supply
from blackmass.operations.operation import Operation, Outlets
from blackmass.stream import Array, Stream


class SelectiveLeach(Operation, area="leaching"):
    """Oxidative leaching of black mass with LiFePO4: lithium dissolves, iron and phosphate stay as FePO4.

    LiFePO4 + 1/2 H2O2 + H+ = Li+ + FePO4 + H2O takes half a mole of acid and of oxidant. More acid dissolves LiFePO4
    whole; the iron is oxidised and comes down with phosphate again as FePO4.2H2O as far as the acid left allows
    (`chemistry.leaching_balances`). The rates are those of `LeachTrain`; copper dissolves in what oxidant is left.
    """

    solids = inlet("black mass, dry or moist")
    lixiviant = inlet("recycled wash water and spent acid", optional=True)
    acid = supply("sulfuric acid")
    oxidant = supply("hydrogen peroxide")
    water = supply("process water, drawn to reach the pulp density", optional=True)
    slurry = outlet("lithium liquor with FePO4, graphite and other solids")
    offgas = outlet("oxygen, hydrogen and carbon dioxide")
    surplus = outlet("recycled lixiviant beyond what the pulp density takes")

    tanks: int = param(3, bounds=(1, 10), doc="tanks in series")
    residence_time: PerCase = param("2 hour", bounds=("0.25 hour", "24 hour"), doc="of the liquor in all tanks")
    temperature: PerCase = param("40 degC", bounds=("20 degC", "95 degC"), doc="held in every tank")
    pulp_density: PerCase = param(
        "100 g/L", bounds=("10 g/L", "300 g/L"), doc="dry solids per volume of liquor; thinner where more is recycled"
    )
    acid_ratio: PerCase = param(
        1.05, bounds=(0.05, 6), doc="acid with the free acid recycled, over half a mole of H2SO4 per mole of LiFePO4"
    )
    oxidant_ratio: PerCase = param(1.2, bounds=(0, 5), doc="oxidant over half a mole of H2O2 per mole of LiFePO4")
    agitation: PerCase = param(
        "0.5 kW/m^3", bounds=("0 kW/m^3", "5 kW/m^3"), doc="shaft power by volume of liquor", source="Perry2008"
    )
    electricity = duty("kW", "agitators")
    heating = duty("kW", "to reach and hold the temperature")
    cooling = duty("kW", "where reaction and dilution give more heat than is needed")

    def run(
        self,
        solids: Stream,
        lixiviant: Stream,
        acid: Stream,
        oxidant: Stream,
        water: Stream,
        start: Array | None = None,
    ) -> Outlets:
        def needed(brought: Stream) -> tuple[Array, Array]:
            olivine = brought["LiFePO4"]
            return self.acid_ratio * olivine, self.oxidant_ratio * olivine

        supplies = {"acid": acid, "oxidant": oxidant, "water": water}
        tanks = Tanks(self.tanks, self.residence_time, self.temperature, self.pulp_density)
        cases = max(np.size(getattr(self, name)) for name in self.params)
        leached = leach(solids, lixiviant, supplies, needed, tanks, cases, start)
        return Outlets(electricity=self.agitation * leached.volume, **leached.outlets)
