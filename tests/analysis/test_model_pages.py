"""The pages of models hold the constants and ranges of the data."""

import shutil
from pathlib import Path

from blackmass.analysis.model_pages import MARK, write_pages

PAGES = Path(__file__).parent.parent.parent / "docs" / "models"


def test_pages_are_written_from_the_data_and_keep_what_was_written_by_hand(tmp_path):
    folder = shutil.copytree(PAGES, tmp_path / "models")
    before = {path.name: path.read_text(encoding="utf-8").split(MARK)[0].rstrip() for path in folder.glob("*.md")}
    written = write_pages(folder)
    assert {path.name for path in written} == set(before) - {"index.md"}
    first = {path.name: path.read_text(encoding="utf-8") for path in written}
    assert {name: text.split(MARK)[0].rstrip() for name, text in first.items()} == {
        name: text for name, text in before.items() if name != "index.md"
    }
    write_pages(folder)
    assert {path.name: path.read_text(encoding="utf-8") for path in written} == first
    assert "| `leach_kinetics` |" in first["leaching.md"]
    assert "| `CopperElectrowinning` | temperature | 35 °C | 60 °C |" in first["electrowinning.md"]


def test_every_page_of_a_model_has_its_section():
    missing = [path.name for path in PAGES.glob("*.md") if MARK not in path.read_text(encoding="utf-8")]
    assert set(missing) <= {"index.md", "solver.md", "solid-liquid.md"}
