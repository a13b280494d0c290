"""`blackmass sweep` on the command line: what it writes, how it is stopped and gone on with, what it refuses."""

import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.parquet as parquet
import pytest
from click.testing import CliRunner

from blackmass.analysis import extras
from blackmass.analysis.export import export_csv
from blackmass.analysis.sweep import Progress
from blackmass.cli.progress import progress_text, shown_progress
from blackmass.cli.sweep_command import command
from blackmass.errors import BlackmassError

GRID = ["spoke", "--vary", "screen.cut_size=0.3:0.7:5 mm", "--vary", "feed=NMC622=1 t/h|LFP=1 t/h"]


def call(*arguments: str):
    return CliRunner().invoke(command, list(arguments), catch_exceptions=True)


def test_a_grid_is_written_and_told(tmp_path):
    out = tmp_path / "map.parquet"
    found = json.loads(call(*GRID, "--out", str(out), "--json").stdout)
    assert found == {
        "flowsheet": "spoke", "out": str(out), "cases": 10, "solved_before": 0, "failed": 0, "converged_fraction": 1.0,
        "reasons": {},
    }  # fmt: skip
    assert parquet.read_table(out)["feed"].to_pylist() == ["NMC622=1 t/h"] * 5 + ["LFP=1 t/h"] * 5
    told = call(*GRID, "--out", str(out), "--resume").stdout
    assert "10 cases, 0 failed" in told
    assert "10 of them were solved before this run" in told


def test_a_study_file_and_the_command_line_together(tmp_path):
    study = tmp_path / "study.toml"
    study.write_text('[axes]\nscreen.cut_size = "0.3:0.7 mm"\n[sample]\ncases = 30\nmethod = "lhs"\n')
    out = tmp_path / "drawn.parquet"
    arguments = ["spoke", "--study", str(study), "--seed", "3", "--output", "twice=2*feed.kg_per_h", "--out", str(out)]
    assert call(*arguments).exit_code == 0
    table = parquet.read_table(out)
    about = json.loads(table.schema.metadata[b"blackmass"])
    assert (about["design"], about["seed"], about["sample"]) == ("lhs", 3, 30)
    assert table["twice"].to_pylist() == [2 * value for value in table["feed.kg_per_h"].to_pylist()]


def test_rows_for_a_spreadsheet(tmp_path):
    out, csv = tmp_path / "map.parquet", tmp_path / "tables" / "map.csv"
    arguments = ["spoke", "--vary", "screen.cut_size=0.3:0.7:5 mm", "--out", str(out), "--csv", str(csv)]
    assert call(*arguments).exit_code == 0
    header, *rows = csv.read_text(encoding="utf-8-sig").splitlines()
    assert header.startswith('"case","screen.cut_size [um]","status"')
    assert len(rows) == 5
    assert rows[2].startswith('2,500,"converged","ok"')


def test_text_that_a_spreadsheet_would_run_is_disarmed(tmp_path):
    arrow = pytest.importorskip("pyarrow")
    source, target = tmp_path / "x.parquet", tmp_path / "x.csv"
    parquet.write_table(arrow.table({"feed": ["=1+1", "@x", "NMC=1"], "gain": [-1.0, 2.0, None]}), source)
    export_csv(source, target)
    assert target.read_text(encoding="utf-8-sig").splitlines()[1:] == ['"\'=1+1",-1', '"\'@x",2', '"NMC=1",']


