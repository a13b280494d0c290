"""The search for the water of a mother liquor that is saturated with a salt, compiled case by case."""

import dataclasses
import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from blackmass import species
from blackmass.chemistry import mother_liquor_tables as of
from blackmass.chemistry.evaporation import figures
from blackmass.chemistry.mother_liquor import contents, record, resume, rows, strange
from blackmass.chemistry.mother_liquor_search import equilibrium, keep
from blackmass.chemistry.mother_liquor_step import all_water, enter, molalities, slack
from blackmass.chemistry.pitzer import VirialModel, debye_hueckel_slope
from blackmass.chemistry.pitzer_expansion import COUNT, MASS, Room
from blackmass.chemistry.pitzer_parameters import Parameters
from blackmass.chemistry.solubility import corrections
from blackmass.chemistry.speciation import MOLES_PER_KG
from blackmass.numerics.compiled import compiled

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
TURNS = 80
DONE = 1e-12  # of ln of the saturation
SOON = 1.5  # of it, from which on Newton's method is tried
TRIALS = 4  # of Newton's method
FIRST = 8.0  # mol of ions per kg of water in the mother liquor, where the search begins
SLOPE, SLOPES = 2.0, (0.3, 20.0)  # of ln of the saturation by ln of the water, at first and at most
LONGEST = 1.0  # change of ln of the water in one step
POINT, BOTTOM, TOP, LEAST, MOST, BEFORE, VALUE, STEEP, CARRIED, RULED, TRIED, MET, THICK = range(13)
"""Of the search: ln of the water; of waters that are too little and too much, and between which it is sought; the point
before and what was missed there; slope; water that salts bring; whether Newton's method is on, and how often it was;
whether the yield is met; solutes of a syrup."""
AT_LEAST, SATURATED, AT_MOST, SYRUP = -1.0, 0.0, 1.0, 2.0  # how a search ended, in a start


class Mother(NamedTuple):
    """The mother liquors wanted, per kilogram of a reference."""

    totals: Array  # (components, cases)
    temperature: Array  # (cases,)
    slopes: Array  # (cases,)
    corrections: Array  # (salts, cases) logarithms
    first: Array  # (cases,) ln of the water where the search begins, not a number where there is none
    least: Array  # (cases,)
    most: Array  # (cases,)
    carried: Array  # (cases,) water in crystals that the liquor brings
    start: Array  # (rows, cases)
    held: float  # solutes [mol/kg] from which activities are held
    thick: float  # solutes [mol/kg] of a syrup


class Found(NamedTuple):
    """What is found."""

    water: Array  # (cases,) ln of the water
    met: Mask  # (cases,) the yield is met, the mother liquor saturated
    known: Mask  # (cases,) the mother liquor has an equilibrium
    out_of_range: Mask
    crystals: Array  # (salts, cases)
    water_activity: Array
    state: Array  # (rows, cases)


@dataclasses.dataclass(frozen=True)
class Saturated:
    """Mother liquors.

    Parameters
    ----------
    water : array (cases,) [mol/s]
        Beside that in crystals.
    extent : array (salts but for the first, cases) [mol/s]
        Of the other salts.
    water_activity : array (cases,)
    met, known, out_of_range : arrays (cases,) of bool
        Whether the liquor is saturated with the first salt; whether it has an equilibrium.
    state : array (rows, cases)
        To start from next time; in the row of the first salt how the search ended.
    """

    water: Array
    extent: Array
    water_activity: Array
    met: Mask
    known: Mask
    out_of_range: Mask
    state: Array


