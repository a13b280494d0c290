"""Enthalpy balance of a solved plant: heating and cooling of each unit, and whether the plant closes."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from blackmass.chemistry.enthalpy import enthalpy
from blackmass.flowsheet.plant import Unit, Wire

if TYPE_CHECKING:
    from blackmass.flowsheet.result import Result

Array = npt.NDArray[np.float64]
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
    flows = {name: enthalpy(stream) for name, stream in result.streams.items()}
    return {name: _heat(result, unit, flows) for name, unit in result.plant.units.items()}


def enthalpy_error(result: "Result") -> Array:
    """Return the relative imbalance (cases,) of the enthalpy around the plant.

    Products and wastes against feeds and reagents, heating less cooling, and power; relative to all heating, cooling
    and power, or to a millionth of the enthalpy that enters, if that is more.
    """
    plant = result.plant
    fed = [result.streams[name] for name in plant.feeds]
    entering = [enthalpy(stream) for stream in (*fed, *result.drawn().values())]
    leaving = [enthalpy(result.stream(terminal.wire)) for terminal in plant.terminals.values()]
    heating, cooling, power = (result.duty(name) for name in ("heating", "cooling", "electricity"))
    nothing = np.zeros(result.cases)
    error = sum(leaving, nothing) - sum(entering, nothing) - (heating - cooling) - power
    size = np.maximum(heating + cooling + power, TRACE * sum((np.abs(one) for one in entering), nothing))
    return np.abs(error) / np.where(size > 0, size, 1.0)


def total(heats: Mapping[str, Heat], name: str, cases: int) -> Array:
    """Return the sum (cases,) [W] of "heating", "cooling" or another field of `Heat` over the units."""
    return sum((getattr(heat, name) for heat in heats.values()), np.zeros(cases))


def _heat(result: "Result", unit: Unit, flows: dict[str, Array]) -> Heat:
    outlets, cases = result.solved.outlets[unit.name], result.cases
    wires = [wire for wire in unit.connections.values() if isinstance(wire, Wire)]
    entering = [flows[result.plant.source_of(wire).name] for wire in wires]
    entering += [enthalpy(stream) for stream in outlets.drawn.values()]
    leaving = [flows[f"{unit.name}.{port}"] for port in unit.operation.outlets]
    nothing = np.zeros(cases)
    power, heating, cooling = (
        np.broadcast_to(outlets.values.get(name, 0.0), (cases,)) for name in ("electricity", "heating", "cooling")
    )
    needed = sum(leaving, nothing) - sum(entering, nothing) - power
    more = needed - (heating - cooling)
    return Heat(heating + np.maximum(more, 0.0), cooling + np.maximum(-more, 0.0), needed, heating - cooling)
