import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blackmass import species
from blackmass.chemistry.breakage import POSITION, powder_share, powder_sizes, shredded_sizes
from blackmass.chemistry.cells import parse_feed
from blackmass.sizes import EDGES
from blackmass.stream import Stream

CELLS = parse_feed("NMC622:pack:90%=1 t/h")
MILLIMETRES = np.array([2, 5, 10, 20, 50, 100]) * 1e-3


def passing(sizes, material, size):
    return sizes[POSITION[material], EDGES[1:] <= size * 1.001].sum(0)


def test_fractions_are_a_distribution_of_every_material():
    sizes = shredded_sizes(CELLS.repeated(MILLIMETRES.size), MILLIMETRES)
    assert np.all(sizes >= 0)
    np.testing.assert_allclose(sizes.sum(1), 1, rtol=1e-13)


@pytest.mark.parametrize("material", species.MATERIALS)
def test_a_narrower_grid_makes_everything_finer(material):
    sizes = shredded_sizes(CELLS.repeated(MILLIMETRES.size), MILLIMETRES)
    assert np.all(np.diff(passing(sizes, material, 512e-6)) < 0)


def test_powder_is_fine_and_flakes_scale_with_the_grid():
    sizes = shredded_sizes(CELLS, 0.020)
    assert passing(sizes, "anode_coating", 64e-6)[0] > 0.8  # anode particles concentrate below 63 um
    assert passing(sizes, "copper", 8.192e-3)[0] == pytest.approx(0.63, abs=0.05)
    assert passing(sizes, "steel", 1e-3)[0] < 0.02


def test_coating_without_binder_comes_off_its_foil():
    pyrolysed = CELLS.split(1.0)[0].flow.copy()
    pyrolysed[species.indices(["PVDF", "binder"])] = 0
    share = powder_share(Stream(pyrolysed, CELLS.temperature), 0.02)
    assert np.all(share[[POSITION["cathode_coating"], POSITION["anode_coating"]]] == 1)
    assert powder_share(CELLS, 0.02)[POSITION["cathode_coating"], 0] < 1


def test_what_stays_on_the_foil_goes_with_the_root_of_the_binder():
    row, binder = POSITION["cathode_coating"], species.index("PVDF")
    flow = CELLS.flow[:, [0, 0]].copy()
    mass = species.MATERIAL_MATRIX[row] @ (flow * species.MOLAR_MASS) - flow[binder] * species.MOLAR_MASS[binder]
    share = np.array([0.01, 0.04])
    flow[binder] = mass * share / (1 - share) / species.MOLAR_MASS[binder]
    effort = -np.log(powder_share(Stream(flow, np.asarray(298.15)), 0.02)[row])
    assert effort[1] / effort[0] == pytest.approx(2, rel=1e-9)


def test_electrolyte_and_film_salts_have_the_sizes_of_the_coatings():
    sizes = shredded_sizes(CELLS, 0.02)
    mass = species.MATERIAL_MATRIX[:2] @ CELLS.mass_flow
    mean = (mass[:, None, :] * sizes[:2]).sum(0) / mass.sum(0)
    np.testing.assert_allclose(sizes[POSITION["electrolyte"]], mean, rtol=1e-12)
    np.testing.assert_allclose(sizes[POSITION["precipitate"]], mean, rtol=1e-12)


def test_a_second_stage_breaks_only_what_its_grid_holds_back():
    once = CELLS.with_sizes(shredded_sizes(CELLS, 0.02))
    np.testing.assert_allclose(shredded_sizes(once, 0.02), once.sizes, atol=1e-15)
    assert np.all(np.cumsum(shredded_sizes(once, 0.1), axis=1) >= np.cumsum(once.sizes, axis=1) - 1e-15)
    twice = shredded_sizes(once, 0.005)
    np.testing.assert_allclose(twice.sum(1), 1, rtol=1e-13)
    assert passing(twice, "copper", 1.024e-3)[0] > 2 * passing(once.sizes, "copper", 1.024e-3)[0]
    assert passing(twice, "anode_coating", 512e-6)[0] > passing(once.sizes, "anode_coating", 512e-6)[0]


def test_black_mass_made_elsewhere_is_powder():
    sizes = powder_sizes()
    np.testing.assert_allclose(sizes.sum(1), 1, rtol=1e-13)
    assert np.all(sizes[:, EDGES[1:] <= 1.1e-3].sum(1) > 0.99)


@settings(max_examples=50, deadline=None)
@given(
    grid=st.lists(st.floats(0.002, 0.1), min_size=3, max_size=3),
    flows=st.lists(st.floats(0, 1e4), min_size=species.COUNT, max_size=species.COUNT),
)
def test_any_stream_gives_distributions_and_a_batch_is_its_cases(grid, flows):
    stream = Stream(np.array(flows)[:, None] * np.ones(3), np.asarray(300.0))
    sizes = shredded_sizes(stream, np.array(grid))
    assert np.all(sizes >= 0)
    np.testing.assert_allclose(sizes.sum(1), 1, rtol=1e-12)
    for case in range(3):
        np.testing.assert_allclose(
            sizes[..., case : case + 1], shredded_sizes(stream.case(case), grid[case]), atol=1e-14
        )
