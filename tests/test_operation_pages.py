"""Every unit operation has a page as its declaration says, a test of its physics, and a place in a plant that ships."""

from pathlib import Path

import pytest

from blackmass.cli.operation_pages import find_tests, pages, places
from blackmass.errors import InputError
from blackmass.operations.operation import Operation, every_operation

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "docs" / "operations"
COMMAND = "stale: run `blackmass describe --pages docs/operations`"


def test_pages_are_those_that_the_declarations_make():
    made = pages(FOLDER)
    assert {path.name for path in FOLDER.iterdir()} == set(made), COMMAND
    for name, text in made.items():
        assert (FOLDER / name).read_text(encoding="utf-8") == text, f"{name} is {COMMAND}"


def test_every_operation_stands_in_a_plant():
    assert set(every_operation()) <= set(places())


@pytest.mark.parametrize("name", every_operation())
def test_every_operation_has_a_test_of_its_physics_and_an_equation(name):
    files = find_tests(every_operation()[name], ROOT / "tests" / "operations")
    assert any(f"{name}(" in path.read_text(encoding="utf-8") for path in files)
    page = (FOLDER / f"{name}.md").read_text(encoding="utf-8")
    assert "```math" in page or " = " in page.split("\n## ")[0]


def test_an_unknown_area_is_refused():
    with pytest.raises(InputError, match=r"has no area 'leachng'.*'leaching'"):

        class Misplaced(Operation, area="leachng"):
            """Nowhere."""
