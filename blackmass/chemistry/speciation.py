"""The equations of aqueous equilibrium: which species take part, and what is given in each case."""

import dataclasses

import numpy as np
import numpy.typing as npt

from blackmass import species
from blackmass.chemistry.equilibria import KEPT, PROTON, WATER, Reaction, component_rows, dissolved

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
MOLES_PER_KG = float(1.0 / species.molar_mass(WATER))


@dataclasses.dataclass(frozen=True)
class System:
    """Which balances, dissolved species and pure phases take part.

    Balances are those of the components present, then water, then the proton. Their unknowns are the logarithms of the
    activities of the components, of the kilograms of water, and of the activity of H+. The dissolved species are the
    components, their complexes, and the free water.
    """

    components: tuple[str, ...]  # the balances, in order
    names: tuple[str, ...]  # dissolved species without water
    content: Array  # (dissolved + 1, balances): what one mole takes from each balance
    power: Array  # (dissolved + 1, balances): exponent of each unknown in the amount of a species
    charges: Array  # (dissolved,)
    reactions: tuple[Reaction, ...]
    phases: tuple[Reaction, ...]
    phase_content: Array  # (phases, balances)
    phase_power: Array  # (phases, balances), zero for water
    products: Array  # (balances * balances, dissolved + 1): content x power, for the Jacobian

    def ln_k(self, temperature: Array) -> Array:
        """Return ln K (dissolved + 1, cases): zero for the components, the moles in a kilogram for water."""
        values = np.zeros((len(self.names) + 1, temperature.size))
        first = len(self.components) - 1
        for row, reaction in enumerate(self.reactions, first):
            values[row] = reaction.ln_k(temperature)
        values[-1] = np.log(MOLES_PER_KG)
        return values

    def phase_ln_k(self, temperature: Array) -> Array:
        """Return ln K of dissolution (phases, cases)."""
        return np.array([phase.ln_k(temperature) for phase in self.phases]).reshape(-1, temperature.size)


def system(present: set[str], phases: tuple[Reaction, ...], tier: str) -> System:
    """Choose the species that can exist with the components present."""
    metals = tuple(name for name in KEPT if name in present and name != PROTON)
    components = (*metals, WATER, PROTON)
    order = [(*KEPT, WATER).index(name) for name in components]
    lacking = [row for row, name in enumerate(KEPT) if name not in components]

    def possible(reaction: Reaction) -> bool:
        return not np.any(reaction.amounts[lacking])

    reactions = tuple(filter(possible, dissolved(tier)))
    kept = tuple(filter(possible, phases))
    count, water = len(components), len(metals)
    free = np.delete(np.eye(count), water, axis=0)
    formed = np.array([reaction.amounts[order] for reaction in reactions]).reshape(-1, count)
    content = np.vstack([free, formed, np.eye(count)[water]])
    power = content.copy()
    power[:, water] = 1.0  # amounts are molalities times the kilograms of water
    phase_content = np.array([phase.amounts[order] for phase in kept]).reshape(-1, count)
    phase_power = phase_content.copy()
    phase_power[:, water] = 0.0
    charges = np.delete(species.CHARGE[component_rows()[order]], water)
    return System(
        components=components,
        names=(*metals, PROTON, *(reaction.name for reaction in reactions)),
        content=content,
        power=power,
        charges=np.concatenate([charges, [float(reaction.charge) for reaction in reactions]]),
        reactions=reactions,
        phases=kept,
        phase_content=phase_content,
        phase_power=phase_power,
        products=(content[:, :, None] * power[:, None, :]).reshape(-1, count * count).T.copy(),
    )


@dataclasses.dataclass(frozen=True)
class Problem:
    """What is given in each case, per kilogram of the water fed."""

    totals: Array  # (balances, cases) [mol/kg]
    temperature: Array  # (cases,) [K]
    ln_k: Array  # (dissolved + 1, cases)
    phase_ln_k: Array  # (phases, cases)
    reagent: Array  # (balances, cases) [mol/kg per unit of dose]
    ln_proton: Array  # (cases,) activity of H+ to be reached by dosing; not a number where it is free

    def take(self, keep: Mask) -> "Problem":
        """Return some of the cases."""
        return Problem(*(getattr(self, field.name)[..., keep] for field in dataclasses.fields(self)))


def alkalinity(system: System) -> Array:
    """Return the protons that each component takes up towards acid, less those it gives."""
    taken = {"H+": -1.0, "CO3-2": 2.0, "PO4-3": 2.0, "F-": 1.0}
    return np.array([taken.get(name, 0.0) for name in system.components])
