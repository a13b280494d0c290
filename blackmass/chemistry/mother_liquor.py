"""Liquors with their crystals: speciation, crystals, activities and water at once, case by case."""

import dataclasses
import functools

import numpy as np
import numpy.typing as npt

from blackmass import species
from blackmass.chemistry import mother_liquor_tables as of
from blackmass.chemistry.activity import LN10
from blackmass.chemistry.equilibria import COMPONENTS, KEPT, component_rows, pure_phase
from blackmass.chemistry.mother_liquor_search import DRIED, equilibrium
from blackmass.chemistry.mother_liquor_step import enter, molalities, slack
from blackmass.chemistry.pitzer import VirialModel, debye_hueckel_slope
from blackmass.chemistry.pitzer_expansion import COUNT, Room, outside
from blackmass.chemistry.pitzer_parameters import GROUP, GROUPS, PROPER, SIZES, Parameters
from blackmass.chemistry.speciation import MOLES_PER_KG
from blackmass.numerics.compiled import compiled

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
UNKNOWN = -999.0  # in a guess, of what was not there


def rows(salts: tuple[str, ...], model: VirialModel) -> int:
    """Return the number of rows of a state: components, water twice, groups of species, salts."""
    given = of.chemistry(salts, model.tier)
    return len(KEPT) + 2 + int(given.places[SIZES, GROUPS]) + len(salts)


@dataclasses.dataclass(frozen=True)
class Liquor:
    """A liquor with its crystals, for each case.

    Parameters
    ----------
    crystals : array (salts, cases) [mol/s]
    log_saturation : array (salts, cases)
        Decimal logarithm, minus infinity where an ion of the salt is not in the liquor.
    pH, water_activity : array (cases,)
    out_of_range : array (cases,) of bool
    state : array (rows, cases)
        To start from next time: ln activities of the components, ln of the kilograms of water per kilogram there is,
        ln of water's activity, ln activity coefficients, crystals against the most that can form.
    converged : array (cases,) of bool
    """

    crystals: Array
    log_saturation: Array
    pH: Array
    water_activity: Array
    out_of_range: Mask
    state: Array
    converged: Mask


def liquor_with_crystals(
    flow: Array,
    temperature: Array,
    salts: tuple[str, ...],
    corrections: Array,
    *,
    model: VirialModel,
    start: Array | None = None,
) -> Liquor:
    """Find the equilibrium of a liquor with crystals.

    The unknowns are the activities of the components, the kilograms of free water, the activity of water, the activity
    coefficients and the crystals; the equations are the balances, mass action, complementarity of each salt (present
    and saturated, or absent and undersaturated) and the activity model. From a start the answer follows by Newton's
    method; without one, or where that fails, by interior points (`mother_liquor_search`).

    Parameters
    ----------
    flow : array (species, cases) [mol/s]
        The liquor with the crystals that it brings; all cases have water.
    temperature : array (cases,) [K]
    salts : names
    corrections : array (salts, cases)
        Supersaturation at which each salt forms.
    model : Pitzer's model
    start : array (rows, cases), optional
        `state` of an earlier answer; not a number where there is none.
    """
    given, cases = of.chemistry(salts, model.tier), temperature.size
    totals, water = contents(flow, salts)
    start = np.full((rows(salts, model), cases), np.nan) if start is None else start
    found = Liquor(
        crystals=np.zeros((len(salts), cases)),
        log_saturation=np.full((len(salts), cases), -np.inf),
        pH=np.full(cases, np.nan),
        water_activity=np.ones(cases),
        out_of_range=np.zeros(cases, dtype=np.bool_),
        state=np.full((rows(salts, model), cases), np.nan),
        converged=np.zeros(cases, dtype=np.bool_),
    )
    _solve(
        given,
        of.room(given),
        (totals, water / MOLES_PER_KG, temperature, debye_hueckel_slope(temperature)),
        (np.log(corrections), start),
        model.most_solutes,
        (found.crystals, found.log_saturation, found.pH, found.water_activity, found.state),
        (found.out_of_range, found.converged),
    )
    return found


def contents(flow: Array, salts: tuple[str, ...]) -> tuple[Array, Array]:
    """Return the components (components, cases) and the water (cases,) [mol/s] of a liquor, its crystals dissolved."""
    totals = flow[component_rows()]
    carried = flow[species.indices(salts)]
    if carried.any():
        totals = totals + _amounts(salts) @ carried
    return np.ascontiguousarray(totals[_order()]), totals[COMPONENTS.index("H2O")]


@functools.cache
def _amounts(salts: tuple[str, ...]) -> Array:
    return np.array([pure_phase(name).amounts for name in salts]).T.copy()


@functools.cache
def _order() -> list[int]:
    return [COMPONENTS.index(name) for name in KEPT]


