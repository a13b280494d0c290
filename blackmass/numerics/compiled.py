"""Loops over cases compiled to machine code by Numba, with its cache."""

import functools
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numba
from numba.core import event

Function = TypeVar("Function", bound=Callable[..., Any])
_PACKAGE = Path(__file__).resolve().parent.parent


def compiled(function: Function) -> Function:
    """Compile a function of numbers and arrays; the machine code is kept in Numba's cache between runs.

    Arithmetic follows IEEE as NumPy's does: a division by zero gives infinity, and nothing is reordered. Where no
    place for a cache can be written to, the code is compiled anew in each process. With the environment variable
    NUMBA_DISABLE_JIT=1 everything runs as plain Python, slowly.

    A kernel calls others from other files, of which Numba's cache knows nothing: here it holds as long as neither its
    own file has changed nor one that it imports from the package.
    """
    try:
        machine: Any = numba.njit(function, cache=True, error_model="numpy", nogil=True)
    except RuntimeError:  # no place for the cache
        machine = numba.njit(function, error_model="numpy", nogil=True)
    files = getattr(getattr(machine, "_cache", None), "_cache_file", None)
    if files is not None:
        files._source_stamp = _stamp(Path(function.__code__.co_filename))
    return machine  # type: ignore[no-any-return]


class _Notice(event.Listener):
    """Says once, to somebody who waits at a terminal, what takes so long."""

    def __init__(self) -> None:
        self.given = not sys.stderr.isatty()

    def on_start(self, event: event.Event) -> None:
        if not self.given:
            print("blackmass: making machine code, once on this computer (a minute or two) ...", file=sys.stderr)
        self.given = True

    def on_end(self, event: event.Event) -> None:
        """Nothing to say."""


event.register("numba:compile", _Notice())


def _stamp(file: Path) -> tuple[int, int]:
    """Tell one state of a file, and of all that it imports, from another: the last change, and the size of all."""
    files, ahead = set[Path](), [file.resolve()]
    while ahead:
        known = ahead.pop()
        files.add(known)
        ahead += [found for found in _imported(known) if found not in files]
    states = [path.stat() for path in files]
    return max(state.st_mtime_ns for state in states), sum(state.st_size for state in states)


@functools.cache
def _imported(file: Path) -> tuple[Path, ...]:
    """Return the files of the package that a file imports."""
    names = re.findall(r"^from blackmass\.([\w.]+) import", file.read_text(encoding="utf-8"), re.MULTILINE)
    paths = [_PACKAGE.joinpath(*name.split(".")).with_suffix(".py") for name in names]
    return tuple(path for path in paths if path.is_file())
