"""Progress of methods that choose their own cases, on a terminal only."""

import sys
from collections.abc import Callable

import click


def told(line: str, *, last: bool = False) -> None:
    """Show a line in the place of the one before, where there is a terminal."""
    if sys.stderr.isatty():
        click.echo(f"\r{line}\x1b[K", nl=last, err=True)


def cases_told() -> Callable[[int, int, int], None]:
    """Return what shows cases done, in all and failed."""

    def watch(done: int, cases: int, failed: int) -> None:
        told(f"{done:,} of {cases:,} cases, {failed:,} failed", last=done == cases)

    return watch
