"""The plant builder: a script that reads like the process description, top to bottom."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from blackmass.chemistry.reagents import bought_as, reagent_stream, solvent_stream
from blackmass.declare import PerCase
from blackmass.errors import InputError, nearest
from blackmass.flowsheet.feeds import Feed, read_feed
from blackmass.flowsheet.measures import Measure
from blackmass.operations.operation import Operation
from blackmass.quantities import to_si
from blackmass.stream import Stream


@dataclasses.dataclass(frozen=True)
class Wire:
    """A stream before it is solved: the outlet of a unit, a feed, or a recycle laid before its source exists."""

    unit: str
    port: str

    @property
    def name(self) -> str:
        """How the stream is called in results and messages."""
        return f"{self.unit}.{self.port}" if self.port else self.unit


@dataclasses.dataclass(frozen=True)
class Reagent:
    """A supply from which operations draw what they need."""

    name: str
    composition: Stream
    pure_share: float
    bought_as: str


@dataclasses.dataclass(frozen=True)
class Unit:
    """A unit operation in its place; its outlets are attributes (`leach.slurry`)."""

    name: str
    operation: Operation
    connections: Mapping[str, "Wire | Reagent"]

    def __getattr__(self, port: str) -> Wire:
        """Return the wire of an outlet."""
        if port.startswith("__"):
            raise AttributeError(port)
        if port not in self.operation.outlets:
            raise InputError(f"{self.name} has no outlet '{port}'{nearest(port, self.operation.outlets)}")
        return Wire(self.name, port)


@dataclasses.dataclass(frozen=True)
class Spec:
    """A design specification: vary one knob within limits until a measure meets its target."""

    name: str
    measure: Measure
    target: float
    vary: str
    low: float
    high: float

    def aimed_at(self, target: object) -> "Spec":
        """Return the same specification with another target: text with a unit, or SI."""
        try:
            value = float(to_si(target, self.measure.unit))
        except (InputError, TypeError, ValueError) as error:
            raise InputError(f"{self.name}.target = {target}: {error}") from None
        if not np.isfinite(value):
            raise InputError(f"{self.name}.target = {target}: a finite number is needed ({self.measure.name}).")
        return dataclasses.replace(self, target=value)


@dataclasses.dataclass(frozen=True)
class Terminal:
    """Where a stream leaves the plant: a product with its main species, or a waste."""

    name: str
    wire: Wire
    kind: str
    main: tuple[str, ...] = ()


class Plant:
    """A plant under construction. `solve` reads it and never writes.

    Parameters
    ----------
    name : str
        Name of the flowsheet, used in results.
    title : str
        One line that says what the plant does.
    """

    def __init__(self, name: str, title: str = "") -> None:
        self.name = name
        self.title = title
        self.feeds: dict[str, Feed] = {}
        self.units: dict[str, Unit] = {}
        self.reagents: dict[str, Reagent] = {}
        self.recycles: dict[str, Wire | None] = {}
        self.specs: dict[str, Spec] = {}
        self.terminals: dict[str, Terminal] = {}
        self.tears: list[Wire] = []
        self.notes: list[str] = []

    # --- what enters -------------------------------------------------------------------------------
    def feed(self, name: str, composition: "str | Mapping[str, float]", *, flow: str = "") -> Wire:
        """Add a feed: text such as "NMC622=1 t/h", or mass fractions by species with a flow.

        The first feed of a plant is its main feed, the one that `--feed` replaces.
        """
        self._check_new(name)
        self.feeds[name] = read_feed(composition, flow)
        return Wire(name, "")

    def reagent(self, name: str) -> Reagent:
        """Add a reagent of data/reagents.csv from which operations draw what they need."""
        if name not in self.reagents:
            self.reagents[name] = Reagent(name, *reagent_stream(name), bought_as(name))
        return self.reagents[name]

    def solvent(self, extractant: str, molarity: "str | float" = "0.6 mol/L") -> Reagent:
        """Add an extractant in kerosene as the make-up of a circuit."""
        name = extractant.lower().replace(" ", "_").replace("-", "_") + "_solvent"
        if name not in self.reagents:
            self.reagents[name] = Reagent(name, solvent_stream(extractant, float(to_si(molarity, "mol/L"))), 1.0, name)
        return self.reagents[name]

    # --- units and wires ---------------------------------------------------------------------------
    def recycle(self, name: str) -> Wire:
        """Lay a wire whose source is connected later."""
        self._check_new(name)
        self.recycles[name] = None
        return Wire(name, "")

    def add(self, name: str, operation: Operation, **ports: "Wire | Reagent") -> Unit:
        """Add a unit; its inlets are connected by name.

        Raises
        ------
        InputError
            The name is taken or no identifier, or an inlet is unknown or missing.
        """
        self._check_new(name)
        known = {**operation.inlets, **operation.supplies}
        for port, source in ports.items():
            if port not in known:
                raise InputError(f"{name} has no inlet '{port}'{nearest(port, known)}")
            wanted = Reagent if port in operation.supplies else Wire
            if not isinstance(source, wanted):
                how = "plant.reagent(...)" if wanted is Reagent else "an outlet such as leach.slurry"
                raise InputError(f"{name}.{port} takes {how}, not {type(source).__name__}.")
        for port, declared in known.items():
            if port not in ports and not declared.optional:
                raise InputError(f"{name}: inlet '{port}' ({declared.doc}) is not connected.")
        self.units[name] = Unit(name, operation, dict(ports))
        return self.units[name]

    def connect(self, wire: Wire, *, to: Wire) -> None:
        """Close a recycle: connect an outlet to a wire laid by `recycle`."""
        if to.port or to.unit not in self.recycles:
            raise InputError(f"'{to.name}' is not a recycle{nearest(to.unit, self.recycles)}")
        if self.recycles[to.unit] is not None:
            raise InputError(f"recycle '{to.unit}' is connected already.")
        self.recycles[to.unit] = wire

    def tear(self, wire: Wire) -> None:
        """Choose by hand where a recycle is torn."""
        self.tears.append(self.source_of(wire))

    # --- what leaves and what is asked -------------------------------------------------------------
    def product(self, name: str, wire: Wire, *, main: "str | tuple[str, ...]") -> None:
        """Name a product; `main` are the species that it is sold for."""
        self._end(Terminal(name, wire, "product", (main,) if isinstance(main, str) else main))

    def waste(self, name: str, wire: Wire) -> None:
        """Name a waste."""
        self._end(Terminal(name, wire, "waste"))

    def spec(self, name: str, *, measure: Measure, target: str, vary: str, within: tuple[str, str]) -> None:
        """Ask that a measure meets a target by varying one parameter ("unit.parameter" or "feed.flow").

        A user changes the target by `NAME.target`; who sets the varied parameter instead turns the specification off.
        """
        self._check_new(name)
        unit = self._unit_of_knob(vary)
        if any(other.vary == vary for other in self.specs.values()):
            raise InputError(f"spec '{name}': {vary} is varied by another specification already.")
        low, high = (float(to_si(bound, unit)) for bound in within)
        self.specs[name] = Spec(name, measure, float(to_si(target, measure.unit)), vary, low, high)

    # --- changes -----------------------------------------------------------------------------------
    def changed(self, settings: Mapping[str, Any], *, feed: "str | Feed | None" = None) -> "Plant":
        """Return a copy with other parameters ({"leach.temperature": "80 degC"}) or another main feed.

        `{"free_acid.target": "15 g/L"}` changes the target of a specification; a value for the parameter that it varies
        turns it off, and a note in the result says so. `{"cells.LFP": 0.3}` sets the share by mass of a part of a feed.
        """
        copy = Plant(self.name, self.title)
        for field in ("feeds", "units", "reagents", "recycles", "specs", "terminals"):
            setattr(copy, field, dict(getattr(self, field)))
        copy.tears, copy.notes = list(self.tears), list(self.notes)
        if feed is not None:
            copy.feeds[self.main_feed] = feed if isinstance(feed, Feed) else read_feed(feed, "")
        for path, value in settings.items():
            owner, _, name = path.partition(".")
            if owner in copy.specs and name == "target":
                copy.specs[owner] = copy.specs[owner].aimed_at(value)
                continue
            copy._turn_off(path)
            if owner in copy.feeds and name == "flow":
                copy.feeds[owner] = copy.feeds[owner].with_flow(to_si(value, "kg/h"))
                continue
            if owner in copy.feeds:
                copy.feeds[owner] = copy.feeds[owner].with_share(copy.feeds[owner].part(name), to_si(value, ""))
                continue
            copy._check_knob(owner, name, path)
            try:
                operation = copy.units[owner].operation.changed(**{name: value})
            except InputError as error:
                raise InputError(_renamed(str(error), copy.units[owner])) from None
            copy.units[owner] = dataclasses.replace(copy.units[owner], operation=operation)
        return copy

    def _turn_off(self, path: str) -> None:
        for spec in [spec for spec in self.specs.values() if spec.vary == path]:
            del self.specs[spec.name]
            self.notes.append(f"specification '{spec.name}' is off, since {path} was set.")

    def take(self, numbers: npt.NDArray[np.intp]) -> "Plant":
        """Return a copy that holds some of the cases."""
        copy = self.changed({})
        for name, unit in self.units.items():
            copy.units[name] = dataclasses.replace(unit, operation=unit.operation.take(numbers))
        for name, feed in self.feeds.items():
            if feed.stream.cases > 1:
                copy.feeds[name] = Feed(feed.text, feed.stream.take(numbers))
        return copy

    @property
    def main_feed(self) -> str:
        """Name of the first feed."""
        if not self.feeds:
            raise InputError(f"plant '{self.name}' has no feed: plant.feed('cells', 'NMC622=1 t/h').")
        return next(iter(self.feeds))

    def value(self, path: str) -> PerCase:
        """Return the value of a parameter by path, in SI."""
        owner, _, name = path.partition(".")
        if owner in self.feeds and name == "flow":
            return self.feeds[owner].flow
        if owner in self.feeds:
            return self.feeds[owner].share(name)
        self._check_knob(owner, name, path)
        return getattr(self.units[owner].operation, name)  # type: ignore[no-any-return]

    def source_of(self, wire: Wire) -> Wire:
        """Follow recycles to the outlet or feed where a wire begins."""
        seen = set()
        while not wire.port and wire.unit in self.recycles:
            source = self.recycles[wire.unit]
            if source is None or wire.unit in seen:
                raise InputError(
                    f"recycle '{wire.unit}' is used but nothing is connected to it: "
                    f"plant.connect(<outlet>, to={wire.unit})."
                )
            seen.add(wire.unit)
            wire = source
        return wire

    # --- checks ------------------------------------------------------------------------------------
    def check(self) -> None:
        """Refuse a plant that cannot be solved: open recycles, an outlet used twice or left open."""
        _ = self.main_feed
        used: dict[Wire, str] = {}
        ends = [(t.wire, f"{t.kind} '{t.name}'") for t in self.terminals.values()]
        links = [
            (wire, f"{unit.name}.{port}")
            for unit in self.units.values()
            for port, wire in unit.connections.items()
            if isinstance(wire, Wire)
        ]
        for wire, place in links + ends:
            source = self.source_of(wire)
            if source in used:
                raise InputError(
                    f"{source.name} goes to {used[source]} and to {place}: divide it with a Splitter first."
                )
            used[source] = place
        for unit in self.units.values():
            for port in unit.operation.outlets:
                if Wire(unit.name, port) not in used:
                    raise InputError(
                        f"{unit.name}.{port} goes nowhere: connect it, or plant.waste('{port}', {unit.name}.{port})."
                    )
        for name in self.feeds:
            if Wire(name, "") not in used:
                raise InputError(f"feed '{name}' is not connected to a unit.")

    def _check_new(self, name: str) -> None:
        if not name.isidentifier():
            raise InputError(f"'{name}' cannot be a name in a plant: use letters, digits and underscores.")
        if name in {*self.units, *self.feeds, *self.recycles, *self.specs}:
            raise InputError(f"'{name}' is already in plant '{self.name}': choose another name.")

    def _check_knob(self, owner: str, name: str, path: str) -> None:
        if owner not in self.units:
            known = {*self.units, *self.specs}
            raise InputError(f"plant '{self.name}' has no unit '{owner}' ({path}){nearest(owner, known)}")
        params = self.units[owner].operation.params
        if name not in params:
            raise InputError(f"{owner} has no parameter '{name}'{nearest(name, params)}")

    def _unit_of_knob(self, path: str) -> str:
        owner, _, name = path.partition(".")
        if owner in self.feeds and name == "flow":
            return "kg/h"
        self._check_knob(owner, name, path)
        return self.units[owner].operation.params[name].unit

    def _end(self, terminal: Terminal) -> None:
        if terminal.name in self.terminals:
            raise InputError(f"'{terminal.name}' is already a {self.terminals[terminal.name].kind} of this plant.")
        self.terminals[terminal.name] = terminal


def _renamed(message: str, unit: Unit) -> str:
    return message.replace(f"{type(unit.operation).__name__}", unit.name)


def cases_of(plant: Plant) -> int:
    """Return the number of cases that the parameters and feeds of a plant hold."""
    sizes = {1}
    for unit in plant.units.values():
        sizes |= {np.size(getattr(unit.operation, name)) for name in unit.operation.params}
    sizes |= {feed.stream.cases for feed in plant.feeds.values()}
    sizes -= {1}
    if len(sizes) > 1:
        raise InputError(f"parameters hold {sorted(sizes)} values: give one value, or the same number everywhere.")
    return sizes.pop() if sizes else 1
