"""Evaporation until a given share of a salt has crystallised and its mother liquor is just saturated."""

import dataclasses

import numpy as np
import numpy.typing as npt

from blackmass import species
from blackmass.chemistry.activity import ActivityModel
from blackmass.chemistry.crystallisation import (
    at_equilibrium,
    companions,
    extents,
    heat_of_crystallisation,
    limiting,
    settle,
    uncrystallisable,
)
from blackmass.chemistry.equilibria import formation, pure_phase
from blackmass.chemistry.evaporation import WATER_MASS, figures, without_water
from blackmass.chemistry.mother_liquor import ROWS, first_state, liquor_with_crystals
from blackmass.chemistry.solubility import corrections
from blackmass.status import Status, StatusArray, worst
from blackmass.stream import Array, Stream

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
DRIEST = 1e-9
TRACE = 1e-6  # mole fraction in the water below which a salt is not worth evaporating for
SLOPES = (0.2, 20.0)
TINY = 1e-300


@dataclasses.dataclass(frozen=True, eq=False)
class Yielded:
    """A crystallised stream.

    Parameters
    ----------
    slurry : Stream
        Crystals in their mother liquor.
    condensate : Stream
        Water evaporated.
    heat : array (cases,) [W]
        Set free by crystallisation.
    crystals : array (cases,) [mol/s]
        Of the salt, beside those that came with the feed.
    available : array (cases,) [mol/s]
        Of the salt, from the ions of the feed and its crystals.
    water_activity : array (cases,)
    status : array (cases,) of `Status`
    guess : array (n, cases), for the next call
    """

    slurry: Stream
    condensate: Stream
    heat: Array
    crystals: Array
    available: Array
    water_activity: Array
    status: StatusArray
    guess: Array


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
    status: StatusArray
    met: Mask  # (cases,) the yield is met, the mother liquor saturated
    unsolved: Index  # (cases,) liquors without an equilibrium that were met
    trials: Index  # (cases,) of Newton's method
    liquor: Array  # (rows, cases) state of the mother liquor, not a number where it is not known
    settled: Array  # (rows, cases) state of the liquor where the yield is not met


def crystallise(
    stream: Stream,
    salt: str,
    *,
    share: "npt.ArrayLike",
    temperature: "npt.ArrayLike",
    most_evaporated: "npt.ArrayLike",
    model: ActivityModel,
    start: Array | None = None,
) -> Yielded:
    """Evaporate water until `share` of a salt has crystallised.

    The mother liquor wanted is known but for its water: the feed less the crystals. At each water content w the salt D
    that dissolves at saturation follows from equilibrium, other salts forming beside it; sought is D(w) equal to what
    the mother liquor holds. Since D is nearly proportional to w, the secant method in ln D over ln w comes near in few
    steps; Newton's method on the saturated mother liquor (`mother_liquor`) does the rest, or all of it from a guess.
    Where more than the share would form without evaporation, or less with all the evaporation that is allowed, the
    amount follows from equilibrium with the water that is left.

    Parameters
    ----------
    stream : Stream
    salt : name of the salt, one of `SULFATES`
    share : array (cases,) or float
        Share of the salt's limiting ion that crystallises.
    temperature : array (cases,) or float [K]
    most_evaporated : array (cases,) or float
        Largest share of the water that may be evaporated.
    model : activity model
    start : array (n, cases), optional
        `guess` of an earlier call for the same cases; not a number where there is none.
    """
    temperature = np.broadcast_to(np.asarray(temperature, dtype=float), (stream.cases,))
    needs = pure_phase(salt).amounts[-1]
    available = limiting(stream, salt)
    wanted = available * np.asarray(share, dtype=float)
    extent = wanted - stream[salt]
    all_water = stream["H2O"] + needs * stream[salt]
    search = Search(
        salt=salt,
        mother=_mother(stream, salt, extent),
        temperature=temperature,
        dissolved=available - wanted,
        high=all_water - needs * wanted,
        low=_least_water(stream, all_water, needs * wanted, most_evaporated),
        model=model,
    )
    active = (wanted > TRACE * np.abs(all_water)) & (all_water > DRIEST * np.abs(stream.flow).sum(0))
    active &= np.exp(search.low) < search.high
    scale = np.log(np.maximum(all_water, TINY))
    found = _begin(search, scale, start)
    where = np.flatnonzero(active)
    known = np.isfinite(found.liquor[0, where])
    known[known] = _saturate(search, found, where[known], found.liquor[:, where[known]])
    _seek(search, found, where[~known])
    dried = active & (found.water < np.log(np.maximum(search.high, TINY)))
    evaporated = np.where(dried, np.maximum(search.high - np.exp(found.water), 0.0), 0.0)
    remaining, condensate = without_water(stream, evaporated)
    amounts = np.vstack([extent, found.extent])
    _settle_rest(search, found, amounts, remaining, np.flatnonzero(~found.met))
    solids = (salt, *companions(salt))
    slurry = remaining.react(np.array([formation(name) for name in solids]).T, amounts)
    return Yielded(
        slurry=slurry.at(temperature),
        condensate=condensate.at(temperature),
        heat=heat_of_crystallisation(solids, amounts, model),
        crystals=amounts[0],
        available=available,
        water_activity=found.water_activity,
        status=found.status,
        guess=np.vstack([found.water - scale, found.liquor, found.settled]),
    )


