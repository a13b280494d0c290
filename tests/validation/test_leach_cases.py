from pathlib import Path

import numpy as np

from blackmass.chemistry.leaching_cases import ELEMENTS, batch_case, read_cases

FILE = Path(__file__).parents[2] / "blackmass/data/cases/leach.csv"


def test_published_batch_tests_are_predicted_from_their_conditions():
    rows, cases, measured = read_cases(FILE)
    predicted, _ = batch_case(cases)
    tested = np.array([row["quality"] != "C" for row in rows])
    errors = np.array([100 * (predicted[element] - measured[element])[tested] for element in ELEMENTS])
    size = np.abs(errors[np.isfinite(errors)])
    assert size.size > 450
    assert np.median(size) < 4
    assert np.percentile(size, 90) < 15
    assert abs(np.nanmean(errors)) < 3


def test_predictions_do_not_see_what_was_measured():
    _, cases, measured = read_cases(FILE)
    assert not any(hasattr(cases, element) for element in measured)
