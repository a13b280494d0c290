"""Flowsheets are scripts: find one by name or path, and build its plant."""

import runpy
import traceback
from collections.abc import Callable
from pathlib import Path

from blackmass.errors import BlackmassError, InputError, nearest
from blackmass.flowsheet.plant import Plant

_PACKAGE = Path(__file__).resolve().parent.parent
PLACES = (_PACKAGE / "shipped_flowsheets", _PACKAGE.parent / "flowsheets")


def shipped() -> dict[str, Path]:
    """Return the flowsheets that ship, by name."""
    found: dict[str, Path] = {}
    for place in PLACES:
        for path in sorted(place.glob("*.py")):
            if not path.stem.startswith("_"):
                found.setdefault(path.stem, path)
    return found


def load_flowsheet(name: str) -> Plant:
    """Build the plant of a flowsheet, by the name of one that ships or by a script's path.

    The script defines one function without arguments, named like the file or `plant`, that returns a Plant.

    Raises
    ------
    InputError
        There is no such flowsheet, the script has an error (with its line), or it returns no Plant.
    """
    path = shipped().get(name)
    if path is None:
        path = Path(name)
        if path.suffix != ".py" or not path.is_file():
            raise InputError(f"there is no flowsheet '{name}'{nearest(name, shipped())}")
    build = _builder(path)
    try:
        plant = build()
    except BlackmassError as error:
        raise InputError(f"{path.name}{_line(error, path)}: {error}") from None
    except Exception as error:
        raise InputError(f"{path.name}{_line(error, path)}: {type(error).__name__}: {error}") from None
    if not isinstance(plant, Plant):
        raise InputError(f"{path.name}: {build.__name__}() returns {type(plant).__name__}; it must return the Plant.")
    return plant


def _builder(path: Path) -> Callable[[], object]:
    try:
        names = runpy.run_path(str(path), run_name="flowsheet")
    except SyntaxError as error:
        raise InputError(f"{path.name}, line {error.lineno}: {error.msg}.") from None
    except Exception as error:
        raise InputError(f"{path.name}{_line(error, path)}: {type(error).__name__}: {error}") from None
    for candidate in (path.stem, "plant"):
        if callable(names.get(candidate)):
            return names[candidate]  # type: ignore[no-any-return]
    raise InputError(f"{path.name}: define a function '{path.stem}()' that returns the Plant.")


def _line(error: BaseException, path: Path) -> str:
    lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if Path(f.filename).name == path.name]
    return f", line {lines[-1]}" if lines else ""
