import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blackmass import species
from blackmass.chemistry.leaching import batch, cascade
from blackmass.chemistry.leaching_kinetics import constants, surfaces
from blackmass.chemistry.leaching_pulp import GROUPS
from blackmass.chemistry.leaching_stoichiometry import REACTIONS, acid_demand, electron_demand, soluble
from blackmass.sizes import CLASSES
from blackmass.stream import Stream

HOUR = 3600.0


def pulp(acid=2.0, cases=1, temperature=343.15, **moles):
    """One litre of water with NMC111 (1 mol), sulfuric acid [mol], and whatever else [mol]."""
    amounts = {"LiNiO2": 1 / 3, "LiCoO2": 1 / 3, "LiMnO2": 1 / 3, "H2O": 55.0} | moles
    amounts |= {"H+": 2 * np.asarray(acid), "SO4-2": acid}
    return Stream.of(amounts, temperature, cases)


def dissolved(feed, stream, element):
    row = species.ELEMENT_MATRIX[species.ELEMENTS.index(element)]
    before, after = (row @ s.phase("solid").flow for s in (feed, stream))
    return 1 - after / before


def test_every_salt_dissolves_into_ions_and_gas():
    rows, stoichiometry = soluble()
    np.testing.assert_allclose(species.CONSERVED @ stoichiometry, 0, atol=1e-9)
    assert np.all(stoichiometry[rows, np.arange(rows.size)] == -1)


def test_demands_are_those_of_the_reductive_reaction():
    feed = pulp(acid=0.0, LiMn2O4=1.0, LiFePO4=1.0, Cu=1.0)
    np.testing.assert_allclose(acid_demand(feed), 3 + 5 + 3 + 2)
    np.testing.assert_allclose(electron_demand(feed), 1 + 3)


def test_acid_alone_stops_and_leaves_a_residue_without_most_of_its_lithium():
    feed = pulp(temperature=313.15)
    out = batch(feed, 2 * HOUR).stream
    assert 0.33 < dissolved(feed, out, "Co")[0] < 0.4
    assert 0.7 < dissolved(feed, out, "Li")[0] < 0.86
    assert out["CoO2"][0] > 0.3 * feed["LiCoO2"][0]


def test_lithium_follows_the_metal_by_the_electron_balance():
    feed = pulp(temperature=303.15)
    out = cascade(feed, 2, 2 * HOUR)
    lithium = dissolved(feed, out.stream, "Li")
    metal = sum(dissolved(feed, out.stream, m) for m in ("Ni", "Co", "Mn")) / 3
    protons = sum(out.stream[f"{m}OOH"] for m in ("Ni", "Co", "Mn"))
    np.testing.assert_allclose(2 * metal - lithium + protons, 4 * out.stream["O2(g)"], atol=1e-9)


@pytest.mark.parametrize(
    ("reductant", "moles"), [("H2O2", 1.5), ("SO2(aq)", 0.6), ("LiFePO4", 1.05), ("Al", 0.5), ("Fe+2", 1.2)]
)
def test_enough_of_any_reductant_completes_the_dissolution(reductant, moles):
    feed = pulp(acid=4.0, **{reductant: moles})
    out = batch(feed, 8 * HOUR).stream
    for metal in ("Li", "Ni", "Co", "Mn"):
        assert dissolved(feed, out, metal)[0] > 0.97, metal


def test_scarce_reductant_limits_by_its_electrons():
    scarce = np.array([0.0, 0.1, 0.2, 0.3])
    feed = pulp(cases=4, temperature=313.15, **{"SO2(aq)": scarce})
    out = batch(feed, 6 * HOUR).stream
    assert np.all(out["SO2(aq)"] < 0.02)
    taken = 0.0
    for metal in ("Ni", "Co", "Mn"):
        fed = 3 * feed[f"Li{metal}O2"]
        taken = taken + 2 * out[f"{metal}+2"] + 3 * (out[f"Li{metal}O2"] + out[f"{metal}OOH"]) + 4 * out[f"{metal}O2"]
        taken = taken - fed
    given = 2 * (feed["SO2(aq)"] - out["SO2(aq)"]) + 4 * out["O2(g)"]
    np.testing.assert_allclose(-taken, given, atol=1e-9)
    assert np.all(np.diff(sum(dissolved(feed, out, m) for m in ("Ni", "Co", "Mn"))) > 0.05)


