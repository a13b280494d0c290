import numpy as np
import pytest

from blackmass.chemistry.aqueous import equilibrate
from blackmass.chemistry.neutralisation import SOLIDS
from blackmass.chemistry.reagents import reagent_stream
from blackmass.chemistry.saturation import can_form, excess
from blackmass.stream import Stream

LIQUOR = Stream.of(
    {"H2O": 55.5, "Ni+2": 0.3, "Al+3": 0.05, "Fe+3": 0.01, "F-": 0.02, "Na+": 0.2, "SO4-2": 0.6, "H+": 0.31}
)
SODA = reagent_stream("sodium_hydroxide")[0]
WARM = np.array([333.15])


def possible(pH, stream=LIQUOR):
    return can_form(SOLIDS, stream.flow, WARM, np.array([pH]), SODA.flow)


def test_few_solids_in_acid_and_more_in_alkali():
    assert set(possible(3.0)) < set(possible(7.0))
    assert "Ni(OH)2" not in possible(3.0)
    assert "Ni(OH)2" in possible(8.0)
    assert "CaF2" not in possible(10.0)


def test_solids_that_are_there_are_kept():
    assert "Mg(OH)2" in possible(3.0, LIQUOR + Stream.of({"Mg(OH)2": 1e-6}))


@pytest.mark.parametrize("pH", [2.0, 3.5, 5.0, 7.0, 9.0])
def test_solids_left_out_do_not_change_the_equilibrium(pH):
    full = equilibrate(LIQUOR.flow, WARM, solids=SOLIDS, pH=pH, reagent=SODA.flow[:, 0])
    names = possible(pH)
    few = equilibrate(LIQUOR.flow, WARM, solids=names, pH=pH, reagent=SODA.flow[:, 0])
    assert few.dose[0] == pytest.approx(full.dose[0], rel=1e-10)
    assert excess(tuple(name for name in SOLIDS if name not in names), few, WARM)[0] < 0


def test_excess_is_the_saturation_of_the_engine():
    acid = LIQUOR + Stream.of({"H+": 0.6, "SO4-2": 0.3})
    judged = equilibrate(acid.flow, WARM, solids=SOLIDS)
    assert not judged.extent.any()
    bare = equilibrate(acid.flow, WARM)
    for name in ("Al(OH)3", "alunite-Na", "Ni(OH)2", "Na3AlF6"):
        log_saturation = excess((name,), bare, WARM)[0] / np.log(10)
        assert log_saturation == pytest.approx(judged.log_saturation_of(name)[0], abs=1e-6)
