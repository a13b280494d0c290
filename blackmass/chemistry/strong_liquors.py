"""Activities in liquors that crystallise: Pitzer's model, held where its expansion turns over."""

import dataclasses

import numpy as np
import numpy.typing as npt

from blackmass.chemistry.activity import Activity
from blackmass.chemistry.evaporation import figures
from blackmass.chemistry.pitzer import activities

Array = npt.NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class StrongLiquors:
    """Pitzer's model up to the strongest saturated sulfate solutions, held beyond.

    Saturated solutions of the sulfates in water hold up to about 10.5 mol of ions in a kilogram of water. Not far
    beyond, the virial expansion turns over in hot liquors: the ion product falls as the liquor gets stronger, and a
    syrup would count as undersaturated. There the activity coefficients are those of the liquor diluted to that limit,
    so that the ion product goes on rising with concentration; the activity of water falls on slowly
    (`pitzer_expansion.held`); and the case is out of range.
    """

    tier: str = "pitzer"

    @property
    def most_solutes(self) -> float:
        """Molality of all solutes [mol/kg] from which on the activity coefficients are held."""
        return figures()["most_ions"]

    def evaluate(self, names: tuple[str, ...], charges: Array, molality: Array, temperature: Array) -> Activity:
        """Return the activities; see `ActivityModel`."""
        return activities(self, names, charges, molality, temperature)
