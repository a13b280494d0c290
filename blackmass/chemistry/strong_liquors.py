"""Activities in liquors that crystallise: Pitzer's model, held where its expansion turns over."""

import dataclasses

import numpy as np
import numpy.typing as npt

from blackmass.chemistry.activity import Activity
from blackmass.chemistry.evaporation import figures
from blackmass.chemistry.pitzer import Pitzer

Array = npt.NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class StrongLiquors:
    """Pitzer's model up to the strongest saturated sulfate solutions, held beyond.

    Saturated solutions of the sulfates in water hold up to about 10.5 mol of ions in a kilogram of water. Not far
    beyond, the virial expansion turns over in hot liquors: the ion product falls as the liquor gets stronger, and a
    syrup would count as undersaturated. There the activities are those of the liquor diluted to that limit, so that
    the ion product goes on rising with concentration, and the case is out of range.
    """

    tier: str = "pitzer"

    def evaluate(self, names: tuple[str, ...], charges: Array, molality: Array, temperature: Array) -> Activity:
        """Return the activities; see `ActivityModel`."""
        total = molality.sum(0)
        limit = figures()["most_ions"]
        share = limit / np.maximum(total, limit)
        found = Pitzer().evaluate(names, charges, molality * share, temperature)
        held = share < 1
        if not held.any():
            return found
        gradient, water = found.gradient, found.water_gradient
        if gradient is not None and water is not None:
            # the derivative along the composition is taken out: only its direction counts
            along = share * held / np.maximum(total, limit)
            gradient = share * gradient - (np.einsum("ijn,jn->in", gradient, molality) * along)[:, None]
            water = share * water - (water * molality).sum(0) * along
        return Activity(
            found.ln_gamma,
            found.ln_water,
            found.out_of_range | (total > limit * (1 + 1e-9)),
            gradient=gradient,
            water_gradient=water,
        )
