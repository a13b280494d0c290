"""Flotation of graphite from black mass."""

import numpy as np

from blackmass import species
from blackmass.chemistry.flotation import bound_share, recovered
from blackmass.chemistry.separation import separate
from blackmass.declare import PerCase, duty, inlet, outlet, param, supply
from blackmass.operations.operation import Operation, Outlets
from blackmass.stream import Stream

_LIQUID = species.PHASE_MASK["aqueous"]


class Flotation(Operation, area="separation of solids"):
    """A bank of flotation cells: graphite rises with the froth, active material stays in the tailings.

    True flotation is of the first order by material and size class, entrainment follows the water
    (`chemistry.flotation`). Binder that the feed brings makes active material float and graphite float less; pyrolysed
    black mass has none, and attrition makes it harmless. Rougher, cleaner and scavenger are banks of their own.
    Collector and frother are not followed, nor what black mass dissolves in the water.
    """

    feed = inlet("black mass, dry or as pulp")
    water = supply("process water to the pulp's density")
    froth = outlet("graphite concentrate")
    tailings = outlet("active material")

    solids: PerCase = param(0.08, bounds=(0.01, 0.4), doc="mass fraction of solids in the pulp", source="Salces2022")
    residence_time: PerCase = param("25 min", bounds=("1 min", "2 h"), doc="of the pulp in the bank")
    cells: int = param(5, bounds=(1, 20), doc="cells in the bank")
    binder_removed: PerCase = param(
        0.0,
        bounds=(0, 1),
        doc="share of the binder of the feed made harmless by attrition",
        source="Vanderbruggen2022b",
    )
    water_recovery: PerCase = param(0.2, bounds=(0.01, 0.7), doc="share of the water that goes with the froth")
    scale_up: PerCase = param(
        2.5, bounds=(1, 5), doc="by which the plant is slower than a laboratory cell", source="Wills2016"
    )
    specific_energy: PerCase = param(
        "5 kW*h/m^3",
        bounds=("0 kW*h/m^3", "30 kW*h/m^3"),
        doc="impeller and air, by pulp; estimated",
        source="Wills2016",
    )
    electricity = duty("kW", "impellers and air")

    def run(self, feed: Stream, water: Stream) -> Outlets:
        cases = max([feed.cases, water.cases] + [np.size(getattr(self, name)) for name in self.params])
        feed, water = feed.repeated(cases), water.repeated(cases)
        dry = feed.phase("solid").mass
        lacking = np.maximum(dry * (1 - self.solids) / self.solids - (feed.mass - dry), 0.0)
        factor = np.where(water.mass > 0, lacking / np.where(water.mass > 0, water.mass, 1.0), 0.0)
        drawn = Stream(water.flow * factor, water.temperature)
        pulp = feed + drawn
        share = recovered(
            np.ones(cases) * self.residence_time,
            self.cells,
            bound=bound_share(pulp, self.binder_removed),
            water=self.water_recovery,
            slowness=self.scale_up,
        )
        taken, rest = separate(pulp, share)
        carried, rest = rest.split(_LIQUID * self.water_recovery)
        froth = Stream(taken.flow + carried.flow, taken.temperature, taken.sizes)
        return Outlets(
            froth=froth,
            tailings=rest,
            electricity=self.specific_energy * np.maximum(pulp.volume, 0.0),
            drawn={"water": drawn},
            report={
                "graphite_recovery": _share(froth["graphite"], feed["graphite"]),
                "graphite_grade": _share(froth.mass_flow[species.index("graphite")], froth.phase("solid").mass),
                "mass_pull": _share(froth.phase("solid").mass, dry),
            },
        )


def _share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return part / np.where(whole > 0, whole, np.inf)
