"""Equilibria of acidic extractants: exchange of a metal for the protons of the extractant, and the pH it leaves behind.

A metal of charge z is held as MA_z with up to `a` more units of free extractant (dimers; monomers for an oxime):

    log10 D = log10 K + (z / q) log10 f + a log10(f + s) + z pH

with f the free extractant [mol/L of units], q the anions per unit and s the crossover: MA2(HA)2 where f >> s, MA2 at
full loading (Biswas et al., Ind. Eng. Chem. Res. 39 (2000) 155; Flett, J. Organomet. Chem. 690 (2005) 2426,
10.1016/j.jorganchem.2004.11.037). The acid held by one metal, z + q a f / (f + s), is q d ln D / d ln f, so that
distribution and loading are two faces of one free energy and no loading can pass the capacity. K comes from pH50 and
is conditional: sulfate complexes are inside it; it is that of 25 C, and `Extractant.at` takes it to other
temperatures. Activity of the proton and of the weak acids by the Debye-Hückel term of the specific ion interaction
theory (Ciavatta, Ann. Chim. 70 (1980) 551), 25 C.
"""

import dataclasses
import functools

import numpy as np
import numpy.typing as npt
from scipy.constants import R as GAS_CONSTANT

from blackmass import species
from blackmass.data.load import table
from blackmass.errors import InputError, nearest
from blackmass.stream import Stream

Array = npt.NDArray[np.float64]
LN10 = np.log(10.0)
REFERENCE = 298.15
"""Temperature [K] of the constants in the data."""


@dataclasses.dataclass(frozen=True)
class Extractant:
    """One extractant and the metals that it takes; columns are (metals, 1), scalars in mol/L.

    Parameters
    ----------
    name : str
    metals : tuple of str
        Aqueous species, for example "Co+2".
    log_k : array (metals, 1)
        Natural logarithm of K.
    charge, adduct : array (metals, 1)
        z and a.
    rate_in, rate_out : array (metals, 1)
        Rate of approach to equilibrium relative to the other metals, in extraction and in scrubbing or stripping.
    per_unit, crossover : float
        q and s [mol/L].
    solubility : float
        Extractant lost dissolved in the aqueous phase [mol/L].
    enthalpy : array (metals, 1)
        Of extraction [J/mol].
    compared : (pH, pH)
        Between which extraction has been compared with measurements.
    """

    name: str
    metals: tuple[str, ...]
    log_k: Array
    charge: Array
    adduct: Array
    rate_in: Array
    rate_out: Array
    per_unit: float
    crossover: float
    solubility: float
    enthalpy: Array
    compared: tuple[float, float]

    def at(self, temperature: float) -> "Extractant":
        """Return the extractant with its constants at a temperature [K], by the equation of van 't Hoff."""
        change = self.enthalpy / GAS_CONSTANT * (1.0 / REFERENCE - 1.0 / temperature)
        return dataclasses.replace(self, log_k=self.log_k + change)

    def log_distribution(self, log_free: Array, pH: Array) -> Array:
        """Return ln D (..., metals, cases) at ln of the free extractant [mol/L] and pH, both (..., cases)."""
        free, acid = log_free[..., None, :], LN10 * pH[..., None, :]
        crowded = np.log(np.exp(free) + self.crossover)
        return self.log_k + self.charge * (free / self.per_unit + acid) + self.adduct * crowded

    def beyond(self, pH: Array) -> Array:
        """Return how far any of pH (stages, cases) lies from those that were compared, (cases,); 0: within."""
        low, high = self.compared
        return np.maximum(np.maximum(low - pH, pH - high), 0.0).max(0)

    def acid_held(self, free: Array) -> Array:
        """Return mol of extractant held by one mol of each metal, (..., metals, cases), at the free extractant."""
        return self.charge + self.per_unit * self.adduct * self.crowding(free)[..., None, :]

    def crowding(self, free: Array) -> Array:
        """Return the share of the complexes that carry their adduct acid, f / (f + s)."""
        return free / (free + self.crossover)


_COLUMNS = (
    "extractant",
    "metal",
    "pH50",
    "uncertainty",
    "concentration_mol_L",
    "adduct",
    "enthalpy_kJ_mol",
    "rate_in",
    "rate_out",
)
_CONSTANTS = ("extractant", "per_unit", "crossover_mol_L", "solubility_mg_L", "pH_from", "pH_to")


def extractant_names() -> tuple[str, ...]:
    """Return the names of the extractants in the data."""
    return tuple(
        row["extractant"] for row in table("extraction_constants.csv", columns=_CONSTANTS, key=("extractant",))
    )


