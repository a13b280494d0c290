"""Linear systems and complementarity of a batch."""

import numpy as np
import pytest

from blackmass.numerics.newton import complementarity, solve_each


def systems(cases: int, size: int, apart: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(seed)
    matrix = draw.normal(size=(cases, size, size)) + 3 * np.eye(size)
    block = matrix[:, :apart, :apart]
    block *= np.eye(apart)
    return matrix, draw.normal(size=(cases, size, 2))


@pytest.mark.parametrize("apart", [0, 3, 8])
def test_each_case_is_solved(apart):
    matrix, right = systems(7, 12, apart)
    found = solve_each(matrix.copy(), right.copy(), apart)
    np.testing.assert_allclose(matrix @ found, right, atol=1e-9)


def test_a_singular_case_leaves_the_others_alone():
    matrix, right = systems(4, 5, 0)
    matrix[1] = 0.0
    matrix[2, 3] = matrix[2, 4]
    found = solve_each(matrix.copy(), right.copy())
    np.testing.assert_allclose(matrix[[0, 3]] @ found[[0, 3]], right[[0, 3]], atol=1e-9)
    assert np.isfinite(found).all()


def test_a_case_that_is_not_finite_leaves_the_others_alone():
    matrix, right = systems(3, 5, 0)
    matrix[1, 0, 0] = np.nan
    found = solve_each(matrix.copy(), right.copy())
    np.testing.assert_allclose(matrix[[0, 2]] @ found[[0, 2]], right[[0, 2]], atol=1e-9)
    assert not np.isfinite(found[1]).all()


def test_complementarity_is_zero_where_one_is_zero_and_the_other_is_not_negative():
    first, second = np.array([0.0, 2.0, 1e-13, 0.0, -1.0]), np.array([3.0, 0.0, 50.0, 0.0, 2.0])
    value, by_first, by_second = complementarity(first, second, np.zeros(5))
    np.testing.assert_allclose(value[:4], [0, 0, 1e-13, 0], rtol=1e-2, atol=1e-30)
    assert value[4] < 0
    assert np.all((by_first >= 0) & (by_second >= 0) & (by_first + by_second > 0))


def test_smoothed_complementarity_holds_the_product_and_has_the_right_derivatives():
    first, second, smoothing = np.array([0.2, 5.0]), np.array([0.5, 0.02]), np.array([0.1, 0.1])
    value, by_first, by_second = complementarity(first, second, smoothing)
    np.testing.assert_allclose(value, 0, atol=1e-15)
    step = 1e-6
    numeric = (complementarity(first + step, second, smoothing)[0] - value) / step
    np.testing.assert_allclose(by_first, numeric, rtol=1e-4)
    numeric = (complementarity(first, second + step, smoothing)[0] - value) / step
    np.testing.assert_allclose(by_second, numeric, rtol=1e-4)
