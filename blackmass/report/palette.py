"""Colours and fonts of diagrams: of what flows in a pipe, of what is sold and what is not."""

PHASES = {"solid": "#6B4E2E", "slurry": "#5C6F82", "aqueous": "#0072B2", "organic": "#E69F00", "gas": "#8E8E8E"}
"""Of lines by what they carry."""
INK, FAINT, PAPER, GREEN, RED = "#1F2933", "#9AA5B1", "#FFFFFF", "#1B7F4D", "#B03A2E"

FONTS = "IPAex Gothic part, Helvetica, Arial, DejaVu Sans, IPAexGothic, sans-serif"
