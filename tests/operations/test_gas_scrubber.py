import numpy as np
import pytest

from blackmass.chemistry.reagents import reagent_stream
from blackmass.operations.gas_scrubber import GasScrubber
from blackmass.stream import Stream

FLUE = {"N2(g)": 50.0, "CO2(g)": 8.0, "H2O(g)": 6.0, "O2(g)": 4.0, "HF(g)": 0.1, "POF3(g)": 0.01, "SO2(g)": 0.02}
WATER = reagent_stream("water")[0]


def scrubbed(alkali="sodium_hydroxide", kelvin=1100.0, **settings):
    cases = max(np.size(value) for value in settings.values()) if settings else 1
    return GasScrubber(**settings).run(
        gas=Stream.of(FLUE, kelvin, cases), alkali=reagent_stream(alkali)[0], water=WATER
    )


def test_capture_follows_the_transfer_units():
    out = scrubbed(transfer_units=np.array([0.0, 1.0, 5.0]))
    left = out["cleaned"]["HF(g)"] / FLUE["HF(g)"]
    np.testing.assert_allclose(left, np.exp(-np.array([0.0, 1.0, 5.0])), rtol=1e-9)
    assert np.all(np.diff(out.report["fluorine_captured"]) > 0)


def test_soda_gives_dissolved_fluoride_phosphate_and_sulfate():
    bleed = scrubbed(transfer_units=15.0)["bleed"]
    assert bleed["F-"][0] == pytest.approx(0.13, rel=1e-2)
    assert bleed["PO4-3"][0] == pytest.approx(0.01, rel=1e-2)
    assert bleed["SO4-2"][0] == pytest.approx(0.02, rel=1e-2)
    assert bleed["Na+"][0] == pytest.approx(1.05 * (0.1 + 0.06 + 0.04), rel=2e-2)


def test_lime_gives_calcium_fluoride():
    bleed = scrubbed("calcium_hydroxide", transfer_units=15.0)["bleed"]
    assert bleed["CaF2"][0] > 0.95 * 0.13 / 2
    assert bleed["F-"][0] < 0.01 * 0.13


def test_water_evaporates_to_saturation_at_most():
    out = scrubbed(temperature=np.array([313.15, 333.15]))
    steam = out["cleaned"]["H2O(g)"] / (out["cleaned"].flow.sum(0))
    assert np.all(steam < np.array([0.08, 0.21]))
    assert steam[1] > steam[0]
    assert np.all(out["cooling"] > 0)
