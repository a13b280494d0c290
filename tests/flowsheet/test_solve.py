"""Plants of junctions only: what the solver must get exactly right, whatever the chemistry."""

import numpy as np
import pytest

from blackmass import operations as op
from blackmass.declare import PerCase, inlet, outlet, param
from blackmass.errors import InputError, SolveError
from blackmass.flowsheet.graph import loops
from blackmass.flowsheet.measures import concentration
from blackmass.flowsheet.plant import Plant
from blackmass.flowsheet.solve import solve
from blackmass.operations.operation import Operation, Outlets
from blackmass.stream import Stream

LIQUOR = {"Ni+2": 0.05, "SO4-2": 0.08177, "H2O": 0.86823}


class Purge(Operation):
    """A splitter that may be shut."""

    feed = inlet("liquor")
    bleed = outlet("what leaves")
    rest = outlet("what returns")
    bleed_fraction: PerCase = param(0.5, bounds=(0, 1), doc="share that leaves")

    def run(self, feed: Stream) -> Outlets:
        bleed, rest = feed.split(self.bleed_fraction)
        return Outlets(bleed=bleed, rest=rest)


def recycle_plant(bleed: object = 0.2, order: str = "mix bleed") -> Plant:
    """Feed and wash meet a returned stream; a bleed leaves, the rest returns."""
    plant = Plant("ring")
    feed = plant.feed("liquor", LIQUOR, flow="1 t/h")
    water = plant.feed("water", {"H2O": 1.0}, flow="500 kg/h")
    back = plant.recycle("back")
    mix = plant.add("mix", op.Mixer(), first=feed, second=water, third=back)
    divide = plant.add("divide", Purge(bleed_fraction=bleed), feed=mix.mixed)
    plant.connect(divide.rest, to=back)
    plant.product("bled", divide.bleed, main="Ni+2")
    return plant


def test_recycle_of_a_pure_splitter_is_the_geometric_series():
    result = solve(recycle_plant(0.2)).check()
    fed = result.streams["liquor"]["Ni+2"]
    returned = result.streams["divide.rest"]["Ni+2"]
    np.testing.assert_allclose(returned, fed * 0.8 / 0.2, rtol=1e-8)
    assert result.balance_error.max() < 1e-9


def test_batch_is_its_cases_one_by_one():
    bleeds = np.linspace(0.05, 0.95, 7)
    batch = solve(recycle_plant(bleeds)).check()
    for number, bleed in enumerate(bleeds):
        one = solve(recycle_plant(float(bleed))).check()
        np.testing.assert_allclose(
            batch.streams["divide.rest"].flow[:, number], one.streams["divide.rest"].flow[:, 0], rtol=1e-8, atol=1e-12
        )


def test_warm_start_gives_the_cold_answer_at_once():
    plant = recycle_plant(0.1)
    cold = solve(plant)
    warm = solve(plant, warm=cold)
    np.testing.assert_allclose(warm.streams["mix.mixed"].flow, cold.streams["mix.mixed"].flow, rtol=1e-8, atol=1e-12)
    assert warm.iterations[0] <= 2 < cold.iterations[0]


def test_recycle_without_a_purge_names_unit_and_component():
    result = solve(recycle_plant(0.0))
    assert not result.converged[0]
    with pytest.raises(SolveError, match=r"divide\.rest, .*cannot leave it: add or enlarge a purge"):
        result.check()


def test_one_bad_case_leaves_the_others_alone():
    result = solve(recycle_plant(np.array([0.0, 0.3])))
    assert list(result.converged) == [False, True]
    alone = solve(recycle_plant(0.3))
    np.testing.assert_allclose(result.streams["mix.mixed"].flow[:, 1], alone.streams["mix.mixed"].flow[:, 0], rtol=1e-8)


def test_specification_meets_its_target():
    plant = recycle_plant(0.3)
    wire = plant.units["mix"].mixed
    plant.spec(
        "nickel", measure=concentration(wire, "Ni"), target="20 g/L", vary="water.flow", within=("10 kg/h", "5 t/h")
    )
    result = solve(plant).check()
    stream = result.streams["mix.mixed"]
    nickel = stream["Ni+2"] * 0.058693 / stream.volume
    np.testing.assert_allclose(nickel, 20.0, rtol=1e-6)
    assert result.balance_error.max() < 1e-9


def test_specification_out_of_reach_says_so():
    plant = recycle_plant(0.3)
    wire = plant.units["mix"].mixed
    plant.spec(
        "nickel", measure=concentration(wire, "Ni"), target="500 g/L", vary="water.flow", within=("10 kg/h", "5 t/h")
    )
    assert "specification 'nickel'" in solve(plant).reason()


def specified_plant() -> Plant:
    plant = recycle_plant(0.3)
    wire = plant.units["mix"].mixed
    plant.spec(
        "nickel", measure=concentration(wire, "Ni"), target="20 g/L", vary="water.flow", within=("10 kg/h", "5 t/h")
    )
    return plant


