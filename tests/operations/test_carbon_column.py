"""Activated carbon: what it takes up, what it takes along, and how much of it is used."""

import numpy as np
import pytest

from blackmass import species
from blackmass.chemistry.carbon import carbon_used, constants
from blackmass.chemistry.reagents import reagent_stream, solvent_stream
from blackmass.operations import CarbonColumn
from blackmass.status import Status
from blackmass.stream import Stream

CARBON = reagent_stream("activated_carbon")[0]
LIQUOR = Stream.of({"Li+": 0.4, "Na+": 0.6, "SO4-2": 0.5, "H2O": 55.0})


def fouled(ppm, extractant="Versatic 10"):
    """A litre a second of lithium liquor with droplets, parts per million by volume."""
    solvent = solvent_stream(extractant, 500.0)
    share = np.atleast_1d(np.asarray(ppm, dtype=float)) * 1e-9
    return LIQUOR.repeated(share.size) + Stream(solvent.flow * share, solvent.temperature)


def test_organic_leaves_with_the_carbon_and_everything_closes():
    liquor = fouled(200.0)
    out = CarbonColumn(removal=0.9).run(liquor=liquor, carbon=CARBON)
    assert out.status[0] == Status.OK
    assert out["clean"].phase("organic").mass[0] == pytest.approx(0.1 * liquor.phase("organic").mass[0])
    entered = liquor + out.drawn["carbon"]
    left = out["clean"] + out["spent"]
    np.testing.assert_allclose(left.conserved, entered.conserved, rtol=1e-12, atol=1e-15)
    assert out["spent"]["C(black)"] == out.drawn["carbon"]["C(black)"]


def test_the_loading_is_that_of_the_isotherm_at_the_inlet():
    known = constants()
    volume, organic = np.array([2.0]), np.array([2.0 * known["reference"]])
    assert organic / carbon_used(organic, volume, np.ones(1)) == pytest.approx(known["capacity"])
    dilute = carbon_used(organic / 16, volume, np.ones(1))
    assert organic / 16 / dilute == pytest.approx(known["capacity"] * 16 ** -known["exponent"])


def test_more_organic_takes_more_carbon_but_less_for_each_kilogram():
    liquor = fouled([10.0, 50.0, 250.0, 1000.0])
    out = CarbonColumn().run(liquor=liquor, carbon=CARBON)
    used = out.drawn["carbon"].mass
    assert np.all(np.diff(used) > 0)
    assert np.all(np.diff(out.report["loading"]) > 0)
    lithium = out["spent"]["Li+"] / liquor["Li+"]
    assert np.all((lithium > 0) & (lithium < 0.01))


def test_a_clean_or_a_dry_inlet_uses_no_carbon():
    for liquor in (LIQUOR, Stream.empty(), fouled(100.0).phase("organic")):
        out = CarbonColumn().run(liquor=liquor, carbon=CARBON)
        assert out.drawn["carbon"].mass[0] == 0
        assert np.isfinite(out["clean"].flow).all()


def test_too_much_organic_or_no_carbon_is_marked():
    assert CarbonColumn().run(liquor=fouled(5e4), carbon=CARBON).status[0] == Status.OUT_OF_RANGE
    without = CarbonColumn().run(liquor=fouled(100.0), carbon=Stream.empty())
    assert without.status[0] == Status.OUT_OF_RANGE
    assert without["spent"].mass[0] == 0


def test_metals_are_left_alone():
    out = CarbonColumn(moisture=0.0).run(liquor=fouled(300.0), carbon=CARBON)
    rows = species.PHASE_MASK["aqueous"][:, 0] > 0
    np.testing.assert_allclose(out["clean"].flow[rows], LIQUOR.flow[rows], rtol=1e-14)
