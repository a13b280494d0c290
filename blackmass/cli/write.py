"""Files of a result, written beside their place and moved there whole."""

import csv
import io
import json
import os
import tempfile
from pathlib import Path
from typing import Any

from blackmass.errors import InputError


def check_folder(folder: Path) -> None:
    """Make the folder, and make sure that it can be written, before any work is done.

    Raises
    ------
    InputError
        The folder cannot be made or written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise InputError(f"--out {folder}: cannot be written ({error.strerror}); choose another folder.") from None


def write_result(found: dict[str, Any], folder: Path) -> None:
    """Write result.json and the stream table streams.csv (streams as columns)."""
    replace_file(folder / "result.json", json.dumps(found, indent=2))
    replace_file(folder / "streams.csv", _stream_table(found["streams"]))


def _stream_table(streams: list[dict[str, Any]]) -> str:
    names = sorted({name for stream in streams for name in stream["components"]})
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["row", "unit", *(stream["name"] for stream in streams)])
    for row, unit in (("from", ""), ("to", ""), ("kg_per_h", "kg/h"), ("T_C", "degC"), ("pH", "")):
        table.writerow([row, unit, *("" if stream[row] is None else stream[row] for stream in streams)])
    for name in names:
        table.writerow([name, "kg/h", *(stream["components"].get(name, 0.0) for stream in streams)])
    return text.getvalue()


def replace_file(path: Path, made: str | bytes) -> None:
    """Write a file beside its place and move it there whole.

    Raises
    ------
    InputError
        The folder cannot be written.
    """
    try:
        with tempfile.NamedTemporaryFile("wb", dir=path.parent, delete=False) as file:
            file.write(made.encode("utf-8") if isinstance(made, str) else made)
        os.chmod(file.name, 0o666 & ~_umask())
        os.replace(file.name, path)
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror}); choose another folder.") from None


def _umask() -> int:
    """Return the permissions that the user withholds from new files; a temporary file withholds more."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
