"""A summary as text for a terminal."""

from typing import Any


def summary_text(found: dict[str, Any]) -> str:
    """Return the summary of one case as a few tables."""
    parts = [
        f"{found['flowsheet']}, {found['iterations']} passes: {found['reason']}",
        _feed(found),
        _recovery(found["recovery"]),
        _products(found["products"]),
        _reagents(found["reagents"]),
        _wastes(found["wastes"]),
        _utilities(found["utilities"]),
        _balance(found["balance"]),
        *(f"warning: {line}" for line in found["warnings"]),
    ]
    return "\n\n".join(parts)


def aligned(title: str, header: list[str], rows: list[list[str]], left: tuple[int, ...] = (0,)) -> str:
    """Return a table with the columns of `left` aligned to the left, the others to the right."""
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]

    def line(cells: list[str]) -> str:
        padded = (c.ljust(w) if i in left else c.rjust(w) for i, (c, w) in enumerate(zip(cells, widths, strict=True)))
        return "  ".join(padded).rstrip()

    return "\n".join([title, f"  {line(header)}", *(f"  {line(row)}" for row in rows)])


def _number(value: float | None, digits: int = 4) -> str:
    if value is None:
        return "-"
    return f"{value:.0f}" if abs(value) >= 10**digits else f"{value:.{digits}g}"


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.2f}"


def _feed(found: dict[str, Any]) -> str:
    feed = found["feed"]
    parts = [f"{name} {_number(kg)}" for name, kg in feed["elements"].items() if name not in ("H", "O")]
    return f"Feed {_number(feed['kg_per_h'])} kg/h: {', '.join(parts)} kg/h"


def _recovery(recovery: dict[str, Any]) -> str:
    rows = []
    for element, figures in recovery.items():
        where = ", ".join(f"{name} {_percent(share)}" for name, share in figures["by_product"].items())
        rows.append([element, _percent(figures["total"]), where])
    return aligned("Recovery", ["element", "%", "by product, %"], rows)


def _products(products: dict[str, Any]) -> str:
    rows = []
    for name, figures in products.items():
        main = "+".join(figures["main"])
        cells = [_number(figures["kg_per_h"]), main, _percent(figures["purity"]), _percent(figures["moisture"])]
        rows.append([name, *cells])
    return aligned("Products", ["product", "kg/h", "sold as", "purity, % of dry", "moisture, %"], rows)


def _reagents(reagents: dict[str, Any]) -> str:
    rows = [[name, _number(v["kg_per_h"]), _number(v["kg_per_t_feed"])] for name, v in reagents.items()]
    return aligned("Reagents (as 100 %)", ["reagent", "kg/h", "kg/t feed"], rows)


def _wastes(wastes: dict[str, Any]) -> str:
    return aligned("Wastes", ["waste", "kg/h"], [[name, _number(v["kg_per_h"])] for name, v in wastes.items()])


def _utilities(utilities: dict[str, Any]) -> str:
    names = {"electricity_kW": "electricity, kW", "heat_kW": "heat, kW", "cooling_kW": "cooling, kW"}
    names["water_kg_per_h"] = "water, kg/h"
    return aligned("Utilities", ["utility", ""], [[names[key], _number(value)] for key, value in utilities.items()])


def _balance(balance: dict[str, Any]) -> str:
    error = balance["max_relative_error"]
    verdict = "PASS" if error is not None and error < 1e-9 else "FAIL"
    rows = [
        [name, _number(v["in_kg_per_h"], 6), _number(v["out_kg_per_h"], 6), _number(v["relative_error"], 2)]
        for name, v in balance["by_element"].items()
    ]
    rows.append(["charge", "", "", _number(balance["charge_relative_error"], 2)])
    rows.append(["enthalpy", "", "", _number(balance["enthalpy_relative_error"], 2)])
    title = f"Balance: {verdict} (worst {_number(error, 2)} relative, at {balance['worst_unit']})"
    return aligned(title, ["element", "in, kg/h", "out, kg/h", "relative error"], rows)
