"""Extraction constants over temperature."""

import numpy as np
import pytest
from scipy.constants import R as GAS_CONSTANT

from blackmass.chemistry.extraction import extractant, extractant_names


@pytest.mark.parametrize("name", extractant_names())
def test_constants_at_25_celsius_are_those_of_the_data(name):
    np.testing.assert_allclose(extractant(name).at(298.15).log_k, extractant(name).log_k, rtol=1e-14)


def test_van_t_hoff():
    own = extractant("Cyanex 272")
    slope = (own.at(323.15).log_k - own.log_k) / (1 / 298.15 - 1 / 323.15)
    np.testing.assert_allclose(slope, own.enthalpy / GAS_CONSTANT, rtol=1e-10, atol=1e-9)


def test_heat_parts_cobalt_from_nickel():
    """With phosphinic acid the separation of cobalt from nickel grows two- to fourfold from 25 to 50 C (Flett 2005)."""
    own = extractant("Cyanex 272")
    cobalt, nickel = own.metals.index("Co+2"), own.metals.index("Ni+2")
    apart = [e.log_k[cobalt, 0] - e.log_k[nickel, 0] for e in (own, own.at(323.15))]
    assert 2 < np.exp(apart[1] - apart[0]) < 4