def test_target_of_a_specification_can_be_set():
    result = solve(specified_plant().changed({"nickel.target": "15 g/L"})).check()
    stream = result.streams["mix.mixed"]
    np.testing.assert_allclose(stream["Ni+2"] * 0.058693 / stream.volume, 15.0, rtol=1e-6)
    with pytest.raises(InputError, match=r"nickel.target = 15 kg: '15 kg' has dimension"):
        specified_plant().changed({"nickel.target": "15 kg"})


def test_setting_the_varied_parameter_turns_the_specification_off_and_says_so():
    plant = specified_plant().changed({"water.flow": "700 kg/h"})
    result = solve(plant).check()
    np.testing.assert_allclose(result.streams["water"].mass * 3600, 700.0)
    assert plant.notes == ["specification 'nickel' is off, since water.flow was set."]


def test_many_cases_are_solved_in_batches_and_joined(monkeypatch):
    monkeypatch.setattr("blackmass.flowsheet.solve.BATCH", 3)
    bleeds = np.linspace(0.1, 0.9, 7)
    joined = solve(recycle_plant(bleeds)).check()
    assert joined.cases == 7
    fed = joined.streams["liquor"]["Ni+2"]
    np.testing.assert_allclose(joined.streams["divide.rest"]["Ni+2"], fed * (1 - bleeds) / bleeds, rtol=1e-8)
    again = solve(recycle_plant(bleeds), warm=joined)
    assert again.iterations.max() <= 2


def test_nested_recycles_have_the_fewest_tears():
    plant = Plant("nested")
    feed = plant.feed("liquor", LIQUOR, flow="1 t/h")
    inner, outer = plant.recycle("inner"), plant.recycle("outer")
    first = plant.add("first", op.Mixer(), first=feed, second=inner, third=outer)
    one = plant.add("one", op.Splitter(bleed_fraction=0.5), feed=first.mixed)
    two = plant.add("two", op.Splitter(bleed_fraction=0.5), feed=one.bleed)
    plant.connect(one.rest, to=inner)
    plant.connect(two.rest, to=outer)
    plant.product("out", two.bleed, main="Ni+2")
    assert [len(loop.tears) for loop in loops(plant) if loop.tears] == [1]
    assert loops(plant)[0].tears[0].name == "first.mixed"
    np.testing.assert_allclose(solve(plant).check().streams["two.bleed"]["Ni+2"], plant.feeds["liquor"].stream["Ni+2"])


def test_torn_by_hand_gives_the_same_answer():
    plant = recycle_plant(0.3)
    plant.tear(plant.units["mix"].mixed)
    assert "mix.mixed" in [wire.name for loop in loops(plant) for wire in loop.tears]
    np.testing.assert_allclose(
        solve(plant).check().streams["mix.mixed"].flow,
        solve(recycle_plant(0.3)).streams["mix.mixed"].flow,
        rtol=1e-8,
        atol=1e-12,
    )


MISTAKES = {
    "open recycle": (
        lambda p: p.add("more", op.Mixer(), first=p.recycle("loose")),
        "recycle 'loose' is used but nothing is connected to it",
    ),
    "outlet twice": (
        lambda p: p.waste("again", p.units["divide"].bleed),
        "divide.bleed goes to product 'bled' and to waste 'again'",
    ),
    "unknown outlet": (lambda p: p.units["divide"].bled, "divide has no outlet 'bled'; did you mean 'bleed'"),
    "unknown inlet": (
        lambda p: p.add("more", op.Splitter(), fed=p.units["divide"].bleed),
        "more has no inlet 'fed'; did you mean 'feed'",
    ),
    "missing inlet": (lambda p: p.add("more", op.Splitter()), "more: inlet 'feed' (any stream) is not connected"),
    "name taken": (lambda p: p.recycle("mix"), "'mix' is already in plant 'ring'"),
    "unknown reagent": (lambda p: p.reagent("sulphuric_acid"), "did you mean 'sulfuric_acid'"),
    "unknown unit": (lambda p: p.changed({"divid.bleed_fraction": 1}), "no unit 'divid'"),
    "unknown parameter": (
        lambda p: p.changed({"divide.bleed_fracton": 1}),
        "divide has no parameter 'bleed_fracton'; did you mean 'bleed_fraction'",
    ),
    "out of bounds": (
        lambda p: p.changed({"divide.bleed_fraction": 1.5}),
        "divide.bleed_fraction = 1.5: outside 0 to 1",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistake_is_refused_with_its_name_and_the_fix(mistake):
    act, message = MISTAKES[mistake]
    plant = recycle_plant()
    with pytest.raises(InputError) as caught:
        act(plant)
        plant.check()
    assert message in str(caught.value)
