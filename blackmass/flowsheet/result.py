"""The result of a solve: frozen, with everything that a report needs."""

import dataclasses
import functools
from collections.abc import Callable, Iterable, Mapping

import numpy as np
import numpy.typing as npt

from blackmass import species
from blackmass.errors import SolveError
from blackmass.flowsheet.energy import Heat, enthalpy_error, heat_duties, total
from blackmass.flowsheet.plant import Plant, Reagent, Wire
from blackmass.flowsheet.response import Response
from blackmass.flowsheet.validity import Excess, excesses
from blackmass.operations.operation import Outlets
from blackmass.status import Status, StatusArray, worst
from blackmass.stream import Stream

Array = npt.NDArray[np.float64]
CLOSED = 1e-9
TRACE, NOTHING = 1e-6, 1e-9  # of an element, and of all elements, that enter the plant


@dataclasses.dataclass(frozen=True)
class Solved:
    """What the solver hands over."""

    streams: Mapping[str, Stream]
    outlets: Mapping[str, Outlets]
    knobs: Mapping[str, Array]
    status: StatusArray
    iterations: npt.NDArray[np.intp]
    where: tuple[str, ...]
    responses: Mapping[str, Response] = dataclasses.field(default_factory=dict)

    def take(self, numbers: npt.NDArray[np.intp]) -> "Solved":
        """Return some of the cases."""
        outlets = {name: outlets.take(numbers) for name, outlets in self.outlets.items()}
        return Solved(
            _shared(outlets, self.streams, lambda name: self.streams[name].take(numbers)),
            outlets,
            {path: np.broadcast_to(value, self.status.shape)[numbers] for path, value in self.knobs.items()},
            self.status[numbers],
            self.iterations[numbers],
            tuple(self.where[number] for number in numbers),
            {name: response.take(numbers) for name, response in self.responses.items()},
        )


def _shared(
    outlets: Mapping[str, Outlets], names: Iterable[str], otherwise: Callable[[str], Stream]
) -> dict[str, Stream]:
    """Return the streams of some names: those of the units' outlets, and `otherwise` the feeds."""
    parts = {name: name.partition(".") for name in names}
    return {
        name: outlets[unit][port] if unit in outlets else otherwise(name) for name, (unit, _, port) in parts.items()
    }


