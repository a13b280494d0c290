import numpy as np
import pytest

from blackmass.numerics.cascade import Cascade, solve_cases

STAGES, SOLUTES, CASES = 7, 3, 4
SECTIONS = (5, 2)


def shares(seed=0, spread=4.0):
    odds = np.exp(np.random.default_rng(seed).uniform(-spread, spread, (STAGES, SOLUTES, CASES)))
    return np.stack([odds / (1 + odds), 1 / (1 + odds)])


def feeds(seed=1):
    generator = np.random.default_rng(seed)
    return {j: generator.uniform(0.1, 1, (SOLUTES, CASES)) for j in (2, 4, 6)}, generator.uniform(
        0, 1, (SOLUTES, CASES)
    )


EFFICIENCY = np.array([0.3, 0.8, 0.95, 1.0])
CARRIED = np.array([0.0, 1e-4, 0.01, 0.2])


@pytest.mark.parametrize("closed", [True, False])
@pytest.mark.parametrize("carried", [None, CARRIED])
def test_what_enters_leaves_also_for_traces(closed, carried):
    fed, entry = feeds()
    profile = Cascade(shares(spread=30.0), EFFICIENCY, SECTIONS, closed, carried).solve(fed, entry)
    leaving = profile.falling[:, 0] + profile.falling[:, SECTIONS[0]] + (0 if closed else profile.rising[:, -1])
    np.testing.assert_allclose(leaving, sum(fed.values()) + entry, rtol=1e-12)


def test_fresh_solvent_follows_kremser():
    factor = np.array([0.5, 1.5, 3.0])
    share = np.broadcast_to(np.stack([factor / (1 + factor), 1 / (1 + factor)])[:, None, None], (2, 4, 1, 3))
    cascade = Cascade(share, np.ones(3), (4,), closed=False)
    profile = cascade.solve({3: np.ones((1, 3))}, np.zeros((1, 3)))
    np.testing.assert_allclose(profile.falling[0, 0], (factor - 1) / (factor**5 - 1), rtol=1e-12)


def test_stage_of_no_efficiency_changes_nothing():
    efficiency = np.ones((STAGES, 1, CASES))
    efficiency[3] = 0.0
    profile = Cascade(shares(), efficiency, SECTIONS, closed=True).solve(*feeds())
    np.testing.assert_allclose(profile.rising[:, 3], profile.rising[:, 2], rtol=1e-14)


@pytest.mark.parametrize("closed", [True, False])
@pytest.mark.parametrize("carried", [None, CARRIED])
def test_influence_is_the_derivative_of_the_profile(closed, carried):
    fed, entry = feeds()
    share = shares()

    def profile(stage=0, step=0.0, top=0.0, entering=0.0):
        odds = share[0] / share[1]
        odds[stage] *= np.exp(step)
        moved = fed | {6: fed[6] + top}
        cascade = Cascade(np.stack([odds / (1 + odds), 1 / (1 + odds)]), EFFICIENCY, SECTIONS, closed, carried)
        return cascade.solve(moved, entry + entering)

    base = profile()
    swing = EFFICIENCY * np.swapaxes(base.rising + base.falling, 0, 1) * share[0] * share[1]
    cascade = Cascade(share, EFFICIENCY, SECTIONS, closed, carried)
    change = cascade.influence(swing, np.ones_like(entry), np.ones_like(entry))
    rows = change.rising.copy()
    rows[:, SECTIONS[0] - 1] = change.in_stage
    h = 1e-5
    for stage in range(STAGES):
        slope = (profile(stage, h).rising - profile(stage, -h).rising) / (2 * h)
        np.testing.assert_allclose(rows[:, :, stage], slope, rtol=1e-6, atol=1e-8)
    for column, given in ((STAGES, "top"), (STAGES + 1, "entering")):
        slope = profile(**{given: 1.0}).rising - base.rising
        np.testing.assert_allclose(rows[:, :, column], slope, rtol=1e-9, atol=1e-10)


def test_singular_case_leaves_the_others_alone():
    matrix = np.stack([np.eye(3) * 2, np.zeros((3, 3)), np.eye(3) * 4], axis=-1)
    solution, good = solve_cases(matrix, np.ones((3, 3)))
    np.testing.assert_array_equal(good, [True, False, True])
    np.testing.assert_allclose(solution[:, [0, 2]], [[0.5, 0.25]] * 3)
    assert not solution[:, 1].any()
