"""Whether a published recipe has the acid, the electrons and the carbonate that its chemistry takes."""

import dataclasses
from collections.abc import Sequence
from typing import cast

from blackmass import species
from blackmass.analysis.validate_plants import PlantRow, solved
from blackmass.chemistry.leaching_stoichiometry import acid_demand, electron_demand
from blackmass.flowsheet.plant import Wire
from blackmass.operations.selective_leach import SelectiveLeach
from blackmass.stream import Stream


@dataclasses.dataclass(frozen=True)
class Closure:
    """What a published recipe gives against what its chemistry takes [kmol/t].

    `acid` in protons against complete dissolution of what the leach is fed (selective: of lithium only);
    `electrons` of peroxide against the trivalent and tetravalent metals (selective: against the iron to be oxidised);
    `carbonate` against the lithium that the source sells as Li2CO3. `sulfate_left` is the sulfate that sodium leaves
    for the products, over nickel, cobalt and manganese: near 1 where they are sulfates, near 0 where they are
    hydroxides; None without these metals.
    """

    case: str
    acid: float
    acid_needed: float
    electrons: float
    electrons_needed: float
    carbonate: float
    carbonate_needed: float
    sulfate_left: float | None

    @property
    def missing(self) -> str:
        """What lacks, in kilograms per tonne; shortfalls below 5 % are within the figures."""
        lacks = (
            ("H2SO4", (self.acid_needed - self.acid) / 2, self.acid_needed / 2),
            ("H2O2", (self.electrons_needed - self.electrons) / 2, self.electrons_needed / 2),
            ("Na2CO3", self.carbonate_needed - self.carbonate, self.carbonate_needed),
        )
        found = [
            f"{1000 * short * species.molar_mass(name):.0f} kg {name}"
            for name, short, whole in lacks
            if short > 0.05 * whole
        ]
        return ", ".join(found) or "nothing"


def closures(rows: Sequence[PlantRow]) -> list[Closure]:
    """Return the closure of each recipe of which acid, peroxide and soda ash are published, each recipe once."""
    found: dict[tuple[float, ...], Closure] = {}
    for case in dict.fromkeys(row.case for row in rows):
        own = {row.quantity: row for row in rows if row.case == case}
        names = ("sulfuric_acid", "hydrogen_peroxide", "sodium_carbonate")
        if all(f"reagent {name}" in own for name in names):
            recipe = tuple(own[f"reagent {name}"].published for name in names)
            found.setdefault(recipe, _closure(own))
    return list(found.values())


def _closure(own: dict[str, PlantRow]) -> Closure:
    row = own["reagent sulfuric_acid"]
    result, basis = solved(row)
    tonnes = float(basis.mass[0])  # flows are mol/s and kg/s, so that a ratio is kmol/t
    leach = result.plant.units["leach"]
    solids = result.streams[result.plant.source_of(cast(Wire, leach.connections["solids"])).name]
    olivine = float(solids["LiFePO4"][0]) / tonnes
    selective = isinstance(leach.operation, SelectiveLeach)
    oxides = max(float(electron_demand(solids)[0]) / tonnes - olivine, 0.0)
    acid, peroxide, soda, caustic = (
        _moles(own, name, formula)
        for name, formula in (
            ("sulfuric_acid", "H2SO4"),
            ("hydrogen_peroxide", "H2O2"),
            ("sodium_carbonate", "Na2CO3"),
            ("sodium_hydroxide", "NaOH"),
        )
    )
    metals = sum(_element(basis, name) for name in ("Ni", "Co", "Mn")) / tonnes
    recovered = own["recovery Li"].published / 100 if "recovery Li" in own else 1.0
    return Closure(
        case=row.case,
        acid=2 * acid,
        acid_needed=olivine if selective else float(acid_demand(solids)[0]) / tonnes,
        electrons=2 * peroxide,
        electrons_needed=olivine if selective else oxides,
        carbonate=soda,
        carbonate_needed=recovered * _element(basis, "Li") / tonnes / 2,
        sulfate_left=(acid - caustic / 2 - soda) / metals if metals > 0 else None,
    )


def _moles(own: dict[str, PlantRow], name: str, formula: str) -> float:
    row = own.get(f"reagent {name}")
    return row.published / 1000 / species.molar_mass(formula) if row else 0.0


def _element(stream: Stream, name: str) -> float:
    return float(stream.elements[species.ELEMENTS.index(name), 0])
