"""Products: the tables, and oxalates and ammines against PHREEQC with the same constants."""

import runpy
from pathlib import Path

import numpy as np
import pytest

from blackmass import species
from blackmass.chemistry import aqueous, products
from blackmass.chemistry.equilibria import pure_phase
from blackmass.chemistry.reagents import reagent_stream
from blackmass.status import Status
from blackmass.stream import Stream

TWIN = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "phreeqc_twin.py"))
KILOGRAM = 1.0 / species.molar_mass("H2O")
SODA = species.column({"Na+": 1.0, "H+": -1.0, "H2O": 1.0})
OXALATES = ("NiC2O4.2H2O", "CoC2O4.2H2O", "MnC2O4.2H2O", "FeC2O4.2H2O", "CuC2O4", "CaC2O4.H2O", "MgC2O4.2H2O")
METALS = {
    "Ni+2": 0.2,
    "Co+2": 0.1,
    "Mn+2": 0.05,
    "Fe+2": 0.002,
    "Cu+2": 0.002,
    "Ca+2": 0.003,
    "Mg+2": 0.02,
    "Al+3": 0.01,
}
LIQUORS = {
    "oxalate": ({**METALS, "Li+": 0.3, "C2O4-2": 0.4, "SO4-2": 0.55}, OXALATES, (1.0, 5.0)),
    "ammonia": (
        {"Ni+2": 0.1, "Co+2": 0.03, "Mn+2": 0.03, "NH4+": 0.6, "SO4-2": 0.5},
        ("Ni(OH)2", "Co(OH)2", "Mn(OH)2"),
        (8.5, 12.0),
    ),
}


@pytest.mark.parametrize("celsius", [25.0, 60.0])
@pytest.mark.parametrize("name", LIQUORS)
def test_titration_agrees_with_phreeqc(name, celsius):
    totals, solids, (low, high) = LIQUORS[name]
    pH = np.linspace(low, high, 12)
    stream = Stream.of({**totals, "H2O": KILOGRAM}, cases=pH.size).flow.copy()
    stream[species.index("H+")] -= species.CHARGE @ stream
    found = aqueous.equilibrate(stream, celsius + 273.15, solids=solids, pH=pH, reagent=SODA)
    assert np.all((found.status <= Status.OUT_OF_RANGE) | found.past)
    assert not found.past[2:].any()

    engine = TWIN["Engine"](solids, (*totals, "Na+", "H+", "H2O"))
    runs = []
    for case, dose in enumerate(found.dose):
        runs += [engine.liquor(case + 1, totals, celsius), "EQUILIBRIUM_PHASES"]
        runs += [f" {TWIN['phase'](solid)} 0 0" for solid in solids]
        runs += ["REACTION", " NaOH 1", f" {dose:.15g}", "END"]
    text = "\n".join(["KNOBS", " -convergence_tolerance 1e-10", engine.selected(), *runs])
    theirs = {head: values[1::2] for head, values in engine.run(text).items()}
    np.testing.assert_allclose(theirs["pH"], found.pH, atol=0.01)
    left = stream + SODA[:, None] * found.dose + found.stoichiometry @ found.extent
    for component in totals:
        ours = left[species.index(component)] / found.water_mass
        np.testing.assert_allclose(ours, theirs[f"{TWIN['element'](component)}(mol/kgw)"], rtol=1e-3, err_msg=component)


@pytest.mark.parametrize("product", ["carbonate", "oxalate", "lithium phosphate"])
def test_reagent_needed_is_what_the_solids_hold(product):
    for row in products.rows_of(product):
        phase = pure_phase(row["solid"])
        held = dict(zip(aqueous.COMPONENTS, phase.amounts, strict=True))
        assert held[row["anion"]] / held[row["metal"]] == pytest.approx(float(row["needs"]))


def test_reagents_bring_their_anion():
    for product, reagent in (("carbonate", "sodium_carbonate"), ("oxalate", "oxalic_acid")):
        stream, strength = reagent_stream(reagent)
        compound = {"carbonate": "Na2CO3", "oxalate": "H2C2O4"}[product]
        assert products.anion_in(stream, product)[0] == pytest.approx(strength / species.molar_mass(compound))
    assert products.anion_in(Stream.of({"Li3PO4": 2.0, "PO4-3": 1.0}), "lithium phosphate")[0] == 3.0


def test_dissolved_metals_ask_for_reagent_and_solids_do_not():
    liquor = Stream.of({"Ni+2": 1.0, "Mn+2": 0.5, "NiCO3": 3.0, "Li+": 3.0})
    assert products.anion_needed(liquor, "carbonate")[0] == pytest.approx(1.5)
    assert products.anion_needed(liquor, "lithium phosphate")[0] == pytest.approx(1.0)
