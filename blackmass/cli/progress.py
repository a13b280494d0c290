"""Progress of a long run on standard error: a bar on a terminal, a quiet line now and then otherwise."""

import sys
import time

import click

from blackmass.analysis.sweep import Progress

WIDTH = 24
QUIET = 30.0
REDRAW = 0.1


class Meter:
    """Shows cases done, rate, failures and time left; call it with each `Progress`."""

    def __init__(self, shown: bool = True) -> None:
        self._began: float | None = None
        self._last = 0.0
        self._shown = shown
        self._terminal = sys.stderr.isatty()

    def __call__(self, progress: Progress) -> None:
        """Show where things are."""
        now = time.monotonic()
        if self._began is None:
            self._began = now
            self._last = now
            if progress.resumed and self._shown:
                click.echo(f"taken over: {progress.resumed:,} of {progress.cases:,} cases", err=True)
        finished = progress.done >= progress.cases
        pause = REDRAW if self._terminal else QUIET
        if not self._shown or (now - self._last < pause and not finished):
            return
        self._last = now
        line = described(progress, now - self._began)
        if self._terminal:
            filled = round(WIDTH * progress.done / progress.cases)
            click.echo(f"\r[{'#' * filled}{'.' * (WIDTH - filled)}] {line}\x1b[K", nl=finished, err=True)
        else:
            click.echo(line, err=True)


def described(progress: Progress, seconds: float) -> str:
    """Return one line: cases, rate, failures, time left."""
    solved = progress.done - progress.resumed
    parts = [f"{progress.done:,}/{progress.cases:,} cases"]
    if solved and seconds > 0:
        parts.append(f"{solved / seconds:,.0f}/s")
    parts.append(f"{progress.failed:,} failed")
    if solved and progress.done < progress.cases:
        left = round(seconds / solved * (progress.cases - progress.done))
        parts.append(f"{left // 3600}:{left // 60 % 60:02d}:{left % 60:02d} left")
    return ", ".join(parts)
