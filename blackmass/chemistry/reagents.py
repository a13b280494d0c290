"""Reagents as they are bought: a compound at its technical strength in water."""

from blackmass import species
from blackmass.data.load import table
from blackmass.errors import InputError, nearest
from blackmass.stream import Stream

_COLUMNS = ("reagent", "compound", "dissolved", "strength", "made_from")


def reagent_stream(name: str) -> tuple[Stream, float]:
    """Return 1 kg/s of a reagent as a stream, and the mass fraction of the pure compound.

    Raises
    ------
    InputError
        There is no such reagent; the nearest name is offered.
    """
    row = _row(name)
    strength = float(row["strength"])
    moles = strength / species.molar_mass(row["compound"])
    amounts = {"H2O": (1 - strength) / species.molar_mass("H2O")}
    for part, amount in _terms(row["dissolved"]).items():
        amounts[part] = amounts.get(part, 0.0) + amount * moles
    return Stream.of(amounts), strength


def bought_as(name: str) -> str:
    """Return the reagent that is bought: the name itself, or what a dilution is mixed from with water."""
    return _row(name)["made_from"] or name


def _row(name: str) -> dict[str, str]:
    rows = {row["reagent"]: row for row in table("reagents.csv", columns=_COLUMNS, key=("reagent",))}
    if name not in rows:
        raise InputError(f"there is no reagent '{name}'{nearest(name, rows)}")
    return rows[name]


def solvent_stream(extractant: str, molarity: float) -> Stream:
    """Return 1 m3/s of an extractant in kerosene at `molarity` [mol/m3], unloaded."""
    anion = f"{extractant}-(org)"
    free = 1.0 - molarity * species.MOLAR_VOLUME[species.index(anion), 0]
    if free < 0:
        raise InputError(f"{extractant} at {molarity / 1000:g} mol/L: more than the pure extractant holds.")
    diluent = free / species.MOLAR_VOLUME[species.index("diluent"), 0]
    return Stream.of({anion: molarity, "H+(org)": molarity, "diluent": diluent})


def _terms(text: str) -> dict[str, float]:
    words = text.split()
    amounts: dict[str, float] = {}
    sign = 1.0
    for word, following in zip(words, [*words[1:], ""], strict=True):
        if word in ("+", "-"):
            sign = 1.0 if word == "+" else -1.0
        elif word.replace(".", "").isdigit():
            amounts[following] = amounts.get(following, 0.0) + sign * float(word)
            sign = 1.0
    return amounts
