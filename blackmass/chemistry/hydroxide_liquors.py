"""Activities in liquors of lithium hydroxide."""

import dataclasses

from blackmass.chemistry.evaporation import figures
from blackmass.chemistry.strong_liquors import StrongLiquors


@dataclasses.dataclass(frozen=True)
class HydroxideLiquors(StrongLiquors):
    """Pitzer's model up to saturated lithium hydroxide, held beyond: stronger than any saturated sulfate.

    A liquor may hold 16 mol of ions in a kilogram of water (lithium hydroxide saturated at 100 °C has 14.6) before its
    activity coefficients are held and the case is out of range.
    """

    @property
    def most_solutes(self) -> float:
        """Molality of all solutes [mol/kg] from which on the activity coefficients are held."""
        return figures()["most_ions_hydroxide"]
