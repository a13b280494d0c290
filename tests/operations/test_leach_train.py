import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blackmass import species
from blackmass.chemistry.leaching_kinetics import rates_at
from blackmass.chemistry.leaching_pulp import GROUPS
from blackmass.chemistry.reagents import reagent_stream
from blackmass.operations.leach_train import LeachTrain
from blackmass.operations.selective_leach import SelectiveLeach
from blackmass.status import Status
from blackmass.stream import Stream

ACID, PEROXIDE, WATER, SULFITE = (
    reagent_stream(name)[0] for name in ("sulfuric_acid", "hydrogen_peroxide", "water", "sulfur_dioxide")
)
NOTHING = Stream.empty()
BLACK_MASS = Stream.of_mass(
    {
        "LiNiO2": 0.30,
        "LiCoO2": 0.10,
        "LiMnO2": 0.10,
        "graphite": 0.35,
        "PVDF": 0.02,
        "C(black)": 0.02,
        "Cu": 0.02,
        "Al": 0.01,
        "LEDC": 0.02,
        "LiPF6": 0.01,
        "EC": 0.01,
        "LiFePO4": 0.04,
    }
)
OLIVINE = Stream.of_mass({"LiFePO4": 0.6, "graphite": 0.33, "Cu": 0.01, "Al": 0.005, "Li2CO3": 0.005})
HYDROGEN = species.index("H+")


def leach(solids=BLACK_MASS, lixiviant=NOTHING, reductant=PEROXIDE, water=WATER, start=None, **params):
    return LeachTrain(**params).run(
        solids=solids, lixiviant=lixiviant, acid=ACID, reductant=reductant, water=water, start=start
    )


def selective(solids=OLIVINE, **params):
    return SelectiveLeach(**params).run(solids=solids, lixiviant=NOTHING, acid=ACID, oxidant=PEROXIDE, water=WATER)


def assert_closes(out, *inlets):
    fed = sum([*inlets, *out.drawn.values()], Stream.empty(out["slurry"].cases))
    left = out["slurry"].conserved + out["offgas"].conserved + out["surplus"].conserved
    scale = np.abs(species.CONSERVED) @ np.abs(fed.flow) + np.abs(fed.flow).sum(0) * 1e-3
    assert np.all(np.abs(left - fed.conserved) <= 1e-12 * scale)
    for name in ("slurry", "offgas", "surplus"):
        lowest = np.delete(out[name].flow, HYDROGEN, axis=0).min(1)
        names = np.delete(np.array(species.NAMES), HYDROGEN)
        assert np.all(lowest >= 0), dict(zip(names[lowest < 0], lowest[lowest < 0], strict=True))


@st.composite
def streams(draw, phases, cases=3):
    seed = draw(st.integers(0, 2**32 - 1))
    share = draw(st.sampled_from([0.0, 0.1, 0.6, 1.0]))
    rng = np.random.default_rng(seed)
    chosen = sum(species.PHASE_MASK[phase] for phase in phases)
    flow = chosen * 10 ** rng.uniform(-6, 1, (species.COUNT, cases)) * (rng.random((species.COUNT, cases)) < share)
    return Stream(flow * 10 ** rng.uniform(-6, 4, cases), rng.uniform(275, 360, cases))


@given(
    solids=streams(["solid"]),
    lixiviant=streams(["aqueous"]),
    reductant=st.sampled_from([PEROXIDE, SULFITE, NOTHING]),
    water=st.sampled_from([WATER, NOTHING]),
    tanks=st.integers(1, 4),
    shares=st.lists(st.floats(0, 1), min_size=5, max_size=5),
)
@settings(max_examples=40, deadline=None)
def test_any_inlet_and_parameters_close(solids, lixiviant, reductant, water, tanks, shares):
    bounds = [LeachTrain.params[name] for name in ("residence_time", "temperature", "pulp_density", "acid_ratio")]
    bounds.append(LeachTrain.params["reductant_ratio"])
    values = [b.low + share * (b.high - b.low) for b, share in zip(bounds, shares, strict=True)]
    names = ("residence_time", "temperature", "pulp_density", "acid_ratio", "reductant_ratio")
    out = leach(solids, lixiviant, reductant, water, tanks=tanks, **dict(zip(names, values, strict=True)))
    assert_closes(out, solids, lixiviant)
    for name in ("electricity", "heating", "cooling"):
        assert np.all(np.isfinite(out[name]))
        assert np.all(out[name] >= 0)


