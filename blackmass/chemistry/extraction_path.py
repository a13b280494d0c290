"""The solution of one circuit, compiled: from a neighbour's, afresh, or along a path of solutions if it resists.

On the path, stages begin to work, then the organic begins to come round. First the efficiency rises with fresh organic
in every pass, from stages in which next to nothing happens; then the share of the organic that is renewed falls, so
that what strips badly fills it little by little. Both paths may turn back on the way, and are followed by their length
(pseudo-arclength continuation: Keller, in Rabinowitz (ed.), Applications of Bifurcation Theory, Academic Press 1977,
p. 359).
"""

import numpy as np

from blackmass.chemistry.extraction_balances import residual
from blackmass.chemistry.extraction_case import Array, Case, Desk, System, layout_of
from blackmass.chemistry.extraction_guess import first_guess
from blackmass.chemistry.extraction_newton import newton, step
from blackmass.numerics.cascade import Layout
from blackmass.numerics.compiled import compiled

_DAMPING = 0.1
_BEGIN, _END = -23.0, -23.0  # ln of the efficiency's factor, ln of the renewed share
_FIRST, _LONGEST, _SHORTEST = 0.5, 8.0, 1e-6
_CORRECTIONS, _EASY, _NEAR = 8, 4, 1e-6
_LONGER, _SHORTER, _FAILED = 2.0, 0.7, 0.25
_STEPS, _NUDGE = 4000, 1e-6
_ALKALINE, _ACID, _HALVINGS = -45.0, 8.0, 40  # ln[H+]


@compiled
def find(case: Case, desk: Desk, system: System, w: Array) -> bool:
    """Solve a circuit from `w` where it holds numbers, else afresh, in place; return whether it was found."""
    own = layout_of(case, case.closed, 1.0)
    for attempt in range(3):
        if attempt == 0 and not np.isfinite(w.sum()):
            continue
        if attempt == 1:
            first_guess(case, w)
        if attempt == 2:
            _settle(case, desk, w)
            newton(case, _place(case, 1.0, _BEGIN), desk, system, w, _DAMPING)
            for way in (1.0, -case.closed):
                if way != 0.0:
                    _trace(case, desk, system, w, way)
        if newton(case, own, desk, system, w, _DAMPING if attempt == 1 else 0.0) > 0:
            return True
    return False


@compiled
def _place(case: Case, way: float, p: float) -> Layout:
    """Return the circuit at a place of a path: `p` is ln of the efficiency's factor, or of the renewed share."""
    factor = np.exp(min(p, 0.0))
    return layout_of(case, 0.0, factor) if way > 0 else layout_of(case, 1 - factor, 1.0)


@compiled
def _settle(case: Case, desk: Desk, w: Array) -> None:
    """Solve where the path begins, in place: liquors that keep their metals, and an organic that keeps its acid."""
    count, layout = case.stages, _place(case, 1.0, _BEGIN)
    low, high = np.full(count, _ALKALINE), np.full(count, _ACID)
    for j in range(count):
        w[count + j] = np.log(case.concentration / case.per_unit)
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


@compiled
def _trace(case: Case, desk: Desk, system: System, w: Array, way: float) -> None:
    """Follow one path to its end, in place.

    From a place on it, a step along the tangent; then Newton steps across, in which `w` and `p` move together.
    """
    n, p = w.size, _BEGIN if way > 0 else 0.0
    end = 0.0 if way > 0 else _END
    tangent, ahead, length, steps = np.zeros(n + 1), w.copy(), 0.0, 0
    tangent[n] = way
    place, last = p, False
    while steps < _STEPS:
        taken, size = 0, 0.0
        while taken < _CORRECTIONS and size < 2 * _LONGEST:
            size, moved = _correct(case, desk, system, ahead, place, way, tangent, last or length == 0.0)
            place += moved
            taken += 1
            if size < _NEAR:
                break
        steps += taken
        if size < _NEAR:
            for i in range(n):
                w[i] = ahead[i]
            p = place
            if last:
                return
            # right sides hold the change of `w` with `p`
            total, along = 1.0, tangent[n]
            for i in range(n):
                total += system.right[i, 1] ** 2
                along += system.right[i, 1] * tangent[i]
            sign = (1.0 if along >= 0 else -1.0) / np.sqrt(total)
            for i in range(n):
                tangent[i] = system.right[i, 1] * sign
            tangent[n] = sign
            length = min(length * (_LONGER if taken <= _EASY else _SHORTER), _LONGEST) if length > 0 else _FIRST
        else:
            length *= _FAILED
            if length < _SHORTEST:
                return
        last = (p + length * tangent[n] - end) * way >= 0
        reach = (end - p) / tangent[n] if last else length
        for i in range(n):
            ahead[i] = w[i] + reach * tangent[i]
        place = p + reach * tangent[n]


@compiled
def _correct(
    case: Case, desk: Desk, system: System, w: Array, p: float, way: float, tangent: Array, fixed: bool
) -> tuple[float, float]:
    """One Newton step across the path, in place (with `fixed`, at the same `p`); return its length, and that of `p`."""
    n, h = w.size, _NUDGE * way
    residual(case, _place(case, way, p - h), desk, w)
    for i in range(n):
        system.right[i, 1] = desk.residual[i]
    residual(case, _place(case, way, p), desk, w)
    for i in range(n):
        system.right[i, 1] = (system.right[i, 1] - desk.residual[i]) / h
    if not step(case, _place(case, way, p), desk, system, w, 0.0) < np.inf:
        return np.inf, 0.0
    across, along = 0.0, tangent[n]
    for i in range(n):
        across += tangent[i] * system.right[i, 0]
        along += tangent[i] * system.right[i, 1]
    moved = 0.0 if fixed else -across / along
    size = abs(moved)
    for i in range(n):
        change = system.right[i, 0] + moved * system.right[i, 1]
        size = max(size, abs(change))
        w[i] += change
    return size, moved
