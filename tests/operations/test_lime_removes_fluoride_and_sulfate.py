"""Calcium fluoride and gypsum are what a neutraliser with lime makes: no machine of their own."""

import numpy as np
import pytest

from blackmass.chemistry.reagents import reagent_stream
from blackmass.operations.neutraliser import Neutraliser
from blackmass.stream import Stream

LIME = reagent_stream("calcium_hydroxide")[0]
NONE = Stream.empty()


def limed(liquor, **params):
    return Neutraliser(**params).run(liquor=liquor, base=LIME, oxidant=NONE)["slurry"]


def test_fluoride_falls_to_the_milligrams_that_calcium_fluoride_leaves():
    """About 8 to 20 mg/L F are left by lime (solubility of CaF2 16 mg/L in water; less where calcium is in excess)."""
    liquor = Stream.of({"Na+": 0.5, "F-": 0.1, "SO4-2": 0.25, "H+": 0.1, "H2O": 55.5})
    slurry = limed(liquor, pH=10.0, temperature=298.15)
    milligrams = 19.0e3 * slurry["F-"][0] / (1e3 * slurry.volume[0])
    assert 2 < milligrams < 25
    assert slurry["CaF2"][0] == pytest.approx(0.05, rel=0.02)


def test_sulfate_falls_to_the_solubility_of_gypsum():
    """1.4 to 2 g/L of sulfate stay in water saturated with gypsum (2.0 to 2.6 g/L CaSO4)."""
    acid = Stream.of({"H+": 1.0, "SO4-2": 0.5, "H2O": 55.5})
    slurry = limed(acid, pH=8.0, temperature=298.15)
    grams = 96.06 * slurry["SO4-2"][0] / (1e3 * slurry.volume[0])
    assert 1.2 < grams < 2.2
    assert slurry["CaSO4.2H2O"][0] == pytest.approx(0.485, abs=0.01)


def test_aluminium_holds_the_fluoride_until_it_leaves():
    """Complexes AlF2+ and AlF+2 keep CaF2 from forming in acid; oracle h of the chemistry data."""
    liquor = Stream.of({"Al+3": 0.03, "F-": 0.03, "Na+": 0.3, "SO4-2": 0.18, "H+": 0.0, "H2O": 55.5})
    slurry = limed(liquor, pH=np.array([3.0, 9.0]), temperature=298.15)
    assert slurry["CaF2"][0] < 1e-4
    assert slurry["F-"][1] < 0.1 * 0.03
