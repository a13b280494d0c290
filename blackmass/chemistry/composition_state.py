"""Where the iteration for aqueous equilibrium stands, and what it is given, for a batch of cases."""

import dataclasses

import numpy as np
import numpy.typing as npt

from blackmass.chemistry.composition_activity import Medium
from blackmass.chemistry.speciation import Problem, System

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Index = npt.NDArray[np.intp]
TRACE = 1e-50  # mol/kg that stands for none at all
TINY = 1e-300


@dataclasses.dataclass
class State:
    """Where the iteration stands."""

    unknown: Array  # (balances, cases): ln activities, ln kilograms of water, ln activity of H+
    share: Array  # (phases, cases): amounts of the phases against the most that can form
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
    most: Array  # (phases, cases) [mol/kg] the most that can form
    ln_k: Array  # (dissolved + 1, cases)
    phase_ln_k: Array  # (phases, cases)
    temperature: Array  # (cases,)

    def take(self, keep: Mask | Index) -> "Given":
        """Return some of the cases."""
        return Given(*(getattr(self, field.name)[..., keep] for field in dataclasses.fields(self)))


def prepare(system: System, problem: Problem) -> Given:
    """Prepare a problem: scales of the phases, and traces of what is not there."""
    totals = problem.totals.copy()
    totals[:-2] = np.maximum(totals[:-2], TRACE)
    most = np.empty_like(problem.phase_ln_k)
    for row, needs in enumerate(system.phase_power[:, :-2]):
        balances = np.flatnonzero(needs > 0)
        most[row] = (totals[balances] / needs[balances, None]).min(0)
    return Given(totals, most, problem.ln_k, problem.phase_ln_k, problem.temperature)


def amounts_of(system: System, given: Given, unknown: Array, medium: Medium) -> Array:
    """Return the moles (dissolved + 1, cases) of every dissolved species and of free water, per kg of water fed."""
    ln_amount = system.exponents @ np.concatenate([unknown, medium.exponents])
    ln_amount += given.ln_k
    ln_amount[:-1] -= medium.ln_gamma
    np.minimum(ln_amount, 200.0, out=ln_amount)
    return np.exp(ln_amount, out=ln_amount)


def strength_limit(system: System, given: Given) -> Array:
    """Return the ionic strength (cases,) that what is given cannot pass: it must not throw the activity model."""
    return 0.01 + 1.5 * (system.component_charges**2 @ np.abs(given.totals))


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
        both += system.phase_sides @ (given.most * share)
    taken, fed = both[:count], both[count:]
    taken += np.maximum(-given.totals, 0.0)
    fed += np.maximum(given.totals, 0.0)
    return np.maximum(taken, TINY, out=taken), np.maximum(fed, TINY, out=fed)