def saturate(
    mother: Array,
    temperature: Array,
    salts: tuple[str, ...],
    *,
    least: Array,
    most: Array,
    model: VirialModel,
    start: Array,
) -> Saturated:
    """Find the water with which mother liquors are saturated with the first salt, the others forming beside it.

    The logarithm of the saturation falls as the water rises. It is found at a few waters, by secants within a bracket
    that cannot be lost; Newton's method on the saturated liquor does the rest, or all of it from a start. The water
    stays between `least` and `most`, and at one of them where the liquor is saturated nowhere between; a liquor that
    has become a syrup is not driven further.

    Parameters
    ----------
    mother : array (species, cases) [mol/s]
        The liquor without its water.
    temperature : array (cases,) [K]
    salts : names
    least, most : arrays (cases,) [mol/s]
        Of the water, beside that in crystals.
    model : Pitzer's model
    start : array (rows, cases)
        `state` of an earlier answer; not a number where there is none.
    """
    cases, given = temperature.size, of.chemistry(salts, model.tier)
    totals, carried = contents(mother, salts)
    ions = (np.abs(species.CHARGE) > 0) @ np.maximum(mother * species.PHASE_MASK["aqueous"], 0.0)
    kilograms = most / MOLES_PER_KG
    found = Found(
        water=np.zeros(cases),
        met=np.zeros(cases, dtype=np.bool_),
        known=np.zeros(cases, dtype=np.bool_),
        out_of_range=np.zeros(cases, dtype=np.bool_),
        crystals=np.zeros((len(salts), cases)),
        water_activity=np.ones(cases),
        state=np.full((rows(salts, model), cases), np.nan),
    )
    low, high = np.log(least / kilograms), np.full(cases, np.log(MOLES_PER_KG))
    wanted = Mother(
        totals=totals / kilograms,
        temperature=temperature,
        slopes=debye_hueckel_slope(temperature),
        corrections=np.log(corrections(salts, temperature, model)),
        first=np.clip(np.log(np.maximum(ions / (FIRST * MASS), least) / kilograms), low, high),
        least=low,
        most=high,
        carried=(carried - mother[species.index("H2O")]) / kilograms,
        start=start,
        held=model.most_solutes,
        thick=figures()["most_solutes"],
    )
    _seek(given, of.room(given), wanted, found)
    return Saturated(
        water=np.minimum(np.exp(found.water) * kilograms, most),
        extent=found.crystals[1:] * kilograms - mother[species.indices(salts[1:])],
        water_activity=found.water_activity,
        met=found.met,
        known=found.known,
        out_of_range=found.out_of_range,
        state=found.state,
    )


@compiled
def _seek(given: Parameters, place: Room, wanted: Mother, found: Found) -> None:
    values, places = place.values, place.places
    held, factors = np.empty(wanted.totals.shape[0]), np.empty(wanted.corrections.shape[0])
    search = np.empty(13)
    mark = wanted.start.shape[0] - factors.size  # in a start, the row of the first salt
    for case in range(wanted.temperature.size):
        for row in range(held.size):
            held[row] = wanted.totals[row, case]
        for row in range(factors.size):
            factors[row] = wanted.corrections[row, case]
        values[of.SCALARS, of.KELVIN], values[of.SCALARS, of.SLOPE] = wanted.temperature[case], wanted.slopes[case]
        values[of.SCALARS, of.HELD] = wanted.held
        places[COUNT, of.FREE] = 1
        enter(given, place, held, factors)
        search[:] = 0.0
        search[POINT], search[STEEP], search[BEFORE] = wanted.first[case], SLOPE, np.nan
        search[LEAST], search[MOST], search[CARRIED] = wanted.least[case], wanted.most[case], wanted.carried[case]
        search[BOTTOM], search[TOP] = search[LEAST], search[MOST]
        search[THICK] = wanted.thick
        near = resume(given, place, wanted.start, case, 0)
        if near:
            ended = wanted.start[mark, case]
            search[RULED] = ended == SATURATED
            if ended in (AT_LEAST, AT_MOST):
                search[POINT] = search[LEAST] if ended == AT_LEAST else search[MOST]
            else:
                search[POINT] = min(max(water_beside(place, search), search[LEAST]), search[MOST])
        values[of.SCALARS, of.WATER] = math.exp(search[POINT]) + search[CARRIED]
        for _ in range(TURNS):
            places[COUNT, of.RULED] = search[RULED] > 0
            ok = equilibrium(given, place, near)
            near = ok or search[RULED] > 0
            if search[RULED] == 0 and not ok:
                search[POINT], found.known[case] = search[MOST], False
                break
            found.known[case] = True
            done, near = _next(place, search, ok)
            if done:
                break
        found.water[case], found.met[case] = search[POINT], search[MET] > 0
        found.out_of_range[case] = found.known[case] and strange(given, place)
        if found.known[case]:
            record(given, place, found.state, case, 0)
            found.state[mark, case] = SATURATED if found.met[case] else SYRUP
            if not found.met[case] and search[POINT] <= search[LEAST]:
                found.state[mark, case] = AT_LEAST
            if not found.met[case] and search[POINT] >= search[MOST]:
                found.state[mark, case] = AT_MOST
        if found.met[case]:
            found.water_activity[case] = math.exp(values[of.SCALARS, of.LN_WATER])
            for phase in range(1, places[COUNT, of.PHASES]):
                row = places[of.SALT, phase]
                found.crystals[row, case] = max(values[of.AMOUNT, phase], 0.0) * values[of.SIZE, phase]


