"""Time the aqueous engine against PHREEQC on the same equilibria: same species, constants and activity model.

Each case is a sulfate liquor of twelve components, neutralised in part, from which eight solids may form. PHREEQC gets
one input for the whole batch, its database loaded once, and each case in two ways: as a solution that is equilibrated
with the solids, and as salts reacting in water with them (one calculation less); the faster counts.

    python benchmarks/aqueous_against_phreeqc.py --cases 10000
"""

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))

from phreeqc_twin import ELEMENTS, Engine, element, phase

from blackmass import species
from blackmass.chemistry import aqueous
from blackmass.chemistry.equilibria import dissolved
from blackmass.stream import Stream

LIQUOR = {
    "Ni+2": 0.35,
    "Co+2": 0.12,
    "Mn+2": 0.12,
    "Li+": 0.6,
    "Al+3": 0.05,
    "Fe+3": 0.01,
    "Cu+2": 0.01,
    "F-": 0.02,
    "PO4-3": 0.005,
}
SOLIDS = (
    "Fe(OH)3",
    "Al(OH)3",
    "alunite-Na",
    "FePO4.2H2O",
    "AlPO4.2H2O",
    "brochantite",
    "Cu(OH)2",
    "Ni(OH)2",
)
CELSIUS = 60.0
COMPONENTS = (*LIQUOR, "Na+", "SO4-2", "H+", "H2O")
KILOGRAM = 1.0 / species.molar_mass("H2O")


def liquors(cases: int) -> dict[str, np.ndarray]:
    """Draw totals [mol/kg]; sodium hydroxide takes up part of what the metals could bind of it."""
    draw = np.random.default_rng(0)
    totals = {name: amount * (0.5 + draw.random(cases)) for name, amount in LIQUOR.items()}
    totals["Na+"] = 0.2 + 0.3 * draw.random(cases)
    charge = sum(species.CHARGE[species.index(name)] * amount for name, amount in totals.items())
    hydroxide = totals["Al+3"] * (1.0 + 2.0 * draw.random(cases))
    totals["SO4-2"] = (charge - hydroxide) / 2
    totals["H+"] = -hydroxide
    return totals


def timed(run: Callable[[], object]) -> tuple[float, object]:
    """Return the seconds that a call takes, and what it returns."""
    start = time.perf_counter()
    result = run()
    return time.perf_counter() - start, result


def as_solutions(engine: Engine, totals: dict[str, np.ndarray]) -> str:
    """Each case as a solution whose pH balances its charge, then equilibrated with the solids."""
    lines = [engine.selected().split(" -ionic")[0], "EQUILIBRIUM_PHASES 1", *(f" {phase(name)} 0 0" for name in SOLIDS)]
    lines += ["END"]
    for case in range(totals["H+"].size):
        held = {name: amount[case] for name, amount in totals.items() if name != "H+"}
        lines += [engine.liquor(1, {**held, "pH": 3.0}, CELSIUS), "USE equilibrium_phases 1", "END"]
    return "\n".join(lines)


def as_reactions(engine: Engine, totals: dict[str, np.ndarray]) -> str:
    """Each case as its components brought into water in the presence of the solids."""
    lines = [engine.selected().split(" -ionic")[0], "EQUILIBRIUM_PHASES 1", *(f" {phase(name)} 0 0" for name in SOLIDS)]
    lines += [f"SOLUTION 1\n temp {CELSIUS}", "END"]
    written = {
        name: element(name) + "".join(f"{other}{count}" for other, count in ELEMENTS.get(name, ("", {}))[1].items())
        for name in totals
    }
    written["H+"] = "H"
    for case in range(totals["H+"].size):
        parts = [f" {written[name]} {amount[case]:.12g}" for name, amount in totals.items()]
        lines += ["USE solution 1", "USE equilibrium_phases 1", f"REACTION_TEMPERATURE 1\n {CELSIUS}", "REACTION 1"]
        lines += [*parts, " 1", "END"]
    return "\n".join(lines)


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=10000)
    cases = parser.parse_args().cases
    totals = liquors(cases)
    stream = Stream.of({**totals, "H2O": KILOGRAM}, cases=cases)
    complexes = [
        one
        for one in dissolved("davies")
        if all(name in COMPONENTS for name, amount in zip(aqueous.COMPONENTS, one.amounts, strict=True) if amount)
    ]
    print(
        f"{cases} cases, {len(COMPONENTS) - 1} components and water, {len(complexes)} complexes, {len(SOLIDS)} solids"
    )

    def ours(start: np.ndarray | None = None) -> aqueous.Equilibrium:
        return aqueous.equilibrate(stream.flow, CELSIUS + 273.15, solids=SOLIDS, start=start)

    ours()
    seconds, found = timed(ours)
    warm, _ = timed(lambda: ours(found.guess))
    print(f"blackmass: {1e6 * seconds / cases:8.1f} us per case; from the answer {1e6 * warm / cases:.1f} us")
    failed, formed = np.count_nonzero(found.status > 1), (found.extent > 0).sum(0).mean()
    print(f"           {failed} cases failed; {formed:.1f} solids form on average")

    best = np.inf
    for way in (as_solutions, as_reactions):
        engine = Engine(SOLIDS, COMPONENTS)
        text = way(engine, totals)
        taken, code = timed(lambda engine=engine, text=text: engine.phreeqc.RunString(text))
        if code:
            print(f"PHREEQC {way.__name__}: {engine.phreeqc.GetErrorString()[:300]}")
            continue
        last = engine.phreeqc.GetSelectedOutputRowCount() - 1
        value = engine.phreeqc.GetSelectedOutputValue
        step = (last - (way is as_reactions)) // cases
        pH = np.array([value(row, 0) for row in range(last - step * (cases - 1), last + 1, step)])
        away = np.abs(pH - found.pH).max()
        print(f"PHREEQC {way.__name__}: {1e6 * taken / cases:8.1f} us per case; pH differs by {away:.1e} at most")
        best = min(best, taken)
    print(f"ratio: {best / seconds:.1f}; from the answer {best / warm:.1f}")


if __name__ == "__main__":
    main()
