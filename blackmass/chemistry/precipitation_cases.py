"""Published precipitation experiments, predicted from their conditions alone."""

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from blackmass import species
from blackmass.chemistry.neutralisation import SOLIDS, Neutralisation, neutralise
from blackmass.errors import InputError, nearest
from blackmass.status import Status

Array = npt.NDArray[np.float64]
ELEMENTS = {
    **{"Li": "Li+", "Na": "Na+", "Mg": "Mg+2", "Al": "Al+3", "Ca": "Ca+2", "Mn": "Mn+2", "Fe": "Fe+3", "Co": "Co+2"},
    **{"Ni": "Ni+2", "Cu": "Cu+2", "Zn": "Zn+2", "P": "PO4-3", "F": "F-"},
}
"""Dissolved form of each element of the case files; iron is taken as oxidised."""
MEDIA = {"sulfate": ("SO4-2", 2.0), "chloride": ("Cl-", 1.0)}
REAGENTS: dict[str, dict[str, float]] = {
    "NaOH": {"Na+": 1, "H2O": 1, "H+": -1},
    "LiOH": {"Li+": 1, "H2O": 1, "H+": -1},
    "KOH": {"K+": 1, "H2O": 1, "H+": -1},
    "NH4OH": {"NH4+": 1, "H2O": 1, "H+": -1},
    "Ca(OH)2": {"Ca(OH)2": 1},
    "CaO": {"CaO": 1},
    "MgO": {"MgO": 1},
    "Na2CO3": {"Na+": 2, "CO3-2": 1},
    "CaCO3": {"CaCO3": 1},
    "Na3PO4": {"Na+": 3, "PO4-3": 1},
    "H3PO4": {"H+": 3, "PO4-3": 1},
    "NaF": {"Na+": 1, "F-": 1},
    "H2SO4": {"H+": 2, "SO4-2": 1},
    "HCl": {"H+": 1, "Cl-": 1},
}
"""Reagents by formula, in species."""
_METALS = ("Mg", "Al", "Ca", "Mn", "Fe", "Co", "Ni", "Cu", "Zn")
_TARGETS = {"PO4-3": (("Fe", "Al"), ("Li",)), "CO3-2": (("Ca", "Mn", "Co", "Ni"), ("Li",)), "F-": (("Ca", "Mg"),)}
_WATER_MOLES = 1.0 / species.molar_mass("H2O")


@dataclasses.dataclass(frozen=True)
class Prediction:
    """One figure of a case: per cent precipitated (`y`) or residual [mg/L] (`residual`) of an element."""

    case: str
    quality: str
    element: str
    quantity: str
    measured: float
    predicted: float
    in_range: bool

    @property
    def error(self) -> float:
        """Predicted less measured."""
        return self.predicted - self.measured


def predict(rows: Sequence[Mapping[str, str]]) -> list[Prediction]:
    """Return the figures measured in precipitation cases beside those predicted.

    A litre of liquor is taken as a kilogram of water with the metals as salts of the medium at pH 2, where the file
    does not say. A reagent given with a ratio is added in that ratio to what it precipitates, and the pH, if given,
    is then set with alkali or acid; one without a ratio is dosed to the pH.

    Parameters
    ----------
    rows : rows of a case file with the columns of `precipitation.csv`; empty cells are not stated

    Raises
    ------
    InputError
        A reagent or medium that is not known.
    """
    found = []
    for row in rows:
        feed = _feed(row)
        slurry, status = _treated(row, feed)
        for element, ion in ELEMENTS.items():
            left, fed = float(slurry[species.index(ion)]), float(feed[species.index(ion)])
            predicted = {
                "y": 100 * (1 - left / fed) if fed > 0 else float("nan"),
                "residual": 1e6 * left * species.molar_mass(element),
            }
            for quantity, column in (("y", f"y_{element}_pct"), ("residual", f"residual_{element}_mgL")):
                if _number(row, column) is not None:
                    measured = float(row[column])
                    good = status == Status.OK
                    found.append(
                        Prediction(
                            row["case_id"], row["quality"], element, quantity, measured, predicted[quantity], good
                        )
                    )
    return found


