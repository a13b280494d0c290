"""Contents of a leaching pulp, and the unknowns of its liquor."""

import dataclasses

import numpy as np
import numpy.typing as npt

from blackmass.chemistry.leaching_kinetics import Rates

Array = npt.NDArray[np.float64]
UNKNOWNS = 5
TRACE = 1e-7
"""Acid [mol/L] that water itself has: keeps its logarithm finite when all is spent."""


@dataclasses.dataclass(frozen=True)
class Pulp:
    """What one litre of liquor carries [mol/L].

    `oxide` (forms, metals, groups, 1, cases) in the forms open LiMO2, which acid disproportionates, closed LiMO2,
    which it does not, MOOH and MO2, the metals Ni, Co and Mn; `aluminate` (forms, groups, 1, cases) open and closed
    LiAlO2 and `spinel` (groups, 1, cases). All others (1, cases): `acid` is the titratable acid, H+ less 2 PO4 and F;
    `catalyst` is nickel, cobalt and manganese in oxides and in solution.
    """

    oxide: Array
    aluminate: Array
    spinel: Array
    acid: Array
    manganese: Array
    peroxide: Array
    sulfite: Array
    glucose: Array
    ferrous: Array
    ferric: Array
    phosphate: Array
    olivine: Array
    heterosite: Array
    copper: Array
    aluminium: Array
    iron: Array
    catalyst: Array

    def take(self, cases: npt.NDArray[np.intp]) -> "Pulp":
        """Return some of the cases."""
        return Pulp(**{f.name: getattr(self, f.name)[..., cases] for f in dataclasses.fields(self)})


@dataclasses.dataclass(frozen=True)
class Scales:
    """The most that each unknown can reach; the unknowns are the logarithms of the shares of it.

    `manganese_share`: of manganese in nickel, cobalt and manganese, in oxides and in solution.
    """

    potential: Array
    acid: Array
    manganese: Array
    peroxide: Array
    iron: Array
    manganese_share: Array

    @classmethod
    def of(cls, pulp: Pulp, rates: Rates) -> "Scales":
        """Return the scales of a pulp; where a scale is zero its unknown stays at zero and means nothing."""
        iron = pulp.ferrous + pulp.ferric + pulp.olivine + pulp.heterosite + pulp.iron
        potential = _potential(pulp, rates) + rates.ferrous * iron
        metal = pulp.oxide[:, 2].sum((0, 1)) + 2 * pulp.spinel.sum(0)
        acid = pulp.acid + TRACE + 2 * (pulp.oxide.sum((0, 1, 2)) + 2 * pulp.spinel.sum(0) + pulp.aluminate.sum((0, 1)))
        acid = (
            acid
            + 2 * (pulp.phosphate + pulp.olivine + pulp.heterosite + pulp.peroxide)
            + 4 * pulp.sulfite
            + 24 * pulp.glucose
        )
        manganese = pulp.manganese + metal
        share = manganese / np.where(pulp.catalyst > 0, pulp.catalyst, 1.0)
        return cls(potential, acid, manganese, pulp.peroxide, iron, share)

    def take(self, cases: npt.NDArray[np.intp]) -> "Scales":
        """Return some of the cases."""
        return Scales(**{f.name: getattr(self, f.name)[..., cases] for f in dataclasses.fields(self)})


@dataclasses.dataclass(frozen=True)
class Liquor:
    """What the unknowns say of the liquor, each (probes, cases)."""

    potential: Array
    free: Array
    log_low: Array
    weak: Array
    manganese: Array
    laying: Array
    """Rate of deposition of manganese over its concentration [L/(mol s)], before sizes and metals."""
    peroxide: Array
    ferric: Array

    @classmethod
    def of(cls, x: Array, scales: Scales, rates: Rates) -> "Liquor":
        """Return the concentrations from the logarithms of shares (5, probes, cases)."""
        potential, free, manganese, peroxide, ferric = np.exp(x)
        free = free * scales.acid
        manganese = manganese * scales.manganese
        log_low = np.log(free + rates.low_acid)
        return cls(
            potential * scales.potential,
            free,
            log_low,
            free * np.exp((rates.order_weak - 1) * log_low),
            manganese,
            rates.deposition * scales.manganese_share / (rates.half_manganese + manganese),
            peroxide * scales.peroxide,
            ferric * scales.iron,
        )

    def power(self, order: float) -> Array:
        """Return h (h + low)^(order - 1): free acid to a power, in proportion to it where there is little."""
        return np.asarray(self.free * np.exp((order - 1) * self.log_low))


def _potential(pulp: Pulp, rates: Rates) -> Array:
    metals = rates.copper * pulp.copper + rates.aluminium * pulp.aluminium + rates.iron * pulp.iron
    solutes = rates.sulfite * pulp.sulfite + rates.glucose * pulp.glucose
    return pulp.peroxide + solutes + rates.olivine * pulp.olivine + metals
