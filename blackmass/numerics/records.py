"""Records of numbers and arrays of fixed length, which compiled loops pass to each other as one pointer."""

import functools
from typing import Annotated, Any, TypeVar, get_args, get_origin, get_type_hints

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.uint32]  # without sign: compiled code does not test them for counting from the end
Whole = npt.NDArray[np.int64]
_KINDS: dict[Any, Any] = {Array: np.float64, Index: np.uint32, Whole: np.int64}
Kind = TypeVar("Kind")


@functools.cache
def layout(kind: type) -> np.dtype[Any]:
    """Return the layout of a record from the annotations of a class.

    `int` and `float` are numbers; `Annotated[Array, 3]`, and so with `Index` and `Whole`, arrays of three; any other
    class is a record inside the record.
    """
    fields: list[tuple[Any, ...]] = []
    for name, hint in get_type_hints(kind, include_extras=True).items():
        if get_origin(hint) is Annotated:
            base, length = get_args(hint)
            length += length % 2 if base == Index else 0  # so that all that follows stands at a multiple of eight bytes
            fields.append((name, _KINDS[base], (length,)))
        elif hint in (int, float):
            fields.append((name, np.int64 if hint is int else np.float64))
        else:
            fields.append((name, layout(hint)))
    return np.dtype((np.record, np.dtype(fields, align=True)))


def blank(kind: type[Kind]) -> Kind:
    """Return a record of zeros."""
    record: Kind = np.zeros(1, layout(kind))[0]  # type: ignore[arg-type]
    return record
