"""Sweeps: a row for every case, whatever the workers, the chunks and the interruptions."""

import functools
import json
import os
import random
import signal
import time
from multiprocessing import get_context

import numpy as np
import pyarrow.parquet as parquet
import pytest

from blackmass.analysis import store as storing
from blackmass.analysis import sweep as sweeping
from blackmass.analysis.design import Sample, read_axes, read_ranges
from blackmass.analysis.knobs import applied
from blackmass.analysis.study import chunk_size, new_study
from blackmass.analysis.sweep import sweep
from blackmass.errors import InputError, SolveError
from blackmass.flowsheet.load import load_flowsheet
from blackmass.flowsheet.plant import Plant
from blackmass.flowsheet.solve import solve
from blackmass.flowsheet.summary import summary

RANGES = {
    "screen.cut_size": "0.2:1 mm",
    "shredder.temperature": "normal:40:5 degC",
    "feed": "NMC622=1 t/h|NMC111=500 kg/h, LFP=300 kg/h",
}


@pytest.fixture(scope="module")
def plant() -> Plant:
    return load_flowsheet("spoke")


@pytest.fixture(scope="module")
def design(plant) -> Sample:
    return Sample(read_ranges(plant, RANGES), 400, "sobol", 5)


@pytest.fixture(scope="module")
def study(plant, design):
    extra = {"value.nickel": "recovery.Ni * feed.kg_per_h"}
    return new_study(plant, design, extra, ["recovery.Ni >= 0.9464"])


@pytest.fixture(scope="module")
def whole(study, design, tmp_path_factory):
    path = tmp_path_factory.mktemp("whole") / "whole.parquet"
    sweep(study, design, path)
    return parquet.read_table(path)


def test_rows_are_the_plants_solved_one_by_one(plant, study, design, whole):
    inputs = design.columns(0, design.cases)
    for row in (0, 77, 399):
        one = {path: values[row] for path, values in inputs.items()}
        found = summary(solve(applied(plant, one)))
        kept = {name: whole[name][row].as_py() for name in whole.column_names}
        assert kept["case"] == row
        assert kept["status"] == found["status"]
        for element in ("Li", "Ni"):
            assert kept[f"recovery.{element}"] == pytest.approx(found["recovery"][element]["total"], rel=1e-8)
        for name, figures in found["products"].items():
            assert kept[f"product.{name}.kg_per_h"] == pytest.approx(figures["kg_per_h"], rel=1e-8)
            purity = None if figures["purity"] is None else pytest.approx(figures["purity"], rel=1e-8)
            assert kept[f"product.{name}.purity"] == purity
        assert kept["utility.electricity_kW"] == pytest.approx(found["utilities"]["electricity_kW"], rel=1e-8)
        assert kept["screen.cut_size"] == pytest.approx(1e6 * one["screen.cut_size"])
        assert kept["shredder.temperature"] == pytest.approx(one["shredder.temperature"] - 273.15)
        assert kept["value.nickel"] == pytest.approx(kept["recovery.Ni"] * kept["feed.kg_per_h"])
        assert kept["feasible"] == (kept["recovery.Ni"] >= 0.9464)
    assert 0 < sum(whole["feasible"].to_pylist()) < design.cases


def test_units_and_origin_are_in_the_metadata(study, design, whole):
    assert whole.schema.field("screen.cut_size").metadata == {b"unit": b"um"}
    assert whole.schema.field("product.copper.kg_per_h").metadata == {b"unit": b"kg/h"}
    about = json.loads(whole.schema.metadata[b"blackmass"])
    assert about["seed"] == 5
    assert about["flowsheet"] == "spoke"
    assert about["ranges"] == RANGES
    assert {"version", "flowsheet_hash", "command"} <= set(about)


def test_processes_change_nothing(study, design, whole, tmp_path):
    sweep(study, design, tmp_path / "two.parquet", jobs=2)
    assert parquet.read_table(tmp_path / "two.parquet").equals(whole)


def test_chunks_change_nothing(study, design, whole, tmp_path, monkeypatch):
    monkeypatch.setattr(sweeping, "chunk_size", lambda cases: 37)
    sweep(study, design, tmp_path / "chunks.parquet")
    found = parquet.read_table(tmp_path / "chunks.parquet")
    for name in whole.column_names:
        ours, theirs = found[name].to_pylist(), whole[name].to_pylist()
        if isinstance(ours[0], float) and not name.startswith("balance."):
            np.testing.assert_allclose(ours, theirs, rtol=1e-8, atol=1e-12)
        elif name not in ("iterations", "balance.max_relative_error", "balance.charge_relative_error"):
            assert ours == theirs


