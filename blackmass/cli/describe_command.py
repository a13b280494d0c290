"""`blackmass describe`."""

import inspect
import json
import textwrap
from collections import Counter
from pathlib import Path
from typing import Any

import click

from blackmass.analysis.bibliography import reference, short_reference, tables_of
from blackmass.cli.operation_pages import write_pages
from blackmass.data.constants import constants_of
from blackmass.data.load import read_table, sources
from blackmass.data.uncertainty import Exact
from blackmass.declare import Param
from blackmass.errors import InputError, nearest
from blackmass.flowsheet.graph import loops, streams
from blackmass.flowsheet.load import load_flowsheet
from blackmass.flowsheet.plant import Plant, Reagent, Spec, Unit
from blackmass.quantities import show

SHOWN = ("name", "value", "bounds")
WIDTH = 118


@click.command("describe")
@click.argument("flowsheet", required=False)
@click.argument("unit", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--pages", type=click.Path(path_type=Path, file_okay=False), help="Write a page for each unit operation.")
def command(flowsheet: str | None, unit: str | None, as_json: bool, pages: Path | None) -> None:
    """Show the units of FLOWSHEET, or the parameters of one UNIT, with units, bounds and sources."""
    if pages is not None:
        click.echo(f"{len(write_pages(pages))} pages in {pages}")
        return
    if flowsheet is None:
        raise click.UsageError("Missing argument 'FLOWSHEET'.")
    plant = load_flowsheet(flowsheet)
    if unit is not None and unit not in plant.units:
        raise InputError(f"plant '{plant.name}' has no unit '{unit}'{nearest(unit, plant.units)}")
    chosen = [plant.units[unit]] if unit else list(plant.units.values())
    if as_json:
        click.echo(json.dumps(_as_json(plant, chosen), indent=2))
    elif unit:
        click.echo(_unit_text(plant, chosen[0]))
    else:
        click.echo(_plant_text(plant))


def _value(declared: Param, value: Any) -> str:
    return str(value) if isinstance(value, (str, bool)) else show(float(value), declared.unit)


def _parameters(unit: Unit) -> list[dict[str, str]]:
    return [
        {
            "name": name,
            "value": _value(declared, getattr(unit.operation, name)),
            "default": _value(declared, declared.default),
            "bounds": declared.range_text(),
            "unit": declared.unit,
            "doc": declared.doc,
            "source": declared.source,
        }
        for name, declared in unit.operation.params.items()
    ]


def _connections(plant: Plant, unit: Unit) -> dict[str, str]:
    return {
        port: source.name if isinstance(source, Reagent) else plant.source_of(source).name
        for port, source in unit.connections.items()
    }


def _as_json(plant: Plant, units: list[Unit]) -> dict[str, Any]:
    return {
        "flowsheet": plant.name,
        "title": plant.title,
        "feeds": {name: feed.text for name, feed in plant.feeds.items()},
        "units": [
            {
                "name": unit.name,
                "type": type(unit.operation).__name__,
                "inlets": _connections(plant, unit),
                "outlets": list(unit.operation.outlets),
                "parameters": _parameters(unit),
                "constants": _tables(unit),
            }
            for unit in units
        ],
        "streams": [{"name": wire.name, "to": to, "port": port} for wire, to, port in streams(plant)],
        "specifications": [
            {"name": spec.name, "measure": spec.measure.name, "target": _target(spec), "vary": spec.vary}
            for spec in plant.specs.values()
        ],
        "products": [t.name for t in plant.terminals.values() if t.kind == "product"],
        "wastes": [t.name for t in plant.terminals.values() if t.kind == "waste"],
        "tears": [wire.name for loop in loops(plant) for wire in loop.tears],
    }


def _target(spec: Spec) -> str:
    return show(spec.target, spec.measure.unit)


def _plant_text(plant: Plant) -> str:
    lines = [f"{plant.name}: {plant.title}", ""]
    lines += [f"feed     {name}: {feed.text}" for name, feed in plant.feeds.items()]
    for unit in plant.units.values():
        sources = ", ".join(_connections(plant, unit).values())
        lines.append(f"{unit.name:<24} {type(unit.operation).__name__:<20} <- {sources}")
    torn = [wire.name for loop in loops(plant) for wire in loop.tears]
    for spec in plant.specs.values():
        lines.append(
            f"specification {spec.name}: {spec.measure.name} = {_target(spec)} by varying {spec.vary}; "
            f"change it with --set {spec.name}.target=VALUE"
        )
    lines += ["", f"products: {', '.join(t.name for t in plant.terminals.values() if t.kind == 'product')}"]
    lines += [f"wastes:   {', '.join(t.name for t in plant.terminals.values() if t.kind == 'waste')}"]
    lines += [f"recycles: {', '.join(plant.recycles)}; torn at {', '.join(torn)}"]
    return "\n".join([*lines, "", f"Parameters of a unit: blackmass describe {plant.name} UNIT"])


def _unit_text(plant: Plant, unit: Unit) -> str:
    lines = [f"{unit.name} ({type(unit.operation).__name__})", "", inspect.getdoc(type(unit.operation)) or "", ""]
    for port, source in _connections(plant, unit).items():
        lines.append(f"  {port:<16} from {source}")
    lines += [
        "",
        "Parameters; in brackets the source of the default or its bounds, without one the designer's choice",
    ]
    parameters = _parameters(unit)
    widths = [max(len(row[column]) for row in parameters) for column in SHOWN] if parameters else []
    for row in parameters:
        source = f" [{row['source']}]" if row["source"] else ""
        cells = "  ".join(row[column].ljust(width) for column, width in zip(SHOWN, widths, strict=True))
        lines.append(f"  {cells}  {row['doc']}{source}")
    if not parameters:
        lines.append("  none")
    lines += [*_constants_text(unit), *_sources_text(parameters)]
    return "\n".join(lines)


def _tables(unit: Unit) -> dict[str, dict[str, Any]]:
    """Tables that the operation or the chemistry it calls reads: how many constants, and their sources by rows."""
    found = {}
    for name in tables_of(type(unit.operation).__module__):
        numbers = constants_of(name)
        keys = Counter(key.strip() for row in read_table(name).rows for key in row["source"].split(";"))
        free = sum(not isinstance(one.stated, Exact) for one in numbers)
        found[name] = {"constants": free, "sources": {key: count for key, count in keys.most_common()}}
    return found


def _constants_text(unit: Unit) -> list[str]:
    tables = _tables(unit)
    if not tables:
        return []
    lines = [
        "",
        "Tables that its model reads; see blackmass constants 'TABLE/*' for values, ranges and sources",
    ]
    for name, its in tables.items():
        sources = "; ".join(f"{short_reference(key)} ({count})" for key, count in its["sources"].items())
        text = f"{name.removesuffix('.csv')}, {its['constants']} constants: {sources}"
        lines += textwrap.wrap(text, WIDTH, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False)
    return lines


def _sources_text(parameters: list[dict[str, str]]) -> list[str]:
    keys = sorted({key.strip() for row in parameters for key in row["source"].split(";") if key.strip()})
    lines = ["", "Sources of the parameters"] if keys else []
    for key in keys:
        text = f"[{key}] {reference(sources()[key])}"
        lines += textwrap.wrap(text, WIDTH, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False)
    return lines
