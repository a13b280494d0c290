"""Equilibrium of brines with Pitzer's model: acid, solubilities, carbonate, gypsum."""

import numpy as np
import pytest

from blackmass import species
from blackmass.chemistry.aqueous import Equilibrium, equilibrate
from blackmass.chemistry.equilibria import pure_phase
from blackmass.chemistry.pitzer import Pitzer
from blackmass.status import Status

WATER = float(1 / species.molar_mass("H2O"))


def settle(totals: dict[str, object], celsius: object, *solids: str) -> tuple[Equilibrium, dict[str, np.ndarray]]:
    """Return the equilibrium of a kilogram of water with `totals` [mol], and what stays dissolved per kg of water."""
    given = {name: np.atleast_1d(np.asarray(amount, dtype=float)) for name, amount in totals.items()}
    celsius = np.asarray(celsius, dtype=float)
    cases = max([celsius.size, *(amount.size for amount in given.values())])
    flow = np.zeros((species.COUNT, cases))
    flow[species.index("H2O")] = WATER
    for name, amount in given.items():
        flow[species.index(name)] = amount
    found = equilibrate(flow, np.broadcast_to(celsius + 273.15, (cases,)), solids=solids, model=Pitzer())
    left = flow + found.stoichiometry @ found.extent
    kilograms = left[species.index("H2O")] / WATER
    return found, {name: left[species.index(name)] / kilograms for name in totals}


def test_ph_of_sulfuric_acid_is_that_of_phreeqc_unscaled():
    molality = np.array([0.1, 0.5, 1.0, 2.0, 3.0])
    found, _ = settle({"H+": 2 * molality, "SO4-2": molality}, 25.0)
    np.testing.assert_allclose(found.pH, [1.01716, 0.35629, 0.02994, -0.36588, -0.67402], atol=3e-3)
    np.testing.assert_allclose(found.water_activity, [0.99635, 0.98182, 0.96170, 0.91286, 0.85141], atol=1e-4)


CRC = {
    # cation, anion, moles, solids, temperatures, molality of the saturated solution, tolerance
    "Na2SO4": ("Na+", "SO4-2", (2, 1), ("Na2SO4", "Na2SO4.10H2O"), [0, 10, 20, 25, 30, 40, 60, 80, 100],
               [0.3472, 0.6372, 1.3710, 1.9742, 2.8756, 3.4363, 3.1927, 3.0751, 2.9886], 0.05),
    "NiSO4": ("Ni+2", "SO4-2", (1, 1), ("NiSO4.6H2O", "NiSO4.7H2O"), [0, 20, 25, 30, 40, 50, 60, 70, 80, 90, 100],
              [1.7593, 2.4387, 2.6137, 2.8090, 3.0408, 3.3436, 3.6032, 3.9102, 4.2898, 4.7370, 5.2442], 0.015),
    "CoSO4": ("Co+2", "SO4-2", (1, 1), ("CoSO4.6H2O", "CoSO4.7H2O"), [0, 10, 20, 25, 30, 40, 50, 60],
              [1.6028, 1.9271, 2.2786, 2.4718, 2.6608, 3.0781, 3.3832, 3.6133], 0.05),
    "MnSO4": ("Mn+2", "SO4-2", (1, 1), ("MnSO4.H2O",), [25, 30, 40, 50, 60, 70, 80, 90, 100],
              [4.2163, 4.2163, 4.0075, 3.7739, 3.5037, 3.2324, 2.9476, 2.6788, 2.4123], 0.02),
    "CuSO4": ("Cu+2", "SO4-2", (1, 1), ("CuSO4.5H2O",), [0, 10, 25, 40, 60, 80, 100],
              [0.8869, 1.0540, 1.3753, 1.7878, 2.5343, 3.5703, 4.8238], 0.02),
    "MgSO4": ("Mg+2", "SO4-2", (1, 1), ("MgSO4.7H2O",), [0, 10, 20, 25, 30, 40],
              [1.8484, 2.3024, 2.7841, 2.9646, 3.2629, 3.7151], 0.015),
    "Li2SO4": ("Li+", "SO4-2", (2, 1), ("Li2SO4.H2O",), [0, 25, 50, 70, 90],
               [3.2456, 3.1131, 2.9994, 2.9195, 2.8407], 0.01),
    "Li2CO3": ("Li+", "CO3-2", (2, 1), ("Li2CO3",), [0, 10, 20, 25, 40, 60, 80, 100],
               [0.2117, 0.1963, 0.1824, 0.1755, 0.1574, 0.1353, 0.1160, 0.0981], 0.02),
    "LiF": ("Li+", "F-", (1, 1), ("LiF",), [0, 10, 20, 25], [0.0463, 0.0486, 0.0506, 0.0517], 0.01),
}  # fmt: skip


