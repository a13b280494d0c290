import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blackmass import species
from blackmass.chemistry.alkali import dissolved_shares
from blackmass.chemistry.aqueous import equilibrate
from blackmass.chemistry.mixed_hydroxide import coprecipitate, members, solid_solution
from blackmass.chemistry.reagents import reagent_stream
from blackmass.stream import Stream

SODA = reagent_stream("sodium_hydroxide")[0]
LIQUOR = Stream.of({"Ni+2": 0.6, "Co+2": 0.2, "Mn+2": 0.2, "NH4+": 0.5, "H+": -0.5, "SO4-2": 1.0, "H2O": 55.5})


def test_one_member_alone_is_a_pure_solid():
    total, solubility = np.array([[2.0], [0.0]]), np.array([[0.5], [1.0]])
    np.testing.assert_allclose(solid_solution(total, solubility), [[1.0], [0.0]])


def test_nothing_forms_below_saturation():
    fraction = solid_solution(np.array([[0.1], [0.1]]), np.array([[1.0], [1.0]]))
    np.testing.assert_allclose(fraction, 0.5)


@settings(max_examples=100, deadline=None)
@given(seed=st.integers(0, 10**6), size=st.floats(-9, 9).map(lambda power: 10.0**power))
def test_fractions_balance_each_member(seed, size):
    random = np.random.default_rng(seed)
    total = size * 10 ** random.uniform(-6, 0, (3, 5)) * (random.random((3, 5)) > 0.1)
    solubility = size * 10 ** random.uniform(-12, 2, (3, 5))
    fraction = solid_solution(total, solubility)
    assert np.all((fraction >= 0) & (fraction <= 1 + 1e-12))
    for case in range(5):
        if (total[:, case] / solubility[:, case]).sum() > 1:
            amounts = total[:, case] - solubility[:, case] * fraction[:, case]
            assert amounts.sum() * fraction[:, case] == pytest.approx(amounts, rel=1e-9, abs=1e-12 * size)


@pytest.mark.parametrize("ripening", [0.0, 1.0])
def test_each_member_is_saturated_at_its_mole_fraction(ripening):
    """Found again from its own slurry: the ion product of each over its mole fraction is its constant."""
    pH, kelvin = np.array([10.0, 11.0]), np.full(2, 333.15)
    flow, soda = LIQUOR.repeated(2).flow, SODA.repeated(2).flow
    found = coprecipitate(flow, kelvin, pH, soda, ripening=np.full(2, ripening))
    slurry = flow + soda * found.dose + found.stoichiometry @ found.extent
    known = members()
    solid = slurry[species.indices(known.solids)]
    liquor = slurry.copy()
    liquor[species.indices(known.solids)] = 0.0
    state = equilibrate(liquor, kelvin, gases=dict.fromkeys(known.solids, 1e6))
    np.testing.assert_allclose(state.pH, pH, atol=1e-8)
    for row, name in enumerate(known.solids):
        log_activity = state.log_saturation_of(name) + 6.0
        expected = np.log10(solid[row] / solid.sum(0)) + ripening * known.log_ripening[row]
        np.testing.assert_allclose(log_activity, expected, atol=1e-7)


def test_pure_nickel_agrees_with_the_pure_solid():
    liquor = Stream.of({"Ni+2": 0.1, "NH4+": 0.5, "H+": -0.5, "SO4-2": 0.1, "H2O": 55.5})
    pH = np.array([9.0, 10.0, 11.0])
    flow, soda, kelvin = liquor.repeated(3).flow, SODA.repeated(3).flow, np.full(3, 333.15)
    mixed = coprecipitate(flow, kelvin, pH, soda, ripening=np.zeros(3))
    pure = equilibrate(flow, kelvin, solids=("Ni(OH)2",), pH=pH, reagent=soda)
    slurry = mixed.stoichiometry @ mixed.extent
    np.testing.assert_allclose(slurry[species.index("Ni(OH)2")], pure.extent[0], rtol=1e-9)
    np.testing.assert_allclose(mixed.dose, pure.dose, rtol=1e-9)


def test_magnesia_dissolves_like_shrinking_grains_in_a_mixed_tank():
    """Levenspiel: half an hour is short, a day is long; integral of (1 - s)^3 over the ages, by quadrature."""
    hours = np.array([0.2, 1.0, 5.0, 100.0])
    shares = dissolved_shares(np.full(4, 323.15), 3600 * hours)[species.index("MgO")]
    grid = (np.arange(20000) + 0.5) / 20000
    for share, ratio in zip(shares, 1.0 / hours, strict=True):  # a grain lasts an hour at 50 C
        left = np.mean((1 - grid) ** 3 * ratio * np.exp(-ratio * grid))
        assert share == pytest.approx(1 - left, abs=1e-8)
    assert np.all(dissolved_shares(np.array([300.0]), np.array([600.0]))[species.index("CaO")] == 1)
