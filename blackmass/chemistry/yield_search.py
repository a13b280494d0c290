"""The search for the water of a mother liquor that is saturated with a salt."""

import dataclasses

import numpy as np
import numpy.typing as npt

from blackmass import species
from blackmass.chemistry.activity import ActivityModel
from blackmass.chemistry.crystallisation import at_equilibrium, companions, extents
from blackmass.chemistry.evaporation import WATER_MASS
from blackmass.chemistry.mother_liquor import first_state, liquor_with_crystals, rows
from blackmass.chemistry.solubility import corrections
from blackmass.status import Status, StatusArray
from blackmass.stream import Array

Mask = npt.NDArray[np.bool_]
Index = npt.NDArray[np.intp]
WATER = species.index("H2O")
DONE = 3e-12  # of ln D
STEPS = 60
PATIENCE = 4  # liquors without an equilibrium that are met before a case is given up
NEAR = 1.05  # of ln D, within which Newton's method is tried
TRIALS = 4
FIRST = 8.0  # mol of ions per kg of water in the mother liquor, where the search begins
RESERVE = 2.0  # crystals kept in the liquor during the search, against the salt in the mother liquor
SLOPES = (0.2, 20.0)
TINY = 1e-300


@dataclasses.dataclass(frozen=True)
class Search:
    """What is given in each case: the mother liquor wanted, and how much water it may have."""

    salt: str
    mother: Array  # (species, cases) [mol/s], without its water
    temperature: Array  # (cases,)
    dissolved: Array  # (cases,) [mol/s] salt that stays dissolved
    high: Array  # (cases,) [mol/s] water without evaporation; may be negative where the crystals bind more
    low: Array  # (cases,) ln of the least water
    model: ActivityModel

    def take(self, keep: "Mask | Index") -> "Search":
        """Return some of the cases."""
        kept = {name: getattr(self, name)[..., keep] for name in ("mother", "temperature", "dissolved", "high", "low")}
        return dataclasses.replace(self, **kept)


@dataclasses.dataclass
class Found:
    """Where the search stands."""

    water: Array  # (cases,) ln of the water of the mother liquor [mol/s]
    slope: Array  # (cases,) of ln D over ln w
    bottom: Array  # (cases,) ln of a water that is too little, or the least
    top: Array  # (cases,) ln of a water that is too much, or the most
    before: Array  # (2, cases) the point and the miss of the step before, where the liquor was saturated
    extent: Array  # (companions, cases) [mol/s] of the other salts
    water_activity: Array  # (cases,)
    log_saturation: Array  # (cases,)
    status: StatusArray
    met: Mask  # (cases,) the yield is met, the mother liquor saturated
    unsolved: Index  # (cases,) liquors without an equilibrium that were met
    trials: Index  # (cases,) of Newton's method
    liquor: Array  # (rows, cases) state of the mother liquor, not a number where it is not known
    settled: Array  # (rows, cases) state of the liquor where the yield is not met


def begin(search: Search, start: Array | None) -> Found:
    """Start where the mother liquor holds `FIRST`, with the liquors that are known from an earlier call."""
    cases, beside = search.high.size, len(companions(search.salt))
    length = rows(1 + beside, search.model.tier)
    known = start is not None and start.shape == (2 * length, cases)
    guess = start if known and start is not None else np.full((2 * length, cases), np.nan)
    top = np.log(np.maximum(search.high, TINY))
    ions = (np.abs(species.CHARGE) > 0) @ np.maximum(search.mother * species.PHASE_MASK["aqueous"], 0.0)
    water = np.log(np.maximum(ions, TINY) / (FIRST * WATER_MASS))
    return Found(
        water=np.clip(water, np.minimum(search.low, top), top),
        slope=np.ones(cases),
        bottom=search.low.copy(),
        top=top,
        before=np.full((2, cases), np.nan),
        extent=np.zeros((beside, cases)),
        water_activity=np.ones(cases),
        log_saturation=np.zeros(cases),
        status=np.zeros(cases, dtype=np.int8),
        met=np.zeros(cases, dtype=bool),
        unsolved=np.zeros(cases, dtype=np.intp),
        trials=np.zeros(cases, dtype=np.intp),
        liquor=guess[:length].copy(),
        settled=guess[length:].copy(),
    )


