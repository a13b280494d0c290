"""A study in a TOML file: feed, settings, axes, sample, outputs and constraints."""

import dataclasses
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from blackmass.errors import InputError, nearest

KEYS = ("feed", "set", "axes", "sample", "outputs", "constraints", "objectives")
SAMPLE_KEYS = ("cases", "method", "seed")


@dataclasses.dataclass(frozen=True)
class Asked:
    """What a user asks for, as text: in a file, on the command line, or both."""

    feed: str | None = None
    settings: Mapping[str, str] = dataclasses.field(default_factory=dict)
    axes: Mapping[str, str] = dataclasses.field(default_factory=dict)
    cases: int | None = None
    method: str | None = None
    seed: int | None = None
    outputs: Mapping[str, str] = dataclasses.field(default_factory=dict)
    constraints: tuple[str, ...] = ()
    objectives: tuple[str, ...] = ()

    def joined(self, other: "Asked") -> "Asked":
        """Return both; what `other` says counts where both speak."""
        return Asked(
            feed=self.feed if other.feed is None else other.feed,
            settings={**self.settings, **other.settings},
            axes={**self.axes, **other.axes},
            cases=self.cases if other.cases is None else other.cases,
            method=self.method if other.method is None else other.method,
            seed=self.seed if other.seed is None else other.seed,
            outputs={**self.outputs, **other.outputs},
            constraints=(*self.constraints, *other.constraints),
            objectives=other.objectives or self.objectives,
        )


def read_study(path: Path) -> Asked:
    """Read a study file.

    Raises
    ------
    InputError
        The file is missing or no TOML, or holds a key or a type that is not known.
    """
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"study {path}: {error.strerror}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"study {path}: {error}.") from None
    try:
        return _asked(found)
    except InputError as error:
        raise InputError(f"study {path}: {error}") from None


def _asked(found: dict[str, Any]) -> Asked:
    _known(found, KEYS, "")
    sample = _table(found, "sample")
    _known(sample, SAMPLE_KEYS, "sample.")
    for name in ("cases", "seed"):
        if type(sample.get(name, 0)) is not int:
            raise InputError(f"sample.{name} = {sample[name]!r}: a whole number is needed.")
    return Asked(
        feed=None if "feed" not in found else _text(found["feed"], "feed"),
        settings=_texts(_table(found, "set"), "set"),
        axes=_texts(_table(found, "axes"), "axes"),
        cases=sample.get("cases"),
        method=None if "method" not in sample else _text(sample["method"], "sample.method"),
        seed=sample.get("seed"),
        outputs=_texts(_table(found, "outputs"), "outputs"),
        constraints=_list(found, "constraints"),
        objectives=_list(found, "objectives"),
    )


def _known(found: Mapping[str, Any], keys: tuple[str, ...], before: str) -> None:
    for key in found:
        if key not in keys:
            raise InputError(f"there is no key '{before}{key}'{nearest(key, keys)}")


def _table(found: Mapping[str, Any], key: str) -> dict[str, Any]:
    table = found.get(key, {})
    if not isinstance(table, dict):
        raise InputError(f"'{key}' must be a table: [{key}].")
    return table


def _texts(table: Mapping[str, Any], label: str) -> dict[str, str]:
    """Values as text by path; `leach.temperature = ...` is a path, with or without quotation marks."""
    found: dict[str, str] = {}
    for key, value in table.items():
        if isinstance(value, dict):
            found |= {f"{key}.{inner}": text for inner, text in _texts(value, f"{label}.{key}").items()}
        elif isinstance(value, list):
            separator = "|" if any("=" in str(part) for part in value) else ","
            found[key] = separator.join(_text(part, f"{label}.{key}") for part in value)
        else:
            found[key] = _text(value, f"{label}.{key}")
    return found


def _list(found: Mapping[str, Any], key: str) -> tuple[str, ...]:
    values = found.get(key, [])
    if not isinstance(values, list):
        raise InputError(f"'{key}' must be a list of texts.")
    return tuple(_text(value, key) for value in values)


def _text(value: Any, label: str) -> str:
    if not isinstance(value, (str, int, float)):
        raise InputError(f"{label} = {value!r}: a text or a number is needed.")
    return str(value)
