"""Linear counter-current cascades, open or with the rising phase recycled, solved stage by stage without subtraction.

Stages are numbered along the rising phase (the organic). The falling phase (the aqueous) of the second section enters
at the top of it and leaves at its bottom, and so does that of the first. Stage j mixes what rises, Y[j-1], with what
falls, X[j+1] plus its feed F[j], and hands on

    Y[j] = (1 - e) Y[j-1] + e t (Y[j-1] + X[j+1] + F[j]),    X[j] = all the rest,

with t the share of the solute that equilibrium puts into the rising phase and e the efficiency. Seen from below, all
that is above a stage reflects a share of what rises into it and lets the rest pass; seen from above, so does all that
is below. Both are built from positive terms only, so that traces keep all their digits (Grassmann, Taksar and Heyman,
Oper. Res. 33 (1985) 1107, 10.1287/opre.33.5.1107).
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from blackmass.numerics.compiled import compiled

Array = npt.NDArray[np.float64]
_TINY = 1e-300
_BACK, _PASSED, _EDGE_TAKE, _EDGE_UP, _LINK_TAKE, _LINK_UP, _CLUNG, _LEFT = range(8)  # in `Cascade.ends`


class Layout(NamedTuple):
    """What all solutes of a cascade have in common.

    Parameters
    ----------
    edge, stages : int
        Last stage of the first section; number of stages (edge + 1: there is no second section).
    recycled : float
        Share of the rising phase that returns from the last stage to the first: 0 in an open, 1 in a closed cascade.
    carried : float
        Share of the falling phase of the edge that the rising phase carries with it, unmixed, into the second section,
        where it belongs to the falling phase: it enters the mixer, and leaves with what falls as far as it is missed.
    approach : float
        Factor to the efficiency of all stages.
    """

    edge: int
    stages: int
    recycled: float
    carried: float
    approach: float


class Cascade(NamedTuple):
    """The cascade of one solute after elimination: arrays of (stages,), and what belongs to no stage."""

    take: Array
    drop: Array
    keep_up: Array
    keep_down: Array
    reflected: Array
    step_up: Array
    inverse: Array
    above: Array
    ratio: Array
    ends: Array


@compiled
def cascade(store: Array) -> Cascade:
    """Return the places of a cascade in an array (10, stages but at least 8)."""
    return Cascade(store[0], store[1], store[2], store[3], store[4], store[5], store[6], store[7], store[8], store[9])


@compiled
def eliminate_cascade(store: Array, layout: Layout, share: Array, rest: Array, efficiency: Array) -> None:
    """Reflection and transmission of each stage with all above it, as seen from below.

    Parameters
    ----------
    store : array (10, stages but at least 8)
        Result, see `Cascade`.
    share, rest, efficiency : array (stages,)
        Share of the solute in the rising phase at equilibrium; its complement, given to keep its digits; approach.
    """
    one = cascade(store)
    for j in range(layout.stages):
        reached = layout.approach * efficiency[j]
        take, drop = reached * share[j], reached * rest[j]
        one.take[j], one.drop[j] = take, drop
        one.keep_up[j], one.keep_down[j] = (1 - reached) + take, (1 - reached) + drop
    edge = layout.edge
    # as if it rose: the part of what is carried that the next stage mixes in
    next_up = one.keep_up[edge + 1] if layout.stages > edge + 1 else 1.0
    mixed = layout.carried * (one.take[edge + 1] / max(next_up, _TINY) if layout.stages > edge + 1 else 1.0)
    one.ends[_EDGE_TAKE], one.ends[_EDGE_UP], one.ends[_CLUNG] = one.take[edge], one.keep_up[edge], mixed
    one.ends[_LINK_TAKE] = one.take[edge] + mixed * one.keep_down[edge]
    one.ends[_LINK_UP] = one.keep_up[edge] + mixed * one.drop[edge]
    one.ends[_LEFT] = (layout.carried - mixed) * one.drop[edge]
    one.keep_up[edge] += layout.carried * one.drop[edge]
    one.take[edge] += layout.carried * one.keep_down[edge]
    one.drop[edge] *= 1 - layout.carried
    one.keep_down[edge] *= 1 - layout.carried
    back, reflection, transmission = 0.0, 0.0, 1.0
    one.ends[_PASSED] = 1.0
    for j in range(layout.stages - 1, -1, -1):
        if j == edge and layout.stages > edge + 1:
            back = (one.ends[_LEFT] + one.ends[_LINK_UP] * reflection) / max(one.keep_up[edge], _TINY)
            one.ends[_PASSED] = transmission
            reflection, transmission = 0.0, 1.0
        inverse = 1.0 / (one.keep_down[j] + one.take[j] * transmission)
        up = one.keep_up[j] * inverse
        reflection = one.drop[j] + one.keep_down[j] * reflection * up
        one.above[j] = transmission
        transmission *= up
        one.inverse[j], one.step_up[j], one.reflected[j] = inverse, up, reflection
    one.ends[_BACK] = max(reflection + transmission * back, _TINY)


@compiled
def flows(
    store: Array, layout: Layout, fed: Array, entry: float, rising: Array, falling: Array, returned: Array
) -> float:
    """Fill in the flows that leave each stage, and return what rises into the first.

    Parameters
    ----------
    fed : array (stages,)
        Feeds to the falling phase.
    entry : float
        Fed to the rising phase before the first stage.
    rising, falling, returned : array (stages,)
        Of these the first two are results; in the edge without what the rising phase carries.
    """
    edge, count, one = layout.edge, layout.stages, cascade(store)
    back, crossed, transmitted, linked = 0.0, 0.0, 0.0, 0.0
    for j in range(count - 1, -1, -1):
        if j == edge:
            crossed, transmitted, back = transmitted, 0.0, 0.0
        given = (back + fed[j]) * one.inverse[j]
        back = one.keep_down[j] * given
        returned[j] = back
        if j == edge:
            linked = one.ends[_LINK_TAKE] * given
        else:
            transmitted += one.above[j] * one.take[j] * given
    linked += transmitted * (one.ends[_LINK_UP] / max(one.keep_up[edge], _TINY))
    transmitted = linked * one.ends[_PASSED] + crossed
    entering = (layout.recycled * transmitted + entry) / _lost(one, layout)
    below = entering
    for j in range(count):
        given = fed[j]
        if j != edge and j + 1 < count:
            given += returned[j + 1]
        falling[j] = one.reflected[j] * below + returned[j]
        rising[j] = one.step_up[j] * below + one.take[j] * one.inverse[j] * given
        below = one.ends[_LINK_UP] * below + one.ends[_LINK_TAKE] * fed[edge] if j == edge else rising[j]
    rising[edge] = one.ends[_EDGE_UP] * (rising[edge - 1] if edge else entering) + one.ends[_EDGE_TAKE] * fed[edge]
    falling[edge] /= 1 - layout.carried
    if count > edge + 1:
        falling[edge + 1] += (layout.carried - one.ends[_CLUNG]) * falling[edge]
    return entering


@compiled
def _lost(one: Cascade, layout: Layout) -> float:
    """Return the share of what rises into the first stage that does not come round."""
    return (1 - layout.recycled) + layout.recycled * one.ends[_BACK]


@compiled
def influence(store: Array, layout: Layout, swing: Array, top: float, entry: float, rising: Array, ends: Array) -> None:
    """Fill in what a small change does to what rises from every stage.

    Within a section, rising less falling is the same at all heights.

    Parameters
    ----------
    swing : array (stages,)
        Moved from the falling to the rising phase of a stage, one column for each stage.
    top, entry : float
        Fed to the falling phase of the last stage; added to the rising phase before the first: two more columns.
    rising : array (stages, stages + 2)
        Result, with what is carried into the second section.
    ends : array (3, stages + 2)
        Results: into the first stage; from the edge, without what is carried; with the part of it that is mixed in.
    """
    edge, count, entering, in_edge, link = layout.edge, layout.stages, ends[0], ends[1], ends[2]
    one = cascade(store)
    for j in range(count):
        for k in range(count + 2):
            rising[j, k] = 0.0
    _upward(one, layout, 0, edge + 1, swing, top, rising)
    if count > edge + 1:
        _upward(one, layout, edge + 1, count, swing, top, rising)
    passed = layout.recycled / _lost(one, layout)
    entering[count] = rising[count - 1, count] * passed
    entering[count + 1] = entry / _lost(one, layout)
    into = swing[edge] * (1 - one.ends[_CLUNG])
    for j in range(count - 1, -1, -1):
        if j == edge:
            own = one.ends[_LINK_UP] * (rising[edge - 1, edge] if edge else 0.0) + into
            entering[j] = passed * own
            passed *= one.ends[_LINK_UP]
        else:
            entering[j] = passed * rising[j, j]
            passed *= one.step_up[j]
    through = 1.0
    for j in range(count):
        below, step = rising[j - 1] if j else entering, one.step_up[j]
        if j == edge + 1:
            below = link
            through *= one.ends[_LINK_UP] / max(one.step_up[edge], _TINY)
        end = count + 1 if j > edge or edge + 1 == count else edge + 1
        through *= step
        for k in range(j):
            rising[j, k] = step * below[k]
        for k in range(j, end):
            rising[j, k] += through * entering[k]
        for k in range(end, count + 2):
            rising[j, k] = step * below[k]
        if j == edge:
            for k in range(count + 2):
                link[k] = one.ends[_LINK_UP] * below[k]
            link[edge] += into
    for k in range(count + 2):
        in_edge[k] = one.ends[_EDGE_UP] * (rising[edge - 1, k] if edge else entering[k])
    in_edge[edge] += swing[edge]


@compiled
def _upward(one: Cascade, layout: Layout, first: int, end: int, swing: Array, top: float, rising: Array) -> None:
    """Columns of a section's own stages in the rows at and below them, with nothing rising into the section."""
    sent_back, sent_on = 0.0, 1.0
    for j in range(first, end):
        fed = swing[j] * (1 - layout.carried) if j == layout.edge else swing[j]
        both = fed * one.inverse[j] / (one.step_up[j] * one.above[j] + one.reflected[j] * sent_on)
        rising[j, j] = both * sent_on
        if j > first:
            rising[j - 1, j] = -both * sent_back * one.above[j]
        down = one.keep_down[j] / (one.keep_up[j] + one.drop[j] * sent_on)
        handed = sent_back * down
        sent_back = one.take[j] + one.keep_up[j] * handed
        one.ratio[j] = handed / max(sent_back, _TINY)
        sent_on *= down
    if end == layout.stages:
        rising[end - 1, end] = sent_back * top
    columns = end + 1 if end == layout.stages else end
    for j in range(end - 1, first, -1):
        for k in range(j + 1, columns):
            rising[j - 1, k] = one.ratio[j] * rising[j, k]
