"""Solids that form bring sizes of their own; traces that went round do not set them."""

import numpy as np

from blackmass import species
from blackmass.chemistry.breakage import powder_sizes
from blackmass.sizes import passing_size
from blackmass.stream import Stream

PLACE = species.MATERIALS.index("precipitate")
FORMS = species.reaction({"Fe+3": -1, "H2O": -3, "Fe(OH)3": 1, "H+": 3})


def carried(trace):
    """A liquor with a trace of a coarse precipitate."""
    sizes = np.array(powder_sizes())
    sizes[PLACE] = 0.0
    sizes[PLACE, -1] = 1.0
    return Stream.of({"Fe+3": 1.0, "H2O": 100.0, "Fe(OH)3": trace}).with_sizes(sizes)


def test_what_forms_has_fresh_sizes_whatever_the_traces():
    tiny, none = carried(1e-12).react(FORMS, np.ones(1)), carried(0.0).react(FORMS, np.ones(1))
    np.testing.assert_allclose(tiny.sizes, none.sizes, atol=1e-11)
    assert 5e-6 < passing_size(tiny.sizes[PLACE])[0] < 3e-5


def test_sizes_mix_by_mass_and_sum_to_one():
    half = carried(1.0).react(FORMS, np.ones(1))
    assert half.sizes[PLACE, -1, 0] == 0.5
    np.testing.assert_allclose(half.sizes.sum(1)[PLACE], 1.0, rtol=1e-12)


def test_what_dissolves_leaves_the_sizes_of_the_rest():
    less = carried(1.0).react(FORMS, np.full(1, -0.5))
    np.testing.assert_array_equal(less.sizes, carried(1.0).sizes)
