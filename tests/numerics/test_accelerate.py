"""Fixed points of linear and nonlinear maps, in batches."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from blackmass.numerics.accelerate import Anderson, difference_jacobian

FREE = np.array([[-np.inf]]), np.array([[np.inf]])


def linear(seed: int, cases: int, unknowns: int = 6):
    random = np.random.default_rng(seed)
    matrix = random.normal(size=(cases, unknowns, unknowns))
    matrix *= 0.9 / np.abs(np.linalg.eigvals(matrix)).max(1)[:, None, None]
    offset = random.normal(size=(unknowns, cases))
    answer = np.linalg.solve(np.eye(unknowns) - matrix, offset.T[..., None])[..., 0].T

    def function(x, numbers):
        return np.einsum("cij,jc->ic", matrix[numbers], x) + offset[:, numbers]

    return function, answer


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**31))
def test_linear_maps_are_solved_exactly(seed):
    function, answer = linear(seed, cases=5)
    start = np.zeros_like(answer)
    found = Anderson().solve(function, start, np.ones_like(answer), *FREE)
    assert found.converged.all()
    np.testing.assert_allclose(found.x, answer, rtol=1e-6, atol=1e-7)


def test_a_case_that_breaks_leaves_the_others_alone():
    def function(x, numbers):
        mapped = np.cos(x)
        mapped[:, numbers == 1] = np.nan
        return mapped

    found = Anderson().solve(function, np.full((2, 3), 0.5), np.ones((2, 3)), *FREE)
    assert list(found.converged) == [True, False, True]
    np.testing.assert_allclose(found.x[:, [0, 2]], 0.7390851332151607, rtol=1e-8)


def test_anderson_needs_far_fewer_passes_than_substitution():
    found = Anderson(iterations=500).solve(lambda x, _: 0.99 * x + 1.0, np.zeros((1, 1)), np.full((1, 1), 100.0), *FREE)
    assert found.converged.all()
    assert found.iterations[0] < 10  # plain substitution needs over 2000


def test_a_response_known_beforehand_settles_a_linear_map_at_once():
    function, answer = linear(3, cases=4)
    matrix = np.stack(
        [difference_jacobian(function, answer[:, [c]], np.array([c]), np.ones((6, 1)))[1][0] for c in range(4)]
    )

    def correct(now, mapped, numbers):
        return -np.linalg.solve(matrix[numbers], (mapped - now).T[..., None])[..., 0].T

    found = Anderson().solve(function, answer * 1.5, np.ones_like(answer), *FREE, correct=correct)
    assert found.converged.all()
    assert found.iterations.max() <= 5
