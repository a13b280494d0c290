"""How activities take part in Newton's method for aqueous equilibrium.

Activity coefficients follow a few coordinates of composition: the molalities of the major species, or ionic strength.
The coordinates are unknowns beside the activities of the components, so that the method converges quadratically; each
is solved as the logarithm of what is there against what is assumed.
"""

import dataclasses

import numpy as np
import numpy.typing as npt

from blackmass.chemistry.activity import Activity, ActivityModel
from blackmass.chemistry.speciation import System

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Index = npt.NDArray[np.intp]
MAJOR = 1e-4  # mol/kg from which a species may move the activity coefficients of others within a step
TINY = 1e-300


@dataclasses.dataclass
class Medium:
    """The activities at assumed coordinates of composition, with the derivatives that the model gives."""

    molality: Array  # (dissolved, cases)
    activity: Activity
    major: Index | None  # species that are the coordinates; None: the only one is ionic strength, or there is none
    weights: Array  # (coordinates, dissolved)
    slopes: Array  # (dissolved, coordinates, cases) of ln gamma, the activity of water in them
    water_slopes: Array  # (coordinates, cases)

    @classmethod
    def at(cls, model: ActivityModel, system: System, molality: Array, temperature: Array) -> "Medium":
        """Evaluate at molalities (dissolved, cases)."""
        activity = model.evaluate(system.names, system.charges, molality, temperature)
        dissolved, cases = molality.shape
        hydration = system.content[:-1, system.water, None, None]
        if activity.gradient is not None:
            major = np.flatnonzero(molality.max(1) > MAJOR)
            water = activity.water_gradient
            by_water = np.zeros((major.size, cases)) if water is None else water[major]
            slopes = activity.gradient[:, major] - hydration * by_water
            return cls(molality, activity, major, np.eye(dissolved)[major], slopes, by_water)
        few = 0 if activity.slope is None else 1
        weights = 0.5 * system.charges[None, :] ** 2
        slopes = np.zeros((dissolved, 0, cases)) if activity.slope is None else activity.slope[:, None]
        return cls(molality, activity, None, weights[:few], slopes, np.zeros((few, cases)))

    @property
    def exponents(self) -> Array:
        """(1, cases) that multiplies the last column of `System.exponents`."""
        return self.activity.ln_water[None]

    @property
    def ln_gamma(self) -> Array | None:
        """(dissolved, cases)."""
        return self.activity.ln_gamma

    @property
    def ln_water(self) -> Array:
        """(cases,)."""
        return self.activity.ln_water

    @property
    def out_of_range(self) -> Mask:
        """(cases,)."""
        return self.activity.out_of_range

    @property
    def assumed(self) -> Array:
        """(coordinates, cases) at which the activities hold."""
        return self.weights @ self.molality

    def take(self, keep: Mask | Index) -> "Medium":
        """Return some of the cases."""
        its = self.activity
        activity = Activity(its.ln_gamma[:, keep], its.ln_water[keep], its.out_of_range[keep])
        slopes, by_water = self.slopes[..., keep], self.water_slopes[:, keep]
        return Medium(self.molality[:, keep], activity, self.major, self.weights, slopes, by_water)

    def put(self, where: Index, other: "Medium", keep: Mask) -> None:
        """Write some of the cases of another; the slopes are left."""
        self.molality[:, where] = other.molality[:, keep]
        self.activity.ln_gamma[:, where] = other.activity.ln_gamma[:, keep]
        self.activity.ln_water[where] = other.activity.ln_water[keep]
        self.activity.out_of_range[where] = other.activity.out_of_range[keep]

    def here(self, system: System, molality: Array) -> Array:
        """Return the coordinates (coordinates, cases) of a composition (dissolved, cases)."""
        return molality[self.major] if self.major is not None else self.weights @ molality

    def columns(self, system: System, amounts: Array) -> Array:
        """Return how balances and givers (cases, balances + 1, coordinates) change with the coordinates."""
        dissolved, coordinates, cases = self.slopes.shape
        change = -self.slopes * amounts[:-1, None]
        balances = (system.two_sided.T @ change.reshape(dissolved, coordinates * cases)).reshape(
            system.two_sided.shape[1], coordinates, cases
        )
        return np.moveaxis(balances, -1, 0)

    def rows(self, system: System, molality: Array) -> tuple[Array, Array]:
        """Return how the coordinates change with the unknowns and, the balances apart, with the coordinates."""
        dry = system.power[:-1].copy()
        dry[:, system.water] = 0.0
        dissolved, coordinates, cases = self.slopes.shape
        if self.major is not None:
            gradient = molality[self.major].T[:, :, None] * dry[self.major]
            own = np.moveaxis(-self.slopes[self.major] * molality[self.major, None], -1, 0)
            return gradient, own
        gradient = np.einsum("ki,in,ij->nkj", self.weights, molality, dry, optimize=True)
        change = (-self.slopes * molality[:, None]).reshape(dissolved, coordinates * cases)
        own = np.moveaxis((self.weights @ change).reshape(coordinates, coordinates, cases), -1, 0)
        return gradient, own
