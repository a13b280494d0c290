"""Enthalpy of a stream: formation, warmth, the protons that component totals hide, and what dilution would set free."""

import functools
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from blackmass import species
from blackmass.chemistry.equilibria import Reaction, component_rows, dissolved, pure_phases
from blackmass.chemistry.leaching_kinetics import constants
from blackmass.chemistry.roasting_data import STANDARD, functions
from blackmass.chemistry.roasting_data import enthalpy as thermal_enthalpy
from blackmass.data.load import Row, table
from blackmass.errors import InputError, nearest
from blackmass.stream import Stream

Array = npt.NDArray[np.float64]
HOT = 383.15  # K, above which heat capacities follow data/roasting.yaml
BASES = ("HPO4-2", "HCO3-", "NH3(aq)", "H2PO4-", "CO2(aq)", "Al(OH)4-", "HC2O4-", "HF(aq)", "H3PO4")
"""Species by which a component takes up protons or, for NH3 and aluminate, has given them off."""
HYDROXIDE, BISULFATE = "OH-", "HSO4-"
_WATER, _PROTON, _SULFATE = (species.index(name) for name in ("H2O", "H+", "SO4-2"))


class Ladder(NamedTuple):
    """Steps in which the components take up protons, from the most basic to the least.

    Parameters
    ----------
    rows : array (steps,) of the component in the species list
    protons : array (steps,) that one mole of the component takes
    enthalpy : array (steps,) [J/mol of protons] of taking them up
    held : array (steps,) protons that one mole of the component as it is written has of that step
    """

    rows: npt.NDArray[np.intp]
    protons: Array
    enthalpy: Array
    held: Array


def enthalpy(stream: Stream) -> Array:
    r"""Return the enthalpy flow (cases,) [W] of a stream, the elements at 25 °C and 1 bar being zero.

    .. math:: H = \sum_i n_i [\Delta_f H_i + c_i (T - 298.15\,K)] + H_{protons} + H_{dilution} + H_{hot}

    Heat capacities are those by which streams mix, so that mixing keeps the enthalpy; above 110 °C those of
    data/roasting.yaml take over where a species stands there.

    Examples
    --------
    >>> water = Stream.of({"H2O": 1.0})
    >>> steam = Stream.of({"H2O(g)": 1.0})
    >>> print((enthalpy(steam) - enthalpy(water)).round(-2))
    [44000.]
    """
    warmth = stream.heat_capacity * (stream.temperature - STANDARD)
    return formation() @ stream.flow + warmth + protonation(stream) + dilution(stream) + _beyond(stream)


@functools.cache
def formation() -> Array:
    """Return the enthalpy of formation (species,) [J/mol] at 25 °C, of solutes at infinite dilution.

    Raises
    ------
    InputError
        A species of species.csv has no row in enthalpies.csv, or its row does not say where its figure stands.
    """
    columns = ("species", "basis", "formation_kJ_mol")
    rows = {row["species"]: row for row in table("enthalpies.csv", columns=columns, key=("species",))}
    values = np.full(species.COUNT, np.nan)
    for basis, reader in (("tabulated", _tabulated), ("roasting", _roasting)):
        for name in _named(rows, basis):
            values[species.index(name)] = reader(rows[name])
    for name in _named(rows, "extraction"):
        ion = values[species.index(name.removesuffix("(org)"))]
        values[species.index(name)] = ion + _tabulated(rows[name])
    for name in _named(rows, "dissolution"):
        solid = pure_phases()[name]
        values[species.index(name)] = solid.amounts @ values[component_rows()] - solid.enthalpy
    missing = [name for name, value in zip(species.NAMES, values, strict=True) if np.isnan(value)]
    if missing:
        raise InputError(f"enthalpies.csv: no enthalpy of formation for {', '.join(missing)}.")
    values.setflags(write=False)
    return values


def protonation(stream: Stream) -> Array:
    """Return the enthalpy (cases,) [W] by which a liquor differs from its components side by side.

    The protons fill the bases of `BASES` by their strength, each up to its amount. What is left stands in equilibrium
    with sulfate, at the constant for 25 °C and infinite dilution; what lacks is hydroxide.
    """
    steps = _ladder()
    amount = np.maximum(stream.flow[steps.rows], 0.0)
    left = stream.flow[_PROTON] + steps.held @ amount
    total = np.zeros(stream.cases)
    for step, most in enumerate(amount * steps.protons[:, None]):
        taken = np.clip(left, 0.0, most)
        left = left - taken
        total = total + steps.enthalpy[step] * (taken - steps.held[step] * amount[step])
    hydroxide, bisulfate = (_reaction(name).enthalpy for name in (HYDROXIDE, BISULFATE))
    return total + bisulfate * _bisulfate(stream, left) + hydroxide * _hydroxide(stream)


