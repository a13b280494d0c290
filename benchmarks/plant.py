"""Times of whole plants: one warm solve, and a batch in two processes; `python benchmarks/plant.py [FLOWSHEET]`."""

import resource
import sys
import time

import numpy as np

from blackmass import load_flowsheet, solve

JOBS = 2


def main() -> None:
    name = sys.argv[1] if len(sys.argv) > 1 else "nmc_hydromet"
    plant = load_flowsheet(name)
    begin = time.perf_counter()
    cold = solve(plant)
    print(f"{name}: first solve {time.perf_counter() - begin:.3f} s, {cold.iterations[0]} passes, {cold.reason()}")
    near = plant.changed({"leach.temperature": cold.plant.value("leach.temperature") + 0.5})
    times = []
    for _ in range(5):
        begin = time.perf_counter()
        warm = solve(near, warm=cold)
        times.append(time.perf_counter() - begin)
    print(f"warm solve after a change of 0.5 K: median {np.median(times) * 1e3:.0f} ms, {warm.iterations[0]} passes")
    for cases in (100, 1000, 10_000):
        span = np.linspace(-5.0, 5.0, cases)
        batch = plant.changed({"leach.temperature": plant.value("leach.temperature") + span})
        begin = time.perf_counter()
        result = solve(batch, jobs=JOBS)
        elapsed = time.perf_counter() - begin
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
        print(
            f"{cases:>6} cases in one call, {JOBS} processes: {elapsed:.2f} s, {cases / elapsed:.0f} cases/s, "
            f"{100 * result.converged.mean():.2f} % converged, peak memory of this one {peak:.2f} GiB"
        )


if __name__ == "__main__":
    main()
