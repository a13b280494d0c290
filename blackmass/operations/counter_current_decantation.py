"""Washing of solids in a train of thickeners."""

import numpy as np

from blackmass import species
from blackmass.chemistry.evaporation import batch
from blackmass.declare import PerCase, duty, inlet, outlet, param, supply
from blackmass.operations.operation import Operation, Outlets
from blackmass.stream import Array, Stream


class CounterCurrentDecantation(Operation, area="separation of solids"):
    """Thickeners in series, solids and wash in counter-current; the slurry enters the first, the wash the last.

    Liquor mixes perfectly in each, and each underflow holds the liquor of its density. With U in the underflow, W of
    wash, F in the feed, r = W/U and n effective stages, the share of the feed's liquor that leaves with the solids is

    .. math:: \\varphi = U / [(F + W - U) S + U], \\quad S = (r^n - 1)/(r - 1)

    Nothing dissolves or precipitates. Source: Perry (2008), section 18, washing by decantation.
    """

    slurry = inlet("solids in pregnant liquor")
    wash_liquor = inlet("recycled wash liquor, used whole before water is drawn", optional=True)
    wash = supply("wash water", optional=True)
    overflow = outlet("clear pregnant liquor with the wash")
    underflow = outlet("washed solids")

    stages: int = param(4, bounds=(1, 12), doc="thickeners")
    wash_ratio: PerCase = param(2.0, bounds=(0, 10), doc="wash by mass of the liquor in the underflow")
    underflow_solids: PerCase = param(
        0.4, bounds=(0.05, 0.65), doc="mass fraction of solids in each underflow", source="Perry2008"
    )
    mixing: PerCase = param(0.9, bounds=(0.3, 1), doc="effective stages by stages", source="Perry2008")
    solids_to_overflow: PerCase = param(
        0.001, bounds=(0, 0.05), doc="share of the solids that does not settle", source="Perry2008"
    )
    power: PerCase = param("50 J/kg", bounds=("0 J/kg", "1 kJ/kg"), doc="rake and pump, by mass of slurry and stage")
    electricity = duty("kW", "rakes and underflow pumps")

    def run(self, slurry: Stream, wash_liquor: Stream, wash: Stream) -> Outlets:
        cases = batch(slurry, wash_liquor, wash, *(getattr(self, name) for name in self.params))
        slurry, wash_liquor, wash = (s.repeated(cases) for s in (slurry, wash_liquor, wash))
        solid = species.PHASE_MASK["solid"]
        settling, floating = slurry.split(solid * (1 - self.solids_to_overflow))
        dust, given = wash_liquor.split(solid)
        solids = np.maximum((settling + dust).mass, 0.0)
        lost, liquor = floating.split(solid)
        held = solids * (1 - self.underflow_solids) / self.underflow_solids
        missing = np.maximum(self.wash_ratio * held - np.maximum(given.mass, 0.0), 0.0)
        drawn = _drawn(wash, missing)
        used = given + drawn
        feed, water = np.maximum(liquor.mass, 0.0), np.maximum(used.mass, 0.0)
        held = np.minimum(held, feed + water)
        passes = np.where(held > 0, water / np.where(held > 0, held, 1.0), 0.0)
        below = (feed + water - held) * _series(passes, self.stages * self.mixing) + held
        stays = np.where(below > 0, held / np.where(below > 0, below, 1.0), 0.0)
        with_solids = np.where(water > 0, (held - stays * feed) / np.where(water > 0, water, 1.0), 0.0)
        kept, washed = liquor.split(np.clip(stays, 0.0, 1.0))
        replaced, over = used.split(np.clip(with_solids, 0.0, 1.0))
        return Outlets(
            overflow=lost + washed + over,
            underflow=settling + dust + kept + replaced,
            drawn={"wash": drawn},
            electricity=self.power * np.maximum(slurry.mass + used.mass, 0.0) * self.stages,
            report={"washed_out": 1 - stays},
        )


def _series(ratio: Array, count: "float | Array") -> Array:
    """Return 1 + r + ... + r^(n-1) for a real n, at most 1e12."""
    apart = np.abs(ratio - 1) > 1e-6
    rest = np.where(apart, ratio - 1, 1.0)
    power = np.exp(np.minimum(count * np.log(np.maximum(ratio, 1e-300)), 27.6))
    return np.where(apart, (power - 1) / rest, count * (1 + (count - 1) / 2 * (ratio - 1)))


def _drawn(supplied: Stream, wanted: Array) -> Stream:
    """What is drawn of a supply for a mass wanted."""
    mass = supplied.mass
    factor = np.where(mass > 0, wanted / np.where(mass > 0, mass, 1.0), 0.0)
    return Stream(supplied.flow * factor, supplied.temperature)
