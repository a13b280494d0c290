"""Pitzer's parameters for a list of dissolved species, arranged for products of matrices over a batch."""

import dataclasses
import functools
from itertools import combinations, combinations_with_replacement

import numpy as np
import numpy.typing as npt

from blackmass.data.load import Row, table

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]
Names = frozenset[str]
REFERENCE = 298.15  # K
TERMS = ("value", "c1", "c2", "c3", "c4", "c5")
NOTHING = (0.0,) * len(TERMS)


def temperature_terms(temperature: Array) -> Array:
    """Return the functions of temperature [K] that go with the columns of pitzer.csv (6, cases)."""
    inverse = 1 / temperature
    return np.array(
        [
            np.ones_like(temperature),
            inverse - 1 / REFERENCE,
            np.log(temperature / REFERENCE),
            temperature - REFERENCE,
            temperature**2 - REFERENCE**2,
            inverse**2 - 1 / REFERENCE**2,
        ]
    )


@dataclasses.dataclass(frozen=True)
class Alike:
    """Species that the model cannot tell apart, taken together: ions with a stand-in, inert neutral species."""

    names: tuple[str, ...]
    charges: tuple[float, ...]
    index: Index  # (species,) which of `names` a species counts as
    members: Array  # (names, species)
    proper: Array  # (names, species) those members that have parameters of their own


@dataclasses.dataclass(frozen=True)
class Pairs:
    """Second virial coefficients: pairs with a beta2 first, then with a beta1, then other unlike ions, then the rest.

    The rest are ions of like sign (theta), neutral species (lambda), and pairs that are met in a triple only.
    """

    left: Index  # (pairs,) rows of the two species
    right: Index
    coefficients: Array  # (second + first + pairs + unlike, 6) of beta2, beta1, constants and C by temperature term
    second: int  # number of pairs with a beta2
    first: int  # number of pairs with a beta1 or beta2
    unlike: int  # number of pairs of unlike ions with parameters
    alpha: Array  # (alphas,)
    second_alpha: Index  # (second,) rows of `alpha`
    first_alpha: Index  # (first,)
    weights: Array  # (unlike,) products of charges
    twice: Index  # pairs of a species with itself
    gather: Index  # (species, species) row of the pair; the number of pairs where there is none
    onto: Array  # (species, 2 * pairs) sums over the pairs of each species, as left, then as right


@dataclasses.dataclass(frozen=True)
class Triples:
    """Third virial coefficients: psi of two ions of like and one of unlike sign, zeta of a neutral and two ions."""

    rows: Index  # (3, triples) rows of the species
    coefficients: Array  # (triples, 6)
    onto: Array  # (species, 3 * triples)
    pairs: Array  # (pairs, 3 * triples) the pair left when first, second or third species is taken out


@dataclasses.dataclass(frozen=True)
class Mixing:
    """Which ions share a charge, for the electrostatic part of mixing ions of like sign."""

    members: Array  # (classes, species)
    products: Array  # (products,) of charges
    rows: Index  # (class pairs, 3) rows of `products` for both, the first and the second class
    classes: Index  # (2, class pairs)
    factors: Array  # (class pairs, 1)
    gather: Index  # (species, species) row of the class pair; their number where there is none
    onto: Array  # (species, 2 * class pairs)


@functools.cache
def limits() -> dict[str, float]:
    """Return the limits of use by name, and the constant b of the Debye-Hückel term."""
    return {row["first"] or row["kind"]: float(row["value"]) for row in _rows() if row["kind"] in ("limit", "b")}


@functools.cache
def alike(names: tuple[str, ...], charges: tuple[float, ...]) -> Alike:
    """Take together the species that have the same parameters."""
    stand_in = {float(row["first"]): row["second"] for row in _rows() if row["kind"] == "stand_in"}
    proper = np.array([name in _parametrised() for name in names])
    known_as = [
        name if its_own else stand_in.get(charge, f"charge {charge:+g}")
        for name, charge, its_own in zip(names, charges, proper, strict=True)
    ]
    together = tuple(dict.fromkeys(known_as))
    index = np.array([together.index(name) for name in known_as], dtype=np.intp)
    members = np.eye(len(together))[:, index]
    return Alike(together, tuple(charges[known_as.index(name)] for name in together), index, members, members * proper)


