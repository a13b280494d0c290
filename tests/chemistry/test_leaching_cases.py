import dataclasses

import numpy as np
import pytest

from blackmass.chemistry.leaching_cases import BatchCases, batch_case, powder
from blackmass.errors import InputError
from blackmass.status import Status


def cases(feed, **changes):
    number = len(feed)
    values = {
        "acid": ["H2SO4"] * number,
        "acid_concentration": np.full(number, 2000.0),
        "reductant": ["none"] * number,
        "reductant_concentration": np.zeros(number),
        "temperature": np.full(number, 333.15),
        "time": np.full(number, 3600.0),
        "pulp_density": np.full(number, 50.0),
    } | changes
    return BatchCases(feed=feed, **values)


def test_powder_of_a_layered_oxide_aged_oxide_spinel_and_olivine():
    mass = {name: value * 97.28e-3 for name, value in powder("LiNi0.5Mn0.3Co0.2O2").items()}
    np.testing.assert_allclose([mass["LiNiO2"], mass["LiMnO2"], mass["LiCoO2"]], [0.5, 0.3, 0.2], rtol=0.02)
    aged = powder("Li0.8CoO2")
    np.testing.assert_allclose(aged["CoO2"] / aged["LiCoO2"], 0.25)
    assert set(powder("LiMn2O4")) == {"LiMn2O4"}
    assert set(powder("LiFePO4")) == {"LiFePO4"}
    assert powder("Li1.1CoO2")["Li2CO3"] > 0


@pytest.mark.parametrize("formula", ["C6H12O6", "Li4Ti5O12", "LiFeO2"])
def test_powder_that_is_no_cathode_material_is_refused(formula):
    with pytest.raises(InputError, match=r"feed|formula"):
        powder(formula)


def test_unknown_reagent_is_refused_with_the_nearest_name():
    with pytest.raises(InputError, match="h2so4"):
        batch_case(cases(["LiCoO2"], acid=["H2SO5"]))


def test_conditions_outside_the_tests_are_predicted_and_flagged():
    shares, status = batch_case(cases(["LiCoO2"] * 2, acid=["H2SO4", "citric acid"]))
    assert status.tolist() == [Status.OK, Status.OUT_OF_RANGE]
    assert np.all(np.isfinite(shares["Co"]))
    assert np.all(np.isnan(shares["Ni"]))


def test_materials_rank_as_known():
    feed = ["LiCoO2", "LiNi0.8Mn0.1Co0.1O2", "LiNi0.8Co0.15Al0.05O2", "LiMn2O4"]
    peroxide = batch_case(cases(feed, reductant=["H2O2"] * 4, reductant_concentration=np.full(4, 1500.0)))[0]
    alone = batch_case(cases(feed))[0]
    assert np.nanmin([peroxide[m] for m in ("Li", "Ni", "Co", "Mn")]) > 0.97
    assert alone["Ni"][1] < 0.55
    assert alone["Li"][0] < 0.8 < 0.9 < alone["Li"][1]
    assert 0.2 < alone["Mn"][3] < 0.27


def test_nickel_beyond_manganese_gives_up_its_lithium():
    """Without reductant at 50 C: 73 % of the lithium of LiCoO2 leaves, 80 of NMC111, 92 of NMC622, 100 of NMC811.

    Source: LIB-Leaching-Toolkit, 10.5281/zenodo.16096943, 2 mol/L H2SO4, 45 min; nitric acid for LiCoO2.
    """
    feed = ["LiCoO2", "LiNi0.3333Mn0.3333Co0.3333O2", "LiNi0.6Mn0.2Co0.2O2", "LiNi0.8Mn0.1Co0.1O2"]
    lithium = batch_case(cases(feed, temperature=np.full(4, 323.15), time=np.full(4, 2700.0)))[0]["Li"]
    assert np.all(np.diff(lithium) > 0)
    np.testing.assert_allclose(lithium, [0.73, 0.80, 0.92, 1.0], atol=0.06)


def test_scarce_acid_takes_lithium_first():
    """NMC811 in 0.5 mol/L H2SO4, less than one proton a metal, at 90 C: 84 % of the lithium leaves."""
    one = cases(["LiNi0.8Mn0.1Co0.1O2"], acid_concentration=np.array([500.0]), temperature=np.array([363.15]))
    shares = batch_case(dataclasses.replace(one, pulp_density=np.array([100.0]), time=np.array([7200.0])))[0]
    assert 0.6 < shares["Li"][0] < 0.9
    assert shares["Ni"][0] < 0.3
