"""Time the aqueous engine against PHREEQC on the same equilibria: same species, constants and activity model.

Sulfate liquors of twelve components are speciated; neutralised in part, so that up to eight solids form; and brought
to a pH by sodium hydroxide with the same solids. PHREEQC gets one input for the whole batch, its database loaded once;
each case is a solution that is equilibrated with the solids, or salts that react in water with them (one calculation
less): the faster of the two counts.

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
COMPONENTS = (*LIQUOR, "Na+", "SO4-2", "H+", "H2O")
CELSIUS, TARGET = 60.0, 4.5
NEAR = 0.01  # difference of pH above which a case is not solved
FEW = 1e-3  # share of the cases that PHREEQC may leave unsolved for its run to count
KILOGRAM = 1.0 / species.molar_mass("H2O")
SODA = species.column({"Na+": 1.0, "H+": -1.0, "H2O": 1.0})
Totals = dict[str, np.ndarray]


def liquors(cases: int, neutralised: bool = True) -> Totals:
    """Draw totals [mol/kg]: acid, or with alkali that takes up part of the aluminium."""
    draw = np.random.default_rng(0)
    totals = {name: amount * (0.5 + draw.random(cases)) for name, amount in LIQUOR.items()}
    totals["Na+"] = 0.2 + 0.3 * draw.random(cases)
    hydroxide = totals["Al+3"] * (1.0 + 2.0 * draw.random(cases))
    totals["H+"] = -hydroxide if neutralised else 0.2 * (0.5 + draw.random(cases))
    totals["SO4-2"] = sum(species.CHARGE[species.index(name)] * amount for name, amount in totals.items()) / 2
    return totals


def timed(run: Callable[[], object]) -> tuple[float, object]:
    """Return the seconds that a call takes, and what it returns."""
    start = time.perf_counter()
    result = run()
    return time.perf_counter() - start, result


def as_solutions(engine: Engine, totals: Totals, solids: list[str]) -> str:
    """Each case as a solution whose pH balances its charge, then equilibrated with the solids."""
    lines = ["SELECTED_OUTPUT 1", " -reset false", " -high_precision true", " -pH true"]
    lines += ["EQUILIBRIUM_PHASES 1", *solids, "END"] if solids else []
    for case in range(totals["H+"].size):
        held = {name: amount[case] for name, amount in totals.items() if name != "H+"}
        lines += [engine.liquor(1, {**held, "pH": 2.0}, CELSIUS)]
        lines += ["USE equilibrium_phases 1", "END"] if solids else ["END"]
    return "\n".join(lines)


def as_reactions(engine: Engine, totals: Totals, solids: list[str]) -> str:
    """Each case as its components brought into water in the presence of the solids."""
    lines = ["SELECTED_OUTPUT 1", " -reset false", " -high_precision true", " -pH true"]
    lines += ["EQUILIBRIUM_PHASES 1", *solids, "END"] if solids else []
    lines += [f"SOLUTION 1\n temp {CELSIUS}", "END"]
    written = {"H+": "H"}
    for name in totals:
        if name != "H+":
            others = ELEMENTS.get(name, ("", {}))[1].items()
            written[name] = element(name) + "".join(f"{other}{count}" for other, count in others)
    for case in range(totals["H+"].size):
        lines += ["USE solution 1", *(["USE equilibrium_phases 1"] if solids else [])]
        lines += [f"REACTION_TEMPERATURE 1\n {CELSIUS}", "REACTION 1"]
        lines += [*(f" {written[name]} {amount[case]:.12g}" for name, amount in totals.items()), " 1", "END"]
    return "\n".join(lines)


def phreeqc_seconds(totals: Totals, solids: list[str], pH: np.ndarray) -> float:
    """Return the time of the faster way, and print both with the largest difference of pH among the cases solved."""
    cases, best = pH.size, np.inf
    for way in (as_solutions, as_reactions):
        engine = Engine(SOLIDS, COMPONENTS)
        text = way(engine, totals, solids)
        taken, failed = timed(lambda engine=engine, text=text: engine.phreeqc.RunString(text))
        if failed:
            raise RuntimeError(engine.phreeqc.GetErrorString())
        last = engine.phreeqc.GetSelectedOutputRowCount() - 1
        step = (last - (way is as_reactions)) // cases
        value = engine.phreeqc.GetSelectedOutputValue
        away = np.array([abs(value(last - step * (cases - 1 - case), 0) - pH[case]) for case in range(cases)])
        lost = np.count_nonzero(away >= NEAR)
        print(f"  PHREEQC, {way.__name__}: {1e6 * taken / cases:.0f} us per case, {lost} failed", end="; ")
        print(f"pH differs by {away[away < NEAR].max(initial=0.0):.0e} at most")
        best = min(best, taken if lost <= FEW * cases else np.inf)
    return best


def compare(title: str, totals: Totals, solids: tuple[str, ...], **dosing: object) -> None:
    """Time one kind of equilibrium with both."""
    cases = totals["H+"].size
    stream = Stream.of({**totals, "H2O": KILOGRAM}, cases=cases)

    def ours(start: np.ndarray | None = None) -> aqueous.Equilibrium:
        return aqueous.equilibrate(stream.flow, CELSIUS + 273.15, solids=solids, start=start, **dosing)

    ours()
    seconds, found = timed(ours)
    warm, _ = timed(lambda: ours(found.guess))
    failed = np.count_nonzero(found.status > 1)
    print(f"{title}:\n  blackmass: {1e6 * seconds / cases:.0f} us per case, {failed} failed", end="; ")
    print(f"{1e6 * warm / cases:.0f} us from the answer")
    wanted = [f" {phase(name)} 0 0" for name in solids] + [f" Fix_H+ {-TARGET} NaOH 10"] * bool(dosing)
    theirs = phreeqc_seconds(totals, wanted, found.pH)
    print(f"  ratio: {theirs / seconds:.1f}; from the answer {theirs / warm:.1f}")


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=10000)
    cases = parser.parse_args().cases
    lacking = [row for row, name in enumerate(aqueous.COMPONENTS) if name not in COMPONENTS]
    complexes = sum(not np.any(reaction.amounts[lacking]) for reaction in dissolved("davies"))
    print(f"{cases} cases, {len(COMPONENTS) - 1} components and water, {complexes} complexes, {len(SOLIDS)} solids")
    acid = liquors(cases, neutralised=False)
    compare("speciation", acid, ())
    compare("neutralised, solids form", liquors(cases), SOLIDS)
    compare(f"dosed to pH {TARGET:g}, solids form", acid, SOLIDS, pH=TARGET, reagent=SODA)


if __name__ == "__main__":
    main()