def saturate(search: Search, found: Found, where: Index, state: Array) -> Mask:
    """Find the mother liquors of the cases `where` by Newton's method; return which are found."""
    if where.size == 0:
        return np.zeros(0, dtype=bool)
    part = search.take(where)
    salts = (search.salt, *companions(search.salt))
    made = liquor_with_crystals(
        part.mother,
        part.temperature,
        salts,
        corrections(salts, part.temperature, search.model),
        saturated=True,
        model=search.model,
        start=state,
    )
    ok = made.converged
    place, water = where[ok], np.log(np.maximum(made.water[ok], TINY))
    most = np.log(np.maximum(search.high[place], TINY))
    found.met[place] = (water < most) & (water > search.low[place])
    found.water[place] = np.clip(water, search.low[place], most)
    carried = part.mother[species.indices(salts[1:])]
    found.extent[:, place] = (made.crystals[1:] - carried)[:, ok]
    found.water_activity[place] = made.water_activity[ok]
    found.status[place] = np.where(made.out_of_range[ok], Status.OUT_OF_RANGE, Status.OK)
    found.liquor[:, where] = made.state
    found.trials[where] += 1
    return ok


def seek(search: Search, found: Found, where: Index) -> None:
    """Find the water of the cases `where`; those that settle leave the batch.

    A case that meets too many liquors without an equilibrium keeps all its water.
    """
    most = found.top.copy()
    for _ in range(STEPS):
        if where.size == 0:
            return
        x = found.water[where]
        miss, saturated, start = _miss(search.take(where), found, where)
        near = saturated & (np.abs(miss) < NEAR) & (found.trials[where] < TRIALS)
        done = np.zeros(where.size, dtype=bool)
        done[near] = saturate(search, found, where[near], start[:, near])
        change = x - found.before[0, where]
        usable = saturated & (np.abs(change) > 1e-9)  # not a number: there was no step before
        secant = (miss - found.before[1, where]) / np.where(usable, change, 1.0)
        slope = np.where(usable, np.clip(secant, *SLOPES), np.where(saturated, found.slope[where], 1.0))
        found.slope[where] = slope
        found.before[:, where] = np.where(saturated, np.array([x, miss]), np.nan)
        found.bottom[where] = bottom = np.where(miss < 0, x, found.bottom[where])
        found.top[where] = top = np.where(miss > 0, x, found.top[where])
        move = x - miss / slope
        met = saturated & (np.abs(miss) <= DONE)
        outside = ~met & ((move <= bottom) | (move >= top))
        edge = np.where(miss < 0, most[where], search.low[where])
        untried = np.where(miss < 0, top == edge, bottom == edge)  # nothing but the end of the range bounds this side
        move = np.where(outside, np.where(untried, edge, 0.5 * (bottom + top)), move)
        found.met[where] = np.where(done, found.met[where], met)
        found.water[where] = np.where(done, found.water[where], move)
        lost = ~done & (found.unsolved[where] >= PATIENCE)
        found.water[where[lost]] = most[where[lost]]
        where = where[~done & ~met & (move != x) & ~lost]
    found.status[where] = Status.NOT_CONVERGED
    found.water[where] = most[where]


def _miss(search: Search, found: Found, where: Index) -> tuple[Array, Mask, Array]:
    """Return ln of what dissolves against what should (cases,), whether that is saturated, and the liquor."""
    solids = (search.salt, *companions(search.salt))
    flow = search.mother.copy()
    reserve = RESERVE * search.dissolved
    flow[WATER] = np.minimum(np.exp(found.water[where]), search.high)
    flow[species.index(search.salt)] = reserve
    state = at_equilibrium(flow, search.temperature, solids, search.model)
    failed = state.status > Status.OUT_OF_RANGE
    found.unsolved[where] += failed
    made = np.where(failed, 0.0, extents(state, solids))
    formed, found.extent[:, where] = made[0], made[1:]
    found.water_activity[where], found.status[where] = state.water_activity, state.status
    miss = np.log(np.maximum(search.dissolved - formed, TINY) / search.dissolved)
    saturated = ~failed & (formed > -(1 - 1e-9) * reserve)
    crystals = made + flow[species.indices(solids)]
    crystals[0] = 0.0
    start = first_state(state, crystals, search.model.tier)
    # a liquor too strong to be solved counts as too little water
    return np.where(failed, -1.0, miss), saturated, start
