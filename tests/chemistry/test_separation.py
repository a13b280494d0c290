import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blackmass import species
from blackmass.chemistry import separation
from blackmass.chemistry.breakage import POSITION, shredded_sizes
from blackmass.chemistry.cells import parse_feed
from blackmass.sizes import CLASSES, DIAMETER, EDGES
from blackmass.stream import Stream

CELLS = parse_feed("NMC622:pack:90%=1 t/h")
SHRED = CELLS.with_sizes(shredded_sizes(CELLS, 0.02))
M = len(species.MATERIALS)


def held(stream, material):
    """Mass flow (classes, cases) of a material by class."""
    mass = species.MATERIAL_MATRIX[POSITION[material]] @ stream.mass_flow
    return mass * stream.sizes[POSITION[material]]


def test_half_of_the_cut_size_stays_on_the_screen_and_averages_are_exact():
    kept = separation.retained(DIAMETER[8], 6.0)[0, :, 0]
    assert kept[8] == pytest.approx(0.5, rel=1e-12)
    fine = np.exp(np.linspace(np.log(EDGES[9]), np.log(EDGES[10]), 20001))
    curve = 1 / (1 + (DIAMETER[8] / fine) ** 6.0)
    assert kept[9] == pytest.approx(np.trapezoid(curve, np.log(fine)) / np.log(2), rel=1e-7)


def test_screen_curve_rises_with_size_and_falls_with_the_cut():
    cuts = np.geomspace(50e-6, 5e-3, 41)
    kept = separation.retained(cuts, 6.0, 0.04)[0]
    assert np.all((kept >= 0.04) & (kept <= 1))
    assert np.all(np.diff(kept, axis=0) >= -1e-14)
    assert np.all(np.diff(kept, axis=1) <= 1e-14)


def test_spheres_settle_as_stokes_and_flakes_by_their_mass_per_area():
    velocity = separation.settling_velocity()
    grain = POSITION["anode_coating"]
    stokes = 2100 * separation.GRAVITY * DIAMETER[2] ** 2 / (18 * 1.85e-5)
    assert velocity[grain, 2] == pytest.approx(stokes, rel=0.2)
    for material, areal in {"copper": 0.1792, "aluminium": 0.081, "plastic": 0.01488}.items():
        turbulent = np.sqrt(2 * areal * separation.GRAVITY / (1.17 * 1.184))
        assert velocity[POSITION[material], -1] == pytest.approx(turbulent, rel=0.03)
    assert np.all(np.diff(velocity, axis=1) > 0)
    order = [velocity[POSITION[name], 12] for name in ("plastic", "aluminium", "copper", "steel")]
    assert np.all(np.diff(order) > 0)


def test_aluminium_is_thrown_twice_as_hard_as_copper_and_nothing_else_is():
    force = separation.repulsion()
    np.testing.assert_allclose(force[POSITION["aluminium"]] / force[POSITION["copper"]], 2.1, rtol=0.02)
    assert np.all(np.diff(force[POSITION["aluminium"]]) > 0)
    others = [POSITION[name] for name in ("cathode_coating", "anode_coating", "steel", "plastic", "precipitate")]
    assert np.all(force[others] == 0)


def test_coated_flakes_go_with_their_foil_and_the_electrolyte_with_the_coatings():
    fraction = np.random.default_rng(1).uniform(size=(M, CLASSES, 1))
    result = separation.with_coated_flakes(SHRED, fraction)
    flakes = EDGES[:-1] > 250e-6
    for coating, foil in (("cathode_coating", "aluminium"), ("anode_coating", "copper")):
        np.testing.assert_array_equal(result[POSITION[coating], flakes], fraction[POSITION[foil], flakes])
        np.testing.assert_array_equal(result[POSITION[coating], ~flakes], fraction[POSITION[coating], ~flakes])
    coatings = sum(held(SHRED, name) * result[POSITION[name]] for name in ("cathode_coating", "anode_coating"))
    all_of_it = held(SHRED, "cathode_coating") + held(SHRED, "anode_coating")
    for material in ("electrolyte", "precipitate"):
        np.testing.assert_allclose(result[POSITION[material]], coatings / all_of_it, rtol=1e-12)


def test_precipitates_without_coatings_sort_as_grains():
    stream = Stream.of_mass({"Li2CO3": 1.0}, cases=1)
    fraction = np.random.default_rng(2).uniform(size=(M, CLASSES, 1))
    result = separation.with_coated_flakes(stream, fraction)
    np.testing.assert_array_equal(result[POSITION["precipitate"]], fraction[POSITION["precipitate"]])


def test_magnet_without_steel_lifts_nothing_else():
    bare = Stream.of_mass({"Cu": 1.0, "Al": 1.0})
    taken = separation.attracted(bare, 0.99, 1e-3, 0.1)
    assert np.all(np.delete(taken, POSITION["steel"], axis=0) == 0)
    little = Stream.of_mass({"Cu": 1.0, "Fe": 1e-3})
    steel = separation.separate(little, separation.attracted(little, 1.0, 1e-4, 0.1))[0]
    assert steel.mass_flow[species.index("Cu")] / steel.mass_flow[species.index("Fe")] == pytest.approx(0.1, rel=1e-3)


def test_streams_without_sizes_count_as_powder_and_liquids_stay():
    wet = Stream.of_mass({"graphite": 1.0, "H2O": 0.3, "N2(g)": 0.1})
    oversize, undersize = separation.separate(wet, separation.retained(500e-6, 6.0))
    assert undersize["graphite"] / wet["graphite"] > 0.999
    np.testing.assert_array_equal(undersize["H2O"], wet["H2O"])
    assert oversize.sizes is not None
    assert oversize["N2(g)"] == 0


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**31),
    extreme=st.sampled_from([None, 0.0, 1.0]),
    scale=st.sampled_from([1e-9, 1.0, 1e6]),
)
def test_any_split_conserves_by_class_and_leaves_nothing_negative(seed, extreme, scale):
    rng = np.random.default_rng(seed)
    sizes = rng.dirichlet(np.full(CLASSES, 0.3), size=(M, 3)).transpose(0, 2, 1)
    stream = Stream(rng.uniform(size=(species.COUNT, 3)) * scale, np.asarray(300.0), sizes)
    fraction = rng.uniform(size=(M, CLASSES, 3)) if extreme is None else np.full((M, CLASSES, 3), extreme)
    taken, rest = separation.separate(stream, separation.with_coated_flakes(stream, fraction))
    assert np.all(taken.flow >= 0)
    assert np.all(rest.flow >= 0)
    np.testing.assert_allclose(taken.flow + rest.flow, stream.flow, rtol=1e-14)
    for material in species.MATERIALS:
        both, fed = held(taken, material) + held(rest, material), held(stream, material)
        np.testing.assert_allclose(both, fed, rtol=1e-9, atol=1e-11 * scale)
