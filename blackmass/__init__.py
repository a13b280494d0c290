"""blackmass: a simulator of battery recycling plants, from cells to salts.

    from blackmass import Plant, operations as op

The names below are loaded when they are first used, so that the command line starts fast.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from blackmass import operations as operations
    from blackmass import sections as sections
    from blackmass.flowsheet import measures as measures
    from blackmass.flowsheet.load import load_flowsheet as load_flowsheet
    from blackmass.flowsheet.plant import Plant as Plant
    from blackmass.flowsheet.result import Result as Result
    from blackmass.flowsheet.solve import solve as solve
    from blackmass.stream import Stream as Stream

__version__ = "0.1.0"

_PLACES = {
    "Plant": "blackmass.flowsheet.plant",
    "Result": "blackmass.flowsheet.result",
    "Stream": "blackmass.stream",
    "load_flowsheet": "blackmass.flowsheet.load",
    "measures": "blackmass.flowsheet.measures",
    "operations": "blackmass.operations",
    "sections": "blackmass.sections",
    "solve": "blackmass.flowsheet.solve",
}

__all__ = ["Plant", "Result", "Stream", "load_flowsheet", "measures", "operations", "sections", "solve"]


def __getattr__(name: str) -> Any:
    """Load a public name when it is first asked for."""
    if name not in _PLACES:
        raise AttributeError(f"module 'blackmass' has no attribute '{name}'")
    module = importlib.import_module(_PLACES[name])
    return getattr(module, name, module)
