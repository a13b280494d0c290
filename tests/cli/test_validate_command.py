"""`blackmass validate` and `blackmass sources`, as called."""

import json

import pytest
from click.testing import CliRunner

from blackmass.cli import sources_command, validate_command

SMALL = (
    "case_id,quality,medium,reagent,pH_final,T_C,feed_Ni_gL,feed_Co_gL,y_Ni_pct,residual_Ni_mgL\n"
    "a,A,sulfate,NaOH,8.5,25,10,5,99,20\nb,C,sulfate,NaOH,7,25,10,5,50,\nc,A,sulfate,Na2S,7,25,10,5,50,\n"
)


@pytest.fixture
def small(tmp_path):
    path = tmp_path / "small.csv"
    path.write_text(SMALL)
    return str(path)


def call(command, *arguments):
    return CliRunner().invoke(command, arguments, catch_exceptions=False)


def test_json_has_rows_and_statistics(small):
    found = json.loads(call(validate_command.command, "--cases", small, "--json").output)
    assert [row["case"] for row in found["rows"]] == ["a", "a", "b", "c"]
    assert {"measured", "predicted", "error", "quality", "in_range", "counted"} <= set(found["rows"][0])
    assert {"count", "median_absolute_error", "p90_absolute_error", "bias"} <= set(found["statistics"])
    assert found["statistics"]["count"] == 1
    assert found["rows"][3]["predicted"] is None


def test_table_for_people(small):
    text = call(validate_command.command, "--cases", small).output
    for part in ("precipitated, %", "left, mg/L", "not counted", "not predicted", "median factor", "p90"):
        assert part in text


def test_files_are_written_whole(small, tmp_path):
    folder = tmp_path / "out"
    assert call(validate_command.command, "--cases", small, "--out", str(folder)).exit_code == 0
    names = {path.name for path in folder.iterdir()}
    assert names == {
        "cases.csv", "index.md", "parity_precipitation.png", "parity_precipitation.svg", "residuals_precipitation.png",
        "residuals_precipitation.svg", "parity_residual.png", "parity_residual.svg",
    }  # fmt: skip
    assert (folder / "parity_residual.png").read_bytes().startswith(b"\x89PNG")
    assert len((folder / "cases.csv").read_text().splitlines()) == 5
    first = {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix == ".png"}
    call(validate_command.command, "--cases", small, "--out", str(folder))
    assert first == {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix == ".png"}


def test_sources_lists_every_entry_with_its_uses():
    found = json.loads(call(sources_command.command, "--json").output)["sources"]
    assert len(found) > 90
    assert all(entry["used_by"] and entry["reference"] for entry in found)
    text = call(sources_command.command).output
    assert "[Flett2005]" in text
    assert "extractants.csv" in text
