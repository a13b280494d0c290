"""Aqueous equilibrium of a stream: pH, complexes, solids and open gases, for a batch of cases."""

import dataclasses
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from blackmass import species
from blackmass.chemistry.activity import LN10, ActivityModel, Davies, StrengthModel
from blackmass.chemistry.equilibria import COMPONENTS, PROTON, component_rows, formation, pure_phase, pure_phases
from blackmass.chemistry.equilibrium_solver import Solution, solve
from blackmass.chemistry.speciation import MOLES_PER_KG, Problem, System, system
from blackmass.status import Status, StatusArray

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Index = npt.NDArray[np.intp]
CHUNK = 1024  # cases solved together: their matrices stay in the processor's cache
DRIEST = 1e-9  # mole fraction of water among the components below which a stream has no liquor
ROUNDING = 1e-12
ROOM = 298.15  # K, stands in where a temperature is missing
ABSENT = -120.0  # ln activity in a guess of a component that is not there
_IONS = [row for row, name in enumerate(COMPONENTS[:-1]) if name != PROTON]


@dataclasses.dataclass(frozen=True, eq=False)
class Equilibrium:
    """The equilibrium state of a batch.

    Parameters
    ----------
    pH : array (cases,)
        Negative decimal logarithm of the activity of H+; not a number where there is no liquor or no solution.
    ionic_strength : array (cases,) [mol/kg water]
        Effective, after complexation.
    water_activity : array (cases,)
    stoichiometry : array (species, reactions)
        Formation of each solid and gas from the component totals, and of the solids of the reagent.
    extent : array (reactions, cases) [mol/s]
        Negative where a phase dissolves: `(stream + dose x reagent).react(stoichiometry, extent)` is the outlet.
    dose : array (cases,) [units of the reagent vector]
    phases : names of the solids and gases asked for, in the order of `log_saturation`
    log_saturation : array (phases, cases)
        Decimal logarithm of the ion product over the solubility constant; minus infinity without an ion of the solid.
    names : names of the dissolved species
    molality : array (dissolved, cases) [mol/kg water]
    water_mass : array (cases,) [kg/s]
        Free water after hydrolysis and hydration.
    status : array (cases,) of `Status`
        INFEASIBLE where the liquor is beyond the target pH without any dose: what is returned is the equilibrium
        without one, and a neutraliser has nothing to do. SPEC_NOT_REACHED where no dose of the reagent reaches the
        target: what is returned is the equilibrium with a large one.
    past : array (cases,) of bool
        Where no dose is needed.
    guess : array (components + 2 + phases, cases)
        To start from next time: logarithms of the activities of `COMPONENTS` (for water, of its kilograms per kilogram
        fed), the ionic strength, the dose and the amounts of the phases per kilogram of water fed.
    """

    pH: Array
    ionic_strength: Array
    water_activity: Array
    stoichiometry: Array
    extent: Array
    dose: Array
    phases: tuple[str, ...]
    log_saturation: Array
    names: tuple[str, ...]
    molality: Array
    water_mass: Array
    status: StatusArray
    past: Mask
    guess: Array

    def molality_of(self, name: str) -> Array:
        """Return the molality (cases,) of one dissolved species, zero where the liquor cannot hold it."""
        return self.molality[self.names.index(name)] if name in self.names else np.zeros_like(self.pH)

    def log_saturation_of(self, name: str) -> Array:
        """Return the decimal logarithm of the saturation (cases,) of a solid or gas that was asked for."""
        return self.log_saturation[self.phases.index(name)]