@compiled
def water_beside(place: Room, search: Array) -> float:
    """Return ln of the water beside that which salts bring."""
    molalities(place)
    return math.log(max(all_water(place) - search[CARRIED], 1e-300))


@compiled
def thickness(place: Room, search: Array) -> float:
    """Return ln of the solutes against those of a syrup; molalities are known."""
    total = 0.0
    for row in range(place.places[COUNT, of.SOLUTES]):
        total += place.values[of.MOLALITY, row]
    return math.log(total / search[THICK])


@compiled
def _next(place: Room, search: Array, ok: bool) -> tuple[bool, bool]:
    """Judge a liquor and choose the next; return whether the search ends, and whether the next is near."""
    point = water_beside(place, search)
    thick = thickness(place, search)
    if search[RULED] > 0:
        search[RULED] = 0.0
        if ok and thick < 0:
            if search[BOTTOM] <= point <= search[TOP]:
                search[POINT] = point
                search[MET] = search[LEAST] < point < search[MOST]
                return True, True
            if search[TRIED] == 0:  # from a start: the liquor is saturated beyond the bounds
                search[POINT] = min(max(point, search[LEAST]), search[MOST])
                return True, True
        if search[TRIED] == 0:
            return False, False
        keep(place, False)
    else:
        saturation = -slack(place, 0)
        miss, point = max(saturation, thick), search[POINT]
        if miss > 0:
            search[BOTTOM] = point
        else:
            search[TOP] = point
        if abs(miss) <= DONE:
            search[MET] = saturation > thick
            return True, True
        if (miss < 0 and point <= search[LEAST]) or (miss > 0 and point >= search[MOST]):
            return True, True
        change = point - search[BEFORE]
        if abs(change) > 1e-9:
            search[STEEP] = min(max((search[VALUE] - miss) / change, SLOPES[0]), SLOPES[1])
        search[BEFORE], search[VALUE] = point, miss
        if abs(saturation) < SOON and thick < 0 and search[TRIED] < TRIALS:
            keep(place, True)
            search[TRIED] += 1
            search[RULED] = 1.0
            return False, True
    return _move(place, search)


@compiled
def _move(place: Room, search: Array) -> tuple[bool, bool]:
    """Choose the water of the next liquor; return whether there is none, and that it is near."""
    values, point, bottom, top = place.values, search[POINT], search[BOTTOM], search[TOP]
    following = point + min(max(search[VALUE] / search[STEEP], -LONGEST), LONGEST)
    if following >= top:
        following = top if top == search[MOST] else 0.5 * (bottom + top)
    elif following <= bottom:
        following = bottom if bottom == search[LEAST] else 0.5 * (bottom + top)
    if following == point:
        return True, True
    search[POINT] = following
    values[of.SCALARS, of.LN_KILOGRAMS] += following - point
    values[of.SCALARS, of.WATER] = math.exp(following) + search[CARRIED]
    return False, True
