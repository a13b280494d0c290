"""What cells, modules, packs and electrode scrap are made of, fresh or aged, and feeds made from them."""

import dataclasses
import functools
import re
from collections.abc import Mapping

import numpy as np

from blackmass import species
from blackmass.chemistry.returns import RETURN, constant, returned
from blackmass.chemistry.scrap import WET, forms, kept, wetted
from blackmass.data.load import table
from blackmass.declare import PerCase
from blackmass.errors import InputError, nearest
from blackmass.quantities import split, to_si
from blackmass.stream import Array, Stream

LEVELS = ("cell", "module", "pack", *forms())
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
def composition(chemistry: str, level: str = "cell", wet: bool = False) -> Array:
    """Return the moles of each species (species,) [mol/kg] in one kilogram of the fresh article.

    Scrap is cut from both electrodes (`chemistry.scrap`), `wet` with the electrolyte of its coatings.
    Sources: EverBatt 2023 (BatPaC 5.0); LMO cells from EverBatt 2019, 10.2172/1530874.

    Raises
    ------
    InputError
        Unknown chemistry or level, or one that has no published composition at that level.
    """
    if level not in LEVELS:
        raise InputError(f"feed level '{level}': choose one of {', '.join(LEVELS)}.")
    chemistry = _known_chemistry(chemistry)
    row = _parts(chemistry, level, wet)
    amounts: dict[str, float] = {}
    for part, name in PARTS.items():
        moles = row[part] / species.MOLAR_MASS[species.index(name), 0]
        amounts[name] = amounts.get(name, 0.0) + moles
    active = species.column(_active_materials()[chemistry])
    fresh = species.column(amounts) + active * row["cathode_active"] / (active @ species.MOLAR_MASS)[0]
    fresh /= (fresh @ species.MOLAR_MASS)[0]
    fresh.setflags(write=False)
    return fresh


def _parts(chemistry: str, level: str, wet: bool) -> dict[str, float]:
    """Masses of the parts of an article, in any unit."""
    rows = _bills()
    base = forms()[level][0] if level in forms() else level
    if (base, chemistry) not in rows:
        raise InputError(f"feed '{chemistry}:{level}': there is no published composition; use '{chemistry}:cell'.")
    if level not in forms():
        if wet:
            raise InputError(f"feed '{chemistry}:{level}:{WET}': only scrap can be dry or wet: leave out '{WET}'.")
        return rows[base, chemistry]
    scrap = kept(level, rows[base, chemistry])
    return wetted(scrap, rows["cell", chemistry]) if wet else scrap


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
    """Return a feed of whole cells, modules, packs or scrap: the sum of `feed_parts`."""
    return sum(feed_parts(recipe, level, state_of_health).values(), Stream.empty())


def feed_parts(recipe: Mapping[str, PerCase], level: str = "cell", state_of_health: PerCase = 1.0) -> dict[str, Stream]:
    """Return the parts of a feed, by name.

    Parameters
    ----------
    recipe : mapping of name to mass flow [kg/s], each one value or (cases,)
        A name is a chemistry with its own level and state of health, "NMC622:pack", "LFP:cell:80%", scrap that may be
        wet with electrolyte, "NMC811:cathode_scrap:wet", or "return:2030" (`chemistry.returns`), which becomes one part
        for each chemistry, "return:2030:10y" with another service life.
    level : str
        Level of the names that carry none: see LEVELS.
    state_of_health : float or (cases,)
        Of the names that carry none, see `aged`.

    Raises
    ------
    InputError
        Unknown chemistry, level or year, or a flow that is zero, negative or not finite.
    """
    if not recipe:
        raise InputError("the feed is empty: give a chemistry and a flow, such as 'NMC622=1 t/h'.")
    flows = [_checked_flow(key, flow) for key, flow in recipe.items()]
    parts: dict[str, Stream] = {}
    for key, flow in zip(recipe, flows, strict=True):
        for name, share, article in _articles(key, Article("", level, state_of_health)):
            fresh = composition(article.chemistry, article.level, article.wet)
            stream = Stream(aged(fresh, article.health, key) * (share * flow), np.asarray(298.15))
            parts[name] = parts[name] + stream if name in parts else stream
    return parts


