"""Nickel, cobalt and manganese hydroxide as one solid solution, precipitated at a pH with or without ammonia."""

import copy
import dataclasses
import functools

import numpy as np
import numpy.typing as npt

from blackmass import species
from blackmass.chemistry import neutralisation
from blackmass.chemistry.aqueous import Equilibrium, equilibrate
from blackmass.chemistry.dosing import HEAD, OPEN, Dosing, Settled, hydroxide
from blackmass.chemistry.equilibria import formation, pure_phase
from blackmass.chemistry.saturation import can_form
from blackmass.data.load import table
from blackmass.status import Status, StatusArray

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]
SOLIDS = tuple(name for name in neutralisation.SOLIDS if name not in ("NiCO3", "CoCO3", "MnCO3"))
"""Solids that may form: carbonate is no more than an impurity of mixed hydroxide."""
ROUNDS = 40
STEPS = 60
ROUNDING = 1e-15
FINE = 1e-30  # share of a metal that the liquor holds at least
NEAR = 1e-13  # change of a mole fraction at which the solid is taken as found
CLOSE = 1e-6  # in pH, between target and reached
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


@dataclasses.dataclass
class _Tank:
    """The tank while the composition of its solid is sought."""

    dosing: Dosing
    flow: Array
    ripening: Array
    settled: Settled  # with pure hydroxides at first
    fraction: Array  # (members, cases) mole fractions in the solid
    guess: Array  # (unknowns, cases) of the equilibria with the solid solution
    found: Mask  # (cases,) where the composition is known

    def solve(self, where: Index, *, dosed: bool) -> None:
        """Find the solid in the cases `where`, at the target pH or with the dose that there is.

        At each guess of its composition the equilibrium gives the solubility of each member, and these the next guess.
        """
        for _ in range(ROUNDS):
            if where.size == 0:
                return
            state, phases = self._equilibrium(where, dosed=dosed)
            good = (state.status <= Status.OUT_OF_RANGE) & np.isfinite(state.pH)
            if not good.all():
                where, state = where[good], _part(state, good)
            dose = state.dose if dosed else self.settled.dose[where]
            before, after = self.fraction[:, where], self._composition(where, state, phases, dose)
            self._write(where, state, dose)
            self.fraction[:, where] = after
            change = np.abs(after - before).max(0, initial=0.0)
            self.found[where[change <= NEAR]] = True
            where = where[change > NEAR]

    def _equilibrium(self, where: Index, *, dosed: bool) -> tuple[Equilibrium, tuple[str, ...]]:
        tank, solids = self.dosing, members().solids
        reagent, dose = tank.reagent[:, where], 0.0 if dosed else self.settled.dose[where]
        flow = self.flow[:, where] + reagent * dose
        kelvin = tank.temperature[where]
        near = can_form(tank.columns, flow, kelvin, self.settled.pH[where], reagent * dosed)
        others = tuple(name for name in near if name not in (*solids, OPEN))
        gases = dict(zip(solids, self._activity(where), strict=True))
        if OPEN in near:
            gases[OPEN] = np.ones(where.size)
        phases = (*others, *gases)
        state = equilibrate(
            flow,
            kelvin,
            solids=others,
            gases=gases,
            pH=tank.pH[where] if dosed else None,
            reagent=reagent if dosed else None,
            start=self.guess[np.ix_(self._known(phases), where)],
        )
        return state, phases

    def _activity(self, where: Index) -> Array:
        """Activities of the members (members, cases) against fresh pure hydroxide."""
        return np.maximum(self.fraction[:, where] * self._ripe(where), LEAST)

    def _ripe(self, where: Index) -> Array:
        return 10.0 ** (members().log_ripening * self.ripening[where])

    def _composition(self, where: Index, state: Equilibrium, phases: tuple[str, ...], dose: Array) -> Array:
        known = members()
        metals, solids = species.indices(known.metals), species.indices(known.solids)
        held = self.flow[:, where] + self.dosing.reagent[:, where] * dose
        rows = [phases.index(name) for name in known.solids]
        solid = held[solids] + state.extent[rows]
        total = np.maximum(held[metals] + held[solids], 0.0)
        activity = self._activity(where) * 10.0 ** state.log_saturation[rows] / self._ripe(where)
        dissolved = np.maximum(total - solid, 0.0)
        return solid_solution(total, dissolved / np.where(activity > 0, activity, 1.0))

    def _write(self, where: Index, state: Equilibrium, dose: Array) -> None:
        names = tuple(dict.fromkeys((*state.phases, *self.dosing.reagent_solids)))[: state.extent.shape[0]]
        rows = np.array([self.dosing.columns.index(name) for name in names], dtype=np.intp)
        result = self.settled
        result.extent[:, where] = 0.0
        result.extent[np.ix_(rows, where)] = state.extent
        result.dose[where], result.pH[where] = dose, state.pH
        result.status[where] = np.maximum(result.status[where], state.status)
        self.guess[HEAD:, where] = 0.0
        self.guess[np.ix_(self._known(state.phases), where)] = state.guess

    def _known(self, phases: tuple[str, ...]) -> Index:
        """Rows of a guess that an equilibrium with these phases has."""
        rows = [HEAD + self.dosing.columns.index(name) for name in phases]
        return np.concatenate([np.arange(HEAD), np.array(rows, dtype=np.intp)])


