import numpy as np
import pytest

from blackmass.errors import InputError
from blackmass.operations.splitter import Splitter
from blackmass.stream import Stream

FEED = Stream.of_mass({"H2O": 1.0, "Li+": 0.01, "SO4-2": 0.069, "graphite": 0.2}, temperature=330.0)


def test_both_parts_have_the_composition_of_the_feed():
    share = np.array([0.01, 0.3, 1.0])
    out = Splitter(bleed_fraction=share).run(feed=FEED)
    np.testing.assert_allclose(out["bleed"].flow, FEED.flow * share)
    np.testing.assert_allclose(out["rest"].flow, FEED.flow * (1 - share), atol=1e-15)
    np.testing.assert_allclose(out["rest"].temperature, 330.0)


def test_a_recycle_with_a_bleed_holds_the_inverse_of_its_fraction():
    """What goes round and leaves by the bleed alone builds up to feed / fraction."""
    going_round = Stream.empty()
    for _ in range(400):
        going_round = Splitter(bleed_fraction=0.1).run(feed=FEED + going_round)["rest"]
    np.testing.assert_allclose((FEED + going_round).flow, FEED.flow / 0.1, rtol=1e-9)


def test_a_splitter_without_bleed_is_refused():
    with pytest.raises(InputError, match="bleed_fraction"):
        Splitter(bleed_fraction=0.0)
