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
from blackmass.chemistry.saturation import can_form, dissolved_totals, excess
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
HEAD = len(COMPONENTS) + 2  # rows of a guess before those of the phases
OVER = 1e-9  # ln of a saturation that is more than rounding
ALKALINE = 13.0  # pH at which whatever can form is thought to form
SHORT = Status.OUT_OF_RANGE
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
    guess : array (unknowns, cases)
        To start from next time.
    """

    stoichiometry: Array
    extent: Array
    dose: Array
    pH: Array
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
    tank = _Tank(temperature, pH, reagent, solids)
    starts = (None, None) if start is None else np.split(start, 2)
    first = tank.settle(flow, starts[0])
    data = sorption()
    slurry = flow + reagent * first.dose + tank.stoichiometry @ first.extent
    liquor = Liquor(slurry[species.indices(list(data.metals))], first.molality, first.pH, first.strength, temperature)
    taken = uptake(slurry, liquor)
    begin = first.guess if starts[1] is None else np.where(np.isnan(starts[1]), first.guess, starts[1])
    final = tank.settle(flow + _liquor_side() @ taken, begin) if np.any(taken > 0) else first
    enthalpy = np.array([pure_phase(name).enthalpy for name in tank.columns])
    return Neutralisation(
        stoichiometry=np.hstack([tank.stoichiometry, data.stoichiometry]),
        extent=np.vstack([final.extent, taken]),
        dose=final.dose,
        pH=final.pH,
        taken_up=taken,
        heat=enthalpy @ final.extent + _alkali_heat(reagent) * final.dose,
        status=final.status,
        guess=np.vstack([first.guess, final.guess]),
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
    guess: Array  # (unknowns, cases): as of `aqueous.Equilibrium`, then the dose against the most

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
            np.full((HEAD + columns + 1, cases), np.nan),
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

    def settle(self, flow: Array, start: Array | None) -> _Settled:
        """Dose to the target where that can be, and find the equilibrium in every case.

        The pH moves one way with the dose: where the liquor is at or beyond the target without any, or short of it
        with the most, that is the answer. An earlier pass tells which of these to try first.
        """
        cases = flow.shape[1]
        result = _Settled.blank(len(self.columns), cases)
        limit = self._most(flow)
        limit = np.where(np.isfinite(limit), limit, 0.0)
        share = np.full(cases, np.nan) if start is None else start[-1]
        share = np.where(limit > 0, share, 0.0)
        at_end = (share == 0) | (share == 1)
        if at_end.any():
            self._free(result, flow, np.flatnonzero(at_end), (share * limit)[at_end], start)
        beyond = np.where(limit > 0, np.sign(self.strength) * (result.pH - self.pH), 0.0)
        settled = at_end & np.where(share == 0, beyond >= 0, beyond <= 0) | (limit <= 0)
        open_ = np.flatnonzero(~settled)
        if open_.size:
            self._dosed(result, flow, open_, start)
            short = open_[np.isnan(result.pH[open_]) | (result.dose[open_] > limit[open_])]
            if short.size:
                self._free(result, flow, short, limit[short], start)
                passed = np.sign(self.strength[short]) * (result.pH[short] - self.pH[short]) > 0
                result.status[short] = np.where(passed, Status.NOT_CONVERGED, result.status[short])
        result.guess[-1] = result.dose / np.where(limit > 0, limit, 1.0)
        return result

    def _dosed(self, result: _Settled, flow: Array, where: Index, start: Array | None) -> None:
        """Solve the cases `where` with the reagent dosed; those that are beyond the target get none."""
        names = can_form(self.columns, flow[:, where], *self._at(where, self.pH), self.reagent[:, where])
        self._solve(result, flow, where, names, start, dosed=True)

    def _free(self, result: _Settled, flow: Array, where: Index, added: Array, start: Array | None) -> None:
        """Find the equilibrium of the cases `where` with reagent `added`, at whatever pH that gives."""
        mixed = flow.copy()
        mixed[:, where] += added * self.reagent[:, where]
        alkaline = np.full(flow.shape[1], ALKALINE)
        names = can_form(self.columns, mixed[:, where], *self._at(where, alkaline), 0.0 * mixed[:, where])
        self._solve(result, mixed, where, names, start, dosed=False)
        result.dose[where] = added
        result.status[where] = np.where(added > 0, np.maximum(result.status[where], SHORT), result.status[where])

    def _at(self, where: Index, pH: Array) -> tuple[Array, Array]:
        return self.temperature[where], pH[where]

    def _solve(
        self, result: _Settled, flow: Array, where: Index, names: tuple[str, ...], start: Array | None, *, dosed: bool
    ) -> None:
        """Solve some cases with the solids `names`, then again those in which another one turns out supersaturated."""
        found = self._equilibrium(flow, where, names, start, dosed=dosed)
        good = (found.status <= Status.OUT_OF_RANGE) | found.past
        self._write(result, where, found, good)
        omitted = tuple(name for name in self.columns if name not in names and name != OPEN)
        missed = good & (excess(omitted, found, self.temperature[where]) > OVER)
        if missed.any():
            found = self._equilibrium(flow, where[missed], self.columns, start, dosed=dosed)
            good = (found.status <= Status.OUT_OF_RANGE) | found.past
            self._write(result, where[missed], found, good)

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

    def _equilibrium(
        self, flow: Array, where: Index, names: tuple[str, ...], start: Array | None, *, dosed: bool
    ) -> Equilibrium:
        every = where.size == flow.shape[1]
        flow, reagent = (flow, self.reagent) if every else (flow[:, where], self.reagent[:, where])
        carbonate = any(np.any(flow[species.index(name)]) for name in ("CO3-2", OPEN, *_carbonates()))
        carbonate = carbonate or (dosed and bool(np.any(reagent[species.index("CO3-2")])))
        solids = tuple(name for name in names if name != OPEN)
        phases = (*solids, OPEN) if carbonate else solids
        rows = np.concatenate([np.arange(HEAD), HEAD + self._rows(phases)])
        return equilibrate(
            flow,
            self.temperature[where],
            solids=solids,
            gases={OPEN: 1.0} if carbonate else None,
            pH=self.pH[where] if dosed else None,
            reagent=reagent if dosed else None,
            start=None if start is None else start[np.ix_(rows, where)],
        )

    def _rows(self, names: tuple[str, ...]) -> Index:
        return np.array([self.columns.index(name) for name in names], dtype=np.intp)

    def _write(self, result: _Settled, where: Index, found: Equilibrium, good: Mask) -> None:
        """Write down the cases that are `good`; the others hold nothing."""
        names = tuple(dict.fromkeys(found.phases))
        if found.extent.shape[0] > len(names):
            names = tuple(dict.fromkeys((*names, *self.reagent_solids)))
        result.extent[:, where] = 0.0
        result.extent[np.ix_(self._rows(names), where)] = np.where(good, found.extent, 0.0)
        result.dose[where] = np.where(good, found.dose, 0.0)
        result.pH[where] = np.where(good, found.pH, np.nan)
        result.strength[where] = np.where(good, found.ionic_strength, 0.0)
        result.status[where] = np.where(good & found.past, Status.OK, found.status)
        for row, name in enumerate(sorption().metals):
            result.molality[row, where] = np.where(good, found.molality_of(name), 0.0)
        rows = np.concatenate([np.arange(HEAD), HEAD + self._rows(found.phases)])
        result.guess[HEAD:, where] = np.where(good, 0.0, np.nan)
        result.guess[np.ix_(rows, where)] = np.where(good, found.guess, np.nan)


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
