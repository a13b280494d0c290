"""Sizes of solids that form in a liquor."""

import numpy as np
import numpy.typing as npt

from blackmass import species
from blackmass.data.load import table
from blackmass.sizes import rosin_rammler

Array = npt.NDArray[np.float64]
_ROWS = table("fresh_sizes.csv", columns=("material", "size_um", "spread"), key=("material",))
_PLACES = np.array([species.MATERIALS.index(row["material"]) for row in _ROWS])
_SIZES = np.stack([rosin_rammler(1e-6 * float(row["size_um"]), float(row["spread"])) for row in _ROWS])[..., None]
_MASS = species.MATERIAL_MATRIX[_PLACES] * species.MOLAR_MASS[:, 0]


def with_fresh(sizes: Array, before: Array, after: Array) -> Array:
    """Return sizes (materials, classes, cases) after a reaction that took flows `before` to `after` (species, cases).

    What forms has the sizes of fresh solids (data/fresh_sizes.csv) and is mixed by mass with what was there; what
    dissolves leaves the sizes of the rest as they are.
    """
    old, new = np.maximum(_MASS @ before, 0.0), np.maximum(_MASS @ after, 0.0)
    share = np.where(new > old, 1 - old / np.where(new > 0, new, 1.0), 0.0)[:, None, :]
    mixed = np.array(np.broadcast_to(sizes, (*sizes.shape[:2], after.shape[1])))
    mixed[_PLACES] = (1 - share) * mixed[_PLACES] + share * _SIZES
    return mixed
