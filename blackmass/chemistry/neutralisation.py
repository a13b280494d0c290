"""Neutralisation of a liquor to a pH: hydroxides, phosphates, fluorides and carbonates form, metals are taken up."""

import dataclasses
import functools

import numpy as np
import numpy.typing as npt

from blackmass import species
from blackmass.chemistry.aqueous import Equilibrium, equilibrate
from blackmass.chemistry.coprecipitation import Liquor, sorption, uptake
from blackmass.chemistry.equilibria import (
    COMPONENTS,
    Reaction,
    component_rows,
    dissolved,
    formation,
    pure_phase,
    pure_phases,
)
from blackmass.chemistry.saturation import can_form, dissolved_totals
from blackmass.status import Status, StatusArray

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Index = npt.NDArray[np.intp]
SOLIDS = (
    *("Fe(OH)3", "Al(OH)3", "alunite-Na", "FePO4.2H2O", "AlPO4.2H2O", "Ni(OH)2", "Co(OH)2", "Mn(OH)2", "Cu(OH)2"),
    *("brochantite", "Fe(OH)2", "Mg(OH)2", "Ca(OH)2", "CaSO4.2H2O", "CaF2", "MgF2", "LiF", "Li3PO4", "Li2CO3"),
    *("Na3AlF6", "CaCO3", "MnCO3", "NiCO3", "CoCO3", "Ca3(PO4)2"),
)
"""Solids that form within hours below 100 °C; jarosite needs heat and seed, and is asked for by name."""
DISSOLVING = ("MgO", "CaO")
"""Solids that a slurry may bring and that do not form."""
OPEN = "CO2(g)"
MOST = 2.0  # times what liquor and metals can take up is the most reagent that is added
SLACK = 0.02  # mol/kg, added to that
_WATER = species.index("H2O")
_BASES = ("Mg+2", "Ca+2", "Mn+2", "Fe+2", "Fe+3", "Co+2", "Ni+2", "Cu+2", "Zn+2", "Al+3", "NH4+")
_ACIDS = {"CO3-2": 2.0, "PO4-3": 2.0, "F-": 1.0, "SO4-2": 1.0}


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
    taken_up : array (metals, cases) [mol/s]
        Of `coprecipitation.sorption().metals`.
    heat : array (cases,) [W]
        Set free by the reagent and the solids.
    status : array (cases,) of `Status`
    """

    stoichiometry: Array
    extent: Array
    dose: Array
    pH: Array
    taken_up: Array
    heat: Array
    status: StatusArray


def neutralise(
    flow: Array, temperature: Array, pH: Array, reagent: Array, *, solids: tuple[str, ...] = SOLIDS
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
    """
    tank = _Tank(temperature, pH, reagent, solids)
    first = tank.settle(flow)
    data = sorption()
    slurry = flow + reagent * first.dose + tank.stoichiometry @ first.extent
    liquor = Liquor(slurry[species.indices(list(data.metals))], first.molality, first.pH, first.strength, temperature)
    taken = uptake(slurry, liquor)
    final = tank.settle(flow + _liquor_side() @ taken) if np.any(taken > 0) else first
    enthalpy = np.array([pure_phase(name).enthalpy for name in tank.columns])
    return Neutralisation(
        stoichiometry=np.hstack([tank.stoichiometry, data.stoichiometry]),
        extent=np.vstack([final.extent, taken]),
        dose=final.dose,
        pH=final.pH,
        taken_up=taken,
        heat=enthalpy @ final.extent + _alkali_heat(reagent) * final.dose,
        status=final.status,
    )


@dataclasses.dataclass
class _Settled:
    """State of the slurry in all cases."""

    extent: Array  # (columns, cases)
    dose: Array
    pH: Array
    strength: Array
    molality: Array  # (metals taken up, cases)
    status: StatusArray

    @classmethod
    def blank(cls, columns: int, cases: int) -> "_Settled":
        unknown = np.full(cases, np.nan)
        return cls(
            np.zeros((columns, cases)),
            np.zeros(cases),
            unknown,
            np.zeros(cases),
            np.zeros((len(sorption().metals), cases)),
            np.zeros(cases, dtype=np.int8),
        )


