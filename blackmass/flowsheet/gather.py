"""Results of batches, put into the arrays of all cases as they come in: one copy in memory, whatever the number."""

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from blackmass.flowsheet.result import Solved
from blackmass.operations.operation import Outlets
from blackmass.stream import Stream, made

Index = npt.NDArray[np.intp]
Path = tuple[Any, ...]


def gathered(parts: Iterable[Solved], numbers: list[Index]) -> Solved:
    """Return the cases of several batches in their places; `numbers` says which cases each batch holds."""
    cases = sum(part.size for part in numbers)
    whole: dict[Path, Any] = {}
    missing: set[Path] = set()
    names: list[str] = []
    for part, places in zip(parts, numbers, strict=True):
        names = list(part.streams)
        leaves = dict(_leaves(_content(part)))
        missing |= whole.keys() ^ leaves.keys() if whole else set()  # a guess that some batches do not have
        for path, value in leaves.items():
            if isinstance(value, (str, type(None))):
                whole.setdefault(path, value)
                continue
            array = np.asarray(value)
            if path not in whole:
                whole[path] = np.empty((*array.shape[:-1], cases), dtype=array.dtype)
            if np.shape(whole[path])[:-1] == array.shape[:-1] and whole[path] is not None:
                whole[path][..., places] = array
            else:
                missing.add(path)
        last = part
    content = _nested({path: value for path, value in whole.items() if path not in missing})
    outlets = {unit: Outlets(**{"guess": None, **fields}) for unit, fields in content["outlets"].items()}
    streams = {}
    for name in names:
        unit, _, port = name.partition(".")
        streams[name] = outlets[unit][port] if unit in outlets else content["feeds"][name]
    return dataclasses.replace(
        last, streams=streams, outlets=outlets, knobs=content.get("knobs", {}), status=content["status"],
        iterations=content["iterations"], where=tuple(content["where"]),
    )  # fmt: skip


def _content(part: Solved) -> dict[str, Any]:
    cases = part.status.size
    outlets = {
        unit: {
            "status": np.broadcast_to(made.status, (cases,)),
            "report": made.report,
            "drawn": {port: stream.repeated(cases) for port, stream in made.drawn.items()},
            "guess": made.guess,
            **{name: v.repeated(cases) if isinstance(v, Stream) else v for name, v in made.values.items()},
        }
        for unit, made in part.outlets.items()
    }
    return {
        "outlets": outlets,
        "feeds": {name: stream for name, stream in part.streams.items() if name.partition(".")[0] not in outlets},
        "knobs": part.knobs,
        "status": part.status,
        "iterations": part.iterations,
        "where": np.array(part.where, dtype=object),
    }


def _leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield every array with where it hangs; a stream is hung up by its class."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _leaves(inner, (*path, name))
    elif isinstance(value, Stream):
        yield from _leaves({Stream: {f.name: getattr(value, f.name) for f in dataclasses.fields(Stream)}}, path)
    else:
        yield path, value


def _nested(leaves: Mapping[Path, Any]) -> Any:
    """Undo `_leaves`."""
    tree: dict[Any, Any] = {}
    for path, value in leaves.items():
        branch = tree
        for name in path[:-1]:
            branch = branch.setdefault(name, {})
        branch[path[-1]] = value
    return _with_streams(tree)


def _with_streams(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if Stream in value:
        return made(**value[Stream])
    return {name: _with_streams(inner) for name, inner in value.items()}
