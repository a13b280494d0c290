"""Sobol and Morris against functions whose indices are known exactly."""

import numpy as np
import pytest

from blackmass.analysis.sensitivity import morris, sobol
from blackmass.analysis.uncertainty import monte_carlo, tornado
from blackmass.errors import InputError, SolveError

A, B = 7.0, 0.1
INPUTS = ("x1", "x2", "x3")


def ishigami(points):
    x = np.pi * (2 * points.T - 1)
    return {"y": np.sin(x[0]) + A * np.sin(x[1]) ** 2 + B * x[2] ** 4 * np.sin(x[0])}


def exact_ishigami():
    """First-order and total indices by their integrals (Ishigami and Homma, 1990, 10.1109/ISUMA.1990.151285)."""
    first = 0.5 * (1 + B * np.pi**4 / 5) ** 2
    second = A**2 / 8
    mixed = B**2 * np.pi**8 * (1 / 18 - 1 / 50)
    total = first + second + mixed
    return np.array([first, second, 0.0]) / total, np.array([first + mixed, second, mixed]) / total


def test_sobol_indices_of_ishigami_are_exact():
    found = sobol(ishigami, INPUTS, 4096).figures["y"]
    first, total = exact_ishigami()
    np.testing.assert_allclose(found["S1"], first, atol=0.01)
    np.testing.assert_allclose(found["ST"], total, atol=0.01)
    assert np.all(np.abs(found["S1"] - first) < 2 * found["S1_conf"] + 1e-3)


def test_sobol_leaves_out_groups_with_failures_whole():
    def sometimes(points):
        values = ishigami(points)["y"]
        values[::1009] = np.nan
        return {"y": values}

    found = sobol(sometimes, INPUTS, 2048)
    assert found.failed == found.dropped == -(-2048 * 5 // 1009)
    np.testing.assert_allclose(found.figures["y"]["S1"], exact_ishigami()[0], atol=0.03)


def test_many_failures_are_refused():
    def often(points):
        return {"y": np.where(points[:, 0] < 0.3, np.nan, points[:, 0])}

    with pytest.raises(SolveError, match="too many for an honest index"):
        sobol(often, INPUTS, 64)


def test_constant_outputs_are_named_and_have_no_index():
    found = sobol(lambda points: {"y": points[:, 0], "flat": np.full(len(points), 3.0)}, INPUTS, 64)
    assert found.constant == ("flat",)
    assert set(found.figures) == {"y"}


def test_an_output_without_values_does_not_spoil_the_others():
    found = sobol(lambda points: {"y": points[:, 0], "none": np.full(len(points), np.nan)}, INPUTS, 64)
    assert found.undefined == ("none",)
    assert found.failed == 0
    np.testing.assert_allclose(found.figures["y"]["ST"], [1, 0, 0], atol=0.1)


def test_sobol_wants_a_power_of_two():
    with pytest.raises(InputError, match="power of two"):
        sobol(ishigami, INPUTS, 100)


def test_morris_finds_slopes_of_a_linear_function():
    found = morris(lambda points: {"y": 3 * points[:, 0] - 2 * points[:, 1]}, INPUTS, 10).figures["y"]
    np.testing.assert_allclose(found["mu"], [3, -2, 0], atol=1e-9)
    np.testing.assert_allclose(found["mu_star"], [3, 2, 0], atol=1e-9)
    np.testing.assert_allclose(found["sigma"], 0, atol=1e-9)


def test_morris_leaves_out_trajectories_with_failures():
    def model(points):
        values = 3 * points[:, 0] - 2 * points[:, 1]
        values[5] = np.nan
        return {"y": values}

    found = morris(model, INPUTS, 20)
    assert (found.failed, found.dropped) == (1, 1)
    np.testing.assert_allclose(found.figures["y"]["mu"], [3, -2, 0], atol=1e-9)


def test_monte_carlo_percentiles_of_a_uniform_number():
    found = monte_carlo(lambda points: {"y": 10 * points[:, 0]}, 2, 2000, seed=3)
    figures = found.figures["y"]
    np.testing.assert_allclose([figures["p5"], figures["p50"], figures["p95"]], [0.5, 5, 9.5], atol=0.05)
    np.testing.assert_allclose(figures["sd"], 10 / np.sqrt(12), rtol=0.01)


def test_monte_carlo_counts_failures_and_refuses_where_all_fail():
    found = monte_carlo(lambda points: {"y": np.where(points[:, 0] < 0.25, np.nan, 1.0)}, 1, 100)
    assert found.failed == 25
    assert found.figures["y"]["count"] == 75
    with pytest.raises(SolveError, match="none of 100"):
        monte_carlo(lambda points: {"y": np.full(len(points), np.nan)}, 1, 100)


def test_tornado_moves_one_input_at_a_time():
    found = tornado(lambda points: {"y": points[:, 0] + 10 * points[:, 1]}, INPUTS)
    assert found.middle["y"] == pytest.approx(5.5)
    np.testing.assert_allclose(found.swings["y"], [[5.1, 5.9], [1.5, 9.5], [5.5, 5.5]])