def _part(state: Equilibrium, keep: Mask) -> Equilibrium:
    """Return some of the cases of an equilibrium."""
    part = copy.copy(state)
    for field in dataclasses.fields(state):
        value = getattr(state, field.name)
        if field.name != "stoichiometry" and isinstance(value, np.ndarray):
            object.__setattr__(part, field.name, value[..., keep])
    return part


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
    equilibrium as pure solids (`chemistry.dosing`), which also finds where a weak alkali cannot reach the pH, save
    carbonates of the three metals, which are left out. A case in which the composition of the solid is not found keeps
    the pure hydroxides and is out of range.

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
    dosing = Dosing(temperature, pH, reagent, SOLIDS)
    length = HEAD + len(dosing.columns)
    earlier = None if start is None else np.split(start, [length + 1, 2 * length + 1])
    settled = dosing.settle(flow, None if earlier is None else earlier[0])
    pure = copy.deepcopy(settled)
    begin, fraction = settled.guess[:-1].copy(), _whole(flow)
    if earlier is not None:
        begin = np.where(np.isnan(earlier[1]), begin, earlier[1])
        fraction = np.where(np.isnan(earlier[2]), fraction, earlier[2])
    tank = _Tank(dosing, flow, ripening, settled, fraction, begin, np.zeros(flow.shape[1], dtype=bool))
    able = (settled.status <= Status.OUT_OF_RANGE) & np.isfinite(settled.pH) & (_whole(flow).sum(0) > 0)
    dosed = able & (np.abs(settled.pH - pH) < CLOSE) & (settled.dose > 0)
    tank.solve(np.flatnonzero(dosed), dosed=True)
    tank.solve(np.flatnonzero(able & ~dosed), dosed=False)
    lost = able & ~tank.found
    extent, dose = np.where(lost, pure.extent, settled.extent), np.where(lost, pure.dose, settled.dose)
    enthalpy = np.array([pure_phase(name).enthalpy for name in dosing.columns])
    alkali = hydroxide().enthalpy * np.maximum(-reagent[species.index("H+")], 0.0)
    return MixedHydroxide(
        stoichiometry=np.array([formation(name) for name in dosing.columns]).T,
        extent=extent,
        dose=dose,
        pH=np.where(lost, pure.pH, settled.pH),
        heat=enthalpy @ extent + alkali * dose,
        status=np.where(lost, Status.OUT_OF_RANGE, settled.status).astype(np.int8),
        guess=np.vstack([pure.guess, tank.guess, np.where(lost, np.nan, tank.fraction)]),
    )


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
