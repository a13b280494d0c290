"""Small dense systems are solved as LAPACK solves them, and singular ones are told."""

import numpy as np
import pytest

from blackmass.numerics.dense import lu_solve


@pytest.mark.parametrize("count", [1, 2, 5, 17])
@pytest.mark.parametrize("columns", [1, 3])
def test_as_lapack(count: int, columns: int) -> None:
    draw = np.random.default_rng(count)
    matrix, right = draw.normal(size=(count, count)), draw.normal(size=(count, columns))
    solution = right.copy()
    assert lu_solve(matrix.copy(), solution)
    assert np.allclose(matrix @ solution, right, rtol=0, atol=1e-11)


def test_one_right_side() -> None:
    matrix, right = np.array([[0.0, 2.0], [4.0, 1.0]]), np.array([2.0, 9.0])
    assert lu_solve(matrix, right)
    assert right.tolist() == [2.0, 1.0]


def test_rows_and_columns_of_any_scale() -> None:
    draw = np.random.default_rng(3)
    rows, columns = 10.0 ** draw.uniform(-40, 40, 8), 10.0 ** draw.uniform(-40, 40, 8)
    core, wanted = draw.normal(size=(8, 8)), draw.normal(size=8)
    matrix = rows[:, None] * core * columns
    right = rows * (core @ wanted)
    assert lu_solve(matrix, right)
    assert np.allclose(right * columns, wanted, rtol=1e-10)


@pytest.mark.parametrize(
    "matrix",
    [
        [[1.0, 2.0], [2.0, 4.0]],
        [[0.0, 0.0], [1.0, 1.0]],
        [[1.0, 0.0], [1.0, 0.0]],
        [[np.nan, 1.0], [1.0, 1.0]],
        [[np.inf, 1.0], [1.0, 1.0]],
        [[0.1, 0.2, 0.3], [0.4, 0.5, 0.6], [0.7, 0.8, 0.9]],
    ],
)
def test_singular(matrix: list[list[float]]) -> None:
    assert not lu_solve(np.array(matrix), np.ones(len(matrix)))


def test_nothing_to_solve() -> None:
    assert lu_solve(np.empty((0, 0)), np.empty(0))
