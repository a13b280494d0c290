"""How far a sweep is from plants solved one by one, and from the same sweep in other chunks.

    python benchmarks/batch_against_single.py [FLOWSHEET] [--cases 1000] [--single 1000]

Prints the largest relative difference of recoveries, products, purities, reagents and duties over random cases.
"""

import argparse
import tempfile
from pathlib import Path
from unittest import mock

import numpy as np
import pyarrow.parquet as parquet
from sweep import RANGES, RANGES_DRY

from blackmass import load_flowsheet, solve
from blackmass.analysis import sweep as sweeping
from blackmass.analysis.design import Sample, read_ranges
from blackmass.analysis.knobs import applied
from blackmass.analysis.outputs import outputs
from blackmass.analysis.study import new_study

FEW = 100
NOTHING = 1e-6  # kg/h or kW: smaller figures count as that much
LEFT_OUT = ("balance.",)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("flowsheet", nargs="?", default="nmc_hydromet")
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--single", type=int, default=1000, help="of them, solved one by one")
    arguments = parser.parse_args()
    plant = load_flowsheet(arguments.flowsheet)
    ranges = RANGES if "leach" in plant.units else RANGES_DRY
    design = Sample(read_ranges(plant, ranges), arguments.cases, "random", 1)
    whole = swept(plant, design)
    with mock.patch.object(sweeping, "chunk_size", return_value=FEW):
        report("chunks of 100 cases", whole, swept(plant, design), np.arange(design.cases))
    inputs, rows = design.columns(0, design.cases), np.arange(min(arguments.single, design.cases))
    alone = [outputs(solve(applied(plant, {path: values[row] for path, values in inputs.items()}))) for row in rows]
    report("one by one", whole, {name: np.concatenate([one[name] for one in alone]) for name in alone[0]}, rows)


def swept(plant: object, design: Sample) -> dict[str, np.ndarray]:
    """Return the figures of a sweep."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.parquet"
        sweeping.sweep(new_study(plant, design), design, path)
        table = parquet.read_table(path)
    floats = [field.name for field in table.schema if field.type == "double"]
    return {name: table[name].to_numpy() for name in floats if not name.startswith(LEFT_OUT)}


def report(how: str, whole: dict[str, np.ndarray], other: dict[str, np.ndarray], rows: np.ndarray) -> None:
    """Print the largest relative difference of each figure's values, and where it is."""
    worst = {}
    for name in whole.keys() & other.keys():
        ours, theirs = whole[name][rows], other[name]
        worst[name] = float(np.nanmax(np.abs(ours - theirs) / np.maximum(np.abs(theirs), NOTHING), initial=0.0))
        if (np.isnan(ours) != np.isnan(theirs)).any():
            worst[name] = np.inf
    names = sorted(worst, key=worst.__getitem__, reverse=True)[:3]
    print(f"{how}, {rows.size} cases: " + ", ".join(f"{name} {worst[name]:.1e}" for name in names))


if __name__ == "__main__":
    main()