@compiled
def _solve(
    given: Parameters,
    place: Room,
    feed: tuple[Array, Array, Array, Array],
    known: tuple[Array, Array],
    most: float,
    found: tuple[Array, Array, Array, Array, Array],
    flags: tuple[Mask, Mask],
) -> None:
    values, places = place.values, place.places
    totals, kilograms, temperature, slopes = feed
    corrections, start = known
    crystals, saturation, ph, water_activity, state = found
    out_of_range, converged = flags
    held = np.empty(totals.shape[0])
    factors = np.empty(corrections.shape[0])
    scalar = values[of.SCALARS]
    for case in range(temperature.size):
        for row in range(held.size):
            held[row] = totals[row, case] / kilograms[case]
        for row in range(factors.size):
            factors[row] = corrections[row, case]
        scalar[of.KELVIN], scalar[of.SLOPE], scalar[of.HELD] = temperature[case], slopes[case], most
        scalar[of.WATER] = MOLES_PER_KG
        places[COUNT, of.FREE] = places[COUNT, of.RULED] = 0
        enter(given, place, held, factors)
        near = resume(given, place, start, case, 0)
        if not equilibrium(given, place, near):
            continue
        converged[case] = True
        dried = scalar[of.LN_KILOGRAMS] < DRIED
        if not dried:
            record(given, place, state, case, 0)
        ph[case] = -values[of.LN_ACTIVITY, 0] / LN10
        water_activity[case] = np.exp(scalar[of.LN_WATER])
        out_of_range[case] = dried or strange(given, place)
        for phase in range(places[COUNT, of.PHASES]):
            row = places[of.SALT, phase]
            crystals[row, case] = max(values[of.AMOUNT, phase], 0.0) * values[of.SIZE, phase] * kilograms[case]
            saturation[row, case] = -slack(place, phase) / LN10


@compiled
def resume(given: Parameters, place: Room, start: Array, case: int, first: int) -> bool:
    """Take a start from the rows from `first` on; return whether there is one for all that the liquor holds."""
    values, places = place.values, place.places
    components, groups = of.ALL, given.places[SIZES, GROUPS]
    if not np.isfinite(start[first, case]):
        return False
    for row in range(places[COUNT, of.BALANCES]):
        value = start[first + places[of.BALANCE, row], case]
        if value == UNKNOWN:
            return False
        values[of.LN_ACTIVITY, row] = value
    at = first + components
    values[of.SCALARS, of.LN_KILOGRAMS], values[of.SCALARS, of.LN_WATER] = start[at, case], start[at + 1, case]
    at += 2
    for row in range(places[COUNT, of.SOLUTES]):
        group = given.places[GROUP, places[of.SOLUTE, row]]
        values[of.ASSUMED, places[of.SOLUTE_GROUP, row]] = start[at + group, case]
    at += groups
    for phase in range(places[COUNT, of.FREE], places[COUNT, of.PHASES]):
        amount = start[at + places[of.SALT, phase], case]
        values[of.AMOUNT, phase] = amount
        places[of.THERE, phase] = amount > 0
    return True


@compiled
def record(given: Parameters, place: Room, state: Array, case: int, first: int) -> None:
    """Write a start for the next time."""
    values, places = place.values, place.places
    components, groups = of.ALL, given.places[SIZES, GROUPS]
    at = first + components
    for row in range(first, at):
        state[row, case] = UNKNOWN
    for row in range(at, at + 2 + groups + given.places[SIZES, of.SALT_COUNT]):
        state[row, case] = 0.0
    for row in range(places[COUNT, of.BALANCES]):
        state[first + places[of.BALANCE, row], case] = values[of.LN_ACTIVITY, row]
    state[at, case], state[at + 1, case] = values[of.SCALARS, of.LN_KILOGRAMS], values[of.SCALARS, of.LN_WATER]
    at += 2
    for row in range(places[COUNT, of.SOLUTES]):
        group = given.places[GROUP, places[of.SOLUTE, row]]
        state[at + group, case] = values[of.ASSUMED, places[of.SOLUTE_GROUP, row]]
    at += groups
    for phase in range(places[COUNT, of.FREE], places[COUNT, of.PHASES]):
        amount = values[of.AMOUNT, phase]
        state[at + places[of.SALT, phase], case] = max(amount, 1e-300) if places[of.THERE, phase] else 0.0


@compiled
def strange(given: Parameters, place: Room) -> bool:
    """Whether the liquor is out of the range of the model."""
    values, places = place.values, place.places
    molalities(place)
    for group in range(places[COUNT, GROUPS]):
        values[of.OWN, group] = 0.0
    for row in range(places[COUNT, of.SOLUTES]):
        if given.places[PROPER, places[of.SOLUTE, row]]:
            values[of.OWN, places[of.SOLUTE_GROUP, row]] += values[of.MOLALITY, row]
    return outside(given, place, values[of.SCALARS, of.KELVIN], values[of.OWN], values[of.SCALARS, of.HELD])
