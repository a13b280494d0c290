"""Orthogonal routes between the places of a grid, each line on a track of its own."""

import dataclasses
from collections.abc import Sequence


@dataclasses.dataclass
class Route:
    """A line from the right of one place to the left of another.

    Parameters
    ----------
    start, end : (row, column) of the places
    out, into : height of its ends within the rows
    first, last : tracks in the vertical channels beside its ends
    across : track in the horizontal channel `channel` (that above row `channel`), -1 where it needs none
    """

    start: tuple[int, int]
    end: tuple[int, int]
    out: float
    into: float
    channel: int = -1
    first: int = 0
    last: int = 0
    across: int = -1


def lay(routes: Sequence[Route]) -> tuple[dict[int, int], dict[int, int]]:
    """Choose channels and tracks of all routes; return how many tracks each vertical and horizontal channel has.

    Vertical channel c lies right of column c, -1 left of the first. A route to the next column needs one vertical
    track; any other goes along the horizontal channel that lies between its rows. Tracks by the left-edge algorithm
    (Hashimoto and Stevens, Design Automation Workshop 1971, 155).
    """
    upright: dict[int, list[tuple[float, float, Route, str]]] = {}
    level: dict[int, list[tuple[float, float, Route, str]]] = {}
    for route in routes:
        (row, column), (to_row, to_column) = route.start, route.end
        leave, enter = column, to_column - 1
        here, there = row + 0.5 + 0.3 * route.out, to_row + 0.5 + 0.3 * route.into
        if leave == enter:
            upright.setdefault(leave, []).append((min(here, there), max(here, there), route, "first"))
            continue
        route.channel = row + 1 if to_row > row else row
        level_at = float(route.channel)
        upright.setdefault(leave, []).append((min(here, level_at), max(here, level_at), route, "first"))
        upright.setdefault(enter, []).append((min(there, level_at), max(there, level_at), route, "last"))
        across = (min(leave, enter) + 0.5, max(leave, enter) + 0.5)
        level.setdefault(route.channel, []).append((*across, route, "across"))
    return {c: _tracks(spans) for c, spans in upright.items()}, {c: _tracks(spans) for c, spans in level.items()}


def _tracks(spans: list[tuple[float, float, Route, str]]) -> int:
    """Give each span the first track that is free there; return the number of tracks."""
    ends: list[float] = []
    for low, high, route, name in sorted(spans, key=lambda span: (span[0], span[1])):
        track = next((number for number, end in enumerate(ends) if end < low - 0.02), len(ends))
        if track == len(ends):
            ends.append(high)
        ends[track] = high
        setattr(route, name, track)
    return len(ends)
