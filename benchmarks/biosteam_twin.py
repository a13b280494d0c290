"""A plant of fixed shares in BioSTEAM, for the rate at which it is solved; runs in an environment of its own.

    python benchmarks/biosteam_twin.py TWIN.json --cases 50

TWIN.json names the units in their order of calculation with their inlets, outlets and the share of each outlet, the
feeds, and the streams that are torn. It carries no chemistry: each unit mixes and divides. Neither design nor costs
are computed. Prints one line of JSON.
"""

import argparse
import json
import time
from pathlib import Path

import biosteam


class Divider(biosteam.Unit):
    """Mixes its inlets and divides them by fixed shares."""

    _ins_size_is_fixed = False
    _outs_size_is_fixed = False
    shares: tuple[float, ...] = ()

    def _run(self) -> None:
        self.outs[0].mix_from(self.ins, energy_balance=False)
        mixed = self.outs[0].mol.to_array().copy()
        for stream, share in zip(self.outs, self.shares, strict=True):
            stream.mol[:] = share * mixed


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("twin", type=Path)
    parser.add_argument("--cases", type=int, default=50)
    arguments = parser.parse_args()
    units, system = build(json.loads(arguments.twin.read_text(encoding="utf-8")))
    simulate(system)
    varied = max((unit for unit in units if len(unit.shares) == 2), key=lambda unit: min(unit.shares))
    first, begin = varied.shares[0], time.process_time()
    for case in range(arguments.cases):
        share = first * (0.9 + 0.1 * case / arguments.cases)
        varied.shares = (share, 1 - share)
        simulate(system)
    seconds = time.process_time() - begin
    entered, left = sum(feed.F_mol for feed in system.feeds), sum(stream.F_mol for stream in system.products)
    found = {
        "version": biosteam.__version__,
        "units": len(units),
        "rate": arguments.cases / seconds,
        "imbalance": abs(left - entered) / entered,
    }
    print(json.dumps(found))


def build(twin: dict) -> tuple[list, biosteam.System]:
    """Return the units and the system of a plant."""
    solids = [
        biosteam.Chemical(f"Solid{number}", search_db=False, phase="s", MW=50.0 + number, default=True)
        for number in range(twin["components"] - 1)
    ]
    biosteam.settings.set_thermo(["Water", *solids])
    streams = {
        name: biosteam.Stream(None, Water=0.5 * flow, units="kg/hr", **{s.ID: 0.5 * flow / len(solids) for s in solids})
        for name, flow in twin["feeds"].items()
    }
    for unit in twin["units"]:
        streams |= {name: biosteam.Stream(None) for name, _ in unit["outs"]}
    units = []
    for unit in twin["units"]:
        outs = [streams[name] for name, _ in unit["outs"]]
        one = Divider(unit["name"], ins=[streams[name] for name in unit["ins"]], outs=outs)
        one.shares = tuple(share for _, share in unit["outs"])
        units.append(one)
    returned = [streams[name] for name in twin["tears"]]
    system = biosteam.System("plant", path=units, recycle=returned or None)
    system.set_tolerance(mol=1e-6, rmol=1e-9, maxiter=500)
    return units, system


def simulate(system: biosteam.System) -> None:
    system.simulate(design_and_cost=False)


if __name__ == "__main__":
    main()
