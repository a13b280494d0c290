"""Random streams and operations for property tests."""

import numpy as np
from hypothesis import strategies as st

from blackmass import species
from blackmass.chemistry.breakage import powder_sizes
from blackmass.chemistry.reagents import reagent_stream, solvent_stream
from blackmass.operations.operation import Operation
from blackmass.stream import Stream

SOLIDS = [
    "LiNiO2",
    "LiCoO2",
    "LiMnO2",
    "NiO2",
    "LiFePO4",
    "FePO4",
    "LiMn2O4",
    "C(black)",
    "PVDF",
    "graphite",
    "binder",
    "LEDC",
    "Li2CO3",
    "Cu",
    "Al",
    "Fe",
    "PP",
    "PE",
    "LiPF6",
    "EC",
    "DMC",
]
CATIONS = ["Li+", "Na+", "Mg+2", "Ca+2", "Mn+2", "Fe+2", "Fe+3", "Co+2", "Ni+2", "Cu+2", "Al+3", "H+"]
ANIONS = {"SO4-2": 1.0, "F-": 0.03, "PO4-3": 0.01, "CO3-2": 0.01}
SUPPLIES = {
    "acid": "sulfuric_acid",
    "scrub_acid": "sulfuric_acid",
    "strip_acid": "sulfuric_acid",
    "saponification": "sodium_hydroxide",
    "base": "sodium_hydroxide",
    "oxidant": "hydrogen_peroxide",
    "reductant": "hydrogen_peroxide",
    "soda": "sodium_carbonate",
    "iron": "iron_powder",
    "lime": "calcium_hydroxide",
    "ammonia": "ammonia",
    "reagent": "sodium_carbonate",
    "atmosphere": "nitrogen",
    "air": "air",
    "fuel": "natural_gas",
    "alkali": "sodium_hydroxide",
    "carbon_dioxide": "carbon_dioxide",
    "carbon": "activated_carbon",
}


def liquor(random: np.random.Generator, cases: int) -> Stream:
    """A sulfate liquor, charge balanced, with traces and absent metals, pH from acid to neutral."""
    size = 10.0 ** random.uniform(-3, 3, cases)
    flow = np.zeros((species.COUNT, cases))
    for name in CATIONS:
        flow[species.index(name)] = 10.0 ** random.uniform(-6, 0.2, cases) * (random.random(cases) > 0.25)
    charge = (species.CHARGE[:, None] * flow).sum(0)
    for name, share in ANIONS.items():
        if name != "SO4-2":
            part = share * random.random(cases) * (random.random(cases) > 0.5) * charge
            flow[species.index(name)] = part / abs(species.CHARGE[species.index(name)])
            charge = charge - part
    flow[species.index("SO4-2")] = charge / 2
    flow[species.index("H2O")] = 55.5
    return Stream(flow * size, random.uniform(283.0, 363.0, cases))


def solids(random: np.random.Generator, cases: int) -> Stream:
    """Shredded cells or black mass with particle sizes."""
    size = 10.0 ** random.uniform(-3, 2, cases)
    amounts = {name: random.random(cases) * (random.random(cases) > 0.3) * size for name in SOLIDS}
    return Stream.of_mass(amounts, cases=cases).with_sizes(powder_sizes())


def stream(random: np.random.Generator, cases: int) -> Stream:
    """Solids, liquor, a slurry, or nothing."""
    kind = random.integers(0, 5)
    if kind == 0:
        return solids(random, cases)
    if kind == 1:
        return Stream.empty(cases)
    made = liquor(random, cases)
    return made if kind < 4 else made + solids(random, cases)


def operation_with(random: np.random.Generator, cls: type[Operation], cases: int) -> Operation:
    """An operation with every parameter drawn within its bounds, one value per case."""
    values = {}
    for name, declared in cls.params.items():
        if declared.choices:
            values[name] = declared.choices[random.integers(len(declared.choices))]
        elif isinstance(declared.default, bool):
            values[name] = bool(random.integers(2))
        elif isinstance(declared.default, int):
            values[name] = int(random.integers(int(declared.low), int(declared.high) + 1))
        elif declared.low is not None and declared.high is not None:
            values[name] = random.uniform(declared.low, declared.high, cases)
    return cls(**values)


def ports(random: np.random.Generator, operation: Operation, cases: int) -> dict[str, Stream]:
    """Streams for all inlets, and the usual reagent for each supply."""
    found = {port: stream(random, cases) for port in operation.inlets}
    for port in operation.supplies:
        if port == "makeup":
            supplied = solvent_stream(operation.extractant, 500.0)
        else:
            supplied = reagent_stream(SUPPLIES.get(port, "water"))[0]
        found[port] = supplied.repeated(cases)
    return found


seeds = st.integers(0, 2**32 - 1)