def equilibrate(
    flow: Array,
    temperature: "npt.ArrayLike",
    *,
    solids: tuple[str, ...] = (),
    gases: Mapping[str, "npt.ArrayLike"] | None = None,
    model: ActivityModel | None = None,
    pH: "npt.ArrayLike | None" = None,
    reagent: Array | None = None,
    start: Array | None = None,
) -> Equilibrium:
    """Return the equilibrium of a stream.

    The unknowns are the activities of the components, the free water, the amounts of the solids and gases and, with a
    target pH, the dose of the reagent. A solid is present and saturated, or absent and undersaturated. A gas behaves
    the same: it leaves when its fugacity would pass the one given (an open vessel), and a gas that the stream carries
    may dissolve; it is not supplied from outside.

    Parameters
    ----------
    flow : array (species, cases) [mol/s]
        The stream. Solids listed in `solids` may dissolve; other solids and other phases take no part.
    temperature : array (cases,) or float [K]
    solids : names of the solids that may form
    gases : fugacity [atm] by gas, such as {"CO2(g)": 1.0}; each one value or one per case
    model : activity model; Davies without one
    pH : target (cases,) or float, reached by dosing `reagent`
    reagent : array (species,) or (species, cases) [mol per unit of dose]
        Its solids dissolve, and may stay where they are among `solids`.
    start : `guess` of an earlier equilibrium with the same solids and gases, optional
        Columns that are not numbers hold no guess.

    Raises
    ------
    InputError
        A solid or gas without a solubility constant.
    """
    model = Davies() if model is None else model
    flow = np.asarray(flow, dtype=float).reshape(species.COUNT, -1)
    cases = flow.shape[1]
    phases = (*solids, *(gases or {}))
    dosed = np.zeros(species.COUNT) if reagent is None else np.asarray(reagent, dtype=float)
    dosed = np.broadcast_to(dosed.reshape(species.COUNT, -1), (species.COUNT, cases))
    dissolving = tuple(name for name in pure_phases() if np.any(dosed[species.index(name)]))
    totals, supplied = _components(flow, phases), _components(dosed, dissolving)
    celsius = np.broadcast_to(np.asarray(temperature, dtype=float), (cases,))
    target = np.broadcast_to(np.asarray(np.nan if pH is None or reagent is None else pH, dtype=float), (cases,))

    present = frozenset(
        name for row, name in enumerate(COMPONENTS) if np.any(totals[row] > 0) or np.any(supplied[row] > 0)
    )
    chosen = system(present, phases, model.tier, isinstance(model, StrengthModel))
    order = [COMPONENTS.index(name) for name in chosen.components]
    finite = np.isfinite(flow).all(0) & np.isfinite(celsius) & (celsius > 0)
    totals = np.where(finite, totals, 0.0)
    sizes = np.abs(totals).sum(0)
    wet = (totals[-1] > DRIEST * sizes) & (totals[_IONS] >= -ROUNDING * sizes).all(0)
    kilograms = np.where(wet, totals[-1], MOLES_PER_KG) / MOLES_PER_KG
    warm = np.where(finite, celsius, ROOM)
    problem = Problem(
        totals=totals[order] / kilograms,
        temperature=warm,
        ln_k=chosen.ln_k(warm),
        phase_ln_k=chosen.phase_ln_k(warm) + _ln_fugacity(chosen, gases or {}, cases),
        reagent=supplied[order],
        ln_proton=-LN10 * target,
    )
    found = _Found.blank(chosen, cases)
    begin = None if start is None else _start(start, chosen, order, phases)
    for first in range(0, cases, CHUNK):
        where = first + np.flatnonzero(wet[first : first + CHUNK])
        if where.size:
            part = problem if where.size == cases else problem.take(where)
            _fill(found, where, solve(chosen, part, model, None if begin is None else begin[:, where]))
    status = np.where(finite, np.where(wet | (totals[_IONS] >= 0).all(0), found.status, Status.INFEASIBLE), 0)
    return _result(
        chosen, found, (flow, dosed, kilograms), (phases, dissolving), np.where(finite, status, Status.NOT_FINITE)
    )


def pH(flow: Array, temperature: "npt.ArrayLike", *, model: ActivityModel | None = None) -> Array:
    """Return the pH (cases,) of the liquor of a stream, no solid forming; not a number where there is none."""
    return equilibrate(flow, temperature, model=model).pH


@dataclasses.dataclass
class _Found:
    """What is found per kilogram of the water fed, case by case."""

    unknown: Array
    strength: Array
    ln_water: Array
    dose: Array
    amount: Array
    ln_saturation: Array
    molality: Array
    status: StatusArray
    past: Mask

    @classmethod
    def blank(cls, chosen: System, cases: int) -> "_Found":
        phases, names = len(chosen.phases), len(chosen.names)
        return cls(
            unknown=np.full((len(chosen.components), cases), np.nan),
            strength=np.zeros(cases),
            ln_water=np.zeros(cases),
            dose=np.zeros(cases),
            amount=np.full((phases, cases), np.nan),
            ln_saturation=np.full((phases, cases), -np.inf),
            molality=np.zeros((names, cases)),
            status=np.zeros(cases, dtype=np.int8),
            past=np.zeros(cases, dtype=bool),
        )


def _components(amounts: Array, phases: tuple[str, ...]) -> Array:
    """Return the totals of the components (components, cases), the named phases dissolved."""
    totals = amounts[component_rows()].copy()
    for name in phases:
        totals += np.multiply.outer(pure_phase(name).amounts, amounts[species.index(name)])
    return totals


