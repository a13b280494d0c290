"""Constants of the tables by path, and models that follow when a table holds another value."""

import numpy as np
import pytest

from blackmass.analysis.design import read_ranges
from blackmass.analysis.evaluate import Evaluated
from blackmass.analysis.outputs import outputs
from blackmass.analysis.uncertainty import monte_carlo
from blackmass.chemistry.equilibria import dissolved
from blackmass.chemistry.extraction import extractant
from blackmass.chemistry.leaching_kinetics import constants as leach_constants
from blackmass.chemistry.reagents import reagent_stream
from blackmass.data.constants import constant, constants, matching, replaced
from blackmass.data.load import read_table
from blackmass.errors import InputError
from blackmass.flowsheet.load import load_flowsheet
from blackmass.flowsheet.solve import solve
from blackmass.operations.neutraliser import Neutraliser
from blackmass.stream import Stream

LOG_K, RATE, PH50 = (
    "aqueous_equilibria/HSO4-,both/log_k",
    "leach_kinetics/reduction/value",
    "extractants/Cyanex 272,Co+2/pH50",
)
OLIVINE = "leach_kinetics/olivine_peroxide/value"


def test_paths_are_unique_and_lead_to_the_cell():
    found = constants()
    assert len(found) > 1000
    for path in (LOG_K, RATE, PH50):
        its = constant(path)
        assert float(read_table(its.table).rows[its.row][its.column]) == its.value
    assert set(matching("extractants/Cyanex 272,*/pH50")) >= {PH50}


def test_a_replaced_constant_is_what_models_read_and_is_put_back():
    def held():
        hydrogen_sulfate = next(its for its in dissolved("davies") if its.name == "HSO4-")
        acid = extractant("Cyanex 272")
        return hydrogen_sulfate.log_k, leach_constants()["reduction"].value, acid.log_k[acid.metals.index("Co+2"), 0]

    before = held()
    with replaced({LOG_K: 2.5, RATE: 0.02, PH50: constant(PH50).value + 0.1}):
        np.testing.assert_allclose(held(), (2.5, 0.02, before[2] - 0.2 * np.log(10)), rtol=1e-12)
    assert held() == before


def test_a_log_k_moves_the_base_that_a_liquor_takes():
    liquor = Stream.of({"H2O": 55.5, "H+": 0.9, "SO4-2": 0.95, "Na+": 1.0})
    found = []
    for shift in (-0.2, 0.0, 0.2):
        with replaced({LOG_K: constant(LOG_K).value + shift}):
            out = Neutraliser(pH=2.0).run(
                liquor=liquor, base=reagent_stream("sodium_hydroxide")[0], oxidant=Stream.empty()
            )
            found.append(float(out.drawn["base"].mass[0]))
    assert found[0] > found[1] > found[2] > 0  # acid that hydrogen sulfate holds at pH 2 takes no base


def test_constants_of_a_plant_are_sampled_as_its_parameters_are():
    plant = load_flowsheet("lfp_selective")
    ranges = read_ranges(plant, {"leach_kinetics/lithium_left/value": "data", "leach.temperature": "normal:65:1"})
    found = monte_carlo(Evaluated.of(plant, ranges), len(ranges), 10)
    assert found.failed == 0
    low, high = constant("leach_kinetics/lithium_left/value").stated.ends
    draws = ranges[0].at(np.linspace(0.001, 0.999, 999))
    assert np.mean((draws > low) & (draws < high)) == pytest.approx(0.95, abs=0.01)


@pytest.mark.parametrize(("path", "output"), [(LOG_K, "product.lithium_carbonate.kg_per_h"), (OLIVINE, "recovery.Li")])
def test_outputs_of_a_plant_follow_a_constant(path, output):
    plant = load_flowsheet("lfp_selective")
    its = constant(path)
    values = f"{0.9 * its.value},{its.value}"
    model = Evaluated.of(plant, read_ranges(plant, {path: values}))
    lower, usual = model(np.array([[0.2], [0.8]]))[output]
    assert np.isfinite([lower, usual]).all()
    assert lower != usual
    assert usual == pytest.approx(float(outputs(solve(plant))[output][0]), rel=1e-9)


def test_what_is_read_at_start_cannot_be_varied():
    with pytest.raises(InputError, match="when the program starts"):
        constant("species/H2O/heat_capacity_J_kg_K")


def test_unknown_constants_offer_the_nearest():
    with pytest.raises(InputError, match="extractants/Cyanex 272,Co"):
        constant("extractants/Cyanex 27,Co+2/pH50")
    with pytest.raises(InputError, match="no such constant"):
        matching("nothing/*")