def parse_feed(text: str) -> Stream:
    """Return the feed of a text such as "NMC622=800 kg/h, LFP:pack=200 kg/h" or "NMC811:cell:80%=1 t/h".

    Raises
    ------
    InputError
        The text cannot be read; see also `feed_parts`.
    """
    return feed_stream(parse_recipe(text))


def parse_recipe(text: str) -> dict[str, PerCase]:
    """Return the flows [kg/s] by name of the text of a feed.

    Raises
    ------
    InputError
        The text cannot be read.
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
        _articles(name, Article("", "cell", 1.0))
        try:
            recipe[name] = to_si(flow, "kg/h")
        except InputError as error:
            raise InputError(f"feed {name}: {error}") from None
    return recipe


@dataclasses.dataclass(frozen=True)
class Article:
    """What a name of a feed stands for."""

    chemistry: str
    level: str
    health: PerCase
    wet: bool = False
    life: float | None = None


def _articles(key: str, usual: Article) -> list[tuple[str, float, Article]]:
    """(Name, share by mass, article) of each part that the name of a feed stands for."""
    chemistry, *suffixes = (part.strip() for part in key.split(":"))
    if chemistry.lower() != RETURN:
        article = _article(key, suffixes, dataclasses.replace(usual, chemistry=_known_chemistry(chemistry)))
        if article.life is not None:
            raise InputError(f"feed '{key}': a service life is for '{RETURN}:YEAR' only.")
        return [(key, 1.0, article)]
    if not suffixes or not re.fullmatch(r"\d{4}", suffixes[0]):
        raise InputError(f"feed '{key}': give the year in which the batteries come back, such as '{RETURN}:2030'.")
    article = _article(key, suffixes[1:], dataclasses.replace(usual, health=constant("health_at_return")))
    shares = returned(float(suffixes[0]), constant("service_life") if article.life is None else article.life)
    return [(f"{key}:{name}", share, dataclasses.replace(article, chemistry=name)) for name, share in shares.items()]


def _article(key: str, suffixes: list[str], article: Article) -> Article:
    for suffix in suffixes:
        if suffix.lower() in LEVELS:
            article = dataclasses.replace(article, level=suffix.lower())
        elif suffix.lower() == WET:
            article = dataclasses.replace(article, wet=True)
        elif re.match(r"^[\d.]", suffix):
            number, unit = split(suffix)
            if unit in ("y", "a", "year", "years"):
                article = dataclasses.replace(article, life=number)
            elif unit in ("", "%"):
                article = dataclasses.replace(article, health=number / 100 if unit == "%" else number)
            else:
                raise InputError(f"feed '{key}': state of health '{suffix}' is a share, such as 0.8 or 80%.")
        else:
            known = (*LEVELS, WET)
            raise InputError(f"feed '{key}': '{suffix}' is neither a level nor a share{nearest(suffix, known)}")
    return article


def _known_chemistry(name: str) -> str:
    known = {chemistry.lower(): chemistry for chemistry in _active_materials()}
    if name.lower() not in known:
        raise InputError(f"there is no cell chemistry '{name}'{nearest(name, [*known.values(), RETURN])}")
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
def _bills() -> dict[tuple[str, str], dict[str, float]]:
    columns = ("level", "chemistry", "cathode_active", *PARTS, *DISMANTLED)
    rows = table("cells.csv", columns=columns, key=("level", "chemistry"))
    parts = ("cathode_active", *PARTS)
    return {(row["level"], row["chemistry"]): {part: float(row[part]) for part in parts} for row in rows}


@functools.cache
def _active_materials() -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    columns = ("chemistry", "species", "moles")
    for row in table("active_materials.csv", columns=columns, key=("chemistry", "species")):
        found.setdefault(row["chemistry"], {})[row["species"]] = float(row["moles"])
    return found
