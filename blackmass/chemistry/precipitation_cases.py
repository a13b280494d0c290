"""Published precipitation experiments, predicted from their conditions alone."""

import dataclasses
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from blackmass import species
from blackmass.chemistry import manganese
from blackmass.chemistry.crystallisation import settle
from blackmass.chemistry.hydroxide_cake import held_liquor, precipitate
from blackmass.chemistry.mixed_hydroxide import members
from blackmass.chemistry.neutralisation import SOLIDS, neutralise
from blackmass.chemistry.strong_liquors import StrongLiquors
from blackmass.errors import InputError, nearest
from blackmass.stream import Stream

Array = npt.NDArray[np.float64]
ELEMENTS = {
    **{"Li": "Li+", "Na": "Na+", "Mg": "Mg+2", "Al": "Al+3", "Ca": "Ca+2", "Mn": "Mn+2", "Fe": "Fe+3", "Co": "Co+2"},
    **{"Ni": "Ni+2", "Cu": "Cu+2", "Zn": "Zn+2", "K": "K+", "P": "PO4-3", "F": "F-"},
}
"""Dissolved form of each element of the case files; iron is taken as oxidised."""
REAGENTS: dict[str, dict[str, float]] = {
    "NaOH": {"Na+": 1, "H2O": 1, "H+": -1},
    "LiOH": {"Li+": 1, "H2O": 1, "H+": -1},
    "KOH": {"K+": 1, "H2O": 1, "H+": -1},
    "NH4OH": {"NH4+": 1, "H2O": 1, "H+": -1},
    "Ca(OH)2": {"Ca(OH)2": 1},
    "CaO": {"CaO": 1},
    "MgO": {"MgO": 1},
    "Mg(OH)2": {"Mg(OH)2": 1},
    "Na2CO3": {"Na+": 2, "CO3-2": 1},
    "K2CO3": {"K+": 2, "CO3-2": 1},
    "Li2CO3": {"Li+": 2, "CO3-2": 1},
    "(NH4)2CO3": {"NH4+": 2, "CO3-2": 1},
    "NaHCO3": {"Na+": 1, "H+": 1, "CO3-2": 1},
    "NH4HCO3": {"NH4+": 1, "H+": 1, "CO3-2": 1},
    "CO2": {"H+": 2, "CO3-2": 1, "H2O": -1},
    "CaCO3": {"CaCO3": 1},
    "Na3PO4": {"Na+": 3, "PO4-3": 1},
    "K3PO4": {"K+": 3, "PO4-3": 1},
    "(NH4)3PO4": {"NH4+": 3, "PO4-3": 1},
    "Na2HPO4": {"Na+": 2, "H+": 1, "PO4-3": 1},
    "(NH4)2HPO4": {"NH4+": 2, "H+": 1, "PO4-3": 1},
    "NaH2PO4": {"Na+": 1, "H+": 2, "PO4-3": 1},
    "NH4H2PO4": {"NH4+": 1, "H+": 2, "PO4-3": 1},
    "H3PO4": {"H+": 3, "PO4-3": 1},
    "NaF": {"Na+": 1, "F-": 1},
    "NH4F": {"NH4+": 1, "F-": 1},
    "HF": {"H+": 1, "F-": 1},
    "H2C2O4": {"H+": 2, "C2O4-2": 1},
    "Na2C2O4": {"Na+": 2, "C2O4-2": 1},
    "(NH4)2C2O4": {"NH4+": 2, "C2O4-2": 1},
    "KMnO4": {"K+": 1, "MnO4-": 1},
    "NaMnO4": {"Na+": 1, "MnO4-": 1},
    "Na2S2O8": {"Na+": 2, "S2O8-2": 1},
    "K2S2O8": {"K+": 2, "S2O8-2": 1},
    "(NH4)2S2O8": {"NH4+": 2, "S2O8-2": 1},
    "H2SO4": {"H+": 2, "SO4-2": 1},
    "HCl": {"H+": 1, "Cl-": 1},
}
"""Reagents by formula, in species."""
ANIONS = {"SO4-2": "H2SO4", "Cl-": "HCl"}
"""Anion of the medium, and the acid that lowers its pH."""
OXIDANTS = {"MnO4-": 3.0, "S2O8-2": 2.0}
"""Oxidising anions, and the electrons that they take."""
_METALS = ("Mg", "Al", "Ca", "Mn", "Fe", "Co", "Ni", "Cu", "Zn")
_TARGETS = {
    "PO4-3": (("Fe", "Al"), ("Li",), ("Ni", "Co", "Mn", "Ca", "Mg")),
    "CO3-2": (("Ca", "Mn", "Co", "Ni", "Cu", "Zn", "Mg", "Fe", "Al"), ("Li",)),
    "F-": (("Ca", "Mg"), ("Li",), ("Al",)),
    "C2O4-2": (("Ni", "Co", "Mn", "Cu", "Ca", "Mg", "Zn"), ("Li",), ("Fe",)),
}
_HYDROXIDES = (("Al", "Mn", "Fe", "Co", "Ni", "Cu", "Zn"), ("Mg", "Ca"))
_OXALATES = tuple(s.name for s in species.SPECIES if s.phase == "solid" and "C2O4" in s.formula and s.name != "LEDC")
_WATER_MOLES = 1.0 / species.molar_mass("H2O")
_FEED_ACID = 0.01


