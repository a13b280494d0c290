"""Evaporation until a given share of a salt has crystallised and its mother liquor is just saturated."""

import dataclasses

import numpy as np
import numpy.typing as npt

from blackmass import species
from blackmass.chemistry.activity import ActivityModel
from blackmass.chemistry.crystallisation import (
    companions,
    heat_of_crystallisation,
    limiting,
    settle,
    uncrystallisable,
)
from blackmass.chemistry.equilibria import formation, pure_phase
from blackmass.chemistry.evaporation import WATER_MASS, figures, without_water
from blackmass.chemistry.yield_search import Found, Search, begin, saturate, seek
from blackmass.status import Status, StatusArray, worst
from blackmass.stream import Array, Stream

Mask = npt.NDArray[np.bool_]
Index = npt.NDArray[np.intp]
WATER = species.index("H2O")
DRIEST = 1e-9
TRACE = 1e-6  # mole fraction in the water below which a salt is not worth evaporating for
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
    log_saturation : array (cases,)
        Decimal logarithm, of the salt in the mother liquor.
    status : array (cases,) of `Status`
    guess : array (n, cases), for the next call
    """

    slurry: Stream
    condensate: Stream
    heat: Array
    crystals: Array
    available: Array
    water_activity: Array
    log_saturation: Array
    status: StatusArray
    guess: Array


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
    amount follows from equilibrium with the water that is left. Where no mother liquor is found at all, nothing is
    evaporated and the case is out of range.

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
    found = begin(search, start)
    where = np.flatnonzero(active)
    known = np.isfinite(found.liquor[0, where])
    known[known] = saturate(search, found, where[known], found.liquor[:, where[known]])
    seek(search, found, where[~known])
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
        log_saturation=found.log_saturation,
        status=found.status,
        guess=np.vstack([found.liquor, found.settled]),
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


def _settle_rest(search: Search, found: Found, amounts: Array, remaining: Stream, rest: Index) -> None:
    """Let equilibrium decide in the cases that do not meet the yield."""
    if rest.size == 0:
        return
    solids = (search.salt, *companions(search.salt))
    start = found.settled[:, rest]
    made = settle(remaining.take(rest), search.temperature[rest], solids, model=search.model, start=start)
    amounts[:, rest], found.settled[:, rest] = made.extent, made.guess
    found.water_activity[rest], found.log_saturation[rest] = made.water_activity, made.log_saturation[0]
    short = np.where(found.status[rest] > Status.OUT_OF_RANGE, Status.OUT_OF_RANGE, Status.OK)
    found.status[rest] = worst(made.status, short)
