import numpy as np
import pytest

from blackmass.chemistry.cells import parse_feed
from blackmass.errors import InputError
from blackmass.operations.discharge import Discharge
from blackmass.stream import Stream

CELLS = parse_feed("NMC622=1 t/h")
KILOWATT_HOUR = 3.6e6


def test_cells_pass_unchanged():
    out = Discharge(state_of_charge=1.0, recovered=0.9).run(cells=CELLS)
    np.testing.assert_array_equal(out["discharged"].flow, CELLS.flow)


def test_energy_follows_charge_and_mass():
    report = Discharge(state_of_charge=0.5, specific_capacity="0.2 kW*h/kg", recovered=0.6).run(cells=CELLS).report
    per_kg = report["energy_stored"] / CELLS.mass
    np.testing.assert_allclose(per_kg, 0.1 * KILOWATT_HOUR, rtol=1e-12)
    np.testing.assert_allclose(report["energy_recovered"], 0.6 * report["energy_stored"], rtol=1e-12)
    np.testing.assert_allclose(report["energy_recovered"] + report["heat_dissipated"], report["energy_stored"])


def test_what_is_recovered_is_not_set_against_what_is_consumed():
    base, fed_back = (Discharge(recovered=share).run(cells=CELLS) for share in (0.0, 0.9))
    assert base["electricity"][0] == fed_back["electricity"][0] > 0


def test_nothing_in_nothing_out_and_one_value_per_case():
    out = Discharge(state_of_charge=np.array([0, 0.5, 1])).run(cells=Stream.empty(3))
    assert np.all(out["electricity"] == 0)
    report = Discharge(state_of_charge=np.array([0, 0.5, 1])).run(cells=CELLS.repeated(3)).report
    assert np.all(np.diff(report["energy_stored"]) > 0)
    with pytest.raises(InputError, match="state_of_charge"):
        Discharge(state_of_charge=1.1)
