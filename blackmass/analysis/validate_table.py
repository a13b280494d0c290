"""Case files of published experiments: which kind they are, and figures and names as their authors write them."""

import csv
import dataclasses
import io
import re
import unicodedata
from collections.abc import Mapping
from pathlib import Path

from blackmass.errors import InputError, nearest

BLANK = {"", "-", "--", "?", "n/a", "na", "n.a.", "nd", "n.d.", "nr", "n.r.", "ns", "n.s.", "nan", "null", "not stated"}
_KINDS = {
    "leach": (r"x_([A-Za-z]{1,2})_pct", ("feed",)),
    "sx": (r"E_([A-Za-z]{1,2})_pct", ("extractant",)),
    "precipitation": (r"(?:y_([A-Za-z]{1,2})_pct|residual_([A-Za-z]{1,2})_mgL)", ("reagent",)),
    "solubility": (r"solubility_(mol_kg|g_kg|g_100g|mass_pct)", ("salt",)),
    "activity": (r"(gamma)", ("salt", "molality")),
}
UNITS = {
    "mol_kg": "mol/kg water",
    "g_kg": "g/kg water",
    "g_100g": "g/100 g water",
    "mass_pct": "% by mass",
    "gamma": "mean activity coefficient",
}
"""Of what is measured of salts, by the end of the column."""
KINDS = tuple(_KINDS)
SALT_KINDS = ("solubility", "activity")
"""Kinds whose errors are in per cent of the value."""
_COMMON = ("case_id", "source", "doi", "provenance", "quality", "fitted", "notes", "key")
_CONDITIONS = {
    "leach": ("feed", "acid", "acid_M", "reductant", "reductant_M", "T_C", "time_min", "S_L_gL"),
    "sx": (
        "extractant",
        "extractant_M",
        "saponified_fraction",
        "T_C",
        "pH_equilibrium",
        "oa_ratio",
        "stages",
        "medium",
    ),
    "precipitation": ("medium", "reagent", "reagent_ratio", "T_C", "pH_final", "time_min"),
    "solubility": ("salt", "solid", "T_C", "background", "background_mol_kg", "CO2_atm"),
    "activity": ("salt", "molality", "T_C"),
}
_FEED = re.compile(r"feed_([A-Za-z]{1,2})_gL", re.IGNORECASE)
_FIGURE = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_ABOUT = re.compile(r"^(?:~|≈|about|approx\.?|ca\.?|c\.)\s*", re.IGNORECASE)
_BOUND = re.compile(r"^(?:<=|>=|<|>|≤|≥)\s*")
_RANGE = re.compile(rf"^({_FIGURE.pattern})\s*(?:to|\.\.+|-|–|—)\s*({_FIGURE.pattern})$")


@dataclasses.dataclass(frozen=True)
class Case:
    """One row of a case file; cells by column, blank ones left out."""

    file: str
    line: int
    kind: str
    cells: Mapping[str, str]
    measured: tuple[tuple[str, str, float], ...]
    """(quantity, element, figure): "x", "E" or "y" in per cent, "residual" in mg/L; of a salt (unit, salt, figure)."""

    @property
    def name(self) -> str:
        """Its case_id, or its line."""
        return self.cells.get("case_id", f"line {self.line}")

    def place(self, column: str) -> str:
        """Return file, line, case and column, for messages."""
        return f"{self.file}:{self.line} ({self.name}), column {column}"

    def number(self, column: str, low: float, high: float) -> float | None:
        """Return a figure, None where it is not stated.

        Raises
        ------
        InputError
            It cannot be read, or is outside `low` to `high`.
        """
        text = self.cells.get(column)
        value = None if text is None else figure(text, self.place(column), fraction=high == 1.0)
        if value is not None and not low <= value <= high:
            raise InputError(f"{self.place(column)}: '{text}' is outside {low:g} to {high:g}.")
        return value


@dataclasses.dataclass(frozen=True)
class CaseFile:
    """Cases of one kind, and columns that were not understood."""

    path: str
    kind: str
    cases: tuple[Case, ...]
    ignored: tuple[str, ...]


def read_case_file(path: str | Path) -> CaseFile:
    """Read a case file; its kind is told by its columns.

    Raises
    ------
    InputError
        No such file, not UTF-8, no known columns, a row longer than the header, a figure that cannot be read.
    """
    name = str(path)
    table = _cells(name, _text(Path(path)))
    header, kind, ignored = _header(name, table[0][1])
    cases = []
    for line, row in table[1:]:
        if any(cell.strip() for cell in row[len(header) :]):
            raise InputError(f"{name}:{line}: {len(row)} cells, the header has {len(header)}; quote cells with commas.")
        cells = {column: cell.strip() for column, cell in zip(header, row, strict=False) if not _blank(cell)}
        cases.append(_case(name, line, kind, cells))
    if not cases:
        raise InputError(f"{name}: there is a header but no case below it.")
    return CaseFile(name, kind, tuple(cases), ignored)


def figure(text: str, place: str, fraction: bool = False) -> float | None:
    """Return the number in a cell: "1,5", "~95", ">99.9", "98 ± 1", "60 %" are read as their authors mean them.

    A bound is taken as the figure itself, a range as its middle. Per cent in a column of fractions is divided by 100.

    Raises
    ------
    InputError
        There is no single number.
    """
    plain = unicodedata.normalize("NFKC", text).replace("−", "-").strip()
    percent = plain.endswith("%")
    plain = _BOUND.sub("", _ABOUT.sub("", plain.rstrip("% ")))
    plain = re.split(r"\s*(?:±|\+/-|\+-)\s*", plain)[0].strip()
    plain = _commas(plain, place, text)
    if plain.lower() in BLANK:
        return None
    between = _RANGE.match(plain)
    if between:
        value = (float(between.group(1)) + float(between.group(2))) / 2
    elif _FIGURE.fullmatch(plain):
        value = float(plain)
    else:
        raise InputError(f"{place}: '{text}' is not a number; leave the cell empty where the figure is not stated.")
    if abs(value) > 1e12:
        raise InputError(f"{place}: '{text}' is not finite.")
    return value / 100 if percent and fraction else value


