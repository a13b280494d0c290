"""A leach with what it draws for its solids, and the heat that leaching and the dilution of acid set free."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from blackmass import species
from blackmass.chemistry.enthalpy import formation
from blackmass.chemistry.leaching import cascade
from blackmass.chemistry.leaching_kinetics import constants
from blackmass.chemistry.leaching_stoichiometry import STOICHIOMETRY, acid_of, electrons_offered
from blackmass.declare import PerCase
from blackmass.stream import Stream

Array = npt.NDArray[np.float64]
METALS = ("Li", "Ni", "Co", "Mn", "Cu", "Al", "Fe")
_SOLID = (species.MOLAR_MASS * species.PHASE_MASK["solid"])[:, 0]
_SOLID_METALS = species.ELEMENT_MATRIX[[species.ELEMENTS.index(e) for e in METALS]] * species.PHASE_MASK["solid"][:, 0]


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
    """What leaves a leach.

    `volume` [m3] of liquor in the tanks; `outlets`: streams, duties [W], what is `drawn` by supply, report, status and
    guess, by the names of `Outlets`.
    """

    volume: Array
    outlets: dict[str, Any]


def leach(
    solids: Stream,
    lixiviant: Stream,
    supplies: dict[str, Stream],
    needed: Callable[[Stream], tuple[Array, Array]],
    tanks: Tanks,
    cases: int,
    start: Array | None,
) -> LeachedPulp:
    """Thin solids with lixiviant, reagents and water to a pulp, and leach it at steady state.

    The heat counts what it takes to warm the pulp, the reactions of leaching and the dilution of sulfuric acid;
    salts that dissolve and the loss to the surroundings are left out.

    Parameters
    ----------
    supplies : acid, a reductant or oxidant, and water, in this order
    needed : function
        Of solids and lixiviant, returns protons and electrons (cases,) [mol/s] wanted.
    cases : at least so many
    """
    lixiviant, surplus = taken(solids, lixiviant, tanks.pulp_density)
    brought = solids + lixiviant
    cases = max(cases, brought.cases, *(supply.cases for supply in supplies.values()))
    brought, (acid, redox, water) = brought.repeated(cases), (s.repeated(cases) for s in supplies.values())
    protons, electrons = needed(brought)
    drawn = [acid_for(acid, protons, brought), portion(redox, electrons, electrons_offered(redox))]
    thick = brought + drawn[0] + drawn[1]
    drawn.append(water_for(water, thick, tanks.pulp_density))
    mixed = thick + drawn[2]
    pulp = mixed.at(tanks.temperature)
    result = cascade(pulp, tanks.number, tanks.residence_time, start, tanks.dosed)
    slurry, offgas = result.stream.phase("solid", "aqueous", "organic"), result.stream.phase("gas")
    given = reaction_heat(result.extents) + dilution_heat(drawn[0], pulp)
    heat = mixed.heat_capacity * (tanks.temperature - mixed.temperature) - given
    volume, liquor = slurry.volume, pulp.volume
    free = np.where(volume > 0, 0.5 * acid_of(slurry.flow) / np.where(volume > 0, volume, 1.0), 0.0)
    outlets = {
        "slurry": slurry,
        "offgas": offgas,
        "surplus": surplus,
        "heating": np.maximum(heat, 0.0),
        "cooling": np.maximum(-heat, 0.0),
        "drawn": dict(zip(supplies, drawn, strict=True)),
        "status": result.status,
        "guess": result.guess,
        "report": {
            "extraction": extraction(brought, slurry),
            "free_acid": free * species.molar_mass("H2SO4"),
            "hydrogen_evolved": offgas["H2(g)"] - brought["H2(g)"],
            "reductant_used": electrons_offered(pulp) - electrons_offered(slurry),
            "pulp_density": np.where(liquor > 0, _SOLID @ pulp.flow / np.where(liquor > 0, liquor, 1.0), 0.0),
        },
    }
    return LeachedPulp(np.maximum(liquor, 0.0) * tanks.residence_time, outlets)


def portion(stream: Stream, amount: Array, held: Array) -> Stream:
    """Return the part of a composition that holds `amount` of what it has `held` of; nothing if it has none."""
    factor = np.where(held > 0, amount / np.where(held > 0, held, 1.0), 0.0)
    return Stream(stream.flow * factor, stream.temperature)


def acid_for(supply: Stream, wanted: Array, brought: Stream) -> Stream:
    """Return the acid drawn so that with the free acid of `brought` there are `wanted` protons (cases,) [mol/s]."""
    free = np.maximum(acid_of(brought.flow), 0.0)
    return portion(supply, np.maximum(wanted - free, 0.0), np.maximum(acid_of(supply.flow), 0.0))


def taken(solids: Stream, lixiviant: Stream, density: "npt.ArrayLike") -> tuple[Stream, Stream]:
    """Divide a lixiviant into what the solids take at a pulp `density` [kg of solids per m3 of liquor] and the rest."""
    wanted = np.maximum(_SOLID @ solids.flow / np.asarray(density, dtype=float) - solids.volume, 0.0)
    volume = np.maximum(lixiviant.volume, 0.0)
    share = np.where(volume > wanted, wanted / np.where(volume > 0, volume, 1.0), 1.0)
    return lixiviant.split(share)


def water_for(supply: Stream, pulp: Stream, density: "npt.ArrayLike") -> Stream:
    """Return the water drawn that thins a pulp to `density` [kg of solids per m3 of liquor]; none if it is thinner."""
    wanted = _SOLID @ pulp.flow / np.asarray(density, dtype=float)
    return portion(supply, np.maximum(wanted - pulp.volume, 0.0), np.maximum(supply.volume, 0.0))


def reaction_heat(extents: Array) -> Array:
    """Return the heat (cases,) [W] set free by the reactions of leaching, extents (reactions, cases) [mol/s]."""
    return np.asarray(-(formation() @ STOICHIOMETRY) @ extents)


def dilution_heat(acid: Stream, pulp: Stream) -> Array:
    r"""Return the heat (cases,) [W] that sulfuric acid sets free when it is diluted into a pulp.

    .. math:: q = q_\infty n / (n + n_{1/2})

    with n moles of water per mole of acid.

    Source: Thomsen's rule, Perry's Chemical Engineers' Handbook, 8th edition, section 2.
    """
    return np.asarray(acid["SO4-2"] * (_dilution(pulp) - _dilution(acid)))


def extraction(fed: Stream, slurry: Stream) -> Mapping[str, Array]:
    """Return the share of each metal of the solids fed that is no longer solid, by element (cases,)."""
    before, after = _SOLID_METALS @ fed.flow, _SOLID_METALS @ slurry.flow
    shares = np.where(before > 0, 1 - after / np.where(before > 0, before, 1.0), 0.0)
    return dict(zip(METALS, shares, strict=True))


def _dilution(stream: Stream) -> Array:
    acid, water = np.maximum(stream["SO4-2"], 0.0), np.maximum(stream["H2O"], 0.0)
    heat, half = (constants()[name].value for name in ("dilution_heat", "dilution_water"))
    total = water + half * acid
    return np.where(total > 0, heat * water / np.where(total > 0, total, 1.0), 0.0)
