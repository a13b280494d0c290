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


LIMITS, CHARGES, ALPHA = range(3)  # rows of `Parameters.numbers`
SECOND, FIRST, CONSTANT, THIRD, TRIPLE = range(3, 33, len(TERMS))  # the first of six rows each, by term of temperature
SIZES, GROUP, PROPER, LEFT, RIGHT, SECOND_ALPHA, FIRST_ALPHA, ONE, TWO, THREE = range(10)  # rows of `Parameters.places`
GROUPS, PAIRS, UNLIKE, TRIPLES, ALPHAS = range(5)  # in the row SIZES
LIMIT_NAMES = ("b", "strength", "share", "held", "coldest", "hottest", "water", "syrup")
B, STRENGTH, SHARE, HELD, COLDEST, HOTTEST, DRIES, SYRUP = range(len(LIMIT_NAMES))  # in the row LIMITS


class Parameters(NamedTuple):
    """Virial coefficients of groups of dissolved species that the model cannot tell apart, in rows.

    A group is an ion with parameters and those for which it stands in, or neutral species without any. Numbers are the
    limits of use, the charges of the groups, the constants alpha, and for each pair beta2, beta1, the constant (beta0,
    theta or lambda; half of that of a species with itself) and C from C_phi, then psi or zeta for each triple. Places
    are how many there are of each, the group of each species, whether it has parameters of its own, for each pair the
    two groups and their alphas, and for each triple its groups. Pairs of unlike ions come first; the others have no C.
    """

    numbers: Array  # (rows, width)
    places: Index  # (rows, width)
    spline: Array  # (intervals, 6) of the integral J


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
    width = max(len(species), len(pairs), len(triples), len(LIMIT_NAMES))
    numbers, places = np.zeros((TRIPLE + len(TERMS), width)), np.zeros((THREE + 1, width), np.int64)
    numbers[LIMITS, : len(LIMIT_NAMES)] = [limit[name] for name in LIMIT_NAMES]
    numbers[CHARGES, : len(names)], numbers[ALPHA, : len(alphas)] = charged, alphas
    known_terms = {
        SECOND: stack("beta2"),
        FIRST: stack("beta1"),
        CONSTANT: (stack("beta0") + stack("theta") + stack("lambda")) * share,
        THIRD: stack("c_phi") * (0.5 / np.sqrt(products)),
        TRIPLE: np.array([ternary[frozenset(names[i] for i in three)] for three in triples]).reshape(-1, len(TERMS)),
    }
    for row, terms in known_terms.items():
        numbers[row : row + len(TERMS), : len(terms)] = terms.T
    places[SIZES, :5] = len(names), len(pairs), len(unlike), len(triples), len(alphas)
    places[GROUP, : len(species)], places[PROPER, : len(species)] = group, proper
    arranged = [(*pair, shield("beta2", pair), shield("beta1", pair)) for pair in pairs]
    places[LEFT : FIRST_ALPHA + 1, : len(pairs)] = np.array(arranged, np.int64).reshape(-1, 4).T
    places[ONE : THREE + 1, : len(triples)] = np.array(triples, np.int64).reshape(-1, 3).T
    return Parameters(numbers, places, tabulated())


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