# --- interruptions -----------------------------------------------------------------------------------
def _in_child(action):
    """Run something in a forked process; returns the process."""
    process = get_context("fork").Process(target=action)
    process.start()
    return process


def _swept(study, design, path):
    sweeping.chunk_size = lambda cases: 20
    sweep(study, design, path, resume=True)


def test_killed_before_or_after_any_file_is_renamed(study, design, whole, tmp_path):
    """Twenty chunks, the note of the study and the whole file: a kill on either side of each."""
    path = tmp_path / "killed.parquet"

    def die(left: list[int], source, target):
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        rename(source, target)
        if left[0] == -1:
            os.kill(os.getpid(), signal.SIGKILL)

    def life(count: int):
        storing.os.replace = functools.partial(die, [count])
        _swept(study, design, path)

    rename, kills = os.replace, 0
    for count in [1, 2, 0] * 12:  # killed before the first, before the second, and after the first renaming
        process = _in_child(functools.partial(life, count))
        process.join(20)
        kills += process.exitcode == -signal.SIGKILL
    _swept_once = _in_child(functools.partial(_swept, study, design, path))
    _swept_once.join(20)
    assert _swept_once.exitcode == 0
    assert kills >= 20
    _check_same_rows(path, whole)
    assert [entry.name for entry in tmp_path.iterdir()] == ["killed.parquet"]


def test_killed_at_random_moments(study, design, whole, tmp_path):
    path, kills = tmp_path / "killed.parquet", 0
    draw = random.Random(1)
    for _ in range(20):
        process = _in_child(functools.partial(_swept, study, design, path))
        time.sleep(draw.uniform(0.005, 0.08))
        process.kill()
        process.join(20)
        kills += process.exitcode == -signal.SIGKILL
    process = _in_child(functools.partial(_swept, study, design, path))
    process.join(20)
    assert process.exitcode == 0
    assert kills > 3
    _check_same_rows(path, whole)


def _check_same_rows(path, whole):
    found = parquet.read_table(path)
    assert found["case"].to_pylist() == list(range(whole.num_rows))
    for name in whole.column_names:
        if whole.schema.field(name).type == "double" and not name.startswith("balance."):
            np.testing.assert_allclose(found[name].to_numpy(), whole[name].to_numpy(), rtol=1e-8, atol=1e-12)
        elif whole.schema.field(name).type != "double" and name != "iterations":
            assert found[name].equals(whole[name]), name


def test_resume_solves_only_what_is_missing(study, design, whole, tmp_path, monkeypatch):
    path = tmp_path / "part.parquet"
    seen = []

    def stop(progress):
        seen.append(progress)
        if progress.done > 200:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sweep(study, design, path, progress=stop)
    assert not path.exists()
    swept = sweep(study, design, path, resume=True)
    assert swept.before == seen[-1].done
    assert parquet.read_table(path).equals(whole)
    again = sweep(study, design, path, resume=True)
    assert again.before == design.cases


# --- refusals ----------------------------------------------------------------------------------------
def test_what_is_there_is_not_overwritten(study, design, whole, tmp_path):
    path = tmp_path / "there.parquet"
    sweep(study, design, path)
    with pytest.raises(InputError, match="exists already"):
        sweep(study, design, path)
    sweep(study, design, path, force=True)
    assert parquet.read_table(path).equals(whole)


def test_another_study_is_not_gone_on_with(plant, study, design, tmp_path):
    path = tmp_path / "there.parquet"
    sweep(study, design, path)
    others = {
        "flowsheet 'x'": None,
        "another state of the flowsheet": (plant.changed({"screen.sharpness": 3.0}), design),
        "seed 5, not 6": (plant, Sample(design.ranges, 400, "sobol", 6)),
        "differs in 'cases'": (plant, Sample(design.ranges, 401, "sobol", 5)),
        "differs in 'design'": (plant, Sample(design.ranges, 400, "lhs", 5)),
        "of the flowsheet spoke, not lfp_selective": (load_flowsheet("lfp_selective"), design),
    }
    for message, other in others.items():
        if other is not None:
            changed = new_study(study.plant, design, {}, [])
            changed = type(changed)(**{**vars(changed), "plant": other[0], "extra": study.extra})
            with pytest.raises(InputError, match=message):
                sweep(changed, other[1], path, resume=True)
    path.write_text("no Parquet")
    with pytest.raises(InputError, match="is no result of this program"):
        sweep(study, design, path, resume=True)


def test_two_do_not_write_one_file(study, design, tmp_path):
    about, schema = sweeping.about(study, design), sweeping.schema(study)
    first = storing.Store(tmp_path / "one.parquet", about, schema, [400]).open()
    for how in ({}, {"resume": True}, {"force": True}):
        with pytest.raises(InputError, match="another process is writing"):
            storing.Store(tmp_path / "one.parquet", about, schema, [400]).open(**how)
    first.close()
    assert not any(tmp_path.iterdir())


