"""Acid leaching of black mass in agitated tanks in series."""

import numpy as np

from blackmass.chemistry.leaching_feed import Tanks, leach
from blackmass.chemistry.leaching_stoichiometry import acid_demand, electron_demand
from blackmass.declare import PerCase, duty, inlet, outlet, param, supply
from blackmass.operations.operation import Operation, Outlets
from blackmass.stream import Array, Stream


class LeachTrain(Operation, area="leaching"):
    """Reductive leaching of black mass in sulfuric acid, in equal agitated tanks in series.

    .. math:: 2 LiMO_2 + 6 H^+ + H_2O_2 \\rightarrow 2 Li^+ + 2 M^{2+} + 4 H_2O + O_2

    Acid takes 37 % of the metals of a layered oxide and most of its lithium fast and stops; a reductant (H2O2, SO2,
    glucose, copper, aluminium, iron, LiFePO4 or Fe2+) dissolves the residue, hot acid alone does so slowly and gives
    off oxygen (`chemistry.leaching_balances`). NiO and CoO of a roast dissolve in acid alone, their metals with
    evolution of hydrogen or by the oxidants at hand. Every tank is mixed, so that particles leave with an exponential
    spread of ages; each group of sizes reacts with its surface. Reagents are drawn in proportion to what complete
    dissolution would take. Gases leave; hydrogen fluoride stays in the liquor, where aluminium binds it, and
    carbonate solvents stay with the solids. Water vapour in the offgas is not followed.
    """

    solids = inlet("black mass, dry or moist")
    lixiviant = inlet("recycled wash water and spent acid", optional=True)
    acid = supply("sulfuric acid")
    reductant = supply("hydrogen peroxide, sulfur dioxide or glucose", optional=True)
    water = supply("process water, drawn to reach the pulp density", optional=True)
    slurry = outlet("pregnant leach solution and undissolved solids")
    offgas = outlet("oxygen, hydrogen and carbon dioxide")
    surplus = outlet("recycled lixiviant beyond what the pulp density takes")

    tanks: int = param(3, bounds=(1, 10), doc="tanks in series")
    residence_time: PerCase = param("4 hour", bounds=("0.25 hour", "24 hour"), doc="of the liquor in all tanks")
    temperature: PerCase = param("70 degC", bounds=("20 degC", "95 degC"), doc="held in every tank")
    pulp_density: PerCase = param(
        "100 g/L", bounds=("10 g/L", "300 g/L"), doc="dry solids per volume of liquor; thinner where more is recycled"
    )
    acid_ratio: PerCase = param(
        1.1, bounds=(0.05, 3), doc="acid with the free acid recycled, over that for complete dissolution"
    )
    reductant_ratio: PerCase = param(
        1.0, bounds=(0, 5), doc="electrons that the reductant offers over those that the oxides lack beside LiFePO4"
    )
    dosed_tanks: int = param(3, bounds=(1, 10), doc="tanks, from the first, that share the reductant in equal parts")
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
        reductant: Stream,
        water: Stream,
        start: Array | None = None,
    ) -> Outlets:
        def needed(brought: Stream) -> tuple[Array, Array]:
            lacking = np.maximum(electron_demand(brought) - brought["LiFePO4"], 0.0)
            return self.acid_ratio * acid_demand(brought), self.reductant_ratio * lacking

        supplies = {"acid": acid, "reductant": reductant, "water": water}
        tanks = Tanks(self.tanks, self.residence_time, self.temperature, self.pulp_density, self.dosed_tanks)
        cases = max(np.size(getattr(self, name)) for name in self.params)
        leached = leach(solids, lixiviant, supplies, needed, tanks, cases, start)
        return Outlets(electricity=self.agitation * leached.volume, **leached.outlets)
