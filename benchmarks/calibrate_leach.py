"""Fit the constants of leaching to published batch tests: one set for all feeds and laboratories.

    python benchmarks/calibrate_leach.py [--cases blackmass/data/cases/leach.csv] [--evaluations 12] [--write]

Robust least squares (SciPy, soft L1 at 4 points) from the values in data/leach_kinetics.csv; prints each value with its
95 % confidence interval from the Jacobian, and the errors left; --write puts them into data/leach_kinetics.csv. Rate
constants are fitted by their logarithm.
"""

import argparse
import csv
import io
import time
from pathlib import Path

import numpy as np
from scipy.optimize import least_squares

from blackmass.chemistry.leaching_cases import ELEMENTS, batch_case, read_cases
from blackmass.chemistry.leaching_kinetics import Constant, constants

TABLE = Path(__file__).parents[1] / "blackmass/data/leach_kinetics.csv"
# name: (lowest, highest) of the value, and of its activation energy [kJ/mol] where that is fitted
FITTED = {
    "lithium_left": ((0.35, 0.43), None),
    "disproportionation": ((1e-4, 1.0), (30.0, 90.0)),
    "slow_disproportionation": ((1e-9, 1e-3), (60.0, 120.0)),
    "water_oxidation": ((1e-8, 1e-3), (60.0, 120.0)),
    "cobalt_water_oxidation": ((0.0, 1.0), None),
    "order_hot": ((0.0, 1.0), None),
    "reduction": ((1e-4, 1.0), (30.0, 85.0)),
    "half_potential": ((1e-3, 10.0), None),
    "order_reduction": ((0.0, 1.2), None),
    "exchange": ((1e-7, 1e-2), (40.0, 100.0)),
    "deposition": ((1e-6, 1.0), (40.0, 100.0)),
    "half_manganese": ((1e-4, 1.0), None),
}
SPAN = 100.0  # largest ratio of the bounds of what is fitted as it is; beyond it the logarithm is
ENERGY_SCALE, POINTS = 20.0, 4.0


def logarithmic(name):
    low, high = FITTED[name][0]
    return low > 0 and high / low > SPAN


def packed(values):
    x, low, high, labels = [], [], [], []
    for name, (bounds, energy) in FITTED.items():
        change = np.log if logarithmic(name) else float
        low.append(change(bounds[0]))
        high.append(change(bounds[1]))
        edge = 0.02 * (high[-1] - low[-1])  # differences are relative: not from zero
        x.append(np.clip(change(max(values[name].value, bounds[0])), low[-1] + edge, high[-1] - edge))
        labels.append((name, "value"))
        if energy is not None:
            low.append(energy[0] / ENERGY_SCALE)
            high.append(energy[1] / ENERGY_SCALE)
            x.append(np.clip(values[name].activation / ENERGY_SCALE, low[-1] + 1e-6, high[-1] - 1e-6))
            labels.append((name, "activation"))
    return np.array(x), (np.array(low), np.array(high)), labels


def unpacked(x, labels, base):
    values = dict(base)
    for number, (name, kind) in zip(x, labels, strict=True):
        value, activation = values[name].value, values[name].activation
        if kind == "value":
            value = float(np.exp(number)) if logarithmic(name) else float(number)
        else:
            activation = float(number) * ENERGY_SCALE
        values[name] = Constant(value, activation)
    return values


def errors(values, cases, measured, steps=16):
    predicted, _ = batch_case(cases, values, steps)
    return 100 * np.array([predicted[element] - measured[element] for element in ELEMENTS])


def write(found):
    """Put the values, and the confidence limits of those that are not activation energies, into the table."""
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines):
        cells = next(csv.reader([line]))
        if (cells[0], "value") in found:
            low, value, high = found[cells[0], "value"]
            cells[1], cells[4], cells[5] = f"{value:.4g}", f"{low:.2g}", f"{high:.2g}"
            if (cells[0], "activation") in found:
                cells[3] = f"{found[cells[0], 'activation'][1]:.3g}"
            buffer = io.StringIO()
            csv.writer(buffer, lineterminator="").writerow(cells)
            lines[number] = buffer.getvalue()
    TABLE.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", default="blackmass/data/cases/leach.csv")
    parser.add_argument("--evaluations", type=int, default=12)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    rows, cases, measured = read_cases(options.cases)
    kept = np.array([row["quality"] != "C" and "P" not in row["feed"] for row in rows])
    used = np.isfinite([measured[element] for element in ELEMENTS]) & kept
    base = constants()
    start, bounds, labels = packed(base)

    def residual(x):
        return errors(unpacked(x, labels, base), cases, measured, steps=8)[used]

    began = time.perf_counter()
    fit = least_squares(
        residual, start, bounds=bounds, loss="soft_l1", f_scale=POINTS, diff_step=1e-3, max_nfev=options.evaluations
    )
    spread = np.sqrt(np.diag(np.linalg.pinv(fit.jac.T @ fit.jac)) * 2 * fit.cost / (used.sum() - start.size))
    print(f"{fit.nfev} evaluations, {time.perf_counter() - began:.0f} s, cost {fit.cost:.0f}")
    found = {}
    for label, x, width in zip(labels, fit.x, 1.96 * spread, strict=True):
        limits = np.array([x - width, x, x + width])
        if label[1] == "activation":
            limits = limits * ENERGY_SCALE
        elif logarithmic(label[0]):
            limits = np.exp(np.clip(limits, -100, 100))
        found[label] = limits
        print(f"{label[0]:26s} {label[1]:10s} {limits[1]:11.4g}   {limits[0]:11.4g} to {limits[2]:.4g}")
    if options.write:
        write(found)
    left = np.abs(errors(unpacked(fit.x, labels, base), cases, measured))[:, [r["quality"] != "C" for r in rows]]
    left = left[np.isfinite(left)]
    print(f"{left.size} extractions: median {np.median(left):.2f}, p90 {np.percentile(left, 90):.2f} points")


if __name__ == "__main__":
    main()
