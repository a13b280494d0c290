"""A model outside the range of its data says so, with unit, quantity, value and range."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

from blackmass import operations as op
from blackmass.chemistry.ranges import cautions, limits
from blackmass.cli.run_command import command
from blackmass.flowsheet.plant import Plant
from blackmass.flowsheet.solve import solve
from blackmass.flowsheet.summary import summary
from blackmass.flowsheet.validity import OWN
from blackmass.operations.operation import every_operation
from blackmass.species import ELEMENTS
from blackmass.status import Status

KINDS = {name for name in limits() if not name.endswith(" test")}


def shredding(grid: object) -> Plant:
    plant = Plant("shredding")
    cells = plant.feed("cells", "NMC622=1 t/h")
    shredder = plant.add("shredder", op.Shredder(grid=grid), cells=cells)
    plant.product("shred", shredder.shred, main="LiNiO2")
    plant.waste("gas", shredder.offgas)
    return plant


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_ranges_speak_of_what_an_operation_has(kind):
    operation = every_operation()[kind]
    for limit in limits()[kind]:
        first, _, rest = limit.quantity.partition(" ")
        assert limit.low < limit.high
        if limit.quantity == OWN:
            assert limit.note
        elif not rest:
            declared = operation.params[first]
            assert (
                limit.low > declared.low
                or limit.high < declared.high
                or (limit.low, limit.high) == (declared.low, declared.high)
            )
        elif first != "report":
            assert first in {**operation.inlets, **operation.outlets}
            assert rest == "temperature" or rest in ELEMENTS


def test_cases_beyond_the_range_are_marked_and_named():
    result = solve(shredding(np.array([3, 20, 80]) * 1e-3))
    np.testing.assert_array_equal(result.status, [Status.OUT_OF_RANGE, Status.OK, Status.OUT_OF_RANGE])
    assert result.converged.all()
    assert "shredder: grid = 80 mm is outside the range of the data, 5 mm to 50 mm" in result.reason(2)
    assert summary(result, 1)["out_of_range"] == []
    found = summary(result, 0)["out_of_range"][0]
    assert (found["unit"], found["quantity"], found["value"]) == ("shredder", "grid", pytest.approx(3.0))
    assert (found["low"], found["high"], found["in"]) == (5.0, 50.0, "mm")


def test_run_prints_the_warning_and_its_json_holds_it(tmp_path):
    arguments = ["spoke", "--set", "shredder.grid=70 mm"]
    text = CliRunner().invoke(command, arguments).output
    assert "warning: shredder: grid = 70 mm is outside the range of the data, 5 mm to 50 mm" in text
    found = json.loads(CliRunner().invoke(command, [*arguments, "--json"]).output)
    assert found["status"] == "converged"
    assert [one["quantity"] for one in found["out_of_range"]] == ["grid"]


def test_what_a_model_marks_itself_is_named_where_nothing_else_explains_it():
    plant = Plant("plating")
    thin = plant.feed("electrolyte", {"Cu+2": 0.002, "H+": 0.003, "SO4-2": 0.1446, "H2O": 0.8504}, flow="1 t/h")
    cell = plant.add("plating", op.CopperElectrowinning(current_density="400 A/m^2"), electrolyte=thin)
    plant.product("copper", cell.cathodes, main="Cu")
    plant.waste("spent", cell.spent)
    plant.waste("gas", cell.offgas)
    result = solve(plant)
    assert result.status[0] == Status.OUT_OF_RANGE
    assert "spent Cu" in result.reason(0)


def test_figures_of_published_tests_are_taken_in_the_unit_of_the_range():
    assert cautions("extraction test", {"T_C": 25.0, "pH": None}) == []
    assert cautions("extraction test", {"T_C": 70.0}) == ["T_C 70 is outside 10 to 60"]