WRONG = {
    "unit": (["--vary", "scren.cut_size=1:2:3"], "did you mean 'screen'?"),
    "parameter": (["--vary", "screen.cutsize=1:2:3"], "did you mean 'cut_size'?"),
    "reversed": (["--vary", "screen.cut_size=0.7:0.3:3 mm"], "the range is reversed"),
    "no range": (["--vary", "screen.cut_size"], "write NAME=VALUE"),
    "twice": (["--vary", "screen.cut_size=0.3,0.4 mm", "--vary", "screen.cut_size=0.5,0.6 mm"], "is given twice"),
    "nothing": ([], "nothing is varied"),
    "too many": (["--vary", "screen.cut_size=0.3:0.7:1000 mm", "--vary", "screen.sharpness=2:9:1000"], "add --yes"),
    "method": (["--vary", "screen.cut_size=0.3:0.7 mm", "--sample", "9", "--method", "sobel"], "choose one of sobol"),
    "no sample": (["--vary", "screen.cut_size=0.3,0.7 mm", "--method", "lhs"], "needs --sample"),
    "csv": (["--vary", "screen.cut_size=0.3,0.7 mm", "--csv", "/proc/x/y.csv"], "cannot be written"),
    "no cases": (["--vary", "screen.cut_size=0.3:0.7 mm", "--sample", "0"], "--sample 0: from 1"),
    "output": (["--vary", "screen.cut_size=0.3,0.7 mm", "--output", "x=recovery.Lo"], "did you mean 'recovery.Li'?"),
    "constraint": (["--vary", "screen.cut_size=0.3,0.7 mm", "--constraint", "recovery.Li"], "write EXPRESSION <="),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_input_is_named_before_anything_is_written(case, tmp_path):
    arguments, message = WRONG[case]
    error = call("spoke", *arguments, "--out", str(tmp_path / "x.parquet")).exception
    assert isinstance(error, BlackmassError)
    assert message in str(error)
    assert not any(tmp_path.iterdir())


def test_without_the_extra_it_says_which(tmp_path, monkeypatch):
    def missing(name):
        raise ModuleNotFoundError(f"No module named '{name}'", name=name)

    monkeypatch.setattr(extras.importlib, "import_module", missing)
    error = call(*GRID, "--out", str(tmp_path / "x.parquet")).exception
    assert str(error) == "this needs the package 'pyarrow': pip install 'blackmass[sweep]'."


def test_killed_with_all_its_processes_and_gone_on_with(tmp_path):
    """SIGKILL to the whole process group of a run with two workers; no worker stays behind."""
    out = tmp_path / "killed.parquet"
    arguments = ["spoke", "--vary", "screen.cut_size=0.2:1:100 mm", "--vary", "screen.sharpness=2:9:30", "--jobs", "2"]
    line = [sys.executable, "-m", "blackmass", "sweep", *arguments, "--out", str(out), "--resume"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "OMP_NUM_THREADS": "1"}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(line, env=environment, start_new_session=True, **quiet)
    parts = tmp_path / "killed.parquet.parts"
    deadline = time.monotonic() + 60
    while not any(parts.glob("*.parquet")) and time.monotonic() < deadline:
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)  # the parent alone: its workers must see that it is gone
    process.wait(10)
    assert not out.exists()
    while _group_lives(process.pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _group_lives(process.pid)
    subprocess.run(line, env=environment, check=True, timeout=60, **quiet)
    assert parquet.read_table(out)["case"].to_pylist() == list(range(3000))
    assert [entry.name for entry in tmp_path.iterdir()] == ["killed.parquet"]


def _group_lives(group: int) -> bool:
    """Whether a process of the group runs (and is not merely waiting to be reaped)."""
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                state, _, its_group = Path(f"/proc/{entry}/stat").read_text().rpartition(")")[2].split()[:3]
            except OSError:
                continue
            if its_group == str(group) and state != "Z":
                return True
    return False


# --- progress ----------------------------------------------------------------------------------------
def test_progress_as_text():
    assert progress_text(Progress(12_000, 100_000, 2_000, 3), 5.0) == (
        "12,000 of 100,000 cases, 2,000/s, 3 failed, 0:44 left"
    )
    assert progress_text(Progress(10, 10, 0, 0), 4.0) == "10 of 10 cases, 2.5/s, 0 failed, 0:04"
    assert progress_text(Progress(0, 10, 0, 0), 0.0) == "0 of 10 cases, 0 failed"


class _Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_bar_on_a_terminal_and_quiet_lines_otherwise():
    for stream, bars in ((_Terminal(), True), (io.StringIO(), False)):
        show = shown_progress(stream)
        for done in range(0, 101, 10):
            show(Progress(done, 100, 0, 0))
        text = stream.getvalue()
        assert ("[####" in text) == bars
        assert text.count("\n") == 1
        assert "100 of 100 cases" in text
