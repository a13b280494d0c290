"""A tank dosed to a pH: equilibrium with the solids that can form, no more reagent than makes sense."""

import dataclasses
import functools

import numpy as np
import numpy.typing as npt

from blackmass import species
from blackmass.chemistry.activity import LN10
from blackmass.chemistry.aqueous import Equilibrium, equilibrate
from blackmass.chemistry.coprecipitation import sorption
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
WEAK = 8.0  # pH that bases of low solubility and carbonates reach for certain
DISSOLVING = ("MgO", "CaO")
"""Solids that a slurry may bring and that do not form."""
OPEN = "CO2(g)"
MOST = 2.0  # times what liquor and metals can take up is the most reagent that is added
SLACK = 0.02  # mol/kg, added to that
HEAD = len(COMPONENTS) + 2  # rows of a guess before those of the phases
ALKALINE = 13.0  # pH at which whatever can form is thought to form
SHORT = Status.OUT_OF_RANGE
RESTARTS = (0.5, 0.25, 0.75, 0.1)  # of the most reagent, from which dosing is tried again
CARBONIC = 4.8  # pH below which practically all carbonate leaves as carbon dioxide
_WATER = species.index("H2O")
_CARBONATE = species.index("CO3-2")
_CARBONIC_ACID: Array = species.column({"CO3-2": 1, "H+": 2, "H2O": -1})[:, None]
_BASES = ("Mg+2", "Ca+2", "Mn+2", "Fe+2", "Fe+3", "Co+2", "Ni+2", "Cu+2", "Zn+2", "Al+3", "NH4+")
_ACIDS = {"CO3-2": 2.0, "PO4-3": 2.0, "F-": 1.0, "SO4-2": 1.0}


