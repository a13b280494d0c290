"""Neutralisation of a liquor to a pH: hydroxides, phosphates, fluorides and carbonates form, metals are taken up."""

import dataclasses
import functools

import numpy as np
import numpy.typing as npt

from blackmass import species
from blackmass.chemistry.coprecipitation import Liquor, sorption, uptake
from blackmass.chemistry.dosing import Dosing, hydroxide
from blackmass.chemistry.equilibria import pure_phase
from blackmass.status import Status, StatusArray, worst

Array = npt.NDArray[np.float64]
SOLIDS = (
    *(
        "Fe(OH)3",
        "Al(OH)3",
        "alunite-Na",
        "basaluminite",
        "FePO4.2H2O",
        "AlPO4.2H2O",
        "Ni(OH)2",
        "Co(OH)2",
        "Mn(OH)2",
        "Cu(OH)2",
    ),
    *("brochantite", "Fe(OH)2", "Mg(OH)2", "Ca(OH)2", "CaSO4.2H2O", "CaF2", "MgF2", "LiF", "Li3PO4", "Li2CO3"),
    *("Na3AlF6", "CaCO3", "MnCO3", "NiCO3", "CoCO3", "Ca3(PO4)2"),
)
"""Solids that form within hours below 100 °C; jarosite needs heat and seed, and is asked for by name."""
SHORT = 1e-6  # of a pH unit below the target


@dataclasses.dataclass(frozen=True, eq=False)
class Neutralisation:
    """What happens in the tank.

    Parameters
    ----------
    stoichiometry : array (species, reactions)
        Formation of solids and gas, dissolution of the reagent's solids, uptake of metals.
    extent : array (reactions, cases) [mol/s]
        `(flow + dose x reagent)` after these reactions is the slurry.
    dose : array (cases,) [units of the reagent]
    pH : array (cases,)
        Reached; not a number where there is no liquor.
    strength : array (cases,) [mol/kg]
        Effective ionic strength.
    taken_up : array (metals, cases) [mol/s]
        Of `coprecipitation.sorption().metals`.
    heat : array (cases,) [W]
        Set free by the reagent and the solids.
    status : array (cases,) of `Status`
    guess : array (unknowns, cases)
        To start from next time.
    """

    stoichiometry: Array
    extent: Array
    dose: Array
    pH: Array
    strength: Array
    taken_up: Array
    heat: Array
    status: StatusArray
    guess: Array


def neutralise(
    flow: Array,
    temperature: Array,
    pH: Array,
    reagent: Array,
    *,
    solids: tuple[str, ...] = SOLIDS,
    start: Array | None = None,
) -> Neutralisation:
    """Return what happens when a liquor or slurry is dosed with a reagent to a pH.

    The equilibrium is solved twice: without the metal that the hydroxides take up, and with it, so that the pH holds
    against the acid that uptake sets free. Where the liquor is already beyond the target nothing is dosed; where the
    reagent cannot reach it, twice the amount that liquor and metals can take up is added and the case is marked
    OUT_OF_RANGE.

    Parameters
    ----------
    flow : array (species, cases) [mol/s]
    temperature, pH : array (cases,) [K], target
    reagent : array (species, cases) [mol per unit of dose]
        Any base or acid; where it is neutral or zero nothing is dosed.
    solids : names of the solids that may form
    start : `guess` of an earlier pass for the same cases, optional
        Columns that are not numbers hold no guess.
    """
    tank = Dosing(temperature, pH, reagent, solids)
    starts = (None, None) if start is None else np.split(start, 2)
    first = tank.settle(flow, starts[0])
    data = sorption()
    slurry = flow + reagent * first.dose + tank.stoichiometry @ first.extent
    held = slurry[species.indices(list(data.metals))]
    taken = uptake(slurry, Liquor(held, first.molality, first.sulfate, first.pH, first.strength, temperature))
    begin = first.guess if starts[1] is None else np.where(np.isnan(starts[1]), first.guess, starts[1])
    final = tank.settle(flow + liquor_side() @ taken, begin) if np.any(taken > 0) else first
    enthalpy = np.array([pure_phase(name).enthalpy for name in tank.columns])
    return Neutralisation(
        stoichiometry=np.hstack([tank.stoichiometry, data.stoichiometry]),
        extent=np.vstack([final.extent, taken]),
        dose=final.dose,
        pH=final.pH,
        strength=final.strength,
        taken_up=taken,
        heat=enthalpy @ final.extent + _alkali_heat(reagent) * final.dose,
        status=worst(final.status, np.where(first.status > Status.OUT_OF_RANGE, first.status, Status.OK)),
        guess=np.vstack([first.guess, final.guess]),
    )


def lacking(slurry: Array, temperature: Array, pH: Array, reached: Array, *, solids: tuple[str, ...] = SOLIDS) -> Array:
    """Return the strong alkali (cases,) [mol/s] that a slurry below its target pH would still take to get there.

    Zero where the target is reached; the dose of sodium hydroxide where the reagent was too weak or too little.

    Parameters
    ----------
    slurry : array (species, cases) [mol/s]
        At the pH reached.
    temperature, pH, reached : array (cases,) [K], target, what the reagent came to
    solids : names of the solids that may form
    """
    more = np.zeros(pH.shape)
    with np.errstate(invalid="ignore"):
        short = np.flatnonzero(reached < pH - SHORT)
    if short.size:
        soda = np.repeat(species.column({"Na+": 1.0, "H+": -1.0, "H2O": 1.0})[:, None], short.size, axis=1)
        tank = Dosing(temperature[short], pH[short], soda, solids)
        more[short] = tank.settle(slurry[:, short], None).dose
    return more


@functools.cache
def liquor_side() -> Array:
    """(species, metals): what the liquor loses, and gains in acid, by one mole of each metal taken up."""
    change = sorption().stoichiometry.copy()
    change[species.indices(sorption().solids)] = 0.0
    return change


def _alkali_heat(reagent: Array) -> Array:
    """Heat of neutralisation (cases,) [J per unit] of the dissolved alkali in a reagent."""
    return hydroxide().enthalpy * np.maximum(-reagent[species.index("H+")], 0.0)
