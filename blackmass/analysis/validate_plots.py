"""Parity and residual plots of a validation."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from blackmass.analysis import validate_salt_plots
from blackmass.analysis.palette import rank, style
from blackmass.analysis.validate import Row

_WHAT = {
    "leach": "Element dissolved [%]",
    "sx": "Metal extracted [%]",
    "precipitation": "Element precipitated [%]",
    "residual": "Left in the liquor [mg/L]",
}
_TITLE = {
    "leach": "Batch leaching",
    "sx": "Solvent extraction",
    "precipitation": "Precipitation",
    "residual": "Metals left by precipitation",
}


def figures(rows: Sequence[Row]) -> dict[str, Figure]:
    """Return the figures by file name: parity and residuals of each kind that has predictions."""
    found = {}
    for kind in ("leach", "sx", "precipitation"):
        chosen = [r for r in rows if r.kind == kind and r.predicted is not None and r.quantity != "residual"]
        if chosen:
            found[f"parity_{kind}"] = _parity(chosen, kind)
            found[f"residuals_{kind}"] = _residuals(chosen, kind)
    left = [r for r in rows if r.quantity == "residual" and r.predicted is not None and r.measured > 0]
    if left:
        found["parity_residual"] = _residual_metals(left)
    return {**found, **validate_salt_plots.figures(rows)}


def _figure(width: float, height: float) -> Figure:
    return Figure(figsize=(width, height), layout="constrained")


def _points(axes: Any, rows: Sequence[Row], x: Any, y: Any) -> None:
    """Draw elements by colour and marker; what does not count is hollow, what is out of range is ringed in grey."""
    elements = sorted({r.element for r in rows}, key=lambda e: (rank(e), e))
    for element in elements:
        colour, marker = style(element)
        for counted in (True, False):
            part = [r for r in rows if r.element == element and r.counted == counted]
            if part:
                face = colour if counted else "none"
                label = element if counted else f"{element}, not counted"
                axes.scatter(
                    [x(r) for r in part], [y(r) for r in part], s=30, marker=marker, facecolors=face,
                    edgecolors=colour, linewidths=1.0, alpha=0.8 if counted else 1.0, label=label, zorder=3,
                )  # fmt: skip
    outside = [r for r in rows if not r.in_range]
    if outside:
        axes.scatter(
            [x(r) for r in outside], [y(r) for r in outside], s=110, facecolors="none", edgecolors="#999999",
            linewidths=0.8, label="outside the model's range", zorder=2,
        )  # fmt: skip


def _parity(rows: Sequence[Row], kind: str) -> Figure:
    figure = _figure(7.4, 5.4)
    axes = figure.add_subplot()
    axes.plot([0, 100], [0, 100], color="black", lw=1, label="predicted = measured")
    axes.fill_between([0, 100], [-5, 95], [5, 105], color="#DDDDDD", lw=0, label="within 5 points", zorder=0)
    _points(axes, rows, lambda r: r.measured, lambda r: r.predicted)
    low = min(-3.0, *(min(r.measured, r.predicted or 0.0) - 3 for r in rows))
    axes.set(xlim=(low, 103), ylim=(low, 103), xlabel=f"Measured: {_lower(_WHAT[kind])}")
    axes.set_ylabel(f"Predicted: {_lower(_WHAT[kind])}")
    axes.set_title(f"{_TITLE[kind]}\n{_caption(rows)}", fontsize=10)
    axes.set_aspect("equal")
    axes.grid(color="#EEEEEE", zorder=0)
    figure.legend(loc="outside right center", fontsize=8, frameon=False)
    return figure


def _residuals(rows: Sequence[Row], kind: str) -> Figure:
    sources = list(dict.fromkeys(r.source for r in rows))
    figure = _figure(11.0, max(4.4, 1.6 + 0.33 * len(sources)))
    left, right = figure.subplots(1, 2, width_ratios=(1, 1))
    _points(left, rows, lambda r: r.measured, lambda r: r.error)
    rank = {source: len(sources) - 1 - position for position, source in enumerate(sources)}
    _points(right, rows, lambda r: r.error, lambda r: rank[r.source])
    left.axhline(0, color="black", lw=1)
    right.axvline(0, color="black", lw=1)
    left.axhspan(-5, 5, color="#DDDDDD", lw=0, zorder=0)
    right.axvspan(-5, 5, color="#DDDDDD", lw=0, zorder=0)
    left.set(xlabel=f"Measured: {_lower(_WHAT[kind])}", ylabel="Predicted less measured [percentage points]")
    right.set(xlabel="Predicted less measured [percentage points]")
    right.set_yticks(list(rank.values()), [_short(source) for source in rank], fontsize=7)
    right.set_ylim(-0.6, len(sources) - 0.4)
    for axes in (left, right):
        axes.grid(color="#EEEEEE", zorder=0)
    handles, labels = left.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", fontsize=8, frameon=False, ncols=min(len(labels), 8))
    figure.suptitle(f"{_TITLE[kind]}: {_caption(rows)}; grey: within 5 points", fontsize=10)
    return figure


def _residual_metals(rows: Sequence[Row]) -> Figure:
    figure = _figure(7.4, 5.4)
    axes = figure.add_subplot()
    values = [max(v, 1e-3) for r in rows for v in (r.measured, r.predicted or 0.0)]
    ends = np.array([min(values) / 3, max(values) * 3])
    axes.plot(ends, ends, color="black", lw=1, label="predicted = measured")
    axes.fill_between(ends, ends / 2, ends * 2, color="#DDDDDD", lw=0, label="within a factor of 2", zorder=0)
    _points(axes, rows, lambda r: r.measured, lambda r: max(r.predicted or 0.0, 1e-3))
    axes.set_aspect("equal")
    axes.set(xscale="log", yscale="log", xlim=ends, ylim=ends, title=_TITLE["residual"])
    axes.set(xlabel=f"Measured: {_lower(_WHAT['residual'])}", ylabel=f"Predicted: {_lower(_WHAT['residual'])}")
    axes.grid(color="#EEEEEE", zorder=0)
    figure.legend(loc="outside right center", fontsize=8, frameon=False)
    return figure


def _caption(rows: Sequence[Row]) -> str:
    errors = np.array([r.error for r in rows if r.counted], dtype=float)
    if errors.size == 0:
        return "none counted"
    return f"{errors.size} figures, median error {np.median(np.abs(errors)):.1f}, bias {errors.mean():+.1f} points"


def _short(source: str) -> str:
    text = source or "source not stated"
    return text if len(text) <= 48 else f"{text[:45]}..."


def _lower(text: str) -> str:
    """Start with a small letter, and leave units alone."""
    return text[0].lower() + text[1:]
