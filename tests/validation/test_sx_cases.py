"""Predicted against published extractions: equilibrium contacts at a held pH or a given saponification."""

import numpy as np
import pytest

from blackmass.analysis.validate import shipped_files, validate

FILE = next(path for path in shipped_files() if path.name == "sx.csv")


def counted(name):
    return [row for row in validate([FILE.with_name(name)]).rows if row.counted]


@pytest.fixture(scope="module")
def rows():
    return counted("sx.csv")


def test_published_extractions_are_met_within_a_few_points(rows):
    errors = np.array([row.error for row in rows])
    assert errors.size == 20
    assert np.median(np.abs(errors)) < 5
    assert np.percentile(np.abs(errors), 90) < 15


def test_what_is_half_extracted_is_met_too(rows):
    errors = np.array([row.error for row in rows if 5 <= row.measured <= 95])
    assert errors.size >= 10
    assert np.median(np.abs(errors)) < 9


def test_an_isotherm_is_followed_over_the_ph():
    rows = [row for row in counted("sx_isotherms.csv") if 5 <= row.measured <= 95]
    assert len(rows) >= 15
    assert np.median([abs(row.error) for row in rows]) < 5


def test_papers_that_no_constant_has_seen_are_met():
    rows = counted("sx_independent.csv")
    assert len(rows) == 18
    assert np.median([abs(row.error) for row in rows]) < 5
    half = [row for row in rows if 5 <= row.measured <= 95]
    assert np.median([abs(row.error) for row in half]) < 8
