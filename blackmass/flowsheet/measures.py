"""What a design specification, sweep or report may ask of solved streams."""

import dataclasses
from collections.abc import Callable
from functools import partial
from typing import Protocol

import numpy as np
import numpy.typing as npt

from blackmass import species
from blackmass.chemistry import aqueous
from blackmass.chemistry.leaching_stoichiometry import acid_of
from blackmass.stream import Stream

Array = npt.NDArray[np.float64]


class Named(Protocol):
    """Anything that names a stream, such as a wire."""

    @property
    def name(self) -> str:
        """Name of the stream."""
        ...


Lookup = Callable[[str], Stream]


@dataclasses.dataclass(frozen=True)
class Measure:
    """A figure of solved streams: `of(lookup)` returns (cases,) in SI; `logarithmic` says how it is scaled."""

    name: str
    unit: str
    wire: str
    of: Callable[[Lookup], Array]
    logarithmic: bool = False


def free_acid(wire: Named) -> Measure:
    """Free sulfuric acid [kg/m3] of a liquor: half its protons, less those that phosphate and fluoride bind."""
    return Measure(f"free acid of {wire.name}", "g/L", wire.name, partial(_free_acid, wire.name))


def concentration(wire: Named, element: str) -> Measure:
    """Concentration [kg/m3] of an element in a liquor."""
    row = species.ELEMENTS.index(element)
    return Measure(f"{element} in {wire.name}", "g/L", wire.name, partial(_concentration, wire.name, row), True)


def acidity(wire: Named) -> Measure:
    """The pH of a liquor by the aqueous engine."""
    return Measure(f"pH of {wire.name}", "", wire.name, partial(_acidity, wire.name))


def mass_flow(wire: Named) -> Measure:
    """Mass flow [kg/s] of a stream."""
    return Measure(f"mass flow of {wire.name}", "kg/h", wire.name, partial(_mass_flow, wire.name), True)


def _free_acid(name: str, lookup: Lookup) -> Array:
    stream = lookup(name)
    return _per_volume(0.5 * acid_of(stream.phase("aqueous").flow) * species.molar_mass("H2SO4"), stream)


def _concentration(name: str, row: int, lookup: Lookup) -> Array:
    stream = lookup(name).phase("aqueous")
    return _per_volume(stream.elements[row] * species.ATOMIC_WEIGHT[row], stream)


def _acidity(name: str, lookup: Lookup) -> Array:
    stream = lookup(name)
    return aqueous.pH(stream.flow, stream.temperature)


def _mass_flow(name: str, lookup: Lookup) -> Array:
    return lookup(name).mass


def _per_volume(amount: Array, stream: Stream) -> Array:
    volume = stream.volume
    return np.where(volume > 0, amount / np.where(volume > 0, volume, 1.0), 0.0)
