"""Nickel, cobalt and manganese hydroxide as one solid solution, precipitated at a pH with or without ammonia."""

import dataclasses
import functools

import numpy as np
import numpy.typing as npt

from blackmass import species
from blackmass.chemistry import neutralisation
from blackmass.chemistry.aqueous import Equilibrium, equilibrate
from blackmass.chemistry.dosing import OPEN, SHORT, Dosing, hydroxide
from blackmass.chemistry.equilibria import formation, pure_phase
from blackmass.data.load import table
from blackmass.status import Status, StatusArray

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]
SOLIDS = tuple(name for name in neutralisation.SOLIDS if name not in ("NiCO3", "CoCO3", "MnCO3"))
"""Solids that may form: carbonate is no more than an impurity of mixed hydroxide."""
ROUNDS = 25
STEPS = 60
ROUNDING = 1e-15
FINE = 1e-30  # share of a metal that the liquor holds at least
NEAR = 1e-12  # change of a mole fraction at which the solid is found
FAIR = 1e-9  # the same where rounding keeps it from settling
LEAST = 1e-25  # activity of a member that is absent


@dataclasses.dataclass(frozen=True)
class Members:
    """The end members: `log_ripening` is what the decimal log of the solubility product loses on ripening."""

    metals: tuple[str, ...]
    solids: tuple[str, ...]
    log_ripening: Array  # (members, 1)


@functools.cache
def members() -> Members:
    """Return the table `mixed_hydroxide.csv`."""
    rows = table("mixed_hydroxide.csv", columns=("metal", "solid", "log_ripening"), key=("metal",))
    return Members(
        tuple(row["metal"] for row in rows),
        tuple(row["solid"] for row in rows),
        np.array([[float(row["log_ripening"])] for row in rows]),
    )


@dataclasses.dataclass(frozen=True, eq=False)
class MixedHydroxide:
    """What happens in the tank.

    Parameters
    ----------
    stoichiometry : array (species, reactions)
    extent : array (reactions, cases) [mol/s]
        `(flow + dose x reagent)` after these reactions is the slurry.
    dose : array (cases,) [units of the reagent]
    pH : array (cases,)
    heat : array (cases,) [W], set free
    status : array (cases,) of `Status`
    guess : array (unknowns, cases), to start from next time
    """

    stoichiometry: Array
    extent: Array
    dose: Array
    pH: Array
    heat: Array
    status: StatusArray
    guess: Array


def coprecipitate(
    flow: Array,
    temperature: Array,
    pH: Array,
    reagent: Array,
    *,
    ripening: Array,
    start: Array | None = None,
) -> MixedHydroxide:
    """Return what happens when a liquor is dosed with an alkali to a pH and its metals come down as mixed hydroxide.

    Nickel, cobalt and manganese hydroxide form one ideal solid solution, in which the activity of each is its mole
    fraction; ripening from fresh (0) to crystalline (1) lowers the solubility of all. Everything else forms to
    equilibrium as pure solids, save carbonates of the three metals, which are left out. Where the liquor is beyond the
    pH nothing is dosed, and a weak alkali that cannot reach it is bounded as in `chemistry.dosing`. At each guess of
    the composition the equilibrium gives the solubility of each member, and these the next guess (`solid_solution`). A
    case in which that does not settle gets pure hydroxides and is out of range.

    Parameters
    ----------
    flow : array (species, cases) [mol/s]
    temperature, pH : array (cases,) [K], target
    reagent : array (species, cases) [mol per unit of dose]
    ripening : array (cases,)
    start : `guess` of an earlier pass for the same cases, optional

    Source: Glynn, Reviews in Mineralogy and Geochemistry 40 (2000) 481, 10.2138/rmg.2000.40.10, for ideal solid
    solutions; constants by `mixed_hydroxide.csv`.
    """
    dosing, count = Dosing(temperature, pH, reagent, SOLIDS), len(members().metals)
    tank = _Tank(dosing, flow, 10.0 ** (members().log_ripening * ripening))
    fraction = _whole(flow)
    if start is not None:
        fraction = np.where(np.isnan(start[-count:]), fraction, start[-count:])
    found = tank.search(fraction, None if start is None else start[:-count])
    alkali = hydroxide().enthalpy * np.maximum(-reagent[species.index("H+")], 0.0)
    enthalpy = np.array([pure_phase(name).enthalpy for name in tank.phases])
    return MixedHydroxide(
        stoichiometry=np.array([formation(name) for name in tank.phases]).T,
        extent=found.extent,
        dose=found.dose,
        pH=found.pH,
        heat=enthalpy @ found.extent + alkali * found.dose,
        status=found.status,
        guess=np.vstack([found.guess, found.fraction]),
    )


@dataclasses.dataclass
class _Found:
    """What is found, case by case."""

    extent: Array
    dose: Array
    pH: Array
    status: StatusArray
    guess: Array
    fraction: Array

    def write(self, where: Index, state: Equilibrium) -> None:
        """Write some of the cases down."""
        self.extent[:, where], self.guess[:, where] = state.extent, state.guess
        self.dose[where], self.pH[where] = state.dose, state.pH
        status = np.where(state.past, Status.OK, state.status)
        self.status[where] = np.where(status == Status.SPEC_NOT_REACHED, SHORT, status)


