"""The equations of a liquor with its crystals, and one Newton step on them, for a batch of cases."""

import dataclasses

import numpy as np
import numpy.typing as npt

from blackmass.chemistry.activity import Activity, ActivityModel
from blackmass.chemistry.speciation import MOLES_PER_KG, System
from blackmass.numerics.newton import complementarity, solve_each

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Index = npt.NDArray[np.intp]
LONGEST = 1.0  # change of a logarithm in one step
MAJOR = 1e-4  # mol/kg from which a species moves the activities of others within a step
ABSENT = -115.0  # ln of what is not there
TINY = 1e-300


@dataclasses.dataclass(frozen=True)
class Given:
    """What a batch is given; `rows` are the balances but for water's; the salts from `free` on form as they like."""

    system: System
    model: ActivityModel
    rows: Index
    free: int
    kept: Index  # which of the salts can form
    water: Array  # (cases,) [mol/s] that is given, where no salt rules it
    temperature: Array
    totals: Array  # (balances, cases) [mol/s]
    ln_k: Array  # (dissolved, cases)
    phase_ln_k: Array  # (phases, cases)
    size: Array  # (phases, cases) [mol/s] the most of each salt that can form

    def take(self, keep: "Mask | Index") -> "Given":
        """Return some of the cases."""
        parts = ("temperature", "water", "totals", "ln_k", "phase_ln_k", "size")
        return dataclasses.replace(self, **{name: getattr(self, name)[..., keep] for name in parts})


@dataclasses.dataclass
class State:
    """Where the iteration stands."""

    ln_activity: Array  # (balances, cases)
    ln_kilograms: Array  # (cases,)
    share: Array  # (phases that form as they like, cases) crystals against their size
    ln_molality: Array  # (dissolved, cases) at which activities are taken

    def take(self, keep: "Mask | Index") -> "State":
        """Return some of the cases."""
        return State(*(getattr(self, field.name)[..., keep] for field in dataclasses.fields(self)))

    def put(self, where: Index, other: "State", keep: Mask) -> None:
        """Write some of the cases of another state."""
        for field in dataclasses.fields(self):
            getattr(self, field.name)[..., where] = getattr(other, field.name)[..., keep]


def activities(given: Given, state: State) -> Activity:
    """Return the activities at the molalities assumed."""
    assumed = np.exp(np.minimum(state.ln_molality, 5.0))
    return given.model.evaluate(given.system.names, given.system.charges, assumed, given.temperature)


def _molalities(given: Given, state: State, ln_gamma: Array, ln_water: Array) -> Array:
    """Return ln of the molality (dissolved, cases) by mass action."""
    power, bound = given.system.power[:-1, given.rows], given.system.content[:-1, given.system.water]
    return given.ln_k + power @ state.ln_activity + np.multiply.outer(bound, ln_water) - ln_gamma


@dataclasses.dataclass(frozen=True)
class _Terms:
    """The parts of the equations at a state."""

    amounts: Array  # (dissolved, cases) [mol/s]
    scale: Array  # (balances, cases) [mol/s]
    slack: Array  # (phases, cases) undersaturation
    by_share: Array  # (free phases, cases)
    by_slack: Array  # (free phases, cases)
    major: Index
    bend: Array  # (dissolved, major, cases) change of ln molality with ln molality assumed of the major species
    dry: Array  # (major, cases) change of ln water activity


def step(given: Given, state: State) -> tuple[State, Array]:
    """Take a Newton step; return the new state and the error (cases,) of the old one."""
    chosen, rows, free = given.system, given.rows, given.free
    assumed = np.exp(np.minimum(state.ln_molality, 5.0))
    activity = activities(given, state)
    ln_molality = _molalities(given, state, activity.ln_gamma, activity.ln_water)
    amounts = np.exp(np.minimum(ln_molality, 20.0) + state.ln_kilograms)
    content, formed = chosen.content[:-1, rows], chosen.phase_content[free:, rows]
    crystals = state.share * given.size[free:]
    scale = np.abs(content).T @ amounts + np.abs(formed).T @ np.abs(crystals) + np.abs(given.totals) + TINY
    balance = (content.T @ amounts + formed.T @ crystals - given.totals) / scale
    slack = given.phase_ln_k - chosen.phase_power[:, rows] @ state.ln_activity
    slack -= np.multiply.outer(chosen.phase_content[:, chosen.water], activity.ln_water)
    value, by_share, by_slack = complementarity(state.share, slack[free:], np.zeros(slack.shape[1]))
    last = slack[0] if free else 1.0 - all_water(given, state, amounts) / given.water
    drift = ln_molality - state.ln_molality
    error = np.maximum(np.abs(balance).max(0), np.abs(last))
    for each in (np.abs(value), np.abs(drift) * assumed):
        error = np.maximum(error, each.max(0, initial=0.0))

    major = np.flatnonzero(assumed.max(1) > MAJOR)
    gradient, dries = activity.gradient, activity.water_gradient
    if gradient is None or dries is None:
        raise TypeError(f"{given.model} returns no derivatives by molality.")
    bound = chosen.content[:-1, chosen.water, None, None]
    bend = (bound * dries[major] - gradient[:, major]) * assumed[major]
    terms = _Terms(amounts, scale, slack, by_share, by_slack, major, bend, dries[major] * assumed[major])
    matrix = _matrix(given, state, terms)
    right = np.concatenate([-balance, last[None], -value, drift[major]])
    change = solve_each(np.moveaxis(matrix, 2, 0), np.ascontiguousarray(right.T)[:, :, None])[:, :, 0].T
    return _moved(given, state, terms, ln_molality, change), error