def _commas(plain: str, place: str, text: str) -> str:
    if re.search(r"\d,\d{3}(?!\d)", plain) and not re.match(r"^[+-]?0,\d+$", plain):
        if re.fullmatch(r"[+-]?\d{1,3}(,\d{3})+\.\d+", plain):
            return plain.replace(",", "")
        raise InputError(f"{place}: '{text}' may be thousands or decimals; use a point for decimals and no separator.")
    return re.sub(r"(?<=\d),(?=\d)", ".", plain)


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"--cases {path}: cannot be read ({error.strerror}).") from None
    try:
        text = data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise InputError(f"{path}:{line}: not UTF-8 text; save the file as CSV in UTF-8.") from None
    if "\0" in text:
        raise InputError(f"{path}: not a text file; save it as CSV in UTF-8.")
    if not text.strip():
        raise InputError(f"{path}: the file is empty; a header row and cases are needed.")
    return text


def _cells(name: str, text: str) -> list[tuple[int, list[str]]]:
    """Rows that hold anything, with their line numbers; comma, semicolon or tab between the cells."""
    first = next(line for line in text.splitlines() if line.strip() and not line.startswith("#"))
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows, begin = [], 1
    try:
        for row in reader:
            if any(cell.strip() for cell in row) and not row[0].startswith("#"):
                rows.append((begin, row))
            begin = reader.line_num + 1
    except csv.Error as error:
        raise InputError(f"{name}:{reader.line_num}: not readable as CSV ({error}).") from None
    return rows


def _header(name: str, cells: list[str]) -> tuple[list[str], str, tuple[str, ...]]:
    titles = [cell.strip() for cell in cells]
    while titles and not titles[-1]:
        titles.pop()
    found = {kind: sum(bool(re.fullmatch(p, t, re.IGNORECASE)) for t in titles) for kind, (p, _) in _KINDS.items()}
    kind = max(found, key=lambda each: found[each])
    if found[kind] == 0:
        known = [
            f"{prefix}_Ni_{unit}" for prefix, unit in (("x", "pct"), ("E", "pct"), ("y", "pct"), ("residual", "mgL"))
        ]
        raise InputError(
            f"{name}: no column of measured figures; a leach file has x_EL_pct, an sx file E_EL_pct, a precipitation "
            f"file y_EL_pct or residual_EL_mgL, for example {', '.join(known)}; a solubility file solubility_mol_kg, "
            f"solubility_g_kg, solubility_g_100g or solubility_mass_pct, an activity file gamma."
        )
    lower = [title.lower() for title in titles]
    missing = [column for column in _KINDS[kind][1] if column.lower() not in lower]
    if missing:
        guess = nearest(missing[0], [t for t in titles if t]).split("(there are")[0].rstrip(" .")
        raise InputError(f"{name}: a {kind} file needs a column '{missing[0]}'{guess or ', which is not there'}.")
    columns = [_canonical(title, kind) for title in titles]
    twice = sorted({column for column in columns if column and columns.count(column) > 1})
    if twice:
        raise InputError(f"{name}: column '{twice[0]}' stands in the header twice.")
    own = {*_COMMON, *_CONDITIONS[kind]}
    ignored = [c for c in columns if c and c not in own and not _FEED.fullmatch(c) and not _measured(kind, c)]
    return columns, kind, tuple(ignored)


def _canonical(title: str, kind: str) -> str:
    """Spell a column as this project does, whatever its capitals."""
    for known in (*_COMMON, *_CONDITIONS[kind]):
        if title.lower() == known.lower():
            return known
    match = _FEED.fullmatch(title)
    if match:
        return f"feed_{match.group(1).capitalize()}_gL"
    found = _measured(kind, title)
    if found and kind in SALT_KINDS:
        return found[0] if kind == "activity" else f"solubility_{found[0]}"
    if found:
        return f"{found[0]}_{found[1]}_{'mgL' if found[0] == 'residual' else 'pct'}"
    return title


def _measured(kind: str, column: str) -> tuple[str, str] | None:
    match = re.fullmatch(_KINDS[kind][0], column, re.IGNORECASE)
    if not match:
        return None
    if kind in SALT_KINDS:
        return match.group(1).lower(), ""
    quantity = column.partition("_")[0]
    quantity = next(q for q in ("x", "E", "y", "residual") if q.lower() == quantity.lower())
    return quantity, next(group for group in match.groups() if group).capitalize()


def _case(name: str, line: int, kind: str, cells: dict[str, str]) -> Case:
    bare = Case(name, line, kind, cells, ())
    measured = []
    for column in cells:
        found = _measured(kind, column)
        if found:
            value = bare.number(column, *_limits(kind, found[0]))
            if value is not None:
                measured.append((found[0], found[1] or cells.get("salt", ""), value))
    return dataclasses.replace(bare, measured=tuple(measured))


def _limits(kind: str, quantity: str) -> tuple[float, float]:
    """Between which a measured figure must lie."""
    if kind in SALT_KINDS:
        return 1e-12, 1e6
    return (0.0, 1e6) if quantity == "residual" else (-100.0, 150.0)


def _blank(cell: str) -> bool:
    return cell.strip().lower() in BLANK
