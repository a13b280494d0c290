import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blackmass import species
from blackmass.chemistry.ammonia import free_share, kremser, lost_with, volatility
from blackmass.chemistry.reagents import reagent_stream
from blackmass.operations.ammonia_stripper import AmmoniaStripper
from blackmass.operations.hydroxide_precipitator import HydroxidePrecipitator
from blackmass.status import Status
from blackmass.stream import Stream

SODA, LIME, AMMONIA = (reagent_stream(name)[0] for name in ("sodium_hydroxide", "calcium_hydroxide", "ammonia"))
MOTHER = Stream.of({"Na+": 1.6, "SO4-2": 0.82, "NH4+": 0.4, "H+": -0.362, "Ni+2": 0.001, "H2O": 56.0}, 333.15)


def stripped(liquor=MOTHER, base=SODA, start=None, **params):
    out = AmmoniaStripper(**params).run(liquor, base, start)
    fed = liquor.conserved + out.drawn["base"].conserved
    left = sum(out[port].conserved for port in ("stripped", "ammonia_water", "vent"))
    np.testing.assert_allclose(left, fed + 0 * left, rtol=1e-11, atol=1e-12 * np.abs(fed).max())
    return out


def test_volatility_at_the_boil():
    """About 13 to 15 in dilute ammonia water at 100 C and 1 atm (Perry's Handbook), 20 to 25 at 60 C."""
    assert 12.5 < volatility(373.15)[0] < 15.5
    assert volatility(333.15)[0] > volatility(373.15)[0]


def test_half_is_free_at_the_acidity_constant():
    """pKa 9.24 at 25 C and 8.4 at 50 C."""
    assert free_share(298.15, 9.24)[0] == pytest.approx(0.5, abs=0.01)
    assert free_share(323.15, 8.53)[0] == pytest.approx(0.5, abs=0.03)


def test_kremser_limits():
    assert kremser(np.array([1.0]), 7)[0] == pytest.approx(1 / 8)
    assert kremser(np.array([2.0]), 5)[0] == pytest.approx(1 / 63)
    assert kremser(np.array([0.0]), 5)[0] == 1


def test_column_recovers_nearly_all_as_ammonia_water():
    out = stripped()
    assert out.status[0] == Status.OK
    assert out.report["recovery"][0] > 0.95
    assert out.report["strength"][0] == pytest.approx(0.18)
    assert out["ammonia_water"]["NH4+"][0] == pytest.approx(-out["ammonia_water"]["H+"][0])


def test_vent_takes_a_thousandth_of_the_ammonia():
    """Air to saturation, 18 % ammonia water at 35 C: 0.3 to 0.5 atm (Perry's Handbook)."""
    pressure = 1 / (1 + 1 / lost_with(np.ones(1), np.full(1, 1e9), np.full(1, 308.15), np.full(1, 0.18))[0] / 1e9)
    assert 0.25 < pressure < 0.55
    share = stripped()["vent"]["NH3(g)"] / MOTHER["NH4+"]
    assert 2e-4 < share[0] < 5e-3
    colder = stripped(condenser=285.0)["vent"]["NH3(g)"] / MOTHER["NH4+"]
    assert colder[0] < 0.4 * share[0]


def test_more_steam_stages_and_pH_recover_more():
    assert np.all(np.diff(stripped(steam_ratio=np.linspace(0.02, 0.3, 6)).report["recovery"]) > 0)
    assert np.all(np.diff(stripped(pH=np.array([8.0, 9.0, 10.0])).report["recovery"]) > 0)
    few, many = stripped(stages=2), stripped(stages=12)
    assert few.report["recovery"][0] < many.report["recovery"][0]
    assert few["heating"][0] == pytest.approx(many["heating"][0], rel=0.02)


def test_nickel_comes_down_when_its_ammonia_is_gone():
    out = stripped()
    assert out["stripped"]["Ni(OH)2"][0] > 0.99e-3


def test_ammonium_sulfate_takes_alkali_and_lime_makes_gypsum():
    salt = Stream.of({"NH4+": 1.0, "SO4-2": 0.5, "H2O": 56.0})
    soda, lime = stripped(salt, pH=10.5), stripped(salt, LIME, pH=10.5)
    assert soda.drawn["base"]["Na+"][0] > 0.03
    assert lime["stripped"]["CaSO4.2H2O"][0] > 0
    assert soda["stripped"]["NH4+"][0] < 0.05


def test_precursor_and_stripper_return_the_ammonia():
    metals = Stream.of({"Ni+2": 1.2, "Co+2": 0.4, "Mn+2": 0.4, "SO4-2": 2.0, "H2O": 55.5})
    tank = HydroxidePrecipitator(pH=11.0, temperature=333.15, crystallinity=1.0, ammonia_ratio=0.5)
    first = tank.run(metals, SODA, AMMONIA)
    back = stripped(first["slurry"].phase("aqueous"))["ammonia_water"]
    again = tank.run(metals + back, SODA, AMMONIA)
    assert again.drawn["ammonia"]["NH4+"][0] < 0.1 * first.drawn["ammonia"]["NH4+"][0]


@pytest.mark.parametrize("liquor", [Stream.empty(), Stream.of({"H2O": 1.0}), Stream.of({"graphite": 1.0})])
def test_nothing_to_strip(liquor):
    out = stripped(liquor)
    assert np.all(np.isfinite(out["stripped"].flow))
    assert out["ammonia_water"].mass[0] == 0


@settings(max_examples=12, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10**6), size=st.floats(-5, 5).map(lambda power: 10.0**power))
def test_any_mother_liquor_survives(seed, size):
    random = np.random.default_rng(seed)
    cases = 4
    names = ("Na+", "NH4+", "Ni+2", "Co+2", "Mn+2", "Li+")
    ions = {name: 10 ** random.uniform(-4, 0.3, cases) for name in names}
    charge = sum(species.CHARGE[species.index(name)] * amount for name, amount in ions.items())
    share = random.random(cases)
    liquor = Stream.of({**ions, "SO4-2": charge * share / 2, "H+": -charge * (1 - share), "H2O": 60.0}, 330.0, cases)
    out = stripped(
        Stream(liquor.flow * size, liquor.temperature),
        [SODA, LIME][seed % 2],
        pH=random.uniform(8, 12.5, cases),
        temperature=random.uniform(333.15, 383.15, cases),
        steam_ratio=random.uniform(0.01, 0.5, cases),
        stages=int(random.integers(1, 31)),
        strength=random.uniform(0.03, 0.3, cases),
    )
    assert np.all(out.status <= Status.OUT_OF_RANGE)
    for port in ("stripped", "ammonia_water"):
        flow = np.delete(out[port].flow, species.index("H+"), axis=0)
        assert np.all(flow >= -1e-12 * np.abs(flow).max(0))
