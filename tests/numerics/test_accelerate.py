"""Fixed points of linear and nonlinear maps, in batches."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from blackmass.numerics.accelerate import FixedPoint, Map, Substitution


def solved(method: Substitution, function: Map, start: np.ndarray, **options: object) -> FixedPoint:
    same = np.ones_like(start)
    free = {"floor": same, "weight": same, "reach": np.full((len(start), 1), np.inf), "low": -np.inf * same}
    return method.solve(function, start, **(free | {"high": np.inf * same} | options))


def linear(seed: int, cases: int, unknowns: int = 6):
    random = np.random.default_rng(seed)
    matrix = random.random((cases, unknowns, unknowns))
    matrix *= 0.9 / np.abs(np.linalg.eigvals(matrix)).max(1)[:, None, None]
    offset = random.random((unknowns, cases))
    answer = np.linalg.solve(np.eye(unknowns) - matrix, offset.T[..., None])[..., 0].T

    def function(x, numbers):
        return np.einsum("cij,jc->ic", matrix[numbers], x) + offset[:, numbers]

    return function, answer, matrix


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**31))
def test_linear_maps_are_solved_exactly(seed):
    function, answer, _ = linear(seed, cases=5)
    found = solved(Substitution(), function, np.zeros_like(answer))
    assert found.converged.all()
    np.testing.assert_allclose(found.x, answer, rtol=1e-6, atol=1e-7)


def test_a_case_that_breaks_leaves_the_others_alone():
    def function(x, numbers):
        mapped = np.cos(x)
        mapped[:, numbers == 1] = np.nan
        return mapped

    found = solved(Substitution(), function, np.full((2, 3), 0.5))
    assert list(found.converged) == [True, False, True]
    np.testing.assert_allclose(found.x[:, [0, 2]], 0.7390851332151607, rtol=1e-8)


def test_a_slow_recycle_is_summed_to_its_end():
    found = solved(Substitution(plain=3), lambda x, _: 0.98 * x + 1.0, np.zeros((1, 1)))
    assert found.converged.all()
    assert found.iterations[0] < 30  # plain substitution needs over 1000
    np.testing.assert_allclose(found.x, 50.0, rtol=1e-7)


def test_a_recycle_that_meets_a_limit_on_its_way_settles_there():
    def function(x, _):
        return np.minimum(0.9 * x + 1.0, 4.0 + 0.1 * x)  # what goes beyond a solubility leaves

    found = solved(Substitution(), function, np.zeros((1, 2)))
    assert found.converged.all()
    np.testing.assert_allclose(found.x, 4.0 / 0.9, rtol=1e-8)


def test_a_map_that_swings_is_damped():
    found = solved(Substitution(iterations=400), lambda x, _: np.where(x > 1.0, 0.2, 3.0 - x), np.full((1, 1), 0.9))
    assert np.isfinite(found.x).all()
    assert not found.converged.any()  # it has no fixed point: 1.5 maps to 0.2
    found = solved(Substitution(iterations=400), lambda x, _: 4.0 / (1.0 + x**3), np.full((1, 1), 0.2))
    assert found.converged.all()
    np.testing.assert_allclose(found.x * (1 + found.x**3), 4.0, rtol=1e-8)


def test_steps_keep_within_their_reach():
    seen = []

    def function(x, _):
        seen.append(x.copy())
        return 0.97 * x + 9.0

    found = solved(Substitution(plain=2), function, np.full((1, 1), 290.0), reach=np.full((1, 1), 1.0))
    assert found.converged.all()
    steps = np.diff(np.concatenate(seen, axis=1))
    assert (
        np.abs(steps)
        <= 1.0 + np.abs(0.97 * np.concatenate(seen, axis=1)[:, :-1] + 9.0 - np.concatenate(seen, axis=1)[:, :-1]) + 1e-9
    ).all()


def test_a_response_known_beforehand_settles_a_linear_map_at_once():
    function, answer, matrix = linear(3, cases=4)

    def correct(now, mapped, numbers):
        return np.linalg.solve(np.eye(6) - matrix[numbers], (mapped - now).T[..., None])[..., 0].T

    found = solved(Substitution(plain=1), function, answer * 1.5, correct=correct)
    assert found.converged.all()
    assert found.iterations.max() <= 5


def test_a_response_that_misleads_is_dropped():
    function, answer, _ = linear(4, cases=4)
    found = solved(
        Substitution(plain=1), function, answer * 1.5, correct=lambda now, mapped, numbers: 5 * (now - mapped)
    )
    assert found.converged.all()
    np.testing.assert_allclose(found.x, answer, rtol=1e-6)