@pytest.mark.parametrize("salt", CRC)
def test_solubility_is_that_of_the_crc_handbook_at_every_temperature(salt):
    cation, anion, moles, solids, celsius, published, tolerance = CRC[salt]
    fed = 1.15 * np.array(published)
    found, left = settle({cation: moles[0] * fed, anion: moles[1] * fed}, celsius, *solids)
    assert np.all((found.status == Status.OK) | (found.status == Status.OUT_OF_RANGE))
    np.testing.assert_allclose(left[cation] / moles[0], published, rtol=tolerance)


def test_sodium_sulfate_changes_its_hydrate_near_32_4_celsius():
    celsius = np.linspace(28, 37, 37)
    found, _ = settle({"Na+": 8.0, "SO4-2": 4.0}, celsius, "Na2SO4", "Na2SO4.10H2O")
    anhydrous, decahydrate = found.extent
    change = celsius[np.argmax(anhydrous > 0)]
    assert abs(change - 32.38) < 1.0
    assert np.all((anhydrous > 0) != (decahydrate > 0))


def test_gypsum_in_sulfate_is_that_of_phreeqc():
    more = np.array([0.0, 0.1, 0.25, 0.5, 1.0, 2.0])
    for celsius, published in (
        (25, [0.015054, 0.010401, 0.011233, 0.012855, 0.015553, 0.018181]),
        (60, [0.014995, 0.011471, 0.012940, 0.015207, 0.018812, 0.023571]),
    ):
        _, left = settle({"Ca+2": 0.1, "SO4-2": 0.1 + more, "Na+": 2 * more}, celsius, "CaSO4.2H2O")
        np.testing.assert_allclose(left["Ca+2"], published, rtol=5e-3)


@pytest.mark.parametrize("celsius", [25.0, 60.0, 90.0])
def test_sodium_carbonate_lowers_and_sodium_sulfate_raises_the_solubility_of_lithium_carbonate(celsius):
    """The signs found by Wang (2018, 10.1021/acs.jced.7b01012) and in Molecules 30 (2025) 3617."""
    salt = np.array([0.0, 0.25, 0.5, 1.0])
    _, carbonate = settle({"Li+": 1.2, "CO3-2": 0.6 + salt, "Na+": 2 * salt}, celsius, "Li2CO3")
    _, sulfate = settle({"Li+": 1.2, "CO3-2": 0.6, "SO4-2": salt, "Na+": 2 * salt}, celsius, "Li2CO3")
    assert np.all(np.diff(carbonate["Li+"]) < 0)
    assert np.all(np.diff(sulfate["Li+"]) > 0)
    assert np.all(sulfate["Li+"] < 2 * sulfate["Li+"][0])


def test_constants_are_refined_for_one_tier_only():
    common, refined = pure_phase("Na2SO4"), pure_phase("Na2SO4", "pitzer")
    assert common.heat_capacity == 0.0
    assert refined.heat_capacity != 0.0
    np.testing.assert_array_equal(common.amounts, refined.amounts)
    warm = np.array([298.15, 333.15])
    enthalpy = 8.31446 * warm**2 * (refined.ln_k(warm + 1e-3) - refined.ln_k(warm - 1e-3)) / 2e-3
    np.testing.assert_allclose(np.diff(enthalpy), refined.heat_capacity * 35.0, rtol=1e-4)


def test_concentrated_and_mixed_liquors_settle():
    generator = np.random.default_rng(5)
    nickel, cobalt, manganese, lithium = 10 ** generator.uniform(-3, 0.4, (4, 300))
    sodium, acid = 10 ** generator.uniform(-3, 0.6, (2, 300))
    sulfate = nickel + cobalt + manganese + 0.5 * (lithium + sodium + acid)
    totals = {
        "Ni+2": nickel, "Co+2": cobalt, "Mn+2": manganese, "Li+": lithium, "Na+": sodium, "H+": acid, "SO4-2": sulfate,
    }  # fmt: skip
    solids = ("NiSO4.6H2O", "CoSO4.7H2O", "MnSO4.H2O", "Li2SO4.H2O", "Na2SO4", "Na2SO4.10H2O")
    found, left = settle(totals, generator.uniform(0, 100, 300), *solids)
    settled = np.isin(found.status, [Status.OK, Status.OUT_OF_RANGE])
    assert settled.mean() > 0.99
    saturation = np.array([found.log_saturation_of(name) for name in solids])[:, settled]
    assert saturation.max() < 1e-9
    assert min(amount.min() for amount in left.values()) >= 0
