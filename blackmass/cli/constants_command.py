"""`blackmass constants`."""

import json
from pathlib import Path
from typing import Any

import click

from blackmass.analysis.bibliography import short_reference
from blackmass.analysis.model_pages import write_pages
from blackmass.cli.tables import aligned
from blackmass.data.constants import Constant, constants, matching
from blackmass.data.uncertainty import Around


@click.command("constants")
@click.argument("pattern", default="*")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option(
    "--pages", type=click.Path(path_type=Path), help="Write constants and ranges into the models' pages there."
)
def command(pattern: str, as_json: bool, pages: Path | None) -> None:
    """List the constants of the data with their 95 % ranges and sources; PATTERN may hold * for anything.

    Example: blackmass constants "extractants/Cyanex 272,*/pH50"
    """
    if pages is not None:
        click.echo(f"{len(write_pages(pages))} pages in {pages}")
        return
    found = [constants()[path] for path in matching(pattern)]
    if as_json:
        click.echo(json.dumps({"constants": [_figures(one) for one in found]}, indent=2))
        return
    rows = []
    for one in found:
        low, high = _range(one)
        sources = "; ".join(short_reference(key) for key in one.source.split(";"))
        rows.append([one.path, f"{one.value:.6g}", f"{low:.4g} to {high:.4g}" if low is not None else "none", sources])
    click.echo(aligned(f"{len(found)} constants", ["constant", "value", "95 % range", "source"], rows))


def _range(one: Constant) -> tuple[float, float] | tuple[None, None]:
    return one.stated.ends if isinstance(one.stated, Around) else (None, None)


def _figures(one: Constant) -> dict[str, Any]:
    low, high = _range(one)
    return {"path": one.path, "value": one.value, "low": low, "high": high, "source": one.source, "note": one.note}
