"""What the compiled solver of aqueous equilibrium needs to know: a system as arrays, and the part that one case has."""

from collections.abc import Sequence
from typing import Annotated

import numpy as np
from scipy.constants import R as GAS_CONSTANT

from blackmass.chemistry.activity import LN10, constants, debye_hueckel_fit
from blackmass.chemistry.equilibria import (
    COMPONENTS,
    REFERENCE,
    Reaction,
    dissolved,
    pure_phase,
    pure_phases,
)
from blackmass.chemistry.speciation import System, alkalinity
from blackmass.numerics.compiled import compiled
from blackmass.numerics.records import Array, Index, Whole, blank

NOTHING = 1e-40  # mol/kg below which there is none
PROTON, PER_PROTON, WATER, PER_WATER, OTHERS = range(5)
"""Places behind those of the components among the factors of an amount."""
TIERS = ("davies", "pitzer")
METALS, COMPLEXES, PHASES = len(COMPONENTS) - 2, max(len(dissolved(tier)) for tier in TIERS), len(pure_phases())
_LISTS = (*(dissolved(tier) for tier in TIERS), tuple(pure_phases().values()))
ENTRIES = max(sum(np.count_nonzero(its.amounts) for its in each) for each in _LISTS)
FACTORS = max(sum(int(np.abs(its.amounts).sum()) for its in each) for each in _LISTS)


class Formulas:
    """Dissolved complexes, or pure phases, in terms of the components: short lists, one behind the other."""

    rows: int
    first: Annotated[Index, COMPLEXES + 1]  # where the lists begin
    component: Annotated[Index, ENTRIES]
    amount: Annotated[Array, ENTRIES]
    proton: Annotated[Array, COMPLEXES]
    water: Annotated[Array, COMPLEXES]
    charge: Annotated[Index, COMPLEXES]  # without its sign
    number: Annotated[Index, COMPLEXES]  # among those of the plan
    straight: Annotated[Array, COMPLEXES]  # ln K at the reference temperature
    enthalpy: Annotated[Array, COMPLEXES]  # over the gas constant [K]
    capacity: Annotated[Array, COMPLEXES]  # heat capacity over the gas constant


class Plan:
    """A system as arrays; the components stand without water and the proton, which follow them in this order."""

    components: int
    complexes: Formulas
    phases: Formulas
    brought: Formulas  # solids of the reagent
    length: Annotated[Array, PHASES]  # length of a phase's exponents, by which saturations are scaled
    hydrated: Annotated[Index, PHASES]  # which phases take up much water
    charge: Annotated[Index, METALS]  # without its sign
    ligand: Annotated[Index, METALS]  # which components are anions
    alkalinity: Annotated[Array, METALS + 2]  # protons taken up towards acid
    slope: float  # of the Davies model
    neutral: float
    water: float
    limit: float
    debye_hueckel: Annotated[Array, 5]  # polynomial of A by temperature / 100 °C


class Pattern:
    """The part of a plan of which a case holds something; components are renumbered."""

    known: int
    components: int
    number: Annotated[Index, METALS]  # of the components in the plan
    place: Annotated[Whole, METALS]  # of those of the plan here, or -1
    charge: Annotated[Index, METALS]
    complexes: Formulas
    factor_first: Annotated[Index, COMPLEXES + 1]  # where the factors of the complexes begin
    factor: Annotated[Index, FACTORS]  # activities whose product makes the amount
    phases: Formulas


def plan_of(chosen: System, brought: tuple[str, ...]) -> Plan:
    """Return the record of a system, and of solids of a reagent."""
    data, order = constants(), [COMPONENTS.index(name) for name in chosen.components]
    metals = chosen.component_charges[:-2]
    plan = blank(Plan)
    plan.components = metals.size
    write_formulas(plan.complexes, chosen.reactions, order)
    write_formulas(plan.phases, chosen.phases, order)
    write_formulas(plan.brought, [pure_phase(name) for name in brought], order)
    plan.length[: len(chosen.phases)] = chosen.phase_size[:, 0]
    plan.hydrated[: len(chosen.phases)] = chosen.hydrated[:, 0]
    plan.charge[: metals.size], plan.ligand[: metals.size] = np.abs(metals), metals < 0
    plan.alkalinity[: metals.size + 2] = alkalinity(chosen)
    for name in ("slope", "neutral", "water", "limit"):
        setattr(plan, name, data[name])
    plan.debye_hueckel[:] = debye_hueckel_fit()
    return plan


