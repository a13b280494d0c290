from pathlib import Path

import numpy as np

from blackmass.chemistry.leaching_cases import ELEMENTS, BatchCases, batch_case, read_cases

FILE = Path(__file__).parents[2] / "blackmass/data/cases/leach.csv"


def test_published_batch_tests_are_predicted_from_their_conditions():
    rows, cases, measured = read_cases(FILE)
    predicted, _ = batch_case(cases)
    tested = np.array([row["quality"] != "C" for row in rows])
    errors = np.array([100 * (predicted[element] - measured[element])[tested] for element in ELEMENTS])
    size = np.abs(errors[np.isfinite(errors)])
    assert size.size > 450
    assert np.median(size) < 4
    assert np.percentile(size, 90) < 12
    assert abs(np.nanmean(errors)) < 3


def test_predictions_do_not_see_what_was_measured():
    _, cases, measured = read_cases(FILE)
    assert not any(hasattr(cases, element) for element in measured)


def test_other_papers_are_predicted_as_well():
    rows, cases, measured = read_cases(FILE.with_name("leach_independent.csv"))
    predicted, _ = batch_case(cases)
    tested = np.array([row["quality"] != "C" for row in rows])
    errors = np.abs([100 * (predicted[element] - measured[element])[tested] for element in ELEMENTS])
    errors = errors[np.isfinite(errors)]
    assert errors.size >= 16
    assert np.median(errors) < 4
    assert np.percentile(errors, 90) < 15


def test_hydrochloric_acid_dissolves_hot_what_sulfuric_acid_leaves():
    cases = BatchCases(
        feed=["LiCoO2"] * 3,
        acid=["H2SO4", "HCl", "HCl"],
        acid_concentration=np.array([2e3, 4e3, 4e3]),
        reductant=["none"] * 3,
        reductant_concentration=np.zeros(3),
        temperature=np.array([353.15, 353.15, 298.15]),
        time=np.full(3, 3600.0),
        pulp_density=np.full(3, 20.0),
    )
    cobalt = batch_case(cases)[0]["Co"]
    assert cobalt[1] > 0.9
    assert np.all(cobalt[[0, 2]] < 0.5)
