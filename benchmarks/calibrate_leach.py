"""Fit the constants of leaching to published batch tests, and leave one source out in turn.

    python benchmarks/calibrate_leach.py [--cases FILE.csv ...] [--evaluations 12] [--write]

Least squares (SciPy) of the errors over 4 percentage points, made robust by soft L1, and of the distances to the priors
of data/leach_priors.csv, which says what is fitted. Every source has the same weight; one set of constants serves all
feeds and laboratories. Prints each value with its 95 % confidence interval by the Jacobian, then the errors by source,
fitted and left out. --write puts values and limits into data/leach_kinetics.csv and the constants without each source
into data/leach_left_out.csv.
"""

import argparse
import csv
import dataclasses
import io
from pathlib import Path

import numpy as np
from scipy.optimize import least_squares

from blackmass.chemistry.leaching_cases import ELEMENTS, BatchCases, batch_case, read_cases
from blackmass.chemistry.leaching_kinetics import constants
from blackmass.data.load import table

DATA = Path(__file__).parents[1] / "blackmass/data"
POINTS, STEPS, FINE = 4.0, 6, 10
HEAD = (
    "# Constants of leaching fitted without one source (column `source` of cases/leach.csv), for cross-validation;\n"
    "# only those that the fit changes. Made by benchmarks/calibrate_leach.py.\n"
)


def priors():
    return table("leach_priors.csv", columns=("name", "scale", "centre", "spread", "lowest", "highest"), key=("name",))


def coordinate(row, figure):
    """A figure in units of the prior's spread, from its centre."""
    centre, spread = float(row["centre"]), float(row["spread"])
    return np.log(figure / centre) / np.log(spread) if row["scale"] == "log" else (figure - centre) / spread


def figure(row, x):
    centre, spread = float(row["centre"]), float(row["spread"])
    return float(centre * spread**x if row["scale"] == "log" else centre + spread * x)


def values(rows, x, base):
    found = dict(base)
    for row, number in zip(rows, x, strict=True):
        found[row["name"]] = dataclasses.replace(found[row["name"]], value=figure(row, number))
    return found


def some(cases, chosen):
    """Some of the cases."""
    numbers = np.flatnonzero(chosen)
    parts = {f.name: getattr(cases, f.name) for f in dataclasses.fields(cases)}
    return BatchCases(
        **{n: v[numbers] if isinstance(v, np.ndarray) else [v[i] for i in numbers] for n, v in parts.items()}
    )


def joined_cases(paths):
    """Rows, conditions and measured shares of several files, one after the other."""
    parts = [read_cases(path) for path in paths]
    fields = [f.name for f in dataclasses.fields(BatchCases)]
    conditions = {n: [getattr(cases, n) for _, cases, _ in parts] for n in fields}
    whole = {
        n: np.concatenate(v) if isinstance(v[0], np.ndarray) else [name for names in v for name in names]
        for n, v in conditions.items()
    }
    measured = {element: np.concatenate([found[element] for _, _, found in parts]) for element in ELEMENTS}
    return [row for tests, _, _ in parts for row in tests], BatchCases(**whole), measured


def errors(found, cases, measured, chosen, steps=FINE):
    """Errors (elements, cases) in percentage points."""
    predicted, _ = batch_case(some(cases, chosen), found, steps)
    return 100 * np.array([predicted[e] - measured[e][chosen] for e in ELEMENTS])


def fit(rows, start, base, cases, measured, sources, chosen, evaluations):
    used = np.isfinite([measured[e][chosen] for e in ELEMENTS])
    number = {source: used[:, sources[chosen] == source].sum() for source in set(sources[chosen])}
    weight = np.broadcast_to([number[source] ** -0.5 for source in sources[chosen]], used.shape)[used]
    weight = weight / np.sqrt(np.mean(weight**2))
    bounds = np.array([[coordinate(row, float(row[end])) for row in rows] for end in ("lowest", "highest")])

    def residual(x):
        size = errors(values(rows, x, base), cases, measured, chosen, STEPS)[used] / POINTS
        return np.concatenate([weight * np.sign(size) * np.sqrt(2 * (np.hypot(1, size) - 1)), x])

    return least_squares(residual, start, bounds=bounds, diff_step=1e-3, max_nfev=evaluations)


def statistics(found):
    size = np.abs(found[np.isfinite(found)])
    return f"{size.size:4d}   median {np.median(size):5.2f}   p90 {np.percentile(size, 90):5.2f}"


def joined(cells):
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="").writerow(cells)
    return buffer.getvalue()


def write_kinetics(found):
    """Put limits and values (low, value, high) by name into the table."""
    path = DATA / "leach_kinetics.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    header = next(csv.reader(line for line in lines if not line.startswith("#")))
    for number, line in enumerate(lines):
        cells = next(csv.reader([line]))
        if cells[0] in found:
            for column, limit in zip(("low", "value", "high"), found[cells[0]], strict=True):
                cells[header.index(column)] = f"{limit:.4g}" if column == "value" else f"{limit:.2g}"
            lines[number] = joined(cells)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--cases", nargs="+", default=[str(DATA / f"cases/{n}.csv") for n in ("leach", "leach_lithium")]
    )
    parser.add_argument("--evaluations", type=int, default=12)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    tests, cases, measured = joined_cases(options.cases)
    judged = np.array([not row["quality"].startswith("C") for row in tests])
    kept = judged & np.array(["P" not in row["feed"] for row in tests])
    sources = np.array([row["source"] for row in tests])
    rows, base = priors(), constants()
    whole = fit(rows, np.zeros(len(rows)), base, cases, measured, sources, kept, options.evaluations)
    spread = np.sqrt(np.diag(np.linalg.inv(whole.jac.T @ whole.jac)))
    limits = {}
    for row, x, width in zip(rows, whole.x, 1.96 * spread, strict=True):
        low, value, high = limits[row["name"]] = [figure(row, x + w) for w in (-width, 0, width)]
        print(f"{row['name']:24s} {value:10.4g}   {low:10.4g} to {high:.4g}")
    fitted, left = values(rows, whole.x, base), np.full((len(ELEMENTS), len(tests)), np.nan)
    lines = [joined(["left_out", "name", "value", "activation_kJ_mol", "source", "note"])]
    for source in dict.fromkeys(row["source"] for row, used in zip(tests, judged, strict=True) if used):
        own = sources == source
        other = fit(rows, whole.x, base, cases, measured, sources, kept & ~own, options.evaluations)
        unseen = values(rows, other.x, base)
        for row in rows:
            constant = unseen[row["name"]]
            cells = [source, row["name"], f"{constant.value:.5g}", f"{constant.activation:.5g}", "Nogueira2026", ""]
            lines.append(joined(cells))
        left[:, own] = errors(unseen, cases, measured, own)
        print(f"{source[:60]:60s} fitted {statistics(errors(fitted, cases, measured, own))}", flush=True)
        print(f"{'':60s} unseen {statistics(left[:, own])}", flush=True)
    print(f"{'all':60s} fitted {statistics(errors(fitted, cases, measured, judged))}")
    print(f"{'':60s} unseen {statistics(left[:, judged])}")
    if options.write:
        write_kinetics(limits)
        (DATA / "leach_left_out.csv").write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
