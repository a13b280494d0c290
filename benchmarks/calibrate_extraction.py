"""Bring the recalled constants of extractants and published extractions together, and show what each source is worth.

    python benchmarks/calibrate_extraction.py [--write]

Least squares (SciPy), one extractant after the other, over the pH50 that the cases touch and the pH scale of each
source (`SCALE`: a meter's buffers, junction and salt shift all points of a paper alike), held to the recalled values
and differences (extraction_recalled.csv) by their uncertainty. A measured figure counts with 2 points and the error of
its own pH, and less the farther it is off (loss soft_l1). Left out are figures that their paper gives as a bound or
whose pH is assumed. Prints values, standard deviations and errors (at each paper's pH as it stands): recalled, fitted,
with each source left out in turn, and for the papers that are never fitted (sx_independent.csv). --write puts the
values into blackmass/data.
"""

import argparse
import csv
import dataclasses
import io
from pathlib import Path

import numpy as np
from scipy.optimize import least_squares

from blackmass.analysis.validate_extraction import IONS, predict
from blackmass.analysis.validate_names import look_up
from blackmass.analysis.validate_table import read_case_file
from blackmass.chemistry.extraction import LN10, extractant, extractant_names

HERE = Path(__file__).parent
DATA = HERE.parent / "blackmass/data"
FITTED, UNSEEN = ("sx.csv", "sx_isotherms.csv"), ("sx_independent.csv",)
LEFT_OUT = {"SX21": "pH assumed, a range", "SX28": "bounds", "SI17": "arrangement of stages not stated"}
POINTS, ACIDITY, SCALE = 2.0, {"A": 0.05, "B": 0.1}, {"A": 0.1, "B": 0.3}
STEP = 0.02
LEAST = 0.15
"""Standard uncertainty below which no pH50 is claimed: papers differ by more."""
TOLD = 0.9
"""Share of the recalled uncertainty above which the cases tell nothing."""


def read(names):
    return [case for name in names for case in read_case_file(DATA / "cases" / name).cases]


def recalled():
    """Recalled pH50, and differences of two, with their uncertainties."""
    with (HERE / "extraction_recalled.csv").open() as file:
        rows = list(csv.DictReader(file))
    values = {(r["extractant"], r["metal"]): (float(r["pH50"]), float(r["uncertainty"])) for r in rows}
    return (
        {key: value for key, value in values.items() if " - " not in key[1]},
        {(name, *pair.split(" - ")): value for (name, pair), value in values.items() if " - " in pair},
    )


def table(name):
    """Comment lines and rows of a table."""
    lines = (DATA / name).read_text().splitlines(keepends=True)
    return [x for x in lines if x[0] == "#"], list(csv.DictReader(x for x in lines if x[0] != "#"))


BASE = {(r["extractant"], r["metal"]): float(r["pH50"]) for r in table("extractants.csv")[1]}


def named(case):
    return look_up(case.cells["extractant"], "extractant", extractant_names()).name


def ions(case):
    return [(named(case), IONS.get(element, f"{element}+2")) for _, element, _ in case.measured]


def constants(values, shift):
    """The extractant of a name with other pH50, all moved by `shift`."""

    def of(name):
        own = extractant(name)
        moved = np.array([[values.get((name, metal), BASE[name, metal]) - BASE[name, metal]] for metal in own.metals])
        return dataclasses.replace(own, log_k=own.log_k - own.charge * LN10 * (moved + shift))

    return of


def errors(cases, values, scale=None):
    found = []
    for case in cases:
        shift = (scale or {}).get(case.cells["source"], 0.0) if "pH_equilibrium" in case.cells else 0.0
        [answer] = predict([case], constants(values, shift))
        found += [answer.figures["E", element] - measured for _, element, measured in case.measured]
    return np.array(found)


