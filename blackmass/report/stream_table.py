"""The numbered stream table of a solved plant, in the units of the trade."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from blackmass import species
from blackmass.flowsheet.result import Result
from blackmass.flowsheet.summary import acidity
from blackmass.report.numbering import Line, numbered
from blackmass.sizes import DIAMETER
from blackmass.stream import Stream

HOURS = 8000.0
"""Hours of operation a year, by which kg/h become t/a."""
ELEMENTS = ("Li", "Ni", "Co", "Mn", "Cu", "Al", "Fe", "P", "F", "S", "Na", "Ca", "C")
_LITTLE = 0.02  # mass fraction of solids in a liquor that is called a slurry from there on
_DRY = 0.6  # and one that is called solid


@dataclasses.dataclass(frozen=True)
class Row:
    """One stream: flows [kg/h, t/a], temperature [degC], pH, density of its liquor [kg/m3], median size [um], contents.

    `liquor` holds g/L of the liquor and `solids` mass per cent of the solids; None where a stream has none.
    """

    line: Line
    phase: str
    mass: float
    yearly: float
    temperature: float
    pH: float | None
    density: float | None
    d50: float | None
    solid_share: float
    liquor: dict[str, float] | None
    solids: dict[str, float] | None


def stream_table(result: Result, case: int = 0) -> list[Row]:
    """Return the rows of one case, in the order of their numbers."""
    lines = numbered(result.plant)
    streams = {line.wire.name: result.streams[line.wire.name].case(case) for line in lines}
    pH = acidity(streams)
    return [_row(line, streams[line.wire.name], pH.get(line.wire.name)) for line in lines]


def phase_of(stream: Stream) -> str:
    """Return what a stream is: "solid", "slurry", "aqueous", "organic" or "gas"."""
    mass = {name: float(stream.phase(name).mass[0]) for name in ("solid", "aqueous", "organic", "gas")}
    total = sum(mass.values())
    if total <= 0:
        return "aqueous"
    if mass["gas"] > 0.5 * total or mass["organic"] > 0.5 * total:
        return "gas" if mass["gas"] > mass["organic"] else "organic"
    share = mass["solid"] / total
    return "solid" if share > _DRY else "slurry" if share > _LITTLE else "aqueous"


def _row(line: Line, stream: Stream, pH: float | None) -> Row:
    mass = float(stream.mass[0])
    kind = phase_of(stream)
    liquor, solids = stream.phase("aqueous"), stream.phase("solid")
    volume, solid = float(liquor.volume[0]), float(solids.mass[0])
    return Row(
        line, kind, 3600 * mass, 3.6 * HOURS * mass, float(stream.temperature[0]) - 273.15,
        pH if kind in ("aqueous", "slurry") else None,
        float(liquor.mass[0]) / volume if volume > 0 and kind in ("aqueous", "slurry") else None,
        _median_size(stream) if solid > 0 else None,
        solid / mass if mass > 0 else 0.0,
        {e: kg / volume for e, kg in _masses(liquor).items()} if volume > 0 and kind in ("aqueous", "slurry") else None,
        {e: 100 * kg / solid for e, kg in _masses(solids).items()} if solid > _LITTLE * mass else None,
    )  # fmt: skip


def _masses(stream: Stream) -> dict[str, float]:
    flows = (stream.elements * species.ATOMIC_WEIGHT)[:, 0]
    return {element: float(flows[species.ELEMENTS.index(element)]) for element in ELEMENTS}


def _median_size(stream: Stream) -> float | None:
    """Size [um] that half of the solids passes, on the logarithm of the size classes."""
    if stream.sizes is None:
        return None
    masses = species.MATERIAL_MATRIX @ stream.mass_flow[:, 0]
    spread = (np.maximum(masses, 0.0)[:, None] * stream.sizes[..., 0]).sum(0)
    if spread.sum() <= 0:
        return None
    passing = (np.cumsum(spread) - 0.5 * spread) / spread.sum()
    return float(1e6 * np.exp(np.interp(0.5, passing, np.log(DIAMETER))))


def carried(rows: Sequence[Row]) -> dict[int, str]:
    """Return the phase of each stream by its number, as the diagram takes it."""
    return {row.line.number: row.phase for row in rows}


def note(row: Row) -> str:
    """Return one line about a stream, for the pointer that rests on it."""
    parts = [f"{row.line.number} {row.line.wire.name}", f"{row.mass:.4g} kg/h", f"{row.temperature:.0f} °C"]
    if row.pH is not None:
        parts.append(f"pH {row.pH:.1f}")
    content, unit = (row.solids, "wt%") if row.phase == "solid" else (row.liquor, "g/L")
    if content:
        most = sorted(content, key=lambda element: -content[element])[:4]
        parts.append(
            ", ".join(f"{element} {content[element]:.3g}" for element in most if content[element] > 0) + f" {unit}"
        )
    return "; ".join(parts)
