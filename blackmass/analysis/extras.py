"""Packages that only some commands need: imported when they are used, with a clear word where one is missing."""

import importlib
from typing import Any

from blackmass.errors import InputError


def needed(module: str, extra: str) -> Any:
    """Return an optional module.

    Raises
    ------
    InputError
        It is not installed; the message names the extra that brings it.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        missing = (error.name or module).partition(".")[0]
        raise InputError(f"this needs the package '{missing}': pip install 'blackmass[{extra}]'.") from None
