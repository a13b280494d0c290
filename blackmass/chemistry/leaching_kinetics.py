"""Rate constants of leaching for a batch of cases: temperature by Arrhenius, particle sizes by their surface."""

import dataclasses
import functools

import numpy as np
import numpy.typing as npt

from blackmass import species
from blackmass.chemistry.breakage import powder_sizes
from blackmass.data.load import table
from blackmass.sizes import DIAMETER

Array = npt.NDArray[np.float64]
REFERENCE = 323.15  # K, at which data/leach_kinetics.csv holds
GAS_CONSTANT = 8.314462618e-3  # kJ/(mol K)
_STARTS = (0, 2, 4, 6)
_COLUMNS = ("name", "value", "unit", "activation_kJ_mol", "low", "high")
_MATERIALS = {"cathode_coating": "grain_size", "copper": "copper_foil", "aluminium": "aluminium_foil", "steel": "sheet"}


@dataclasses.dataclass(frozen=True)
class Rates:
    """Rate constants at the temperature and sizes of each case; concentrations in mol/L, time in s.

    `specific_surface` (groups, 1, cases) is relative to that of the reference powder, `oxidising`, `exchange` and
    `depositing` have metals first; all other arrays are (1, cases). See data/leach_kinetics.csv for each.
    """

    specific_surface: Array
    disproportionation: Array
    slow_disproportionation: Array
    water_oxidation: Array
    reduction: Array
    exchange: Array
    deposition: Array
    oxidising: Array
    depositing: Array
    exchanging: Array
    sulfite: Array
    glucose: Array
    ferrous: Array
    olivine: Array
    copper: Array
    aluminium: Array
    iron: Array
    copper_peroxide: Array
    copper_ferric: Array
    aluminium_acid: Array
    aluminium_ferric: Array
    iron_acid: Array
    iron_ferric: Array
    olivine_acid: Array
    heterosite_acid: Array
    olivine_peroxide: Array
    olivine_ferric: Array
    ferrous_peroxide: Array
    peroxide_loss: Array
    half_potential: float
    half_manganese: float
    order_disproportionation: float
    order_hot: float
    order_reduction: float
    order_weak: float
    order_olivine: float
    low_acid: float
    peroxide_efficiency: float
    phosphate_product: float
    phosphoric: float

    @classmethod
    def at(cls, temperature: Array, surface: dict[str, Array], values: "dict[str, Constant] | None" = None) -> "Rates":
        """Return the constants at temperatures (cases,) [K] and relative surfaces by material.

        .. math:: k = k_{50} \\exp[-E/R (1/T - 1/T_{50})]
        """
        values = constants() if values is None else values
        inverse = ((1 / temperature - 1 / REFERENCE) / GAS_CONSTANT)[None]
        made: dict[str, Array | float] = {"specific_surface": surface["groups"]}
        for field in dataclasses.fields(cls):
            if field.name in values:
                constant = values[field.name]
                fixed = field.type in (float, "float")
                made[field.name] = constant.value if fixed else constant.value * np.exp(-constant.activation * inverse)
        for metal in ("copper", "aluminium", "iron"):
            for name in (metal, *(f"{metal}_{by}" for by in ("peroxide", "ferric", "acid"))):
                if name in made:
                    made[name] = made[name] * surface[metal]
        one = np.ones_like(inverse)
        made["oxidising"] = _by_metal(1.0, values["cobalt_water_oxidation"].value, 0.0) * one
        made["depositing"] = _by_metal(1.0, values["cobalt_deposition"].value) * one
        made["exchanging"] = _by_metal(1.0, values["cobalt_exchange"].value, 1.0) * one
        return cls(**made)  # type: ignore[arg-type]

    def take(self, cases: npt.NDArray[np.intp]) -> "Rates":
        """Return some of the cases."""
        chosen = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        return Rates(**{name: value[..., cases] if np.ndim(value) else value for name, value in chosen.items()})


@dataclasses.dataclass(frozen=True)
class Constant:
    """A rate constant or other figure at 50 °C, with its activation energy [kJ/mol]."""

    value: float
    activation: float


@functools.cache
def constants() -> dict[str, Constant]:
    """Return the constants of data/leach_kinetics.csv by name."""
    return {
        row["name"]: Constant(float(row["value"]), float(row["activation_kJ_mol"] or 0.0))
        for row in table("leach_kinetics.csv", columns=_COLUMNS, key=("name",))
    }


def surfaces(sizes: Array | None, cases: int) -> tuple[Array, dict[str, Array]]:
    """Return the shares of the size groups, and the surface of each group and material over its reference.

    The surface of a particle of diameter d built of grains or foil of size L goes as 1/d + 1/L: acid enters the
    aggregates, so that size counts only below that of the grain. Neighbouring size classes are grouped with their mean
    surface, which keeps mass and initial rate; within a group the surface stays in proportion to what is left.

    Parameters
    ----------
    sizes : array (materials, classes, cases), optional
        Those of powdered black mass where there are none.

    Returns
    -------
    shares : array (groups, cases)
    surfaces : "groups" (groups, 1, cases), "copper", "aluminium" and "iron" (1, cases)
    """
    usual = powder_sizes()
    given = np.broadcast_to(usual, (*usual.shape[:2], cases)) if sizes is None else sizes
    found: dict[str, Array] = {}
    shares = np.ones((len(_STARTS), cases))
    for material, grain in _MATERIALS.items():
        row = species.MATERIALS.index(material)
        present = given[row].sum(0) > 0
        mass = np.where(present, given[row], usual[row])
        relative = 1 / DIAMETER + 1 / constants()[grain].value
        if material == "cathode_coating":
            relative = relative / (usual[row, :, 0] @ relative)
            shares = np.add.reduceat(mass, _STARTS, axis=0)
            rate = np.add.reduceat(mass * relative[:, None], _STARTS, axis=0)
            middle = np.add.reduceat(relative, _STARTS) / np.diff([*_STARTS, DIAMETER.size])
            found["groups"] = np.where(shares > 0, rate / np.where(shares > 0, shares, 1.0), middle[:, None])[:, None]
        else:
            name = "iron" if material == "steel" else material
            found[name] = (relative * constants()[grain].value @ mass)[None]
    return shares / shares.sum(0), found


def _by_metal(*shares: float) -> Array:
    return np.array(shares)[:, None, None, None]
