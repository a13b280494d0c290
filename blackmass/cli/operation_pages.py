"""Pages of the documentation about unit operations, made from their declarations."""

import importlib
import inspect
import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType

from blackmass.analysis.bibliography import short_reference, tables_of
from blackmass.declare import Param, Port
from blackmass.flowsheet.load import load_flowsheet, shipped
from blackmass.operations.operation import AREAS, Operation, every_operation
from blackmass.quantities import show

MADE = "Made from the declaration by `blackmass describe --pages`; edit the operation, not this page."
_CHEMISTRY = re.compile(r"`chemistry\.\s*(\w+)(?:\.(\w+))?`")
_MATH = re.compile(r"\.\. math:: ?(.*(?:\n[ \t]+\S.*)*)")


def write_pages(folder: Path) -> list[Path]:
    """Write a page for each unit operation and an index into a folder of the documentation; return their paths.

    Tests are looked for in `../../tests/operations`, models in `../models`, as seen from the folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, text in pages(folder).items():
        path = folder / name
        path.write_text(text, encoding="utf-8")
        written.append(path)
    return written


def pages(folder: Path) -> dict[str, str]:
    """Return file name to text of each page of a folder of the documentation."""
    used = places()
    found = {"index.md": _index(used)}
    for name, operation in every_operation().items():
        found[f"{name}.md"] = _page(name, operation, used.get(name, {}), folder)
    return found


def places() -> dict[str, dict[str, list[str]]]:
    """Return operation to plant to names of units, of the plants that ship."""
    found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for plant in shipped():
        for unit in load_flowsheet(plant).units.values():
            found[type(unit.operation).__name__][plant].append(unit.name)
    return found


def find_tests(operation: type[Operation], folder: Path) -> list[Path]:
    """Return the test files of an operation's physics: of its name, or else all that import it."""
    module = operation.__module__.rsplit(".", 1)[1]
    own = folder / f"test_{module}.py"
    if own.exists():
        return [own]
    line = f"from blackmass.operations.{module} import"
    return [path for path in sorted(folder.glob("test_*.py")) if line in path.read_text(encoding="utf-8")]


def _index(used: Mapping[str, Mapping[str, list[str]]]) -> str:
    lines = ["# Unit operations", "", MADE, ""]
    for area in AREAS:
        lines += [f"## {area.capitalize()}", "", "| operation | what it is | plants |", "|---|---|---|"]
        for name, operation in every_operation().items():
            if operation.area == area:
                first = (inspect.getdoc(operation) or "").split("\n\n")[0].replace("\n", " ")
                plants = ", ".join(f"`{plant}`" for plant in used.get(name, {}))
                lines.append(f"| [{name}]({name}.md) | {first} | {plants} |")
        lines.append("")
    return "\n".join(lines)


def _page(name: str, operation: type[Operation], used: Mapping[str, list[str]], folder: Path) -> str:
    text = inspect.getdoc(operation) or ""
    parts = [
        f"# {name}",
        MADE,
        _MATH.sub(_display, text),
        _ports(operation),
        _parameters(operation.params),
        _equations(text),
        _origin(operation),
        _used(used),
        _links(name, operation, folder),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _display(found: re.Match[str]) -> str:
    """A `.. math::` block as Markdown."""
    lines = (line.strip() for line in found.group(1).splitlines())
    return "```math\n" + "\n".join(lines).strip() + "\n```"


def _rows(*rows: tuple[str, ...]) -> str:
    head, *rest = rows
    cells = [head, tuple("---" for _ in head), *rest]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in cells)


def _ports(operation: type[Operation]) -> str:
    def of(kind: str, ports: Mapping[str, Port]) -> list[tuple[str, ...]]:
        return [(f"`{name}`", kind + (", optional" if port.optional else ""), port.doc) for name, port in ports.items()]

    rows = of("inlet", operation.inlets) + of("reagent", operation.supplies) + of("outlet", operation.outlets)
    rows += [(f"`{name}`", f"duty, {duty.unit}", duty.doc) for name, duty in operation.duties.items()]
    return "## Ports and duties\n\n" + _rows(("name", "kind", "what"), *rows)


def _parameters(params: Mapping[str, Param]) -> str:
    if not params:
        return "## Parameters\n\nNone."
    rows = [
        (f"`{name}`", _default(one), one.unit or "1", one.range_text(), one.doc, one.source)
        for name, one in params.items()
    ]
    keys = sorted({key.strip() for one in params.values() for key in one.source.split(";") if key.strip()})
    sources = "\n".join(f"- {key}: {short_reference(key)}" for key in keys)
    table = _rows(("name", "default", "unit", "bounds", "what", "source"), *rows)
    return "\n\n".join(part for part in ("## Parameters", table, sources) if part)


def _default(one: Param) -> str:
    return str(one.default) if isinstance(one.default, (str, bool)) else show(float(one.default), one.unit)


def _equations(text: str) -> str:
    """The equations of the chemistry that a docstring names: of one function, or of all in a module."""
    lines = []
    for module, function in dict.fromkeys(_CHEMISTRY.findall(text)):
        source = importlib.import_module(f"blackmass.chemistry.{module}")
        for name, maker in _functions(source).items():
            if function in ("", name):
                for block in _MATH.finditer(inspect.getdoc(maker) or ""):
                    lines.append(f"`chemistry.{module}.{name}`:\n\n{_display(block)}")
    return "\n\n".join(["## Equations of the chemistry", *lines]) if lines else ""


def _functions(module: ModuleType) -> dict[str, Callable[..., object]]:
    return {
        name: value
        for name, value in vars(module).items()
        if inspect.isroutine(value) and getattr(value, "__module__", "") == module.__name__ and name[0] != "_"
    }


def _origin(operation: type[Operation]) -> str:
    tables = ", ".join(f"`{name}`" for name in tables_of(operation.__module__))
    return f"## Constants\n\nTables that its model reads: {tables}." if tables else ""


def _used(used: Mapping[str, list[str]]) -> str:
    rows = [(f"`{plant}`", ", ".join(f"`{name}`" for name in names)) for plant, names in used.items()]
    return "## In plants\n\n" + (_rows(("plant", "units"), *rows) if rows else "None.")


def _links(name: str, operation: type[Operation], folder: Path) -> str:
    models = folder.parent / "models" / "index.md"
    lines = models.read_text(encoding="utf-8").splitlines() if models.exists() else []
    rows = [line for line in lines if line.startswith("| [")]
    links = [re.sub(r"\]\(", "](../models/", row.split("|")[1].strip()) for row in rows if f"`{name}`" in row]
    tests = find_tests(operation, folder.parent.parent / "tests" / "operations")
    found = [f"Model: {', '.join(links)}."] if links else []
    found += (
        ["Tests: " + ", ".join(f"[{p.name}](../../tests/operations/{p.name})" for p in tests) + "."] if tests else []
    )
    return "\n\n".join(["## See also", *found]) if found else ""
