"""Saturated solutions and activity coefficients of named salts."""

import numpy as np
import pytest

from blackmass.chemistry.equilibria import COMPONENTS
from blackmass.chemistry.salt_solutions import composition, mean_activity, saturated, solids_of, supersaturation
from blackmass.errors import InputError


def alone(cases):
    return np.zeros((len(COMPONENTS), cases))


@pytest.mark.parametrize(
    ("salt", "amounts"),
    [
        ("Li2CO3", {"Li+": 2, "CO3-2": 1}),
        ("H2SO4", {"H+": 2, "SO4-2": 1}),
        ("NaHCO3", {"Na+": 1, "H+": 1, "CO3-2": 1}),
        ("Ca(OH)2", {"Ca+2": 1, "H+": -2, "H2O": 2}),
        ("Al2(SO4)3", {"Al+3": 2, "SO4-2": 3}),
        ("FeSO4", {"Fe+2": 1, "SO4-2": 1}),
        ("Fe2(SO4)3", {"Fe+3": 2, "SO4-2": 3}),
        ("NiSO4.6H2O", {"Ni+2": 1, "SO4-2": 1}),
    ],
)
def test_composition_of_salts(salt, amounts):
    found = dict(zip(COMPONENTS, composition(salt), strict=True))
    assert {name: value for name, value in found.items() if value} == amounts


@pytest.mark.parametrize("salt", ["", "XySO4", "Na", "NaSO4", "sodium sulfate"])
def test_what_is_no_salt_is_refused(salt):
    with pytest.raises(InputError, match="not a cation with an anion"):
        composition(salt)


CHANGES = {
    # salt: the solids below and above, the temperature of the change as published [C], allowed error
    "Na2SO4": ("Na2SO4.10H2O", "Na2SO4", 32.38, 0.5),
    "NiSO4": ("NiSO4.7H2O", "NiSO4.6H2O", 31.0, 1.0),
    "MnSO4": ("MnSO4.5H2O", "MnSO4.H2O", 24.0, 2.0),
    "CoSO4": ("CoSO4.7H2O", "CoSO4.6H2O", 43.0, 2.5),
}


@pytest.mark.parametrize("salt", CHANGES)
def test_the_hydrate_changes_where_it_is_known_to(salt):
    cold, warm, celsius, error = CHANGES[salt]
    found = saturated(salt, alone(2), 273.15 + celsius + np.array([-error, error]))
    assert found.solid == (cold, warm)


def test_a_saturated_solution_is_saturated_and_a_metastable_one_dissolves_more():
    kelvin = np.array([283.15, 298.15, 303.15])
    stable, metastable = (saturated("NiSO4", alone(3), kelvin, solids) for solids in ((), ("NiSO4.6H2O",)))
    found, _ = supersaturation("NiSO4", stable.molality, alone(3), kelvin, ("NiSO4.7H2O", "NiSO4.6H2O"))
    np.testing.assert_allclose(found[0], 0, atol=1e-6)
    assert np.all(found[1] < 0)
    assert np.all(metastable.molality > stable.molality)


def test_a_common_ion_lowers_solubility():
    background = composition("Li2SO4")[:, None] * np.array([0.0, 0.2, 0.5, 1.0])
    assert np.all(np.diff(saturated("Li2CO3", background, np.full(4, 298.15)).molality) < 0)


def test_batch_is_its_cases():
    kelvin = np.array([275.0, 300.0, 360.0])
    together = saturated("MnSO4", alone(3), kelvin)
    for case in range(3):
        one = saturated("MnSO4", alone(1), kelvin[case : case + 1])
        assert one.molality[0] == pytest.approx(together.molality[case], rel=1e-9)


def test_sulfuric_acid_is_that_of_clegg_1994():
    gamma, outside = mean_activity("H2SO4", np.array([0.1, 0.5, 1.0, 2.0, 3.0]), np.full(5, 298.15))
    np.testing.assert_allclose(gamma, [0.24362, 0.1425, 0.12045, 0.11685, 0.13059], rtol=0.01)
    assert not outside.any()


def test_dilute_solutions_are_ideal():
    gamma, _ = mean_activity("Na2SO4", np.array([1e-7]), np.array([298.15]))
    assert gamma[0] == pytest.approx(1.0, abs=2e-3)


def test_hydrates_are_listed():
    assert set(solids_of("CoSO4")) == {"CoSO4.7H2O", "CoSO4.6H2O", "CoSO4.H2O"}
    assert solids_of("NaCl") == ()
