"""How far a study is: a bar with rate, failures and time left on a terminal, a line now and then otherwise."""

import sys
import time
from collections.abc import Callable
from typing import TextIO

from blackmass.analysis.sweep import Progress

WIDTH = 24
QUIET = 30.0  # s between lines where there is no terminal
FAST = 0.1  # s between changes of the bar


def shown_progress(stream: TextIO | None = None) -> Callable[[Progress], None]:
    """Return what shows progress on a stream (standard error)."""
    return _Shown(sys.stderr if stream is None else stream)


class _Shown:
    def __init__(self, stream: TextIO) -> None:
        self.stream, self.terminal = stream, stream.isatty()
        self.begun: float | None = None
        self.last = -float("inf")

    def __call__(self, progress: Progress) -> None:
        now = time.monotonic()
        if self.begun is None:
            self.begun = now
            self.last = now if not self.terminal else self.last
        ended = progress.done == progress.cases
        if now - self.last < (FAST if self.terminal else QUIET) and not ended:
            return
        self.last = now
        text = progress_text(progress, now - self.begun)
        if self.terminal:
            full = WIDTH * progress.done // max(progress.cases, 1)
            self.stream.write(f"\r[{'#' * full}{'.' * (WIDTH - full)}] {text}\x1b[K" + ("\n" if ended else ""))
        else:
            self.stream.write(text + "\n")
        self.stream.flush()


def progress_text(progress: Progress, seconds: float) -> str:
    """Return progress as a line: "12,000 of 100,000 cases, 1,950/s, 3 failed, 0:45 left"."""
    fresh = progress.done - progress.before
    rate = fresh / seconds if seconds > 0 else 0.0
    parts = [f"{progress.done:,} of {progress.cases:,} cases"]
    if rate > 0:
        parts.append(f"{rate:,.0f}/s" if rate >= 10 else f"{rate:.1f}/s")
    parts.append(f"{progress.failed:,} failed")
    if progress.done < progress.cases and rate > 0:
        parts.append(f"{_clock((progress.cases - progress.done) / rate)} left")
    elif progress.done == progress.cases:
        parts.append(_clock(seconds))
    return ", ".join(parts)


def _clock(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"
