"""The report as an Excel workbook whose balances are checked by live formulas."""

import io
from typing import Any

import xlsxwriter

from blackmass.report.content import Content
from blackmass.report.stream_table import ELEMENTS

CLOSED = 1e-9
_OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


class _Book:
    """A workbook under construction, with its formats."""

    def __init__(self, report: Content) -> None:
        self.report, self.words, self.buffer = report, report.words, io.BytesIO()
        self.book = xlsxwriter.Workbook(self.buffer, _OPTIONS)
        self.book.set_properties({"title": report.name, "comments": "; ".join(report.stamp.values())})
        add = self.book.add_format
        self.head = add({"bold": True, "bg_color": "#F3F6F8", "bottom": 1, "text_wrap": True, "valign": "top"})
        self.big = add({"bold": True, "font_size": 16})
        self.number, self.share = add({"num_format": "#,##0.0###"}), add({"num_format": "0.0%"})
        self.small = add({"num_format": "0.0E+00"})
        self.good = add({"font_color": "#1B7F4D", "bold": True})
        self.bad = add({"font_color": "#B03A2E", "bold": True})

    def sheet(self, name: str, header: list[str], widths: list[int]) -> Any:
        sheet = self.book.add_worksheet(name[:31])
        sheet.write_row(0, 0, header, self.head)
        for column, width in enumerate(widths):
            sheet.set_column(column, column, width)
        sheet.freeze_panes(1, 2)
        return sheet


def workbook(report: Content) -> bytes:
    """Return the workbook: summary, assumptions, streams, balances, units.

    Names are written as text, whatever they begin with. Each balance is a formula of its sheet, true where it closes
    within 1e-9 of what enters.
    """
    made = _Book(report)
    _summary(made)
    _assumptions(made)
    _streams(made)
    _balances(made)
    _units(made)
    made.book.close()
    return made.buffer.getvalue()


def _summary(made: _Book) -> None:
    report, w, found = made.report, made.words, made.report.summary
    sheet = made.book.add_worksheet(w["summary"][:31])
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 3, 18)
    sheet.write_string(0, 0, report.name, made.big)
    rows: list[list[Any]] = [[report.title], [w["feed"], report.feed]]
    rows += [[w.get(key, key), text] for key, text in report.stamp.items()]
    rows += [[], [w["products"], w["mass"], w["purity"]]]
    rows += [[name, p["kg_per_h"], p["purity"]] for name, p in found["products"].items()]
    rows += [[], [w["element"], w["recovery"]]]
    rows += [[name, r["total"]] for name, r in found["recovery"].items()]
    rows += [[], [w["reagents"], w["mass"], w["per_tonne"]]]
    rows += [[name, r["kg_per_h"], r["kg_per_t_feed"]] for name, r in found["reagents"].items()]
    rows += [[], [w["wastes"], w["mass"]]]
    rows += [[name, r["kg_per_h"]] for name, r in found["wastes"].items()]
    rows += [[], [w["utilities"]]]
    rows += [[name.replace("_", " "), value] for name, value in found["utilities"].items()]
    share = False
    for place, cells in enumerate(rows, 1):
        header = bool(cells) and (place == 1 or not rows[place - 2])
        if header:
            share = len(cells) == 2 and cells[1] == w["recovery"]
        for column, cell in enumerate(cells):
            kind = (
                made.head
                if header
                else made.share
                if share or (column == 2 and cells[0] in found["products"])
                else made.number
            )
            _write(sheet, place, column, cell, kind)


def _write(sheet: Any, row: int, column: int, cell: Any, kind: Any) -> None:
    if isinstance(cell, (int, float)) and not isinstance(cell, bool):
        sheet.write_number(row, column, cell, kind)
    elif cell is not None:
        sheet.write_string(row, column, str(cell), kind)


def _assumptions(made: _Book) -> None:
    w = made.words
    header = [w[key] for key in ("units", "operation", "parameter", "value", "range", "meaning", "source")]
    sheet = made.sheet(w["assumptions"], header, [24, 22, 22, 16, 26, 60, 60])
    for row, a in enumerate(made.report.assumptions, 1):
        for column, text in enumerate((a.unit, a.operation, a.name, a.value, a.range, a.doc, a.source)):
            sheet.write_string(row, column, text)


def _streams(made: _Book) -> None:
    w = made.words
    keys = ("number", "name", "from", "to", "phase", "mass", "yearly", "temperature")
    header = [w[k] for k in keys] + ["pH", w["density"], w["solid_share"], w["d50"]]
    header += [f"{e} [g/L, wt%]" for e in ELEMENTS]
    sheet = made.sheet(w["streams"], header, [6, 30, 24, 24, 10, *[12] * (len(header) - 5)])
    for place, r in enumerate(made.report.streams, 1):
        content = (r.solids if r.phase == "solid" else r.liquor) or {}
        cells = [
            r.line.number, r.line.end or r.line.wire.name, r.line.source, r.line.target or w[r.line.kind], w[r.phase],
            r.mass, r.yearly, r.temperature, r.pH, r.density, 100 * r.solid_share, r.d50,
            *(content.get(e) for e in ELEMENTS),
        ]  # fmt: skip
        for column, cell in enumerate(cells):
            _write(sheet, place, column, cell, made.number if column > 4 else None)
    sheet.autofilter(0, 0, len(made.report.streams), len(header) - 1)


def _balances(made: _Book) -> None:
    w, balance = made.words, made.report.summary["balance"]
    header = [w["element"], f"{w['in']} [kg/h]", f"{w['out']} [kg/h]", w["error"], w["pass"]]
    sheet = made.sheet(w["balances"], header, [16, 20, 20, 16, 12])
    rows = balance["by_element"]
    total = sum(row["in_kg_per_h"] for row in rows.values())
    for place, (element, row) in enumerate(rows.items(), 2):
        into, out = row["in_kg_per_h"], row["out_kg_per_h"]
        sheet.write_string(place - 1, 0, element)
        sheet.write_number(place - 1, 1, into, made.number)
        sheet.write_number(place - 1, 2, out, made.number)
        error = abs(into - out) / max(into, 1e-9 * total)
        scale = f"MAX(B{place},1E-9*SUM(B$2:B${len(rows) + 1}))"
        sheet.write_formula(place - 1, 3, f"=ABS(B{place}-C{place})/{scale}", made.small, error)
        sheet.write_formula(place - 1, 4, f"=D{place}<{CLOSED}", None, error < CLOSED)
    for verdict, kind in (("TRUE", made.good), ("FALSE", made.bad)):
        sheet.conditional_format(
            1, 4, len(rows), 4, {"type": "cell", "criteria": "==", "value": verdict, "format": kind}
        )


def _units(made: _Book) -> None:
    w = made.words
    header = [w[k] for k in ("name", "operation", "electricity_kW", "heating_kW", "cooling_kW", "error")]
    sheet = made.sheet(w["units"], header, [28, 26, 16, 16, 16, 16])
    for place, unit in enumerate(made.report.summary["units"], 1):
        power = (unit["duties"].get("electricity") or 0.0) / 1e3
        cells = [unit["name"], unit["type"], power, unit["heating_kW"], unit["cooling_kW"]]
        for column, cell in enumerate(cells):
            _write(sheet, place, column, cell, made.number if column > 1 else None)
        _write(sheet, place, 5, unit["balance_error"], made.small)