@dataclasses.dataclass(frozen=True)
class _Tank:
    """The tank, in which equilibria follow from the composition of the mixed hydroxide."""

    dosing: Dosing
    flow: Array
    ripe: Array  # (members, cases) activity of a ripened pure member against a fresh one

    @functools.cached_property
    def others(self) -> tuple[str, ...]:
        """Solids that form or dissolve as pure ones."""
        return tuple(name for name in self.dosing.columns if name not in (*members().solids, OPEN))

    @functools.cached_property
    def phases(self) -> tuple[str, ...]:
        """All phases, in the order of extents."""
        return (*self.others, *members().solids, OPEN)

    def search(self, fraction: Array, start: Array | None) -> _Found:
        """Return the state in which the solid has the composition that its liquor asks for."""
        where, cases = np.arange(self.flow.shape[1]), self.flow.shape[1]
        state = self._equilibrium(where, fraction, start)
        found = _Found(
            extent=np.zeros_like(state.extent),
            dose=np.zeros(cases),
            pH=np.full(cases, np.nan),
            status=np.zeros(cases, dtype=np.int8),
            guess=np.zeros_like(state.guess),
            fraction=fraction.copy(),
        )
        last, step = np.full_like(fraction, np.nan), np.full_like(fraction, np.nan)
        for _ in range(ROUNDS):
            found.write(where, state)
            before = found.fraction[:, where]
            after = self._composition(where, before, state)
            found.fraction[:, where] = _accelerated(after, after - before, last[:, where], step[:, where])
            last[:, where], step[:, where] = after, after - before
            change = np.abs(after - before).max(0, initial=0.0)
            where, change = where[change > NEAR], change[change > NEAR]
            if where.size == 0:
                break
            state = self._equilibrium(where, found.fraction[:, where], found.guess[:, where])
        lost = np.union1d(where[change > FAIR], np.flatnonzero(found.status > Status.OUT_OF_RANGE))
        if lost.size:
            found.write(lost, self._equilibrium(lost, np.ones((len(members().solids), lost.size)), None))
            found.fraction[:, lost] = np.nan
            found.status[lost] = np.maximum(found.status[lost], Status.OUT_OF_RANGE)
        return found

    def _equilibrium(self, where: Index, fraction: Array, start: Array | None) -> Equilibrium:
        """Equilibria of some cases at the mole fractions in the solid (members, cases)."""
        activity = np.maximum(fraction * self.ripe[:, where], LEAST)
        return equilibrate(
            self.flow[:, where],
            self.dosing.temperature[where],
            solids=self.others,
            gases={**dict(zip(members().solids, activity, strict=True)), OPEN: 1.0},
            pH=self.dosing.pH[where],
            reagent=self.dosing.reagent[:, where],
            bound=self._most[where],
            start=start,
        )

    @functools.cached_property
    def _most(self) -> Array:
        return self.dosing.most(self.flow)

    def _composition(self, where: Index, fraction: Array, state: Equilibrium) -> Array:
        """Mole fractions (members, cases) that the liquor of an equilibrium asks for; as they are where it has none."""
        metals, solids = species.indices(members().metals), species.indices(members().solids)
        held = self.flow[:, where] + self.dosing.reagent[:, where] * state.dose
        rows = np.arange(len(solids)) + len(self.others)
        total = np.maximum(held[metals] + held[solids], 0.0)
        dissolved = np.maximum(total - held[solids] - state.extent[rows], 0.0)
        saturation = np.maximum(fraction, LEAST / self.ripe[:, where]) * 10.0 ** state.log_saturation[rows]
        asked = solid_solution(total, dissolved / np.where(saturation > 0, saturation, 1.0))
        return np.where(np.isfinite(state.pH) & (total.sum(0) > 0), asked, fraction)


def _accelerated(after: Array, step: Array, last: Array, last_step: Array) -> Array:
    """Return the next mole fractions by Anderson's method with one earlier guess, plain where that leads astray."""
    change = step - last_step
    square = (change**2).sum(0)
    weight = (step * change).sum(0) / np.where(square > 0, square, np.inf)
    guess = after - weight * (after - last)
    return np.where((guess >= 0).all(0) & (square > 0), guess, after)


def _whole(flow: Array) -> Array:
    """Mole fractions (members, cases) of the members in solid and liquor together, zero where there are none."""
    known = members()
    total = np.maximum(flow[species.indices(known.metals)] + flow[species.indices(known.solids)], 0.0)
    whole = total.sum(0)
    return total / np.where(whole > 0, whole, 1.0)


def solid_solution(total: Array, solubility: Array) -> Array:
    """Return the mole fractions (members, cases) of an ideal solid solution in equilibrium with its liquor.

    The amount N of solid follows from a balance of each member, whose activity is its mole fraction:

    .. math:: x_j = \\frac{T_j}{s_j + N}, \\quad \\sum_j x_j = 1

    by Newton's method on the reciprocal of the sum, which is concave in N, from below. Where the liquor holds all of it
    the fractions are those of the solid nearest to forming.

    Parameters
    ----------
    total : array (members, cases) [mol/s]
        In solid and liquor together.
    solubility : array (members, cases) [mol/s]
        What this liquor holds of each pure member at saturation.
    """
    whole = total.sum(0)
    size = np.where(whole > 0, whole, 1.0)
    share, limit = total / size, np.maximum(solubility / size, FINE)
    amount = np.maximum(1 - np.where(share > 0, limit, 0.0).max(0), 0.0)
    saturated = (share / limit).sum(0) > 1
    for _ in range(STEPS):
        parts = share / (limit + amount)
        step = (parts.sum(0) - 1) * parts.sum(0) / np.maximum((parts / (limit + amount)).sum(0), FINE)
        amount = np.where(saturated, np.maximum(amount + step, 0.0), 0.0)
        if np.all(np.abs(step) <= ROUNDING * amount, where=saturated):
            break
    parts = share / (limit + amount)
    return parts / np.where(whole > 0, parts.sum(0), 1.0)
