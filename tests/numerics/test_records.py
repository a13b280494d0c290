"""Records: arrays and numbers under names, in Python and in compiled code."""

from typing import Annotated

import numpy as np

from blackmass.numerics.compiled import compiled
from blackmass.numerics.records import Array, Index, Whole, blank


class Inner:
    count: int
    place: Annotated[Index, 3]


class Outer:
    factor: float
    values: Annotated[Array, 4]
    first: Annotated[Whole, 2]
    inner: Inner


@compiled
def double(outer: Outer) -> float:
    outer.inner.count += 1
    outer.values[outer.inner.place[1]] = outer.factor
    return 2.0 * outer.factor


def test_compiled_code_reads_and_writes_records() -> None:
    record = blank(Outer)
    record.factor = 1.5
    record.inner.place[1] = 2
    record.first[:] = -1, 1
    assert double(record) == 3.0
    assert record.inner.count == 1
    assert record.values.tolist() == [0.0, 0.0, 1.5, 0.0]


def test_a_record_begins_with_zeros() -> None:
    assert not np.any(blank(Outer).values)
