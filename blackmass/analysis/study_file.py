"""Study files: axes or ranges, outputs, constraints and the design, in TOML."""

import dataclasses
import tomllib
from pathlib import Path
from typing import Any

from blackmass.errors import InputError, nearest

_KNOWN: dict[str, type] = {
    "feed": str,
    "set": dict,
    "vary": dict,
    "outputs": dict,
    "sample": int,
    "method": str,
    "seed": int,
    "objective": str,
    "constraints": list,
}


@dataclasses.dataclass(frozen=True)
class StudyFile:
    """What a study file says; a field that it leaves out is empty."""

    feed: str = ""
    set: dict[str, str] = dataclasses.field(default_factory=dict)
    vary: dict[str, str] = dataclasses.field(default_factory=dict)
    outputs: dict[str, str] = dataclasses.field(default_factory=dict)
    sample: int | None = None
    method: str = ""
    seed: int | None = None
    objective: str = ""
    constraints: tuple[str, ...] = ()


def read_study_file(path: Path) -> StudyFile:
    """Read a study file.

    Raises
    ------
    InputError
        It cannot be read, is no TOML, or holds an unknown key or a value of the wrong kind.
    """
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"--study {path}: cannot be read ({error.strerror}).") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"--study {path}: {error}.") from None
    for key, value in found.items():
        if key not in _KNOWN:
            raise InputError(f"--study {path}: there is no key '{key}'{nearest(key, _KNOWN)}")
        if not isinstance(value, _KNOWN[key]) or isinstance(value, bool):
            raise InputError(f"--study {path}: {key} must be {_said(_KNOWN[key])}.")
    for key in ("set", "vary", "outputs"):
        found[key] = _flat(found.get(key, {}), path)
    found["constraints"] = tuple(str(one) for one in found.get("constraints", ()))
    return StudyFile(**found)


def _flat(values: dict[str, Any], path: Path, prefix: str = "") -> dict[str, str]:
    """Names with dots, however the file nests them (`leach.temperature = ...` or `[vary.leach]`)."""
    flat: dict[str, str] = {}
    for key, value in values.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict):
            flat |= _flat(value, path, f"{name}.")
        elif isinstance(value, list):
            flat[name] = ("|" if any(isinstance(one, str) for one in value) else ",").join(str(one) for one in value)
        elif isinstance(value, (str, int, float)):
            flat[name] = str(value)
        else:
            raise InputError(f"--study {path}: {name} must be text, a number or a list.")
    return flat


def _said(kind: type) -> str:
    return {str: "text", dict: "a table", int: "a whole number", list: "a list"}[kind]
