"""Predicted against published precipitations."""

import numpy as np
import pytest

from blackmass.analysis.validate import shipped_files, validate
from blackmass.chemistry.precipitation_cases import Conditions, predict
from blackmass.errors import InputError


@pytest.fixture(scope="module")
def rows():
    return validate([path for path in shipped_files() if path.name == "precipitation.csv"]).rows


def test_every_measured_figure_is_predicted(rows):
    assert len(rows) == 27
    assert all(row.predicted is not None for row in rows)


def test_median_error_of_yields(rows):
    """The tail is P12's lithium carbonate, measured above what its solubility in water allows."""
    errors = np.abs([row.error for row in rows if row.counted])
    assert errors.size == 24
    assert np.median(errors) < 5
    assert np.mean(errors < 8) >= 0.9


def test_nickel_and_cobalt_of_plant_practice_come_down_together(rows):
    errors = {row.element: abs(row.error) for row in rows if row.case == "P30"}
    assert errors["Ni"] < 5
    assert errors["Co"] < 20


def test_lithium_phosphate_of_shin(rows):
    assert next(row for row in rows if row.case == "P09").error == pytest.approx(0, abs=5)


def test_unknown_reagent_medium_and_element_are_refused():
    with pytest.raises(InputError, match="reagent 'MgOO' is not known; did you mean 'MgO'"):
        predict(Conditions({"Ni": 1.0}, "MgOO", pH=8.0))
    with pytest.raises(InputError, match="medium 'SO4' is not known; did you mean 'SO4-2'"):
        predict(Conditions({"Ni": 1.0}, "NaOH", "SO4", pH=8.0))
    with pytest.raises(InputError, match="element 'Xe'"):
        predict(Conditions({"Xe": 1.0}, "NaOH", pH=8.0))
    with pytest.raises(InputError, match="nothing to precipitate"):
        predict(Conditions({"Na": 1.0}, "H2C2O4", ratio=1.0))


def test_oxalate_takes_cobalt_and_leaves_lithium():
    found = predict(Conditions({"Co": 20.0, "Li": 3.0}, "H2C2O4", ratio=1.2, pH=1.5, temperature=323.15))
    assert found.precipitated["Co"] > 95
    assert found.precipitated["Li"] < 1


def test_hotter_liquor_gives_more_lithium_carbonate():
    cold, hot = (predict(Conditions({"Li": 10.0}, "Na2CO3", ratio=1.2, temperature=t)) for t in (298.15, 363.15))
    assert hot.precipitated["Li"] > cold.precipitated["Li"] + 5


def test_what_the_reagent_brings_counts_as_fed():
    found = predict(Conditions({"Li": 10.0, "Na": 1.0}, "Na2CO3", ratio=1.0, temperature=363.15))
    assert found.precipitated["Na"] == pytest.approx(0, abs=1e-6)


def test_permanganate_takes_manganese_and_leaves_cobalt():
    liquor = {"Mn": 5.0, "Co": 10.0, "Ni": 10.0}
    found = predict(Conditions(liquor, "KMnO4", ratio=1.0, pH=3.0, temperature=333.15))
    assert found.precipitated["Mn"] > 95
    assert found.precipitated["Co"] < 5
    half = predict(Conditions(liquor, "KMnO4", ratio=0.5, pH=3.0, temperature=333.15))
    assert 100 * (1 - half.residual["Mn"] / 5000) == pytest.approx(50, abs=3)


def test_losses_of_nickel_do_not_fall_where_the_mixed_hydroxide_sets_in():
    liquor = {"Al": 1.0, "Fe": 1.0, "Ni": 15.0, "Co": 5.0, "Mn": 5.0}
    lost = [predict(Conditions(liquor, "NaOH", pH=pH, temperature=323.15)).precipitated["Ni"] for pH in (6.4, 6.6, 7.0)]
    assert lost[0] > 1
    assert lost == sorted(lost)


def test_cases_of_other_papers():
    """Published precipitations that no constant was set with: all but calcium beside manganese carbonate."""
    shipped = next(path for path in shipped_files() if path.name == "precipitation.csv")
    statistics = validate([shipped.with_name("precipitation_independent.csv")]).statistics()
    assert statistics["count"] >= 12
    assert statistics["median_absolute_error"] < 5
    assert statistics["residual"]["median_factor"] < 2


def test_no_pH_is_singled_out_where_mixed_hydroxide_begins():
    """Uptake goes over into mixed hydroxide where that is saturated, here between pH 7.3 and 7.5, without a jump."""
    feed = {"Al": 1.0, "Fe": 1.0, "Mn": 2.0, "Co": 2.0, "Ni": 5.0}
    found = [predict(Conditions(feed, "NaOH", pH=pH)).precipitated for pH in np.arange(6.0, 8.01, 0.05)]
    for metal in ("Ni", "Co", "Mn"):
        steps = np.diff([shares[metal] for shares in found])
        assert np.all((steps > -1e-6) & (steps < 20)), metal
