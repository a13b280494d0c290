"""The part of each model's page that follows from the data: tables of constants with sources, ranges of validity."""

import re
from collections import Counter
from pathlib import Path

from blackmass.analysis.bibliography import short_reference, tables_of
from blackmass.chemistry.ranges import Limit, limits
from blackmass.data.constants import constants_of
from blackmass.data.load import read_table
from blackmass.data.uncertainty import Exact
from blackmass.operations.operation import every_operation
from blackmass.quantities import show

MARK = "<!-- what follows is made by: blackmass constants --pages docs/models -->"
OF_PAGES = {
    "aqueous": ("aqueous_equilibria.csv", "solid_equilibria.csv", "refined_equilibria.csv"),
    "activity": ("activity.csv", "pitzer.csv", "solubility.csv"),
    "energy": ("enthalpies.csv", "dilution_heats.csv", "evaporation.csv"),
}
"""Tables that many models share, with the page on which they stand."""
OPERATION, SOURCES = re.compile(r"`([A-Z]\w+)`"), 6


def write_pages(folder: Path) -> list[Path]:
    """Write that part anew into each page that the index of a folder names; return the pages."""
    written = []
    for row in (folder / "index.md").read_text(encoding="utf-8").splitlines():
        named = re.match(r"\| \[[^]]*\]\(([\w-]+)\.md\) \|([^|]*)\|", row)
        if not named:
            continue
        path = folder / f"{named.group(1)}.md"
        own = path.read_text(encoding="utf-8").split(MARK)[0].rstrip()
        kinds = [kind for kind in OPERATION.findall(named.group(2)) if kind in every_operation()]
        made = section(named.group(1), kinds)
        path.write_text(f"{own}\n\n{MARK}\n\n{made}\n" if made else f"{own}\n", encoding="utf-8")
        written.append(path)
    return written


def section(page: str, kinds: list[str]) -> str:
    """Return the section of a page about some unit operations; "" where it has neither constants nor ranges."""
    shared = {name for names in OF_PAGES.values() for name in names}
    read = {name for kind in kinds for name in tables_of(every_operation()[kind].__module__)}
    tables = OF_PAGES.get(page, tuple(sorted(read - shared - {"ranges.csv"})))
    ranges = [limit for kind in kinds for limit in limits().get(kind, ())]
    parts = []
    if tables:
        parts += [
            "## Constants",
            f"Each with its range and source: `blackmass constants 'TABLE/*'`.\n\n{_tables(tables)}",
        ]
    if page not in OF_PAGES and read & shared:
        parts.append(
            "The tables of [equilibria](aqueous.md), [activity](activity.md) and [enthalpies](energy.md) beside."
        )
    if ranges:
        parts += ["## Range", f"Beyond it a result says `OUT_OF_RANGE`.\n\n{_ranges(ranges)}"]
    return "\n\n".join(parts)


def _tables(names: tuple[str, ...]) -> str:
    lines = ["| table | constants | rows by source |", "|---|---|---|"]
    for name in names:
        free = sum(not isinstance(one.stated, Exact) for one in constants_of(name))
        keys = Counter(key.strip() for row in read_table(name).rows for key in row["source"].split(";"))
        listed = [f"{short_reference(key)} ({count})" for key, count in keys.most_common(SOURCES)]
        more = [f"{len(keys) - SOURCES} more"] if len(keys) > SOURCES else []
        lines.append(f"| `{name.removesuffix('.csv')}` | {free} | {'; '.join(listed + more)} |")
    return "\n".join(lines)


def _ranges(ranges: list[Limit]) -> str:
    lines = ["| unit operation | quantity | from | to | why |", "|---|---|---|---|---|"]
    for one in ranges:
        name = (
            "marked by the model" if one.quantity == "model" else one.quantity.removeprefix("report ").replace("_", " ")
        )
        low, high = ("" if abs(end) == float("inf") else show(end, one.unit) for end in (one.low, one.high))
        lines.append(f"| `{one.model}` | {name} | {low} | {high} | {one.note} |")
    return "\n".join(lines)
