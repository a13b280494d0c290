"""What is varied: grids and samples, from text with units, and any part of them without the rest."""

import numpy as np
import pytest

from blackmass.analysis.design import Sample, read_axes, read_ranges
from blackmass.errors import InputError
from blackmass.flowsheet.load import load_flowsheet
from blackmass.flowsheet.plant import Plant


@pytest.fixture(scope="module")
def plant() -> Plant:
    return load_flowsheet("spoke")


def test_grid_is_full_and_its_last_axis_fastest(plant):
    grid = read_axes(plant, {"screen.cut_size": "0.3:0.7:3 mm", "shredder.temperature": "20,40 degC"})
    found = grid.columns(0, grid.cases)
    np.testing.assert_allclose(found["screen.cut_size"], np.repeat([0.3e-3, 0.5e-3, 0.7e-3], 2))
    np.testing.assert_allclose(found["shredder.temperature"], np.tile([293.15, 313.15], 3))


def test_logarithmic_range(plant):
    axis = read_axes(plant, {"screen.cut_size": "100 um:1 mm:3:log"}).axes[0]
    np.testing.assert_allclose(axis.values, [1e-4, 10**-3.5, 1e-3])


def test_feeds_are_an_axis(plant):
    grid = read_axes(plant, {"screen.sharpness": "2:4:2", "feed": "NMC622=1 t/h|LFP=500 kg/h, NMC111=1 t/h"})
    assert list(grid.columns(0, 4)["feed"]) == ["NMC622=1 t/h"] * 2 + ["LFP=500 kg/h, NMC111=1 t/h"] * 2


SAMPLED = {
    "screen.cut_size": "0.3 mm:0.7 mm",
    "shredder.temperature": "normal:40 degC:5 K",
    "screen.sharpness": "triangular:2:4:9",
    "discharge.recovered": "0:0.5",
    "screen.bypass": "lognormal:0.04:1.5",
    "feed": "NMC622=1 t/h|LFP=1 t/h",
}


@pytest.mark.parametrize("method", ["sobol", "lhs", "random"])
def test_any_part_of_a_sample_is_had_without_the_rest(plant, method):
    sample = Sample(read_ranges(plant, SAMPLED), 70_000, method, 3)
    whole, part = sample.columns(65_000, 66_000), sample.columns(65_500, 65_600)
    for path in SAMPLED:
        np.testing.assert_array_equal(whole[path][500:600], part[path])


def test_distributions_have_their_moments_and_stay_in_bounds(plant):
    found = Sample(read_ranges(plant, SAMPLED), 4096, "sobol", 0).columns(0, 4096)
    assert found["shredder.temperature"].mean() == pytest.approx(313.15, abs=0.05)
    assert found["shredder.temperature"].std() == pytest.approx(5.0, rel=0.02)
    assert found["screen.sharpness"].mean() == pytest.approx(5.0, rel=0.01)
    assert np.median(found["screen.bypass"]) == pytest.approx(0.04, rel=0.01)
    assert found["screen.cut_size"].mean() == pytest.approx(0.5e-3, rel=1e-3)
    assert np.mean(found["feed"] == "LFP=1 t/h") == pytest.approx(0.5, abs=0.01)
    for path in ("screen.bypass", "shredder.temperature"):
        unit, name = path.split(".")
        declared = plant.units[unit].operation.params[name]
        assert found[path].min() >= declared.low
        assert found[path].max() <= declared.high


WRONG = {
    "unit": ({"scren.cut_size": "0.3:0.7:3 mm"}, "did you mean 'screen'"),
    "parameter": ({"screen.cutsize": "0.3:0.7:3 mm"}, "did you mean 'cut_size'"),
    "reversed": ({"screen.cut_size": "0.7:0.3:3 mm"}, "reversed"),
    "empty range": ({"screen.cut_size": "0.3:0.3:3 mm"}, "the range is empty"),
    "empty value": ({"screen.cut_size": "0.3,,0.4"}, "an empty value"),
    "bounds": ({"screen.cut_size": "1:100:3 mm"}, "screen.cut_size = 100000 um: outside"),
    "dimension": ({"screen.cut_size": "1:2:3 kg"}, "dimension"),
    "no count": ({"screen.cut_size": "0.3:0.7"}, "LOW:HIGH:N"),
    "count of one": ({"screen.cut_size": "0.3:0.7:1"}, "a whole number from 2"),
    "too many": ({"screen.cut_size": "0.3:0.7:99999999"}, "a whole number from 2"),
    "twice": ({"screen.cut_size": "0.3,0.3 mm"}, "a value is given twice"),
    "some units": ({"screen.cut_size": "0.3 mm,0.4"}, "some values have a unit"),
    "feed": ({"feed": "NMC662=1 t/h"}, "did you mean 'NMC622'"),
    "nothing": ({}, "nothing is varied"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_axes_are_named(plant, case):
    texts, message = WRONG[case]
    with pytest.raises(InputError) as error:
        read_axes(plant, texts)
    assert message in str(error.value)


WRONG_RANGES = {
    "deviation": ("normal:40 degC:-5 K", "standard deviation above zero"),
    "deviation unit": ("normal:40 degC:5 kg", "not a difference in"),
    "mode": ("triangular:20:90:40 degC", "shredder.temperature"),
    "form": ("normal:40 degC", "to sample, write"),
    "reversed": ("60:40 degC", "reversed"),
}


@pytest.mark.parametrize("case", WRONG_RANGES)
def test_wrong_distributions_are_named(plant, case):
    text, message = WRONG_RANGES[case]
    with pytest.raises(InputError) as error:
        read_ranges(plant, {"shredder.temperature": text})
    assert message in str(error.value)


def test_wrong_samples_are_named(plant):
    ranges = read_ranges(plant, {"screen.cut_size": "0.3:0.7 mm"})
    for arguments, message in (((10, "soboll"), "choose one of"), ((0,), "from 1 to"), ((10, "sobol", -1), "--seed")):
        with pytest.raises(InputError, match=message):
            Sample(ranges, *arguments)
