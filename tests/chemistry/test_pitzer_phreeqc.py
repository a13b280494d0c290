"""Pitzer's model against PHREEQC with its pitzer.dat and our temperature terms of sulfuric acid, which it lacks."""

from pathlib import Path

import numpy as np
import phreeqc
import pytest

from blackmass.chemistry.pitzer import Pitzer

NAMES = ("H+", "Na+", "Mg+2", "K+", "Ca+2", "OH-", "HSO4-", "SO4-2", "Cl-")
CHARGES = np.array([1, 1, 2, 1, 2, -1, -1, -2, -1.0])
DATABASE = Path(phreeqc.__file__).parent / "databases" / "pitzer.dat"
LIQUORS = {
    "brine": "pH 7; Na 3.0; Mg 0.5; S(6) 1.5; Cl 1.0 charge",
    "acid": "pH 0 charge; Na 0.5; Mg 0.8; S(6) 2.0; Cl 0.2",
    "bisulfate": "pH 0 charge; S(6) 3.0; Na 1.0",
    "magnesium": "pH 5; Mg 3.0; S(6) 2.5; Cl 1.0 charge",
    "caustic": "pH 13.5 charge; Na 3.0; S(6) 0.5; K 0.5; Cl 0.4",
    "calcium": "pH 6; Na 1.0; Ca 0.02; K 0.3; S(6) 0.6; Cl 1.0 charge",
    "dilute": "pH 4; Na 0.001; Mg 0.002; S(6) 0.001; Cl 0.003 charge",
}
ACID = """
  -B0
  H+ HSO4- 0.2065 0 0 -2.231e-4
  H+ SO4-2 0.0298 0 0 1.568e-4
  -B1
  H+ HSO4- 0.5556 0 0 -7.715e-3
  -C0
  H+ SO4-2 0.0438 0 0 5.07e-5
"""


def _phreeqc(liquor: str, celsius: float) -> tuple[np.ndarray, np.ndarray, float]:
    """Return molalities, ln gamma and ln water activity, the single-ion scale left unscaled."""
    engine = phreeqc.Phreeqc()
    engine.LoadDatabase(str(DATABASE))
    heads = " ".join(NAMES)
    text = f"""
PITZER
  -MacInnes false
{ACID}
SOLUTION 1
  temp {celsius}
  units mol/kgw
  {liquor.replace("; ", chr(10) + "  ")}
SELECTED_OUTPUT
  -reset false
  -high_precision true
  -molalities {heads}
  -activities {heads} H2O
END
"""
    assert engine.RunString(text) == 0, engine.GetErrorString()
    columns = range(engine.GetSelectedOutputColumnCount())
    values = np.array([engine.GetSelectedOutputValue(1, column) for column in columns], dtype=float)
    count = len(NAMES)
    molality, activity = values[:count], values[count : 2 * count]
    held = molality > 1e-20
    gamma = np.where(held, activity * np.log(10) - np.log(np.where(held, molality, 1)), np.nan)
    return np.where(held, molality, 0), gamma, float(values[-1] * np.log(10))


@pytest.mark.parametrize("celsius", [5.0, 25.0, 60.0, 95.0])
@pytest.mark.parametrize("liquor", LIQUORS)
def test_activities_are_those_of_phreeqc_without_macinnes_scaling(liquor, celsius):
    molality, gamma, water = _phreeqc(LIQUORS[liquor], celsius)
    ours = Pitzer().evaluate(NAMES, CHARGES, molality[:, None], np.array([celsius + 273.15]))
    held = np.isfinite(gamma)
    print(liquor, celsius, ours.ln_gamma[held, 0] - gamma[held], ours.ln_water[0] - water)
    np.testing.assert_allclose(ours.ln_gamma[held, 0], gamma[held], atol=2e-3)
    np.testing.assert_allclose(ours.ln_water[0], water, atol=2e-5)