def all_water(given: Given, state: State, amounts: Array) -> Array:
    """Return all water (cases,) [mol/s]: free, in complexes and in crystals."""
    chosen, free = given.system, given.free
    bound = chosen.content[:-1, chosen.water] @ amounts
    crystals = chosen.phase_content[free:, chosen.water] @ (state.share * given.size[free:])
    return MOLES_PER_KG * np.exp(state.ln_kilograms) + bound + crystals


def _matrix(given: Given, state: State, terms: _Terms) -> Array:
    """Return the derivatives of all equations by all unknowns (equations, unknowns, cases)."""
    chosen, rows, free = given.system, given.rows, given.free
    content, power = chosen.content[:-1, rows], chosen.power[:-1, rows]
    phase_power, hydration = chosen.phase_power[:, rows], chosen.phase_content[:, chosen.water]
    amounts, bend, major, scale = terms.amounts, terms.bend, terms.major, terms.scale
    count, cases = scale.shape
    first, last = count + 1, count + 1 + len(terms.by_share)
    matrix = np.zeros((last + major.size, last + major.size, cases))
    bent = (amounts[:, None] * bend).reshape(len(content), -1)
    products = (content[:, :, None] * power[:, None, :]).reshape(len(content), -1)
    matrix[:count, :count] = (products.T @ amounts).reshape(count, count, cases) / scale[:, None]
    matrix[:count, count] = (content.T @ amounts) / scale
    matrix[:count, first:last] = chosen.phase_content[free:, rows].T[:, :, None] * (given.size[free:] / scale[:, None])
    matrix[:count, last:] = (content.T @ bent).reshape(count, major.size, cases) / scale[:, None]
    if free:
        matrix[count, :count] = phase_power[0][:, None]
        matrix[count, last:] = hydration[0] * terms.dry
    else:
        bound = chosen.content[:-1, chosen.water]
        matrix[count, :count] = (bound[:, None] * power).T @ amounts / given.water
        matrix[count, count] = (MOLES_PER_KG * np.exp(state.ln_kilograms) + bound @ amounts) / given.water
        matrix[count, first:last] = hydration[free:, None] * given.size[free:] / given.water
        matrix[count, last:] = (bound @ bent).reshape(major.size, cases) / given.water
    matrix[first:last, :count] = -terms.by_slack[:, None] * phase_power[free:, :, None]
    matrix[first:last, last:] = -terms.by_slack[:, None] * hydration[free:, None, None] * terms.dry
    matrix[last:, :count] = -power[major][:, :, None]
    matrix[last:, last:] = -bend[major]
    diagonal = np.arange(first, last + major.size)
    matrix[diagonal, diagonal] += np.concatenate([terms.by_share, np.ones((major.size, cases))])
    return matrix


def _moved(given: Given, state: State, terms: _Terms, ln_molality: Array, change: Array) -> State:
    """Return the state after a step, shortened in each case where it is too long."""
    count, last = len(given.rows), len(change) - terms.major.size
    longest = np.maximum(np.abs(change[: count + 1]).max(0), np.abs(change[last:]).max(0, initial=0.0))
    change = change * np.minimum(1.0, LONGEST / np.maximum(longest, TINY))
    moved = ln_molality + given.system.power[:-1, given.rows] @ change[:count]
    moved += np.einsum("ijn,jn->in", terms.bend, change[last:])
    moved[terms.major] = state.ln_molality[terms.major] + change[last:]
    return State(
        state.ln_activity + change[:count],
        state.ln_kilograms + change[count],
        state.share + change[count + 1 : last],
        moved,
    )
