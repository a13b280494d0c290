import numpy as np

from blackmass import species
from blackmass.chemistry.cells import parse_feed
from blackmass.operations.air_classifier import AirClassifier
from blackmass.operations.screen import Screen
from blackmass.operations.shredder import Shredder

FLAKES = Screen().run(feed=Shredder().run(cells=parse_feed("NMC622:pack=1 t/h"))["shred"])["oversize"]


def lifted(name, **params):
    cases = max(np.size(value) for value in params.values()) if params else 1
    out = AirClassifier(**params).run(feed=FLAKES.repeated(cases))
    return out["light"][name] / FLAKES[name]


def test_default_takes_film_and_leaves_foil():
    assert lifted("PP") > 0.9
    assert lifted("Al") < 0.02
    assert lifted("Cu") < 0.005
    assert lifted("Fe") < 1e-3


def test_first_pass_takes_film_and_both_foils_alike_and_leaves_casing():
    share = {name: lifted(name, velocity="2.8 m/s") for name in ("PP", "Al", "Cu", "Fe")}
    assert min(share["PP"], share["Al"], share["Cu"]) > 0.98
    assert share["Fe"] < 0.02


def test_faster_air_lifts_more_of_everything():
    velocity = np.geomspace(0.05, 15, 25)
    for name in ("PP", "Al", "Cu", "Fe", "LiNiO2", "graphite", "EC"):
        assert np.all(np.diff(lifted(name, velocity=velocity)) > -1e-12)


def test_dust_goes_with_the_film_and_coated_flakes_with_their_foil():
    out = AirClassifier().run(feed=FLAKES)
    flakes = slice(10, None)  # 1 mm and coarser
    coating = species.MATERIALS.index("cathode_coating")
    foil = species.MATERIALS.index("aluminium")
    shares = []
    for row, name in ((coating, "LiNiO2"), (foil, "Al")):
        light = out["light"][name] * out["light"].sizes[row, flakes].sum(0)
        shares.append(light / (FLAKES[name] * FLAKES.sizes[row, flakes].sum(0)))
    np.testing.assert_allclose(shares[0], shares[1], rtol=0.05)
    dust = FLAKES.sizes[coating, :6].sum(0)
    assert out["light"]["LiNiO2"] / FLAKES["LiNiO2"] > 0.85 * dust