@dataclasses.dataclass(frozen=True)
class Conditions:
    """One experiment.

    Parameters
    ----------
    feed : element to g per litre of liquor
    anion : of the medium, a key of `ANIONS`
    reagent : a key of `REAGENTS`
    ratio : reagent over what the metals take by charge; None: dosed to the pH
    pH : final; None: whatever it comes to
    temperature : [K]
    time : [s], for oxidants
    """

    feed: Mapping[str, float]
    reagent: str
    anion: str = "SO4-2"
    ratio: float | None = None
    pH: float | None = None
    temperature: float = 298.15
    time: float = 7200.0


@dataclasses.dataclass(frozen=True)
class Outcome:
    """Per cent precipitated of what liquor and reagent bring, and mg per litre left, by element; pH; status."""

    precipitated: dict[str, float]
    residual: dict[str, float]
    pH: float
    status: int


def predict(conditions: Conditions) -> Outcome:
    """Return what precipitates.

    A litre of liquor is taken as a kilogram of water with the metals as salts of the medium at pH 2. A reagent given
    with a ratio is added in that ratio to what it precipitates, and the pH, if given, is then set with alkali or
    acid; one without a ratio is dosed to the pH. Nickel, cobalt and manganese come down with alkali as one mixed
    hydroxide where it is saturated (`hydroxide_cake`), lithium carbonate from a liquor of little else by the activities
    of strong liquors (`crystallisation`), everything else as in `neutralisation`. What precipitates counts with the
    liquor that an unwashed cake of aluminium hydroxide holds. Permanganate and persulfate oxidise
    manganese at the pH given, else 4 (`manganese`: a mixed tank), before the pH is set.

    Raises
    ------
    InputError
        A reagent, medium or element that is not known; nothing in the feed that the reagent precipitates.
    """
    feed = _feed(conditions)
    slurry, pH, status = _treated(conditions, feed)
    filtered = 1 - float(held_liquor(slurry[:, None])[0])
    shares, residual = {}, {}
    for element, ion in ELEMENTS.items():
        left = float(slurry[species.index(ion)])
        total = float(species.ELEMENT_MATRIX[species.ELEMENTS.index(element)] @ slurry)
        if feed[species.index(ion)] > 0 and total > 0:
            shares[element] = 100 * (1 - filtered * left / total)
        if total > 0:
            residual[element] = 1e6 * left * species.molar_mass(element)
    return Outcome(shares, residual, pH, status)


def is_oxidant(reagent: str) -> bool:
    """Whether a reagent oxidises manganese."""
    return any(ion in REAGENTS[reagent] for ion in OXIDANTS)


def anion_of(reagent: str) -> str | None:
    """Return the precipitating anion of a reagent, None for an alkali or an acid."""
    return next((ion for ion in _TARGETS if ion in REAGENTS[reagent]), None)


def _feed(conditions: Conditions) -> Array:
    """The liquor (species,) [mol per kg of water]."""
    anion = conditions.anion
    if anion not in ANIONS:
        raise InputError(f"precipitation: medium '{anion}' is not known{nearest(anion, ANIONS)}")
    amounts = {"H2O": _WATER_MOLES, "H+": _FEED_ACID}
    for element, grams in conditions.feed.items():
        if element not in ELEMENTS:
            raise InputError(f"precipitation: element '{element}' is not known{nearest(element, ELEMENTS)}")
        if grams:
            amounts[ELEMENTS[element]] = 1e-3 * grams / species.molar_mass(element)
    charge = sum(species.CHARGE[species.index(name)] * amount for name, amount in amounts.items())
    if charge < 0:
        amounts["H+"] -= charge
    amounts[anion] = amounts.get(anion, 0.0) + max(charge, 0.0) / -species.CHARGE[species.index(anion)]
    return species.column(amounts)


