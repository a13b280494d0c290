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
    uncrystallisable,
)
from blackmass.chemistry.equilibria import formation, pure_phase
from blackmass.chemistry.evaporation import WATER_MASS, figures, without_water
from blackmass.status import Status, StatusArray, worst
from blackmass.stream import Array, Stream

Mask = npt.NDArray[np.bool_]
Index = npt.NDArray[np.intp]
WATER = species.index("H2O")
DONE = 1e-9  # of ln D; the last, linear step then leaves less than 1e-12
STEPS = 60
PATIENCE = 4  # liquors without an equilibrium that are met before a case is given up
FIRST = 3.0  # mol of salt per kg of water in the mother liquor, where the search begins
RESERVE = 2.0  # crystals kept in the liquor during the search, against the salt in the mother liquor
DRIEST = 1e-9
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
    """Where the search stands; slopes that are not known are not numbers."""

    water: Array  # (cases,) ln of the water of the mother liquor [mol/s]
    slope: Array  # (cases,) of ln D over ln w
    bottom: Array  # (cases,) ln of a water that is too little, or the least
    top: Array  # (cases,) ln of a water that is too much, or the most
    extent: Array  # (companions, cases) [mol/s] of the other salts
    bend: Array  # (companions, cases) [mol/s] change of `extent` with ln w
    before: Array  # (2 + companions, cases) the point, the miss and `extent` of the step before, where saturated
    water_activity: Array  # (cases,)
    status: StatusArray
    met: Mask  # (cases,) the yield is met, the mother liquor saturated
    unsolved: Index  # (cases,) liquors without an equilibrium that were met
    guess: Array | None


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
    the mother liquor holds. Since D is nearly proportional to w, the secant method in ln D over ln w needs few steps.
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
    cases = stream.cases
    temperature = np.broadcast_to(np.asarray(temperature, dtype=float), (cases,))
    needs = pure_phase(salt).amounts[-1]
    available = limiting(stream, salt)
    wanted = available * share
    extent = wanted - stream[salt]
    all_water = stream["H2O"] + needs * stream[salt]
    search = Search(
        salt=salt,
        mother=stream.react(formation(salt), extent).flow,
        temperature=temperature,
        dissolved=available - wanted,
        high=all_water - needs * wanted,
        low=_least_water(stream, all_water, needs * wanted, most_evaporated),
        model=model,
    )
    active = (wanted > DRIEST * np.abs(all_water)) & (all_water > DRIEST * np.abs(stream.flow).sum(0))
    active &= np.exp(search.low) < search.high
    found = _begin(search, np.log(np.maximum(all_water, TINY)), start)
    _seek(search, found, np.flatnonzero(active))
    dried = active & (found.water < np.log(np.maximum(search.high, TINY)))
    evaporated = np.where(dried, np.maximum(search.high - np.exp(found.water), 0.0), 0.0)
    remaining, condensate = without_water(stream, evaporated)
    amounts = np.vstack([extent, found.extent])
    rest = np.flatnonzero(~found.met)
    if rest.size:
        _settle_rest(search, found, amounts, remaining.flow[:, rest], rest)
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
        guess=_guess(search, found, np.log(np.maximum(all_water, TINY))),
    )


def _least_water(stream: Stream, water: Array, bound: Array, most_evaporated: "npt.ArrayLike") -> Array:
    """Return ln of the least water [mol/s] that may be left free."""
    left = water * (1 - np.asarray(most_evaporated)) - bound
    syrup = uncrystallisable(stream) / figures()["most_uncrystallisable_charge"] / WATER_MASS
    return np.log(np.maximum(np.maximum(left, syrup), TINY))


def _begin(search: Search, scale: Array, start: Array | None) -> Found:
    """Start from a guess, or where the mother liquor holds `FIRST`."""
    cases, beside = scale.size, len(companions(search.salt))
    head = np.full((2 + beside, cases), np.nan)
    guess = None
    if start is not None and start.shape[-1] == cases and start.shape[0] >= len(head):
        head, guess = start[: len(head)], start[len(head) :]
    top = np.log(np.maximum(search.high, TINY))
    water = np.log(np.maximum(search.dissolved, TINY) / (FIRST * WATER_MASS))
    water = np.where(np.isfinite(head[0]), head[0] + scale, water)
    return Found(
        water=np.clip(water, np.minimum(search.low, top), top),
        slope=head[1].copy(),
        bottom=search.low.copy(),
        top=top,
        extent=np.zeros((beside, cases)),
        bend=head[2:] * search.dissolved,
        before=np.full((2 + beside, cases), np.nan),
        water_activity=np.ones(cases),
        status=np.zeros(cases, dtype=np.int8),
        met=np.zeros(cases, dtype=bool),
        unsolved=np.zeros(cases, dtype=np.intp),
        guess=guess if guess is not None and guess.size else None,
    )


