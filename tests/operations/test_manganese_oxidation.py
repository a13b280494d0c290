import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blackmass import species
from blackmass.chemistry import manganese
from blackmass.chemistry.reagents import reagent_stream
from blackmass.operations.manganese_oxidation import ManganeseOxidation
from blackmass.status import Status
from blackmass.stream import Stream

NONE = Stream.empty()
SODA, PERMANGANATE, PERSULFATE = (
    reagent_stream(name)[0] for name in ("sodium_hydroxide", "sodium_permanganate", "sodium_persulfate")
)
AIR = reagent_stream("sulfur_dioxide_in_air")[0]
METALS = {"Mn+2": 0.1, "Co+2": 0.2, "Ni+2": 0.5, "Li+": 0.9, "Fe+2": 0.001}
LIQUOR = Stream.of({**METALS, "SO4-2": 1.2561, "H+": 0.01, "H2O": 55.5})
LIQUOR = LIQUOR + Stream.of({"SO4-2": sum(species.CHARGE * LIQUOR.flow[:, 0]) / 2})


def oxidised(liquor=LIQUOR, oxidant=PERMANGANATE, base=SODA, start=None, **params):
    out = ManganeseOxidation(**params).run(liquor, oxidant, base, start)
    fed = liquor.conserved + out.drawn["oxidant"].conserved + out.drawn["base"].conserved
    left = out["slurry"].conserved + out["offgas"].conserved
    np.testing.assert_allclose(left, fed + 0 * left, rtol=1e-11, atol=1e-12 * np.abs(fed).max())
    return out


def test_permanganate_takes_1_92_of_its_potassium_salt_per_manganese():
    """1.92 kg KMnO4 for 1 kg of Mn(II): the figure of water treatment (AWWA, Water Quality and Treatment)."""
    liquor = Stream.of({"Mn+2": 1.0, "SO4-2": 1.0, "H2O": 555.0})
    drawn = oxidised(liquor, oxidant_ratio=1.0).drawn["oxidant"]["MnO4-"][0]
    assert drawn * 158.03 / 54.94 == pytest.approx(1.92, abs=0.01)


@pytest.mark.parametrize(("oxidant", "acid"), [(PERMANGANATE, 4 / 3), (PERSULFATE, 4.0), (AIR, 4.0)])
def test_acid_set_free(oxidant, acid):
    """3 Mn2+ + 2 MnO4- gives 4 H+; Mn2+ with persulfate, or with sulfur dioxide and oxygen, gives 4 H+."""
    liquor = Stream.of({"Mn+2": 1.0, "SO4-2": 1.0, "H2O": 555.0})
    fed = liquor + oxidant.split(1.0)[0]
    extent = manganese.oxidise(fed.flow, *(np.array([x]) for x in (353.15, 4.0, 3600.0, 1.0)))
    after = fed.react(manganese.STOICHIOMETRY, extent)
    assert after["H+"][0] / extent[1, 0] == pytest.approx(acid)
    np.testing.assert_allclose(after.conserved, fed.conserved, atol=1e-12 * 555)


def test_permanganate_removes_manganese_and_loses_little_cobalt():
    """Selective over cobalt and nickel (Zhang and Cheng 2007): above 99 %, with losses of one to three per cent."""
    out = oxidised(oxidant_ratio=1.05)
    assert out.report["Mn_removed"][0] > 0.99
    assert out.report["Co_lost"][0] < 0.04
    assert out.report["Ni_lost"][0] < 0.01
    assert out["slurry"]["MnO2"][0] == pytest.approx(0.1 * (1 + 2 / 3), rel=0.02)
    assert out.report["pH"][0] == pytest.approx(3.5, abs=1e-9)


