"""The command line: a thin group whose commands are loaded when they are called."""

import importlib
import sys

import click

from blackmass.errors import BlackmassError, nearest

COMMANDS = {
    "list": "Flowsheets that ship.",
    "describe": "Units and parameters of a flowsheet, with units, bounds, defaults and sources.",
    "run": "Solve a plant and show recoveries, products, reagents and balances.",
    "report": "Write a page and a workbook: diagram, stream table, balances, assumptions.",
    "sweep": "Solve a grid or a sample of many cases into a Parquet file.",
    "sensitivity": "Which inputs matter, and how uncertain outputs are.",
    "optimize": "The best parameters under constraints, or the front between two objectives.",
    "fit": "Parameters from your own measurements, with confidence intervals.",
    "stress": "Solve random cases over the full bounds and show how many converge.",
    "validate": "Predict published experiments from their conditions, and compare.",
    "constants": "The constants of the data with their ranges and sources.",
    "sources": "The bibliography of every figure in the data.",
}


class _Lazy(click.Group):
    """Loads a command's module only when that command is called, so that --help stays fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            raise click.UsageError(f"there is no command '{name}'{nearest(name, COMMANDS)}")
        if ctx.resilient_parsing or ctx.meta.get("help"):
            return None
        return importlib.import_module(f"blackmass.cli.{name}_command").command  # type: ignore[no-any-return]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="blackmass")
def group() -> None:
    """Simulate battery recycling plants: from cells to salts, solved to steady state.

    Example: blackmass run nmc_hydromet --feed "NMC622=1 t/h"
    """


def main() -> None:
    """Run the command line: exit 0 done, 1 not converged, 2 wrong input; errors in one paragraph."""
    try:
        group.main(standalone_mode=False)
    except BlackmassError as error:
        _stop(str(error), error.exit_code)
    except click.ClickException as error:
        _stop(error.format_message(), 2)
    except (click.Abort, KeyboardInterrupt):
        _stop("interrupted.", 130)
    except BrokenPipeError:
        sys.exit(0)


def _stop(message: str, code: int) -> None:
    click.echo(f"blackmass: {message}", err=True)
    sys.exit(code)
