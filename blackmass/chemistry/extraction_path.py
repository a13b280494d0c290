"""A path of solutions to a circuit that resists: its stages begin to work, then its organic begins to come round.

First the efficiency rises with fresh organic in every pass, from stages in which next to nothing happens; then the
share of the organic that is renewed falls, so that what strips badly fills it little by little. Both paths may turn
back on the way, and are followed by their length (pseudo-arclength continuation: Keller, in Rabinowitz (ed.),
Applications of Bifurcation Theory, Academic Press 1977, p. 359).
"""

import numpy as np

from blackmass.chemistry.extraction_balances import jacobian, residual
from blackmass.chemistry.extraction_case import Array, Case, Desk
from blackmass.numerics.cascade import Layout
from blackmass.numerics.compiled import compiled
from blackmass.numerics.dense import lu_solve

_BEGIN, _END = -23.0, -23.0  # ln of the efficiency's factor, ln of the renewed share
_FIRST, _LONGEST, _SHORTEST = 0.5, 8.0, 1e-6
_CORRECTIONS, _EASY, _NEAR = 8, 4, 1e-6
_STEPS, _NUDGE = 4000, 1e-6
_ALKALINE, _ACID, _HALVINGS, _SETTLING = -45.0, 8.0, 40, 30


@compiled
def follow(case: Case, desk: Desk, w: Array) -> int:
    """Lead a guess near the solution of a circuit, in place; return the steps taken."""
    steps = _settle(case, desk, w)
    steps += _trace(case, desk, w, True)
    if case.layout.recycled > 0:
        steps += _trace(case, desk, w, False)
    return steps


@compiled
def _stage_of(case: Case, rising: bool, p: float) -> Layout:
    """Return the circuit at a place of the path: `p` is ln of the efficiency's factor, or of the renewed share."""
    own = case.layout
    factor = np.exp(min(p, 0.0))
    recycled = 0.0 if rising else 1 - factor
    return Layout(own.edge, own.stages, recycled, own.carried, factor if rising else 1.0)


@compiled
def _step(case: Case, layout: Layout, desk: Desk, w: Array) -> bool:
    """Leave the Newton step in `desk.right`, with column 1 solved along; return whether that could be."""
    jacobian(case, layout, desk, residual(case, layout, desk, w))
    for i in range(w.size):
        desk.right[i, 0] = -desk.residual[i]
    return lu_solve(desk.matrix, desk.right) and np.isfinite(desk.right.sum())


@compiled
def _settle(case: Case, desk: Desk, w: Array) -> int:
    """Solve where the path begins, in place: liquors that keep their metals, and an organic that keeps its acid."""
    count, layout = case.layout.stages, _stage_of(case, True, _BEGIN)
    low, high = np.full(count, _ALKALINE), np.full(count, _ACID)
    w[count : 2 * count] = np.log(case.concentration / case.per_unit)
    w[2 * count], w[2 * count + 1] = 0.0, np.log(case.strip_floor)
    for _ in range(_HALVINGS):
        for j in range(count):
            w[j] = 0.5 * (low[j] + high[j])
        residual(case, layout, desk, w)
        for j in range(count):
            if desk.residual[j] > 0:
                high[j] = w[j]
            else:
                low[j] = w[j]
    for number in range(_SETTLING):
        desk.right[:, 1] = 0.0
        if not _step(case, layout, desk, w):
            return _HALVINGS + number
        size = np.abs(desk.right[:, 0]).max()
        w += desk.right[:, 0] * min(1.0, 1.0 / max(size, 1.0))
        if size < _NEAR:
            return _HALVINGS + number
    return _HALVINGS + _SETTLING


@compiled
def _trace(case: Case, desk: Desk, w: Array, rising: bool) -> int:
    """Follow one path to its end, in place; return the steps taken."""
    n = w.size
    p, end = (_BEGIN, 0.0) if rising else (0.0, _END)
    tangent, ahead = np.zeros(n + 1), np.empty(n)
    tangent[n] = 1.0 if rising else -1.0
    length, steps = _FIRST, 0
    while steps < _STEPS and length > _SHORTEST:
        fresh = tangent.copy()
        _direct(case, desk, w, p, rising, fresh)
        ahead[:] = w + length * fresh[:n]
        place = p + length * fresh[n]
        last = (place - end) * (1.0 if rising else -1.0) >= 0
        if last:
            ahead[:] = w + fresh[:n] * ((end - p) / fresh[n])
            place = end
        taken = 0
        good = False
        for number in range(_CORRECTIONS):
            taken = number + 1
            moved = _correct(case, desk, ahead, place, rising, fresh, last)
            place += moved[1]
            if not moved[0] < 2 * _LONGEST:
                break
            if moved[0] < _NEAR:
                good = True
                break
        steps += taken + 1
        if good:
            w[:] = ahead
            p, tangent = place, fresh
            if last:
                return steps
            length *= 2.0 if taken <= _EASY else 0.7
            length = min(length, _LONGEST)
        else:
            length *= 0.25
    return steps


@compiled
def _slope(case: Case, desk: Desk, w: Array, p: float, rising: bool) -> None:
    """Fill column 1 of `desk.right` with the change of the residual along the path, negative."""
    h = _NUDGE if rising else -_NUDGE
    residual(case, _stage_of(case, rising, p - h), desk, w)
    desk.right[:, 1] = desk.residual
    residual(case, _stage_of(case, rising, p), desk, w)
    for i in range(w.size):
        desk.right[i, 1] = (desk.right[i, 1] - desk.residual[i]) / h


@compiled
def _direct(case: Case, desk: Desk, w: Array, p: float, rising: bool, tangent: Array) -> None:
    """Turn the tangent of the last place into that of this one, of length one."""
    n = w.size
    _slope(case, desk, w, p, rising)
    if not _step(case, _stage_of(case, rising, p), desk, w):
        return
    size, along = 1.0, tangent[n]
    for i in range(n):
        size += desk.right[i, 1] ** 2
        along += desk.right[i, 1] * tangent[i]
    sign = (1.0 if along >= 0 else -1.0) / np.sqrt(size)
    for i in range(n):
        tangent[i] = desk.right[i, 1] * sign
    tangent[n] = sign


@compiled
def _correct(
    case: Case, desk: Desk, w: Array, p: float, rising: bool, tangent: Array, fixed: bool
) -> tuple[float, float]:
    """One Newton step across the path, in place; return its length, and what it moved along `p`."""
    n = w.size
    _slope(case, desk, w, p, rising)
    if not _step(case, _stage_of(case, rising, p), desk, w):
        return np.inf, 0.0
    across, along = 0.0, tangent[n]
    for i in range(n):
        across += tangent[i] * desk.right[i, 0]
        along += tangent[i] * desk.right[i, 1]
    moved = 0.0 if fixed else -across / along
    size = abs(moved)
    for i in range(n):
        change = desk.right[i, 0] + moved * desk.right[i, 1]
        size = max(size, abs(change))
        w[i] += change
    return size, moved