@functools.cache
def extractant(name: str) -> Extractant:
    """Return an extractant from the data, its K computed from pH50 at O/A 1 and low loading.

    Raises
    ------
    InputError
        There is no such extractant; the nearest name is offered.
    """
    general = {
        row["extractant"]: row for row in table("extraction_constants.csv", columns=_CONSTANTS, key=("extractant",))
    }
    if name not in general:
        raise InputError(f"there is no extractant '{name}'{nearest(name, general)}")
    q, s = float(general[name]["per_unit"]), float(general[name]["crossover_mol_L"])
    rows = [
        r for r in table("extractants.csv", columns=_COLUMNS, key=("extractant", "metal")) if r["extractant"] == name
    ]
    pH50, concentration, adduct, enthalpy, rate_in, rate_out = (
        np.array([[float(row[key])] for row in rows])
        for key in ("pH50", "concentration_mol_L", "adduct", "enthalpy_kJ_mol", "rate_in", "rate_out")
    )
    metals = tuple(row["metal"] for row in rows)
    charge = species.CHARGE[species.indices(list(metals))][:, None]
    free = concentration / q
    log_k = -charge / q * np.log(free) - adduct * np.log(free + s) - charge * LN10 * pH50
    acid = species.MOLAR_MASS[species.index(f"{name}-(org)"), 0] + species.molar_mass("H")
    solubility = float(general[name]["solubility_mg_L"]) * 1e-6 / acid
    compared = float(general[name]["pH_from"]), float(general[name]["pH_to"])
    rates = rate_in, rate_out
    return Extractant(name, metals, log_k, charge, adduct, *rates, q, s, solubility, 1e3 * enthalpy, compared)


@functools.cache
def exchange(metals: tuple[str, ...]) -> Array:
    """Return the stoichiometry (species, metals) of M(z+) + z H+(org) = M(z+)(org) + z H+."""
    columns = []
    for metal in metals:
        z = species.CHARGE[species.index(metal)]
        columns.append(species.reaction({metal: -1, "H+(org)": -z, f"{metal}(org)": 1, "H+": z}))
    return np.stack(columns, axis=1)


_ACID_COLUMNS = ("anion", "protons", "log_beta")


@functools.cache
def weak_acids() -> tuple[tuple[str, ...], Array, Array]:
    """Names of buffering anions, ln beta (-inf: none such) and change of z squared by protons bound, (anions, 3)."""
    rows = table("extraction_weak_acids.csv", columns=_ACID_COLUMNS, key=("anion", "protons"))
    names = tuple(dict.fromkeys(row["anion"] for row in rows))
    log_beta = np.full((len(names), 4), -np.inf)
    log_beta[:, 0] = 0.0
    for row in rows:
        log_beta[names.index(row["anion"]), int(row["protons"])] = float(row["log_beta"]) * LN10
    z, k = species.CHARGE[species.indices(list(names))][:, None], np.arange(4.0)
    return names, log_beta[:, 1:].copy(), ((z + k) ** 2 - z**2 - k)[:, 1:].copy()


@dataclasses.dataclass(frozen=True)
class Liquor:
    """What the exchange needs to know of an aqueous phase, in mol and litres per litre of a basis flow.

    Parameters
    ----------
    volume : array (cases,)
    metals : array (metals, cases)
    charge : array (cases,)
        H+ (proton condition) plus the charge of `metals`: unchanged by any exchange.
    acids : array (anions, cases)
        Totals of the buffering anions.
    ionic_strength : array (cases,)
        [mol/L], of the totals; nearly unchanged by exchange, so taken once.
    """

    volume: Array
    metals: Array
    charge: Array
    acids: Array
    ionic_strength: Array

    @classmethod
    def of(cls, stream: Stream, metals: tuple[str, ...], basis: Array, volume: Array | None = None) -> "Liquor":
        """Read a stream; `basis` (cases,) [m3/s] is the flow that counts as one litre (1000 mol/m3 = 1 mol/L).

        `volume` (cases,) [m3/s] is that of the stream, where it is known.
        """
        rows, anions, charges = _rows(metals)
        flow = np.maximum(stream.flow, 0.0) / (1000.0 * basis)
        held = flow[rows]
        litres = np.maximum(stream.volume if volume is None else volume, 0.0) / basis
        hydrogen = stream["H+"] / (1000.0 * basis)
        strength = 0.5 * (_SQUARES @ flow) / np.where(litres > 0, litres, np.inf)
        return cls(litres, held, hydrogen + charges @ held, flow[anions], strength)


_SQUARES = (species.PHASE_MASK["aqueous"][:, 0] * species.CHARGE**2).copy()


@functools.cache
def _rows(metals: tuple[str, ...]) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], Array]:
    """Rows of the metals and of the buffering anions, and the charges of the metals."""
    rows = species.indices(list(metals))
    return rows, species.indices(list(weak_acids()[0])), species.CHARGE[rows]
