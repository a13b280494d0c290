"""Evaporation until a given share of a salt has crystallised and its mother liquor is just saturated."""

import dataclasses

import numpy as np
import numpy.typing as npt

from blackmass import species
from blackmass.chemistry.crystallisation import (
    companions,
    formations,
    heat_of_crystallisation,
    limiting,
    settle,
    uncrystallisable,
)
from blackmass.chemistry.equilibria import formation, pure_phase
from blackmass.chemistry.evaporation import WATER_MASS, figures, without_water, worth
from blackmass.chemistry.mother_liquor import rows
from blackmass.chemistry.pitzer import VirialModel
from blackmass.chemistry.yield_search import saturate
from blackmass.status import Status, StatusArray, worst
from blackmass.stream import Array, Stream

WATER = species.index("H2O")
DRIEST = 1e-9
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
    model: VirialModel,
    start: Array | None = None,
) -> Yielded:
    """Evaporate water until `share` of a salt has crystallised.

    The mother liquor wanted is known but for its water: the feed less the crystals. Sought is the water with which it
    is saturated (`yield_search`), other salts forming beside the one named. Where more than the share would form
    without evaporation, or less with all the evaporation that is allowed, the amount follows from equilibrium with the
    water that is left. For a salt that is a trace of the water nothing is evaporated (`evaporation.worth`).

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
    cases, solids = stream.cases, (salt, *companions(salt))
    temperature = np.array(np.broadcast_to(np.asarray(temperature, dtype=float), (cases,)))
    needs = pure_phase(salt).amounts[-1]
    available = limiting(stream, salt)
    wanted = available * np.asarray(share, dtype=float)
    extent = wanted - stream[salt]
    all_water = stream["H2O"] + needs * stream[salt]
    most = all_water - needs * wanted
    mother = _mother(stream, salt, extent)
    least = np.maximum(all_water * (1 - np.asarray(most_evaporated)) - needs * wanted, _syrup(mother, salt))
    size = np.abs(stream.flow).sum(0)
    value = worth(wanted, all_water) * (all_water > DRIEST * size) * np.isfinite(size)
    where = np.flatnonzero((value > 0) & (least < most) & (wanted < available))
    length = rows(solids, model)
    known = start is not None and start.shape == (2 * length, cases)
    guess = start if known and start is not None else np.full((2 * length, cases), np.nan)
    found = saturate(
        mother[:, where],
        temperature[where],
        solids,
        least=least[where],
        most=most[where],
        model=model,
        start=guess[:length, where],
    )
    evaporated = np.zeros(cases)
    evaporated[where] = np.maximum(most[where] - found.water, 0.0) * found.known * value[where]
    remaining, condensate = without_water(stream, evaporated)
    amounts, record = np.zeros((len(solids), cases)), np.full((2 * length, cases), np.nan)
    activity, saturation, status = np.ones(cases), np.zeros(cases), np.zeros(cases, dtype=np.int8)
    met = found.met & (value[where] == 1)
    there = where[met]
    amounts[0, there], amounts[1:, there] = extent[there], found.extent[:, met]
    activity[there] = found.water_activity[met]
    status[there] = np.where(found.out_of_range[met], Status.OUT_OF_RANGE, Status.OK)
    record[:length, where] = found.state
    rest = np.ones(cases, dtype=bool)
    rest[there] = False
    if rest.any():
        made = settle(
            remaining.take(np.flatnonzero(rest)), temperature[rest], solids, model=model, start=guess[length:, rest]
        )
        amounts[:, rest], record[length:, rest] = made.extent, made.guess
        activity[rest], saturation[rest], status[rest] = made.water_activity, made.log_saturation[0], made.status
    lost = where[~found.known]
    status[lost] = worst(status[lost], Status.OUT_OF_RANGE)
    return Yielded(
        slurry=remaining.react(formations(solids), amounts).at(temperature),
        condensate=condensate.at(temperature),
        heat=heat_of_crystallisation(solids, amounts, model),
        crystals=amounts[0],
        available=available,
        water_activity=activity,
        log_saturation=saturation,
        status=status,
        guess=record,
    )


def _mother(stream: Stream, salt: str, extent: Array) -> Array:
    """Return the flows (species, cases) of the mother liquor, its crystals of the salt taken off."""
    flow = stream.react(formation(salt), extent).flow.copy()
    flow[species.index(salt)] = 0.0
    return flow


def _syrup(mother: Array, salt: str) -> Array:
    """Return the least free water [mol/s] of a mother liquor (species, cases)."""
    water = uncrystallisable(mother, salt) / figures()["most_uncrystallisable_charge"] / WATER_MASS
    hydroxide = np.maximum(-mother[species.index("H+")], 0.0)  # takes water
    return np.maximum(water + hydroxide, TINY)