@dataclasses.dataclass(frozen=True, eq=False)
class Result:
    """A solved plant, for every case.

    `streams` maps names such as "leach.slurry" to streams; `status` (cases,) holds `Status` values;
    `where` names for each failed case the unit and component that did not close.
    """

    plant: Plant
    solved: Solved

    @property
    def streams(self) -> Mapping[str, Stream]:
        """Streams by name."""
        return self.solved.streams

    @functools.cached_property
    def status(self) -> StatusArray:
        """Status (cases,), balances included: a case that does not close has failed."""
        closed = np.where(self.balance_error < CLOSED, Status.OK, Status.NOT_CONVERGED)
        beyond = [np.where(one.outside, Status.OUT_OF_RANGE, Status.OK) for one in self.excesses]
        return worst(self.solved.status, closed, *beyond)

    @functools.cached_property
    def excesses(self) -> tuple[Excess, ...]:
        """What lies outside the range in which data support a model, in any case."""
        return excesses(self.plant.units, self.solved.outlets, self._inlet, self.cases)

    def _inlet(self, unit: str, port: str) -> Stream | None:
        wire = self.plant.units[unit].connections.get(port)
        return self.stream(wire) if isinstance(wire, Wire) else None

    @property
    def converged(self) -> npt.NDArray[np.bool_]:
        """Which cases converged (cases,)."""
        return self.status <= Status.OUT_OF_RANGE

    @property
    def iterations(self) -> npt.NDArray[np.intp]:
        """Passes through the loops (cases,)."""
        return self.solved.iterations

    @property
    def cases(self) -> int:
        """Number of cases."""
        return int(self.solved.status.size)

    @property
    def knobs(self) -> Mapping[str, Array]:
        """Values (cases,) found for the knobs of specifications, in SI, by path."""
        return self.solved.knobs

    def stream(self, wire: Wire) -> Stream:
        """Return the stream of a wire."""
        return self.streams[self.plant.source_of(wire).name]

    def drawn(self) -> dict[str, Stream]:
        """Return what was drawn of each reagent, over all units."""
        totals: dict[str, Stream] = {}
        for unit in self.plant.units.values():
            for port, stream in self.solved.outlets[unit.name].drawn.items():
                source = unit.connections.get(port)
                if isinstance(source, Reagent):
                    one = stream.repeated(self.cases)
                    totals[source.name] = totals[source.name] + one if source.name in totals else one
        return totals

    def unit_error(self, name: str) -> Array:
        """Return the worst imbalance (cases,) of elements and charge around a unit.

        Relative to what passes through it, or to a millionth of what enters the plant, if that is more.
        """
        unit = self.plant.units[name]
        outlets = self.solved.outlets[name]
        inlets = [self.stream(w) for w in unit.connections.values() if isinstance(w, Wire)]
        entering = [*inlets, *(s.repeated(self.cases) for s in outlets.drawn.values())]
        leaving = [outlets[port].repeated(self.cases) for port in unit.operation.outlets]
        return _imbalance(entering, leaving, self.cases, np.maximum(TRACE * self._entering, self._nothing)).max(0)

    @functools.cached_property
    def _entering(self) -> Array:
        streams = [self.streams[name] for name in self.plant.feeds] + list(self.drawn().values())
        return sum((_sizes(s) for s in streams), np.zeros((species.CONSERVED.shape[0], self.cases)))

    @property
    def _nothing(self) -> Array:
        """Flow (cases,) [mol/s] of an element that counts as none beside what enters the plant."""
        return NOTHING * self._entering[:-1].sum(0)

    @functools.cached_property
    def imbalance(self) -> Array:
        """Relative imbalance (elements + 1, cases) around the plant, charge last.

        Of an element of which next to nothing enters, relative to a billionth of all that enters.
        """
        entering = [self.streams[name] for name in self.plant.feeds] + list(self.drawn().values())
        leaving = [self.stream(terminal.wire) for terminal in self.plant.terminals.values()]
        return _imbalance(entering, leaving, self.cases, self._nothing)

    @functools.cached_property
    def balance_error(self) -> Array:
        """Worst relative imbalance (cases,) around the plant and around each unit."""
        plant = self.imbalance.max(0)
        return np.max([plant, *(self.unit_error(name) for name in self.plant.units)], axis=0)

    def recovery(self, element: str) -> dict[str, Array]:
        """Return the share (cases,) of an element of the feeds in each product that is sold for it."""
        row = species.ELEMENTS.index(element)
        fed = sum(self.streams[name].elements[row] for name in self.plant.feeds)
        shares = {}
        for terminal in self.plant.terminals.values():
            sold = {e for name in terminal.main for e in species.parse_formula(_formula(name))}
            if terminal.kind == "product" and element in sold:
                made = self.stream(terminal.wire).elements[row]
                shares[terminal.name] = np.where(fed > 0, made / np.where(fed > 0, fed, 1.0), 0.0)
        return shares

    def duty(self, name: str) -> Array:
        """Return the sum of a duty (cases,) [W] over the units: "electricity", "heating" or "cooling".

        Heating and cooling are those of the enthalpy balance.
        """
        if name in Heat._fields:
            return total(self.heat, name, self.cases)
        power = np.zeros(self.cases)
        for unit in self.plant.units.values():
            if name in unit.operation.duties:
                power = power + np.broadcast_to(self.solved.outlets[unit.name].values.get(name, 0.0), (self.cases,))
        return power

    @functools.cached_property
    def heat(self) -> Mapping[str, Heat]:
        """Heating and cooling of each unit by its enthalpy balance."""
        return heat_duties(self)

    @functools.cached_property
    def enthalpy_error(self) -> Array:
        """Relative imbalance of enthalpy (cases,) around the plant."""
        return enthalpy_error(self)

    def reason(self, case: int = 0) -> str:
        """Say in one sentence how a case ended."""
        status = Status(int(self.status[case]))
        if status == Status.OUT_OF_RANGE:
            return f"converged, but {' '.join(one.sentence(case) for one in self.excesses if one.outside[case])}"
        place = self.solved.where[case]
        return f"{place}: {status.sentence}" if place else status.sentence

    def check(self) -> "Result":
        """Return the result itself, or raise.

        Raises
        ------
        SolveError
            A case did not converge; the message names the unit and the component.
        """
        failed = np.flatnonzero(~self.converged)
        if failed.size:
            many = f" ({failed.size} of {self.cases} cases)" if self.cases > 1 else ""
            raise SolveError(f"{self.plant.name} did not converge{many}: {self.reason(int(failed[0]))}")
        return self


def _imbalance(entering: list[Stream], leaving: list[Stream], cases: int, least: "npt.ArrayLike" = 0.0) -> Array:
    nothing = np.zeros((species.CONSERVED.shape[0], cases))
    error = sum((s.conserved for s in leaving), nothing) - sum((s.conserved for s in entering), nothing)
    sides = (sum((_sizes(s) for s in side), nothing) for side in (entering, leaving))
    size = np.maximum(np.maximum(*sides), least)  # neutral solids dissolve to ions
    return np.abs(error) / np.where(size > 0, size, 1.0)


def _sizes(stream: Stream) -> Array:
    return np.asarray(np.abs(species.CONSERVED) @ np.abs(stream.flow))


def _formula(name: str) -> str:
    return species.SPECIES[species.index(name)].formula