def _ln_fugacity(chosen: System, gases: Mapping[str, "npt.ArrayLike"], cases: int) -> Array:
    given = np.zeros((len(chosen.phases), cases))
    for row, phase in enumerate(chosen.phases):
        if phase.name in gases:
            given[row] = np.log(np.maximum(np.asarray(gases[phase.name], dtype=float), 1e-30))
    return given


def _start(start: Array, chosen: System, order: list[int], phases: tuple[str, ...]) -> Array:
    """Return the rows of an earlier guess that the present system needs."""
    count = len(COMPONENTS)
    kept = [count + 2 + phases.index(phase.name) for phase in chosen.phases]
    return np.asarray(start, dtype=float)[[*order, count, count + 1, *kept]]


def _guess(chosen: System, found: _Found, phases: tuple[str, ...]) -> Array:
    count = len(COMPONENTS)
    guess = np.zeros((count + 2 + len(phases), found.dose.size))
    guess[:count] = ABSENT
    guess[[COMPONENTS.index(name) for name in chosen.components]] = found.unknown
    guess[count], guess[count + 1] = found.strength, found.dose
    for row, phase in enumerate(chosen.phases):
        guess[count + 2 + phases.index(phase.name)] = found.amount[row]
    guess[:, np.isnan(found.unknown[-1])] = np.nan
    return guess


def _fill(found: _Found, where: Index, solution: Solution) -> None:
    """Write some of the cases down."""
    ok, state = solution.converged, solution.state
    status = np.where(state.medium.out_of_range, Status.OUT_OF_RANGE, Status.OK)
    status = np.where(solution.past, Status.INFEASIBLE, np.where(solution.short, Status.SPEC_NOT_REACHED, status))
    found.status[where] = np.where(ok, status, Status.NOT_CONVERGED)
    found.past[where] = solution.past
    if not ok.all():
        where = where[ok]
    found.unknown[:, where] = state.unknown[:, ok]
    found.strength[where], found.ln_water[where] = solution.strength[ok], state.medium.ln_water[ok]
    found.dose[where] = solution.dose[ok]
    found.amount[:, where] = solution.amount[:, ok]
    found.ln_saturation[:, where] = solution.ln_saturation[:, ok]
    found.molality[:, where] = solution.molality[:, ok]


def _result(
    chosen: System,
    found: _Found,
    feed: tuple[Array, Array, Array],
    phases: tuple[tuple[str, ...], tuple[str, ...]],
    status: StatusArray,
) -> Equilibrium:
    flow, dosed, kilograms = feed
    asked, dissolving = phases
    dose = found.dose * kilograms
    kept = {phase.name: row for row, phase in enumerate(chosen.phases)}
    columns = (*asked, *(name for name in dissolving if name not in asked))
    extent = np.zeros((len(columns), flow.shape[1]))
    saturation = np.full((len(asked), flow.shape[1]), -np.inf)
    amount = _affordable(chosen, found.amount * kilograms, _components(flow + dosed * dose, columns))
    for column, name in enumerate(columns):
        row = species.index(name)
        carried = flow[row] + dose * dosed[row]
        if name in kept:
            solved = np.isfinite(amount[kept[name]])
            extent[column] = np.where(solved, amount[kept[name]] - carried, 0.0)
            saturation[asked.index(name)] = found.ln_saturation[kept[name]] / LN10
        elif name in dissolving:
            extent[column] = -dose * dosed[row]
    return Equilibrium(
        pH=-found.unknown[-1] / LN10,
        ionic_strength=found.strength,
        water_activity=np.exp(found.ln_water),
        stoichiometry=np.array([formation(name) for name in columns]).reshape(-1, species.COUNT).T,
        extent=extent,
        dose=dose,
        phases=asked,
        log_saturation=saturation,
        names=chosen.names,
        molality=found.molality,
        water_mass=np.exp(np.nan_to_num(found.unknown[-2], nan=-np.inf)) * kilograms,
        status=status.astype(np.int8),
        past=found.past,
        guess=_guess(chosen, found, asked),
    )


def _affordable(chosen: System, amount: Array, totals: Array) -> Array:
    """Return the amounts of solids (phases, cases), less the rounding by which they exceed what the totals hold."""
    share = np.ones_like(amount)
    for balance, name in enumerate(chosen.components[:-2]):
        needs = chosen.phase_content[:, balance]
        bound = needs @ np.nan_to_num(amount)
        held = totals[COMPONENTS.index(name)]
        fraction = np.where(bound > held, np.maximum(held, 0.0) / np.where(bound > 0, bound, 1.0), 1.0)
        share = np.where((needs > 0)[:, None], np.minimum(share, fraction * (1 - 2e-16)), share)
    return amount * np.where(share < 1 - 1e-15, share, 1.0)