def dilution(stream: Stream) -> Array:
    r"""Return the enthalpy (cases,) [W] of strong sulfuric acid and alkali beyond that of dilute ones.

    .. math:: H = q_\infty n_{1/2} a^2 / (w + n_{1/2} a)

    with a moles of free acid (protons beside bisulfate, as far as there is sulfate) and w of water; of alkali the same
    with the squares of water, w beyond what hydroxide is written with.

    Source: Thomsen's rule, Perry's Chemical Engineers' Handbook, 8th edition, section 2.
    """
    free = free_protons(stream)
    held = np.maximum(free, 0.0)
    acid = np.minimum(held - _bisulfate(stream, held), np.maximum(stream.flow[_SULFATE], 0.0))
    heat, half = (constants()[name].value for name in ("dilution_heat", "dilution_water"))
    strong = heat * half * acid * _ratio(acid, np.maximum(stream.flow[_WATER], 0.0) + half * acid)
    base = _hydroxide(stream)
    heat, half = 1e3 * _alkali()["alkali_heat"], _alkali()["alkali_half_water"]
    water = np.maximum(stream.flow[_WATER] - base, 0.0)
    return strong + heat * base * _ratio(half * base, np.hypot(water, half * base)) ** 2


def free_protons(stream: Stream) -> Array:
    """Return the protons (cases,) [mol/s] free or in bisulfate, negative where the bases of `BASES` hold fewer."""
    steps = _ladder()
    amount = np.maximum(stream.flow[steps.rows], 0.0)
    taken = (steps.protons - steps.held) @ amount
    return stream.flow[_PROTON] - taken


def _hydroxide(stream: Stream) -> Array:
    """Hydroxide (cases,) [mol/s]: the protons that lack where the bases of `BASES` hold none."""
    steps = _ladder()
    return np.maximum(-stream.flow[_PROTON] - steps.held @ np.maximum(stream.flow[steps.rows], 0.0), 0.0)


def _ratio(top: Array, below: Array) -> Array:
    return np.where(below > 0, top / np.where(below > 0, below, 1.0), 0.0)


def _bisulfate(stream: Stream, protons: Array) -> Array:
    """Bisulfate (cases,) [mol/s] at equilibrium, x = (H - x)(S - x)/K, of the protons that stronger bases leave."""
    water = np.maximum(stream.flow[_WATER], 0.0) * species.MOLAR_MASS[_WATER, 0]
    constant = 10.0 ** -_reaction(BISULFATE).log_k * water
    acid, base = np.maximum(protons, 0.0), np.maximum(stream.flow[_SULFATE], 0.0)
    root = np.hypot(acid - base, np.sqrt(constant) * np.sqrt(2 * (acid + base) + constant))
    return 2 * acid * _ratio(base, acid + base + constant + root)


def _beyond(stream: Stream) -> Array:
    """Warmth (cases,) [W] above 110 °C by data/roasting.yaml, less that by the constant heat capacities."""
    more = np.zeros(stream.cases)
    hot = np.flatnonzero(stream.temperature > HOT)
    names = functions().names
    rows = species.indices(names)
    flow, temperature = stream.flow[np.ix_(rows, hot)], stream.temperature[hot]
    rise = thermal_enthalpy(names, temperature) - thermal_enthalpy(names, np.full(hot.size, HOT))
    more[hot] = (flow * (rise - species.HEAT_CAPACITY[rows] * (temperature - HOT))).sum(0)
    return more


@functools.cache
def _ladder() -> Ladder:
    """Steps by strength: each base of `BASES` less the one before it of the same component."""
    found = []
    reached: dict[int, tuple[float, float, float]] = {}
    for name in BASES:
        reaction = _reaction(name)
        row = next(row for row in component_rows()[reaction.amounts > 0] if row not in (_WATER, _PROTON))
        count = float(reaction.amounts[component_rows() == _PROTON][0])
        before = reached.get(int(row), (0.0, 0.0, 0.0))
        protons, log_k, heat = (
            now - then for now, then in zip((count, reaction.log_k, reaction.enthalpy), before, strict=True)
        )
        if count > 0:
            reached[int(row)] = (count, reaction.log_k, reaction.enthalpy)
        found.append((log_k / protons, int(row), abs(protons), heat / protons, float(count < 0) * abs(protons)))
    _, rows, protons_taken, heats, held = zip(*sorted(found, reverse=True), strict=True)
    return Ladder(np.array(rows, dtype=np.intp), np.array(protons_taken), np.array(heats), np.array(held))


@functools.cache
def _alkali() -> dict[str, float]:
    rows = table("dilution_heats.csv", columns=("quantity", "value", "unit"), key=("quantity",))
    return {row["quantity"]: float(row["value"]) for row in rows}


@functools.cache
def _reaction(name: str) -> Reaction:
    return next(reaction for reaction in dissolved("davies") if reaction.name == name)


def _named(rows: dict[str, Row], basis: str) -> list[str]:
    known = ("tabulated", "roasting", "dissolution", "extraction")
    for name, row in rows.items():
        if row["basis"] not in known:
            raise InputError(f"enthalpies.csv: {name}: basis '{row['basis']}'{nearest(row['basis'], known)}")
    return [name for name, row in rows.items() if row["basis"] == basis]


def _tabulated(row: Row) -> float:
    return 1e3 * float(row["formation_kJ_mol"])


def _roasting(row: Row) -> float:
    known = functions()
    return float(known.enthalpy[known.names.index(row["species"]), 0])
