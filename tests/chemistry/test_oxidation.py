import numpy as np
import pytest

from blackmass import species
from blackmass.chemistry.oxidation import STOICHIOMETRY, Conditions, oxidise
from blackmass.stream import Stream


def oxidised(pH=4.0, celsius=60.0, hours=3.0, **amounts):
    flow = {"H2O": 55.5, "Fe+2": 0.02, "Fe+3": 0.01, "H+": 0.1, "SO4-2": 0.085} | amounts
    cases = max(np.size(value) for value in (pH, celsius, hours, *flow.values()))
    stream = Stream.of(flow, cases=cases)
    one = np.ones(cases)
    extent = oxidise(stream.flow, Conditions(one * pH, one * celsius + 273.15, one * hours * 3600, stream.volume))
    after = stream.react(STOICHIOMETRY, extent)
    assert np.all(after["Fe+2"] >= 0)
    assert np.all(after["H2O2"] >= -1e-18)
    assert np.all(after["O2(g)"] >= 0)
    return 1 - after["Fe+2"] / stream["Fe+2"], after


def test_reactions_balance():
    np.testing.assert_allclose(species.CONSERVED @ STOICHIOMETRY, 0, atol=1e-12)


def test_peroxide_oxidises_two_and_the_rest_decays():
    share, after = oxidised(H2O2=np.array([0.0, 0.005, 0.01, 0.03]))
    np.testing.assert_allclose(share, [0, 0.5, 1, 1], atol=1e-9)
    assert after["O2(g)"][-1] == pytest.approx(0.01)
    assert np.all(np.abs(after["H2O2"]) < 1e-15)


@pytest.mark.parametrize(
    ("name", "values"), [("pH", [1, 3, 4, 5, 6, 9]), ("hours", [0.1, 1, 10]), ("celsius", [20, 50, 80])]
)
def test_oxygen_takes_more_at_higher_pH_time_and_heat(name, values):
    share, _ = oxidised(**{name: np.array(values, dtype=float), "O2(g)": 0.1})
    assert np.all(np.diff(share) >= 0)
    assert share[0] < share[-1]


def test_air_is_slower_than_oxygen():
    share, _ = oxidised(**{"O2(g)": 0.02, "N2(g)": np.array([0.0, 0.08])})
    assert share[0] > share[1]


def test_oxygen_supplied_is_the_limit():
    share, after = oxidised(pH=8.0, hours=20.0, **{"O2(g)": 0.001})
    assert share[0] == pytest.approx(0.2)
    assert after["O2(g)"][0] == pytest.approx(0, abs=1e-15)


def test_acid_rate_of_singer_and_stumm_1970():
    share, _ = oxidised(pH=1.0, celsius=25.0, hours=1.0, **{"O2(g)": 1.0, "Fe+3": 0.0})
    assert share[0] == pytest.approx(1e-7 * 60, rel=0.05)
