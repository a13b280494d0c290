import numpy as np
import pytest

from blackmass import species
from blackmass.chemistry.roasting import enthalpy_flow
from blackmass.chemistry.roasting_gases import BURNING, combustion
from blackmass.chemistry.roasting_kinetics import approaches, decompose, decompositions, reacting_shares
from blackmass.stream import Stream

HOUR = 3600.0


def at(celsius):
    return np.atleast_1d(np.asarray(celsius, dtype=float)) + 273.15


def test_every_reaction_closes_and_every_species_is_known():
    assert len(decompositions()) == 15
    for reaction in decompositions():
        assert np.abs(species.CONSERVED @ reaction.stoichiometry).max() < 1e-12
    assert len(approaches()) == 39
    assert {approach.name for approach in approaches()} <= set(species.NAMES)
    assert np.abs(species.CONSERVED @ combustion()).max() < 1e-12


def test_organics_go_in_the_order_of_their_temperatures():
    feed = Stream.of({"DMC": 1.0, "PVDF": 1.0, "PE": 1.0, "binder": 1.0}, cases=3)
    left = decompose(feed.at(at([150, 400, 550])), at([150, 400, 550]), HOUR * np.ones(3))
    assert left["DMC"][0] < 0.01
    assert left["PVDF"][0] > 0.99
    assert left["binder"][1] < left["PE"][1]
    assert max(left["PVDF"][2], left["PE"][2], left["binder"][2]) < 1e-3


def test_rates_add_and_vanish_with_the_partner():
    kelvin, time = at([600.0] * 3), HOUR * np.ones(3)
    feed = Stream.of({"LiNiO2": 1.0, "graphite": [0.0, 1.0, 1.0], "H2(g)": [0.0, 0.0, 2.0]}, cases=3)
    share = reacting_shares(feed, kelvin, time)["LiNiO2"]
    assert share[0] < 0.01
    assert share[1] > 0.5
    assert share[2] > share[1]


def test_activation_energy_of_hydrogen_is_that_of_huang_2022():
    rate = next(a.rate for a in approaches() if (a.name, a.partner) == ("LiNiO2", "reducing gas"))
    slow, fast = rate.at(at([500.0, 700.0]))
    energy = 8.314462618 * np.log(fast / slow) / (1 / 773.15 - 1 / 973.15)
    assert energy == pytest.approx(84.86e3, rel=1e-3)


def test_heat_of_combustion_of_methane_and_carbon_monoxide():
    """802.3 and 283.0 kJ/mol to steam (CRC)."""
    for name, heat in (("CH4(g)", 802.3e3), ("CO(g)", 283.0e3)):
        reaction = combustion()[:, BURNING.index(name)]
        change = enthalpy_flow(Stream(np.maximum(reaction, 0)[:, None], 298.15)) - enthalpy_flow(
            Stream(np.maximum(-reaction, 0)[:, None], 298.15)
        )
        assert -change[0] == pytest.approx(heat, rel=1e-3)
