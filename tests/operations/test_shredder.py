import numpy as np
import pytest

from blackmass.chemistry.cells import parse_feed
from blackmass.operations.shredder import Shredder
from blackmass.stream import Stream

CELLS = parse_feed("NMC622:cell:90%=1 t/h")


def closes(out, fed):
    made = out["shred"].conserved + out["offgas"].conserved
    np.testing.assert_allclose(made, fed.conserved, rtol=1e-12, atol=1e-12 * np.abs(fed.conserved).max())


def test_light_solvent_leaves_and_salt_and_heavy_carbonate_stay():
    out = Shredder().run(cells=CELLS)
    closes(out, CELLS)
    assert 0.2 < out["offgas"]["DMC(g)"] / CELLS["DMC"] < 0.7
    assert out["shred"]["EC"] / CELLS["EC"] > 0.999
    np.testing.assert_array_equal(out["shred"]["LiPF6"], CELLS["LiPF6"])
    assert out["shred"].sizes is not None


@pytest.mark.parametrize(
    ("knob", "values"),
    [("temperature", np.linspace(253.15, 363.15, 7)), ("gas_draw", np.linspace(0, 10, 7))],
)
def test_warmer_shred_and_more_gas_draw_off_more_solvent(knob, values):
    out = Shredder(**{knob: values}).run(cells=CELLS.repeated(7))
    closes(out, CELLS.repeated(7))
    assert np.all(np.diff(out["offgas"]["DMC(g)"]) > 0)
    assert np.all(out["shred"].flow >= 0)


def test_salt_hydrolyses_only_as_far_as_there_is_water():
    assert Shredder(hydrolysis=1.0).run(cells=CELLS)["offgas"]["HF(g)"] == 0
    damp = CELLS + Stream.of({"H2O": 0.1 * CELLS["LiPF6"]})
    out = Shredder(hydrolysis=0.5, gas_draw="0 m^3/kg").run(cells=damp)
    closes(out, damp)
    np.testing.assert_allclose(out["offgas"]["HF(g)"], 2 * 0.05 * CELLS["LiPF6"], rtol=1e-12)
    np.testing.assert_allclose(out["shred"]["LiF"] - CELLS["LiF"], 0.05 * CELLS["LiPF6"], rtol=1e-12)


def test_drive_follows_bond_and_one_duty_closes_the_heat_balance():
    grids = np.array([5, 20, 80]) * 1e-3
    out = Shredder(grid=grids).run(cells=CELLS.repeated(3))
    np.testing.assert_allclose(out["electricity"] / out["electricity"][1], [2, 1, 0.5], rtol=1e-12)
    assert out["electricity"][1] == pytest.approx(20e3, rel=1e-6)  # 20 kWh/t at 1 t/h
    assert np.all(out["cooling"] > 0)
    assert np.all(out["heating"] == 0)
    hot = Shredder(temperature="90 degC", specific_energy="1 kW*h/t").run(cells=CELLS)
    assert hot["heating"] > 0
    assert hot["cooling"] == 0


def test_parameters_per_case_with_one_case_of_feed():
    out = Shredder(temperature=np.array([290.0, 320.0])).run(cells=CELLS)
    assert out["shred"].cases == out["offgas"].cases == 2
