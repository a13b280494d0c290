import numpy as np
import pytest

from blackmass import species
from blackmass.chemistry.reagents import reagent_stream
from blackmass.operations.roaster import Roaster
from blackmass.operations.water_leach import WaterLeach
from blackmass.status import Status
from blackmass.stream import Stream

NMC622 = {"LiNiO2": 0.6, "LiCoO2": 0.2, "LiMnO2": 0.2}
NITROGEN = {"N2(g)": 1.0}
AIR = {"O2(g)": 0.21, "N2(g)": 0.79}
HYDROGEN = {"H2(g)": 1.0}


def roasted(feed, atmosphere=NITROGEN, cases=1, lime=None, **settings):
    """Roast a feed [mol/s]."""
    return Roaster(**settings).run(
        solids=Stream.of(feed, cases=cases),
        gas=Stream.empty(cases),
        atmosphere=Stream.of(atmosphere, cases=cases),
        lime=Stream.of(lime or {}, cases=cases),
    )


def leached(mass, **settings):
    """Share of the lithium that water and carbon dioxide take from roasted mass."""
    tank = WaterLeach(**settings).run(
        solids=mass,
        liquor=Stream.empty(mass.cases),
        water=reagent_stream("water")[0].repeated(mass.cases),
        carbon_dioxide=Stream.of({"CO2(g)": 1.0}, cases=mass.cases),
    )
    return tank["slurry"]["Li+"] / mass.elements[species.ELEMENTS.index("Li")]


def celsius(*values):
    return np.array(values) + 273.15


def test_nmc_with_graphite_goes_to_carbonate_and_oxides_and_then_to_metals():
    feed = {**NMC622, "graphite": 5.0}
    out = roasted(feed, cases=4, temperature=celsius(380, 500, 600, 700), residence_time=7200.0)
    mass = out["roasted"]
    converted = out.report["conversion"]
    assert converted[0] < 0.03
    assert converted[2] > 0.85
    assert converted[3] > 0.99
    assert np.all(np.diff(converted) > 0)
    lithium = mass.elements[species.ELEMENTS.index("Li")]
    np.testing.assert_allclose(out.report["lithium_soluble"], converted, rtol=0.02)
    assert np.all(2 * mass["Li2CO3"][2:] > 0.95 * converted[2:] * lithium[2:])  # the oxide left is short of CO2 before
    np.testing.assert_allclose(mass["MnO"][2:], 0.2, rtol=0.2)
    metal = (mass["Ni"] + mass["Co"]) / 0.8
    oxide = (mass["NiO"] + mass["CoO"]) / 0.8
    assert metal[1] < oxide[1]
    assert metal[2] > oxide[2]
    assert metal[3] > 0.99
    assert mass["Ni"][1] / 0.6 > mass["Co"][1] / 0.2  # nickel before cobalt


def test_longer_in_the_kiln_converts_more():
    hours = np.array([0.25, 0.5, 1, 2, 4]) * 3600
    out = roasted({**NMC622, "graphite": 5.0}, cases=5, temperature=celsius(550)[0], residence_time=hours)
    assert np.all(np.diff(out.report["conversion"]) > 0)


def test_without_a_reductant_layered_oxides_stay():
    out = roasted(NMC622, temperature=celsius(600)[0])
    assert out.report["conversion"][0] < 0.02


def test_aluminium_ties_lithium_up():
    aluminium = np.array([0.0, 0.05, 0.1, 0.2])
    out = roasted({**NMC622, "graphite": 2.0, "Al": aluminium}, cases=4, temperature=celsius(700)[0])
    assert out.report["lithium_as_aluminate"][0] == pytest.approx(0, abs=1e-9)
    assert np.all(np.diff(out.report["lithium_as_aluminate"]) > 0)
    assert np.all(np.diff(out.report["lithium_soluble"]) < 0)
    assert np.all(np.diff(leached(out["roasted"])) < 0)


def test_fluorine_of_pvdf_is_lithium_fluoride_and_hydrogen_fluoride():
    out = roasted({**NMC622, "graphite": 2.0, "PVDF": 0.05}, cases=3, gas_contact=np.array([0.0, 0.5, 1.0]))
    fluoride, acid = out["roasted"]["LiF"], out["offgas"]["HF(g)"]
    np.testing.assert_allclose(fluoride + acid, 0.1, rtol=1e-6)
    assert fluoride[0] == pytest.approx(0, abs=1e-12)
    assert fluoride[1] == pytest.approx(0.05, rel=0.01)
    assert acid[2] < 1e-4