def _treated(conditions: Conditions, feed: Array) -> tuple[Array, float, int]:
    """The slurry (species,) after the reagent, its pH and status."""
    name = conditions.reagent
    if name not in REAGENTS:
        raise InputError(f"precipitation: reagent '{name}' is not known{nearest(name, REAGENTS)}")
    reagent, ratio, target = species.column(REAGENTS[name]), conditions.ratio, conditions.pH
    flow = feed.copy()
    alkali = anion_of(name) is None and not is_oxidant(name)
    if ratio is not None and not (alkali and target is not None):
        flow += ratio * _stoichiometric(conditions, feed, reagent) * reagent
        reagent = species.column(REAGENTS["NaOH"])
    if is_oxidant(name):
        flow = _oxidised(flow, conditions)
        target = manganese.MIDDLE if target is None else target
    if _makes_lithium_carbonate(conditions, feed):
        return _lithium_carbonate(flow, conditions.temperature)
    if target is None:
        return _tank(conditions, flow, 7.0, 0.0 * reagent)
    found = _tank(conditions, flow, target, reagent)
    if found[1] > target + 1e-6:
        found = _tank(conditions, flow, target, species.column(REAGENTS[ANIONS[conditions.anion]]))
    return found


def _tank(conditions: Conditions, flow: Array, pH: float, reagent: Array) -> tuple[Array, float, int]:
    """A liquor (species,) dosed with a reagent to a pH."""
    given = (flow[:, None], np.array([conditions.temperature]), np.array([pH]), reagent[:, None])
    if anion_of(conditions.reagent) is None and np.any(flow[_HYDROXIDE_METALS] > 0):
        slurry, reached, status = precipitate(*given, ripening=np.zeros(1))
        return slurry[:, 0], float(reached[0]), int(status[0])
    oxalate = "C2O4-2" in REAGENTS[conditions.reagent]
    tank = neutralise(*given, solids=(*SOLIDS, *_OXALATES) if oxalate else SOLIDS)
    slurry = flow + reagent * tank.dose + (tank.stoichiometry @ tank.extent)[:, 0]
    return slurry, float(tank.pH[0]), int(tank.status[0])


def _oxidised(flow: Array, conditions: Conditions) -> Array:
    pH = manganese.MIDDLE if conditions.pH is None else conditions.pH
    given = (conditions.temperature, pH, conditions.time, 1.0)
    extent = manganese.oxidise(flow[:, None], *(np.array([value]) for value in given))
    return np.asarray(flow + (manganese.STOICHIOMETRY @ extent)[:, 0])


_HYDROXIDE_METALS = species.indices(list(members().metals))


def _makes_lithium_carbonate(conditions: Conditions, feed: Array) -> bool:
    """Whether soda makes Li2CO3, with other metals as impurities only."""
    others = species.indices([ELEMENTS[metal] for metal in _METALS])
    impure = float(species.CHARGE[others] @ feed[others]) > _IMPURITY * float(feed[species.index("Li+")])
    alkali = REAGENTS[conditions.reagent].get("H+", 0.0) > 0  # is needed beside it
    acid = conditions.pH is not None and (conditions.pH < _CARBONATE_FROM or alkali)
    return anion_of(conditions.reagent) == "CO3-2" and conditions.ratio is not None and not impure and not acid


_IMPURITY = 0.2
_CARBONATE_FROM = 8.5
_CARBONATES = (
    "Li2CO3",
    "LiF",
    "Li3PO4",
    "CaCO3",
    "MnCO3",
    "NiCO3",
    "CoCO3",
    "Mg(OH)2",
    "Ni(OH)2",
    "Co(OH)2",
    "Mn(OH)2",
)


def _lithium_carbonate(flow: Array, temperature: float) -> tuple[Array, float, int]:
    made = settle(
        Stream(flow[:, None], np.array([temperature])), np.array([temperature]), _CARBONATES, model=StrongLiquors()
    )
    return made.stream.flow[:, 0], float(made.pH[0]), int(made.status[0])


def _stoichiometric(conditions: Conditions, feed: Array, reagent: Array) -> float:
    """Moles of a reagent that the metals of a liquor take, by charge."""
    if is_oxidant(conditions.reagent):
        electrons = sum(OXIDANTS.get(ion, 0.0) * n for ion, n in REAGENTS[conditions.reagent].items())
        return 2 * float(feed[species.index("Mn+2")]) / electrons
    anion = anion_of(conditions.reagent)
    groups = _TARGETS[anion] if anion else _HYDROXIDES
    valence = -species.CHARGE[species.index(anion)] if anion else _hydroxide(reagent)
    for group in groups:
        ions = species.indices([ELEMENTS[element] for element in group])
        charge = float(species.CHARGE[ions] @ feed[ions])
        if charge > 0:
            return charge / float(valence)
    raise InputError(f"precipitation: {conditions.reagent} has nothing to precipitate with the feed given.")


def _hydroxide(reagent: Array) -> float:
    """Protons that one mole of a base takes up."""
    solids = {"Ca(OH)2": 2.0, "Mg(OH)2": 2.0, "CaO": 2.0, "MgO": 2.0, "CaCO3": 2.0}
    return float(-reagent[species.index("H+")] + sum(reagent[species.index(name)] * n for name, n in solids.items()))