@given(acid=st.floats(0.01, 1.2), peroxide=st.floats(0.0, 2.0), celsius=st.floats(20, 95))
@settings(max_examples=25, deadline=None)
def test_acid_caps_what_dissolves(acid, peroxide, celsius):
    feed = pulp(acid=acid, H2O2=peroxide, temperature=celsius + 273.15)
    out = cascade(feed, 2, 6 * HOUR).stream
    charge = out["Li+"] + 2 * (out["Ni+2"] + out["Co+2"] + out["Mn+2"])
    assert charge[0] <= 2 * acid + 1e-5


def test_tanks_without_end_are_the_batch():
    feed = pulp(cases=3, H2O2=np.array([0.0, 0.3, 1.5]), temperature=np.array([298.15, 318.15, 303.15]))
    reference = batch(feed, 0.2 * HOUR, steps=64).stream
    errors = []
    for tanks in (10, 40, 160):
        stream = cascade(feed, tanks, 0.2 * HOUR).stream
        errors.append(np.abs(stream["Ni+2"] - reference["Ni+2"]).max() / (1 / 3))
    assert errors[0] > 2.5 * errors[1] > 6 * errors[2]
    assert errors[2] < 0.01


def test_a_batch_does_not_hang_on_its_steps():
    feed = pulp(cases=2, H2O2=np.array([0.3, 1.0]))
    coarse, fine = (batch(feed, HOUR, steps=n).stream.flow for n in (16, 64))
    np.testing.assert_allclose(coarse, fine, atol=1e-2)


def test_guess_changes_no_answer():
    feed = pulp(cases=4, H2O2=np.linspace(0, 2, 4), LiFePO4=0.1, Cu=0.05)
    cold = cascade(feed, 3, 4 * HOUR)
    near = cascade(pulp(cases=4, H2O2=np.linspace(0.1, 2.1, 4), LiFePO4=0.1, Cu=0.05), 3, 4 * HOUR)
    start = near.guess.copy()
    start[:, 2] = np.nan
    warm = cascade(feed, 3, 4 * HOUR, start)
    np.testing.assert_allclose(warm.stream.flow, cold.stream.flow, rtol=0, atol=1e-12)


def test_finer_powder_dissolves_faster_and_groups_keep_the_mass():
    sizes = np.zeros((len(species.MATERIALS), CLASSES, 3))
    for case, row in enumerate((0, 3, 8)):
        sizes[:, row, case] = 1.0
    shares, surface = surfaces(sizes, 3)
    np.testing.assert_allclose(shares.sum(0), 1)
    assert np.all(np.diff((shares * surface[:GROUPS]).sum(0)) < 0)
    feed = pulp(cases=3, H2O2=1.0, temperature=298.15).with_sizes(sizes)
    out = cascade(feed, 3, 0.5 * HOUR).stream
    assert np.all(np.diff(dissolved(feed, out, "Ni")) < 0)


def test_selective_and_whole_dissolution_of_olivine():
    base = {"LiNiO2": 0.0, "LiCoO2": 0.0, "LiMnO2": 0.0, "LiFePO4": 1.0}
    selective = pulp(acid=0.55, H2O2=0.6, temperature=298.15, **base)
    out = batch(selective, HOUR).stream
    assert dissolved(selective, out, "Li")[0] > 0.93
    assert dissolved(selective, out, "Fe")[0] < 0.03
    whole = pulp(acid=2.0, **base)
    out = batch(whole, 2 * HOUR).stream
    assert dissolved(whole, out, "Fe")[0] > 0.99
    np.testing.assert_allclose(out["PO4-3"], out["Fe+2"], rtol=1e-9)


def test_manganese_lies_down_again_on_hot_nickel_residue():
    feed = pulp(temperature=353.15)
    out = batch(feed, 2 * HOUR).stream
    assert dissolved(feed, out, "Mn")[0] < dissolved(feed, out, "Co")[0] - 0.1 < dissolved(feed, out, "Ni")[0] - 0.1


def test_spinel_disproportionates_without_reductant():
    feed = pulp(LiNiO2=0.0, LiCoO2=0.0, LiMnO2=0.0, LiMn2O4=0.5)
    out = batch(feed, 4 * HOUR).stream
    np.testing.assert_allclose(dissolved(feed, out, "Mn"), 0.25, atol=0.01)
    assert dissolved(feed, out, "Li")[0] > 0.98


def test_constants_have_limits_around_them_where_they_were_fitted():
    assert constants()["reduction"].activation > 0
    assert len(REACTIONS) == len({tuple(r) for r in REACTIONS.values()})
