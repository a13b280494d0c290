"""Solutions of named salts: what saturates them, and mean activity coefficients."""

import dataclasses
import functools
import re

import numpy as np
import numpy.typing as npt

from blackmass import species
from blackmass.chemistry.aqueous import Equilibrium, equilibrate
from blackmass.chemistry.equilibria import ANIONS, CATIONS, COMPONENTS, PROTON, WATER, component_rows, pure_phases
from blackmass.chemistry.mother_liquor import liquor_with_crystals
from blackmass.chemistry.pitzer import Pitzer
from blackmass.chemistry.speciation import MOLES_PER_KG, system
from blackmass.errors import InputError
from blackmass.status import Status

Array = npt.NDArray[np.float64]
LEAST, MOST = 1e-6, 20.0
"""mol/kg between which a saturated solution is looked for."""
COARSE, FINE = 24, 34
"""Steps of a factor of two, and halvings of the last of them."""
EXCESS = 30.0  # mol of carbon dioxide, and half as much of a salt, in a kilogram of water under a gas
NEVER = 1e30  # supersaturation at which a salt would form, so that it does not


@dataclasses.dataclass(frozen=True)
class Saturated:
    """A saturated solution, for each case.

    Parameters
    ----------
    molality : array (cases,) [mol of anhydrous salt per kg of water]
        Not a number where no solid saturates.
    solid : names (cases,) of the solid that saturates it
    out_of_range : array (cases,) of bool
    """

    molality: Array
    solid: tuple[str, ...]
    out_of_range: npt.NDArray[np.bool_]


@functools.cache
def composition(salt: str) -> Array:
    """Return the (components,) amounts of one mole of a dissolved acid, base or salt, such as "Li2SO4" or "NaHCO3".

    Raises
    ------
    InputError
        It is not a cation with an anion, or its charges do not cancel.
    """
    amounts, rest = np.zeros(len(COMPONENTS)), re.sub(r"[().]", "", salt.split(".")[0])
    counts = {"OH": 0.0, "H": 0.0}
    names = {re.sub(r"[+-]\d*$", "", name): name for name in (*CATIONS, *ANIONS)}
    for part in sorted((*names, *counts), key=len, reverse=True):
        match = re.search(rf"{re.escape(part)}(\d*)(?![a-z])", rest)
        if match:
            number = float(match.group(1) or 1)
            rest = rest[: match.start()] + " " + rest[match.end() :]
            if part in counts:
                counts[part] = number
            else:
                amounts[COMPONENTS.index(_of_charge(salt, part, names))] = number
    amounts[COMPONENTS.index(PROTON)] += counts["H"] - counts["OH"]
    amounts[COMPONENTS.index(WATER)] += counts["OH"]
    if rest.strip() or abs(amounts @ species.CHARGE[component_rows()]) > 1e-9 or not amounts.any():
        raise InputError(f"salt '{salt}': not a cation with an anion that the model knows.")
    amounts.setflags(write=False)
    return amounts


def _of_charge(salt: str, part: str, names: dict[str, str]) -> str:
    """Iron is divalent in FeSO4 and trivalent in Fe2(SO4)3."""
    return "Fe+2" if part == "Fe" and "Fe2" not in salt else names[part]


@functools.cache
def solids_of(salt: str) -> tuple[str, ...]:
    """Return the solids of a salt that the model knows: itself and its hydrates."""
    bare = salt.split(".")[0]
    return tuple(name for name in pure_phases("pitzer") if name == bare or name.startswith(f"{bare}."))


def saturated(salt: str, background: Array, temperature: Array, solids: tuple[str, ...] = ()) -> Saturated:
    """Return the saturated solutions of a salt.

    The first of its solids to saturate as the salt is added is the stable one. The amount at which that happens is
    bracketed by factors of two, then halved.

    Parameters
    ----------
    salt : anhydrous, such as "NiSO4"
    background : array (components, cases) [mol per kg of water]
        What else is dissolved.
    temperature : array (cases,) [K]
    solids : names, optional
        Only these may form, for a hydrate that is not the stable one.

    Raises
    ------
    InputError
        No solid of the salt is known.
    """
    names = solids or solids_of(salt)
    if not names:
        raise InputError(f"no solid of '{salt}' is known.")
    cases = temperature.size
    low, high = np.full(cases, LEAST), np.full(cases, np.nan)
    for step in range(COARSE + 1):
        trial = np.full(cases, LEAST * (MOST / LEAST) ** (step / COARSE))
        beyond = supersaturation(salt, trial, background, temperature, names)[0].max(0) > 0
        low = np.where(np.isnan(high) & ~beyond, trial, low)
        high = np.where(np.isnan(high) & beyond, trial, high)
    for _ in range(FINE):
        trial = np.sqrt(low * np.where(np.isnan(high), low, high))
        beyond = supersaturation(salt, trial, background, temperature, names)[0].max(0) > 0
        low, high = np.where(beyond, low, trial), np.where(beyond, trial, high)
    log_saturation, outside = supersaturation(salt, low, background, temperature, names)
    return Saturated(
        molality=np.where(np.isnan(high), np.nan, low),
        solid=tuple(names[row] for row in log_saturation.argmax(0)),
        out_of_range=outside,
    )


