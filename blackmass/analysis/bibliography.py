"""The bibliography: every source of the data, formatted, with what rests on it."""

import csv
import dataclasses
import functools
import importlib
import inspect
import re
from collections import Counter, defaultdict
from importlib import resources

from blackmass.data.load import sources
from blackmass.operations.operation import every_operation

_MARKS = {"doi": "doi:", "isbn": "ISBN ", "url": ""}


@dataclasses.dataclass(frozen=True)
class Entry:
    """A source; `used_by`: file of data, operation or module to the number of rows or parameters that cite it."""

    key: str
    reference: str
    fields: dict[str, str]
    used_by: dict[str, int]


def bibliography() -> list[Entry]:
    """Return the sources in the order of their keys."""
    used = citations()
    return [
        Entry(key, reference(fields), fields, dict(used.get(key, {})))
        for key, fields in sorted(sources().items(), key=lambda item: item[0].lower())
    ]


def citations() -> dict[str, dict[str, int]]:
    """Return key to {file, operation or module: how often it is cited}, of whatever is cited, known or not.

    Modules count where they name the author and the year of an equation.
    """
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for name, keys in [*_tables(), *_thermal(), *_parameters(), *_equations()]:
        for key in re.split(r"\s*;\s*", keys):
            if key:
                found[key][name] += 1
    return {key: dict(count) for key, count in found.items()}


def reference(fields: dict[str, str]) -> str:
    """Return "Authors (year). Title. Journal volume, pages. doi:..."."""
    plain = {name: re.sub(r"\s+", " ", value.replace("{", "").replace("}", "")) for name, value in fields.items()}
    authors = plain.get("author", plain.get("editor", "Anonymous")).replace(" and others", " et al.")
    names = authors.split(" and ")
    who = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    where = plain.get("journal") or plain.get("booktitle") or plain.get("publisher") or plain.get("institution") or ""
    place = ", ".join(part for part in (f"{where} {plain.get('volume', '')}".strip(), plain.get("pages", "")) if part)
    ends = [f"doi:{plain['doi']}"] if "doi" in plain else []
    ends += [f"ISBN {plain['isbn']}"] if "isbn" in plain else []
    ends += [plain[name] for name in ("url", "note") if name in plain]
    parts = [f"{who} ({plain.get('year', 'no year')})", plain.get("title", ""), place, *ends]
    return ". ".join(part.rstrip(".") for part in parts if part) + "."


def short_reference(key: str) -> str:
    """Return "Author et al. 2018, doi:..." of a key of the bibliography."""
    fields = sources()[key.strip()]
    plain = {name: re.sub(r"[{}]", "", value) for name, value in fields.items()}
    names = plain.get("author", plain.get("editor", key)).split(" and ")
    who = [name.split(",")[0] for name in names[:2]]
    title = " et al." if len(names) > 2 or "others" in who else f" and {who[1]}" if len(who) == 2 else ""
    end = next((f", {mark}{plain[name]}" for name, mark in _MARKS.items() if name in plain), "")
    return f"{who[0]}{title} {plain.get('year', '')}".strip() + end


@functools.cache
def tables_of(module: str) -> tuple[str, ...]:
    """Return the tables of constants that a module reads, or a module of the chemistry that it imports."""
    seen, ahead, found = set[str](), [module], set[str]()
    while ahead:
        name = ahead.pop()
        seen.add(name)
        text = inspect.getsource(importlib.import_module(name))
        found |= set(re.findall(r'\btable\(\s*"(\w+\.csv)"', text))
        imports = set(re.findall(r"^from (blackmass\.chemistry\.\w+) import", text, re.M))
        for names in re.findall(r"^from blackmass\.chemistry import (\w+(?:, \w+)*)", text, re.M):
            imports |= {f"blackmass.chemistry.{each}" for each in names.split(", ")}
        ahead += sorted(imports - seen)
    return tuple(sorted(found))


def _tables() -> list[tuple[str, str]]:
    """(File, keys) of each row of the tables and case files."""
    folder = resources.files("blackmass.data")
    found = []
    for path in sorted(folder.iterdir(), key=lambda p: p.name):
        if path.name.endswith(".csv"):
            found += [(path.name, row["source"]) for row in _rows(path.read_text(encoding="utf-8"))]
    for path in sorted(folder.joinpath("cases").iterdir(), key=lambda p: p.name):
        found += [(f"cases/{path.name}", row["key"]) for row in _rows(path.read_text(encoding="utf-8"))]
    return found


def _rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(line for line in text.splitlines() if line and not line.startswith("#")))


def _thermal() -> list[tuple[str, str]]:
    """(File, keys) of each species of the files in Cantera's format."""
    folder = resources.files("blackmass.data")
    return [
        (path.name, key)
        for path in sorted(folder.iterdir(), key=lambda p: p.name)
        if path.name.endswith(".yaml")
        for key in re.findall(r"^\s*source: *['\"]?([^'\"\n]+?)['\"]?\s*$", path.read_text(encoding="utf-8"), re.M)
    ]


def _parameters() -> list[tuple[str, str]]:
    """(Operation, keys) of each parameter that states a source."""
    return [
        (machine.__name__, declared.source)
        for machine in every_operation().values()
        for declared in machine.params.values()
        if declared.source
    ]


def _equations() -> list[tuple[str, str]]:
    """(Module, key) where a module's text names the first author of a source and its year within a line or two."""
    root = resources.files("blackmass")
    texts = {
        f"{floor}/{path.name}" if floor else path.name: path.read_text(encoding="utf-8")
        for floor in ("", "chemistry", "numerics", "operations", "flowsheet", "analysis")
        for path in sorted((root.joinpath(floor) if floor else root).iterdir(), key=lambda p: p.name)
        if path.name.endswith(".py")
    }
    found = []
    for key, fields in sources().items():
        author = re.split(r",| and ", re.sub(r"[{}]", "", fields.get("author", key)))[0]
        year = fields.get("year")
        if year is None:  # a text without a date is cited by its key only
            continue
        cited = re.compile(rf"\b{re.escape(author)}\b.{{0,150}}?{year}", re.DOTALL)
        found += [(n, key) for n, text in texts.items() if author in text and year in text and cited.search(text)]
    return found