@dataclasses.dataclass
class Settled:
    """State of the slurry in all cases.

    Parameters
    ----------
    extent : array (columns, cases) [mol/s]
        Of the phases of `Dosing.columns`.
    dose : array (cases,) [units of the reagent]
    pH, strength [mol/kg] : array (cases,)
        pH not a number where there is no liquor or no solution.
    molality : array (metals, cases) [mol/kg]
        Of the free ions of the metals that hydroxides take up.
    status : array (cases,)
        OUT_OF_RANGE also where the most reagent falls short of the target.
    guess : array (unknowns, cases)
        As of `aqueous.Equilibrium`, then the dose against the most.
    """

    extent: Array
    dose: Array
    pH: Array
    strength: Array
    molality: Array
    status: StatusArray
    guess: Array

    @classmethod
    def blank(cls, columns: int, cases: int) -> "Settled":
        """Nothing known yet."""
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
class Dosing:
    """Conditions of the tank, and the equilibria solved under them."""

    temperature: Array  # (cases,) [K]
    pH: Array  # (cases,) the target
    reagent: Array  # (species, cases) [mol per unit of dose]
    solids: tuple[str, ...]  # that may form

    @functools.cached_property
    def reagent_solids(self) -> tuple[str, ...]:
        """Solids that the reagent brings."""
        names = tuple(pure_phases())
        held = np.flatnonzero((self.reagent[_rows_of(names)] > 0).any(1))
        return tuple(names[row] for row in held)

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

    @property
    def _doubtful(self) -> Mask:
        """Where a base that is no dissolved hydroxide may not reach the target (cases,)."""
        weak = (self.strength > 0) & (self.reagent[species.index("H+")] >= 0)
        return weak & (self.pH > WEAK)

    def settle(self, flow: Array, start: Array | None) -> Settled:
        """Dose to the target where that can be, and find the equilibrium in every case.

        The pH moves one way with the dose: where the liquor is at or beyond the target without any, or short of it
        with the most, that is the answer. An earlier pass tells which of these to try first.
        """
        cases = flow.shape[1]
        result = Settled.blank(len(self.columns), cases)
        most = self._most(flow)
        none = np.zeros(cases)
        share = np.full(cases, np.nan) if start is None else start[-1]
        share = np.where(np.isnan(share) & self._doubtful, 1.0, share)
        share = np.where(most > 0, share, 0.0)
        waiting = np.ones(cases, dtype=bool)
        for known, added in ((share == 0, none), (share == 1, most)):
            self._try_end(result, flow, (waiting, known), added, start)
        waiting &= most > 0
        if waiting.any():
            self._dosed(result, flow, np.flatnonzero(waiting), start)
            waiting &= np.isnan(result.pH) | (result.dose > most)
            self._rescue(result, flow, waiting, most)
        result.guess[-1] = result.dose / np.where(most > 0, most, 1.0)
        return result

    def _rescue(self, result: Settled, flow: Array, waiting: Mask, most: Array) -> None:
        """Settle the cases that dosing did not: with no reagent, with the most, or from some dose on."""
        self._try_end(result, flow, (waiting, result.status == Status.NOT_CONVERGED), 0.0 * most, None)
        self._try_end(result, flow, (waiting, waiting.copy()), most, None)
        water = flow[_WATER] * species.MOLAR_MASS[_WATER, 0]
        for share in RESTARTS:
            where = np.flatnonzero(waiting)
            if where.size == 0:
                return
            self._free(result, flow, where, share * most[where], None)
            start = result.guess.copy()
            start[HEAD - 1] = result.dose / np.where(water > 0, water, 1.0)
            self._dosed(result, flow, where, start)
            waiting &= np.isnan(result.pH) | (result.dose > most)
        where = np.flatnonzero(waiting)
        if where.size:
            self._free(result, flow, where, 0.0 * most[where], None)
            result.status[where] = Status.NOT_CONVERGED

    def _try_end(
        self, result: Settled, flow: Array, masks: tuple[Mask, Mask], added: Array, start: Array | None
    ) -> None:
        """Find the equilibrium of waiting cases with none or the most of the reagent, and settle what ends there."""
        waiting, which = masks
        where = np.flatnonzero(waiting & which)
        if where.size:
            self._free(result, flow, where, added[where], start)
            beyond = np.sign(self.strength[where]) * (result.pH[where] - self.pH[where])
            waiting[where] = ~np.where(added[where] > 0, beyond <= 0, beyond >= 0)

    def _dosed(self, result: Settled, flow: Array, where: Index, start: Array | None) -> None:
        """Solve the cases `where` with the reagent dosed; those that are beyond the target get none."""
        names = can_form(self.columns, flow[:, where], *self._at(where, self.pH), self.reagent[:, where])
        fresh = np.isnan(np.full(where.size, np.nan) if start is None else start[0, where])
        fresh &= (self.pH[where] < CARBONIC) & (self.reagent[_CARBONATE, where] > 0)
        if fresh.any():
            start = self._expelled(result, flow, where[fresh], names, start)
        self._solve(result, flow, where, names, start, dosed=True)

    def _expelled(
        self, result: Settled, flow: Array, where: Index, names: tuple[str, ...], start: Array | None
    ) -> Array:
        """Return where to start with a carbonate in acid: from its alkali alone, all carbon dioxide outside."""
        carbonate = self.reagent[_CARBONATE]
        alkali = dataclasses.replace(self, reagent=self.reagent - _CARBONIC_ACID * carbonate)
        found = alkali._equilibrium(flow, where, names, None, dosed=True)
        begin = np.full_like(result.guess, np.nan) if start is None else start.copy()
        begin[HEAD:, where] = 0.0
        begin[np.ix_(self._known(found.phases), where)] = found.guess
        ln_k = pure_phase(OPEN).ln_k(self.temperature[where])
        begin[COMPONENTS.index("CO3-2"), where] = ln_k + 2 * LN10 * self.pH[where]
        begin[HEAD + self.columns.index(OPEN), where] = found.guess[HEAD - 1] * carbonate[where]
        return begin

    def _free(self, result: Settled, flow: Array, where: Index, added: Array, start: Array | None) -> None:
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
        self, result: Settled, flow: Array, where: Index, names: tuple[str, ...], start: Array | None, *, dosed: bool
    ) -> None:
        """Solve some cases with the solids `names`, then again those in which another one turns out supersaturated."""
        found = self._equilibrium(flow, where, names, start, dosed=dosed)
        good = (found.status <= Status.OUT_OF_RANGE) | found.past
        self._write(result, where, found, good)
        omitted = tuple(name for name in self.columns if name not in names and name != OPEN)
        missed = good & (excess(omitted, found, self.temperature[where]) > 0)
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
        free_base = np.exp(hydroxide().ln_k(self.temperature)) / free_acid
        needs = np.where(self.strength > 0, acid + water * free_base, base + water * free_acid)
        strength = np.abs(self.strength)
        most = (MOST * needs + SLACK * water) / np.where(strength > 0, strength, 1.0)
        liquid = totals[-1] > np.abs(totals[:-1]).sum(0)  # salts in less water than that are no liquor to titrate
        return np.where((strength > 0) & np.isfinite(most) & liquid, most, 0.0)

    def _equilibrium(
        self, flow: Array, where: Index, names: tuple[str, ...], start: Array | None, *, dosed: bool
    ) -> Equilibrium:
        every = where.size == flow.shape[1]
        flow, reagent = (flow, self.reagent) if every else (flow[:, where], self.reagent[:, where])
        rows = _rows_of(("CO3-2", OPEN, *_carbonates()))
        carbonate = bool(flow[rows].any() or (dosed and reagent[rows].any()))
        solids = tuple(name for name in names if name != OPEN)
        phases = (*solids, OPEN) if carbonate else solids
        return equilibrate(
            flow,
            self.temperature[where],
            solids=solids,
            gases={OPEN: 1.0} if carbonate else None,
            pH=self.pH[where] if dosed else None,
            reagent=reagent if dosed else None,
            start=None if start is None else start[np.ix_(self._known(phases), where)],
        )

    def _known(self, phases: tuple[str, ...]) -> Index:
        """Rows of a guess that an equilibrium with these phases has."""
        return np.concatenate([np.arange(HEAD), HEAD + self._rows(phases)])

    def _rows(self, names: tuple[str, ...]) -> Index:
        return np.array([self.columns.index(name) for name in names], dtype=np.intp)

    def _write(self, result: Settled, where: Index, found: Equilibrium, good: Mask) -> None:
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
        result.guess[HEAD:, where] = np.where(good, 0.0, np.nan)
        result.guess[np.ix_(self._known(found.phases), where)] = np.where(good, found.guess, np.nan)


@functools.cache
def _rows_of(names: tuple[str, ...]) -> Index:
    return species.indices(names)


@functools.cache
def _carbonates() -> tuple[str, ...]:
    row = COMPONENTS.index("CO3-2")
    return tuple(name for name, phase in pure_phases().items() if phase.amounts[row] > 0)


@functools.cache
def hydroxide() -> Reaction:
    """Return the dissociation of water."""
    return next(reaction for reaction in dissolved("davies") if reaction.name == "OH-")
