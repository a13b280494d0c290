import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import erfc

from blackmass.chemistry.washing import retained

RATIO = np.array([0.0, 1e-12, 0.01, 0.3, 0.7, 0.999, 1.0, 1.001, 1.5, 2.0, 3.0, 6.0, 50.0, 1e7, 1e14])


@pytest.mark.parametrize("number", [1.0, 5.0, 30.0, 200.0])
def test_more_wash_leaves_less_and_never_less_than_plug_flow(number):
    left = retained(RATIO, number)
    assert np.all(np.diff(left) <= 1e-15)
    assert np.all(left >= np.maximum(1 - RATIO, 0) - 1e-15)
    assert left[0] == 1
    assert left[-1] < 1e-12


def test_better_plug_flow_leaves_less():
    assert np.all(np.diff(retained(1.5, np.array([1.0, 3.0, 10.0, 30.0, 100.0]))) < 0)


@pytest.mark.parametrize(("ratio", "number"), [(0.4, 3.0), (1.0, 10.0), (1.6, 10.0), (2.5, 4.0)])
def test_what_is_left_is_what_has_not_come_out_by_the_wakeman_tarleton_curve(ratio, number):
    def share_of_liquor(w):
        first = erfc(np.sqrt(number) * (1 - w) / (2 * np.sqrt(w)))
        second = np.exp(number) * erfc(np.sqrt(number) * (1 + w) / (2 * np.sqrt(w)))
        return 1 - 0.5 * (first + second)

    assert retained(ratio, number) == pytest.approx(1 - quad(share_of_liquor, 1e-12, ratio)[0], abs=1e-9)


@given(st.floats(0, 1e3), st.floats(1, 200))
def test_share_is_a_share(ratio, number):
    assert 0 <= retained(ratio, number) <= 1


def test_smooth_where_wash_equals_liquor():
    below, above = retained(np.array([1 - 1e-10, 1 + 1e-10]), 20.0)
    assert abs(below - above) < 2e-10
