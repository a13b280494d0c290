"""Loops over cases compiled to machine code by Numba, with its cache."""

from collections.abc import Callable
from typing import Any, TypeVar

import numba

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """Compile a function of numbers and arrays; the machine code is kept in Numba's cache between runs.

    Arithmetic follows IEEE as NumPy's does: a division by zero gives infinity, and nothing is reordered. Where no
    place for a cache can be written to, the code is compiled anew in each process. With the environment variable
    NUMBA_DISABLE_JIT=1 everything runs as plain Python, slowly.
    """
    try:
        machine: Any = numba.njit(function, cache=True, error_model="numpy", nogil=True)
    except RuntimeError:  # no place for the cache
        machine = numba.njit(function, error_model="numpy", nogil=True)
    return machine  # type: ignore[no-any-return]