def _number(row: Mapping[str, str], column: str) -> float | None:
    text = row.get(column, "")
    return float(text) if text and text.strip() else None


def _feed(row: Mapping[str, str]) -> Array:
    """The liquor (species,) [mol per kg of water]."""
    if row["medium"] not in MEDIA:
        raise InputError(f"{row['case_id']}: medium '{row['medium']}' is not known{nearest(row['medium'], MEDIA)}")
    anion, valence = MEDIA[row["medium"]]
    amounts = {"H2O": _WATER_MOLES, "H+": 0.01}
    for element, ion in ELEMENTS.items():
        grams = _number(row, f"feed_{element}_gL")
        if grams:
            amounts[ion] = 1e-3 * grams / species.molar_mass(element)
    charge = sum(species.CHARGE[species.index(name)] * amount for name, amount in amounts.items())
    if charge < 0:
        amounts["H+"] -= charge
    amounts[anion] = amounts.get(anion, 0.0) + max(charge, 0.0) / valence
    return species.column(amounts)


def _treated(row: Mapping[str, str], feed: Array) -> tuple[Array, int]:
    """The slurry (species,) after the reagent, and its status."""
    name = row["reagent"]
    if name not in REAGENTS:
        raise InputError(f"{row['case_id']}: reagent '{name}' is not known{nearest(name, REAGENTS)}")
    reagent, ratio, target = species.column(REAGENTS[name]), _number(row, "reagent_ratio"), _number(row, "pH_final")
    alkaline = set(REAGENTS[name]).isdisjoint(_TARGETS)
    temperature = np.array([273.15 + (_number(row, "T_C") or 25.0)])
    flow = feed[:, None].copy()
    if ratio is not None and not (alkaline and target is not None):
        flow += (ratio * _stoichiometric(row, feed, reagent) * reagent)[:, None]
        reagent = species.column(REAGENTS["NaOH"])
    if target is None:
        tank = neutralise(flow, temperature, np.array([7.0]), np.zeros_like(flow))
        return _slurry(flow, 0.0 * flow, tank), int(tank.status[0])
    acid = species.column(REAGENTS["HCl" if row["medium"] == "chloride" else "H2SO4"])
    tank = neutralise(flow, temperature, np.array([target]), reagent[:, None], solids=SOLIDS)
    if tank.pH[0] > target + 1e-6 and tank.dose[0] == 0:
        reagent = acid
        tank = neutralise(flow, temperature, np.array([target]), reagent[:, None], solids=SOLIDS)
    return _slurry(flow, reagent[:, None], tank), int(tank.status[0])


def _slurry(flow: Array, reagent: Array, tank: Neutralisation) -> Array:
    return (flow + reagent * tank.dose + tank.stoichiometry @ tank.extent)[:, 0]


def _stoichiometric(row: Mapping[str, str], feed: Array, reagent: Array) -> float:
    """Moles of a reagent that the metals of a liquor take, by charge."""
    anion = next((ion for ion in _TARGETS if reagent[species.index(ion)] > 0), None)
    groups = _TARGETS[anion] if anion else (_METALS,)
    valence = -species.CHARGE[species.index(anion)] if anion else _hydroxide(reagent)
    for group in groups:
        ions = species.indices([ELEMENTS[element] for element in group])
        charge = float(species.CHARGE[ions] @ feed[ions])
        if charge > 0:
            return charge / float(valence)
    raise InputError(f"{row['case_id']}: {row['reagent']} has nothing to precipitate with the feed given.")


def _hydroxide(reagent: Array) -> float:
    """Protons that one mole of a base takes up."""
    solids = {"Ca(OH)2": 2.0, "CaO": 2.0, "MgO": 2.0}
    return float(-reagent[species.index("H+")] + sum(reagent[species.index(name)] * n for name, n in solids.items()))