def test_nearly_all_draws_over_the_bounds_converge():
    rng = np.random.default_rng(7)
    cases = 400
    drawn = {
        name: rng.uniform(LeachTrain.params[name].low, LeachTrain.params[name].high, cases)
        for name in ("residence_time", "temperature", "pulp_density", "acid_ratio", "reductant_ratio")
    }
    out = leach(BLACK_MASS.repeated(cases), **drawn)
    assert np.mean(out.status > Status.OUT_OF_RANGE) <= 0.005
    assert_closes(out, BLACK_MASS)


@pytest.mark.parametrize("operation", [LeachTrain, SelectiveLeach])
def test_any_feed_over_all_bounds_converges(operation):
    rng = np.random.default_rng(11)
    cases = 2000
    drawn = {
        name: rng.uniform(bounds.low, bounds.high, cases)
        for name, bounds in operation.params.items()
        if not name.endswith("tanks")
    }
    present = rng.random((species.COUNT, cases)) < rng.choice([0.1, 0.3, 0.6, 1.0], cases)
    flow = 10 ** rng.uniform(-6, 1, (species.COUNT, cases)) * present
    solids, lixiviant = (Stream(flow * species.PHASE_MASK[phase], 300.0) for phase in ("solid", "aqueous"))
    redox = "oxidant" if operation is SelectiveLeach else "reductant"
    supplies = {"acid": ACID, redox: PEROXIDE, "water": WATER}
    out = operation(**drawn).run(solids=solids, lixiviant=lixiviant, **supplies)
    assert np.mean(out.status > Status.OUT_OF_RANGE) <= 0.0005


def test_batch_equals_its_cases_and_flows_scale():
    celsius = np.array([300.0, 330.0, 360.0])
    together = leach(BLACK_MASS.repeated(3), temperature=celsius)
    for case in range(3):
        alone = leach(temperature=float(celsius[case]))
        np.testing.assert_allclose(together["slurry"].flow[:, case], alone["slurry"].flow[:, 0], rtol=1e-9, atol=1e-10)
    large = leach(Stream(1e4 * BLACK_MASS.flow, BLACK_MASS.temperature), temperature="330 K")
    np.testing.assert_allclose(large["slurry"].flow[:, 0], 1e4 * together["slurry"].flow[:, 1], rtol=1e-9, atol=1e-6)


@pytest.mark.parametrize(
    ("parameter", "values"),
    [
        ("temperature", np.linspace(303.15, 353.15, 6)),
        ("residence_time", np.geomspace(0.25, 16, 6) * 3600),
        ("acid_ratio", np.linspace(0.2, 1.2, 6)),
        ("reductant_ratio", np.linspace(0.0, 2.0, 6)),
    ],
)
def test_more_gives_more_nickel(parameter, values):
    out = leach(BLACK_MASS.repeated(6), **{parameter: values})
    assert np.all(np.diff(out.report["extraction"]["Ni"]) > 0)


def test_more_tanks_give_more_nickel():
    nickel = [leach(tanks=tanks, dosed_tanks=10).report["extraction"]["Ni"][0] for tanks in (1, 2, 4, 8)]
    assert np.all(np.diff(nickel) > 0)


def test_pulp_density_is_met_by_water_and_what_is_too_much_leaves():
    out = leach(BLACK_MASS.repeated(2), pulp_density=np.array([60.0, 150.0]))
    np.testing.assert_allclose(out.report["pulp_density"], [60, 150], rtol=0.03)
    flood = Stream.of_mass({"H2O": 100.0})
    out = leach(lixiviant=flood, pulp_density=100.0)
    assert out.drawn["water"].mass[0] == 0
    np.testing.assert_allclose(out.report["pulp_density"], 100.0, rtol=0.06)  # its reagents thin it
    np.testing.assert_allclose(out["surplus"].mass, 90.0, rtol=0.1)


