"""`blackmass list`."""

import json

import click

from blackmass.flowsheet.load import load_flowsheet, shipped


@click.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(as_json: bool) -> None:
    """Show the flowsheets that ship."""
    plants = {name: load_flowsheet(name) for name in shipped()}
    if as_json:
        rows = [{"name": name, "title": plant.title, "units": len(plant.units)} for name, plant in plants.items()]
        click.echo(json.dumps({"flowsheets": rows}, indent=2))
        return
    for name, plant in plants.items():
        click.echo(f"{name:<16} {plant.title} ({len(plant.units)} units, {len(plant.recycles)} recycles)")
