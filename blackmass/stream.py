"""Streams: component flows that change by three verbs only: mix, react, split. Each conserves by construction."""

import dataclasses
import itertools
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from blackmass import species
from blackmass.errors import InputError
from blackmass.fresh import with_fresh
from blackmass.sizes import CLASSES

Array = npt.NDArray[np.float64]
ROOM_TEMPERATURE = 298.15
M = len(species.MATERIALS)


def _freeze(array: Array) -> Array:
    array.setflags(write=False)
    return array


@dataclasses.dataclass(frozen=True, eq=False)
class Stream:
    """Flows of all species, temperature and particle sizes, for a batch of cases.

    Parameters
    ----------
    flow : array (species, cases) [mol/s]
    temperature : array (cases,) [K]
    sizes : array (materials, size classes, cases), optional
        Mass fraction of each solid material in each size class; None before shredding.
    """

    flow: Array
    temperature: Array
    sizes: Array | None = None

    def __post_init__(self) -> None:
        flow = np.array(self.flow, dtype=float, ndmin=2)
        if flow.shape[0] != species.COUNT:
            raise InputError(f"a stream has {species.COUNT} species, not {flow.shape[0]}.")
        temperature = np.array(np.broadcast_to(np.asarray(self.temperature, dtype=float), flow.shape[1:]))
        object.__setattr__(self, "flow", _freeze(flow))
        object.__setattr__(self, "temperature", _freeze(temperature))
        if self.sizes is not None:
            sizes = np.array(np.broadcast_to(self.sizes, (M, CLASSES, flow.shape[1])), dtype=float)
            object.__setattr__(self, "sizes", _freeze(sizes))

    @classmethod
    def empty(cls, cases: int = 1, temperature: "npt.ArrayLike" = ROOM_TEMPERATURE) -> "Stream":
        """A stream that carries nothing."""
        return cls(np.zeros((species.COUNT, cases)), np.asarray(temperature, dtype=float))

    @classmethod
    def of(
        cls, amounts: Mapping[str, "npt.ArrayLike"], temperature: "npt.ArrayLike" = ROOM_TEMPERATURE, cases: int = 1
    ) -> "Stream":
        """A stream from molar flows [mol/s] by species; each one value or one per case."""
        flow = np.zeros((species.COUNT, cases))
        for name, amount in amounts.items():
            flow[species.index(name)] = amount
        return cls(flow, np.asarray(temperature, dtype=float))

    @classmethod
    def of_mass(
        cls, amounts: Mapping[str, "npt.ArrayLike"], temperature: "npt.ArrayLike" = ROOM_TEMPERATURE, cases: int = 1
    ) -> "Stream":
        """A stream from mass flows [kg/s] by species."""
        moles = {name: np.asarray(kg) / species.MOLAR_MASS[species.index(name), 0] for name, kg in amounts.items()}
        return cls.of(moles, temperature, cases)

    @property
    def cases(self) -> int:
        """Number of cases."""
        return int(self.flow.shape[1])

    def __getitem__(self, name: str) -> Array:
        """Molar flow (cases,) [mol/s] of a species."""
        return self.flow[species.index(name)]

    # --- mix ---------------------------------------------------------------------------------------
    def __add__(self, other: "Stream") -> "Stream":
        """Mix two streams: flows add, heat capacities weigh the temperatures, masses weigh the sizes."""
        if self.cases != other.cases:
            if 1 not in (self.cases, other.cases):
                raise InputError(f"streams of {self.cases} and {other.cases} cases cannot be mixed.")
            cases = max(self.cases, other.cases)
            return self.repeated(cases) + other.repeated(cases)
        own, its = self.heat_capacity, other.heat_capacity
        total = own + its
        share = np.where(total > 0, own / np.where(total > 0, total, 1.0), 0.5)
        temperature = share * self.temperature + (1 - share) * other.temperature
        return made(self.flow + other.flow, temperature, _mixed_sizes(self, other))

    def __radd__(self, other: object) -> "Stream":
        """Let `sum(streams)` work."""
        return self if other == 0 else NotImplemented

    # --- react -------------------------------------------------------------------------------------
    def react(self, stoichiometry: Array, extent: Array) -> "Stream":
        """Return the stream after reactions; solids that form have the sizes of fresh ones (`fresh`).

        Parameters
        ----------
        stoichiometry : array (species, reactions) or (species,), products positive
        extent : array (reactions, cases) or (cases,) [mol/s]
        """
        matrix = stoichiometry.reshape(species.COUNT, -1)
        change = matrix @ np.asarray(extent, dtype=float).reshape(matrix.shape[1], -1)
        flow = self.flow + change
        sizes = None if self.sizes is None else with_fresh(self.sizes, self.flow, flow)
        if change.shape[1] != self.cases:
            return Stream(flow, self.temperature, sizes)
        return made(flow, self.temperature, sizes)

    # --- split -------------------------------------------------------------------------------------
    def split(self, fraction: "npt.ArrayLike") -> "tuple[Stream, Stream]":
        """Return (taken, rest); `fraction` is a scalar, (cases,) or (species, cases), within 0 to 1."""
        taken = self.flow * np.asarray(fraction, dtype=float)
        if taken.shape != self.flow.shape:
            return self.repeated(taken.shape[1]).split(fraction)
        return made(taken, self.temperature, self.sizes), made(self.flow - taken, self.temperature, self.sizes)

    def split_sizes(self, fraction: Array) -> "tuple[Stream, Stream]":
        """Split the solids by material and size: `fraction` (materials, classes, cases) of each class is taken.

        Species without a material stay in the rest.
        """
        if self.sizes is None:
            raise InputError("this stream has no particle sizes: shred it first.")
        fraction = np.broadcast_to(fraction, self.sizes.shape)
        taken_sizes = self.sizes * fraction
        of_material = taken_sizes.sum(1)
        share = np.minimum(species.MATERIAL_MATRIX.T @ of_material, 1.0)  # size fractions sum to 1 within rounding
        taken, rest = self.split(share)
        rest_sizes = self.sizes - taken_sizes
        return (
            dataclasses.replace(taken, sizes=_normalised(taken_sizes, self.sizes)),
            dataclasses.replace(rest, sizes=_normalised(rest_sizes, self.sizes)),
        )

    def phase(self, *names: str) -> "Stream":
        """Return only the species of the named phases ("solid", "aqueous", "organic", "gas")."""
        mask = sum(species.PHASE_MASK[name] for name in names)
        return made(self.flow * mask, self.temperature, self.sizes if "solid" in names else None)

    # --- views -------------------------------------------------------------------------------------
    def at(self, temperature: "npt.ArrayLike") -> "Stream":
        """Return the same flows at another temperature [K]."""
        return Stream(self.flow, np.asarray(temperature, dtype=float), self.sizes)

    def with_sizes(self, sizes: Array) -> "Stream":
        """Return the same flows with other particle sizes (materials, classes, cases)."""
        return Stream(self.flow, self.temperature, sizes)

    def take(self, numbers: npt.NDArray[np.intp]) -> "Stream":
        """Return some of the cases; a stream of one case is repeated."""
        if self.cases == 1:
            return self.repeated(numbers.size)
        sizes = None if self.sizes is None else self.sizes[..., numbers]
        return made(self.flow.take(numbers, axis=1), self.temperature[numbers], sizes)

    def case(self, number: int) -> "Stream":
        """Return one case as a stream of one case."""
        one = slice(number, number + 1)
        sizes = None if self.sizes is None else self.sizes[..., one]
        return Stream(self.flow[:, one], self.temperature[one], sizes)

    def repeated(self, cases: int) -> "Stream":
        """Return this stream with its one case repeated."""
        if self.cases == cases:
            return self
        flow = np.broadcast_to(self.flow, (species.COUNT, cases))
        sizes = None if self.sizes is None else np.broadcast_to(self.sizes, (M, CLASSES, cases))
        return Stream(flow, np.broadcast_to(self.temperature, (cases,)), sizes)

    @property
    def mass(self) -> Array:
        """Mass flow (cases,) [kg/s]."""
        return _MOLAR_MASS @ self.flow

    @property
    def mass_flow(self) -> Array:
        """Mass flow of each species (species, cases) [kg/s]."""
        return self.flow * species.MOLAR_MASS

    @property
    def heat_capacity(self) -> Array:
        """Heat capacity flow (cases,) [W/K]."""
        return _HEAT_CAPACITY @ self.flow

    @property
    def elements(self) -> Array:
        """Molar flow of each element (elements, cases) [mol/s]."""
        return species.ELEMENT_MATRIX @ self.flow

    @property
    def conserved(self) -> Array:
        """Elements, then charge (elements + 1, cases) [mol/s]."""
        return species.CONSERVED @ self.flow

    @property
    def volume(self) -> Array:
        """Volume flow (cases,) [m3/s] of the aqueous phase: water by its density, ions by their molal volumes.

        Source: Kell, J. Chem. Eng. Data 20 (1975) 97, 10.1021/je60064a005; Millero, Chem. Rev. 71 (1971) 147,
        10.1021/cr60270a001.
        """
        dissolved = _DISSOLVED_VOLUME @ self.flow
        return self["H2O"] * species.MOLAR_MASS[_WATER] / water_density(self.temperature) + dissolved

    @property
    def organic_volume(self) -> Array:
        """Volume flow (cases,) [m3/s] of the organic phase."""
        return _ORGANIC_VOLUME @ self.flow


