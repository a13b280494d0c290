import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blackmass import species
from blackmass.chemistry.cells import parse_feed
from blackmass.operations.air_classifier import AirClassifier
from blackmass.operations.discharge import Discharge
from blackmass.operations.eddy_current import EddyCurrent
from blackmass.operations.magnet import Magnet
from blackmass.operations.screen import Screen
from blackmass.operations.shredder import Shredder
from blackmass.sizes import CLASSES
from blackmass.status import Status
from blackmass.stream import Stream

MACHINES = (Discharge, Shredder, Screen, Magnet, AirClassifier, EddyCurrent)


def dry_part(feed):
    """Products of the dry part of a plant, all at their defaults."""
    shredded = Shredder().run(cells=Discharge().run(cells=feed)["discharged"])
    screened = Screen().run(feed=shredded["shred"])
    magnet = Magnet().run(feed=screened["oversize"])
    air = AirClassifier().run(feed=magnet["rest"])
    eddy = EddyCurrent().run(feed=air["heavy"])
    return {
        "offgas": shredded["offgas"],
        "black_mass": screened["undersize"],
        "steel": magnet["magnetic"],
        "plastics": air["light"],
        "aluminium": eddy["aluminium"],
        "copper": eddy["rest"],
    }


def purity(stream, name):
    return stream.mass_flow[species.index(name)] / stream.mass


def test_splitter_and_size_decide_what_is_thrown():
    metal = Stream.of_mass({"Cu": 1.0, "Al": 1.0, "Fe": 0.1, "PP": 0.1})
    metal = Shredder(gas_draw="0 m^3/kg").run(cells=metal)["shred"]
    splitter = np.linspace(0.1, 1, 10)
    thrown = EddyCurrent(splitter=splitter).run(feed=metal.repeated(10))["aluminium"]
    for name in ("Cu", "Al"):
        assert np.all(np.diff(thrown[name]) < 0)
    assert np.all(thrown["Fe"] == 0)
    assert np.all(thrown["PP"] == 0)
    fine = EddyCurrent().run(feed=Stream(metal.flow, metal.temperature))["aluminium"]  # no sizes: powder
    assert fine["Al"] < 0.05 * metal["Al"]


@pytest.mark.parametrize("feed", ["NMC622=1 t/h", "NMC622:pack=1 t/h", "LFP:module=1 t/h", "NMC811:cell:80%=1 t/h"])
def test_dry_part_recovers_what_everbatt_does(feed):
    cells = parse_feed(feed)
    out = dry_part(cells)
    active = "LiFePO4" if feed.startswith("LFP") else "LiNiO2"
    for name in (active, "graphite"):
        assert out["black_mass"][name] / cells[name] == pytest.approx(0.95, abs=0.01)
    for name, metal in (("Cu", "copper"), ("Al", "aluminium")):
        assert out["black_mass"][name] / cells[name] == pytest.approx(0.05, abs=0.005)
        assert out[metal][name] / cells[name] > (0.9 if name == "Cu" else 0.88)
        assert purity(out[metal], name) > 0.85
    if np.all(cells["Fe"] > 0):
        assert out["steel"]["Fe"] / cells["Fe"] > 0.9
        assert purity(out["steel"], "Fe") > 0.95
    assert out["plastics"]["PP"] / cells["PP"] > 0.9
    made = sum(stream.conserved for stream in out.values())
    np.testing.assert_allclose(made, cells.conserved, rtol=1e-12, atol=1e-12 * cells.conserved.max())


def drawn_parameters(machine, rng, cases):
    values = {}
    for name, declared in machine.params.items():
        corner = rng.choice([0.0, 1.0, 0.5], size=cases)
        place = np.where(rng.uniform(size=cases) < 0.5, corner, rng.uniform(size=cases))
        values[name] = declared.low + place * (declared.high - declared.low)
    return values


def drawn_stream(rng, cases):
    flow = rng.uniform(size=(species.COUNT, cases)) * 10.0 ** rng.uniform(-6, 5, size=cases)
    flow *= rng.uniform(size=(species.COUNT, cases)) < rng.choice([0.0, 0.03, 0.5, 1.0], size=cases)
    sizes = rng.dirichlet(np.full(CLASSES, 0.2), size=(len(species.MATERIALS), cases)).transpose(0, 2, 1)
    return Stream(flow, rng.uniform(260, 370, size=cases), sizes if rng.uniform() < 0.7 else None)


@pytest.mark.parametrize("machine", MACHINES)
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**31))
def test_machines_take_any_inlet_and_any_parameters(machine, seed):
    rng, cases = np.random.default_rng(seed), 4
    fed, params = drawn_stream(rng, cases), drawn_parameters(machine, rng, cases)
    port = next(iter(machine.inlets))
    out = machine(**params).run(**{port: fed})
    assert np.all(out.status <= Status.OUT_OF_RANGE)
    made = sum(out[name].flow for name in machine.outlets)
    balance = species.CONSERVED @ made - fed.conserved
    np.testing.assert_allclose(balance / np.maximum(fed.flow.sum(0), 1e-300), 0, atol=1e-11)
    for name in machine.outlets:
        assert np.all(np.isfinite(out[name].flow))
        assert np.all(out[name].flow >= 0)
    for name in machine.duties:
        assert np.all(out[name] >= 0)
    for case in range(cases):  # a batch is its cases, one by one, at any scale
        single = machine(**{key: value[case] for key, value in params.items()})
        one = fed.case(case)
        alone = single.run(**{port: Stream(one.flow * 8, one.temperature, one.sizes)})
        for name in machine.outlets:
            np.testing.assert_allclose(
                alone[name].flow[:, 0] / 8, out[name].flow[:, case], rtol=1e-9, atol=1e-11 * fed.flow[:, case].max()
            )
