"""Solubility constants of the Pitzer tier from the published solubilities that are marked as fitted.

At each saturated solution the model's activities give ln K of the solid; log K at 25 °C, the enthalpy and the change of
heat capacity follow by linear least squares. Run from the repository: `python benchmarks/fit_solubilities.py`; the
answers stand in `blackmass/data/refined_equilibria.csv`.
"""

import csv
from importlib import resources

import numpy as np
from scipy.constants import R as GAS_CONSTANT

from blackmass.chemistry.equilibria import COMPONENTS, REFERENCE, pure_phase
from blackmass.chemistry.salt_solutions import supersaturation
from blackmass.species import molar_mass

LN10 = float(np.log(10.0))
RANGES = {
    # solid: temperatures [C] at which it is the stable one, how many of log K, enthalpy, heat capacity are fitted
    "Li2CO3": (0, 100, 3),
    "NiSO4.7H2O": (0, 30.7, 3),
    "NiSO4.6H2O": (31, 100, 3),
    "CoSO4.7H2O": (0, 42, 3),
    "CoSO4.H2O": (75, 100, 2),
    "MnSO4.5H2O": (0, 24, 2),
    "MnSO4.H2O": (25, 100, 3),
    "Li2SO4.H2O": (0, 90, 3),
    "Na2SO4.10H2O": (0, 32, 3),
    "Na2SO4": (33, 100, 3),
    "LiF": (0, 25, 2),
    "Li3PO4": (0, 30, 1),
}
"""CoSO4.6H2O is not here: its three points are met by hand with the heat capacity of NiSO4.6H2O."""


def fitted_points(salt: str) -> tuple[np.ndarray, np.ndarray]:
    """Return temperatures [K] and molalities of the measured solubilities that are marked as fitted."""
    found = []
    with resources.files("blackmass.data").joinpath("cases/solubility.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["salt"] == salt and row["fitted"]:
                mass = 1e3 * molar_mass(salt)
                grams = (
                    1e3 * float(row["solubility_mass_pct"]) / (100 - float(row["solubility_mass_pct"]))
                    if row["solubility_mass_pct"]
                    else 10 * float(row["solubility_g_100g"])
                )
                found.append((273.15 + float(row["T_C"]), grams / mass))
    kelvin, molality = np.array(sorted(found)).T
    return kelvin, molality


def fit(solid: str) -> tuple[np.ndarray, float]:
    """Return log K at 25 °C, enthalpy [kJ/mol], heat capacity [J/mol/K], and the largest misfit of ln K."""
    low, high, count = RANGES[solid]
    salt = solid.split(".")[0]
    kelvin, molality = fitted_points(salt)
    part = (kelvin >= 273.14 + low) & (kelvin <= 273.16 + high)
    kelvin, molality = kelvin[part], molality[part]
    reaction = pure_phase(solid, "pitzer")
    others = np.zeros((len(COMPONENTS), kelvin.size))
    saturation, _ = supersaturation(salt, molality, others, kelvin, (solid,))
    ln_k = LN10 * saturation[0] + reaction.ln_k(kelvin)
    warm = REFERENCE / kelvin
    terms = np.array([LN10 * np.ones_like(kelvin), -(1 / kelvin - 1 / REFERENCE) / GAS_CONSTANT,
                      (warm - 1 - np.log(warm)) / GAS_CONSTANT]).T  # fmt: skip
    given = np.array([0.0, reaction.enthalpy, reaction.heat_capacity])
    rest = ln_k - terms[:, count:] @ given[count:]
    found = np.linalg.lstsq(terms[:, :count], rest, rcond=None)[0]
    values = np.concatenate([found, given[count:]])
    return values / (1.0, 1e3, 1.0), float(np.abs(ln_k - terms @ values).max())


if __name__ == "__main__":
    for name in RANGES:
        (log_k, enthalpy, heat_capacity), misfit = fit(name)
        print(
            f"{name:13s} log K {log_k:8.4f}  {enthalpy:7.2f} kJ/mol  {heat_capacity:6.0f} J/mol/K  misfit {misfit:.3f}"
        )