@dataclasses.dataclass(frozen=True)
class _Tank:
    """Conditions of the tank, and the equilibria solved under them."""

    temperature: Array
    pH: Array
    reagent: Array
    solids: tuple[str, ...]

    @functools.cached_property
    def reagent_solids(self) -> tuple[str, ...]:
        """Solids that the reagent brings."""
        return tuple(name for name in pure_phases() if np.any(self.reagent[species.index(name)] > 0))

    @functools.cached_property
    def columns(self) -> tuple[str, ...]:
        """Solids and gases that may form, and those that only dissolve."""
        return tuple(dict.fromkeys((*self.solids, OPEN, *DISSOLVING, *self.reagent_solids)))

    @functools.cached_property
    def stoichiometry(self) -> Array:
        """(species, columns)."""
        return np.array([formation(name) for name in self.columns]).T

    @functools.cached_property
    def strength(self) -> Array:
        """Protons taken up (cases,) by a unit of the reagent; negative for acids."""
        totals = dissolved_totals(self.reagent, self.columns)
        return -totals[COMPONENTS.index("H+")] + 2 * totals[COMPONENTS.index("CO3-2")]

    def settle(self, flow: Array) -> _Settled:
        """Dose to the target where that can be, and find the equilibrium in every case."""
        cases = flow.shape[1]
        result = _Settled.blank(len(self.columns), cases)
        limit = self._most(flow)
        able = (limit > 0) & np.isfinite(limit)
        left = np.arange(cases)
        if np.any(able):
            held = np.flatnonzero(able)
            names = can_form(self._formed, flow, self.temperature, self.pH, self.reagent)
            found = self._equilibrium(flow[:, held], held, names, dosed=True)
            good = (found.status <= Status.OUT_OF_RANGE) & (found.dose <= limit[held])
            self._write(result, held[good], found, good)
            limit[held[found.status == Status.INFEASIBLE]] = 0.0
            left = np.concatenate([np.flatnonzero(~able), held[~good]])
        if left.size:
            self._settle_free(result, flow, left, np.where(able, limit, 0.0)[left])
        return result

    def _settle_free(self, result: _Settled, flow: Array, left: Index, added: Array) -> None:
        """Find the equilibrium of the cases `left` with reagent `added`, at whatever pH that gives."""
        dosed = flow[:, left] + added * self.reagent[:, left]
        found = self._equilibrium(dosed, left, self.columns, dosed=False)
        self._write(result, left, found, np.ones(left.size, dtype=bool))
        result.dose[left] = added
        passed = np.sign(self.strength[left]) * (found.pH - self.pH[left]) > 0
        short = np.where(passed, Status.NOT_CONVERGED, Status.OUT_OF_RANGE)
        result.status[left] = np.maximum(found.status, np.where(added > 0, short, Status.OK))

    def _most(self, flow: Array) -> Array:
        """The most reagent (cases,) that makes sense: twice what the liquor, its metals or its bases can take up."""
        totals = dissolved_totals(flow, self.columns)
        proton = totals[COMPONENTS.index("H+")]
        metals = [COMPONENTS.index(name) for name in _BASES]
        charges = species.CHARGE[component_rows()[metals]]
        acid = np.maximum(proton, 0.0) + charges @ np.maximum(totals[metals], 0.0)
        base = np.maximum(-proton, 0.0)
        for name, protons in _ACIDS.items():
            base = base + protons * np.maximum(totals[COMPONENTS.index(name)], 0.0)
        water = np.maximum(flow[_WATER], 0.0) * species.MOLAR_MASS[_WATER, 0]
        free_acid = 10.0**-self.pH
        free_base = np.exp(_hydroxide().ln_k(self.temperature)) / free_acid
        needs = np.where(self.strength > 0, acid + water * free_base, base + water * free_acid)
        strength = np.abs(self.strength)
        return np.where(strength > 0, (MOST * needs + SLACK * water) / np.where(strength > 0, strength, 1.0), 0.0)

    @property
    def _formed(self) -> tuple[str, ...]:
        """Phases that are tested for saturation: the reagent's solids dissolve whole."""
        return tuple(name for name in self.columns if name in (*self.solids, OPEN))

    def _equilibrium(self, flow: Array, where: Index, names: tuple[str, ...], *, dosed: bool) -> Equilibrium:
        carbonate = any(np.any(flow[species.index(name)]) for name in ("CO3-2", OPEN, *_carbonates())) or (
            dosed and np.any(self.reagent[species.index("CO3-2")])
        )
        return equilibrate(
            flow,
            self.temperature[where],
            solids=tuple(name for name in names if name != OPEN),
            gases={OPEN: 1.0} if carbonate else None,
            pH=self.pH[where] if dosed else None,
            reagent=self.reagent[:, where] if dosed else None,
        )

    def _write(self, result: _Settled, where: Index, found: Equilibrium, keep: Mask) -> None:
        names = dict.fromkeys(found.phases)
        if found.extent.shape[0] > len(names):
            names |= dict.fromkeys(self.reagent_solids)
        rows = np.array([self.columns.index(name) for name in names], dtype=np.intp)
        result.extent[np.ix_(rows, where)] = found.extent[:, keep]
        result.dose[where], result.pH[where] = found.dose[keep], found.pH[keep]
        result.strength[where], result.status[where] = found.ionic_strength[keep], found.status[keep]
        for row, name in enumerate(sorption().metals):
            result.molality[row, where] = found.molality_of(name)[keep]


@functools.cache
def _liquor_side() -> Array:
    """(species, metals): what the liquor loses, and gains in acid, by one mole of each metal taken up."""
    change = sorption().stoichiometry.copy()
    change[species.indices(sorption().solids)] = 0.0
    return change


@functools.cache
def _carbonates() -> tuple[str, ...]:
    row = COMPONENTS.index("CO3-2")
    return tuple(name for name, phase in pure_phases().items() if phase.amounts[row] > 0)


@functools.cache
def _hydroxide() -> Reaction:
    return next(reaction for reaction in dissolved("davies") if reaction.name == "OH-")


def _alkali_heat(reagent: Array) -> Array:
    """Heat of neutralisation (cases,) [J per unit] of the dissolved alkali in a reagent."""
    return _hydroxide().enthalpy * np.maximum(-reagent[species.index("H+")], 0.0)