def _mother(stream: Stream, salt: str, extent: Array) -> Array:
    """Return the flows (species, cases) of the mother liquor, its crystals of the salt taken off."""
    flow = stream.react(formation(salt), extent).flow.copy()
    flow[species.index(salt)] = 0.0
    return flow


def _least_water(stream: Stream, water: Array, bound: Array, most_evaporated: "npt.ArrayLike") -> Array:
    """Return ln of the least water [mol/s] that may be left free."""
    left = water * (1 - np.asarray(most_evaporated)) - bound
    syrup = uncrystallisable(stream) / figures()["most_uncrystallisable_charge"] / WATER_MASS
    return np.log(np.maximum(np.maximum(left, syrup), TINY))


def _begin(search: Search, scale: Array, start: Array | None) -> Found:
    """Start from a guess, or where the mother liquor holds `FIRST`."""
    cases, beside = scale.size, len(companions(search.salt))
    rows = ROWS + 1 + beside
    known = start is not None and start.shape == (1 + 2 * rows, cases)
    guess = start if known and start is not None else np.full((1 + 2 * rows, cases), np.nan)
    top = np.log(np.maximum(search.high, TINY))
    ions = (np.abs(species.CHARGE) > 0) @ np.maximum(search.mother * species.PHASE_MASK["aqueous"], 0.0)
    water = np.log(np.maximum(ions, TINY) / (FIRST * WATER_MASS))
    water = np.where(np.isfinite(guess[0]), guess[0] + scale, water)
    return Found(
        water=np.clip(water, np.minimum(search.low, top), top),
        slope=np.ones(cases),
        bottom=search.low.copy(),
        top=top,
        before=np.full((2, cases), np.nan),
        extent=np.zeros((beside, cases)),
        water_activity=np.ones(cases),
        status=np.zeros(cases, dtype=np.int8),
        met=np.zeros(cases, dtype=bool),
        unsolved=np.zeros(cases, dtype=np.intp),
        trials=np.zeros(cases, dtype=np.intp),
        liquor=guess[1 : 1 + rows].copy(),
        settled=guess[1 + rows :].copy(),
    )


def _saturate(search: Search, found: Found, where: Index, state: Array) -> Mask:
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


def _seek(search: Search, found: Found, where: Index) -> None:
    """Find the water of the cases `where`; those that settle leave the batch.

    A case that meets too many liquors without an equilibrium keeps the least water at which there was one.
    """
    most = found.top.copy()
    for _ in range(STEPS):
        if where.size == 0:
            return
        x = found.water[where]
        miss, saturated, start = _miss(search.take(where), found, where)
        near = saturated & (np.abs(miss) < NEAR) & (found.trials[where] < TRIALS)
        done = np.zeros(where.size, dtype=bool)
        done[near] = _saturate(search, found, where[near], start[:, near])
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
        found.water[where[lost]] = top[lost]
        where = where[~done & ~met & (move != x) & ~lost]
    found.status[where] = Status.NOT_CONVERGED
    found.water[where] = found.top[where]


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
    start = first_state(state, crystals)
    # a liquor too strong to be solved counts as too little water
    return np.where(failed, -1.0, miss), saturated, start


def _settle_rest(search: Search, found: Found, amounts: Array, remaining: Stream, rest: Index) -> None:
    """Let equilibrium decide in the cases that do not meet the yield."""
    if rest.size == 0:
        return
    solids = (search.salt, *companions(search.salt))
    start = found.settled[:, rest]
    made = settle(remaining.take(rest), search.temperature[rest], solids, model=search.model, start=start)
    amounts[:, rest], found.settled[:, rest] = made.extent, made.guess
    found.water_activity[rest] = made.water_activity
    short = np.where(found.status[rest] > Status.OUT_OF_RANGE, Status.OUT_OF_RANGE, Status.OK)
    found.status[rest] = worst(made.status, short)
