"""Colours that mean the same element on every plot and page; near to those of the salts, safe for the colour-blind."""

ELEMENTS = {
    "Li": "#D55E00",
    "Ni": "#009E73",
    "Co": "#0072B2",
    "Mn": "#CC79A7",
    "Fe": "#E69F00",
    "Al": "#7F7F7F",
    "Cu": "#8C6D1F",
    "P": "#56B4E9",
    "F": "#B5B800",
    "C": "#333333",
    "S": "#DDCC77",
    "Na": "#332288",
    "Mg": "#44AA99",
    "Ca": "#999933",
    "Zn": "#882255",
    "H": "#117733",
}
"""The first and some others after Okabe and Ito (2008), the rest after Tol (2021)."""
OTHER = "#999999"
MARKERS = "os^DvPX<>*hpd8H"


def of_element(element: str) -> str:
    """Return the colour of an element."""
    return ELEMENTS.get(element, OTHER)


def style(element: str) -> tuple[str, str]:
    """Return colour and marker of an element on a plot of points."""
    return of_element(element), MARKERS[rank(element) % len(MARKERS)]


def rank(element: str) -> int:
    """Return the place of an element in legends."""
    return list(ELEMENTS).index(element) if element in ELEMENTS else len(ELEMENTS)
