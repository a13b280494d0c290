"""Sweeps: rate by processes, and time and memory by number of cases; run as `python benchmarks/sweep.py [FLOWSHEET]`.

Each figure comes from a run of its own, so that peak memory is that of the run. A line of JSON follows each row with
`--json`. The machine is stated on the first line.
"""

import argparse
import contextlib
import json
import os
import platform
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

RANGES = {"leach.temperature": "60:85 degC", "screen.cut_size": "0.3:0.7 mm"}
RANGES_DRY = {"shredder.temperature": "20:50 degC", "screen.cut_size": "0.3:0.7 mm"}


def main() -> None:
    arguments = _arguments()
    if arguments.one is not None:
        print(json.dumps(run(arguments.flowsheet, arguments.one, arguments.jobs)))
        return
    print(f"{platform.platform()}, {os.cpu_count()} processors, Python {platform.python_version()}")
    print(f"{'cases':>9} {'jobs':>4} {'s':>8} {'cases/s':>8} {'cpu ms':>8} {'GiB':>6} {'failed':>7}")
    rows = [apart(arguments.flowsheet, arguments.scaling, jobs) for jobs in (1, 2)]
    rows += [apart(arguments.flowsheet, cases, 2) for cases in arguments.cases]
    for row in rows:
        print(
            f"{row['cases']:>9,} {row['jobs']:>4} {row['seconds']:>8.1f} {row['rate']:>8.0f} "
            f"{1e3 * row['processor'] / row['cases']:>8.3f} {row['gib']:>6.2f} {row['failed']:>7}"
        )
    print(f"two processes against one: {rows[1]['rate'] / rows[0]['rate']:.2f} times the rate")
    if arguments.json:
        print(json.dumps(rows))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("flowsheet", nargs="?", default="nmc_hydromet")
    parser.add_argument("--cases", type=int, nargs="*", default=[1000, 10_000])
    parser.add_argument("--scaling", type=int, default=4000, help="cases of the comparison of one and two processes")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--jobs", type=int, default=2, help=argparse.SUPPRESS)
    return parser.parse_args()


def apart(flowsheet: str, cases: int, jobs: int) -> dict[str, float]:
    """Run one sweep in a process of its own."""
    line = [sys.executable, __file__, flowsheet, "--one", str(cases), "--jobs", str(jobs)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    answer = subprocess.run(line, env=environment, check=True, capture_output=True, text=True)
    return json.loads(answer.stdout.splitlines()[-1])


def run(flowsheet: str, cases: int, jobs: int) -> dict[str, float]:
    """Sweep once; memory is the largest sum over all processes, what they share counted for each."""
    from blackmass import load_flowsheet
    from blackmass.analysis.design import Sample, read_ranges
    from blackmass.analysis.study import new_study
    from blackmass.analysis.sweep import sweep

    plant = load_flowsheet(flowsheet)
    ranges = RANGES if "leach" in plant.units else RANGES_DRY
    design = Sample(read_ranges(plant, ranges), cases)
    study = new_study(plant, design)
    with tempfile.TemporaryDirectory() as folder, _Watch() as watch:
        begin = time.perf_counter()
        done = sweep(study, design, Path(folder) / "rate.parquet", jobs=jobs)
        seconds = time.perf_counter() - begin
    return {
        "cases": cases, "jobs": jobs, "seconds": seconds, "rate": cases / seconds,
        "processor": watch.processor, "gib": watch.memory / 1024**3, "failed": done.failed,
    }  # fmt: skip


class _Watch:
    """The largest sum of the memory of this process and its descendants, and the processor time of all of them."""

    def __init__(self) -> None:
        self.memory, self._times, self._before = 0, dict[int, float](), 0.0
        self._ended, self._thread = threading.Event(), threading.Thread(target=self._look)

    def __enter__(self) -> "_Watch":
        self._before = time.process_time()
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._ended.set()
        self._thread.join()

    @property
    def processor(self) -> float:
        """Processor time [s]."""
        return sum(self._times.values()) - self._before

    def _look(self) -> None:
        import psutil

        me, last = psutil.Process(), False
        while not last:
            last, total = self._ended.wait(0.2), 0
            for process in (me, *me.children(recursive=True)):
                with contextlib.suppress(psutil.Error):
                    total += process.memory_info().rss
                    times = process.cpu_times()
                    self._times[process.pid] = times.user + times.system
            self.memory = max(self.memory, total)


if __name__ == "__main__":
    main()
