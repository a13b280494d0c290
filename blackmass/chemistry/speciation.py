"""The equations of aqueous equilibrium: which species take part, and what is given in each case."""

import dataclasses
import functools

import numpy as np
import numpy.typing as npt

from blackmass import species
from blackmass.chemistry.equilibria import KEPT, PROTON, WATER, Reaction, component_rows, dissolved, pure_phase

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Index = npt.NDArray[np.intp]
MUCH_WATER = 4.0  # moles of water in a mole of a phase
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
    products: Array  # (dissolved + 1, (balances + 3) * balances): what makes the Jacobian from the amounts
    two_sided: Array  # (dissolved, balances + 1): content, and what gives protons
    phase_size: Array  # (phases, 1): length of phase_power, by which saturations are scaled
    hydrated: Mask  # (phases, 1): which phases take up much water

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

    @property
    def water(self) -> int:
        """The row of the water balance; the proton follows it."""
        return len(self.components) - 2


@functools.cache
def system(present: frozenset[str], names: tuple[str, ...], tier: str) -> System:
    """Choose the species that can exist with the components present, and of the named phases those that can form."""
    phases = tuple(pure_phase(name, tier) for name in names)
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
    free_charges = np.delete(species.CHARGE[component_rows()[order]], water)
    charges = np.concatenate([free_charges, [float(reaction.charge) for reaction in reactions]])
    return System(
        components=components,
        names=(*metals, PROTON, *(reaction.name for reaction in reactions)),
        content=content,
        power=power,
        charges=charges,
        reactions=reactions,
        phases=kept,
        phase_content=phase_content,
        phase_power=phase_power,
        products=_products(content, power, charges, water),
        two_sided=np.hstack([content[:-1], np.maximum(-content[:-1, -1:], 0.0)]),
        phase_size=np.sqrt((phase_power**2).sum(1, keepdims=True)),
        hydrated=phase_content[:, water, None] >= MUCH_WATER,
    )


def _products(content: Array, power: Array, charges: Array, water: int) -> Array:
    """Return content x power of the balances, of the proton's givers, and of ionic strength and molality."""
    count = content.shape[1]
    dry = power.copy()
    dry[:, water] = 0.0  # molalities do not depend on the kilograms of water
    givers = np.maximum(-content[:, -1:], 0.0) * power
    strength = np.append(0.5 * charges**2, 0.0)[:, None] * dry
    molality = np.append(np.ones(charges.size), 0.0)[:, None] * dry
    balances = (content[:, :, None] * power[:, None, :]).reshape(-1, count * count)
    return np.ascontiguousarray(np.hstack([balances, givers, strength, molality]))


@dataclasses.dataclass(frozen=True)
class Problem:
    """What is given in each case, per kilogram of the water fed."""

    totals: Array  # (balances, cases) [mol/kg]
    temperature: Array  # (cases,) [K]
    ln_k: Array  # (dissolved + 1, cases)
    phase_ln_k: Array  # (phases, cases)
    reagent: Array  # (balances, cases) [mol/kg per unit of dose]
    ln_proton: Array  # (cases,) activity of H+ to be reached by dosing; not a number where it is free

    def take(self, keep: Mask | Index) -> "Problem":
        """Return some of the cases."""
        return Problem(*(getattr(self, field.name)[..., keep] for field in dataclasses.fields(self)))


def alkalinity(system: System) -> Array:
    """Return the protons that each component takes up towards acid, less those it gives."""
    taken = {"H+": -1.0, "CO3-2": 2.0, "PO4-3": 2.0, "F-": 1.0}
    return np.array([taken.get(name, 0.0) for name in system.components])