def placed(streams: "Sequence[Stream]", numbers: Sequence[npt.NDArray[np.intp]]) -> Stream:
    """Put the cases of several streams in their places; `numbers` says which cases each stream holds."""
    cases = sum(part.size for part in numbers)
    flow, temperature = np.empty((species.COUNT, cases)), np.empty(cases)
    whole = all(stream.sizes is not None for stream in streams)
    sizes = np.empty((M, CLASSES, cases)) if whole else None
    for stream, part in zip(streams, numbers, strict=True):
        flow[:, part], temperature[part] = stream.flow, stream.temperature
        if sizes is not None:
            sizes[..., part] = stream.sizes
    return made(flow, temperature, sizes)


def concatenated(streams: "Sequence[Stream]") -> Stream:
    """Put the cases of several streams one behind the other."""
    ends = np.cumsum([0, *(stream.cases for stream in streams)])
    return placed(streams, [np.arange(first, last) for first, last in itertools.pairwise(ends)])


_WATER = species.index("H2O")
_MOLAR_MASS, _HEAT_CAPACITY = species.MOLAR_MASS[:, 0].copy(), species.HEAT_CAPACITY[:, 0].copy()
_ORGANIC_VOLUME = (species.MOLAR_VOLUME * species.PHASE_MASK["organic"])[:, 0]
_DISSOLVED_VOLUME = (species.MOLAR_VOLUME * species.PHASE_MASK["aqueous"])[:, 0]
_DISSOLVED_VOLUME[_WATER] = 0.0


