"""Reactions of leaching, each balanced in every element and in charge, and what complete dissolution takes.

Oxides are written as dissolving with evolution of oxygen and reductants as taking oxygen up, so that each reaction
stands alone; the electrons that pass between them cancel as oxygen.
"""

import functools
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from blackmass import species
from blackmass.data.load import table
from blackmass.stream import Stream

Array = npt.NDArray[np.float64]
TRANSITION = ("Ni", "Co", "Mn")
_LAYERED: dict[str, dict[str, float]] = {
    "disproportionation {m}": {"Li{m}O2": -1, "H+": -2, "{m}+2": 0.5, "{m}O2": 0.5, "Li+": 1, "H2O": 1},
    "layered {m}": {"Li{m}O2": -1, "H+": -3, "Li+": 1, "{m}+2": 1, "H2O": 1.5, "O2(g)": 0.25},
    "hydroxide {m}": {"{m}OOH": -1, "H+": -2, "{m}+2": 1, "H2O": 1.5, "O2(g)": 0.25},
    "hydroxide split {m}": {"{m}OOH": -1, "H+": -1, "{m}+2": 0.5, "{m}O2": 0.5, "H2O": 1},
    "dioxide {m}": {"{m}O2": -1, "H+": -2, "{m}+2": 1, "H2O": 1, "O2(g)": 0.5},
    "exchange {m}": {"Li{m}O2": -1, "H+": -1, "Li+": 1, "{m}OOH": 1},
}
_OTHERS: dict[str, dict[str, float]] = {
    "deposition": {"NiO2": -1, "Mn+2": -0.5, "H2O": -1, "MnO2": 0.5, "NiOOH": 1, "H+": 1},
    "aluminate": {"LiAlO2": -1, "H+": -4, "Li+": 1, "Al+3": 1, "H2O": 2},
    "spinel acid": {"LiMn2O4": -1, "H+": -2, "Li+": 1, "Mn+2": 0.5, "MnO2": 1.5, "H2O": 1},
    "spinel": {"LiMn2O4": -1, "H+": -5, "Li+": 1, "Mn+2": 2, "H2O": 2.5, "O2(g)": 0.75},
    "olivine acid": {"LiFePO4": -1, "Li+": 1, "Fe+2": 1, "PO4-3": 1},
    "olivine": {"LiFePO4": -1, "O2(g)": -0.25, "H+": -1, "Li+": 1, "FePO4": 1, "H2O": 0.5},
    "heterosite": {"FePO4": -1, "Fe+3": 1, "PO4-3": 1},
    "ferrous": {"Fe+2": -1, "O2(g)": -0.25, "H+": -1, "Fe+3": 1, "H2O": 0.5},
    "phosphate": {"Fe+3": -1, "PO4-3": -1, "H2O": -2, "FePO4.2H2O": 1},
    "copper": {"Cu": -1, "O2(g)": -0.5, "H+": -2, "Cu+2": 1, "H2O": 1},
    "aluminium": {"Al": -1, "O2(g)": -0.75, "H+": -3, "Al+3": 1, "H2O": 1.5},
    "aluminium acid": {"Al": -1, "H+": -3, "Al+3": 1, "H2(g)": 1.5},
    "iron": {"Fe": -1, "O2(g)": -0.5, "H+": -2, "Fe+2": 1, "H2O": 1},
    "iron acid": {"Fe": -1, "H+": -2, "Fe+2": 1, "H2(g)": 1},
    "nickel oxide": {"NiO": -1, "H+": -2, "Ni+2": 1, "H2O": 1},
    "cobalt oxide": {"CoO": -1, "H+": -2, "Co+2": 1, "H2O": 1},
    "nickel": {"Ni": -1, "O2(g)": -0.5, "H+": -2, "Ni+2": 1, "H2O": 1},
    "nickel acid": {"Ni": -1, "H+": -2, "Ni+2": 1, "H2(g)": 1},
    "cobalt": {"Co": -1, "O2(g)": -0.5, "H+": -2, "Co+2": 1, "H2O": 1},
    "cobalt acid": {"Co": -1, "H+": -2, "Co+2": 1, "H2(g)": 1},
    "peroxide": {"H2O2": -1, "H2O": 1, "O2(g)": 0.5},
    "sulfite": {"SO2(aq)": -1, "O2(g)": -0.5, "H2O": -1, "SO4-2": 1, "H+": 2},
    "glucose": {"glucose": -1, "O2(g)": -6, "CO2(g)": 6, "H2O": 6},
}
_COMPLETE = (
    *("layered", "hydroxide", "dioxide", "aluminate", "spinel", "olivine acid", "copper", "aluminium", "iron"),
    *("nickel oxide", "cobalt oxide", "nickel", "cobalt"),
)


