"""Contents of a leaching pulp, and the constants of its reactions, as records for compiled loops."""

from typing import Annotated

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
METALS, GROUPS = 3, 4
CELLS = METALS * GROUPS
TRACE = 1e-7
"""Acid [mol/L] that water itself has: keeps its logarithm finite when all is spent."""


class Pulp:
    """What one litre of liquor carries [mol/L].

    Layered oxides by metal (Ni, Co, Mn) and within it by group of sizes: `opened` LiMO2, which acid disproportionates,
    `closed` LiMO2, which it does not, `protonated` MOOH and `bare` MO2; `alumina_open` and `alumina_closed` LiAlO2 and
    `spinel` by group. `acid` is the titratable acid, H+ less 2 PO4 and F; `catalyst` is nickel, cobalt and manganese
    in oxides and in solution.
    """

    opened: Annotated[Array, CELLS]
    closed: Annotated[Array, CELLS]
    protonated: Annotated[Array, CELLS]
    bare: Annotated[Array, CELLS]
    alumina_open: Annotated[Array, GROUPS]
    alumina_closed: Annotated[Array, GROUPS]
    spinel: Annotated[Array, GROUPS]
    acid: float
    catalyst: float
    manganese: float
    peroxide: float
    sulfite: float
    glucose: float
    ferrous: float
    ferric: float
    phosphate: float
    olivine: float
    heterosite: float
    copper: float
    aluminium: float
    iron: float
    nickel_oxide: float
    cobalt_oxide: float
    nickel: float
    cobalt: float


class Rates:
    """Constants at the temperature and sizes of a case; concentrations in mol/L, time in s.

    `surface` is that of each group of sizes relative to the reference powder. See data/leach_kinetics.csv for each.
    """

    surface: Annotated[Array, GROUPS]
    disproportionation: float
    slow_disproportionation: float
    water_oxidation: float
    reduction: float
    exchange: float
    deposition: float
    sulfite: float
    glucose: float
    ferrous: float
    olivine: float
    copper: float
    aluminium: float
    iron: float
    copper_peroxide: float
    copper_ferric: float
    aluminium_acid: float
    aluminium_ferric: float
    iron_acid: float
    iron_ferric: float
    nickel_oxide_acid: float
    cobalt_oxide_acid: float
    nickel_acid: float
    cobalt_acid: float
    roasted_metal: float
    roasted_metal_peroxide: float
    roasted_metal_ferric: float
    olivine_acid: float
    heterosite_acid: float
    olivine_peroxide: float
    olivine_ferric: float
    ferrous_peroxide: float
    peroxide_loss: float
    half_potential: float
    half_manganese: float
    order_disproportionation: float
    order_hot: float
    order_reduction: float
    order_weak: float
    order_olivine: float
    order_roasted: float
    low_acid: float
    peroxide_efficiency: float
    phosphate_product: float
    phosphoric: float
