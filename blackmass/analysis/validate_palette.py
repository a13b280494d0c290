"""One colour and one marker for each element in every plot, told apart by the colour-blind."""

ORDER = ("Li", "Ni", "Co", "Mn", "Fe", "Al", "Cu", "Mg", "Ca", "Zn", "P", "Na", "H")
_COLOURS = (
    *("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000"),
    *("#8C6D1F", "#7F7F7F", "#882255", "#999933", "#332288", "#CC3311"),
)
MARKERS = "os^DvPX<>*hpd"


def style(element: str, others: tuple[str, ...] = ()) -> tuple[str, str]:
    """Return colour and marker of an element; of one not in `ORDER` by its place among `others`."""
    place = ORDER.index(element) if element in ORDER else len(ORDER) + others.index(element)
    return _COLOURS[place % len(_COLOURS)], MARKERS[place % len(MARKERS)]
