"""Rate of a sweep against BioSTEAM on a plant of the same units, streams and recycles, in one run.

    python benchmarks/against_biosteam.py [FLOWSHEET] [--cases 1000]

BioSTEAM is installed into an environment of its own (`build/biosteam`). Its twin of the plant has fixed shares and no
chemistry; ours carries all of it. One process each, in cases a second of processor time. The twin has as many
components as our plant has species in it.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

import numpy as np

from blackmass import load_flowsheet, solve
from blackmass.flowsheet.graph import loops
from blackmass.flowsheet.plant import Wire
from blackmass.flowsheet.result import Result

sys.path.insert(0, str(Path(__file__).parent))

import sweep

BIOSTEAM = "biosteam" if sys.version_info >= (3, 12) else "biosteam<2.52"  # newer ones do not run on Python 3.11
ENVIRONMENT = Path(__file__).parents[1] / "build" / "biosteam"
HOUR = 3600.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("flowsheet", nargs="?", default="nmc_hydromet")
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--python", type=Path, help="of an environment in which BioSTEAM is installed already")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    found = compare(arguments.flowsheet, arguments.cases, arguments.python or installed())
    print(
        f"{arguments.flowsheet}, {found['units']} units, {found['components']} components: "
        f"{found['ours']:.0f} cases/s with chemistry; BioSTEAM {found['version']} with fixed shares "
        f"{found['biosteam']:.1f} cases/s; ratio {found['ratio']:.2f}"
    )
    if arguments.json:
        print(json.dumps(found))


def compare(flowsheet: str, cases: int, python: Path) -> dict:
    """Return both rates [1/s] and their ratio."""
    twin = twin_of(solve(load_flowsheet(flowsheet)).check())
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "twin.json"
        file.write_text(json.dumps(twin), encoding="utf-8")
        line = [str(python), str(Path(__file__).with_name("biosteam_twin.py")), str(file)]
        answer = subprocess.run(line, check=True, capture_output=True, text=True)
    theirs = json.loads(answer.stdout.splitlines()[-1])
    ours = cases / sweep.apart(flowsheet, cases, 1)["processor"]
    return {
        "flowsheet": flowsheet, "units": theirs["units"], "components": twin["components"], "cases": cases,
        "version": theirs["version"], "ours": ours, "biosteam": theirs["rate"], "ratio": ours / theirs["rate"],
    }  # fmt: skip


def twin_of(result: Result) -> dict:
    """Return the units of a solved plant with the shares by mass of their outlets, and what feeds them [kg/h]."""
    plant, units = result.plant, []
    feeds = {name: float(result.streams[name].mass[0] * HOUR) for name in plant.feeds}
    order = loops(plant)
    for unit in (plant.units[name] for loop in order for name in loop.units):
        ins = [plant.source_of(wire).name for wire in unit.connections.values() if isinstance(wire, Wire)]
        for port, stream in result.solved.outlets[unit.name].drawn.items():
            feeds[f"{unit.name}.{port}"] = float(stream.mass[0] * HOUR)
            ins.append(f"{unit.name}.{port}")
        mass = np.array([result.streams[f"{unit.name}.{port}"].mass[0] for port in unit.operation.outlets])
        shares = mass / mass.sum() if mass.sum() > 0 else np.full(mass.size, 1 / mass.size)
        outs = [
            (f"{unit.name}.{port}", float(share)) for port, share in zip(unit.operation.outlets, shares, strict=True)
        ]
        units.append({"name": unit.name, "ins": ins, "outs": outs})
    present = sum(np.abs(stream.flow[:, 0]) for stream in result.streams.values()) > 0
    tears = [wire.name for loop in order for wire in loop.tears]
    return {"components": int(present.sum()), "feeds": feeds, "units": units, "tears": tears}


def installed() -> Path:
    """Install BioSTEAM into an environment of its own, once, and return its Python."""
    python = ENVIRONMENT / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    if not python.exists():
        venv.create(ENVIRONMENT, with_pip=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", BIOSTEAM], check=True)
    return python


if __name__ == "__main__":
    main()
