"""A leach with what it draws for its solids, and the heat that leaching and the dilution of acid set free."""

import dataclasses
import functools
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from blackmass import species
from blackmass.chemistry.leaching import cascade
from blackmass.chemistry.leaching_kinetics import constants
from blackmass.chemistry.leaching_stoichiometry import STOICHIOMETRY, acid_of, electrons_offered
from blackmass.data.load import table
from blackmass.declare import PerCase
from blackmass.status import StatusArray
from blackmass.stream import Stream

Array = npt.NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class Tanks:
    """How a leach is run: number of tanks, residence time in all [s], temperature [K], solids [kg/m3 of liquor], and
    how many tanks from the first share the reductant.
    """

    number: int
    residence_time: PerCase
    temperature: PerCase
    pulp_density: PerCase
    dosed: int = 1


@dataclasses.dataclass(frozen=True)
class LeachedPulp:
    """What leaves a leach; `drawn` by supply; `heat` [W] needed to hold the temperature; `volume` [m3] of liquor."""

    slurry: Stream
    offgas: Stream
    drawn: dict[str, Stream]
    heat: Array
    volume: Array
    report: dict[str, Array | Mapping[str, Array]]
    status: StatusArray
    guess: Array


def leach(
    brought: Stream, reagents: dict[str, Stream], water: Stream, tanks: Tanks, start: Array | None
) -> LeachedPulp:
    """Thin the solids and liquor `brought` with reagents and water to a pulp, and leach it at steady state.

    The heat counts what it takes to warm the pulp, the reactions of leaching and the dilution of sulfuric acid;
    salts that dissolve and the loss to the surroundings are left out.
    """
    thick = sum(reagents.values(), brought)
    drawn = reagents | {"water": water_for(water, thick, tanks.pulp_density)}
    mixed = thick + drawn["water"]
    pulp = mixed.at(tanks.temperature)
    result = cascade(pulp, tanks.number, tanks.residence_time, start, tanks.dosed)
    slurry, offgas = result.stream.phase("solid", "aqueous", "organic"), result.stream.phase("gas")
    given = reaction_heat(result.extents) + dilution_heat(drawn["acid"], pulp)
    volume = np.maximum(slurry.volume, 0.0)
    free = np.where(volume > 0, 0.5 * acid_of(slurry.flow) / np.where(volume > 0, volume, 1.0), 0.0)
    return LeachedPulp(
        slurry=slurry,
        offgas=offgas,
        drawn=drawn,
        heat=mixed.heat_capacity * (tanks.temperature - mixed.temperature) - given,
        volume=np.maximum(pulp.volume, 0.0) * tanks.residence_time,
        report={
            "extraction": extraction(brought, slurry),
            "free_acid": free * species.molar_mass("H2SO4"),
            "reductant_used": electrons_offered(pulp) - electrons_offered(slurry),
            "pulp_density": pulp_density(pulp),
        },
        status=result.status,
        guess=result.guess,
    )


def portion(stream: Stream, amount: Array, held: Array) -> Stream:
    """Return the part of a composition that holds `amount` of what it has `held` of; nothing if it has none."""
    factor = np.where(held > 0, amount / np.where(held > 0, held, 1.0), 0.0)
    return Stream(stream.flow * factor, stream.temperature)


def acid_for(supply: Stream, wanted: Array, brought: Stream) -> Stream:
    """Return the acid drawn so that with the free acid of `brought` there are `wanted` protons (cases,) [mol/s]."""
    free = np.maximum(acid_of(brought.phase("aqueous").flow), 0.0)
    return portion(supply, np.maximum(wanted - free, 0.0), np.maximum(acid_of(supply.flow), 0.0))


def taken(solids: Stream, lixiviant: Stream, density: "npt.ArrayLike") -> tuple[Stream, Stream]:
    """Divide a lixiviant into what the solids take at a pulp `density` [kg of solids per m3 of liquor] and the rest."""
    wanted = np.maximum(solids.phase("solid").mass / np.asarray(density, dtype=float) - solids.volume, 0.0)
    volume = np.maximum(lixiviant.volume, 0.0)
    share = np.where(volume > wanted, wanted / np.where(volume > 0, volume, 1.0), 1.0)
    return lixiviant.split(share)


def water_for(supply: Stream, pulp: Stream, density: "npt.ArrayLike") -> Stream:
    """Return the water drawn that thins a pulp to `density` [kg of solids per m3 of liquor]; none if it is thinner."""
    wanted = pulp.phase("solid").mass / np.asarray(density, dtype=float)
    return portion(supply, np.maximum(wanted - pulp.volume, 0.0), np.maximum(supply.volume, 0.0))


def pulp_density(pulp: Stream) -> Array:
    """Return the solids per volume of liquor (cases,) [kg/m3], zero without liquor."""
    volume = pulp.volume
    return np.where(volume > 0, pulp.phase("solid").mass / np.where(volume > 0, volume, 1.0), 0.0)


def reaction_heat(extents: Array) -> Array:
    """Return the heat (cases,) [W] set free by the reactions of leaching, extents (reactions, cases) [mol/s]."""
    return np.asarray(-(_formation() @ STOICHIOMETRY) @ extents)


def dilution_heat(acid: Stream, pulp: Stream) -> Array:
    r"""Return the heat (cases,) [W] that sulfuric acid sets free when it is diluted into a pulp.

    .. math:: q = q_\infty n / (n + n_{1/2})

    with n moles of water per mole of acid.

    Source: Thomsen's rule, Perry's Chemical Engineers' Handbook, 8th edition, section 2.
    """
    return np.asarray(acid["SO4-2"] * (_dilution(pulp) - _dilution(acid)))


def extraction(fed: Stream, slurry: Stream) -> Mapping[str, Array]:
    """Return the share of each metal of the solids fed that is no longer solid, by element (cases,)."""
    shares = {}
    before, after = (species.ELEMENT_MATRIX @ s.phase("solid").flow for s in (fed, slurry))
    for element in ("Li", "Ni", "Co", "Mn", "Cu", "Al", "Fe"):
        row = species.ELEMENTS.index(element)
        present = before[row] > 0
        shares[element] = np.where(present, 1 - after[row] / np.where(present, before[row], 1.0), 0.0)
    return shares


def _dilution(stream: Stream) -> Array:
    acid, water = np.maximum(stream["SO4-2"], 0.0), np.maximum(stream["H2O"], 0.0)
    heat, half = (constants()[name].value for name in ("dilution_heat", "dilution_water"))
    total = water + half * acid
    return np.where(total > 0, heat * water / np.where(total > 0, total, 1.0), 0.0)


@functools.cache
def _formation() -> Array:
    enthalpy = np.zeros(species.COUNT)
    for row in table("leach_heats.csv", columns=("species", "formation_kJ_mol"), key=("species",)):
        enthalpy[species.index(row["species"])] = 1e3 * float(row["formation_kJ_mol"])
    return enthalpy
