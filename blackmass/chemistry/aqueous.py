"""Aqueous equilibrium of a stream: pH, complexes, solids and open gases, for a batch of cases."""

import dataclasses
import functools
import itertools
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from blackmass import species
from blackmass.chemistry.activity import LN10, ActivityModel, Davies
from blackmass.chemistry.equilibria import COMPONENTS, component_rows, formation, pure_phase, pure_phases
from blackmass.chemistry.equilibrium_cases import Feed, Found, Rows, clear_desk, solve_cases
from blackmass.chemistry.equilibrium_composition import solve_by_composition
from blackmass.chemistry.equilibrium_plan import Plan, plan_of
from blackmass.chemistry.speciation import System, system
from blackmass.errors import InputError
from blackmass.numerics.records import blank
from blackmass.status import StatusArray

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
_NO_REAGENT = np.zeros((species.COUNT, 1))
_NO_START = np.zeros((0, 0))


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
    guess : array (components + 3 + phases, cases)
        To start from next time: logarithms of the activities of `COMPONENTS` (for water, of its kilograms per kilogram
        fed), the ionic strength, the sum of molalities, the dose and the amounts of the phases per kilogram of water
        fed.
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
    bound: "npt.ArrayLike" = np.inf,
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
    pH : target (cases,) or float, reached by dosing `reagent`; with the Davies model only
    reagent : array (species,) or (species, cases) [mol per unit of dose]
        Its solids dissolve, and may stay where they are among `solids`.
    bound : largest dose (cases,) or float; where more is needed the status is SPEC_NOT_REACHED
    start : `guess` of an earlier equilibrium with the same solids and gases, optional
        Columns that are not numbers hold no guess.

    Raises
    ------
    InputError
        A solid or gas without a solubility constant; a target pH with another model than Davies.
    """
    model = Davies() if model is None else model
    flow = np.asarray(flow, dtype=float).reshape(species.COUNT, -1)
    cases, gases = flow.shape[1], gases or {}
    phases = (*solids, *gases)
    dosed = pH is not None and reagent is not None
    supply = np.asarray(reagent, dtype=float).reshape(species.COUNT, -1) if dosed else _NO_REAGENT
    setup = _setup((flow[_rows_of(phases)] > 0).any(1).tobytes(), phases, *_brought(supply), model.tier)
    target: Any = pH if dosed else np.nan
    feed = Feed(
        flow=_fixed(flow),
        reagent=_fixed(supply),
        temperature=_fixed(np.where(_finite(flow), np.asarray(temperature, dtype=float), np.nan)),
        ln_proton=_row(-LN10 * np.asarray(target, dtype=float)),
        ln_fugacity=_fixed(_ln_fugacity(setup.system, gases)),
        bound=_row(bound),
        start=_fixed(_NO_START if start is None else np.asarray(start, dtype=float)),
    )
    found = _blank(setup, phases, cases)
    if isinstance(model, Davies):
        solve_cases(setup.plan, setup.rows, feed, clear_desk(), found)
    elif dosed:
        raise InputError(f"a pH can only be reached with the Davies model, not with {type(model).__name__}.")
    else:
        solve_by_composition(setup.system, setup.rows, feed, model, found)
    return Equilibrium(
        pH=found.pH,
        ionic_strength=found.strength,
        water_activity=found.water_activity,
        stoichiometry=setup.stoichiometry,
        extent=found.extent,
        dose=found.dose,
        phases=phases,
        log_saturation=found.log_saturation,
        names=setup.system.names,
        molality=found.molality.T,
        water_mass=found.water_mass,
        status=found.status,
        past=found.past,
        guess=found.guess,
    )


def pH(flow: Array, temperature: "npt.ArrayLike", *, model: ActivityModel | None = None) -> Array:
    """Return the pH (cases,) of the liquor of a stream, no solid forming; not a number where there is none."""
    return equilibrate(flow, temperature, model=model).pH


class _Setup(NamedTuple):
    """What depends on names only."""

    system: System
    plan: Plan
    rows: Rows
    columns: tuple[str, ...]
    stoichiometry: Array


@functools.lru_cache(maxsize=512)
def _setup(
    there: bytes, phases: tuple[str, ...], dissolving: tuple[str, ...], supplied: frozenset[str], tier: str
) -> _Setup:
    """Return the system of the components that are `there`, or in the phases that are, or supplied with a reagent."""
    flags = np.frombuffer(there, dtype=bool)
    count = len(COMPONENTS)
    present = set(itertools.compress(COMPONENTS, flags)) | supplied
    for name in (*itertools.compress(phases, flags[count:]), *dissolving):
        present |= set(itertools.compress(COMPONENTS, pure_phase(name).amounts > 0))
    chosen = system(frozenset(present), phases, tier)
    order = [COMPONENTS.index(name) for name in chosen.components]
    columns = (*phases, *(name for name in dissolving if name not in phases))
    stoichiometry = np.array([formation(name) for name in columns]).reshape(-1, species.COUNT).T
    stoichiometry.setflags(write=False)
    rows = blank(Rows)
    rows.head = count + 3
    rows.component[: len(order)], rows.guess[: len(order)] = component_rows()[order], order
    kept = [phase.name for phase in chosen.phases]
    rows.phase[: len(kept)] = species.indices(kept)
    rows.asked[: len(kept)] = [phases.index(name) for name in kept]
    rows.brought[: len(dissolving)] = species.indices(dissolving)
    rows.column[: len(dissolving)] = [-1 if name in phases else columns.index(name) for name in dissolving]
    return _Setup(chosen, plan_of(chosen, dissolving), rows, columns, stoichiometry)


def _blank(setup: _Setup, phases: tuple[str, ...], cases: int) -> Found:
    """Return what cases hold that are not solved."""
    return Found(
        pH=np.full(cases, np.nan),
        strength=np.zeros(cases),
        water_activity=np.ones(cases),
        dose=np.zeros(cases),
        water_mass=np.zeros(cases),
        extent=np.zeros((len(setup.columns), cases)),
        log_saturation=np.full((len(phases), cases), -np.inf),
        molality=np.zeros((cases, len(setup.system.names))),
        guess=np.full((len(COMPONENTS) + 3 + len(phases), cases), np.nan),
        status=np.zeros(cases, dtype=np.int8),
        past=np.zeros(cases, dtype=bool),
    )


@functools.lru_cache(maxsize=256)
def _rows_of(phases: tuple[str, ...]) -> npt.NDArray[np.intp]:
    """Rows of the components, then of the phases."""
    names = [pure_phase(name).name for name in phases]  # raises if there is no constant
    return np.concatenate([component_rows(), species.indices(names)]).astype(np.intp)


def _brought(reagent: Array) -> tuple[tuple[str, ...], frozenset[str]]:
    """Return the solids of a reagent, and the components that it brings dissolved."""
    there: Mask = np.any(reagent[_rows_of(tuple(pure_phases()))] != 0, axis=1)
    if not there.any():
        return (), frozenset()
    count = len(COMPONENTS)
    supplied: Mask = np.any(reagent[component_rows()] > 0, axis=1)
    return tuple(itertools.compress(pure_phases(), there[count:])), frozenset(itertools.compress(COMPONENTS, supplied))


def _finite(flow: Array) -> Mask:
    with np.errstate(invalid="ignore"):
        return np.isfinite(flow.sum(0))


def _fixed(values: Array) -> Array:
    """Return a contiguous view that cannot be written to: compiled code is made for one kind of array."""
    view = np.ascontiguousarray(values).view()
    view.setflags(write=False)
    return view


def _row(value: "npt.ArrayLike") -> Array:
    return _fixed(np.asarray(value, dtype=float).reshape(-1))


def _ln_fugacity(chosen: System, gases: Mapping[str, "npt.ArrayLike"]) -> Array:
    """Return ln of the fugacity of each phase of the system (phases, cases or 1), zero for solids."""
    given = np.zeros((len(chosen.phases), max((np.size(value) for value in gases.values()), default=1)))
    for row, phase in enumerate(chosen.phases):
        if phase.name in gases:
            given[row] = np.log(np.maximum(np.asarray(gases[phase.name], dtype=float), 1e-30))
    return given
