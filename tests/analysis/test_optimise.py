"""Optimisers against functions whose best points are known."""

import numpy as np
import pytest

from blackmass.analysis.expressions import read_constraint, read_expression
from blackmass.analysis.optimise import Goal, front, optimise
from blackmass.errors import SolveError


def columns(points, failed=None, **values):
    status = np.full(len(points), "converged", dtype=object)
    if failed is not None:
        status[failed] = "failed"
    return {"status": status, "x": points[:, 0], "y": points[:, 1], **values}


def bowl(points):
    return columns(points, cost=(points[:, 0] - 0.3) ** 2 + 10 * (points[:, 1] - 0.6) ** 2)


def goal(text, maximise=False, *constraints):
    return Goal(read_expression(text), maximise, tuple(read_constraint(one) for one in constraints))


def test_the_bottom_of_a_bowl():
    found = optimise(bowl, 2, goal("cost"), population=20, generations=15)
    np.testing.assert_allclose(found.point, [0.3, 0.6], atol=2e-3)
    assert found.feasible
    assert found.failed == 0


def test_the_best_point_lies_on_an_active_constraint():
    found = optimise(bowl, 2, goal("x + y", True, "x + 2 * y <= 1", "y >= 0.1"), population=30, generations=30)
    assert found.feasible
    np.testing.assert_allclose(found.point, [0.8, 0.1], atol=5e-3)
    assert max(found.excess) <= 1e-9


def test_constraints_that_cannot_be_kept_are_said():
    found = optimise(bowl, 2, goal("cost", False, "x + y >= 3"), population=10, generations=5)
    assert not found.feasible
    np.testing.assert_allclose(found.point, [1, 1], atol=0.02)
    assert found.excess[0] == pytest.approx(1.0, abs=0.05)


def test_failed_cases_never_win():
    def broken(points):
        return columns(points, points[:, 0] > 0.5, cost=-points[:, 0])

    found = optimise(broken, 2, goal("cost"), population=20, generations=15)
    assert found.failed > 0
    assert found.columns["status"] == "converged"
    assert 0.49 < found.point[0] <= 0.5


def test_nothing_converges():
    with pytest.raises(SolveError, match=r"none of .* has a value"):
        optimise(lambda points: columns(points, slice(None)), 2, goal("x"), population=8, generations=2)


def test_the_same_seed_gives_the_same_answer():
    first, second = (optimise(bowl, 2, goal("cost"), population=10, generations=4, seed=5) for _ in range(2))
    np.testing.assert_array_equal(first.point, second.point)
    assert first.cases == second.cases


def test_front_between_two_objectives():
    goals = [goal("x", True), goal("x ** 2 + y", False)]
    found = front(bowl, 2, goals, population=24, generations=25)
    np.testing.assert_allclose(found.values[:, 1], found.values[:, 0] ** 2, atol=0.05)
    assert np.ptp(found.values[:, 0]) > 0.8
    assert np.all(np.diff(found.values[:, 0]) <= 0)


def test_front_keeps_constraints_and_has_no_failed_case():
    def broken(points):
        return columns(points, points[:, 0] > 0.7)

    goals = [goal("x", True, "y >= 0.2"), goal("x ** 2 + y", False)]
    found = front(broken, 2, goals, population=24, generations=20)
    assert np.all(found.columns["status"] == "converged")
    assert found.columns["y"].min() >= 0.2
    assert found.columns["x"].max() <= 0.7


def test_front_without_a_case_that_keeps_the_constraints():
    with pytest.raises(SolveError, match="keeps the constraints"):
        front(bowl, 2, [goal("x", True, "y >= 2"), goal("y")], population=8, generations=3)
