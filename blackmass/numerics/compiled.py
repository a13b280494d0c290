"""Loops over cases compiled to machine code by Numba, with its cache."""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numba

Function = TypeVar("Function", bound=Callable[..., Any])
_PACKAGE = Path(__file__).resolve().parent.parent


def compiled(function: Function) -> Function:
    """Compile a function of numbers and arrays; the machine code is kept in Numba's cache between runs.

    Arithmetic follows IEEE as NumPy's does: a division by zero gives infinity, and nothing is reordered. Where no
    place for a cache can be written to, the code is compiled anew in each process. With the environment variable
    NUMBA_DISABLE_JIT=1 everything runs as plain Python, slowly.

    A kernel calls others from other files, of which Numba's cache knows nothing: here it holds as long as no source
    file of the package has changed.
    """
    try:
        machine: Any = numba.njit(function, cache=True, error_model="numpy", nogil=True)
    except RuntimeError:  # no place for the cache
        machine = numba.njit(function, error_model="numpy", nogil=True)
    files = getattr(getattr(machine, "_cache", None), "_cache_file", None)
    if files is not None:
        files._source_stamp = _stamp()
    return machine  # type: ignore[no-any-return]


@functools.cache
def _stamp() -> tuple[int, int]:
    """Tell one state of the sources from another: the time of the last change, and the size of all."""
    states = [path.stat() for floor in ("numerics", "chemistry") for path in (_PACKAGE / floor).glob("*.py")]
    return max(state.st_mtime_ns for state in states), sum(state.st_size for state in states)
