import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blackmass import species
from blackmass.chemistry.aqueous import pH as pH_of
from blackmass.chemistry.reagents import reagent_stream
from blackmass.operations.neutraliser import Neutraliser
from blackmass.status import Status
from blackmass.stream import Stream

SODA, LIME, MAGNESIA = (
    reagent_stream(name)[0] for name in ("sodium_hydroxide", "calcium_hydroxide", "magnesium_oxide")
)
ACID, CARBONATE = (reagent_stream(name)[0] for name in ("sulfuric_acid", "sodium_carbonate"))
PEROXIDE, OXYGEN, NONE = reagent_stream("hydrogen_peroxide")[0], reagent_stream("oxygen")[0], Stream.empty()
METALS = {"Ni+2": 0.5, "Co+2": 0.17, "Mn+2": 0.17, "Li+": 0.9, "Na+": 0.1, "Al+3": 0.08, "Fe+3": 0.01, "Fe+2": 0.01}
METALS |= {"Cu+2": 0.001, "F-": 0.03, "PO4-3": 0.005, "H+": 0.1}
SULFATE = sum(species.CHARGE[species.index(name)] * amount for name, amount in METALS.items()) / 2
LIQUOR = Stream.of({**METALS, "SO4-2": SULFATE, "H2O": 55.5, "graphite": 0.1})
PROTON = species.index("H+")


def neutralised(liquor=LIQUOR, base=SODA, oxidant=PEROXIDE, start=None, **params):
    out = Neutraliser(**params).run(liquor=liquor, base=base, oxidant=oxidant, start=start)
    fed = liquor.conserved + out.drawn["base"].conserved + out.drawn["oxidant"].conserved
    left = out["slurry"].conserved + out["offgas"].conserved
    np.testing.assert_allclose(left, fed, rtol=1e-11, atol=1e-12 * np.abs(fed).max())
    flow = np.delete(out["slurry"].flow, PROTON, axis=0)
    assert np.all(flow >= -1e-12 * np.abs(flow).max(0))
    return out


def left_in_liquor(out, name):
    return out["slurry"][name] / (LIQUOR[name] + (name == "Fe+3") * LIQUOR["Fe+2"])


@pytest.mark.parametrize("base", [SODA, LIME, MAGNESIA, CARBONATE], ids=["NaOH", "lime", "MgO", "soda ash"])
def test_target_is_held_and_iron_and_aluminium_leave(base):
    out = neutralised(base=base, pH=4.5)
    assert out.status[0] == Status.OK
    assert out.report["pH"][0] == pytest.approx(4.5, abs=1e-9)
    assert left_in_liquor(out, "Fe+3")[0] < 0.01
    assert left_in_liquor(out, "Al+3")[0] < 0.2  # with little sodium for alunite
    assert left_in_liquor(out, "Ni+2")[0] > 0.94
    assert left_in_liquor(out, "Co+2")[0] > 0.97
    assert left_in_liquor(out, "Li+")[0] > 0.99
    assert out["slurry"]["graphite"][0] == 0.1


def test_slurry_itself_has_the_pH_reported():
    out = neutralised(pH=4.5)
    assert pH_of(out["slurry"].flow, 333.15)[0] == pytest.approx(4.5, abs=1e-6)


def test_higher_pH_takes_more_base_and_loses_more_metal():
    out = neutralised(pH=np.array([2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0]))
    assert np.all(np.diff(out.drawn["base"].mass) > 0)
    for metal in ("Ni+2", "Co+2", "Mn+2"):
        assert np.all(np.diff(out["slurry"][metal]) < 1e-12), metal
    assert left_in_liquor(out, "Ni+2")[-1] < 0.001


def test_nickel_and_cobalt_are_lost_to_the_hydroxides_in_a_few_per_cent():
    out = neutralised(pH=5.5)
    assert 0.005 < out.report["Ni_taken_up"][0] < 0.05
    assert 0.002 < out.report["Co_taken_up"][0] < 0.02
    assert out.report["Mn_taken_up"][0] < out.report["Co_taken_up"][0]
    assert out["slurry"]["Ni(OH)2"][0] == pytest.approx(out.report["Ni_taken_up"][0] * 0.5)


def test_alkali_that_a_weak_base_lacks_is_reported():
    """Magnesia cannot pass the pH of its hydroxide; the soda reported, added to the slurry, gets there."""
    out = neutralised(base=MAGNESIA, pH=np.array([5.0, 11.5]))
    lacking = out.report["alkali_lacking"]
    assert out.report["pH"][1] < 11.5
    assert lacking[0] == 0 < lacking[1]
    short = Stream(out["slurry"].flow[:, 1:].copy(), out["slurry"].temperature[1:])
    again = neutralised(short, base=SODA, pH=11.5)
    assert again.report["pH"][0] == pytest.approx(11.5, abs=1e-9)
    assert again.drawn["base"]["Na+"][0] == pytest.approx(lacking[1], rel=0.01)


def test_liquor_above_the_target_draws_nothing():
    alkaline = Stream.of({"Na+": 0.2, "SO4-2": 0.05, "H+": -0.1, "H2O": 55.5})
    out = neutralised(alkaline, pH=6.0)
    assert out.status[0] == Status.OK
    assert out.drawn["base"].mass[0] == 0
    assert out.report["pH"][0] > 11


