"""One solved case as plain numbers in the units of the trade: the object that `run --json` prints."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np

from blackmass import species
from blackmass.chemistry import aqueous
from blackmass.chemistry.reagents import reagent_stream
from blackmass.flowsheet.graph import streams as connections
from blackmass.flowsheet.plant import Terminal
from blackmass.flowsheet.result import Result
from blackmass.status import Status
from blackmass.stream import Stream, concatenated

SCHEMA_VERSION = 1
HOUR = 3600.0
TRACE = 1e-12


def summary(result: Result, case: int = 0) -> dict[str, Any]:
    """Return one case of a result as a JSON-ready mapping (see docs/how-to-run.md)."""
    plant = result.plant
    fed = sum((result.streams[name].case(case) for name in plant.feeds), Stream.empty())
    failed = bool(result.status[case] > Status.OUT_OF_RANGE)
    return {
        "schema_version": SCHEMA_VERSION,
        "flowsheet": plant.name,
        "status": "failed" if failed else "converged",
        "reason": result.reason(case),
        "warnings": _warnings(result, case),
        "out_of_range": [one.figures(case) for one in result.excesses if one.outside[case]],
        "iterations": int(result.iterations[case]),
        "feed": {"kg_per_h": _mass(fed), "species": _species(fed), "elements": _elements(fed)},
        "recovery": _recovery(result, case),
        "products": {t.name: _product(result, t, case) for t in _ends(result, "product")},
        "reagents": _reagents(result, case, _mass(fed)),
        "wastes": {t.name: {"kg_per_h": _mass(result.stream(t.wire).case(case))} for t in _ends(result, "waste")},
        "utilities": _utilities(result, case),
        "balance": _balance(result, case),
        "streams": _streams(result, case),
        "units": [_unit(result, name, case) for name in plant.units],
    }


def _number(value: Any) -> float | None:
    number = float(value)
    return number if np.isfinite(number) else None


def _mass(stream: Stream) -> float:
    return float(stream.mass[0]) * HOUR


def _species(stream: Stream) -> dict[str, float]:
    flows = stream.mass_flow[:, 0] * HOUR
    total = np.abs(flows).sum()
    return {name: float(kg) for name, kg in zip(species.NAMES, flows, strict=True) if abs(kg) > TRACE * total}


def _elements(stream: Stream) -> dict[str, float]:
    flows = (stream.elements * species.ATOMIC_WEIGHT)[:, 0] * HOUR
    return {name: float(kg) for name, kg in zip(species.ELEMENTS, flows, strict=True) if abs(kg) > 0}


def _ends(result: Result, kind: str) -> list[Terminal]:
    return [terminal for terminal in result.plant.terminals.values() if terminal.kind == kind]


def _recovery(result: Result, case: int) -> dict[str, Any]:
    fed = sum(result.streams[name].elements[:, case] for name in result.plant.feeds)
    found = {}
    for row in np.flatnonzero(fed > 0):
        element = species.ELEMENTS[row]
        if element in ("H", "O"):
            continue
        shares = {name: float(share[case]) for name, share in result.recovery(element).items()}
        found[element] = {"total": sum(shares.values()), "by_product": shares}
    return found


def _product(result: Result, terminal: Terminal, case: int) -> dict[str, Any]:
    stream = result.stream(terminal.wire).case(case)
    mass = stream.mass_flow[:, 0]
    total = float(mass.sum())
    dry = total - float(mass[species.index("H2O")])
    main = float(sum(mass[species.index(name)] for name in terminal.main))
    assay = {name: kg / HOUR / total for name, kg in _elements(stream).items()} if total > 0 else {}
    return {
        "kg_per_h": total * HOUR,
        "main": list(terminal.main),
        "purity": main / dry if dry > 0 else None,
        "moisture": (total - dry) / total if total > 0 else None,
        "assay": assay,
        "meets_spec": None,
    }


def _reagents(result: Result, case: int, feed: float) -> dict[str, Any]:
    """Reagents as they are bought; the water of dilutions mixed on site counts as water."""
    found: dict[str, Any] = {}
    for name, solution in _drawn(result, case).items():
        reagent = result.plant.reagents[name]
        pure = solution * reagent.pure_share
        row = found.setdefault(reagent.bought_as, {"kg_per_h": 0.0, "as_supplied_kg_per_h": 0.0})
        row["kg_per_h"] += pure
        row["as_supplied_kg_per_h"] += solution if reagent.bought_as == name else pure / _strength(reagent.bought_as)
    for row in found.values():
        row["kg_per_t_feed"] = 1000 * row["kg_per_h"] / feed if feed > 0 else None
    return found


def _drawn(result: Result, case: int) -> dict[str, float]:
    """Mass flow [kg/h] drawn of each reagent, in the strength in which it is fed."""
    drawn = result.drawn()
    return {name: _mass(drawn[name].case(case)) if name in drawn else 0.0 for name in result.plant.reagents}


def _strength(name: str) -> float:
    return reagent_stream(name)[1]


def _utilities(result: Result, case: int) -> dict[str, float | None]:
    drawn, reagents = _drawn(result, case), result.plant.reagents
    water = drawn.get("water", 0.0)
    for name, solution in drawn.items():
        if reagents[name].bought_as != name:
            water += solution * (1 - reagents[name].pure_share / _strength(reagents[name].bought_as))
    return {
        "electricity_kW": _number(result.duty("electricity")[case] / 1e3),
        "heat_kW": _number(result.duty("heating")[case] / 1e3),
        "cooling_kW": _number(result.duty("cooling")[case] / 1e3),
        "water_kg_per_h": water,
    }


def _balance(result: Result, case: int) -> dict[str, Any]:
    plant = result.plant
    entering = [result.streams[name].case(case) for name in plant.feeds]
    entering += [stream.case(case) for stream in result.drawn().values()]
    came = sum(entering, Stream.empty())
    left = sum((result.stream(t.wire).case(case) for t in plant.terminals.values()), Stream.empty())
    error = result.imbalance[:, case]
    into, out = _elements(came), _elements(left)
    by_element = {
        name: {
            "in_kg_per_h": into.get(name, 0.0),
            "out_kg_per_h": out.get(name, 0.0),
            "relative_error": _number(error[species.ELEMENTS.index(name)]),
        }
        for name in species.ELEMENTS
        if name in into or name in out
    }
    worst = max(plant.units, key=lambda name: np.nan_to_num(result.unit_error(name)[case], nan=np.inf))
    return {
        "max_relative_error": _number(result.balance_error[case]),
        "worst_unit": worst,
        "by_element": by_element,
        "charge_relative_error": _number(error[-1]),
        "enthalpy_relative_error": _number(result.enthalpy_error[case]),
    }


def _streams(result: Result, case: int) -> list[dict[str, Any]]:
    goes = {wire.name: consumer for wire, consumer, _ in connections(result.plant)}
    goes |= {result.plant.source_of(t.wire).name: t.name for t in result.plant.terminals.values()}
    rows = []
    acid = acidity({name: batch.case(case) for name, batch in result.streams.items()})
    for name, batch in result.streams.items():
        stream = batch.case(case)
        rows.append(
            {
                "name": name,
                "from": name.partition(".")[0],
                "to": goes.get(name, ""),
                "kg_per_h": _mass(stream),
                "T_C": _number(stream.temperature[0] - 273.15),
                "pH": acid.get(name),
                "components": _species(stream),
            }
        )
    return rows


def acidity(streams: Mapping[str, Stream]) -> dict[str, float | None]:
    """Return the pH of every stream that holds liquor by name, all of them solved as one batch (one case each)."""
    wet = {name: stream for name, stream in streams.items() if (stream["H2O"] > 0).all() and (stream.mass > 0).all()}
    if not wet:
        return {}
    together = concatenated([dataclasses.replace(stream, sizes=None) for stream in wet.values()])
    return {name: _number(pH) for name, pH in zip(wet, aqueous.pH(together.flow, together.temperature), strict=True)}


def _unit(result: Result, name: str, case: int) -> dict[str, Any]:
    operation = result.plant.units[name].operation
    outlets = result.solved.outlets[name]
    return {
        "name": name,
        "type": type(operation).__name__,
        "parameters": {key: _plain(getattr(operation, key), case) for key in operation.params},
        "duties": {key: _plain(outlets.values.get(key, 0.0), case) for key in operation.duties},
        "heating_kW": _number(result.heat[name].heating[case] / 1e3),
        "cooling_kW": _number(result.heat[name].cooling[case] / 1e3),
        "report": {key: _plain(value, case) for key, value in outlets.report.items()},
        "balance_error": _number(result.unit_error(name)[case]),
        "status": Status(int(np.broadcast_to(outlets.status, (result.cases,))[case])).name.lower(),
    }


def _plain(value: Any, case: int) -> Any:
    if isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, Mapping):
        return {str(key): _plain(inner, case) for key, inner in value.items()}
    array = np.asarray(value)
    if array.dtype.kind in "US":
        return array.tolist()
    chosen = array if array.ndim == 0 else array[..., min(case, array.shape[-1] - 1)]
    return _number(chosen) if chosen.ndim == 0 else [_number(number) for number in chosen.ravel()]


def _warnings(result: Result, case: int) -> list[str]:
    return [*result.plant.notes, *(one.sentence(case) for one in result.excesses if one.outside[case])]
