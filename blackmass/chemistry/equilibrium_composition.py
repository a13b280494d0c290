"""Aqueous equilibrium with any activity model: the equations of the compiled solver, for a batch of cases at once."""

import numpy as np
import numpy.typing as npt

from blackmass.chemistry.activity import LN10, ActivityModel
from blackmass.chemistry.composition_solver import Solution, solve
from blackmass.chemistry.equilibrium_cases import ABSENT, DRIEST, ROUNDING, Feed, Found, Rows
from blackmass.chemistry.speciation import MOLES_PER_KG, Problem, System
from blackmass.status import Status

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]
ROOM = 298.15  # K, stands in where a temperature is missing


def solve_by_composition(system: System, rows: Rows, feed: Feed, model: ActivityModel, found: Found) -> None:
    """Solve all cases without a dose, as `equilibrium_cases.solve_cases` does with the Davies model."""
    count, phases = len(system.components), len(system.phases)
    solids = rows.phase[:phases]
    totals = feed.flow[rows.component[:count]] + system.phase_content.T @ feed.flow[solids]
    finite = np.isfinite(feed.temperature) & (feed.temperature > 0)
    totals = np.where(finite, totals, 0.0)
    sizes, ions = np.abs(totals).sum(0), totals[:-2]
    wet = finite & (totals[-2] > DRIEST * sizes) & (ions >= -ROUNDING * sizes).all(0)
    found.status[:] = np.where(finite, np.where(wet | (ions >= 0).all(0), 0, Status.INFEASIBLE), Status.NOT_FINITE)
    where = np.flatnonzero(wet)
    if where.size == 0:
        return
    kilograms, warm = totals[-2, where] / MOLES_PER_KG, feed.temperature[where]
    fugacity = np.broadcast_to(feed.ln_fugacity, (phases, wet.size))[:, where]
    problem = Problem(
        totals=totals[:, where] / kilograms,
        temperature=warm,
        ln_k=system.ln_k(warm),
        phase_ln_k=system.phase_ln_k(warm) + fugacity,
    )
    head, own = rows.head, rows.guess[:count]
    kept = np.concatenate([own, [head - 3, head - 1], head + rows.asked[:phases]]).astype(np.intp)
    start = feed.start[np.ix_(kept, where)] if feed.start.size else None
    _record(system, rows, solve(system, problem, model, start), (feed, where, kilograms, kept), found)


def _record(system: System, rows: Rows, solution: Solution, of: tuple[Feed, Index, Array, Index], found: Found) -> None:
    """Write the cases that are solved down."""
    feed, where, kilograms, kept = of
    ok, state = solution.converged, solution.state
    reached = np.where(state.medium.out_of_range, Status.OUT_OF_RANGE, Status.OK)
    found.status[where] = np.where(ok, reached, Status.NOT_CONVERGED)
    where, kilograms = where[ok], kilograms[ok]
    found.pH[where], found.strength[where] = -state.unknown[-1, ok] / LN10, solution.strength[ok]
    found.water_activity[where] = np.exp(state.medium.ln_water[ok])
    found.water_mass[where] = np.exp(state.unknown[system.water, ok]) * kilograms
    found.molality[where] = solution.molality[:, ok].T
    found.guess[:, where] = 0.0
    found.guess[: rows.head - 3, where] = ABSENT
    amounts = solution.amount[:, ok]
    found.guess[rows.head - 2, where] = solution.molality[:, ok].sum(0)
    found.guess[np.ix_(kept, where)] = np.vstack(
        [state.unknown[:, ok], solution.strength[None, ok], np.zeros((1, where.size)), amounts]
    )
    asked, solids = rows.asked[: len(system.phases)], rows.phase[: len(system.phases)]
    found.log_saturation[np.ix_(asked, where)] = solution.log_saturation[:, ok]
    carried = feed.flow[np.ix_(solids, where)]
    held = feed.flow[np.ix_(rows.component[: len(system.components)], where)] + system.phase_content.T @ carried
    found.extent[np.ix_(asked, where)] = _affordable(system, amounts * kilograms, held) - carried


def _affordable(system: System, amount: Array, totals: Array) -> Array:
    """Return the amounts of solids (phases, cases), less the rounding by which they exceed what the totals hold."""
    share = np.ones_like(amount)
    for balance in range(system.water):
        needs, held = system.phase_content[:, balance], totals[balance]
        bound = needs @ amount
        fraction = np.where(bound > held, np.maximum(held, 0.0) / np.where(bound > 0, bound, 1.0), 1.0)
        share = np.where((needs > 0)[:, None], np.minimum(share, fraction * (1 - 2e-16)), share)
    return amount * np.where(share < 1 - 1e-15, share, 1.0)