def supersaturation(
    salt: str, molality: Array, background: Array, temperature: Array, solids: tuple[str, ...]
) -> tuple[Array, npt.NDArray[np.bool_]]:
    """Return the decimal logarithm of the supersaturation (solids, cases), and whether a case is out of range.

    Minus infinity where no equilibrium was found; other arguments as in `saturated`.
    """
    flow = _flow(composition(salt)[:, None] * molality + background)
    never = np.full((len(solids), molality.size), NEVER)
    found = liquor_with_crystals(flow, temperature, solids, never, model=Pitzer())
    saturation = found.log_saturation + np.log10(NEVER)
    return np.where(found.converged, saturation, -np.inf), found.out_of_range


def under_gas(salt: str, background: Array, temperature: Array, fugacity: Array) -> Saturated:
    """Return the solutions of a carbonate saturated under carbon dioxide.

    Parameters
    ----------
    salt : a carbonate such as "Li2CO3"
    background, temperature : as in `saturated`
    fugacity : array (cases,) [atm]
    """
    solids = solids_of(salt)
    flow = _flow(background)
    flow[species.index(solids[0])] = EXCESS / 2
    flow[species.index("CO2(g)")] = EXCESS
    found = equilibrate(flow, temperature, solids=solids, gases={"CO2(g)": fugacity}, model=Pitzer())
    left = flow + found.stoichiometry @ found.extent
    cation = next(row for row, name in enumerate(COMPONENTS) if name in CATIONS and composition(salt)[row] > 0)
    water = left[species.index(WATER)] / MOLES_PER_KG
    dissolved = (left[component_rows()[cation]] / water - background[cation]) / composition(salt)[cation]
    good = found.status <= Status.OUT_OF_RANGE
    return Saturated(np.where(good, dissolved, np.nan), solids * temperature.size, found.status == Status.OUT_OF_RANGE)


def mean_activity(salt: str, molality: Array, temperature: Array) -> tuple[Array, npt.NDArray[np.bool_]]:
    """Return the mean activity coefficients (cases,) of a salt or acid, and where they are out of range.

    .. math:: \\gamma_\\pm^\\nu = \\prod_i (a_i / \\nu_i m)^{\\nu_i}

    over its ions as they are counted in its formula, whatever complexes they form: for sulfuric acid H+ and SO4-2.

    Parameters
    ----------
    salt : such as "H2SO4"
    molality : array (cases,) [mol/kg]
    temperature : array (cases,) [K]

    Source: Robinson and Stokes, Electrolyte Solutions (1959), stoichiometric coefficients.
    """
    amounts = composition(salt)
    found = equilibrate(_flow(amounts[:, None] * molality), temperature, model=Pitzer())
    activity = _ln_activities(found, temperature)
    total, ions = np.zeros(molality.size), 0.0
    for row, name in enumerate(COMPONENTS):
        if amounts[row] > 0 and name != WATER:
            total += amounts[row] * (activity[found.names.index(name)] - np.log(amounts[row] * molality))
            ions += float(amounts[row])
    good = found.status <= Status.OUT_OF_RANGE
    return np.where(good, np.exp(total / ions), np.nan), found.status == Status.OUT_OF_RANGE


def _ln_activities(found: Equilibrium, temperature: Array) -> Array:
    """Natural logarithms (dissolved, cases) of the activities of the dissolved species of an equilibrium."""
    held = frozenset(name for name in found.names if name in COMPONENTS)
    charges = system(held, (), Pitzer().tier).charges
    gamma = Pitzer().evaluate(found.names, charges, found.molality, temperature).ln_gamma
    return gamma + np.log(np.maximum(found.molality, 1e-300))


def _flow(amounts: Array) -> Array:
    """A kilogram of water (species, cases) with amounts of components (components, cases) [mol]."""
    flow = np.zeros((species.COUNT, amounts.shape[1]))
    flow[component_rows()] = amounts
    flow[species.index(WATER)] += MOLES_PER_KG
    return flow