def test_free_acid_of_the_lixiviant_counts():
    spent = Stream.of({"H+": 4.0, "SO4-2": 2.0, "H2O": 100.0})
    saved = leach().drawn["acid"]["SO4-2"] - leach(lixiviant=spent).drawn["acid"]["SO4-2"]
    np.testing.assert_allclose(saved, 2.0, rtol=1e-9)


def test_dry_or_empty_feeds_pass_through():
    dry = leach(water=NOTHING, reductant=NOTHING, acid_ratio=0.05)
    assert dry.status[0] == Status.OUT_OF_RANGE
    empty = leach(solids=NOTHING)
    assert empty["slurry"].mass[0] == 0
    assert empty.status[0] == Status.OK


def test_selective_leach_takes_lithium_and_leaves_iron():
    out = selective(acid_ratio=1.2, residence_time="4 hour")
    assert out.report["extraction"]["Li"][0] > 0.93
    assert out.report["extraction"]["Fe"][0] < 0.05
    assert_closes(out, OLIVINE)


def test_selective_leach_follows_acid_and_oxidant():
    ratio = np.linspace(0.3, 1.5, 6)
    lithium = selective(OLIVINE.repeated(6), acid_ratio=ratio).report["extraction"]["Li"]
    assert np.all(np.diff(lithium) > 0)
    lithium = selective(OLIVINE.repeated(6), oxidant_ratio=ratio).report["extraction"]["Li"]
    assert np.all(np.diff(lithium) > 0)


def test_sharing_the_reductant_over_the_tanks_saves_some_of_it():
    first = leach(reductant_ratio=1.5, dosed_tanks=1)
    shared = leach(reductant_ratio=1.5, dosed_tanks=3)
    assert shared.report["extraction"]["Ni"][0] > first.report["extraction"]["Ni"][0]
    assert_closes(shared, BLACK_MASS)


ROASTED = Stream.of({"NiO": 2.0, "Ni": 2.0, "CoO": 1.0, "Co": 1.0, "MnO": 1.0, "graphite": 10.0})


def test_roasted_mass_dissolves_without_a_reductant_and_gives_off_hydrogen():
    """Lithium and manganese fast, cobalt before nickel (Song 2025); more than 99 % hot in strong acid (Hu 2017)."""
    out = leach(
        ROASTED,
        reductant=NOTHING,
        temperature=273.15 + np.array([40.0, 60.0, 90.0]),
        residence_time="8 hour",
        acid_ratio=1.5,
    )
    share = out.report["extraction"]
    assert np.all(share["Mn"] > 0.999)
    assert np.all(share["Co"] > share["Ni"])
    assert np.all(np.diff(share["Ni"]) > 0)
    assert share["Ni"][2] > 0.98
    assert out.drawn["reductant"].mass.max() == 0
    metal = ROASTED["Ni"] + ROASTED["Co"] - out["slurry"]["Ni"] - out["slurry"]["Co"]
    np.testing.assert_allclose(out["offgas"]["H2(g)"], metal, rtol=1e-9)
    np.testing.assert_allclose(out.report["hydrogen_evolved"], metal, rtol=1e-9)
    assert_closes(out, ROASTED.repeated(3))


def test_activation_energy_of_nickel_oxide_is_that_of_song_2025():
    slow, fast = (
        rates_at(np.array([kelvin]), np.ones((GROUPS + 3, 1)))["nickel_oxide_acid"][0] for kelvin in (320, 360)
    )
    energy = 8.314462618 * np.log(fast / slow) / (1 / 320 - 1 / 360)
    assert energy == pytest.approx(29.8e3, rel=1e-6)


def test_metal_of_a_roast_reduces_what_is_left_of_the_layered_oxide():
    mixed = BLACK_MASS + Stream.of_mass({"Ni": 0.05, "Co": 0.02})
    bare, with_metal = leach(reductant=NOTHING), leach(mixed, reductant=NOTHING)
    assert (
        with_metal["slurry"]["LiMnO2"] + with_metal["slurry"]["MnO2"]
        < bare["slurry"]["LiMnO2"] + bare["slurry"]["MnO2"]
    )
    with_peroxide = leach(mixed, reductant_ratio=3.0)
    assert with_peroxide["offgas"]["H2(g)"] < with_metal["offgas"]["H2(g)"]
