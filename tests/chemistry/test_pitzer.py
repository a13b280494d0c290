"""Pitzer's model: derivatives, thermodynamic consistency, limits, and published activity coefficients."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blackmass.chemistry.activity import LN10, debye_hueckel
from blackmass.chemistry.pitzer import Pitzer
from blackmass.chemistry.pitzer_functions import integral, shielding, tabulated
from blackmass.chemistry.pitzer_parameters import SECOND, limits, parameters
from blackmass.data.load import table
from blackmass.species import molar_mass

ROOM = 298.15
IONS = {
    "H+": 1, "Na+": 1, "Li+": 1, "K+": 1, "NH4+": 1, "Mg+2": 2, "Ni+2": 2, "Cu+2": 2, "NiOH+": 1, "Al+3": 3, "Fe+3": 3,
    "SO4-2": -2, "HSO4-": -1, "OH-": -1, "Cl-": -1, "CO3-2": -2, "HCO3-": -1, "F-": -1, "CO2(aq)": 0, "H3PO4": 0,
}  # fmt: skip
NAMES, CHARGES = tuple(IONS), np.array(list(IONS.values()), dtype=float)


def liquors(seed: int, cases: int, strength: float) -> tuple[np.ndarray, np.ndarray]:
    """Return random molalities of about the ionic strength asked for, and temperatures."""
    generator = np.random.default_rng(seed)
    molality = 10 ** generator.uniform(-3, 0, (len(NAMES), cases))
    molality *= strength / (0.5 * CHARGES**2 @ molality)
    return molality, generator.uniform(273.15, 373.15, cases)


def mean(salt: tuple[str, str], moles: tuple[int, int], molality: np.ndarray, temperature: float = ROOM) -> np.ndarray:
    """Return the mean activity coefficient of a salt alone in water."""
    charges = np.array([moles[1], -moles[0]]) * (2 if moles == (1, 1) else 1)
    amounts = np.multiply.outer(moles, molality)
    found = Pitzer().evaluate(salt, charges.astype(float), amounts, np.full(len(molality), temperature))
    return np.exp(np.asarray(moles) @ found.ln_gamma / sum(moles))


@given(seed=st.integers(0, 2**32 - 1), strength=st.sampled_from([1e-6, 1e-3, 0.1, 2.0, 10.0, 25.0, 60.0]))
@settings(max_examples=30, deadline=None)
def test_gradients_are_the_derivatives(seed, strength):
    molality, temperature = liquors(seed, 3, strength)
    found = Pitzer().evaluate(NAMES, CHARGES, molality, temperature)
    for column in range(len(NAMES)):
        step = np.zeros_like(molality)
        step[column] = 1e-5 * molality[column]
        after, before = (Pitzer().evaluate(NAMES, CHARGES, molality + sign * step, temperature) for sign in (1, -1))
        per_log = molality[column] / (2 * step[column])
        np.testing.assert_allclose(
            found.gradient[:, column] * molality[column], (after.ln_gamma - before.ln_gamma) * per_log, atol=2e-7
        )
        np.testing.assert_allclose(
            found.water_gradient[column] * molality[column], (after.ln_water - before.ln_water) * per_log, atol=2e-8
        )


@given(seed=st.integers(0, 2**32 - 1), strength=st.floats(1e-4, 25.0))
@settings(max_examples=30, deadline=None)
def test_coefficients_and_water_obey_gibbs_duhem(seed, strength):
    molality, temperature = liquors(seed, 4, strength)
    found = Pitzer().evaluate(NAMES, CHARGES, molality, temperature)
    np.testing.assert_allclose(found.gradient, found.gradient.transpose(1, 0, 2), rtol=1e-9, atol=1e-9)
    solutes = 1 + np.einsum("in,ijn->jn", molality, found.gradient)
    np.testing.assert_allclose(solutes, -found.water_gradient / molar_mass("H2O"), rtol=1e-9, atol=1e-9)


def test_water_activity_is_the_integral_of_the_coefficients():
    steps = np.linspace(0, 3, 4001)[1:]
    molality = np.array([2.0, 1.0])[:, None] * steps
    found = Pitzer().evaluate(("Na+", "SO4-2"), np.array([1.0, -2.0]), molality, np.full(steps.size, 333.15))
    middle = 0.5 * (molality[:, 1:] + molality[:, :-1])
    fall = -molar_mass("H2O") * (np.diff(molality) + middle * np.diff(found.ln_gamma)).sum(0).cumsum()
    np.testing.assert_allclose(found.ln_water[1:] - found.ln_water[0], fall, atol=1e-6)


def test_dilute_liquors_follow_the_limiting_law():
    charges, temperature = np.array([1.0, 1.0, -2.0, -1.0]), np.array([275.0, ROOM, 370.0])
    molality = np.array([[1e-6], [2e-6], [1e-6], [1e-6]]) * np.ones(3)
    found = Pitzer().evaluate(("Na+", "K+", "SO4-2", "Cl-"), charges, molality, temperature)
    law = -LN10 * debye_hueckel(temperature) * np.sqrt(0.5 * charges**2 @ molality) * charges[:, None] ** 2
    np.testing.assert_allclose(found.ln_gamma, law, rtol=0.01)
    np.testing.assert_allclose(found.ln_water, -molar_mass("H2O") * molality.sum(0), rtol=2e-3)


def test_pure_water_has_no_activity_but_its_own():
    found = Pitzer().evaluate(NAMES, CHARGES, np.zeros((len(NAMES), 2)), np.array([ROOM, 350.0]))
    np.testing.assert_allclose(found.ln_water, 0, atol=1e-12)
    assert np.isfinite(found.gradient).all()
    assert not found.out_of_range.any()


def test_the_integral_of_unsymmetric_mixing_is_that_of_pitzer_1975():
    def evaluated(arguments):
        return np.array([integral(tabulated(), float(x)) for x in arguments]).T

    published = {0.01: 0.0000706, 0.1: 0.003603, 1.0: 0.116437, 10.0: 2.0633}
    np.testing.assert_allclose(evaluated(published)[0], list(published.values()), rtol=2e-3)
    x = np.geomspace(1e-5, 1e3, 50)
    high, low = evaluated(x * 1.0001), evaluated(x / 1.0001)
    _, slope, bend = evaluated(x)
    np.testing.assert_allclose((high[0] - low[0]) / (2 * np.log(1.0001)), slope, rtol=1e-6, atol=1e-12)
    np.testing.assert_allclose((high[1] - low[1]) / (2 * np.log(1.0001)), bend, rtol=1e-5, atol=1e-11)


def test_shielding_decays_from_one():
    strength = np.array([1e-14, 1e-3, 0.1, 1.0, 30.0])
    found = [[shielding(float(each), alpha) for each in strength] for alpha in (1.4, 2.0, 12.0, 50.0)]
    value, slope, bend = np.moveaxis(np.array(found), 2, 0)
    np.testing.assert_allclose(value[:, 0], 1, atol=1e-5)
    assert np.all(np.diff(value) < 0)
    assert np.all(slope < 0)
    assert np.all(bend > 0)
    x = 2.0 * np.sqrt(strength[2:])
    np.testing.assert_allclose(value[1, 2:], 2 * (1 - (1 + x) * np.exp(-x)) / x**2, rtol=1e-12)


ROBINSON = {
    # salt: ions, moles, molality, mean activity coefficient at 25 C, tolerance
    "Na2SO4": (("Na+", "SO4-2"), (2, 1), [0.1, 0.5, 1, 2, 3], [0.445, 0.266, 0.201, 0.152, 0.137], 0.03),
    "Li2SO4": (("Li+", "SO4-2"), (2, 1), [0.1, 0.5, 1], [0.468, 0.319, 0.277], 0.02),
    "NiSO4": (("Ni+2", "SO4-2"), (1, 1), [0.1, 0.5, 1, 2, 2.5], [0.150, 0.0627, 0.0425, 0.0343, 0.0357], 0.01),
    "MnSO4": (("Mn+2", "SO4-2"), (1, 1), [0.1, 0.5, 1, 2, 3, 4], [0.15, 0.064, 0.0439, 0.0351, 0.0373, 0.0473], 0.04),
    "CuSO4": (("Cu+2", "SO4-2"), (1, 1), [0.1, 0.5, 1, 1.4], [0.150, 0.0620, 0.0423, 0.0365], 0.03),
}


@pytest.mark.parametrize("salt", ROBINSON)
def test_mean_coefficients_are_those_of_robinson_and_stokes_1959(salt):
    ions, moles, molality, published, tolerance = ROBINSON[salt]
    np.testing.assert_allclose(mean(ions, moles, np.array(molality)), published, rtol=tolerance)


def test_magnesium_sulfate_differs_from_robinson_and_stokes_1959_by_its_old_reference_only():
    ours = mean(("Mg+2", "SO4-2"), (1, 1), np.array([0.1, 0.2, 0.5, 1, 2, 3]))
    ratio = ours / [0.150, 0.107, 0.0675, 0.0485, 0.0417, 0.0492]
    np.testing.assert_allclose(ratio / ratio[0], 1, atol=0.02)


def test_lithium_sulfate_is_that_of_may_2011():
    ours = mean(("Li+", "SO4-2"), (2, 1), np.array([0.1, 0.2, 0.5, 1, 2, 3]))
    np.testing.assert_allclose(ours, [0.4728, 0.4026, 0.3227, 0.2805, 0.2704, 0.2907], rtol=1e-3)


def test_traces_in_sodium_sulfate_agree_with_an_independent_calculation():
    """Activity coefficients of traces in 1 mol/kg Na2SO4 by PHREEQC with the parameters of the database ypf."""
    names, charges = ("Na+", "SO4-2", "Ni+2", "Cu+2"), np.array([1.0, -2.0, 2.0, 2.0])
    molality = np.array([[2.0], [1.0], [1e-9], [1e-9]])
    found = np.exp(Pitzer().evaluate(names, charges, molality, np.array([ROOM])).ln_gamma[:, 0])
    np.testing.assert_allclose(found, [0.50193, 0.032413, 0.04158, 0.0429], rtol=0.06)


def test_range_is_flagged():
    molality = np.array([[1.0], [1.0]])
    room = np.array([ROOM])
    alone = Pitzer().evaluate(("Ni+2", "SO4-2"), np.array([2.0, -2.0]), molality, room)
    strong = Pitzer().evaluate(("Ni+2", "SO4-2"), np.array([2.0, -2.0]), 6 * molality, room)
    hot = Pitzer().evaluate(("Ni+2", "SO4-2"), np.array([2.0, -2.0]), molality, room + 100)
    strange = Pitzer().evaluate(("Fe+3", "PO4-3"), np.array([3.0, -3.0]), molality, room)
    assert [x.out_of_range[0] for x in (alone, strong, hot, strange)] == [False, True, True, True]


def test_coefficients_stay_finite_far_beyond_the_range():
    molality, temperature = liquors(2, 20, 1e4)
    found = Pitzer().evaluate(NAMES, CHARGES, molality, temperature)
    assert found.out_of_range.all()
    assert np.abs(found.ln_gamma).max() < 100
    at_the_limit = Pitzer().evaluate(NAMES, CHARGES, molality * limits()["held"] / 1e4, temperature)
    np.testing.assert_allclose(found.ln_gamma, at_the_limit.ln_gamma, rtol=1e-9)


def test_ions_without_parameters_take_those_of_their_stand_in():
    molality, temperature = np.array([[1.0], [0.6], [0.1]]), np.array([ROOM])
    charges = np.array([1.0, -2.0, 1.0])
    complexed = Pitzer().evaluate(("Na+", "SO4-2", "NiOH+"), charges, molality, temperature)
    sodium = Pitzer().evaluate(("Na+", "SO4-2"), charges[:2], np.array([[1.1], [0.6]]), temperature)
    np.testing.assert_allclose(complexed.ln_gamma[:2], sodium.ln_gamma, rtol=1e-12)


def test_a_batch_is_its_cases_in_any_order_of_species():
    molality, temperature = liquors(3, 8, 5.0)
    batch = Pitzer().evaluate(NAMES, CHARGES, molality, temperature)
    order = np.random.default_rng(0).permutation(len(NAMES))
    for case in range(8):
        one = Pitzer().evaluate(
            tuple(NAMES[i] for i in order),
            CHARGES[order],
            molality[order, case : case + 1],
            temperature[case : case + 1],
        )
        np.testing.assert_allclose(one.ln_gamma[:, 0], batch.ln_gamma[order, case], rtol=1e-10, atol=1e-12)
        np.testing.assert_allclose(one.gradient[..., 0], batch.gradient[order][:, order, case], rtol=1e-9, atol=1e-10)


def test_parameters_are_read_once_with_their_sources():
    columns = ("kind", "first", "second", "third", "value", "c1", "c2", "c3", "c4", "c5", "alpha")
    rows = table("pitzer.csv", columns=columns, key=columns[:4])
    assert {row["kind"] for row in rows} >= {"beta0", "beta1", "beta2", "c_phi", "theta", "psi", "lambda", "zeta"}
    assert all(bool(row["alpha"]) == (row["kind"] in ("beta1", "beta2")) for row in rows)
    seen = [(row["kind"], frozenset((row["first"], row["second"], row["third"]))) for row in rows]
    assert len(seen) == len(set(seen))
    assert (parameters(NAMES, tuple(CHARGES)).numbers[SECOND] != 0).sum() >= 3


def test_a_thousand_cases_take_little_time():
    molality, temperature = liquors(4, 1000, 5.0)
    Pitzer().evaluate(NAMES, CHARGES, molality, temperature)
    start = time.perf_counter()
    Pitzer().evaluate(NAMES, CHARGES, molality, temperature)
    assert time.perf_counter() - start < 0.1
