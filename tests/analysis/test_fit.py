"""Parameters are found again from data that a known plant made."""

import numpy as np
import pytest

from blackmass.analysis.fit import fit
from blackmass.analysis.knobs import Knob
from blackmass.analysis.measured import Measured, read_measured
from blackmass.analysis.ranges import Spread
from blackmass.errors import InputError, SolveError
from blackmass.flowsheet.load import load_flowsheet

TIME = np.linspace(0.2, 4.0, 12)
RATE, LIMIT = 0.8, 0.9


def predict(inputs):
    """First-order approach to a limit."""
    dissolved = inputs["lab.limit"] * (1 - np.exp(-inputs["lab.rate"] * inputs["lab.time"]))
    return {"status": np.full(dissolved.size, "converged", dtype=object), "dissolved": dissolved}


def spread(path, low, high, kind="uniform"):
    return Spread(Knob(path, "number"), kind, (low, high), f"{low}:{high}")


RANGES = (spread("lab.rate", 0.1, 10.0, "log"), spread("lab.limit", 0.5, 1.0))


def trials(values, deviation=np.nan, time=TIME):
    deviations = np.full(len(values), deviation)
    return Measured((Knob("lab.time", "number"),), {"lab.time": time}, {"dissolved": values}, {"dissolved": deviations})


def exact(time=TIME):
    return LIMIT * (1 - np.exp(-RATE * time))


def test_exact_data_give_the_parameters_back():
    found = fit(predict, RANGES, trials(exact()))
    np.testing.assert_allclose([one.value for one in found.estimates], [RATE, LIMIT], rtol=1e-5)
    assert found.identifiable
    assert not any(one.at_bound for one in found.estimates)


def test_intervals_hold_the_truth_as_often_as_they_say():
    random, held = np.random.default_rng(1), 0
    for _ in range(60):
        found = fit(predict, RANGES, trials(exact() + random.normal(scale=0.01, size=TIME.size)))
        held += sum(one.low <= truth <= one.high for one, truth in zip(found.estimates, (RATE, LIMIT), strict=True))
    assert 0.88 <= held / 120 <= 0.99


def test_given_deviations_make_the_interval():
    narrow, wide = (fit(predict, RANGES, trials(exact(), deviation)).estimates[1] for deviation in (0.001, 0.01))
    assert (wide.high - wide.low) == pytest.approx(10 * (narrow.high - narrow.low), rel=0.01)


def test_data_that_cannot_tell_parameters_apart_are_said():
    early = np.full(6, 1e-6)  # only the product of rate and limit shows
    found = fit(predict, RANGES, trials(exact(early), time=early))
    assert not found.identifiable
    assert np.isnan(found.estimates[0].low)


def test_a_parameter_at_its_bound_is_said():
    found = fit(predict, (spread("lab.rate", 1.5, 10.0), RANGES[1]), trials(exact()))
    assert [one.at_bound for one in found.estimates] == [True, False]


def test_failed_cases_stop_a_step_and_get_no_value():
    def fails(inputs):
        columns = predict(inputs)
        columns["status"][inputs["lab.rate"] > 3.0] = "failed"
        columns["dissolved"] = np.where(inputs["lab.rate"] > 3.0, np.nan, columns["dissolved"])
        return columns

    found = fit(fails, RANGES, trials(exact()))
    np.testing.assert_allclose(found.estimates[0].value, RATE, rtol=1e-4)
    with pytest.raises(SolveError, match="does not converge at any"):
        fit(fails, (spread("lab.rate", 4.0, 10.0), RANGES[1]), trials(exact()))


def test_missing_values_are_left_out():
    values = exact()
    values[::3] = np.nan
    found = fit(predict, RANGES, trials(values))
    assert len(found.rows) == 8
    np.testing.assert_allclose(found.estimates[1].value, LIMIT, rtol=1e-5)


def test_too_few_values_and_fitted_columns_are_refused():
    with pytest.raises(InputError, match="2 parameters cannot be found from 1"):
        fit(predict, RANGES, trials(exact(TIME[:1]), time=TIME[:1]))
    with pytest.raises(InputError, match="also a column of the data"):
        fit(predict, (spread("lab.time", 0.1, 1.0),), trials(exact()))


WRONG = {
    "unknown": ("leech.temperature,recovery.Li\n80,0.9\n", "did you mean 'leach'?"),
    "output": ("leach.temperature,recovery.Ly\n80,0.9\n", "no output 'recovery.Ly'"),
    "cell": ("leach.temperature,recovery.Li\n80,much\n", "row 2: recovery.Li = 'much' is not a number"),
    "bounds": ("leach.temperature,recovery.Li\n180,0.9\n", "row 2: leach.temperature = 180"),
    "ragged": ("leach.temperature,recovery.Li\n80\n", "row 2: 1 cells"),
    "nothing": ("leach.temperature,recovery.Li\n80,\n", "nothing is measured"),
    "empty": ("leach.temperature,recovery.Li\n", "one row or more"),
    "twice": ("recovery.Li,recovery.Li\n0.9,0.9\n", "given twice"),
    "unit": ("leach.temperature,utility.heat_kW [kg]\n80,3\n", "utility.heat_kW is in kW"),
    "deviation": ("leach.temperature,recovery.Li,recovery.Li.sd\n80,0.9,0\n", "above zero"),
}


@pytest.fixture(scope="module")
def plant():
    return load_flowsheet("lfp_selective")


@pytest.mark.parametrize("case", WRONG)
def test_wrong_data_are_named(case, plant, tmp_path):
    text, message = WRONG[case]
    path = tmp_path / "trials.csv"
    path.write_text(text)
    with pytest.raises(InputError) as error:
        read_measured(plant, path)
    assert message in str(error.value)


def test_units_of_columns_are_converted(plant, tmp_path):
    path = tmp_path / "trials.csv"
    path.write_text("leach.temperature [K],recovery.Li [%],utility.heat_kW [MW]\n340,93,2\n350,,2.5\n")
    found = read_measured(plant, path)
    np.testing.assert_allclose(found.settings["leach.temperature"], [340, 350])
    np.testing.assert_allclose(found.values["recovery.Li"], [0.93, np.nan])
    np.testing.assert_allclose(found.values["utility.heat_kW"], [2000, 2500])
    assert found.count == 3