def write_formulas(record: Formulas, reactions: Sequence[Reaction], order: Sequence[int]) -> None:
    """Write reactions down in terms of the components in an order, the last two water and the proton."""
    content = np.array([its.amounts[list(order)] for its in reactions]).reshape(-1, len(order))
    count, (rows, component) = len(reactions), np.nonzero(content[:, :-2])
    record.rows = count
    record.first[1 : count + 1] = np.cumsum(np.bincount(rows, minlength=count))
    record.component[: rows.size], record.amount[: rows.size] = component, content[rows, component]
    record.water[:count], record.proton[:count] = content[:, -2], content[:, -1]
    record.charge[:count] = [abs(its.charge) for its in reactions]
    record.straight[:count] = [LN10 * its.log_k for its in reactions]
    record.enthalpy[:count] = [its.enthalpy / GAS_CONSTANT for its in reactions]
    record.capacity[:count] = [its.heat_capacity / GAS_CONSTANT for its in reactions]


@compiled
def ln_constant(formulas: Formulas, row: int, temperature: float) -> float:
    """Return ln K at temperature [K] by van't Hoff with constant change of heat capacity."""
    straight = formulas.straight[row] - formulas.enthalpy[row] * (1.0 / temperature - 1.0 / REFERENCE)
    if formulas.capacity[row] == 0.0:
        return float(straight)
    warm = REFERENCE / temperature
    return float(straight + formulas.capacity[row] * (warm - 1.0 - np.log(warm)))


@compiled
def _copy_possible(own: Formulas, whole: Formulas, place: Whole) -> None:
    """Copy what can exist with the components that have a place, renumbered."""
    own.rows = 0
    for number in range(whole.rows):
        start, end, row, possible = whole.first[number], whole.first[number + 1], own.rows, True
        at = own.first[row]
        for entry in range(start, end):
            possible = possible and place[whole.component[entry]] >= 0
        if possible:
            for entry in range(start, end):
                own.component[at] = place[whole.component[entry]]
                own.amount[at] = whole.amount[entry]
                at += 1
            own.first[row + 1], own.number[row] = at, number
            own.proton[row], own.water[row] = whole.proton[number], whole.water[number]
            own.charge[row] = whole.charge[number]
            own.rows += 1


@compiled
def _list_factors(pattern: Pattern) -> None:
    """List each activity as often as it is multiplied."""
    own, behind, at = pattern.complexes, pattern.components, 0
    for row in range(own.rows):
        for entry in range(own.first[row], own.first[row + 1]):
            for _ in range(int(own.amount[entry])):
                pattern.factor[at] = own.component[entry]
                at += 1
        for _ in range(int(abs(own.proton[row]))):
            pattern.factor[at] = behind + (PROTON if own.proton[row] > 0 else PER_PROTON)
            at += 1
        for _ in range(int(abs(own.water[row]))):
            pattern.factor[at] = behind + (WATER if own.water[row] > 0 else PER_WATER)
            at += 1
        pattern.factor_first[row + 1] = at


@compiled
def choose(plan: Plan, held: Array, pattern: Pattern) -> bool:
    """Fit the pattern to a case that can hold so much of each component [mol/kg]; return whether it had to change."""
    same = pattern.known == 1
    for number in range(plan.components):
        same = same and (held[number] > NOTHING) == (pattern.place[number] >= 0)
    if same:
        return False
    pattern.known, pattern.components = 1, 0
    for number in range(plan.components):
        pattern.place[number] = -1
        if held[number] > NOTHING:
            row = pattern.components
            pattern.place[number], pattern.number[row] = row, number
            pattern.charge[row] = plan.charge[number]
            pattern.components += 1
    _copy_possible(pattern.complexes, plan.complexes, pattern.place)
    _copy_possible(pattern.phases, plan.phases, pattern.place)
    _list_factors(pattern)
    return True
