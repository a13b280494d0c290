import numpy as np
import pytest

from blackmass.operations.counter_current_decantation import CounterCurrentDecantation
from blackmass.operations.thickener import Thickener
from blackmass.stream import Stream

SLURRY = Stream.of_mass({"graphite": 0.1, "H2O": 0.85, "Li+": 0.01, "CO3-2": 0.0432})
WATER = Stream.of_mass({"H2O": 1.0})


def washed(**settings):
    return CounterCurrentDecantation(**settings).run(slurry=SLURRY, wash_liquor=Stream.empty(), wash=WATER)


def test_one_stage_without_wash_is_a_thickener():
    train = washed(stages=1, wash_ratio=0.0, mixing=1.0, underflow_solids=0.35)
    one = Thickener(underflow_solids=0.35).run(slurry=SLURRY)
    np.testing.assert_allclose(train["underflow"].flow, one["underflow"].flow, rtol=1e-12)


def test_stages_agree_with_the_balances_of_each():
    stages, ratio, density = 3, 1.5, 0.4
    out = washed(stages=stages, wash_ratio=ratio, mixing=1.0, underflow_solids=density, solids_to_overflow=0.0)
    held = 0.1 * (1 - density) / density
    wash, feed = ratio * held, float((SLURRY.mass - 0.1)[0])
    matrix, right = np.zeros((stages, stages)), np.zeros(stages)
    for n in range(stages):
        over = feed + wash - held if n == 0 else wash
        matrix[n, n] = over + held
        if n:
            matrix[n, n - 1] = -held
        if n < stages - 1:
            matrix[n, n + 1] = -wash
    right[0] = feed
    share = held * np.linalg.solve(matrix, right)[-1] / feed
    assert out["underflow"]["Li+"][0] / SLURRY["Li+"][0] == pytest.approx(share, rel=1e-9)


def test_wash_and_stages_recover_more():
    by_wash = washed(wash_ratio=np.array([0.0, 0.5, 1.0, 2.0, 5.0]))
    by_stage = [washed(stages=n)["overflow"]["Li+"][0] for n in (1, 2, 4, 8)]
    assert np.all(np.diff(by_wash["overflow"]["Li+"]) > 0)
    assert np.all(np.diff(by_stage) > 0)


def test_a_paste_leaves_as_underflow():
    out = CounterCurrentDecantation(solids_to_overflow=0.0).run(
        slurry=Stream.of_mass({"graphite": 0.9, "H2O": 0.1}), wash_liquor=Stream.empty(), wash=Stream.empty()
    )
    assert out["overflow"].mass[0] == 0
