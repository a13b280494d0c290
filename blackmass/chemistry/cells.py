"""What cells, modules, packs and electrode scrap are made of, fresh or aged, and feeds made from them."""

import functools
import re
from collections.abc import Mapping

import numpy as np

from blackmass import species
from blackmass.data.load import table
from blackmass.declare import PerCase
from blackmass.errors import InputError, nearest
from blackmass.quantities import split, to_si
from blackmass.stream import Array, Stream

LEVELS = ("cell", "module", "pack", "scrap")
PARTS = {
    "graphite": "graphite",
    "carbon_black": "C(black)",
    "PVDF": "PVDF",
    "anode_binder": "binder",
    "Cu": "Cu",
    "Al": "Al",
    "LiPF6": "LiPF6",
    "EC": "EC",
    "DMC": "DMC",
    "PP": "PP",
    "PE": "PE",
    "PET": "PET",
    "steel": "Fe",
    "iron": "Fe",
}
"""Part of a cell to the species that stands for it; the active material is resolved into its end members."""
DISMANTLED = ("electronics", "coolant", "insulation")
"""Parts of modules and packs taken off by hand before shredding: a feed holds what is left, and its flow is that."""

LITHIUM_HOSTS = {"LiNiO2": ("NiO2", 1.0), "LiCoO2": ("CoO2", 1.0), "LiMnO2": ("MnO2", 1.0)} | {
    "LiMn2O4": ("MnO2", 2.0),
    "LiFePO4": ("FePO4", 1.0),
}
"""Lithiated species to (delithiated species, moles of it)."""
_FILM = species.reaction({"EC": -2, "LEDC": 1, "C2H4(g)": 1, "LiNiO2": -2, "NiO2": 2})
_CARBONATE = species.reaction({"EC": -1, "Li2CO3": 1, "C2H4(g)": 1, "LiNiO2": -2, "NiO2": 2})


@functools.cache
def composition(chemistry: str, level: str = "cell") -> Array:
    """Return the moles of each species (species,) [mol/kg] in one kilogram of the fresh article.

    Sources: EverBatt 2023 (BatPaC 5.0); LMO cells from EverBatt 2019, 10.2172/1530874.

    Raises
    ------
    InputError
        Unknown chemistry or level, or one that has no published composition at that level.
    """
    rows = _bills()
    if level not in LEVELS:
        raise InputError(f"feed level '{level}': choose one of {', '.join(LEVELS)}.")
    chemistry = _known_chemistry(chemistry)
    if (level, chemistry) not in rows:
        raise InputError(f"feed '{chemistry}:{level}': there is no published composition; use '{chemistry}:cell'.")
    row = rows[level, chemistry]
    amounts: dict[str, float] = {}
    for part, name in PARTS.items():
        moles = float(row[part]) / species.MOLAR_MASS[species.index(name), 0]
        amounts[name] = amounts.get(name, 0.0) + moles
    active = species.column(_active_materials()[chemistry])
    fresh = species.column(amounts) + active * float(row["cathode_active"]) / (active @ species.MOLAR_MASS)[0]
    fresh /= (fresh @ species.MOLAR_MASS)[0]
    fresh.setflags(write=False)
    return fresh


def aged(fresh: Array, state_of_health: PerCase, label: str = "feed") -> Array:
    """Move lithium from the cathode to the surface film of the anode.

    The share 1 - state_of_health of the cathode's lithium leaves its hosts (LiMO2 to MO2, LiMn2O4 to 2 MnO2,
    LiFePO4 to FePO4), from all hosts alike, and is bound by reduced ethylene carbonate:

    .. math:: 2 Li + 2 EC = LEDC + C_2H_4, \\qquad 2 Li + EC = Li_2CO_3 + C_2H_4

    The first as long as the carbonate lasts, then part of the film is Li2CO3, which needs half of it. The ethylene
    has left with the gas of formation and use, so the aged article is a little lighter; the result is again
    for one kilogram. Lithium per transition metal is conserved.

    Parameters
    ----------
    fresh : array (species,) [mol/kg]
    state_of_health : (cases,) or float
        Lithium left in the cathode over lithium of the fresh cathode.

    Returns
    -------
    array (species, cases) [mol/kg]

    Source: Peled and Menkin, J. Electrochem. Soc. 164 (2017) A1703, 10.1149/2.1441707jes (film chemistry).
    """
    health = np.atleast_1d(np.asarray(state_of_health, dtype=float))
    hosts = sum(fresh[species.index(name)] for name in LITHIUM_HOSTS)
    total = hosts + fresh[species.index("LiAlO2")]
    carbonate = fresh[species.index("EC")]
    _check_health(health, min(hosts, 2 * carbonate) / total if total > 0 else 0.0, label)
    moved = (1 - health) * total
    result = np.repeat(fresh[:, None], health.size, axis=1)
    for name, (bare, moles) in LITHIUM_HOSTS.items():
        leaves = moved * fresh[species.index(name)] / (hosts if hosts > 0 else 1.0)
        result[species.index(name)] -= leaves
        result[species.index(bare)] += moles * leaves
    as_carbonate = np.maximum(moved - carbonate, 0.0)  # pairs: a + 2 b = moved, a + b = EC where it is used up
    for stoichiometry, lithium in ((_FILM, moved - 2 * as_carbonate), (_CARBONATE, 2 * as_carbonate)):
        for name in ("EC", "LEDC", "Li2CO3"):
            result[species.index(name)] += stoichiometry[species.index(name)] * lithium / 2
    result[species.index("EC")] = np.maximum(result[species.index("EC")], 0.0)  # rounding where all of it is used
    return result / (result * species.MOLAR_MASS).sum(0)


