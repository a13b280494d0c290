"""Feeds of a plant: cells by chemistry, scrap, returned batteries, black mass by assay, or a given composition."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from blackmass.chemistry.assay import assay_stream, read_assay, read_assay_sizes, solve_assay
from blackmass.chemistry.cells import feed_parts, parse_recipe
from blackmass.chemistry.sieves import SPREAD, read_sieves, sizes_of_median
from blackmass.declare import PerCase
from blackmass.errors import InputError, nearest
from blackmass.quantities import to_si
from blackmass.stream import Array, Stream

SIZE_OPTIONS = ("sizes", "d50", "spread")


@dataclasses.dataclass(frozen=True)
class Feed:
    """A feed as it was written and the stream that it became.

    `parts` are the streams that it was mixed from, by name; `pinned` the shares by mass that were set for some of them.
    """

    text: str
    stream: Stream
    parts: Mapping[str, Stream] = dataclasses.field(default_factory=dict)
    pinned: Mapping[str, PerCase] = dataclasses.field(default_factory=dict)

    @property
    def flow(self) -> PerCase:
        """Mass flow [kg/s]."""
        return _plain(self.stream.mass)

    def with_flow(self, flow: PerCase) -> "Feed":
        """Return the same composition at another mass flow [kg/s]."""
        if np.any(np.asarray(flow) <= 0) or not np.all(np.isfinite(flow)):
            raise InputError(f"feed flow = {flow}: it must be positive and finite.")
        return dataclasses.replace(self, stream=_at_flow(self.stream, np.asarray(flow, dtype=float).reshape(-1)))

    def part(self, name: str) -> str:
        """Return the full name of a part, given in full or as a chemistry that only one part has.

        Raises
        ------
        InputError
            No part or more than one has that name.
        """
        wanted = name.strip().lower()
        if wanted in (known := {part.lower(): part for part in self.parts}):
            return known[wanted]
        found = [part for part in self.parts if wanted in part.lower().split(":")]
        if len(found) == 1:
            return found[0]
        if found:
            raise InputError(f"'{name}' may be {' or '.join(found)}: give the name in full.")
        known_names = ("flow", *self.parts)
        raise InputError(f"a feed of {', '.join(known_names[1:])} has no '{name}'{nearest(name, known_names)}")

    def share(self, name: str) -> PerCase:
        """Return the share of a part, by mass."""
        name = self.part(name)
        if name in self.pinned:
            return self.pinned[name]
        return _plain(self._shares(self.pinned)[name])

    def with_share(self, name: str, share: PerCase) -> "Feed":
        """Return the same flow with another share of a part, by mass; parts that were not set keep their proportions.

        Raises
        ------
        InputError
            No such part; shares that are negative or sum to more than 1, or to less where no part is left to fill up.
        """
        pinned = {**self.pinned, self.part(name): share}
        shares = self._shares(pinned)
        total = self.stream.mass
        stream = sum((_at_flow(part, shares[key] * total) for key, part in self.parts.items()), Stream.empty())
        return Feed(self.text, stream, self.parts, pinned)

    def _shares(self, pinned: Mapping[str, PerCase]) -> dict[str, Array]:
        given = {name: np.atleast_1d(np.asarray(share, dtype=float)) for name, share in pinned.items()}
        for name, values in given.items():
            if not np.all((values >= 0) & (values <= 1)):
                raise InputError(f"share of {name} = {values[~((values >= 0) & (values <= 1))][0]:g}: give 0 to 1.")
        left = 1 - sum(given.values(), np.zeros(1))
        others = {name: part.mass for name, part in self.parts.items() if name not in given}
        if np.any(left < -1e-12) or (not others and np.any(left > 1e-12)):
            worst = 1 - (left.min() if np.any(left < -1e-12) else left.max())
            raise InputError(
                f"the shares of {', '.join(given)} sum to {worst:g}: they must sum to 1, or leave one out."
            )
        whole = sum(others.values(), np.zeros(1))
        return given | {name: np.maximum(left, 0.0) * mass / whole for name, mass in others.items()}


def read_feed(composition: "str | Mapping[str, float]", flow: str) -> Feed:
    """Read a feed: names and flows, assay files with flows, or mass fractions by species with a flow.

    "NMC622=800 kg/h, LFP=200 kg/h"; "NMC811:cathode_scrap=1 t/h"; "return:2030=1 t/h"; "assay.csv @ 500 kg/h". Measured
    particle sizes are added as "sizes=sieves.csv" or "d50=40 um, spread=1.2".

    Raises
    ------
    InputError
        Unknown chemistry or species, wrong unit, a flow that is not positive, an impossible assay or sieve table.
    """
    if isinstance(composition, Mapping):
        rate = _positive(flow)
        total = sum(composition.values())
        masses = {name: share / total * rate for name, share in composition.items()}
        return Feed(flow, Stream.of_mass(masses))
    pieces = [piece.strip() for piece in composition.split(",") if piece.strip()]
    options = dict(_option(piece) for piece in pieces if _is_option(piece))
    files = [piece for piece in pieces if _file(piece)]
    cells = [piece for piece in pieces if not _is_option(piece) and not _file(piece)]
    parts: dict[str, Stream] = {}
    for piece in files:
        name, stream = _assayed(piece, flow)
        if name in parts:
            raise InputError(f"assay '{name}' stands there twice: add the two flows.")
        parts[name] = stream
    if cells or not files:
        parts |= feed_parts(parse_recipe(",".join(cells)))
    if options:
        sizes = _sizes(options)
        parts = {name: part.with_sizes(sizes) for name, part in parts.items()}
    return Feed(composition, sum(parts.values(), Stream.empty()), parts)


def _file(piece: str) -> str:
    path = piece.partition("@")[0].strip()
    return path if path.endswith((".csv", ".toml")) and not _is_option(piece) else ""


def _is_option(piece: str) -> bool:
    return piece.partition("=")[0].strip() in SIZE_OPTIONS


def _option(piece: str) -> tuple[str, str]:
    name, _, value = piece.partition("=")
    return name.strip(), value.strip()


def _assayed(piece: str, flow: str) -> tuple[str, Stream]:
    path, _, rate = (part.strip() for part in piece.partition("@"))
    stream = assay_stream(solve_assay(read_assay(Path(path))), _positive(rate or flow or "1 t/h"))
    options = read_assay_sizes(Path(path))
    return Path(path).stem, stream.with_sizes(_sizes(options)) if options else stream


def _sizes(options: Mapping[str, str]) -> Array:
    if "sizes" in options:
        if len(options) > 1:
            raise InputError("particle sizes: give a sieve table (sizes=...) or a median (d50=...), not both.")
        return read_sieves(Path(options["sizes"]))
    if "d50" not in options:
        raise InputError("particle sizes: spread without d50: give the median, such as d50=40 um.")
    median, spread = float(to_si(options["d50"], "um")), float(to_si(options.get("spread", str(SPREAD)), ""))
    if not (1e-6 <= median <= 0.1 and 0.3 <= spread <= 10):
        raise InputError(
            f"particle sizes: d50 = {options['d50']}, spread = {spread:g}: give 1 um to 100 mm, spread 0.3 to 10."
        )
    return sizes_of_median(median, spread)


def _at_flow(stream: Stream, flow: Array) -> Stream:
    """The same composition at a mass flow (cases,) [kg/s]."""
    stream = stream.repeated(max(stream.cases, flow.size))
    return Stream(stream.flow * (flow / stream.mass), stream.temperature, stream.sizes)


def _plain(values: Array) -> PerCase:
    return float(values[0]) if values.size == 1 else values


def _positive(text: str) -> float:
    rate = float(to_si(text.strip(), "kg/h"))
    if not 0 < rate < float("inf"):
        raise InputError(f"feed flow = {text}: it must be positive and finite, for example '1 t/h'.")
    return rate
