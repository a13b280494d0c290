import numpy as np
import pytest

from blackmass.numerics.cascade import Layout, eliminate_cascade, flows, influence

STAGES, EDGE = 7, 4
EFFICIENCY, CARRIED = (0.3, 0.8, 0.95, 1.0), (0.0, 1e-4, 0.01, 0.2)
CASES = [(closed, *pair) for closed in (True, False) for pair in zip(EFFICIENCY, CARRIED, strict=True)]


def odds(seed=0, spread=4.0):
    return np.exp(np.random.default_rng(seed).uniform(-spread, spread, STAGES))


def feeds(seed=1):
    generator, fed = np.random.default_rng(seed), np.zeros(STAGES)
    fed[[2, 4, 6]] = generator.uniform(0.1, 1, 3)
    return fed, generator.uniform(0, 1)


def solved(layout, factor, efficiency, fed, entry):
    """The cascade, what leaves each stage upwards and downwards, and what rises into the first."""
    one = np.zeros((10, max(layout.stages, 8)))
    eliminate_cascade(one, layout, factor / (1 + factor), 1 / (1 + factor), efficiency)
    rising, falling = np.zeros((2, layout.stages))
    entering = flows(one, layout, fed, entry, rising, falling, np.zeros(layout.stages))
    return one, rising, falling, entering


@pytest.mark.parametrize(("closed", "efficiency", "carried"), CASES)
def test_what_enters_leaves_also_for_traces(closed, efficiency, carried):
    fed, entry = feeds()
    layout = Layout(EDGE, STAGES, float(closed), carried, 1.0)
    _, rising, falling, _ = solved(layout, odds(spread=30.0), np.full(STAGES, efficiency), fed, entry)
    leaving = falling[0] + falling[EDGE + 1] + (0 if closed else rising[-1])
    np.testing.assert_allclose(leaving, fed.sum() + entry, rtol=1e-12)


@pytest.mark.parametrize("factor", [0.5, 1.5, 3.0])
def test_fresh_solvent_follows_kremser(factor):
    _, _, falling, _ = solved(Layout(3, 4, 0.0, 0.0, 1.0), np.full(4, factor), np.ones(4), np.eye(4)[3], 0.0)
    np.testing.assert_allclose(falling[0], (factor - 1) / (factor**5 - 1), rtol=1e-12)


def test_stage_of_no_efficiency_changes_nothing():
    efficiency = np.ones(STAGES)
    efficiency[3] = 0.0
    _, rising, _, _ = solved(Layout(EDGE, STAGES, 1.0, 0.0, 1.0), odds(), efficiency, *feeds())
    np.testing.assert_allclose(rising[3], rising[2], rtol=1e-14)


@pytest.mark.parametrize(("closed", "efficiency", "carried"), CASES)
def test_influence_is_the_derivative_of_the_profile(closed, efficiency, carried):
    layout, approach = Layout(EDGE, STAGES, float(closed), carried, 1.0), np.full(STAGES, efficiency)
    fed, entry = feeds()

    def rise(stage=0, step=0.0, top=0.0, entering=0.0):
        factor = odds()
        factor[stage] *= np.exp(step)
        return solved(layout, factor, approach, fed + top * np.eye(STAGES)[6], entry + entering)[1]

    one, rising, falling, _ = solved(layout, odds(), approach, fed, entry)
    swing = approach * (rising + falling) * odds() / (1 + odds()) ** 2
    rows, ends = np.zeros((STAGES, STAGES + 2)), np.zeros((3, STAGES + 2))
    influence(one, layout, swing, 1.0, 1.0, rows, ends)
    rows[EDGE] = ends[1]
    h = 1e-5
    for stage in range(STAGES):
        np.testing.assert_allclose(rows[:, stage], (rise(stage, h) - rise(stage, -h)) / (2 * h), rtol=1e-6, atol=1e-8)
    for column, given in ((STAGES, "top"), (STAGES + 1, "entering")):
        np.testing.assert_allclose(rows[:, column], rise(**{given: 1.0}) - rise(), rtol=1e-9, atol=1e-10)