def test_acid_drives_carbon_dioxide_off_a_carbonate_liquor():
    carbonate = Stream.of({"Na+": 1.0, "Li+": 0.2, "CO3-2": 0.4, "SO4-2": 0.2, "H2O": 55.5})
    out = neutralised(carbonate, ACID, NONE, pH=4.0)
    assert out.report["pH"][0] == pytest.approx(4.0, abs=1e-9)
    assert out["offgas"]["CO2(g)"][0] > 0.36
    assert out.drawn["base"]["SO4-2"][0] == pytest.approx(0.4, rel=0.1)


def test_base_that_cannot_reach_the_target_is_bounded_and_marked():
    out = neutralised(base=MAGNESIA, pH=12.0)
    assert out.status[0] == Status.OUT_OF_RANGE
    assert 8 < out.report["pH"][0] < 12
    assert out.drawn["base"]["MgO"][0] < 5


def test_without_base_the_case_stays_as_it_is():
    out = neutralised(base=NONE, oxidant=NONE)
    assert out.drawn["base"].mass[0] == 0
    assert out.report["pH"][0] < 3


def test_ferrous_iron_stays_without_oxidant_and_leaves_with_it():
    bare = neutralised(oxidant=NONE)
    half = neutralised(oxidant_ratio=0.5)
    full = neutralised(oxidant_ratio=1.1)
    assert bare["slurry"]["Fe+2"][0] == pytest.approx(0.01)
    assert half["slurry"]["Fe+2"][0] == pytest.approx(0.005)
    assert full["slurry"]["Fe+2"][0] == pytest.approx(0, abs=1e-12)
    assert full["offgas"]["O2(g)"][0] == pytest.approx(0.1 * 0.005 / 2)


def test_oxygen_needs_time():
    out = neutralised(oxidant=OXYGEN, residence_time=np.array([600.0, 7200.0, 80000.0]))
    assert np.all(np.diff(out["slurry"]["Fe+2"]) < 0)
    assert np.all(out["offgas"]["O2(g)"] > 0)


def test_peroxide_that_the_liquor_brings_counts():
    liquor = LIQUOR + Stream.of({"H2O2": 0.02})
    assert neutralised(liquor).drawn["oxidant"].mass[0] == 0


def test_jarosite_only_when_asked_for():
    hot = {"pH": 2.2, "temperature": 368.15}
    liquor = LIQUOR + Stream.of({"Na+": 0.2, "SO4-2": 0.1})
    assert neutralised(liquor, **hot)["slurry"]["jarosite-Na"][0] == 0
    assert neutralised(liquor, jarosite=True, **hot)["slurry"]["jarosite-Na"][0] > 0


def test_neutralisation_warms():
    out = neutralised(LIQUOR.at(333.15), pH=8.0)
    assert out["cooling"][0] > 0
    assert out["heating"][0] == 0


def test_warm_start_changes_no_answer():
    random = np.random.default_rng(0)
    target = random.uniform(1.5, 9, 6)
    liquor = Stream(LIQUOR.flow * np.ones(6), LIQUOR.temperature)
    guess = neutralised(liquor, pH=target).guess
    guess[:, 0] = np.nan
    other = Stream(LIQUOR.flow * random.uniform(0.97, 1.03, 6), LIQUOR.temperature)
    cold, warm = neutralised(other, pH=target), neutralised(other, pH=target, start=guess)
    size = np.abs(cold["slurry"].flow).max(0)
    assert np.all(np.abs(cold["slurry"].flow - warm["slurry"].flow) < 1e-11 * size)


def test_size_does_not_matter():
    one, large = neutralised(), neutralised(Stream(LIQUOR.flow * 1e5, LIQUOR.temperature))
    np.testing.assert_allclose(large["slurry"].flow, 1e5 * one["slurry"].flow, rtol=1e-9, atol=1e-7)


@pytest.mark.parametrize(
    "liquor",
    [Stream.empty(), Stream.of({"graphite": 1.0}), Stream.of({"H2O": 1.0}), Stream.of({"Ni+2": 1.0, "SO4-2": 1.0})],
)
def test_nothing_to_neutralise(liquor):
    out = neutralised(liquor)
    assert np.all(np.isfinite(out["slurry"].flow))
    assert out.status[0] <= Status.OUT_OF_RANGE


@settings(max_examples=25, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 10**6),
    base=st.sampled_from([SODA, LIME, MAGNESIA, CARBONATE, ACID]),
    size=st.floats(-5, 5).map(lambda power: 10.0**power),
)
def test_any_liquor_survives(seed, base, size):
    random = np.random.default_rng(seed)
    cases = 4
    amounts = {name: amount * 10 ** random.uniform(-3, 0.3, cases) for name, amount in METALS.items()}
    amounts |= {"CO3-2": 0.2 * random.random(cases), "Mg+2": 0.1 * random.random(cases), "H2O": 55.5}
    charge = sum(species.CHARGE[species.index(name)] * amount for name, amount in amounts.items())
    amounts["SO4-2"], amounts["H+"] = np.maximum(charge, 0) / 2, amounts["H+"] + np.maximum(-charge, 0)
    liquor = Stream.of({name: size * amount for name, amount in amounts.items()}, cases=cases)
    params = {"pH": random.uniform(1, 12, cases), "temperature": random.uniform(283.15, 368.15, cases)}
    out = neutralised(liquor, base, oxidant_ratio=random.uniform(0, 5, cases), **params)
    assert np.all(np.isfinite(out["slurry"].flow))
    assert np.mean(out.status <= Status.OUT_OF_RANGE) >= 0.75
