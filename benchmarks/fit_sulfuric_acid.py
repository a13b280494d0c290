"""Temperature terms of the Pitzer parameters of sulfuric acid, fitted to published activity coefficients.

pitzer.dat has none for H-HSO4 and H-SO4. Linear ones (c3) of four parameters are fitted by least squares to the mean
activity coefficients of Clegg, Rard and Pitzer (1994) that are marked as fitted (0 and 50 °C); those of
25 and 40 °C are left for judgement. Run from the repository: `python benchmarks/fit_sulfuric_acid.py`.
"""

import csv
from importlib import resources

import numpy as np
from scipy.optimize import least_squares

from blackmass.chemistry import pitzer_parameters
from blackmass.chemistry.salt_solutions import mean_activity

FITTED = (("beta0", "HSO4-"), ("beta1", "HSO4-"), ("beta0", "SO4-2"), ("c_phi", "SO4-2"))
SCALE = np.array([1e-3, 1e-2, 1e-3, 1e-4])


def points() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return molality, temperature [K], coefficient of sulfuric acid, and whether it is one to fit to."""
    with resources.files("blackmass.data").joinpath("cases/activity.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["salt"] == "H2SO4" and row["key"] == "Clegg1994"]
    numbers = np.array([[float(row[name]) for name in ("molality", "T_C", "gamma")] for row in rows]).T
    return numbers[0], 273.15 + numbers[1], numbers[2], np.array([bool(row["fitted"]) for row in rows])


def set_terms(terms: np.ndarray) -> None:
    """Put other temperature terms in the place of those of the table."""
    rows = []
    for row in TABLE:
        key = (row["kind"], row["second"]) if row["first"] == "H+" else ("", "")
        rows.append({**row, "c3": repr(float(terms[FITTED.index(key)]))} if key in FITTED else row)
    pitzer_parameters._rows = lambda: tuple(rows)
    for cached in (pitzer_parameters.parameters, pitzer_parameters._known):
        cached.cache_clear()


TABLE = pitzer_parameters._rows()


def main() -> None:
    """Fit and print."""
    molality, kelvin, measured, chosen = points()

    def errors(x: np.ndarray) -> np.ndarray:
        set_terms(x * SCALE)
        gamma, _ = mean_activity("H2SO4", molality, kelvin)
        return np.log(gamma / measured)

    found = least_squares(lambda x: errors(x)[chosen], np.zeros(len(FITTED)), diff_step=1e-3, x_scale=1.0)
    for (kind, anion), value in zip(FITTED, found.x * SCALE, strict=True):
        print(f"{kind} H+ {anion}: c3 = {value:.4g}")
    rest = 100 * errors(found.x)
    for celsius in sorted({round(value - 273.15) for value in kelvin}):
        part = np.abs(rest[np.abs(kelvin - 273.15 - celsius) < 0.1])
        print(f"{celsius:3d} C: largest error {part.max():.1f} %, median {np.median(part):.1f} %")


if __name__ == "__main__":
    main()