def test_cobalt_loss_rises_with_the_oxidant_and_electrons_balance():
    ratio = np.array([0.5, 0.9, 1.0, 1.2, 2.0, 3.0])
    out = oxidised(oxidant_ratio=ratio)
    assert np.all(np.diff(out.report["Mn_removed"]) >= -1e-12)
    assert np.all(np.diff(out.report["Co_lost"])[:3] > 0)
    assert np.all(out["slurry"]["MnO4-"][3:] > 0)  # no time for more
    np.testing.assert_allclose(out.report["Mn_removed"][:2], ratio[:2], rtol=0.02)
    electrons = 0.001 + 2 * 0.1 * out.report["Mn_removed"] + 0.2 * out.report["Co_lost"] + 0.5 * out.report["Ni_lost"]
    spent = 3 * (out.drawn["oxidant"]["MnO4-"] - out["slurry"]["MnO4-"])
    np.testing.assert_allclose(electrons, spent, rtol=1e-12)


def test_ferrous_iron_goes_first_and_precipitates():
    out = oxidised(oxidant_ratio=0.1)
    assert out["slurry"]["Fe+2"][0] == 0
    assert out["slurry"]["Fe(OH)3"][0] > 0.0009


def test_persulfate_needs_heat_and_time():
    hours = oxidised(oxidant=PERSULFATE, temperature=353.15, residence_time=3600 * np.array([0.5, 2.0, 8.0]))
    assert np.all(np.diff(hours.report["Mn_removed"]) > 0)
    cold = oxidised(oxidant=PERSULFATE, temperature=np.array([303.15, 333.15, 363.15]))
    assert cold.report["Mn_removed"][0] < 0.1
    assert cold.report["Mn_removed"][2] > 0.9
    assert cold["slurry"]["S2O8-2"][0] > 0.09


def test_sulfur_dioxide_and_air_work_faster_at_higher_pH():
    """pH is the most critical factor for the rate (Zhang, Cheng and Pranolo, Hydrometallurgy 101 (2010) 58)."""
    out = oxidised(oxidant=AIR, pH=np.array([2.0, 3.0, 4.0, 5.0]), oxidant_ratio=1.5)
    assert np.all(np.diff(out.report["Mn_removed"]) > 0)
    assert np.all(out["offgas"]["N2(g)"] > 0)
    assert np.all(out["offgas"]["O2(g)"] > 0)


@pytest.mark.parametrize("liquor", [NONE, Stream.of({"H2O": 1.0}), Stream.of({"graphite": 1.0})])
def test_nothing_to_oxidise(liquor):
    out = oxidised(liquor)
    assert np.all(np.isfinite(out["slurry"].flow))
    assert out.drawn["oxidant"].mass[0] == 0
    assert out.status[0] <= Status.OUT_OF_RANGE


def test_without_oxidant_nothing_happens():
    out = oxidised(oxidant=NONE)
    assert out.report["Mn_removed"][0] == 0


@settings(max_examples=15, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10**6), size=st.floats(-5, 5).map(lambda power: 10.0**power))
def test_any_liquor_survives(seed, size):
    random = np.random.default_rng(seed)
    cases = 4
    metals = {name: 10 ** random.uniform(-6, 0.3, cases) * (random.random(cases) > 0.2) for name in METALS}
    charge = sum(species.CHARGE[species.index(name)] * amount for name, amount in metals.items())
    liquor = Stream.of({**metals, "SO4-2": charge / 2, "H2O": np.full(cases, 55.5)}, cases=cases)
    out = oxidised(
        Stream(liquor.flow * size, liquor.temperature),
        [PERMANGANATE, PERSULFATE, AIR][seed % 3],
        oxidant_ratio=random.uniform(0, 3, cases),
        oxidant_use=random.uniform(0.2, 1, cases),
        pH=random.uniform(1, 7, cases),
        temperature=random.uniform(288.15, 368.15, cases),
        residence_time=random.uniform(600, 86400, cases),
    )
    assert np.all(out.status <= Status.OUT_OF_RANGE)
    flow = np.delete(out["slurry"].flow, species.index("H+"), axis=0)
    assert np.all(flow >= -1e-12 * np.abs(flow).max(0))
