import numpy as np

from blackmass import species
from blackmass.chemistry.cells import parse_feed
from blackmass.operations.magnet import Magnet
from blackmass.operations.screen import Screen
from blackmass.operations.shredder import Shredder
from blackmass.stream import Stream


def flakes(feed):
    return Screen().run(feed=Shredder().run(cells=parse_feed(feed))["shred"])["oversize"]


def test_steel_of_packs_is_recovered_nearly_pure():
    feed = flakes("NMC622:pack=1 t/h")
    steel = Magnet().run(feed=feed)["magnetic"]
    assert 0.95 < steel["Fe"] / feed["Fe"] < 0.995
    assert steel.mass_flow[species.index("Fe")] / steel.mass > 0.95


def test_cells_without_steel_give_no_magnetic_product():
    out = Magnet(entrainment=0.3).run(feed=flakes("NMC622=1 t/h"))
    assert np.all(out["magnetic"].flow == 0)


def test_each_parameter_moves_the_steel_and_its_purity_the_right_way():
    feed = flakes("NMC622:pack=1 t/h").repeated(3)
    lifted = Magnet(recovery=np.array([0.5, 0.8, 1.0])).run(feed=feed)["magnetic"]
    assert np.all(np.diff(lifted["Fe"]) > 0)
    lifted = Magnet(half_size=np.array([0.1, 2, 20]) * 1e-3).run(feed=feed)["magnetic"]
    assert np.all(np.diff(lifted["Fe"]) < 0)
    lifted = Magnet(entrainment=np.array([0, 0.1, 0.3])).run(feed=feed)["magnetic"]
    assert np.all(np.diff(lifted["Cu"]) > 0)
    assert lifted["Cu"][0] == 0


def test_steel_alone_and_nothing_at_all():
    only = Stream.of_mass({"Fe": 1.0})
    out = Magnet(recovery=1.0, entrainment=0.3).run(feed=only)
    assert np.all(out["rest"].flow >= 0)
    assert np.all(Magnet().run(feed=Stream.empty(2))["magnetic"].flow == 0)
