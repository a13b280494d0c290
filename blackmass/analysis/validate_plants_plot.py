"""Parity plot of published plants."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from blackmass.analysis.palette import MARKERS
from blackmass.analysis.validate_plants import PlantRow

_COLOURS = {
    **{"product": "#0072B2", "reagent": "#D55E00", "recovery": "#009E73", "leached": "#56B4E9"},
    **{"assay": "#CC79A7", "electricity": "#E69F00", "heat": "#000000", "salt_per_metal": "#8C6D1F"},
}


def parity(rows: Sequence[PlantRow]) -> Figure:
    """Draw predicted against published figures, both logarithmic, one colour and marker a kind of quantity."""
    figure = Figure(figsize=(7.4, 5.6), layout="constrained")
    axes = figure.add_subplot()
    shown = [row for row in rows if row.predicted and row.published > 0]
    ends = [0.02, 50000]
    axes.plot(ends, ends, color="black", lw=1, label="predicted = published")
    for factor, style in ((1.25, "--"), (2, ":")):
        for side in (factor, 1 / factor):
            label = f"within a factor {factor:g}" if side > 1 else None
            axes.plot(ends, [side * end for end in ends], color="#7F7F7F", lw=0.8, ls=style, label=label)
    for number, (kind, colour) in enumerate(_COLOURS.items()):
        part = [row for row in shown if row.quantity.partition(" ")[0] == kind]
        if part:
            axes.scatter(
                [row.published for row in part], [row.predicted or 0.0 for row in part], s=32, color=colour, alpha=0.75,
                marker=MARKERS[number], label=f"{kind.replace('_', ' ')}, {part[0].unit}", zorder=3,
            )  # fmt: skip
    axes.set(xscale="log", yscale="log", xlim=ends, ylim=ends, xlabel="Published", ylabel="Predicted")
    axes.set_title("Published plants")
    axes.legend(fontsize=8, loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False)
    return figure