def test_lime_holds_fluorine_where_there_is_no_lithium_and_frees_lithium_in_water():
    bare = roasted({"graphite": 2.0, "PVDF": 0.05}, cases=2, lime={"CaO": 1.0}, lime_ratio=np.array([0.0, 1.5]))
    assert bare["roasted"]["CaF2"][1] > 0.75 * 0.05
    assert bare["offgas"]["HF(g)"][1] < 0.3 * bare["offgas"]["HF(g)"][0]
    feed = {**NMC622, "graphite": 2.0, "PVDF": 0.05}
    out = roasted(feed, cases=2, lime={"CaO": 1.0}, lime_ratio=np.array([0.0, 1.2]))
    share = leached(out["roasted"], carbon_dioxide_ratio=0.0, liquid_ratio=30.0)
    assert share[1] > share[0]


def test_electrolyte_leaves_as_acid_gas_and_light_gas():
    out = roasted({"graphite": 5.0, "LiPF6": 0.1, "EC": 0.3, "DMC": 0.2, "H2O": 0.2}, gas_contact=0.0)
    gas = out["offgas"]
    assert gas["POF3(g)"][0] == pytest.approx(0.1, rel=1e-3)
    assert gas["HF(g)"][0] == pytest.approx(0.2, rel=1e-3)
    assert out["roasted"]["LiF"][0] == pytest.approx(0.1, rel=1e-6)
    assert gas["CO2(g)"][0] > 0.4
    assert gas["CH4(g)"][0] > 0.3


def test_hydrogen_gives_metals_at_500_c_and_soluble_lithium():
    """Huang 2022, 10.3389/fchem.2022.1019493: layered oxide decomposes, then nickel and cobalt oxides are reduced."""
    out = roasted(NMC622, HYDROGEN, cases=2, temperature=celsius(350, 550), gas_ratio=0.3)
    mass = out["roasted"]
    assert out.report["conversion"][1] > 0.9
    assert (mass["Ni"] + mass["Co"])[1] > 0.7
    assert mass["LiOH"][1] + 2 * mass["Li2O"][1] > 0.8
    assert out["offgas"]["H2O(g)"][1] > 0.7
    assert out.report["conversion"][0] < out.report["conversion"][1]


def test_air_burns_carbon_and_leaves_no_metal():
    feed = {"LiCoO2": 1.0, "C(black)": 0.3, "PVDF": 0.02}
    out = roasted(feed, AIR, temperature=celsius(650)[0], gas_ratio=2.0)
    assert out["roasted"]["C(black)"][0] < 0.03
    assert out["roasted"]["Co"][0] < 1e-6
    assert out["heating"][0] >= 0


def test_olivine_resists_carbon_but_oxidises_in_air():
    feed = {"LiFePO4": 1.0, "graphite": 1.0}
    inert = roasted(feed)["roasted"]
    air = roasted(feed, AIR, gas_ratio=3.0)["roasted"]
    assert inert["LiFePO4"][0] > 0.95
    assert air["LiFePO4"][0] < 0.2
    assert air["Li3PO4"][0] + air["FePO4"][0] > 0.6
    assert air["Fe2O3"][0] > 0.1


def test_spinel_gives_carbonate_and_monoxide():
    """Xiao, Li and Xu 2017: LiMn2O4 and graphite to Li2CO3 and MnO."""
    mass = roasted({"LiMn2O4": 1.0, "graphite": 3.0}, temperature=celsius(720)[0])["roasted"]
    assert mass["Li2CO3"][0] == pytest.approx(0.5, rel=0.05)
    assert mass["MnO"][0] == pytest.approx(2.0, rel=0.05)


def test_lithium_of_black_mass_in_water_is_within_80_and_95_percent():
    feed = {"graphite": 26.0, "C(black)": 1.0, "PVDF": 0.12, "Al": 0.4, "Cu": 0.4, "LiPF6": 0.04}
    feed.update({name: 5.2 * share for name, share in NMC622.items()})
    out = roasted(feed, cases=3, temperature=celsius(620, 650, 680))
    share = leached(out["roasted"], liquid_ratio=20.0)
    assert np.all((share > 0.8) & (share < 0.95))


def test_heat_of_warming_is_that_of_the_tables():
    """Graphite alone is only warmed."""
    warm = roasted({"graphite": 1.0}, temperature=celsius(700)[0], efficiency=1.0, gas_ratio=0.0)
    expected = 11.2e3  # J, H(973 K) - H(298 K) of graphite, JANAF
    assert warm["heating"][0] == pytest.approx(expected, rel=0.03)


def test_a_guess_changes_nothing():
    operation = Roaster(temperature=celsius(500, 600, 700))
    feed = Stream.of({**NMC622, "graphite": 3.0, "Al": 0.1, "PVDF": 0.05}, cases=3)
    ports = {
        "solids": feed,
        "gas": Stream.empty(3),
        "atmosphere": Stream.of(NITROGEN, cases=3),
        "lime": Stream.empty(3),
    }
    cold = operation.run(**ports)
    warm = operation.run(**ports, start=cold.guess)
    assert np.all(cold.status == Status.OK)
    for port in ("roasted", "offgas"):
        np.testing.assert_allclose(warm[port].flow, cold[port].flow, rtol=1e-10, atol=1e-12)
