"""The equations of aqueous equilibrium: which species take part, and what is given in each case."""

import dataclasses
import functools

import numpy as np
import numpy.typing as npt

from blackmass import species
from blackmass.chemistry.equilibria import CATIONS, KEPT, PROTON, WATER, Reaction, component_rows, dissolved, pure_phase

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Index = npt.NDArray[np.intp]
AMMONIUM = "NH4+"  # stands for ammonia, which binds metals
MUCH_WATER = 4.0  # moles of water in a mole of a phase
MOLES_PER_KG = float(1.0 / species.molar_mass(WATER))


@dataclasses.dataclass(frozen=True)
class System:
    """Which balances, dissolved species and pure phases take part.

    Balances are those of the components present (first the `apart` ones, metals that no phase holds, then the others),
    then water, then the proton. Their unknowns are the logarithms of the
    activities of the components, of the kilograms of water, and of the activity of H+. The dissolved species are the
    components, their complexes, and the free water.
    """

    components: tuple[str, ...]  # the balances, in order
    apart: int  # the first balances, that share no species with each other
    names: tuple[str, ...]  # dissolved species without water
    content: Array  # (dissolved + 1, balances): what one mole takes from each balance
    power: Array  # (dissolved + 1, balances): exponent of each unknown in the amount of a species
    charges: Array  # (dissolved,)
    reactions: tuple[Reaction, ...]
    phases: tuple[Reaction, ...]
    phase_content: Array  # (phases, balances)
    phase_power: Array  # (phases, balances), zero for water
    exponents: Array  # (dissolved + 1, balances + 1): power, water's activity
    products: Array  # (dissolved + 1, (balances + 1) * columns of exponents): makes the Jacobian from the amounts
    component_charges: Array  # (balances,)
    sides: Array  # (2 * balances, dissolved + 1): positive and negative contents
    two_sided: Array  # (dissolved, balances + 1): content, and what gives protons
    phase_sides: Array  # (2 * balances, phases)
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
    held = tuple(name for name in KEPT if name in present and name != PROTON)
    in_phases = np.any([phase.amounts for phase in phases], axis=0) if phases else np.zeros(len(KEPT) + 1)
    apart = tuple(name for name in CATIONS if name in held and name != AMMONIUM and not in_phases[KEPT.index(name)])
    metals = (*apart, *(name for name in held if name not in apart))
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
    hydration = np.append(content[:-1, water], 0.0)[:, None]
    exponents = np.hstack([power, hydration])
    return System(
        components=components,
        apart=len(apart),
        names=(*metals, PROTON, *(reaction.name for reaction in reactions)),
        content=content,
        power=power,
        charges=charges,
        reactions=reactions,
        phases=kept,
        phase_content=phase_content,
        phase_power=phase_power,
        exponents=np.ascontiguousarray(exponents),
        products=_products(content, exponents),
        sides=np.ascontiguousarray(np.hstack([np.maximum(content, 0.0), np.maximum(-content, 0.0)]).T),
        two_sided=np.hstack([content[:-1], np.maximum(-content[:-1, -1:], 0.0)]),
        component_charges=np.concatenate([free_charges[:-1], [0.0], free_charges[-1:]]),
        phase_sides=np.hstack([np.maximum(phase_content, 0.0), np.maximum(-phase_content, 0.0)]).T.copy(),
        phase_size=np.sqrt((phase_power**2).sum(1, keepdims=True)),
        hydrated=phase_content[:, water, None] >= MUCH_WATER,
    )


def _products(content: Array, exponents: Array) -> Array:
    """Return content x exponents for the balances and the givers of protons."""
    givers = np.maximum(-content[:, -1:], 0.0)
    wet = np.hstack([content, givers])[:, :, None] * exponents[:, None, :]
    return np.ascontiguousarray(wet.reshape(content.shape[0], -1))


@dataclasses.dataclass(frozen=True)
class Problem:
    """What is given in each case, per kilogram of the water fed."""

    totals: Array  # (balances, cases) [mol/kg]
    temperature: Array  # (cases,) [K]
    ln_k: Array  # (dissolved + 1, cases)
    phase_ln_k: Array  # (phases, cases)


def alkalinity(system: System) -> Array:
    """Return the protons that each component takes up towards acid, less those it gives."""
    taken = {"H+": -1.0, "CO3-2": 2.0, "PO4-3": 2.0, "F-": 1.0}
    return np.array([taken.get(name, 0.0) for name in system.components])
