"""`blackmass sources`."""

import json

import click

from blackmass.analysis.bibliography import Entry, bibliography


@click.command("sources")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(as_json: bool) -> None:
    """Show the bibliography of every figure in the data and of the parameters, with what rests on each source."""
    entries = bibliography()
    if as_json:
        rows = [
            {"key": e.key, "reference": e.reference, "doi": e.fields.get("doi", ""), "used_by": e.used_by, **_rest(e)}
            for e in entries
        ]
        click.echo(json.dumps({"sources": rows}, indent=2))
        return
    for entry in entries:
        used = ", ".join(f"{name} ({count})" for name, count in entry.used_by.items())
        click.echo(f"[{entry.key}] {entry.reference}\n    used by: {used or 'nothing'}")
    click.echo(f"\n{len(entries)} sources; figures in brackets: rows or parameters that cite it")


def _rest(entry: Entry) -> dict[str, str]:
    return {name: value for name, value in entry.fields.items() if name not in ("doi",)}
