import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from blackmass.numerics.competition import left_over

SIZES = st.floats(-12, 12).map(lambda power: 10.0**power)


@settings(deadline=None)
@given(SIZES, st.lists(st.tuples(SIZES, SIZES), min_size=1, max_size=4))
def test_what_is_left_and_what_is_bound_add_up(supply, users):
    demand, affinity = (np.array(values)[:, None] for values in zip(*users, strict=True))
    left = left_over(np.array([supply]), demand, affinity)
    bound = (demand * affinity * left / (1 + affinity * left)).sum(0)
    assert 0 < left[0] <= supply
    np.testing.assert_allclose(left + bound, supply, rtol=1e-12)


def test_nothing_to_share():
    assert left_over(np.zeros(1), np.ones((1, 1)), np.ones((1, 1)))[0] == 0
