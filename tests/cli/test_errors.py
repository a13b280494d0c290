"""Wrong input ends with exit 2 and one paragraph that names the thing, the value and the fix."""

import json

import pytest
from click.testing import CliRunner

from blackmass.cli import main as entry


def call(*arguments: str) -> tuple[int, str, str]:
    """Run the command line in this process; returns (exit status, standard output, standard error)."""
    import contextlib
    import io
    import sys

    out, err = io.StringIO(), io.StringIO()
    old, sys.argv = sys.argv, ["blackmass", *arguments]
    code = 0
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            entry.main()
    except SystemExit as stop:
        code = int(stop.code or 0)
    finally:
        sys.argv = old
    return code, out.getvalue(), err.getvalue()


WRONG = {
    "flowsheet": (["run", "nmc_hydromt"], "did you mean 'nmc_hydromet'?"),
    "command": (["rum", "nmc_hydromet"], "did you mean 'run'?"),
    "unit": (["run", "nmc_hydromet", "--set", "leech.temperature=80degC"], "did you mean 'leach'?"),
    "parameter": (["run", "nmc_hydromet", "--set", "leach.temprature=80degC"], "did you mean 'temperature'?"),
    "dimension": (["run", "nmc_hydromet", "--set", "leach.temperature=80kg"], "dimension [mass]"),
    "unit of measure": (["run", "nmc_hydromet", "--set", "leach.temperature=80 degX"], "unit 'degX' is not known"),
    "bounds": (["run", "nmc_hydromet", "--set", "leach.temperature=180degC"], "leach.temperature = 180 °C: outside"),
    "not a number": (["run", "nmc_hydromet", "--set", "leach.temperature=hot"], "'hot' is not a number"),
    "nan": (["run", "nmc_hydromet", "--set", "leach.temperature=nan"], "'nan' is not a number"),
    "infinite": (["run", "nmc_hydromet", "--set", "leach.temperature=1e999"], "is not finite"),
    "decimal comma": (["run", "nmc_hydromet", "--set", "leach.pulp_density=1,5 g/L"], "use a point for decimals"),
    "no equals": (["run", "nmc_hydromet", "--set", "leach.temperature"], "write UNIT.PARAM=VALUE"),
    "chemistry": (["run", "nmc_hydromet", "--feed", "NMC662=1 t/h"], "did you mean 'NMC622'?"),
    "feed dimension": (["run", "nmc_hydromet", "--feed", "NMC622=1 m"], "NMC622"),
    "zero feed": (["run", "nmc_hydromet", "--feed", "NMC622=0 kg/h"], "above zero"),
    "negative feed": (["run", "nmc_hydromet", "--feed", "NMC622=-5 kg/h"], "positive"),
    "nan feed": (["run", "nmc_hydromet", "--feed", "NMC622=nan kg/h"], "NMC622"),
    "infinite feed": (["run", "nmc_hydromet", "--feed", "NMC622=1e999 kg/h"], "finite"),
    "missing assay": (["run", "nmc_hydromet", "--feed", "nothing.csv@1 t/h"], "nothing.csv"),
    "described unit": (["describe", "nmc_hydromet", "leech"], "did you mean 'leach'?"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_input_is_named(case):
    arguments, message = WRONG[case]
    code, out, err = call(*arguments)
    assert code == 2
    assert message in err
    assert "Traceback" not in err
    assert out == ""
    assert len(err.strip().splitlines()) == 1


def test_script_with_a_python_error_names_file_and_line(tmp_path):
    script = tmp_path / "broken.py"
    script.write_text("def broken():\n    return 1 / 0\n")
    code, _, err = call("run", str(script))
    assert code == 2
    assert "broken.py, line 2: ZeroDivisionError" in err
    script.write_text("def broken(:\n")
    code, _, err = call("run", str(script))
    assert code == 2
    assert "broken.py, line 1" in err


def test_folder_that_cannot_be_written_is_refused_before_the_solve(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    code, out, err = call("run", "nmc_hydromet", "--out", str(blocked / "folder"))
    assert code == 2
    assert "cannot be written" in err
    assert out == ""


def test_recycle_without_a_purge_ends_with_status_1(tmp_path):
    script = tmp_path / "closed.py"
    script.write_text(
        "from blackmass import Plant, operations as op\n"
        "def closed():\n"
        "    plant = Plant('closed')\n"
        "    feed = plant.feed('liquor', {'H2O': 1.0}, flow='1 t/h')\n"
        "    back, again = plant.recycle('back'), plant.recycle('again')\n"
        "    mix = plant.add('mix', op.Mixer(), first=feed, second=back, third=again)\n"
        "    divide = plant.add('divide', op.Splitter(), feed=mix.mixed)\n"
        "    plant.connect(divide.rest, to=back)\n"
        "    plant.connect(divide.bleed, to=again)\n"
        "    return plant\n"
    )
    code, out, err = call("run", str(script), "--json")
    assert code == 1
    assert "mix.mixed, H2O" in err
    assert "add or enlarge a purge" in err
    assert json.loads(out)["status"] == "failed"


def test_help_loads_nothing_heavy():
    found = CliRunner().invoke(entry.group, ["--help"])
    assert found.exit_code == 0
    assert "stress" in found.output
