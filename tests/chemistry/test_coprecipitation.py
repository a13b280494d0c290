from pathlib import Path

import numpy as np
import phreeqc
import pytest

from blackmass import species
from blackmass.chemistry.activity import constants, debye_hueckel
from blackmass.chemistry.coprecipitation import Liquor, sorption, uptake
from blackmass.chemistry.hydroxide_cake import held_liquor
from blackmass.chemistry.precipitation_cases import Conditions, predict
from blackmass.stream import Stream

SLURRY = Stream.of({"H2O": 55.5, "Fe(OH)3": 0.018, "Al(OH)3": 0.074, "Ni+2": 0.034, "Co+2": 0.27, "Mn+2": 0.1})


def taken(pH, slurry=SLURRY, free=0.3, sulfate=0.3, strength=2.0, kelvin=333.15):
    rows = species.indices(list(sorption().metals))
    pH, sulfate = np.broadcast_arrays(np.atleast_1d(np.asarray(pH, dtype=float)), sulfate)
    slurry = slurry.repeated(pH.size)
    held = slurry.flow[rows]
    one = np.ones(pH.size)
    return uptake(slurry.flow, Liquor(held, free * held, sulfate * one, pH, strength * one, kelvin * one)), held


def test_reactions_balance():
    np.testing.assert_allclose(species.CONSERVED @ sorption().stoichiometry, 0, atol=1e-12)


def test_uptake_rises_with_pH_and_ends_with_sites_or_metal():
    metal, held = taken(np.linspace(1, 14, 27))
    total = metal.sum(0)
    assert np.all(np.diff(total) >= 0)
    assert np.all(metal <= held * (1 + 1e-12))
    assert total[-1] <= 0.092 * 0.205 * (1 + 1e-12)
    assert total[-1] > 0.9 * 0.092 * 0.205


def test_nickel_before_cobalt_before_manganese():
    metal, held = taken(4.5)
    share = (metal / np.where(held > 0, held, 1.0))[:, 0]
    assert share[0] > share[1] > share[2] > 0


def test_sulfate_holds_sites_that_metals_would_take():
    none, little, much = taken(4.5, sulfate=np.array([0.0, 1e-3, 1.0]))[0].sum(0)
    assert none > little > much > 0


def test_without_hydroxide_or_liquor_nothing_is_taken_up():
    assert not taken(6.0, Stream.of({"H2O": 55.5, "Ni+2": 0.1}))[0].any()
    assert not taken(np.nan)[0].any()


def test_a_case_does_not_see_its_batch():
    together = taken(np.array([3.0, 5.0, 7.0]))[0]
    np.testing.assert_allclose(together[:, 1], taken(5.0)[0][:, 0], rtol=1e-14)


@pytest.mark.parametrize("pH", [4.0, 5.0, 6.0])
@pytest.mark.parametrize("sulfate", [0.0, 0.05])
def test_two_layer_model_agrees_with_phreeqc(pH, sulfate):
    engine = phreeqc.Phreeqc()
    assert engine.LoadDatabase(str(Path(phreeqc.__file__).parent / "databases" / "phreeqc.dat")) == 0
    salt = f"S(6) {1000 * sulfate}" if sulfate else "Cl 100"
    text = f"""SOLUTION 1
 pH {pH}
 units mmol/kgw
 Na 100 charge
 {salt}
 Cu 1
SURFACE 1
 -equilibrate 1
 Hfo_sOH 5e-5 600 0.89
 Hfo_wOH 2e-3
SELECTED_OUTPUT
 -reset false
 -high_precision true
 -ionic_strength true
 -activities Cu+2 SO4-2
 -totals Cu
 -molalities Hfo_sOCu+ Hfo_wOCu+
END"""
    assert engine.RunString(text) == 0
    value = {
        engine.GetSelectedOutputValue(0, column): engine.GetSelectedOutputValue(
            engine.GetSelectedOutputRowCount() - 1, column
        )
        for column in range(engine.GetSelectedOutputColumnCount())
    }
    root = np.sqrt(value["mu"])
    shape = root / (1 + root) - constants()["slope"] * value["mu"]
    gamma = 10 ** (-4 * debye_hueckel(np.array([298.15])) * shape)
    bound = value["m_Hfo_sOCu+(mol/kgw)"] + value["m_Hfo_wOCu+(mol/kgw)"]
    dissolved = value["Cu(mol/kgw)"]
    slurry = Stream.of({"H2O": 55.508, "Fe(OH)3": 0.01, "Cu+2": dissolved + bound})
    held = slurry.flow[species.indices(list(sorption().metals))]
    free = np.where(held > 0, held * 10 ** value["la_Cu+2"] / dissolved / gamma, 0.0)
    anion = 10 ** value["la_SO4-2"] / gamma if sulfate else np.zeros(1)
    found = uptake(slurry.flow, Liquor(held, free, anion, np.array([pH]), np.array([value["mu"]]), np.full(1, 298.15)))
    assert found.sum() == pytest.approx(bound, rel=5e-3)


def test_copper_stays_in_acid_liquor_with_iron_alone():
    """Chernyaev 2021: without aluminium nothing but iron comes down at pH 3.5."""
    feed = {"Li": 2.5, "Fe": 1.0, "Co": 16.0, "Ni": 2.0, "Cu": 2.0}
    found = predict(Conditions(feed, "NaOH", pH=3.5, temperature=333.15)).precipitated
    assert found["Fe"] > 99
    assert max(found[metal] for metal in ("Li", "Co", "Ni", "Cu")) < 1


def test_aluminium_gel_holds_liquor_and_its_phosphate_does_not():
    """Chernyaev 2023: 4 to 5 % of Li, Ni and Co lost with hydroxide at pH 4, next to none with phosphate."""
    feed = {"Li": 2.5, "Al": 2.0, "Fe": 1.0, "Co": 15.0, "Ni": 5.0, "Mn": 5.0}
    gel = predict(Conditions(feed, "NaOH", pH=4.0, temperature=333.15)).precipitated
    dense = predict(Conditions(feed, "Na3PO4", ratio=1.0, pH=3.0, temperature=333.15)).precipitated
    for metal in ("Li", "Ni", "Co"):
        assert gel[metal] == pytest.approx(4.5, abs=1.0)
        assert dense[metal] < 1.0


def test_gel_holds_no_more_than_there_is():
    dry = Stream.of({"H2O": 1.0, "Al(OH)3": 1.0}).repeated(1)
    assert held_liquor(dry.flow)[0] == 1.0
    assert held_liquor(Stream.of({"H2O": 1.0}).flow)[0] == 0.0
