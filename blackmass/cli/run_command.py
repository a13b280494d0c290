"""`blackmass run`."""

import json
from pathlib import Path

import click

from blackmass.cli.options import configured, plant_options
from blackmass.cli.tables import summary_text
from blackmass.cli.write import check_folder, write_result
from blackmass.errors import SolveError
from blackmass.flowsheet.solve import solve
from blackmass.flowsheet.summary import summary


@click.command("run")
@plant_options
@click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON object.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder for streams.csv and result.json.")
def command(flowsheet: str, settings: tuple[str, ...], feed: str | None, as_json: bool, out: Path | None) -> None:
    """Solve FLOWSHEET and show recoveries, products, reagents, wastes, duties and balances."""
    plant = configured(flowsheet, settings, feed)
    if out is not None:
        check_folder(out)
    result = solve(plant)
    found = summary(result)
    click.echo(json.dumps(found, indent=2) if as_json else summary_text(found))
    if out is not None:
        write_result(found, out)
        click.echo(f"written: {out / 'streams.csv'}, {out / 'result.json'}", err=True)
    if found["status"] == "failed":
        raise SolveError(f"{plant.name} did not converge: {found['reason']}")
