"""Measured particle sizes: a sieve table, or a median, as size classes of each material."""

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np

from blackmass import species
from blackmass.chemistry.breakage import powder_sizes
from blackmass.errors import InputError, nearest
from blackmass.sizes import EDGES, rosin_rammler
from blackmass.stream import Array

COLUMNS = ("size_um", "passing_pct")
WHOLE = "all"
SPREAD = 1.0
"""Exponent of the Rosin-Rammler distribution where only a median is known, that of the powder in data/breakage.csv."""


def sizes_of_median(median: float, spread: float) -> Array:
    """Return the sizes (materials, classes, 1) of a Rosin-Rammler distribution by the size that half the mass passes.

    .. math:: d_{63.2} = d_{50} / (\\ln 2)^{1/n}

    Parameters
    ----------
    median : float [m]
    spread : float
        Exponent n.
    """
    fractions = rosin_rammler(median / np.log(2) ** (1 / spread), spread)
    return np.broadcast_to(fractions[None, :, None], (len(species.MATERIALS), fractions.size, 1))


def read_sieves(path: Path) -> Array:
    """Read a sieve table: CSV with size_um, passing_pct and, optionally, material ("all" or a material of a stream).

    Cumulative passing is interpolated in the logarithm of size. Below the smallest sieve it falls to zero at the
    lower end of the size classes; what the largest sieve holds back lies between it and twice its size. Materials
    that the table does not name have the sizes of "all", and without those the sizes of powder
    (`breakage.powder_sizes`).

    Returns
    -------
    array (materials, classes, 1), summing to 1 over the classes

    Raises
    ------
    InputError
        With file, line and value: a column, a material, a size or a percentage that is not valid or not in order.
    """
    curves: dict[str, list[tuple[float, float]]] = {}
    for place, material, size, passing in _points(path):
        curve = curves.setdefault(material, [])
        if curve and size <= curve[-1][0]:
            raise InputError(f"{place}: size_um = {size:g} follows {curve[-1][0]:g}: give sieves from fine to coarse.")
        if curve and passing < curve[-1][1]:
            raise InputError(
                f"{place}: passing_pct = {passing:g} after {curve[-1][1]:g}: a coarser sieve cannot pass less (give "
                "cumulative passing, not the mass on each sieve)."
            )
        curve.append((size, passing))
    for material, curve in curves.items():
        if len(curve) < 2 or curve[-1][1] <= 0:
            raise InputError(f"{path}: {material} has {len(curve)} line(s): give two sieves or more, one that passes.")
    sizes = np.array(powder_sizes())
    for number, name in enumerate(species.MATERIALS):
        if name in curves or WHOLE in curves:
            sizes[number, :, 0] = _classes(curves.get(name) or curves[WHOLE])
    return sizes


def _classes(curve: list[tuple[float, float]]) -> Array:
    size, passing = (np.array(column) for column in zip(*curve, strict=True))
    ends = np.concatenate([[EDGES[0] * 1e6], size, [2 * size[-1]]])
    inside = np.concatenate([[0.0], passing, [100.0]]) / 100
    if size[0] <= EDGES[0] * 1e6:
        ends, inside = ends[1:], inside[1:]
    cumulative = np.interp(np.log(EDGES * 1e6), np.log(ends), inside)
    cumulative[0], cumulative[-1] = 0.0, 1.0
    return np.diff(cumulative)


def _points(path: Path) -> list[tuple[str, str, float, float]]:
    """(file:line, material, size in micrometres, per cent passing) of each line."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"sieve table '{path}' cannot be read: {getattr(error, 'strerror', None) or error}.") from None
    lines = [(n, line) for n, line in enumerate(text.splitlines(), 1) if line.strip() and not line.startswith("#")]
    rows = [(f"{path}:{n}", next(csv.reader([line]))) for n, line in lines]
    header = [cell.strip() for cell in rows[0][1]] if rows else []
    if tuple(header) not in (COLUMNS, (*COLUMNS, "material")):
        raise InputError(
            f"{rows[0][0] if rows else path}: the first line must be 'size_um,passing_pct' or "
            f"'size_um,passing_pct,material', not '{','.join(header)}'."
        )
    return [_point(place, header, [cell.strip() for cell in cells]) for place, cells in rows[1:]]


def _point(place: str, header: list[str], cells: list[str]) -> tuple[str, str, float, float]:
    if len(cells) != len(header):
        raise InputError(f"{place}: {len(cells)} cells, {len(header)} are needed ({','.join(header)}).")
    material = (cells[2] if len(cells) > 2 else "") or WHOLE
    known = (WHOLE, *species.MATERIALS)
    if material not in known:
        raise InputError(f"{place}: there is no material '{material}'{nearest(material, known)}")
    largest = EDGES[-1] * 1e6
    size = _number(place, "size_um", cells[0], lambda value: 0 < value < largest, f"above 0 and below {largest:g}")
    passing = _number(place, "passing_pct", cells[1], lambda value: 0 <= value <= 100, "from 0 to 100")
    return place, material, size, passing


def _number(place: str, column: str, text: str, allowed: Callable[[float], bool], range_text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not allowed(value):
        raise InputError(f"{place}: {column} = '{text}': give a number {range_text}.")
    return value
