"""All benchmarks with one command: `python benchmarks/run.py [--quick]` writes docs/benchmarks.md and its plot.

Each figure comes from a process of its own. Rates are in wall time, with the processor time of a case beside them,
which other work on the machine changes less.
"""

import argparse
import os
import platform
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import against_biosteam
import sweep

HERE = Path(__file__).parent
PAGE, PLOT = HERE.parent / "docs" / "benchmarks.md", HERE.parent / "docs" / "benchmarks.svg"
SIZES = {"spoke": (1000, 10_000, 100_000), "nmc_hydromet": (1000, 10_000)}
QUICK = {"spoke": (1000, 10_000), "nmc_hydromet": (500, 1000)}
PEERS = {"spoke": 10_000, "nmc_hydromet": 1000}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="fewer cases")
    parser.add_argument("--python", type=Path, help="of an environment in which BioSTEAM is installed already")
    arguments = parser.parse_args()
    sizes = QUICK if arguments.quick else SIZES
    rows = [(name, sweep.apart(name, cases, 2)) for name in sizes for cases in sizes[name]]
    compared = 1000 if arguments.quick else 4000
    scaling = {name: [sweep.apart(name, compared, jobs) for jobs in (1, 2)] for name in sizes}
    python = arguments.python or against_biosteam.installed()
    peers = [against_biosteam.compare(name, PEERS[name], python) for name in sizes]
    PAGE.write_text(
        page(rows, scaling, peers, starts(), aqueous(1000 if arguments.quick else 10_000)), encoding="utf-8"
    )
    plot(rows)
    print(f"written: {PAGE}, {PLOT}")


def starts() -> dict[str, float]:
    """Return the time [s] of commands, the second time that they are run."""
    found = {}
    for text in ("--help", "run spoke", "run nmc_hydromet"):
        for _ in range(2):
            begin = time.perf_counter()
            subprocess.run([sys.executable, "-m", "blackmass", *text.split()], check=True, capture_output=True)
            found[text] = time.perf_counter() - begin
    return found


def aqueous(cases: int) -> str:
    """Return what the comparison of equilibria with PHREEQC prints."""
    line = [sys.executable, str(HERE / "aqueous_against_phreeqc.py"), "--cases", str(cases)]
    return subprocess.run(line, check=True, capture_output=True, text=True).stdout.rstrip()


def page(rows: list, scaling: dict, peers: list, started: dict[str, float], equilibria: str) -> str:
    """Return the page as Markdown."""
    load = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "not known"
    head = f"""# Benchmarks

Written by `python benchmarks/run.py` on {datetime.now(UTC):%Y-%m-%d}: {platform.machine()}, {os.cpu_count()} cores,
{platform.system()}, Python {platform.python_version()}; load of the machine at the end of the run {load}. Beside other
work wall times tell of that, too; the processor time of a case does so less.

## Sweeps

Two inputs over wide ranges (Sobol points), two processes. Memory is that of all processes together.

| flowsheet | cases | cases/s | processor time of a case | memory | failed |
|---|---|---|---|---|---|
"""
    lines = [
        f"| {name} | {row['cases']:,} | {row['rate']:.0f} | {1e3 * row['processor'] / row['cases']:.2f} ms | "
        f"{row['gib']:.2f} GiB | {row['failed']} |"
        for name, row in rows
    ]
    lines += ["", "![time of a case over the number of cases](benchmarks.svg)", ""]
    for name, (one, two) in scaling.items():
        ratio = two["rate"] / one["rate"]
        lines.append(f"- {name}, {one['cases']:,} cases: two processes {ratio:.2f} times the rate of one.")
    lines += ["", "## Against BioSTEAM", "", against_biosteam.__doc__.split("\n\n")[-1].strip(), ""]
    lines += [
        "| flowsheet | units | components | ours, cases/s | BioSTEAM, cases/s | ratio |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {peer['flowsheet']} | {peer['units']} | {peer['components']} | "
        f"{peer['ours']:.0f} | {peer['biosteam']:.0f} | {peer['ratio']:.2f} |"
        for peer in peers
    ]
    lines += ["", "## Start", "", "| command | s, with a warm cache |", "|---|---|"]
    lines += [f"| `blackmass {text}` | {seconds:.2f} |" for text, seconds in started.items()]
    lines += ["", "## Aqueous equilibrium against PHREEQC", "", "```", equilibria, "```", ""]
    return head + "\n".join(lines)


def plot(rows: list) -> None:
    """Draw the processor time of a case over the number of cases."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(6, 4), layout="constrained")
    for flowsheet in dict.fromkeys(name for name, _ in rows):
        own = [row for name, row in rows if name == flowsheet]
        times = [1e3 * row["processor"] / row["cases"] for row in own]
        axes.loglog([row["cases"] for row in own], times, "o-", label=flowsheet)
    axes.set_xlabel("cases")
    axes.set_ylabel("processor time of a case, ms")
    axes.legend()
    figure.savefig(PLOT, metadata={"Date": None})


if __name__ == "__main__":
    main()
