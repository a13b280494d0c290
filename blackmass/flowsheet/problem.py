"""One loop of a plant as one scaled vector: torn streams and the knobs of its specifications."""

import dataclasses
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from blackmass import species
from blackmass.flowsheet.graph import Loop
from blackmass.flowsheet.plant import Plant, Reagent, Spec, Unit, Wire
from blackmass.operations.operation import Outlets
from blackmass.sizes import CLASSES
from blackmass.stream import Stream

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]
TEMPERATURE_SCALE = 100.0


@dataclasses.dataclass
class Calculated:
    """Streams by wire name and outlets by unit, as far as they are calculated."""

    streams: dict[str, Stream]
    outlets: dict[str, Outlets]
    knobs: dict[str, Array] = dataclasses.field(default_factory=dict)


class Problem:
    """The units of one loop as a map of (tears, knobs) onto themselves.

    Parameters
    ----------
    plant : Plant
    loop : Loop
    known : mapping of wire name to Stream
        Streams from earlier loops and feeds, all cases.
    """

    def __init__(self, plant: Plant, loop: Loop, known: Mapping[str, Stream], live: npt.NDArray[np.bool_]) -> None:
        self.plant, self.loop, self.known = plant, loop, known
        self.rows = np.flatnonzero(live)
        self.width = self.rows.size + 1
        self.sizes: dict[str, Array] = {}
        self.cases = next(iter(known.values())).cases
        self.guesses: dict[str, Array] = {}
        self.slopes = np.ones((len(loop.specs), self.cases))
        self.latest: tuple[Array, Calculated] | None = None

    @property
    def unknowns(self) -> int:
        """Length of the vector."""
        return len(self.loop.tears) * self.width + len(self.loop.specs)

    @property
    def temperatures(self) -> npt.NDArray[np.bool_]:
        """Which unknowns (unknowns,) are temperatures."""
        which = np.zeros(self.unknowns, dtype=bool)
        which[self.width - 1 : len(self.loop.tears) * self.width : self.width] = True
        return which

    def pack(self, tears: Mapping[str, Stream], knobs: Array) -> Array:
        """Return the vector (unknowns, cases) of torn streams and knobs (specs, cases)."""
        parts = []
        for wire in self.loop.tears:
            stream = tears[wire.name]
            parts += [stream.flow[self.rows], stream.temperature[None]]
        return np.concatenate([*parts, knobs]) if parts else knobs

    def unpack(self, x: Array, numbers: Index) -> dict[str, Stream]:
        """Return the torn streams of a vector."""
        streams = {}
        for position, wire in enumerate(self.loop.tears):
            part = x[position * self.width : (position + 1) * self.width]
            flow = np.zeros((species.COUNT, x.shape[1]))
            flow[self.rows] = part[:-1]
            sizes = self.sizes.get(wire.name)
            streams[wire.name] = Stream(flow, part[-1], None if sizes is None else sizes[..., numbers])
        return streams

    def knobs(self, x: Array) -> dict[str, Array]:
        """Return knob values (cases,) in SI by path."""
        first = len(self.loop.tears) * self.width
        return {spec.vary: unscale(spec, x[first + i]) for i, spec in enumerate(self.loop.specs)}

    def calculate(self, tears: Mapping[str, Stream], knobs: Mapping[str, Array], numbers: Index) -> Calculated:
        """Run the units of the loop once, in order, for some cases."""
        done = Calculated(dict(tears), {})
        torn = set(tears)
        for name in self.loop.units:
            unit = self.plant.units[name]
            mine = {path.partition(".")[2]: v for path, v in knobs.items() if path.startswith(f"{name}.")}
            operation = unit.operation.take(numbers, mine)
            inlets = self._inlets(unit, done, knobs, numbers)
            if operation.warm_started:
                outlets = operation.run(**inlets, start=self._recall(name, numbers))
                self._remember(name, outlets.guess, numbers)
            else:
                outlets = operation.run(**inlets)
            done.outlets[name] = outlets
            for port in operation.outlets:
                key = Wire(name, port).name
                done.streams[f"{key}'" if key in torn else key] = outlets[port].repeated(numbers.size)
        return done

    def at(self, x: Array) -> Calculated:
        """Return the loop as calculated at x (unknowns, cases); the latest pass, if that was there."""
        if self.latest is not None and np.array_equal(self.latest[0], x):
            return self.latest[1]
        return self.calculate(self.unpack(x, np.arange(self.cases)), self.knobs(x), np.arange(self.cases))

    def _recall(self, name: str, numbers: Index) -> Array | None:
        return self.guesses[name][..., numbers] if name in self.guesses else None

    def _remember(self, name: str, guess: Array | None, numbers: Index) -> None:
        """Keep where inner solvers ended, for the next pass of the same cases."""
        if guess is None:
            return
        kept = self.guesses.get(name)
        if kept is None or kept.shape[:-1] != guess.shape[:-1]:
            kept = self.guesses[name] = np.full((*guess.shape[:-1], self.cases), np.nan)
        kept[..., numbers] = guess

    def _inlets(self, unit: Unit, done: Calculated, knobs: Mapping[str, Array], numbers: Index) -> dict[str, Stream]:
        inlets = {}
        for port in (*unit.operation.inlets, *unit.operation.supplies):
            source = unit.connections.get(port)
            if source is None:
                inlets[port] = Stream.empty(numbers.size)
            elif isinstance(source, Reagent):
                inlets[port] = source.composition.repeated(numbers.size)
            else:
                inlets[port] = self._stream(self.plant.source_of(source), done, knobs, numbers)
        return inlets

    def _stream(self, wire: Wire, done: Calculated, knobs: Mapping[str, Array], numbers: Index) -> Stream:
        if wire.name in done.streams:
            return done.streams[wire.name]
        stream = self.known[wire.name].take(numbers)
        if f"{wire.name}.flow" in knobs:
            return stream.split(knobs[f"{wire.name}.flow"] / stream.mass)[0]
        return stream

    def residuals(self, done: Calculated) -> Array:
        """Return the residual (specs, cases) of each specification in its own scale."""

        def lookup(name: str) -> Stream:
            source = self.plant.source_of(Wire(name.partition(".")[0], name.partition(".")[2])).name
            return done.streams.get(f"{source}'", done.streams[source])

        rows = []
        for spec in self.loop.specs:
            value = spec.measure.of(lookup)
            if spec.measure.logarithmic:
                rows.append(np.log(np.maximum(value, 1e-12 * spec.target) / spec.target))
            else:
                rows.append((value - spec.target) / max(abs(spec.target), 1e-3))
        return np.array(rows)

    def mapped(self, x: Array, numbers: Index) -> Array:
        """Return the vector after one pass: new tears, and knobs after one step by their own slope."""
        done = self.calculate(self.unpack(x, numbers), self.knobs(x), numbers)
        self.latest = (x, done) if numbers.size == self.cases else None
        tears = {wire.name: done.streams[f"{wire.name}'"] for wire in self.loop.tears}
        self._remember_sizes(tears, numbers)
        first = len(self.loop.tears) * self.width
        knobs = x[first:]
        if self.loop.specs:
            knobs = knobs - self.residuals(done) / self.slopes[:, numbers]
        return self.pack(tears, knobs)

    def measure_slopes(self, start: Array, numbers: Index) -> None:
        """Find the derivative of each specification's residual to its own knob, by a difference."""
        first = len(self.loop.tears) * self.width
        if not self.loop.specs:
            return
        tears = self.unpack(start, numbers)
        base = self.residuals(self.calculate(tears, self.knobs(start), numbers))
        for row in range(len(self.loop.specs)):
            moved = start.copy()
            step = np.where(moved[first + row] < 0.5, 0.02, -0.02)
            moved[first + row] += step
            change = self.residuals(self.calculate(tears, self.knobs(moved), numbers))[row] - base[row]
            slope = change / step
            steep = np.isfinite(slope) & (np.abs(slope) > 1e-3)
            self.slopes[row, numbers] = np.where(steep, slope, np.where(slope < 0, -1.0, 1.0))

    def forget(self, numbers: Index) -> None:
        """Let the inner solvers of some cases begin anew."""
        for guess in self.guesses.values():
            guess[..., numbers] = np.nan

    def _remember_sizes(self, tears: Mapping[str, Stream], numbers: Index) -> None:
        """Particle sizes of torn streams follow by substitution."""
        for name, stream in tears.items():
            if stream.sizes is not None:
                if name not in self.sizes:
                    self.prepare_sizes({name: stream.case(0)}, self.cases)
                self.sizes[name][..., numbers] = stream.sizes

    def prepare_sizes(self, tears: Mapping[str, Stream], cases: int) -> None:
        """Make room for the particle sizes that torn streams carry."""
        shape = (len(species.MATERIALS), CLASSES, cases)
        for name, stream in tears.items():
            if stream.sizes is not None:
                self.sizes[name] = np.array(np.broadcast_to(stream.sizes, shape))


def scaled(spec: Spec, value: "npt.ArrayLike") -> Array:
    """Return a knob value as a number from 0 to 1 between its limits, in the log where these span a decade."""
    if _decades(spec):
        return np.asarray(np.log(np.asarray(value) / spec.low) / np.log(spec.high / spec.low))
    return np.asarray((np.asarray(value) - spec.low) / (spec.high - spec.low))


def unscale(spec: Spec, share: Array) -> Array:
    """Undo `scaled`."""
    if _decades(spec):
        return np.asarray(spec.low * (spec.high / spec.low) ** share)
    return np.asarray(spec.low + share * (spec.high - spec.low))


def _decades(spec: Spec) -> bool:
    return spec.low > 0 and spec.high / spec.low > 10