@functools.cache
def pairs(names: tuple[str, ...], charges: tuple[float, ...]) -> Pairs:
    """Arrange the second virial coefficients of the named species."""
    rank = functools.partial(_rank, names)
    kept = [pair for pair in combinations_with_replacement(range(len(names)), 2) if rank(pair) < len(_ORDER)]
    kept.sort(key=rank)
    keys = [frozenset((names[i], names[j])) for i, j in kept]
    second, first, unlike = (sum(rank(pair) <= level for pair in kept) for level in range(3))
    left, right = (np.array([pair[side] for pair in kept], dtype=np.intp) for side in (0, 1))
    gather = np.full((len(names), len(names)), len(kept), dtype=np.intp)
    gather[left, right] = gather[right, left] = np.arange(len(kept))
    alphas = sorted(set(_alpha().values()))
    # the quadratic form counts a pair of two species twice and a pair of a species with itself once
    share = np.where(left == right, 0.5, 1.0)[:, None]
    products = np.array([abs(charges[i] * charges[j]) for i, j in kept[:unlike]])
    eye = np.eye(len(names))
    return Pairs(
        left=left,
        right=right,
        coefficients=np.concatenate(
            [
                _stack("beta2", keys[:second]),
                _stack("beta1", keys[:first]),
                (_stack("beta0", keys) + _stack("theta", keys) + _stack("lambda", keys)) * share,
                _stack("c_phi", keys[:unlike]) * (0.5 / np.sqrt(products)).reshape(-1, 1),
            ]
        ),
        second=second,
        first=first,
        unlike=unlike,
        alpha=np.array(alphas),
        second_alpha=np.array([alphas.index(_alpha()["beta2", key]) for key in keys[:second]], dtype=np.intp),
        first_alpha=np.array(
            [alphas.index(_alpha().get(("beta1", key), alphas[0])) for key in keys[:first]], dtype=np.intp
        ),
        weights=products,
        twice=np.flatnonzero(left == right),
        gather=gather,
        onto=np.concatenate([eye[:, left], eye[:, right]], axis=1),
    )


@functools.cache
def triples(names: tuple[str, ...], charges: tuple[float, ...]) -> Triples:
    """Arrange the third virial coefficients of the named species."""
    known = {**_known("psi"), **_known("zeta")}
    kept = [three for three in combinations(range(len(names)), 3) if frozenset(names[i] for i in three) in known]
    rows = np.array(kept, dtype=np.intp).reshape(-1, 3)
    values = [known[frozenset(names[i] for i in three)] for three in kept]
    arranged = pairs(names, charges)
    rest = [np.delete(rows, out, axis=1) for out in range(3)]
    index = [arranged.gather[pair[:, 0], pair[:, 1]] for pair in rest]
    eye = np.eye(arranged.left.size)
    return Triples(
        rows=rows.T.copy(),
        coefficients=np.array(values).reshape(-1, len(TERMS)),
        onto=np.concatenate([np.eye(len(names))[:, rows[:, k]] for k in range(3)], axis=1),
        pairs=np.concatenate([eye[:, places] for places in index], axis=1),
    )


@functools.cache
def mixing(charges: tuple[float, ...]) -> Mixing:
    """Arrange the classes of ions of equal charge."""
    classes = sorted({charge for charge in charges if charge})
    members = np.array([[charge == its for its in charges] for charge in classes], dtype=float)
    couples = [(a, b) for a, b in combinations(range(len(classes)), 2) if classes[a] * classes[b] > 0]
    needed = [(classes[a] * classes[b], classes[a] ** 2, classes[b] ** 2) for a, b in couples]
    products = sorted({product for row in needed for product in row})
    gather = np.full((len(charges), len(charges)), len(couples), dtype=np.intp)
    for row, (a, b) in enumerate(couples):
        unlike = np.outer(members[a], members[b]) + np.outer(members[b], members[a]) > 0
        gather[unlike] = row
    first, second = np.array(couples, dtype=np.intp).reshape(-1, 2).T
    members = members.reshape(-1, len(charges))
    return Mixing(
        members=members,
        products=np.array(products),
        rows=np.array([[products.index(p) for p in row] for row in needed], dtype=np.intp).reshape(-1, 3),
        classes=np.array([first, second]),
        factors=np.array([[row[0] / 4] for row in needed]).reshape(-1, 1),
        gather=gather,
        onto=np.concatenate([members[first].T, members[second].T], axis=1),
    )


_ORDER = (("beta2",), ("beta1",), ("beta0", "c_phi"), ("theta", "lambda"))


@functools.cache
def _parametrised() -> frozenset[str]:
    kinds = ("beta0", "beta1", "lambda")
    return frozenset(name for kind in kinds for key in _known(kind) for name in key)


def _rank(names: tuple[str, ...], pair: tuple[int, int]) -> int:
    key = frozenset(names[i] for i in pair)
    for level, kinds in enumerate(_ORDER):
        if any(key in _known(kind) for kind in kinds):
            return level
    others = [frozenset((names[k],)) for k in range(len(names)) if k not in pair]
    ternary = any(key | other in _known(kind) for other in others for kind in ("psi", "zeta")) and pair[0] != pair[1]
    return len(_ORDER) - 1 if ternary else len(_ORDER)


def _stack(kind: str, keys: list[Names]) -> Array:
    return np.array([_known(kind).get(key, NOTHING) for key in keys]).reshape(-1, len(TERMS))


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
