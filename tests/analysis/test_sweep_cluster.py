"""Sweeps on a Dask cluster: a real scheduler with two workers on the loopback device."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time

import pyarrow.parquet as parquet
import pytest

from blackmass.analysis import sweep as sweeping
from blackmass.analysis import workers as working
from blackmass.analysis.design import read_axes
from blackmass.analysis.study import new_study
from blackmass.analysis.sweep import sweep
from blackmass.errors import InputError, SolveError
from blackmass.flowsheet.load import load_flowsheet

# warnings of distributed and tornado themselves, when connections end
pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::RuntimeWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning"),
]


def _started(arguments: list[str]) -> subprocess.Popen:
    command = [sys.executable, "-m", "distributed.cli." + arguments[0], *arguments[1:]]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )


@pytest.fixture
def cluster(tmp_path):
    """A scheduler and two workers as processes of their own; yields (address, scheduler, workers)."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    scheduler = _started(["dask_scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard"])
    own = ["--nthreads", "1", "--no-dashboard", "--no-nanny", "--local-directory", str(tmp_path)]
    workers = [_started(["dask_worker", address, *own]) for _ in range(2)]
    yield address, scheduler, workers
    for process in (*workers, scheduler):
        process.send_signal(signal.SIGKILL)
        process.wait(10)


@pytest.fixture(scope="module")
def asked():
    plant = load_flowsheet("spoke")
    design = read_axes(plant, {"screen.cut_size": "200:1000:40 um", "screen.sharpness": "2:9:10"})
    return new_study(plant, design), design


def test_a_cluster_changes_nothing(asked, cluster, tmp_path):
    study, design = asked
    address, _, _ = cluster
    sweep(study, design, tmp_path / "here.parquet")
    sweep(study, design, tmp_path / "there.parquet", scheduler=address)
    assert parquet.read_table(tmp_path / "there.parquet").equals(parquet.read_table(tmp_path / "here.parquet"))


def test_a_scheduler_that_dies_leaves_what_was_solved(asked, cluster, tmp_path, monkeypatch):
    study, design = asked
    address, scheduler, _ = cluster
    monkeypatch.setattr(sweeping, "chunk_size", lambda cases: 10)
    monkeypatch.setattr(working, "PATIENCE", 3.0)
    path = tmp_path / "lost.parquet"

    def kill(progress):
        if progress.done >= 50:
            scheduler.send_signal(signal.SIGKILL)

    begun = time.monotonic()
    with pytest.raises(SolveError, match="what was solved is kept"):
        sweep(study, design, path, scheduler=address, progress=kill)
    assert time.monotonic() - begun < 40
    swept = sweep(study, design, path, resume=True)
    assert swept.before >= 50
    assert parquet.read_table(path)["case"].to_pylist() == list(range(design.cases))


def test_a_worker_that_dies_is_made_up_for(asked, cluster, tmp_path, monkeypatch):
    study, design = asked
    address, _, workers = cluster
    monkeypatch.setattr(sweeping, "chunk_size", lambda cases: 20)

    def kill(progress):
        if progress.done >= 40:
            workers[0].send_signal(signal.SIGKILL)

    sweep(study, design, tmp_path / "one_left.parquet", scheduler=address, progress=kill)
    assert parquet.read_table(tmp_path / "one_left.parquet")["case"].to_pylist() == list(range(design.cases))


def test_a_scheduler_that_is_not_there(asked, tmp_path, monkeypatch):
    study, design = asked
    monkeypatch.setattr(working, "CONNECT", 1.0)
    for address in ("tcp://127.0.0.1:9", "nowhere", "tcp://127.0.0.1:notaport"):
        with pytest.raises(InputError, match="cannot be reached"):
            sweep(study, design, tmp_path / "none.parquet", scheduler=address)
    assert not any(tmp_path.iterdir())


def test_a_worker_process_that_dies_is_replaced(asked, tmp_path, monkeypatch):
    """On one machine: a pool of which a process is killed goes on, and loses and doubles nothing."""
    study, design = asked
    monkeypatch.setattr(sweeping, "chunk_size", lambda cases: 20)
    made, pool = [], working._pool

    def remembered(jobs):
        made.append(pool(jobs))
        return made[-1]

    monkeypatch.setattr(working, "_pool", remembered)

    def kill(progress):
        if progress.done >= 40 and len(made) == 1:
            with contextlib.suppress(ProcessLookupError):  # it is gone, and not replaced yet
                os.kill(next(iter(made[0]._processes)), signal.SIGKILL)

    sweep(study, design, tmp_path / "pool.parquet", jobs=2, progress=kill)
    assert len(made) == 2
    assert parquet.read_table(tmp_path / "pool.parquet")["case"].to_pylist() == list(range(design.cases))
