"""`blackmass sensitivity`, `optimize` and `fit` on a plant of two junctions, where the answers are known."""

import contextlib
import io
import json
import sys

import pytest

from blackmass.cli import main as entry

PLANT = """
from blackmass import Plant
from blackmass import operations as op


def ring():
    plant = Plant("ring")
    liquor = plant.feed("liquor", {"Ni+2": 0.05, "SO4-2": 0.08177, "H2O": 0.86823}, flow="1 t/h")
    water = plant.feed("water", {"H2O": 1.0}, flow="500 kg/h")
    mix = plant.add("mix", op.Mixer(), first=liquor, second=water)
    divide = plant.add("divide", op.Splitter(bleed_fraction=0.5), feed=mix.mixed)
    again = plant.add("again", op.Splitter(bleed_fraction=0.5), feed=divide.rest)
    plant.product("bled", divide.bleed, main="Ni+2")
    plant.product("more", again.bleed, main="Ni+2")
    plant.waste("lost", again.rest)
    return plant
"""
VARY = ("--vary", "divide.bleed_fraction=0.1:0.9", "--vary", "again.bleed_fraction=0.4:0.6")


@pytest.fixture
def ring(tmp_path):
    path = tmp_path / "ring.py"
    path.write_text(PLANT)
    return str(path)


def call(*arguments: str) -> tuple[int, str, str]:
    out, err, old, code = io.StringIO(), io.StringIO(), sys.argv, 0
    sys.argv = ["blackmass", *arguments]
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            entry.main()
    except SystemExit as stop:
        code = int(stop.code or 0)
    finally:
        sys.argv = old
    return code, out.getvalue(), err.getvalue()


def figures(*arguments):
    code, out, err = call(*arguments, "--json")
    assert code == 0, err
    return json.loads(out)


def test_sobol_of_a_plant(ring):
    found = figures("sensitivity", ring, *VARY, "--samples", "64", "--of", "product.bled.kg_per_h")
    assert (found["cases"], found["failed"]) == (256, 0)
    assert found["indices"]["product.bled.kg_per_h"]["ST"]["divide.bleed_fraction"] == pytest.approx(1, abs=0.05)
    assert found["indices"]["product.bled.kg_per_h"]["ST"]["again.bleed_fraction"] == pytest.approx(0, abs=1e-9)


def test_morris_and_its_text(ring):
    found = figures("sensitivity", ring, *VARY, "--method", "morris", "--samples", "6")
    effects = found["indices"]["recovery.Ni"]["mu_star"]
    assert effects["divide.bleed_fraction"] == pytest.approx(0.8 * 0.5, rel=0.2)
    code, out, _ = call("sensitivity", ring, *VARY, "--method", "morris", "--samples", "6")
    assert code == 0
    assert "mu_star" in out


def test_monte_carlo_and_tornado(ring):
    found = figures("sensitivity", ring, *VARY, "--method", "monte-carlo", "--samples", "100")
    assert found["outputs"]["product.bled.kg_per_h"]["p50"] == pytest.approx(750, rel=0.02)
    found = figures("sensitivity", ring, *VARY, "--method", "tornado")
    low, high = found["outputs"]["product.bled.kg_per_h"]["swings"]["divide.bleed_fraction"]
    assert (low, high) == pytest.approx((0.18 * 1500, 0.82 * 1500))


def test_optimum_lies_on_the_constraint(ring):
    limits = ("--constraint", "product.bled.kg_per_h <= 600", "--population", "12", "--generations", "12")
    found = figures("optimize", ring, *VARY, "--maximize", "recovery.Ni", *limits)
    assert found["feasible"]
    assert found["parameters"]["divide.bleed_fraction"] == pytest.approx(0.4, abs=0.01)
    assert found["parameters"]["again.bleed_fraction"] == pytest.approx(0.6, abs=0.01)
    assert found["value"] == pytest.approx(0.4 + 0.6 * 0.6, abs=0.01)


