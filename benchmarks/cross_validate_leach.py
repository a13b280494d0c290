"""Fit the constants of leaching with each source left out in turn, and write them to data/leach_left_out.csv.

    python benchmarks/cross_validate_leach.py [--evaluations 8]

The fit is that of calibrate_leach.py, started from data/leach_kinetics.csv: run it again whenever that table changes.
`blackmass validate` predicts each source with the constants that have not seen it and prints the errors beside the
fitted ones.
"""

import argparse
import csv
import io

import numpy as np
from calibrate_leach import ELEMENTS, POINTS, TABLE, errors, packed, unpacked
from scipy.optimize import least_squares

from blackmass.analysis.validate import shipped_files
from blackmass.chemistry.leaching_cases import BatchCases, read_cases
from blackmass.chemistry.leaching_kinetics import constants

PLACE = TABLE.with_name("leach_left_out.csv")
HEAD = (
    "# Constants of leaching fitted without one source (column `source` of cases/leach.csv), for cross-validation;\n"
    "# only those that the fit changes. Made by benchmarks/cross_validate_leach.py from leach_kinetics.csv.\n"
)


def without(rows, cases, measured, source):
    """Cases and measured shares of all other sources that the fit uses."""
    kept = [i for i, r in enumerate(rows) if r["source"] != source and r["quality"] != "C" and "P" not in r["feed"]]
    part = {
        name: [value[i] for i in kept] if isinstance(value, list) else value[kept]
        for name, value in vars(cases).items()
    }
    return BatchCases(**part), {element: values[kept] for element, values in measured.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--evaluations", type=int, default=8)
    options = parser.parse_args()
    rows, cases, measured = read_cases(next(path for path in shipped_files() if path.name == "leach.csv"))
    base = constants()
    start, bounds, labels = packed(base)
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["left_out", "name", "value", "activation_kJ_mol", "source", "note"])
    for source in dict.fromkeys(row["source"] for row in rows if row["quality"] != "C"):
        others, seen = without(rows, cases, measured, source)
        used = np.isfinite([seen[element] for element in ELEMENTS])

        def residual(x, others=others, seen=seen, used=used):
            return errors(unpacked(x, labels, base), others, seen, steps=8)[used]

        fit = least_squares(
            residual, start, bounds=bounds, loss="soft_l1", f_scale=POINTS, diff_step=1e-3, max_nfev=options.evaluations
        )
        values = unpacked(fit.x, labels, base)
        for name in dict.fromkeys(name for name, _ in labels):
            table.writerow(
                [source, name, f"{values[name].value:.5g}", f"{values[name].activation:.5g}", "Nogueira2026", ""]
            )
        found = np.abs(residual(fit.x))
        print(f"without {source[:60]:<60}  the others: median {np.median(found):.2f}, cost {fit.cost:.0f}")
    PLACE.write_text(HEAD + text.getvalue(), encoding="utf-8")


if __name__ == "__main__":
    main()