def test_an_unfinished_study_is_not_thrown_away(study, design, tmp_path):
    path = tmp_path / "part.parquet"

    def stop(progress):
        if progress.done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sweep(study, design, path, progress=stop)
    other = Sample(design.ranges, 400, "sobol", 6)
    for message, arguments in (("holds an unfinished study", {}), ("seed 5, not 6", {"resume": True})):
        with pytest.raises(InputError, match=message):
            sweep(study, other, path, **arguments)
    assert any((tmp_path / "part.parquet.parts").glob("*.parquet"))
    sweep(study, other, path, force=True)
    assert [entry.name for entry in tmp_path.iterdir()] == ["part.parquet"]


def test_a_disk_that_refuses_leaves_what_was_solved(study, design, whole, tmp_path, monkeypatch):
    path, rename, writes = tmp_path / "full.parquet", os.replace, []

    def full(source, target):
        writes.append(target)
        if len(writes) == 4:
            raise OSError(28, "No space left on device")
        rename(source, target)

    monkeypatch.setattr(storing.os, "replace", full)
    with pytest.raises(SolveError, match=r"No space left on device; what was solved is kept"):
        sweep(study, design, path)
    swept = sweep(study, design, path, resume=True)
    assert swept.before == 120
    assert parquet.read_table(path).equals(whole)


def test_places_that_cannot_be_written(study, design, tmp_path):
    (tmp_path / "file").write_text("")
    for path, message in (
        (tmp_path / "file" / "x.parquet", "cannot be written"),
        (tmp_path / "x.csv", "name of a Parquet file"),
        (tmp_path, "name of a Parquet file"),
    ):
        with pytest.raises(InputError, match=message):
            sweep(study, design, path)


# --- scripts of the user ------------------------------------------------------------------------------
SCRIPT = '''
from blackmass import Plant, operations as op
from blackmass.operations.splitter import Splitter

class Divider(Splitter):
    """A splitter of my own."""

def own():
    plant = Plant("own")
    cells = plant.feed("cells", "NMC622=1 t/h")
    divider = plant.add("divider", Divider(), feed=cells)
    for port in divider.operation.outlets:
        plant.waste(port, getattr(divider, port))
    return plant
'''


def test_operations_of_a_script_go_to_other_processes(tmp_path):
    script = tmp_path / "own.py"
    script.write_text(SCRIPT, encoding="utf-8")
    plant = load_flowsheet(str(script))
    share = next(iter(plant.units["divider"].operation.params))
    grid = read_axes(plant, {f"divider.{share}": "0.1:0.9:200"})
    study = new_study(plant, grid)
    sweep(study, grid, tmp_path / "one.parquet")
    sweep(study, grid, tmp_path / "two.parquet", jobs=2)
    assert parquet.read_table(tmp_path / "two.parquet").equals(parquet.read_table(tmp_path / "one.parquet"))


# --- failures ----------------------------------------------------------------------------------------
def test_a_case_that_breaks_leaves_the_others_alone(plant, monkeypatch):
    """A unit that raises for one case: that case fails with the message, 39 are solved."""
    grid = read_axes(plant, {"screen.cut_size": "200:1000:40 um"})
    study = new_study(plant, grid)
    screen = type(plant.units["screen"].operation)
    run = screen.run

    def breaks(self, *arguments, **names):
        if np.any(np.isclose(self.cut_size, grid.axes[0].values[17], rtol=1e-9)):
            raise FloatingPointError("out of luck")
        return run(self, *arguments, **names)

    monkeypatch.setattr(screen, "run", breaks)
    found = study.solved(grid.columns(0, 40))
    assert list(np.flatnonzero(found["status"] == "failed")) == [17]
    assert found["reason"][17] == "broken"
    assert found["detail"][17] == "FloatingPointError: out of luck"
    assert np.isnan(found["recovery.Ni"][17])
    assert np.isfinite(np.delete(found["recovery.Ni"], 17)).all()


def test_chunks_follow_from_the_number_of_cases():
    assert [chunk_size(cases) for cases in (1, 480, 1000, 2000, 10_000, 10**6)] == [60, 60, 125, 250, 1000, 1000]


def test_expressions_are_checked_before_anything_is_solved(plant, design):
    with pytest.raises(InputError, match=r"did you mean 'recovery.Ni'"):
        new_study(plant, design, {"x": "recovery.Nu"})
    with pytest.raises(InputError, match="cannot be a name"):
        new_study(plant, design, {"recovery.Ni": "1"})
