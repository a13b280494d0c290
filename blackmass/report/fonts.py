"""Fonts that go with a report, so that it reads the same on a bare machine."""

import base64
import importlib.util
import io
from pathlib import Path

import matplotlib

from blackmass.errors import InputError


def latin() -> Path:
    """Return the font of Latin and Greek letters that comes with Matplotlib."""
    return Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"


def japanese() -> Path:
    """Return IPAex Gothic, which the extra `report` brings.

    Raises
    ------
    InputError
        The extra is not installed.
    """
    found = importlib.util.find_spec("matplotlib_fontja")  # not imported: that would change Matplotlib's settings
    if found is None or found.origin is None:
        raise InputError("a Japanese report needs the package 'matplotlib-fontja': pip install 'blackmass[report]'.")
    return Path(found.origin).parent / "fonts" / "ipaexg.ttf"


def embedded(path: Path, text: str) -> str:
    """Return as a data address the part of a font that a text needs."""
    from fontTools import subset

    options = subset.Options(flavor="woff", notdef_outline=True, layout_features=[], ignore_missing_glyphs=True)
    cutter, buffer = subset.Subsetter(options), io.BytesIO()
    cutter.populate(text=text)
    with subset.load_font(str(path), options) as font:
        cutter.subset(font)
        subset.save_font(font, buffer, options)
    return "data:font/woff;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
