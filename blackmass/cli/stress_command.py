"""`blackmass stress`."""

import json
import sys

import click

from blackmass.analysis.stress import stress
from blackmass.cli.options import configured, plant_options


@click.command("stress")
@plant_options
@click.option("--cases", default=1000, show_default=True, type=click.IntRange(1, 10_000_000), help="Random cases.")
@click.option("--seed", default=0, show_default=True, type=int, help="Seed of the random draws.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(flowsheet: str, settings: tuple[str, ...], feed: str | None, cases: int, seed: int, as_json: bool) -> None:
    """Solve random cases of FLOWSHEET over the full bounds of its feed and parameters."""
    plant = configured(flowsheet, settings, feed)
    with click.progressbar(length=cases, file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:
        found = stress(plant, cases, seed, lambda done: bar.update(done - bar.pos))
    figures = {
        "flowsheet": plant.name,
        "cases": found.cases,
        "seed": seed,
        "converged_fraction": found.converged_fraction,
        "max_relative_error": found.max_relative_error,
        "reasons": found.reasons,
    }
    if as_json:
        click.echo(json.dumps(figures, indent=2))
        return
    click.echo(
        f"{plant.name}: {found.converged} of {found.cases} random cases converged "
        f"({100 * found.converged_fraction:.2f} %), worst balance {found.max_relative_error:.1e} relative"
    )
    for reason, count in found.reasons.items():
        click.echo(f"  {count:>6}  {reason}")
