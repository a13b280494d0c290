"""The report as a PDF laid out for print, by Typst; names reach it as data, never as markup."""

import json
import tempfile
from importlib import resources
from pathlib import Path
from typing import Any

from blackmass.analysis.extras import needed
from blackmass.report.content import Content
from blackmass.report.fonts import japanese, latin
from blackmass.report.page import figure
from blackmass.report.stream_table import ELEMENTS, HOURS, Row

CLOSED = 1e-9


def printed(report: Content) -> bytes:
    """Return the PDF: summary, diagram, stream table, balances and assumptions.

    Raises
    ------
    InputError
        The extra `report` is not installed.
    """
    typst = needed("typst", "report")
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        template = resources.files("blackmass.report").joinpath("templates/print.typ")
        (place / "print.typ").write_text(template.read_text(encoding="utf-8"), encoding="utf-8")
        (place / "report.json").write_text(json.dumps(_data(report), ensure_ascii=False), encoding="utf-8")
        (place / "diagram.svg").write_text(report.diagram.svg, encoding="utf-8")
        (place / "distribution.svg").write_text(report.distribution, encoding="utf-8")
        for element, svg in report.sankeys.items():
            (place / f"flow_{element}.svg").write_text(svg, encoding="utf-8")
        fonts = [str(font.parent) for font in (latin(), japanese())]
        return bytes(typst.compile(place / "print.typ", root=place, font_paths=fonts, ignore_system_fonts=True))


def _data(report: Content) -> dict[str, Any]:
    w, s = report.words, report.summary
    balance = s["balance"]
    closes = (balance["max_relative_error"] or 0.0) < CLOSED
    return {
        "words": dict(w), "language": report.language, "name": report.name, "title": report.title, "feed": report.feed,
        "stamp": dict(report.stamp), "converged": s["status"] == "converged", "warnings": s["warnings"],
        "status": w["converged"] if s["status"] == "converged" else f"{w['failed']}: {s['reason']}",
        "products": [
            [_plain(n), figure(p["kg_per_h"]), figure(None if p["purity"] is None else 100 * p["purity"])]
            for n, p in s["products"].items()
        ],
        "recovery": [[element, f"{100 * r['total']:.1f}"] for element, r in s["recovery"].items()],
        "reagents": [
            [_plain(n), figure(r["kg_per_h"]), figure(r["kg_per_t_feed"])]
            for n, r in s["reagents"].items() if r["kg_per_h"] > 0
        ],
        "wastes": [[_plain(n), figure(r["kg_per_h"])] for n, r in s["wastes"].items()],
        "utilities": [
            [w["electricity"], f"{figure(s['utilities']['electricity_kW'])} kW"],
            [w["heat"], f"{figure(s['utilities']['heat_kW'])} kW"],
            [w["cooling"], f"{figure(s['utilities']['cooling_kW'])} kW"],
            [w["water"], f"{figure(s['utilities']['water_kg_per_h'])} kg/h"],
        ],
        "basis": f"{w['operating_hours'].format(hours=HOURS)}; {w['liquor_basis']}",
        "stream_head": [
            w["number"], w["name"], w["from"], w["to"], w["phase"], w["mass"], w["yearly"], w["temperature"], "pH",
            w["density"], w["solid_share"], w["d50"], *ELEMENTS,
        ],
        "streams": [_stream(row, w) for row in report.streams],
        "flows": list(report.sankeys),
        "closes": closes,
        "verdict": f"{w['pass'] if closes else w['fail']} ({figure(balance['max_relative_error'], 2)})",
        "balances": [
            [e, f"{b['in_kg_per_h']:.6f}", f"{b['out_kg_per_h']:.6f}", figure(b["relative_error"], 2)]
            for e, b in balance["by_element"].items()
        ],
        "assumptions": [[_plain(a.unit), _plain(a.name), a.value, a.range, a.doc] for a in report.assumptions],
    }  # fmt: skip


def _stream(row: Row, w: Any) -> list[str]:
    content = (row.solids if row.phase == "solid" else row.liquor) or {}
    return [
        str(row.line.number), _plain(row.line.end or row.line.wire.port or row.line.wire.name), _plain(row.line.source),
        _plain(row.line.target) or w[row.line.kind], w[row.phase], figure(row.mass), figure(row.yearly),
        f"{row.temperature:.0f}", figure(row.pH, 3), figure(row.density), figure(100 * row.solid_share, 3),
        figure(row.d50, 3), *(figure(content.get(e), 3) for e in ELEMENTS),
    ]  # fmt: skip


def _plain(name: str) -> str:
    return name.replace("_", " ")