def chemistries() -> tuple[str, ...]:
    """Return the names of the cell chemistries."""
    return tuple(_active_materials())


def feed_stream(recipe: Mapping[str, PerCase], level: str = "cell", state_of_health: PerCase = 1.0) -> Stream:
    """Return a feed of whole cells, modules, packs or scrap.

    Parameters
    ----------
    recipe : mapping of chemistry to mass flow [kg/s], each one value or (cases,)
        Names may carry their own level and state of health: "NMC622:pack", "LFP:cell:80%".
    level : str
        Level of the names that carry none: cell, module, pack or scrap (electrode offcuts).
    state_of_health : float or (cases,)
        Of the names that carry none, see `aged`.

    Raises
    ------
    InputError
        Unknown chemistry or level, or a flow that is zero, negative or not finite.
    """
    if not recipe:
        raise InputError("the feed is empty: give a chemistry and a flow, such as 'NMC622=1 t/h'.")
    flows = [_checked_flow(key, flow) for key, flow in recipe.items()]
    total = np.zeros((species.COUNT, 1))
    for key, flow in zip(recipe, flows, strict=True):
        chemistry, own_level, own_health = _read_name(key, level, state_of_health)
        total = total + aged(composition(chemistry, own_level), own_health, key) * flow
    return Stream(total, np.asarray(298.15))


def parse_feed(text: str) -> Stream:
    """Return the feed of a text such as "NMC622=800 kg/h, LFP:pack=200 kg/h" or "NMC811:cell:80%=1 t/h".

    Raises
    ------
    InputError
        The text cannot be read; see also `feed_stream`.
    """
    recipe: dict[str, PerCase] = {}
    for piece in filter(None, (part.strip() for part in text.split(","))):
        name, equals, flow = (part.strip() for part in piece.partition("="))
        if not equals or not name or not flow:
            raise InputError(
                f"feed '{piece}' is not CHEMISTRY=FLOW, such as 'NMC622=800 kg/h' (use a point for decimals)."
            )
        if name in recipe:
            raise InputError(f"feed '{name}' stands there twice: add the two flows.")
        _read_name(name, "cell", 1.0)
        try:
            recipe[name] = to_si(flow, "kg/h")
        except InputError as error:
            raise InputError(f"feed {name}: {error}") from None
    return feed_stream(recipe)


def _read_name(key: str, level: str, health: PerCase) -> tuple[str, str, PerCase]:
    chemistry, *suffixes = (part.strip() for part in key.split(":"))
    _known_chemistry(chemistry)
    for suffix in suffixes:
        if suffix.lower() in LEVELS:
            level = suffix.lower()
        elif re.match(r"^[\d.]", suffix):
            number, unit = split(suffix)
            if unit not in ("", "%"):
                raise InputError(f"feed '{key}': state of health '{suffix}' is a share, such as 0.8 or 80%.")
            health = number / 100 if unit == "%" else number
        else:
            raise InputError(f"feed '{key}': '{suffix}' is neither a level nor a share{nearest(suffix, LEVELS)}")
    return chemistry, level, health


def _known_chemistry(name: str) -> str:
    known = {chemistry.lower(): chemistry for chemistry in _active_materials()}
    if name.lower() not in known:
        raise InputError(f"there is no cell chemistry '{name}'{nearest(name, known.values())}")
    return known[name.lower()]


def _checked_flow(key: str, flow: PerCase) -> Array:
    values = np.atleast_1d(np.asarray(flow, dtype=float))
    for wrong, word in ((~np.isfinite(values), "finite"), (values < 0, "positive"), (values == 0, "above zero")):
        if np.any(wrong):
            shown = values[wrong][0] * 3600
            raise InputError(f"feed {key} = {shown:.6g} kg/h: the flow must be {word}, for example '{key}=1 t/h'.")
    return values


def _check_health(health: Array, most: float, label: str) -> None:
    low = 1 - most
    bad = ~np.isfinite(health) | (health > 1) | (health < low - 1e-12)
    if np.any(bad):
        raise InputError(
            f"{label}: state of health {health[bad][0]:.4g} is outside {np.ceil(low * 1000) / 1000:.3f} to 1 (the "
            "electrolyte of the cell cannot bind more lithium in the film)."
        )


@functools.cache
def _bills() -> dict[tuple[str, str], dict[str, str]]:
    columns = ("level", "chemistry", "cathode_active", *PARTS, *DISMANTLED)
    rows = table("cells.csv", columns=columns, key=("level", "chemistry"))
    return {(row["level"], row["chemistry"]): row for row in rows}


@functools.cache
def _active_materials() -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    columns = ("chemistry", "species", "moles")
    for row in table("active_materials.csv", columns=columns, key=("chemistry", "species")):
        found.setdefault(row["chemistry"], {})[row["species"]] = float(row["moles"])
    return found