def _guess(search: Search, found: Found, scale: Array) -> Array:
    bend = found.bend / np.where(search.dissolved > 0, search.dissolved, 1.0)
    head = np.vstack([found.water - scale, found.slope, bend])
    return head if found.guess is None else np.vstack([head, found.guess])


def _seek(search: Search, found: Found, where: Index) -> None:
    """Find the water of the cases `where`; those that settle leave the batch."""
    most = found.top.copy()
    for _ in range(STEPS):
        if where.size == 0:
            return
        x = found.water[where]
        miss, saturated = _miss(search.take(where), found, where)
        _learn(found, where, miss, saturated)
        slope = np.where(saturated & np.isfinite(found.slope[where]), found.slope[where], 1.0)
        found.bottom[where] = bottom = np.where(miss < 0, x, found.bottom[where])
        found.top[where] = top = np.where(miss > 0, x, found.top[where])
        move = x - miss / slope
        met = saturated & (np.abs(miss) <= DONE) & (np.isfinite(found.slope[where]) | (miss == 0))
        outside = ~met & ((move <= bottom) | (move >= top))
        edge = np.where(miss < 0, most[where], search.low[where])
        untried = np.where(miss < 0, top == edge, bottom == edge)  # nothing but the end of the range bounds this side
        move = np.where(outside, np.where(untried, edge, 0.5 * (bottom + top)), move)
        found.met[where] = met
        found.water[where] = move
        found.extent[:, where] += np.where(met, np.nan_to_num(found.bend[:, where]) * (move - x), 0.0)
        where = where[~met & (move != x) & (found.unsolved[where] < PATIENCE)]
    found.status[where] = Status.NOT_CONVERGED


def _learn(found: Found, where: Index, miss: Array, saturated: Mask) -> None:
    """Bring the slopes up to date by the secant from the step before, where there is one."""
    now = np.vstack([found.water[where], miss, found.extent[:, where]])
    change = now - found.before[:, where]
    usable = saturated & (np.abs(change[0]) > 1e-9)  # not a number: there was no step before
    change = np.where(usable, change, 1.0)
    found.slope[where] = np.where(usable, np.clip(change[1] / change[0], *SLOPES), found.slope[where])
    found.bend[:, where] = np.where(usable, change[2:] / change[0], found.bend[:, where])
    found.before[:, where] = np.where(saturated, now, np.nan)


def _miss(search: Search, found: Found, where: Index) -> tuple[Array, Mask]:
    """Return ln of what dissolves against what should (cases,), and whether crystals are left to saturate."""
    solids = (search.salt, *companions(search.salt))
    flow = search.mother.copy()
    reserve = RESERVE * search.dissolved
    flow[WATER] = np.minimum(np.exp(found.water[where]), search.high)
    flow[species.index(search.salt)] = reserve
    start = None if found.guess is None else found.guess[:, where]
    state = at_equilibrium(flow, search.temperature, solids, search.model, start)
    if found.guess is None:
        found.guess = np.full((len(state.guess), found.water.size), np.nan)
    found.guess[:, where] = state.guess
    failed = state.status > Status.OUT_OF_RANGE
    found.unsolved[where] += failed
    made = np.where(failed, 0.0, extents(state, solids))
    formed, found.extent[:, where] = made[0], made[1:]
    found.water_activity[where], found.status[where] = state.water_activity, state.status
    miss = np.log(np.maximum(search.dissolved - formed, TINY) / search.dissolved)
    # a liquor too strong to be solved counts as too little water
    return np.where(failed, -1.0, miss), ~failed & (formed > -(1 - 1e-9) * reserve)


def _settle_rest(search: Search, found: Found, amounts: Array, flow: Array, rest: Index) -> None:
    """Let equilibrium decide in the cases that do not meet the yield."""
    solids = (search.salt, *companions(search.salt))
    state = at_equilibrium(flow, search.temperature[rest], solids, search.model, None)
    amounts[:, rest] = extents(state, solids)
    found.water_activity[rest] = state.water_activity
    found.status[rest] = worst(state.status, np.where(found.status[rest] == Status.NOT_CONVERGED, 2, 0))
