"""Predicted against published extractions: equilibrium contacts at a held pH or a given saponification."""

import numpy as np
import pytest

from blackmass.analysis.validate import shipped_files, validate


@pytest.fixture(scope="module")
def rows():
    return [row for row in validate([path for path in shipped_files() if path.name == "sx.csv"]).rows if row.counted]


def test_published_extractions_are_met_within_a_few_points(rows):
    errors = np.array([row.error for row in rows])
    assert errors.size == 20
    assert np.median(np.abs(errors)) < 5
    assert np.percentile(np.abs(errors), 90) < 15


def test_what_is_half_extracted_is_met_too(rows):
    errors = np.array([row.error for row in rows if 5 <= row.measured <= 95])
    assert errors.size >= 10
    assert np.median(np.abs(errors)) < 9
