"""The documentation's code is real: quoted files exist as quoted, and scripts run."""

import re
from pathlib import Path

import pytest

from blackmass.flowsheet.load import load_flowsheet
from blackmass.flowsheet.solve import solve

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"


def blocks(page: str) -> list[str]:
    return re.findall(r"```python\n(.*?)```", (DOCS / page).read_text(encoding="utf-8"), re.DOTALL)


def test_operation_page_quotes_the_files_as_they_are():
    quoted = blocks("add-an-operation.md")
    assert quoted[0] == (ROOT / "blackmass/operations/thickener.py").read_text(encoding="utf-8")
    assert quoted[1].strip() in (ROOT / "blackmass/operations/__init__.py").read_text(encoding="utf-8")
    assert quoted[2] == (ROOT / "tests/operations/test_thickener.py").read_text(encoding="utf-8")


def test_flowsheet_page_runs_and_closes(tmp_path):
    script = tmp_path / "washing.py"
    script.write_text(blocks("write-a-flowsheet.md")[0], encoding="utf-8")
    result = solve(load_flowsheet(str(script))).check()
    assert result.balance_error.max() < 1e-9
    assert result.streams["thicken.underflow"].mass[0] > 0


@pytest.mark.parametrize("page", [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))], ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8"))
    assert not [link for link in links if "://" not in link and not (page.parent / link).exists()]


def test_index_of_models_names_every_page():
    folder = DOCS / "models"
    named = set(re.findall(r"\]\((\S+?\.md)\)", (folder / "index.md").read_text(encoding="utf-8")))
    assert {page.name for page in folder.glob("*.md")} - {"index.md"} <= named