@dataclasses.dataclass(frozen=True)
class Problem:
    """What is fitted for one extractant: cases, pH50 of metals, and the pH scale of each source."""

    cases: list
    keys: list
    scales: dict
    pairs: list

    @classmethod
    def of(cls, cases, name, differences):
        own = [case for case in cases if named(case) == name]
        keys = sorted({key for case in own for key in ions(case)})
        scales = {case.cells["source"]: SCALE[case.cells["quality"]] for case in own if "pH_equilibrium" in case.cells}
        pairs = [
            (keys.index((of, a)), keys.index((of, b)), *value)
            for (of, a, b), value in differences.items()
            if (of, a) in keys and (of, b) in keys
        ]
        return cls(own, keys, scales, pairs)

    def wrong(self, x):
        values = dict(zip(self.keys, x, strict=False))
        return errors(self.cases, values, dict(zip(self.scales, x[len(self.keys) :], strict=True)))

    def solve(self, prior):
        """pH50 and their standard deviations."""
        start = np.array([*(prior[key][0] for key in self.keys), *(0.0 for _ in self.scales)])
        spread = np.array([*(prior[key][1] for key in self.keys), *self.scales.values()])
        acidity = np.array([ACIDITY[case.cells["quality"]] for case in self.cases for _ in case.measured])
        step = np.where(np.arange(start.size) < len(self.keys), STEP, 0.0)
        weight = np.hypot(POINTS, acidity * (self.wrong(start + step) - self.wrong(start - step)) / (2 * STEP))

        def residuals(x):
            pairs = [(x[a] - x[b] - value) / wide for a, b, value, wide in self.pairs]
            return np.concatenate([self.wrong(x) / weight, (x - start) / spread, pairs])

        best = least_squares(residuals, start, diff_step=1e-3, x_scale=spread, loss="soft_l1", ftol=1e-6, xtol=1e-5)
        deviation = np.sqrt(np.diag(np.linalg.inv(best.jac.T @ best.jac)))
        return dict(zip(self.keys, best.x, strict=False)), dict(zip(self.keys, deviation, strict=False))


def fit(cases, names, prior, differences):
    values, spread = {}, {}
    for name in names:
        problem = Problem.of(cases, name, differences)
        if problem.cases:
            found = problem.solve(prior)
            values |= found[0]
            spread |= found[1]
    return values, spread


def show(title, found, measured):
    middle = found[(measured >= 5) & (measured <= 95)]
    print(
        f"{title:<40} {found.size:>3} figures, median {np.median(np.abs(found)):5.2f}, 90 % "
        f"{np.percentile(np.abs(found), 90):5.1f}, bias {found.mean():+5.1f}; "
        f"5 to 95 % extracted: {middle.size} figures, median {np.median(np.abs(middle)):5.2f}"
    )


def write(values, spread, prior, cases):
    comments, rows = table("extractants.csv")
    for row in rows:
        key = row["extractant"], row["metal"]
        if key in values and spread[key] < TOLD * prior[key][1]:
            papers = {case.cells["key"]: None for case in cases if key in ions(case)}
            row["source"] = ";".join(dict.fromkeys([row["source"].split(";")[0], *papers]))
            row["pH50"], row["uncertainty"] = f"{values[key]:.2f}", f"{max(spread[key], LEAST):.2f}"
            rest = row["note"][row["note"].find("enthalpy") :] if "enthalpy" in row["note"] else ""
            rates = next((part for part in row["note"].split("; ") if part.startswith("rates")), "")
            first = "pH50: recalled {:g} +- {:g} and cases, by calibrate_extraction.py".format(*prior[key])
            row["note"] = "; ".join(part for part in (first, rates, rest) if part)
    text = io.StringIO()
    target = csv.DictWriter(text, rows[0].keys(), lineterminator="\n")
    target.writeheader()
    target.writerows(rows)
    (DATA / "extractants.csv").write_text("".join(comments) + text.getvalue())


def left_out(every, used, names, prior, differences):
    """Errors of each case by constants that have not seen its source."""
    known, found = {}, []
    for case in every:
        name, source = named(case), case.cells["source"]
        if (name, source) not in known:
            rest = [other for other in used if other.cells["source"] != source]
            known[name, source] = fit(rest, [name], prior, differences)[0]
        found.append(errors([case], {key: value for key, (value, _) in prior.items()} | known[name, source]))
    return np.concatenate(found)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    prior, differences = recalled()
    every, unseen, names = read(FITTED), read(UNSEEN), extractant_names()
    used = [case for case in every if case.name not in LEFT_OUT]
    values, spread = fit(used, names, prior, differences)
    plain = {key: value for key, (value, _) in prior.items()}
    measured, other = ([m for case in cases for _, _, m in case.measured] for cases in (every, unseen))
    measured, other = np.array(measured), np.array(other)
    show("recalled", errors(every, plain), measured)
    show("fitted", errors(every, plain | values), measured)
    show("each source left out in turn", left_out(every, used, names, prior, differences), measured)
    show("papers never fitted: recalled", errors(unseen, plain), other)
    show("papers never fitted: fitted", errors(unseen, plain | values), other)
    for key, deviation in spread.items():
        before = "{:5.2f} +- {:4.2f}".format(*prior[key])
        print(f"{' '.join(key):<20} {before}  ->  {values[key]:5.2f} +- {deviation:4.2f}")
    if arguments.write:
        write(values, spread, prior, used)


if __name__ == "__main__":
    main()
