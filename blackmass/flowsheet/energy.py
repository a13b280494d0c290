"""Enthalpy balance of a solved plant: heating and cooling of each unit, and whether the plant closes."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from blackmass.chemistry.enthalpy import enthalpy
from blackmass.flowsheet.plant import Unit, Wire
from blackmass.stream import Stream, concatenated, made

if TYPE_CHECKING:
    from blackmass.flowsheet.result import Result

Array = npt.NDArray[np.float64]
BLOCK = 1000  # cases of streams taken together
TRACE = 1e-6  # of the enthalpy that enters the plant: heat that counts as none beside it


class Heat(NamedTuple):
    """Heat of a unit (cases,) [W].

    `needed` is what the enthalpy balance asks for, negative where heat has to leave; `declared` is what the operation
    says, heating less cooling; `heating` and `cooling` are its duties with the difference of the two added.
    """

    heating: Array
    cooling: Array
    needed: Array
    declared: Array


def heat_duties(result: "Result") -> dict[str, Heat]:
    r"""Return the heat of each unit.

    .. math:: Q = H_{out} - H_{in} - H_{drawn} - P

    All power ends as heat, if not in the stream then in what is cooled. A unit keeps the duties that its operation
    declares; the difference of Q to them is added to its heating or its cooling. For a unit without such duties it is
    what it exchanges with its surroundings.
    """
    streams = dict(result.streams)
    for name in result.plant.units:
        streams |= {_supply(name, port): drawn for port, drawn in result.solved.outlets[name].drawn.items()}
    flows = enthalpies(streams)
    return {name: _heat(result, unit, flows) for name, unit in result.plant.units.items()}


def enthalpy_error(result: "Result") -> Array:
    """Return the relative imbalance (cases,) of the enthalpy around the plant.

    Products and wastes against feeds and reagents, heating less cooling, and power; relative to all heating, cooling
    and power, or to a millionth of the enthalpy that enters, if that is more.
    """
    plant = result.plant
    sides = (
        {name: result.streams[name] for name in plant.feeds} | result.drawn(),
        {name: result.stream(terminal.wire) for name, terminal in plant.terminals.items()},
    )
    entering, leaving = (list(enthalpies(side).values()) for side in sides)
    heating, cooling, power = (result.duty(name) for name in ("heating", "cooling", "electricity"))
    nothing = np.zeros(result.cases)
    error = sum(leaving, nothing) - sum(entering, nothing) - (heating - cooling) - power
    size = np.maximum(heating + cooling + power, TRACE * sum((np.abs(one) for one in entering), nothing))
    return np.abs(error) / np.where(size > 0, size, 1.0)


def enthalpies(streams: Mapping[str, Stream]) -> dict[str, Array]:
    """Return the enthalpy flow (cases,) [W] of each stream, those of few cases reckoned together."""
    found: dict[str, Array] = {}
    for names in _blocks(streams):
        parts = [made(streams[name].flow, streams[name].temperature) for name in names]
        together = concatenated(parts) if len(parts) > 1 else parts[0]
        ends = np.cumsum([streams[name].cases for name in names])
        found |= dict(zip(names, np.split(enthalpy(together), ends[:-1]), strict=True))
    return found


def _blocks(streams: Mapping[str, Stream]) -> Iterator[list[str]]:
    names: list[str] = []
    cases = 0
    for name, stream in streams.items():
        if names and cases + stream.cases > BLOCK:
            yield names
            names, cases = [], 0
        names.append(name)
        cases += stream.cases
    if names:
        yield names


def _supply(unit: str, port: str) -> str:
    return f"{unit} draws {port}"


def total(heats: Mapping[str, Heat], name: str, cases: int) -> Array:
    """Return the sum (cases,) [W] of "heating", "cooling" or another field of `Heat` over the units."""
    return sum((getattr(heat, name) for heat in heats.values()), np.zeros(cases))


def _heat(result: "Result", unit: Unit, flows: dict[str, Array]) -> Heat:
    outlets, cases = result.solved.outlets[unit.name], result.cases
    wires = [wire for wire in unit.connections.values() if isinstance(wire, Wire)]
    entering = [flows[result.plant.source_of(wire).name] for wire in wires]
    entering += [flows[_supply(unit.name, port)] for port in outlets.drawn]
    leaving = [flows[f"{unit.name}.{port}"] for port in unit.operation.outlets]
    nothing = np.zeros(cases)
    power, heating, cooling = (
        np.broadcast_to(outlets.values.get(name, 0.0), (cases,)) for name in ("electricity", "heating", "cooling")
    )
    needed = sum(leaving, nothing) - sum(entering, nothing) - power
    more = needed - (heating - cooling)
    return Heat(heating + np.maximum(more, 0.0), cooling + np.maximum(-more, 0.0), needed, heating - cooling)
