"""Bring the recalled pH50 of extractants and published extractions together, and show what each source is worth.

    python benchmarks/calibrate_extraction.py [--write]

Least squares (SciPy) over the pH50 that the cases touch, held to the recalled values (extraction_recalled.csv) by
their uncertainty; a measured figure counts with 2 points and 0.15 pH (quality B: 0.3 pH) of error. Figures that their
paper gives as a bound or whose pH is assumed are left out. Prints the values, their standard deviations and the
errors, as fitted and with each source left out in turn; --write puts the values into data/extractants.csv.
"""

import argparse
import csv
import dataclasses
import io
from pathlib import Path

import numpy as np
from scipy.optimize import least_squares

from blackmass.analysis.validate import shipped_files
from blackmass.analysis.validate_extraction import IONS, predict
from blackmass.analysis.validate_table import read_case_file
from blackmass.chemistry.extraction import LN10, extractant, extractant_names

HERE = Path(__file__).parent
TABLE = HERE.parent / "blackmass/data/extractants.csv"
LEFT_OUT = {"SX21": "pH assumed, a range", "SX28": "bounds"}
POINTS, ACIDITY = 2.0, {"A": 0.15, "B": 0.3}
STEP = 0.02


def recalled():
    with (HERE / "extraction_recalled.csv").open() as file:
        return {
            (r["extractant"], r["metal"]): (float(r["pH50"]), float(r["uncertainty"])) for r in csv.DictReader(file)
        }


def present():
    with TABLE.open() as file:
        rows = csv.DictReader(line for line in file if not line.startswith("#"))
        return {(r["extractant"], r["metal"]): float(r["pH50"]) for r in rows}


BASE = present()


def constants(pH50):
    """An extractant of a name, with other pH50."""

    def of(name):
        own = extractant(name)
        shift = np.array([[pH50.get((name, metal), BASE[name, metal]) - BASE[name, metal]] for metal in own.metals])
        return dataclasses.replace(own, log_k=own.log_k - own.charge * LN10 * shift)

    return of


def errors(cases, pH50):
    answers = predict(cases, constants(pH50))
    return np.array([a.figures["E", e] - m for c, a in zip(cases, answers, strict=True) for _, e, m in c.measured])


def fit(cases, prior, keys):
    """pH50 and their standard deviations."""
    start = np.array([prior[key][0] for key in keys])
    spread = np.array([prior[key][1] for key in keys])
    acidity = np.array([ACIDITY[c.cells["quality"]] for c in cases for _ in c.measured])

    def slope(x):
        """Points per unit of pH, from a shift of all constants."""
        values = [dict(zip(keys, x + d, strict=True)) for d in (STEP, -STEP)]
        return (errors(cases, values[1]) - errors(cases, values[0])) / (2 * STEP)

    weight = np.hypot(POINTS, acidity * slope(start)) if cases else np.empty(0)

    def residuals(x):
        found = errors(cases, dict(zip(keys, x, strict=True))) / weight if cases else np.empty(0)
        return np.concatenate([found, (x - start) / spread])

    best = least_squares(residuals, start, diff_step=1e-3)
    return dict(zip(keys, best.x, strict=True)), np.sqrt(np.diag(np.linalg.inv(best.jac.T @ best.jac)))


def show(title, found, measured):
    middle = found[(measured >= 5) & (measured <= 95)]
    print(
        f"{title:<40} {found.size:>3} figures, median {np.median(np.abs(found)):5.2f}, 90 % "
        f"{np.percentile(np.abs(found), 90):5.1f}, bias {found.mean():+5.1f}; "
        f"5 to 95 % extracted: {middle.size} figures, median {np.median(np.abs(middle)):5.2f}"
    )


def write(values, spread, prior):
    lines = TABLE.read_text().splitlines(keepends=True)
    comments = [line for line in lines if line.startswith("#")]
    rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))
    for row in rows:
        key = row["extractant"], row["metal"]
        if key in values:
            row["pH50"], row["uncertainty"] = f"{values[key]:.2f}", f"{spread[key]:.2f}"
            base, wide = prior[key]
            note = row["note"].split("; recalled as")[0]
            row["note"] = f"{note}; recalled as {base:g} +- {wide:g}, cases by calibrate_extraction.py"
    text = io.StringIO()
    table = csv.DictWriter(text, rows[0].keys(), lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    TABLE.write_text("".join(comments) + text.getvalue())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    every = read_case_file(next(path for path in shipped_files() if path.name == "sx.csv")).cases
    prior = recalled()
    used = [case for case in every if case.name not in LEFT_OUT]
    names = extractant_names()
    keys = sorted(
        {
            (c.cells["extractant"], IONS.get(e, f"{e}+2"))
            for c in used
            for _, e, _ in c.measured
            if c.cells["extractant"] in names
        }
    )
    measured = np.array([m for c in every for _, _, m in c.measured])
    plain = {key: value[0] for key, value in prior.items()}
    show("recalled", errors(every, plain), measured)
    values, spread = fit(used, prior, keys)
    show("fitted", errors(every, plain | values), measured)
    left = []
    for case in every:
        rest = [other for other in used if other.cells["source"] != case.cells["source"]]
        left.append(errors([case], plain | fit(rest, prior, keys)[0]))
    show("each source left out in turn", np.concatenate(left), measured)
    for key, deviation in zip(keys, spread, strict=True):
        before = "{:5.2f} +- {:4.2f}".format(*prior[key])
        print(f"{' '.join(key):<20} {before}  ->  {values[key]:5.2f} +- {deviation:4.2f}")
    if arguments.write:
        write(values, dict(zip(keys, spread, strict=True)), prior)


if __name__ == "__main__":
    main()
