"""Nickel, cobalt and manganese hydroxide as one solid solution, precipitated at a pH with or without ammonia."""

import dataclasses
import functools

import numpy as np
import numpy.typing as npt

from blackmass import species
from blackmass.chemistry.aqueous import Equilibrium, equilibrate
from blackmass.chemistry.dosing import HEAD, OPEN, Dosing, Settled, hydroxide
from blackmass.chemistry.equilibria import formation, pure_phase
from blackmass.chemistry.neutralisation import SOLIDS
from blackmass.chemistry.saturation import can_form
from blackmass.data.load import table
from blackmass.status import Status, StatusArray

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]
ROUNDS = 40
NEAR = 1e-13  # change of a mole fraction at which the solid is taken as found
CLOSE = 1e-6  # in pH, between target and reached
TINY = 1e-300
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
    """The tank while its solid is sought."""

    dosing: Dosing
    flow: Array
    ripening: Array
    settled: Settled  # extents, dose, pH, status and guess so far
    fraction: Array  # (members, cases) mole fractions in the solid
    guess: Array  # (unknowns, cases) of the equilibria with the solid solution

    def solve(self, where: Index, *, dosed: bool) -> None:
        """Find the solid in the cases `where`, at the target pH or with the dose that there is.

        At each guess of its composition the equilibrium gives the solubility s of each member pure; then the amount N
        of solid follows from

        .. math:: \\sum_j \\frac{T_j}{s_j + N} = 1, \\quad x_j = \\frac{T_j}{s_j + N}
        """
        for _ in range(ROUNDS):
            if where.size == 0:
                return
            found = self._equilibrium(where, dosed=dosed)
            good = (found.status <= Status.OUT_OF_RANGE) & np.isfinite(found.pH)
            before = self.fraction[:, where]
            after = np.where(good, self._composition(where, found), before)
            self._write(where, found, good, dosed=dosed)
            self.fraction[:, where] = after
            where = where[good & (np.abs(after - before).max(0) > NEAR)]
        self.settled.status[where] = Status.NOT_CONVERGED

    def _equilibrium(self, where: Index, *, dosed: bool) -> Equilibrium:
        tank, known = self.dosing, members()
        dose = 0.0 if dosed else self.settled.dose[where]
        flow = self.flow[:, where] + tank.reagent[:, where] * dose
        reagent = tank.reagent[:, where] if dosed else np.zeros_like(flow)
        temperature, pH = tank.temperature[where], self.settled.pH[where]
        names = can_form(tank.columns, flow, temperature, pH, reagent)
        names = tuple(name for name in names if name not in known.solids)
        activity = np.maximum(self.fraction * 10.0 ** (known.log_ripening * self.ripening), LEAST)[:, where]
        gases = dict(zip(known.solids, activity, strict=True))
        solids = tuple(name for name in names if name != OPEN)
        if OPEN in names:
            gases[OPEN] = np.ones(where.size)
        self._phases = (*solids, *gases)
        return equilibrate(
            flow,
            temperature,
            solids=solids,
            gases=gases,
            pH=tank.pH[where] if dosed else None,
            reagent=reagent if dosed else None,
            start=self.guess[np.ix_(self._known(self._phases), where)],
        )

    def _composition(self, where: Index, found: Equilibrium) -> Array:
        known = members()
        rows = species.indices(known.metals)
        solids = species.indices(known.solids)
        dose = found.dose if np.any(found.dose) else np.where(found.dose == 0, self.settled.dose[where], 0.0)
        held = self.flow[:, where] + self.dosing.reagent[:, where] * np.where(found.dose > 0, found.dose, dose)
        total = np.maximum(held[rows] + held[solids], 0.0)
        precipitated = held[solids] + np.array([found.extent[self._phases.index(name)] for name in known.solids])
        ripe = 10.0 ** (known.log_ripening * self.ripening[where])
        ratio = 10.0 ** np.array([found.log_saturation_of(name) for name in known.solids])
        activity = np.maximum(self.fraction[:, where] * ripe, LEAST) * ratio / ripe
        dissolved = np.maximum(total - precipitated, 0.0)
        solubility = np.where(activity > 0, dissolved / np.where(activity > 0, activity, 1.0), np.inf)
        return solid_solution(total, solubility)

    def _write(self, where: Index, found: Equilibrium, good: npt.NDArray[np.bool_], *, dosed: bool) -> None:
        result, kept = self.settled, where[good]
        names = list(dict.fromkeys((*found.phases, *self.dosing.reagent_solids))) if dosed else list(found.phases)
        rows = np.array([self.dosing.columns.index(name) for name in names[: found.extent.shape[0]]], dtype=np.intp)
        result.extent[:, kept] = 0.0
        result.extent[np.ix_(rows, kept)] = found.extent[:, good]
        if dosed:
            result.dose[kept] = found.dose[good]
        result.pH[kept] = found.pH[good]
        result.status[kept] = np.maximum(result.status[kept], found.status[good])
        self.guess[HEAD:, kept] = 0.0
        self.guess[np.ix_(self._known(found.phases), kept)] = found.guess[:, good]

    def _known(self, phases: tuple[str, ...]) -> Index:
        rows = [HEAD + self.dosing.columns.index(name) for name in phases]
        return np.concatenate([np.arange(HEAD), np.array(rows, dtype=np.intp)])


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
    equilibrium as pure solids (`chemistry.dosing`), which also finds where a weak alkali cannot reach the pH. A case in
    which the composition of the solid is not found keeps the pure hydroxides and is out of range.

    Parameters
    ----------
    flow : array (species, cases) [mol/s]
    temperature, pH : array (cases,) [K], target
    reagent : array (species, cases) [mol per unit of dose]
    ripening : array (cases,)
    start : `guess` of an earlier pass for the same cases, optional

    Source: Glynn, Reviews in Mineralogy 40 (2000) 481, for ideal solid solutions; constants by `mixed_hydroxide.csv`.
    """
    dosing = Dosing(temperature, pH, reagent, SOLIDS)
    count = len(members().metals)
    length = HEAD + len(dosing.columns)
    fits = start is not None and start.shape[0] == 2 * length + 1 + count
    parts = np.split(start, [length + 1, 2 * length + 1]) if fits and start is not None else None
    settled = dosing.settle(flow, None if parts is None else parts[0])
    pure = settled.guess.copy()
    first = dataclasses.replace(
        settled, **{name: getattr(settled, name).copy() for name in ("extent", "dose", "pH", "status")}
    )
    begin = settled.guess[:-1] if parts is None else np.where(np.isnan(parts[1]), settled.guess[:-1], parts[1])
    rows = species.indices(members().metals), species.indices(members().solids)
    total = np.maximum(flow[rows[0]] + flow[rows[1]], 0.0)
    fraction = total / np.maximum(total.sum(0), TINY)
    if parts is not None:
        fraction = np.where(np.isnan(parts[2]), fraction, parts[2])
    tank = _Tank(dosing, flow, ripening, settled, fraction, begin.copy())
    able = (settled.status <= Status.OUT_OF_RANGE) & np.isfinite(settled.pH) & (total.sum(0) > 0)
    dosed = able & (np.abs(settled.pH - pH) < CLOSE) & (settled.dose > 0)
    tank.solve(np.flatnonzero(dosed), dosed=True)
    tank.solve(np.flatnonzero(able & ~dosed), dosed=False)
    lost = able & (settled.status > Status.OUT_OF_RANGE)
    for name in ("extent", "dose", "pH"):
        getattr(settled, name)[..., lost] = getattr(first, name)[..., lost]
    settled.status[lost] = Status.OUT_OF_RANGE
    enthalpy = np.array([pure_phase(name).enthalpy for name in dosing.columns])
    alkali = hydroxide().enthalpy * np.maximum(-reagent[species.index("H+")], 0.0)
    return MixedHydroxide(
        stoichiometry=np.array([formation(name) for name in dosing.columns]).T,
        extent=settled.extent,
        dose=settled.dose,
        pH=settled.pH,
        heat=enthalpy @ settled.extent + alkali * settled.dose,
        status=settled.status,
        guess=np.vstack([pure, tank.guess, np.where(lost, np.nan, tank.fraction)]),
    )


def solid_solution(total: Array, solubility: Array) -> Array:
    """Return the mole fractions (members, cases) of an ideal solid solution in equilibrium with its liquor.

    Parameters
    ----------
    total : array (members, cases) [mol/s]
        In solid and liquor together.
    solubility : array (members, cases) [mol/s]
        That of the pure member in this liquor.

    Where the liquor holds everything the fractions of the solid nearest to forming are returned.
    """
    held = total > 0
    least = np.where(held, solubility, np.inf).min(0)
    whole = total.sum(0)
    first = np.where(held, total / np.maximum(solubility, TINY), 0.0).sum(0)
    amount = np.maximum(whole - np.where(np.isfinite(least), least, 0.0), 0.0)
    for _ in range(
        60
    ):  # Newton from the right on a convex falling function of ln N would overshoot; on 1/sum it does not
        share = np.where(held, total / np.maximum(solubility + amount, TINY), 0.0)
        slope = np.where(held, share / np.maximum(solubility + amount, TINY), 0.0).sum(0)
        value = share.sum(0)
        step = (value - 1) * value / np.maximum(slope, TINY)
        new = np.maximum(amount + step, 0.0)
        done = np.abs(new - amount) <= 1e-15 * whole
        amount = new
        if np.all(done | (first <= 1)):
            break
    amount = np.where(first > 1, amount, 0.0)
    share = np.where(held, total / np.maximum(solubility + amount, TINY), 0.0)
    return share / np.maximum(share.sum(0), TINY)
