"""Anchors: which cases are solved ahead, and how the others start between them."""

import dataclasses

import numpy as np

from blackmass import operations as op
from blackmass.flowsheet.places import Axes, groups, spread
from blackmass.flowsheet.plant import Plant
from blackmass.flowsheet.response import Response
from blackmass.flowsheet.skeleton import Skeleton
from blackmass.flowsheet.solve import skeleton, solve


def ring(bleed: object, flow: object = 1.0) -> Plant:
    """Feed meets a returned stream; a bleed leaves, the rest returns."""
    plant = Plant("ring")
    feed = plant.feed("liquor", {"Ni+2": 0.05, "SO4-2": 0.08177, "H2O": 0.86823}, flow="1 t/h")
    back = plant.recycle("back")
    mix = plant.add("mix", op.Mixer(), first=feed, second=back)
    divide = plant.add("divide", op.Splitter(bleed_fraction=bleed), feed=mix.mixed)
    plant.connect(divide.rest, to=back)
    plant.product("bled", divide.bleed, main="Ni+2")
    return plant.changed({"liquor.flow": flow})


def test_groups_hold_each_case_once_and_no_more_than_asked():
    place = np.random.default_rng(0).random((1003, 3))
    parts = groups(place, 100)
    assert sorted(np.concatenate(parts)) == list(range(1003))
    assert max(part.size for part in parts) <= 100
    widths = [np.ptp(place[part], axis=0).max() for part in parts]
    assert np.mean(widths) < 0.7


def test_anchors_are_spread_over_a_grid():
    """Each quarter of a grid holds about a quarter of the anchors."""
    place = np.array(np.meshgrid(np.linspace(0, 1, 40), np.linspace(0, 1, 40))).reshape(2, -1).T
    chosen = place[spread(place, 64)]
    for left in (True, False):
        for low in (True, False):
            inside = ((chosen[:, 0] < 0.5) == left) & ((chosen[:, 1] < 0.5) == low)
            assert 12 <= inside.sum() <= 20


def test_axes_are_what_differs():
    axes = Axes.of(ring(np.linspace(0.2, 0.8, 5)))
    assert axes.paths == ("divide.bleed_fraction",)
    np.testing.assert_allclose(axes.places(ring(0.35))[:, 0], [0.25])
    assert not Axes.of(ring(np.full(5, 0.2))).rows.size


def test_a_start_between_anchors_is_near_and_at_an_anchor_is_its_solution():
    known = skeleton(ring(np.linspace(0.2, 0.8, 800)))
    assert isinstance(known, Skeleton)
    bleeds = np.array([0.3123, 0.5001, 0.777])
    found = known.start(ring(bleeds)).streams["divide.rest"]["Ni+2"]
    fed = solve(ring(0.5)).streams["liquor"]["Ni+2"]
    np.testing.assert_allclose(found, fed * (1 - bleeds) / bleeds, rtol=1e-3)
    anchors = 0.2 + 0.6 * known.place[:, 0]
    again = known.start(ring(anchors)).streams["divide.rest"]["Ni+2"]
    np.testing.assert_allclose(again, known.anchors.streams["divide.rest"]["Ni+2"], rtol=1e-6)


def test_flows_go_with_the_feed():
    known = skeleton(ring(np.linspace(0.2, 0.8, 800)))
    assert isinstance(known, Skeleton)
    one, ten = (known.start(ring(np.full(2, 0.4), flow)).streams["divide.rest"].flow for flow in (1.0, 10.0))
    np.testing.assert_allclose(ten, 10 * one, rtol=1e-12)


def test_cases_between_anchors_have_the_answer_of_single_solves():
    bleeds = np.linspace(0.15, 0.9, 300)
    batch = solve(ring(bleeds)).check()
    for number in (0, 77, 299):
        alone = solve(ring(bleeds[number])).check()
        np.testing.assert_allclose(
            batch.streams["divide.rest"].flow[:, number], alone.streams["divide.rest"].flow[:, 0], rtol=1e-8
        )


def test_each_case_is_served_by_the_model_of_its_kin():
    slopes = np.array([[[0.0]], [[0.5]]])
    response = Response(np.array([0]), slopes, 1 / (1 - slopes), np.array([1, 0, 1]))
    change = np.ones((1, 3))
    np.testing.assert_allclose(response.settled(change, np.arange(3)), [[2.0, 1.0, 2.0]])
    np.testing.assert_allclose(response.felt(change, np.arange(3)), [[0.5, 0.0, 0.5]])
    np.testing.assert_allclose(response.take(np.array([1])).settled(np.ones((1, 1)), np.array([0])), [[1.0]])
    one = dataclasses.replace(response, kin=np.array([1]))
    np.testing.assert_allclose(one.settled(change, np.arange(3)), [[2.0, 2.0, 2.0]])