def _named(template: Mapping[str, float], metal: str) -> dict[str, float]:
    amounts: dict[str, float] = {}
    for name, amount in template.items():
        key = name.format(m=metal)
        amounts[key] = amounts.get(key, 0.0) + amount
    return amounts


def _reactions() -> dict[str, Array]:
    made = {}
    for metal in TRANSITION:
        for name, template in _LAYERED.items():
            made[name.format(m=metal)] = species.reaction(_named(template, metal))
    return made | {name: species.reaction(amounts) for name, amounts in _OTHERS.items()}


REACTIONS = _reactions()
STOICHIOMETRY: Array = np.stack(list(REACTIONS.values()), axis=1)
"""(species, reactions), in the order of REACTIONS."""
STOICHIOMETRY.setflags(write=False)


@functools.cache
def soluble() -> tuple[npt.NDArray[np.intp], Array]:
    """Return (rows, stoichiometry) of the solids that dissolve at once: (n,) and (species, n), one mole each."""
    rows, columns = [], []
    for row in table("leach_soluble.csv", columns=("species", "dissolved"), key=("species",)):
        change = {row["species"]: -1.0}
        words = row["dissolved"].split()
        for amount, name in zip(words[0::3], words[1::3], strict=True):
            change[name] = change.get(name, 0.0) + float(amount)
        change["H+"] = change.get("H+", 0.0) - float(species.CHARGE @ species.column(change))
        hydrogen = species.ELEMENT_MATRIX[species.ELEMENTS.index("H")]
        change["H2O"] = change.get("H2O", 0.0) - float(hydrogen @ species.column(change)) / 2
        rows.append(species.index(row["species"]))
        columns.append(species.reaction(change))
    return np.array(rows, dtype=np.intp), np.stack(columns, axis=1)


def acid_of(flow: Array, phosphate: float = 3.0) -> Array:
    """Return the acid [mol/s] of (species, ...): H+ less what phosphate (`phosphate` each) and fluoride hold."""
    h, p, f = species.indices(["H+", "PO4-3", "F-"])
    return np.asarray(flow[h] - phosphate * flow[p] - flow[f])


def _complete() -> dict[str, Array]:
    return {name: nu for name, nu in REACTIONS.items() if name.rsplit(" ", 1)[0] in _COMPLETE or name in _COMPLETE}


@functools.cache
def _demands() -> tuple[Array, Array]:
    acid, electrons = np.zeros(species.COUNT), np.zeros(species.COUNT)
    oxygen = species.index("O2(g)")
    for reaction in _complete().values():
        solid = int(np.argmin(np.where(species.PHASE_MASK["solid"][:, 0] > 0, reaction, 0.0)))
        acid[solid] = -float(acid_of(reaction))
        electrons[solid] = max(4 * reaction[oxygen], 0.0)
    rows, salts = soluble()
    acid[rows] = -acid_of(salts)
    for name, given in (("H2O2", 2.0), ("SO2(aq)", 2.0), ("glucose", 24.0), ("Fe+2", 1.0)):
        electrons[species.index(name)] = -given
    return acid, electrons


def acid_demand(stream: Stream) -> Array:
    """Return the protons (cases,) [mol/s] that complete dissolution of the soluble solids takes."""
    return np.maximum(_demands()[0], 0.0) @ stream.flow


def electron_demand(stream: Stream) -> Array:
    """Return the electrons (cases,) [mol/s] that the oxides of the solids take up as they dissolve."""
    return np.maximum(_demands()[1], 0.0) @ stream.flow


def electrons_offered(stream: Stream) -> Array:
    """Return the electrons (cases,) [mol/s] that the dissolved reductants can give."""
    return np.maximum(-_demands()[1], 0.0) @ stream.flow
