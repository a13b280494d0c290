"""Where the iteration for aqueous equilibrium stands, and what it is given, for a batch of cases."""

import dataclasses

import numpy as np
import numpy.typing as npt

from blackmass.chemistry.equilibrium_activity import Medium
from blackmass.chemistry.speciation import Problem, System, alkalinity

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Index = npt.NDArray[np.intp]
TRACE = 1e-50  # mol/kg that stands for none at all
HOT_WATER = 1e-13  # ion product of water, by order of magnitude
TINY = 1e-300


@dataclasses.dataclass
class State:
    """Where the iteration stands."""

    unknown: Array  # (balances, cases): ln activities, ln kilograms of water, ln activity of H+
    share: Array  # (phases + dose, cases): amounts of the phases, and the dose, against their scales
    smoothing: Array  # (cases,)
    stride: Array  # (cases,) share of the Newton step to take
    medium: Medium

    def take(self, keep: Mask | Index) -> "State":
        """Return some of the cases."""
        vectors = self.smoothing[keep], self.stride[keep]
        return State(self.unknown[:, keep], self.share[:, keep], *vectors, self.medium.take(keep))

    def put(self, where: Index, other: "State", keep: Mask) -> None:
        """Write some of the cases of another state."""
        self.unknown[:, where] = other.unknown[:, keep]
        self.share[:, where] = other.share[:, keep]
        self.smoothing[where] = other.smoothing[keep]
        self.medium.put(where, other.medium, keep)


@dataclasses.dataclass(frozen=True)
class Given:
    """What a batch is given, prepared for the steps."""

    totals: Array  # (balances, cases) [mol/kg], none at all replaced by a trace
    drawn: Array  # (balances, cases) [mol/kg] at full share of the dose
    most: Array  # (phases, cases) [mol/kg] the most that can form
    dose: Array  # (cases,) a dose that would move every equivalent of the liquor
    dosed: Mask  # (cases,)
    side: Array  # (cases,) +1 where the reagent is a base, -1 where it is an acid
    ln_k: Array  # (dissolved + 1, cases)
    phase_ln_k: Array  # (phases, cases)
    ln_proton: Array  # (cases,) the target
    temperature: Array  # (cases,)

    def take(self, keep: Mask | Index) -> "Given":
        """Return some of the cases."""
        return Given(*(getattr(self, field.name)[..., keep] for field in dataclasses.fields(self)))


def prepare(system: System, problem: Problem) -> Given:
    """Prepare a problem: scales of the dose and of the phases, and traces of what is not there."""
    weight = np.abs(system.component_charges)
    strength = alkalinity(system) @ problem.reagent
    dosed = np.isfinite(problem.ln_proton) & (strength != 0)
    target = np.exp(np.where(dosed, problem.ln_proton, -16.0))
    equivalents = weight @ np.abs(problem.totals) + 2.0 * (target + HOT_WATER / target) + 1e-6
    dose = equivalents / np.where(dosed, np.abs(strength), 1.0)
    totals = problem.totals.copy()
    totals[:-2] = np.maximum(totals[:-2], TRACE)
    drawn = np.where(dosed, dose, 0.0) * problem.reagent
    held = totals + 2.0 * np.maximum(drawn, 0.0)
    most = np.empty_like(problem.phase_ln_k)
    for row, needs in enumerate(system.phase_power[:, :-2]):
        balances = np.flatnonzero(needs > 0)
        most[row] = (held[balances] / needs[balances, None]).min(0)
    return Given(
        totals,
        drawn,
        most,
        dose,
        dosed,
        np.sign(strength),
        problem.ln_k,
        problem.phase_ln_k,
        np.where(dosed, problem.ln_proton, 0.0),
        problem.temperature,
    )


def amounts_of(system: System, given: Given, unknown: Array, medium: Medium) -> Array:
    """Return the moles (dissolved + 1, cases) of every dissolved species and of free water, per kg of water fed."""
    ln_amount = system.exponents @ np.concatenate([unknown, medium.exponents])
    ln_amount += given.ln_k
    if medium.ln_gamma is not None:
        ln_amount[:-1] -= medium.ln_gamma
    np.minimum(ln_amount, 200.0, out=ln_amount)
    return np.exp(ln_amount, out=ln_amount)


def strength_limit(system: System, given: Given, share: Array) -> Array:
    """Return the ionic strength (cases,) that what is given cannot pass: it must not throw the activity model."""
    held = np.abs(given.totals)
    if share.shape[0] > len(system.phases):
        held = held + np.abs(given.drawn) * share[-1]
    return 0.01 + 1.5 * (system.component_charges**2 @ held)


def undersaturation(system: System, given: Given, state: State) -> Array:
    """Return ln K less the ln activity product (phases, cases)."""
    slack = given.phase_ln_k - system.phase_power @ state.unknown
    slack -= system.phase_content[:, system.water, None] * state.medium.ln_water
    return slack


def sides(system: System, given: Given, share: Array, amounts: Array) -> tuple[Array, Array]:
    """Return the positive and the negative terms of every balance (balances, cases)."""
    phases, count = len(system.phases), len(system.components)
    both = system.sides @ amounts
    if phases:
        both += system.phase_sides @ (given.most * share[:phases])
    taken, fed = both[:count], both[count:]
    if share.shape[0] > phases:
        dose = given.drawn * share[-1]
        taken += np.maximum(-dose, 0.0)
        fed += np.maximum(dose, 0.0)
    taken += np.maximum(-given.totals, 0.0)
    fed += np.maximum(given.totals, 0.0)
    return np.maximum(taken, TINY, out=taken), np.maximum(fed, TINY, out=fed)
