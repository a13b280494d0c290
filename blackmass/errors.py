"""Errors for wrong input and for plants that do not converge."""

from collections.abc import Iterable
from difflib import get_close_matches


class BlackmassError(Exception):
    """Base of every error that the program raises on purpose; `exit_code` is for the command line."""

    exit_code = 2


class InputError(BlackmassError):
    """Something that the user gave is wrong: the message names it, the value and what is allowed."""


class SolveError(BlackmassError):
    """A plant did not converge: the message names the unit and the component that does not close."""

    exit_code = 1


def nearest(name: str, valid: Iterable[str]) -> str:
    """Return "; did you mean 'x'?" for the valid name nearest to `name`, or the list of valid names."""
    names = sorted(valid)
    folded = {candidate.lower(): candidate for candidate in names}
    match = get_close_matches(name.lower(), folded, n=1, cutoff=0.6)
    if match:
        return f"; did you mean '{folded[match[0]]}'?"
    return f" (there are: {', '.join(names)})." if names else "."
