"""A short text that stands for a plant: the same for the same plant, whoever builds it and where."""

import dataclasses
import functools
import hashlib
from collections.abc import Iterator, Mapping
from importlib.resources import files
from typing import Any

import numpy as np

from blackmass.flowsheet.plant import Plant
from blackmass.stream import Stream

DIGITS = 16


def fingerprint(plant: Plant) -> str:
    """Return a hash of all units, parameters, wires, feeds, specifications and ends of a plant, and of the data."""
    text = hashlib.sha256(_of_data().encode())
    for line in _lines(plant):
        text.update(line.encode() + b"\n")
    return text.hexdigest()[:DIGITS]


def _lines(plant: Plant) -> Iterator[str]:
    yield plant.name
    for name, unit in plant.units.items():
        params = {key: _plain(getattr(unit.operation, key)) for key in unit.operation.params}
        yield f"{name} {type(unit.operation).__qualname__} {params}"
        yield f"{name} {[(port, source.name) for port, source in unit.connections.items()]}"
    for name, feed in plant.feeds.items():
        yield f"{name} {_plain(feed.stream)}"
    for reagent in plant.reagents.values():
        yield f"{reagent.name} {_plain(reagent.composition)}"
    for spec in plant.specs.values():
        measure = f"{spec.measure.name} {spec.measure.unit}"
        yield f"{spec.name} {measure} {_plain(spec.target)} {spec.vary} {_plain(spec.low)} {_plain(spec.high)}"
    yield str([(name, wire.name if wire else "") for name, wire in plant.recycles.items()])
    yield str([(end.name, end.wire.name, end.kind, end.main) for end in plant.terminals.values()])
    yield str([wire.name for wire in plant.tears])


def _plain(value: Any) -> Any:
    """Numbers as exact text, whatever holds them."""
    if isinstance(value, Stream):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, (bool, int, str, type(None))):
        return value
    return [float(number).hex() for number in np.asarray(value, dtype=float).ravel() if number]


@functools.cache
def _of_data() -> str:
    text = hashlib.sha256()
    for table in sorted(files("blackmass.data").iterdir(), key=lambda item: item.name):
        if table.name.endswith(".csv"):
            text.update(table.read_bytes())
    return text.hexdigest()
