"""Colours that mean the same on every page: of elements, and of what flows in a pipe. Safe for the colour-blind."""

ELEMENTS = {
    "Li": "#CC79A7",
    "Ni": "#009E73",
    "Co": "#0072B2",
    "Mn": "#D55E00",
    "Cu": "#8C6D1F",
    "Al": "#7F7F7F",
    "Fe": "#A63603",
    "P": "#E69F00",
    "F": "#56B4E9",
    "C": "#333333",
    "S": "#BCBD22",
    "Na": "#9467BD",
}
"""Okabe and Ito (2008) for the first elements, distinct in lightness for the others."""
OTHER = "#999999"
PHASES = {"solid": "#6B4E2E", "slurry": "#5C6F82", "aqueous": "#0072B2", "organic": "#E69F00", "gas": "#8E8E8E"}
"""Of lines by what they carry."""
INK, FAINT, PAPER, GREEN, RED = "#1F2933", "#9AA5B1", "#FFFFFF", "#1B7F4D", "#B03A2E"

FONTS = "IPAex Gothic part, Helvetica, Arial, DejaVu Sans, IPAexGothic, sans-serif"


def of_element(element: str) -> str:
    """Return the colour of an element."""
    return ELEMENTS.get(element, OTHER)
