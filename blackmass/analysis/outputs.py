"""The figures of a batch of solved cases as columns: one value a case, in the units of the trade."""

from typing import Any

import numpy as np
import numpy.typing as npt

from blackmass import species
from blackmass.chemistry.reagents import reagent_stream
from blackmass.flowsheet.plant import Plant, Terminal
from blackmass.flowsheet.result import Result
from blackmass.quantities import from_si
from blackmass.status import Status
from blackmass.stream import Stream

Array = npt.NDArray[np.float64]
HOUR = 3600.0
WATER = species.index("H2O")
STATE = ("status", "reason", "detail", "iterations")
UTILITIES = {"electricity": "electricity_kW", "heating": "heat_kW", "cooling": "cooling_kW"}
_UNITS = {"kg_per_h": "kg/h", "kg_per_t_feed": "kg/t", "electricity_kW": "kW", "heat_kW": "kW", "cooling_kW": "kW"}


def unit_of(name: str, plant: Plant) -> str:
    """Return the unit of an output column; "" for fractions and counts."""
    if name.startswith("knob."):
        return _knob_unit(plant, name.removeprefix("knob."))
    return _UNITS.get(name.rpartition(".")[2], "kg/h" if name.endswith("kg_per_h") else "")


def output_names(plant: Plant) -> list[str]:
    """Return the names of the output columns of a plant, in order."""
    ends = list(plant.terminals.values())
    names = ["feed.kg_per_h", *(f"recovery.{element}" for element in sold(plant))]
    for terminal in ends:
        if terminal.kind == "product":
            names += [f"product.{terminal.name}.{figure}" for figure in ("kg_per_h", "purity", "moisture")]
    for name in _bought(plant):
        names += [f"reagent.{name}.{figure}" for figure in ("kg_per_h", "kg_per_t_feed")]
    names += [f"waste.{terminal.name}.kg_per_h" for terminal in ends if terminal.kind == "waste"]
    names += [*(f"utility.{name}" for name in UTILITIES.values()), "utility.water_kg_per_h"]
    names += [f"knob.{spec.vary}" for spec in plant.specs.values()]
    return [*names, "balance.max_relative_error", "balance.charge_relative_error"]


def sold(plant: Plant) -> list[str]:
    """Return the elements that the products of a plant are sold for."""
    mains = [name for terminal in plant.terminals.values() for name in terminal.main]
    formulas = [species.SPECIES[species.index(name)].formula for name in mains]
    elements = {element for formula in formulas for element in species.parse_formula(formula)} - {"H", "O"}
    return [element for element in species.ELEMENTS if element in elements]


def outputs(result: Result) -> dict[str, Array]:
    """Return the output columns (cases,) of a result; the figures of a failed case are NaN, its balances stay."""
    plant, cases = result.plant, result.cases
    feed = sum((result.streams[name].mass * HOUR for name in plant.feeds), np.zeros(cases))
    found: dict[str, Any] = {"feed.kg_per_h": feed}
    found |= {f"recovery.{element}": _total(result.recovery(element).values(), cases) for element in sold(plant)}
    for terminal in plant.terminals.values():
        found |= _end(result.stream(terminal.wire), terminal)
    drawn = {name: stream.mass * HOUR for name, stream in result.drawn().items()}
    found |= _reagents(plant, drawn, feed)
    found |= {f"utility.{shown}": result.duty(name) / 1e3 for name, shown in UTILITIES.items()}
    found["utility.water_kg_per_h"] = _water(plant, drawn, cases)
    for spec in plant.specs.values():
        found[f"knob.{spec.vary}"] = from_si(result.knobs[spec.vary], _knob_unit(plant, spec.vary))
    failed = ~result.converged
    found = {name: np.where(failed, np.nan, np.broadcast_to(value, (cases,))) for name, value in found.items()}
    found["feed.kg_per_h"] = feed
    found["balance.max_relative_error"] = result.balance_error
    found["balance.charge_relative_error"] = result.imbalance[-1]
    return {name: found[name] for name in output_names(plant)}


def state(result: Result) -> dict[str, list[Any]]:
    """Return how each case ended: converged or failed, the kind of end, a sentence where it is not "ok", passes."""
    status = ["converged" if good else "failed" for good in result.converged]
    reasons = [Status(int(code)).name.lower() for code in result.status]
    details = [result.reason(case) if code else "" for case, code in enumerate(result.status)]
    iterations = [int(count) for count in result.iterations]
    return dict(zip(STATE, (status, reasons, details, iterations), strict=True))


def _total(parts: Any, cases: int) -> Array:
    return np.asarray(sum(parts, np.zeros(cases)))


def _share(part: Array, whole: Array) -> Array:
    return np.where(whole > 0, part / np.where(whole > 0, whole, 1.0), np.nan)


def _end(stream: Stream, terminal: Terminal) -> dict[str, Array]:
    mass = stream.mass_flow
    total = mass.sum(0)
    found = {f"{terminal.kind}.{terminal.name}.kg_per_h": total * HOUR}
    if terminal.kind == "product":
        main = mass[[species.index(name) for name in terminal.main]].sum(0)
        found[f"product.{terminal.name}.purity"] = _share(main, total - mass[WATER])
        found[f"product.{terminal.name}.moisture"] = _share(mass[WATER], total)
    return found


def _bought(plant: Plant) -> list[str]:
    return list(dict.fromkeys(reagent.bought_as for reagent in plant.reagents.values()))


def _reagents(plant: Plant, drawn: dict[str, Array], feed: Array) -> dict[str, Array]:
    """Reagents as 100 %, as they are bought."""
    pure = {name: np.zeros_like(feed) for name in _bought(plant)}
    for name, solution in drawn.items():
        pure[plant.reagents[name].bought_as] = (
            pure[plant.reagents[name].bought_as] + solution * plant.reagents[name].pure_share
        )
    found = {}
    for name, flow in pure.items():
        found[f"reagent.{name}.kg_per_h"] = flow
        found[f"reagent.{name}.kg_per_t_feed"] = 1000 * _share(flow, feed)
    return found


def _water(plant: Plant, drawn: dict[str, Array], cases: int) -> Array:
    """Water drawn, that of dilutions mixed on site included."""
    total = drawn.get("water", np.zeros(cases))
    for name, solution in drawn.items():
        reagent = plant.reagents[name]
        if reagent.bought_as != name:
            total = total + solution * (1 - reagent.pure_share / reagent_stream(reagent.bought_as)[1])
    return total


def _knob_unit(plant: Plant, path: str) -> str:
    owner, _, name = path.partition(".")
    if owner in plant.feeds:
        return "kg/h" if name == "flow" else ""
    return plant.units[owner].operation.params[name].unit
