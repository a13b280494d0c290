import numpy as np
import pytest

from blackmass.chemistry.cells import parse_feed
from blackmass.operations.screen import Screen
from blackmass.operations.shredder import Shredder
from blackmass.stream import Stream

CELLS = parse_feed("NMC622=1 t/h")
SHRED = Shredder().run(cells=CELLS)["shred"]
CUTS = np.geomspace(50e-6, 5e-3, 25)
ACTIVE = ("LiNiO2", "LiCoO2", "LiMnO2")


def recovered(out, name):
    return out["undersize"][name] / SHRED[name]


def test_black_mass_at_the_default_is_that_of_everbatt():
    out = Screen().run(feed=SHRED)
    for name in (*ACTIVE, "graphite", "C(black)"):
        assert recovered(out, name) == pytest.approx(0.95, abs=0.005)
    for name in ("Cu", "Al"):
        assert recovered(out, name) == pytest.approx(0.05, abs=0.005)
    grade = out["undersize"].mass_flow / out["undersize"].mass
    assert grade[SHRED.flow[:, 0] > 0].max() < 0.6


@pytest.mark.parametrize("name", [*ACTIVE, "graphite", "Cu", "Al", "PP", "EC"])
def test_a_larger_cut_brings_more_of_everything_into_the_black_mass(name):
    out = Screen(cut_size=CUTS).run(feed=SHRED.repeated(CUTS.size))
    assert np.all(np.diff(recovered(out, name)) > 0)


def test_a_larger_cut_dilutes_the_black_mass_with_foil():
    out = Screen(cut_size=CUTS).run(feed=SHRED.repeated(CUTS.size))["undersize"]
    for name in ("Cu", "Al"):
        share = out[name] / out.mass
        assert np.all(np.diff(share[CUTS > 200e-6]) > 0)


def test_sharper_screens_keep_the_foil_out_and_bypass_loses_coating():
    sharp = Screen(sharpness=np.array([2.0, 6.0, 20.0])).run(feed=SHRED.repeated(3))
    assert np.all(np.diff(recovered(sharp, "Cu")) < 0)
    lossy = Screen(bypass=np.array([0.0, 0.1, 0.5])).run(feed=SHRED.repeated(3))
    assert np.all(np.diff(recovered(lossy, "graphite")) < 0)


def test_finer_shred_puts_more_foil_and_more_coating_into_the_black_mass():
    grids = np.array([5, 10, 20, 40]) * 1e-3
    shred = Shredder(grid=grids).run(cells=CELLS.repeated(4))["shred"]
    out = Screen().run(feed=shred)["undersize"]
    for name in ("Cu", "Al", "graphite", "LiNiO2"):
        assert np.all(np.diff(out[name]) < 0)


def test_black_mass_without_sizes_passes_as_powder_with_its_water():
    powder = Stream.of_mass({"LiNiO2": 0.5, "graphite": 0.4, "Cu": 0.02, "H2O": 0.08})
    out = Screen(bypass=0.0).run(feed=powder)
    assert out["undersize"].mass / powder.mass > 0.998
    np.testing.assert_array_equal(out["undersize"]["H2O"], powder["H2O"])
    np.testing.assert_allclose((out["undersize"] + out["oversize"]).flow, powder.flow, rtol=1e-14)


def test_the_oversize_is_coarser_than_the_undersize():
    out = Screen().run(feed=SHRED)
    fine, coarse = (np.cumsum(out[port].sizes, axis=1) for port in ("undersize", "oversize"))
    assert np.all(fine >= coarse - 1e-12)
