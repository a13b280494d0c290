"""Options that several commands share."""

from collections.abc import Callable
from typing import Any

import click

from blackmass.errors import InputError
from blackmass.flowsheet.load import load_flowsheet
from blackmass.flowsheet.plant import Plant


def plant_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add FLOWSHEET, --set and --feed."""
    for decorate in (
        click.option(
            "--feed",
            help='Main feed: "NMC622=800 kg/h,LFP=200 kg/h", scrap "NMC811:cathode_scrap=1 t/h", returned batteries '
            '"return:2030=1 t/h", an assay "assay.csv@500 kg/h"; measured sizes: "sizes=sieves.csv" or "d50=40 um".',
        ),
        click.option("--set", "settings", multiple=True, metavar="UNIT.PARAM=VALUE", help="Change a parameter."),
        click.argument("flowsheet"),
    ):
        function = decorate(function)
    return function


def configured(flowsheet: str, settings: tuple[str, ...], feed: str | None) -> Plant:
    """Return the plant of FLOWSHEET with --set and --feed applied.

    Raises
    ------
    InputError
        Unknown flowsheet, unit or parameter, a value that cannot be read or is out of bounds.
    """
    plant = load_flowsheet(flowsheet)
    values = {}
    for setting in settings:
        path, equals, value = setting.partition("=")
        if not equals or "." not in path:
            raise InputError(f"--set {setting}: write UNIT.PARAM=VALUE, for example leach.temperature=80degC.")
        values[path.strip()] = value.strip()
    return plant.changed(values, feed=feed)
