import numpy as np
import pytest

from blackmass import species
from blackmass.chemistry.coprecipitation import Liquor, sorption, uptake
from blackmass.stream import Stream

SLURRY = Stream.of({"H2O": 55.5, "Fe(OH)3": 0.018, "Al(OH)3": 0.074, "Ni+2": 0.034, "Co+2": 0.27, "Mn+2": 0.1})


def taken(pH, slurry=SLURRY, free=0.3):
    rows = species.indices(list(sorption().metals))
    pH = np.atleast_1d(np.asarray(pH, dtype=float))
    slurry = slurry.repeated(pH.size)
    held = slurry.flow[rows]
    one = np.ones(pH.size)
    return uptake(slurry.flow, Liquor(held, free * held, pH, 2.0 * one, 333.15 * one)), held


def test_reactions_balance():
    np.testing.assert_allclose(species.CONSERVED @ sorption().stoichiometry, 0, atol=1e-12)


def test_uptake_rises_with_pH_and_ends_with_sites_or_metal():
    metal, held = taken(np.linspace(1, 12, 23))
    total = metal.sum(0)
    assert np.all(np.diff(total) >= 0)
    assert np.all(metal <= held * (1 + 1e-12))
    assert total[-1] <= (SLURRY["Fe(OH)3"] + SLURRY["Al(OH)3"])[0] * 0.205 * (1 + 1e-12)
    assert total[-1] == pytest.approx(0.092 * 0.205, rel=1e-3)


def test_nickel_before_cobalt_before_manganese():
    metal, held = taken(4.5)
    share = (metal / np.where(held > 0, held, 1.0))[:, 0]
    assert share[0] > share[1] > share[2] > 0


def test_losses_of_chernyaev_2021_at_pH_4():
    metal, held = taken(4.0, free=0.037)  # log10 of activity over total is -1.4 in 1 mol/kg sulfate
    share = 100 * metal[:2, 0] / held[:2, 0]
    np.testing.assert_allclose(share, [3.0, 0.8], atol=1.0)


def test_without_hydroxide_or_liquor_nothing_is_taken_up():
    assert not taken(6.0, Stream.of({"H2O": 55.5, "Ni+2": 0.1}))[0].any()
    assert not taken(np.nan)[0].any()
