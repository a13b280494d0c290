"""`blackmass report`."""

import importlib.util
from collections.abc import Callable
from pathlib import Path

import click

from blackmass.cli.options import configured, plant_options
from blackmass.cli.write import check_folder, replace_file
from blackmass.errors import SolveError
from blackmass.flowsheet.solve import solve


@click.command("report")
@plant_options
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder for the three files.")
@click.option("--lang", "language", default="en", show_default=True, help="Language: en or ja.")
def command(flowsheet: str, settings: tuple[str, ...], feed: str | None, out: Path, language: str) -> None:
    """Solve FLOWSHEET and write a page (HTML), a workbook (Excel) and, with the extra `report`, a print (PDF)."""
    from blackmass.report.content import Content, content
    from blackmass.report.fonts import japanese
    from blackmass.report.page import page
    from blackmass.report.prints import printed
    from blackmass.report.terms import terms
    from blackmass.report.workbook import workbook

    terms(language)
    if language == "ja":
        japanese()
    plant = configured(flowsheet, settings, feed)
    check_folder(out)
    result = solve(plant)
    report = content(result, language=language)
    writers: dict[str, Callable[[Content], str | bytes]] = {"html": page, "xlsx": workbook}
    if all(importlib.util.find_spec(name) for name in ("typst", "matplotlib_fontja")):
        writers["pdf"] = printed
    else:
        click.echo("no PDF is written: that needs pip install 'blackmass[report]'.", err=True)
    for ending, write in writers.items():
        path = out / f"{plant.name}.{ending}"
        replace_file(path, write(report))
        click.echo(f"written: {path}", err=True)
    if report.summary["status"] == "failed":
        raise SolveError(f"{plant.name} did not converge: {report.summary['reason']}")