def made(flow: Array, temperature: Array, sizes: Array | None = None) -> Stream:
    """Return a stream of arrays that nobody else changes and that have the right shapes: nothing is copied."""
    stream = object.__new__(Stream)
    object.__setattr__(stream, "flow", _freeze(flow))
    object.__setattr__(stream, "temperature", _freeze(temperature))
    object.__setattr__(stream, "sizes", sizes if sizes is None else _freeze(sizes))
    return stream


def water_density(temperature: "npt.ArrayLike") -> Array:
    """Return the density of water [kg/m3] at temperature [K], 0 to 150 °C, 1 atm.

    Source: Kell, J. Chem. Eng. Data 20 (1975) 97, 10.1021/je60064a005.
    """
    t = np.asarray(temperature, dtype=float) - 273.15
    top = 999.83952 + t * (
        16.945176 + t * (-7.9870401e-3 + t * (-46.170461e-6 + t * (105.56302e-9 - 280.54253e-12 * t)))
    )
    return top / (1 + 16.879850e-3 * t)


def _normalised(sizes: Array, otherwise: Array) -> Array:
    total = sizes.sum(1, keepdims=True)
    return np.where(total > 0, sizes / np.where(total > 0, total, 1.0), otherwise)


def _mixed_sizes(first: Stream, second: Stream) -> Array | None:
    if first.sizes is None or second.sizes is None:
        return second.sizes if first.sizes is None else first.sizes
    own = species.MATERIAL_MATRIX @ first.mass_flow
    its = species.MATERIAL_MATRIX @ second.mass_flow
    total = own + its
    share = np.where(total > 0, own / np.where(total > 0, total, 1.0), 0.5)[:, None, :]
    return share * first.sizes + (1 - share) * second.sizes
