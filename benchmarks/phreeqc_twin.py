"""PHREEQC with the constants of our own tables: a database written from them, and liquors run through it."""

import numpy as np
import phreeqc

from blackmass.chemistry.equilibria import COMPONENTS, Reaction, dissolved, pure_phase

ELEMENTS = {
    "NH4+": ("Amm", {"H": 4}),
    "Fe+2": ("Ferro", {}),
    "Fe+3": ("Ferri", {}),
    "SO4-2": ("Sul", {"O": 4}),
    "PO4-3": ("Pho", {"O": 4}),
    "CO3-2": ("Car", {"O": 3}),
    "F-": ("Flu", {}),
    "Cl-": ("Chl", {}),
    "C2O4-2": ("Oxa", {}),
}
"""Components that are elements of their own, so that none changes its valence; the others bear their name."""
MOLAR_MASS = 50.0  # g/mol, of no effect: amounts are molal


def _charge(text: str) -> int:
    sign = max(text.rfind("+"), text.rfind("-"))
    return 0 if sign < 0 else int(text[sign:] + "1" * (sign == len(text) - 1))


def _written(counts: dict[str, float], charge: int) -> str:
    body = "".join(f"{name}{count:g}" if count != 1 else name for name, count in counts.items() if count)
    return body + (
        f"{charge:+d}".replace("+1", "+").replace("-1", "-") if abs(charge) == 1 else f"{charge:+d}" * (charge != 0)
    )


def element(component: str) -> str:
    """Return the name of a component's element in PHREEQC."""
    return ELEMENTS[component][0] if component in ELEMENTS else component.rstrip("+-0123456789")


def _counts(component: str) -> dict[str, float]:
    if component == "H+":
        return {"H": 1}
    if component == "H2O":
        return {"H": 2, "O": 1}
    return {element(component): 1, **ELEMENTS.get(component, ("", {}))[1]}


def master(component: str) -> str:
    """Return the name of a component's species in PHREEQC."""
    return _written(_counts(component), _charge(component))


def _formula(reaction: Reaction) -> str:
    total: dict[str, float] = {}
    for component, amount in zip(COMPONENTS, reaction.amounts, strict=True):
        for name, count in _counts(component).items():
            total[name] = total.get(name, 0.0) + count * amount
    ordered = {name: total[name] for name in sorted(total, key=lambda name: name in ("H", "O"))}
    return _written(ordered, reaction.charge)


def _sides(reaction: Reaction) -> tuple[str, str]:
    used = [(amount, master(name)) for name, amount in zip(COMPONENTS, reaction.amounts, strict=True) if amount]
    left = " + ".join(f"{amount:g} {name}" for amount, name in used if amount > 0)
    right = " + ".join(f"{-amount:g} {name}" for amount, name in used if amount < 0)
    return left, right


def database(solids: tuple[str, ...], components: tuple[str, ...] = COMPONENTS) -> str:
    """Return a PHREEQC database of our dissolved species and of the solids and gases named."""
    kept = [name for name in COMPONENTS if name in components or name in ("H+", "H2O")]
    lines = ["SOLUTION_MASTER_SPECIES", "H H+ -1 H 1.008", "H(0) H2 0 H", "H(1) H+ -1 0", "E e- 0 0 0"]
    lines += ["O H2O 0 O 15.999", "O(0) O2 0 O", "O(-2) H2O 0 0"]
    held = [name for name in kept if name not in ("H+", "H2O")]
    lines += [f"{element(name)} {master(name)} 0 {MOLAR_MASS} {MOLAR_MASS}" for name in held]
    lines += ["SOLUTION_SPECIES", "H+ = H+", " log_k 0", "e- = e-", " log_k 0", "H2O = H2O", " log_k 0"]
    lines += ["2 H2O = O2 + 4 H+ + 4 e-", " log_k -86.08", "2 H+ + 2 e- = H2", " log_k -3.15"]
    for name in held:
        lines += [f"{master(name)} = {master(name)}", " log_k 0"]
    lacking = [row for row, name in enumerate(COMPONENTS) if name not in kept]
    for reaction in dissolved("davies"):
        if not np.any(reaction.amounts[lacking]):
            left, right = _sides(reaction)
            lines += [f"{left} = {_formula(reaction)}" + f" + {right}" * bool(right), *_constants(reaction)]
    lines += ["PHASES", "Fix_H+", "H+ = H+", " log_k 0"]
    for solid in solids:
        reaction = pure_phase(solid)
        left, right = _sides(reaction)
        lines += [
            phase(solid),
            f"{_formula(reaction)}" + f" + {right}" * bool(right) + f" = {left}",
            *_constants(reaction),
        ]
    return "\n".join([*lines, "END"])


def phase(solid: str) -> str:
    """Return the name of a solid in PHREEQC."""
    return "ph_" + "".join(letter if letter.isalnum() else "_" for letter in solid)


def _constants(reaction: Reaction) -> list[str]:
    return [f" log_k {reaction.log_k:.10g}", f" -delta_h {reaction.enthalpy / 1e3:.10g} kJ"]


class Engine:
    """PHREEQC with one database loaded; a warning is an error, since it would drop what it does not know."""

    def __init__(self, solids: tuple[str, ...], components: tuple[str, ...] = COMPONENTS) -> None:
        self.phreeqc = phreeqc.Phreeqc()
        self.solids = solids
        self.held = tuple(name for name in components if name not in ("H+", "H2O"))
        if self.phreeqc.LoadDatabaseString(database(solids, components)):
            raise RuntimeError(self.phreeqc.GetErrorString())

    def liquor(self, number: int, totals: dict[str, float], celsius: float) -> str:
        """Return the lines of a solution (molal totals); its pH follows from its charge."""
        lines = [f"SOLUTION {number}", " units mol/kgw", f" temp {celsius:.12g}", f" pH {totals.get('pH', 2.0)} charge"]
        lines += [f" {element(name)} {amount:.14g}" for name, amount in totals.items() if name != "pH" and amount > 0]
        return "\n".join(lines)

    def selected(self) -> str:
        """Return the lines that ask for pH, dissolved totals and amounts of the solids."""
        names = " ".join(element(name) for name in self.held)
        solids = " ".join(phase(name) for name in self.solids)
        lines = ["SELECTED_OUTPUT 1", " -reset false", " -high_precision true", " -pH true", " -ionic_strength true"]
        return "\n".join([*lines, f" -totals {names}", *([f" -equilibrium_phases {solids}"] if solids else [])])

    def run(self, text: str) -> dict[str, np.ndarray]:
        """Run an input; return the columns of the selected output."""
        if self.phreeqc.RunString(text):
            raise RuntimeError(self.phreeqc.GetErrorString())
        rows, columns = self.phreeqc.GetSelectedOutputRowCount(), self.phreeqc.GetSelectedOutputColumnCount()
        value = self.phreeqc.GetSelectedOutputValue
        return {value(0, column): np.array([value(row, column) for row in range(1, rows)]) for column in range(columns)}
