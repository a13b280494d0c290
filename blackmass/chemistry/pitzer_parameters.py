"""Pitzer's parameters for a list of dissolved species, arranged for loops over pairs and triples."""

import functools
from itertools import combinations, combinations_with_replacement
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from blackmass.chemistry.pitzer_functions import tabulated
from blackmass.data.load import Row, table

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]
Names = frozenset[str]
REFERENCE = 298.15  # K
TERMS = ("value", "c1", "c2", "c3", "c4", "c5")
NOTHING = (0.0,) * len(TERMS)


class Parameters(NamedTuple):
    """Virial coefficients of groups of dissolved species that the model cannot tell apart.

    A group is an ion with parameters and those for which it stands in, or neutral species without any.
    """

    group: Index  # (species,) of each species
    proper: Index  # (species,) one for those that have parameters of their own
    charges: Array  # (groups,)
    pairs: Index  # (pairs, 4) two groups, rows in `alpha` for beta2 and for beta1
    unlike: int  # the first pairs are of unlike ions with parameters; the others have no C
    beta2: Array  # (pairs, 6) by term of temperature, as the next
    beta1: Array
    constant: Array  # beta0, theta or lambda; half of that of a species with itself
    third: Array  # C from C_phi
    alpha: Array  # (alphas,)
    triples: Index  # (triples, 3) groups
    triple: Array  # (triples, 6) psi or zeta
    spline: Array  # of the integral J
    limits: Array  # (6,) b, strength, share, held, coldest, hottest


@functools.cache
def limits() -> dict[str, float]:
    """Return the limits of use by name, and the constant b of the Debye-Hückel term."""
    return {row["first"] or row["kind"]: float(row["value"]) for row in _rows() if row["kind"] in ("limit", "b")}


@functools.cache
def parameters(species: tuple[str, ...], charges: tuple[float, ...]) -> Parameters:
    """Arrange the virial coefficients of the named species."""
    names, charged, group, proper = _alike(species, charges)
    known = {kind: _known(kind) for kind in ("beta0", "beta1", "beta2", "c_phi", "theta", "lambda", "psi", "zeta")}
    keys, found = {}, []
    for i, j in combinations_with_replacement(range(len(names)), 2):
        key = keys[i, j] = frozenset((names[i], names[j]))
        if any(key in known[kind] for kind in ("beta0", "beta1", "beta2", "c_phi", "theta", "lambda")):
            found.append((i, j))
    unlike = [(i, j) for i, j in found if charged[i] * charged[j] < 0]
    pairs = unlike + [(i, j) for i, j in found if charged[i] * charged[j] >= 0]
    alphas = sorted(set(_alpha().values()))

    def stack(kind: str) -> Array:
        return np.array([known[kind].get(keys[pair], NOTHING) for pair in pairs]).reshape(-1, len(TERMS))

    def shield(kind: str, pair: tuple[int, int]) -> int:
        return alphas.index(_alpha().get((kind, keys[pair]), alphas[0]))

    # the quadratic form counts a pair of two species twice and a pair of a species with itself once
    share = np.array([0.5 if i == j else 1.0 for i, j in pairs])[:, None]
    products = np.array([max(abs(charged[i] * charged[j]), 1.0) for i, j in pairs])[:, None]
    ternary = {**known["psi"], **known["zeta"]}
    triples = [three for three in combinations(range(len(names)), 3) if frozenset(names[i] for i in three) in ternary]
    limit = limits()
    return Parameters(
        group=group,
        proper=proper,
        charges=np.array(charged),
        pairs=np.array([(*pair, shield("beta2", pair), shield("beta1", pair)) for pair in pairs], np.int64).reshape(
            -1, 4
        ),
        unlike=len(unlike),
        beta2=stack("beta2"),
        beta1=stack("beta1"),
        constant=(stack("beta0") + stack("theta") + stack("lambda")) * share,
        third=stack("c_phi") * (0.5 / np.sqrt(products)),
        alpha=np.array(alphas),
        triples=np.array(triples, np.int64).reshape(-1, 3),
        triple=np.array([ternary[frozenset(names[i] for i in three)] for three in triples]).reshape(-1, len(TERMS)),
        spline=tabulated(),
        limits=np.array([limit[name] for name in ("b", "strength", "share", "held", "coldest", "hottest")]),
    )


def _alike(
    species: tuple[str, ...], charges: tuple[float, ...]
) -> tuple[tuple[str, ...], tuple[float, ...], Index, Index]:
    """Take together the species that have the same parameters."""
    stand_in = {float(row["first"]): row["second"] for row in _rows() if row["kind"] == "stand_in"}
    proper = [name in _parametrised() for name in species]
    known_as = [
        name if its_own else stand_in.get(charge, f"charge {charge:+g}")
        for name, charge, its_own in zip(species, charges, proper, strict=True)
    ]
    names = tuple(dict.fromkeys(known_as))
    group = np.array([names.index(name) for name in known_as], dtype=np.int64)
    return names, tuple(charges[known_as.index(name)] for name in names), group, np.array(proper, dtype=np.int64)


@functools.cache
def _parametrised() -> frozenset[str]:
    kinds = ("beta0", "beta1", "lambda")
    return frozenset(name for kind in kinds for key in _known(kind) for name in key)


@functools.cache
def _known(kind: str) -> dict[Names, tuple[float, ...]]:
    """Return the coefficients of one kind by the species they belong to."""
    return {_key(row): tuple(float(row[term] or 0) for term in TERMS) for row in _rows() if row["kind"] == kind}


@functools.cache
def _alpha() -> dict[tuple[str, Names], float]:
    return {(row["kind"], _key(row)): float(row["alpha"]) for row in _rows() if row["alpha"]}


def _key(row: Row) -> Names:
    return frozenset(row[place] for place in ("first", "second", "third") if row[place])


def _rows() -> tuple[Row, ...]:
    columns = ("kind", "first", "second", "third", *TERMS, "alpha")
    return table("pitzer.csv", columns=columns, key=("kind", "first", "second", "third"))
