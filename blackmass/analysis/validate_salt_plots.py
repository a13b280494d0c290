"""Solubility against temperature and activity coefficient against molality: curves of the model, measured points."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, NullLocator

from blackmass.analysis.palette import of_element
from blackmass.analysis.validate import Row
from blackmass.analysis.validate_solubility import curve
from blackmass.chemistry.equilibria import COMPONENTS
from blackmass.chemistry.salt_solutions import composition, mean_activity, solids_of
from blackmass.species import molar_mass

SPARING = 0.5
"""mol/kg below which a salt is drawn in the panel of the sparingly soluble ones."""
_PATTERNS = ("-", "--", ":", "-.")
_MARKERS = "osD^"


def figures(rows: Sequence[Row]) -> dict[str, Figure]:
    """Return the figures by file name."""
    found = {}
    water = [row for row in rows if row.kind == "solubility" and row.predicted is not None and row.in_water]
    if water:
        found["solubility"] = _solubilities(water)
    activity = [row for row in rows if row.kind == "activity" and row.predicted is not None]
    if activity:
        found["activity"] = _activities(activity)
    return found


def _solubilities(rows: Sequence[Row]) -> Figure:
    figure = Figure(figsize=(11.0, 5.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    celsius = np.linspace(0.0, 100.0, 101)
    styles = _styles(rows)
    for axes, sparing in ((left, False), (right, True)):
        for salt in [salt for salt in styles if _sparing(rows, salt) == sparing]:
            colour, pattern, marker = styles[salt]
            axes.plot(celsius, curve(salt, celsius).molality, color=colour, ls=pattern, lw=1.5)
            part = [row for row in rows if row.element == salt]
            _draw(
                axes, part, [row.temperature_C or 0.0 for row in part], [_molal(row) for row in part], (colour, marker)
            )
        axes.set(xlabel="Temperature [°C]", ylabel="Solubility in water [mol anhydrous salt/kg water]", xlim=(-2, 102))
        axes.grid(color="#EEEEEE", zorder=0)
    left.set_ylim(bottom=0)
    right.set_yscale("log")
    right.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    right.yaxis.set_minor_locator(NullLocator())
    right.yaxis.set_major_formatter("{x:g}")
    left.set_title("Well soluble salts", fontsize=9)
    right.set_title("Sparingly soluble salts", fontsize=9)
    _legend(figure, styles)
    figure.suptitle(f"Solubility: {_caption(rows)}", fontsize=10)
    return figure


def _activities(rows: Sequence[Row]) -> Figure:
    figure = Figure(figsize=(8.2, 5.6), layout="constrained")
    axes = figure.add_subplot()
    styles = _styles(rows)
    most = max(row.molality or 0.0 for row in rows)
    molality = np.linspace(0.03, most, 120)
    lines: list[Line2D] = []
    for salt, (colour, _, marker) in styles.items():
        part = [row for row in rows if row.element == salt]
        for pattern, celsius in zip(_PATTERNS, sorted({row.temperature_C or 0.0 for row in part}), strict=False):
            gamma, _ = mean_activity(salt, molality, np.full(molality.size, 273.15 + celsius))
            (line,) = axes.plot(molality, gamma, color=colour, ls=pattern, lw=1.5, marker=marker, markevery=[])
            line.set_label(f"{salt}, {celsius:g} °C")
            lines.append(line)
        _draw(axes, part, [row.molality or 0.0 for row in part], [row.measured for row in part], (colour, marker))
    axes.set(xlabel="Molality [mol/kg water]", ylabel="Mean activity coefficient [-]", yscale="log")
    axes.set_xlim(0, 1.02 * most)
    axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter("{x:g}")
    axes.grid(color="#EEEEEE", zorder=0, which="both")
    figure.legend(handles=[*lines, *_kinds()], loc="outside lower center", fontsize=8, frameon=False, ncols=3)
    figure.suptitle(f"Mean activity coefficients: {_caption(rows)}", fontsize=10)
    return figure


def _draw(axes: Any, rows: Sequence[Row], x: Sequence[float], y: Sequence[float], look: tuple[str, str]) -> None:
    """Draw measured points: filled where independent, hollow where fitted, grey where not counted."""
    colour, marker = look
    for row, across, up in zip(rows, x, y, strict=True):
        edge = colour if row.counted else "#BBBBBB"
        face = colour if row.counted and not row.fitted else "none"
        axes.scatter([across], [up], s=26, marker=marker, facecolors=face, edgecolors=edge, linewidths=1.0, zorder=3)


def _styles(rows: Sequence[Row]) -> dict[str, tuple[str, str, str]]:
    """Colour by the cation; line and marker tell the salts of one cation apart."""
    found: dict[str, tuple[str, str, str]] = {}
    salts = list(dict.fromkeys(row.element for row in rows))
    for salt in salts:
        element = _cation(salt)
        before = sum(_cation(other) == element for other in found)
        look = before % len(_PATTERNS)
        found[salt] = of_element(element), _PATTERNS[look], _MARKERS[look]
    return found


def _cation(salt: str) -> str:
    held = [name for name, amount in zip(COMPONENTS, composition(salt), strict=True) if amount > 0]
    return held[0].rstrip("+-0123456789")


def _sparing(rows: Sequence[Row], salt: str) -> bool:
    return float(np.median([_molal(row) for row in rows if row.element == salt])) < SPARING


def _molal(row: Row) -> float:
    """The measured solubility [mol/kg water]."""
    mass = 1e3 * molar_mass(row.element)
    if row.quantity == "mol_kg":
        return row.measured
    if row.quantity == "mass_pct":
        return 1e3 * row.measured / (100 - row.measured) / mass
    return row.measured * (10 if row.quantity == "g_100g" else 1) / mass


def _legend(figure: Figure, styles: dict[str, tuple[str, str, str]]) -> None:
    salts = [
        Line2D([], [], color=colour, ls=pattern, marker=marker, ms=5, label=_hydrates(salt))
        for salt, (colour, pattern, marker) in styles.items()
    ]
    figure.legend(handles=[*salts, *_kinds()], loc="outside lower center", fontsize=8, frameon=False, ncols=4)


def _hydrates(salt: str) -> str:
    """A salt with the water of its solids, the driest first."""
    waters = sorted(
        (name.partition(".")[2] for name in solids_of(salt)), key=lambda name: int(name[:-3] or 1) * bool(name)
    )
    named = [(water or "anhydrous").replace("H2O", " H2O").strip() for water in waters]
    return salt if named == ["anhydrous"] else f"{salt} ({', '.join(named)})"


def _kinds() -> list[Line2D]:
    look: dict[str, Any] = {"color": "#444444", "ls": "none", "marker": "o", "ms": 5}
    return [
        Line2D([], [], **look, label="measured, independent"),
        Line2D([], [], **look, mfc="none", label="measured, constants fitted to it"),
        Line2D([], [], **{**look, "color": "#BBBBBB"}, mfc="none", label="measured, not counted"),
    ]


def _caption(rows: Sequence[Row]) -> str:
    parts = []
    for name, fitted in (("independent", False), ("fitted", True)):
        errors = [abs(row.error or 0.0) for row in rows if row.counted and bool(row.fitted) == fitted]
        if errors:
            parts.append(f"{len(errors)} {name} figures, median error {np.median(errors):.1f} %")
    return "; ".join(parts) or "none counted"