def test_constraint_that_cannot_be_kept_exits_with_one(ring):
    few = ("--population", "5", "--generations", "1")
    code, out, err = call(
        "optimize", ring, *VARY, "--maximize", "recovery.Ni", "--constraint", "recovery.Ni >= 2", *few
    )
    assert code == 1
    assert "no case keeps all constraints" in err
    assert "broken: recovery.Ni >= 2" in out


def test_front(ring):
    few = ("--population", "12", "--generations", "6")
    found = figures("optimize", ring, *VARY, "--maximize", "recovery.Ni", "--minimize", "product.bled.kg_per_h", *few)
    values = [row["values"] for row in found["front"]]
    assert len(values) > 3
    assert values == sorted(values, reverse=True)


def test_objectives_and_ranges_from_a_study_file(ring, tmp_path):
    study = tmp_path / "study.toml"
    study.write_text(
        'objectives = ["minimize (product.bled.kg_per_h - 600) ** 2"]\n[axes]\ndivide.bleed_fraction = "0.1:0.9"\n'
    )
    found = figures("optimize", ring, "--study", str(study), "--population", "8", "--generations", "6")
    assert found["parameters"]["divide.bleed_fraction"] == pytest.approx(0.4, abs=0.01)


def test_processes_change_nothing(ring):
    arguments = ("sensitivity", ring, *VARY, "--method", "monte-carlo", "--samples", "150")
    assert figures(*arguments, "--jobs", "1") == figures(*arguments, "--jobs", "2")


def test_a_missing_package_names_the_extra(ring, monkeypatch):
    monkeypatch.setitem(sys.modules, "SALib.sample.sobol", None)
    code, _, err = call("sensitivity", ring, *VARY)
    assert code == 2
    assert "pip install 'blackmass[sweep]'" in err


def test_fit_gives_the_parameter_back(ring, tmp_path):
    data = tmp_path / "trials.csv"
    data.write_text("liquor.flow [kg/h],product.bled.kg_per_h\n1000,450\n2000,751\n3000,1049\n")
    found = figures("fit", ring, "--data", str(data), "--vary", "divide.bleed_fraction=0.1:0.9")
    estimate = found["estimates"]["divide.bleed_fraction"]
    assert estimate["value"] == pytest.approx(0.3, abs=1e-3)
    assert estimate["low"] < 0.3 < estimate["high"]
    assert [row["row"] for row in found["rows"]] == [1, 2, 3]


def test_fit_says_what_the_data_do_not_tell(ring, tmp_path):
    data = tmp_path / "trials.csv"
    data.write_text("liquor.flow,product.bled.kg_per_h\n1000,450\n2000,751\n3000,1049\n")
    code, out, _ = call("fit", ring, "--data", str(data), *VARY)
    assert code == 0
    assert "do not tell these parameters apart" in out


WRONG = {
    "nothing varied": (["sensitivity"], "nothing is varied"),
    "unknown axis": (["sensitivity", "--vary", "divde.bleed_fraction=0:1"], "did you mean 'divide'?"),
    "reversed": (["sensitivity", "--vary", "divide.bleed_fraction=0.9:0.1"], "reversed"),
    "output": (["sensitivity", *VARY, "--of", "recovery.Nu"], "no such output; did you mean 'recovery.Ni'?"),
    "power": (["sensitivity", *VARY, "--samples", "60"], "power of two"),
    "many": (["sensitivity", *VARY, "--samples", "1048576"], "add --yes"),
    "no objective": (["optimize", *VARY], "0 objectives"),
    "three": (["optimize", *VARY, *["--maximize", "recovery.Ni"] * 3], "3 objectives"),
    "expression": (["optimize", *VARY, "--maximize", "__import__('os')"], "is not allowed"),
    "name": (["optimize", *VARY, "--maximize", "recovery.Nu"], "did you mean 'recovery.Ni'?"),
    "constraint": (["optimize", *VARY, "--maximize", "recovery.Ni", "--constraint", "recovery.Ni"], "EXPRESSION <="),
    "no file": (["fit", *VARY, "--data", "nowhere.csv"], "nowhere.csv: cannot be read"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_input_is_named(case, ring):
    (command, *rest), message = WRONG[case]
    code, _, err = call(command, ring, *rest)
    assert code == 2
    assert message in err
    assert "Traceback" not in err
