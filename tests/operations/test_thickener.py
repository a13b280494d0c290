import numpy as np

from blackmass.operations.thickener import Thickener
from blackmass.stream import Stream

SLURRY = Stream.of_mass({"graphite": 0.1, "H2O": 0.85, "Ni+2": 0.02, "SO4-2": 0.0327}, cases=3)


def test_underflow_has_the_density_asked_for():
    out = Thickener(underflow_solids=np.array([0.2, 0.35, 0.5])).run(slurry=SLURRY)
    underflow = out["underflow"]
    np.testing.assert_allclose(underflow.phase("solid").mass / underflow.mass, [0.2, 0.35, 0.5], rtol=1e-9)


def test_liquor_keeps_its_composition():
    out = Thickener().run(slurry=SLURRY)
    over, under = out["overflow"], out["underflow"]
    np.testing.assert_allclose(over["Ni+2"] / over["H2O"], under["Ni+2"] / under["H2O"])


def test_a_paste_leaves_whole_as_underflow():
    paste = Stream.of_mass({"graphite": 0.9, "H2O": 0.1})
    assert Thickener(solids_to_overflow=0.0).run(slurry=paste)["overflow"].mass[0] == 0
