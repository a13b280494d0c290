"""Units at the border: text in, SI inside, text out. One pint registry for the whole program.

User text never reaches pint's expression parser: a number and a unit are split first by a strict
grammar, so that "1,5 kg", "1 500 kg" or "9**9**9 kg" are refused rather than misread.
"""

import functools
import math
import re

import numpy as np
import numpy.typing as npt

from blackmass.errors import InputError

_NUMBER = r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?"
_QUANTITY = re.compile(rf"^\s*({_NUMBER})\s*([A-Za-zµ°%][A-Za-z0-9µ°%/*^ .\-]*)?\s*$")
_UNIT_TOKEN = re.compile(r"[A-Za-zµ°%]+\d?")
_REFUSED = {"ton": "'t' (1000 kg) or 'short_ton'", "tons": "'t'", "Nm": "'m^3'", "pH": "a bare number"}
_ALIASES = {"degC": "degC", "°C": "degC", "celsius": "degC", "%": "percent", "C": "degC"}
MAX_LENGTH = 64


@functools.cache
def registry():  # type: ignore[no-untyped-def]
    """Return the one pint registry, with the units of the trade added."""
    import pint

    units = pint.get_application_registry()
    for line in ("gpl = gram / liter", "wt_percent = 0.01 = wtpct"):
        units.define(line)
    return units


@functools.cache
def factor(unit: str) -> tuple[float, float, str]:
    """Return (factor, offset, dimension) such that SI = factor * value + offset.

    Raises
    ------
    InputError
        The unit is not known or is one that is easily misread.
    """
    text = _ALIASES.get(unit.strip(), unit.strip())
    if not text:
        return 1.0, 0.0, "dimensionless"
    for token in _UNIT_TOKEN.findall(text):
        if token in _REFUSED:
            raise InputError(f"unit '{token}' is ambiguous: write {_REFUSED[token]}.")
    if "**" in text or text.count("^") > 3:
        raise InputError(f"unit '{unit}' cannot be read: write it like 'kg/h', 'g/L' or 'm^3'.")
    units = registry()
    try:
        parsed = units.Unit(text)
        one = units.Quantity(1.0, parsed).to_base_units()
        zero = units.Quantity(0.0, parsed).to_base_units()
    except Exception as error:
        raise InputError(f"unit '{unit}' is not known: write it like 'kg/h', 'g/L', 'degC' or 'm^3'.") from error
    offset = float(zero.magnitude)
    return float(one.magnitude) - offset, offset, str(one.dimensionality)


def dimension(unit: str) -> str:
    """Return the dimension of a unit as text, for comparison and messages."""
    return factor(unit)[2]


def split(text: str) -> tuple[float, str]:
    """Split text into number and unit by the strict grammar.

    Raises
    ------
    InputError
        The text is not one finite number and one unit.
    """
    match = _QUANTITY.match(text) if len(text) <= MAX_LENGTH else None
    if match is None:
        hint = " (use a point for decimals and no spaces in a number)" if re.search(r"\d[, ]\d", text) else ""
        raise InputError(f"'{text[:MAX_LENGTH]}' is not a number with a unit, such as '80 degC' or '1.2 t/h'{hint}.")
    value = float(match.group(1))
    if not math.isfinite(value):
        raise InputError(f"'{text}' is not finite.")
    return value, (match.group(2) or "").strip()


def to_si(value: object, unit: str) -> npt.NDArray[np.float64] | float:
    """Convert what a user gives to SI: text ("80 degC", "1.2"), a pint Quantity, or plain numbers (already SI).

    A bare number in text is taken in `unit`, the declared one.

    Raises
    ------
    InputError
        The text cannot be read, or its dimension is not that of `unit`.
    """
    if isinstance(value, str):
        number, given = split(value)
        scale, offset, kind = factor(given or unit)
        if given and kind != dimension(unit):
            raise InputError(
                f"'{value}' has dimension {kind}, but {dimension(unit)} is needed, for example '1 {unit}'."
            )
        return scale * number + offset
    if hasattr(value, "magnitude") and hasattr(value, "to_base_units"):
        base = value.to_base_units()
        if str(base.dimensionality) != dimension(unit):
            raise InputError(f"'{value}' has dimension {base.dimensionality}, but {dimension(unit)} is needed.")
        return float(base.magnitude) if np.ndim(base.magnitude) == 0 else np.asarray(base.magnitude, dtype=float)
    return float(value) if np.ndim(value) == 0 else np.asarray(value, dtype=float)  # type: ignore[arg-type]


def from_si(value: "npt.ArrayLike", unit: str) -> npt.NDArray[np.float64]:
    """Convert SI values to `unit`."""
    scale, offset, _ = factor(unit)
    return (np.asarray(value, dtype=float) - offset) / scale


def show(value: float, unit: str) -> str:
    """Write an SI value in `unit` for a person: "80 °C", "1.2"."""
    number = f"{float(from_si(value, unit)):.6g}"
    return f"{number} {unit.replace('degC', '°C')}".strip()
