"""What a liquor with crystals may consist of, and the room in which one is solved, in rows of few arrays."""

import functools

import numpy as np
import numpy.typing as npt
from scipy.constants import R as GAS_CONSTANT

from blackmass.chemistry.equilibria import (
    COMPONENTS,
    KEPT,
    Reaction,
    component_rows,
    dissolved,
    pure_phase,
)
from blackmass.chemistry.pitzer_expansion import MOST_GROUPS, PLACES, VALUES, Room
from blackmass.chemistry.pitzer_parameters import ALPHAS, SIZES, THREE, TRIPLE, Parameters, parameters
from blackmass.species import CHARGE

Array = npt.NDArray[np.float64]
MOST = 4  # components in a dissolved species, water apart
ALL = len(KEPT)  # components without water

# further rows of `Parameters`: components of each dissolved species and how many, water, constants; those of each salt
COMPONENT = THREE + 1
CONTENTS = TRIPLE + 6
WATERS = CONTENTS + MOST
CONSTANTS = WATERS + 1
SALTS = CONSTANTS + 3
HYDRATIONS = SALTS + ALL
SALT_CONSTANTS = HYDRATIONS + 1
SPECIES_COUNT, SALT_COUNT = ALPHAS + 1, ALPHAS + 2  # in the row SIZES

# further rows of `Room.places`: which component, species or salt each is, and what belongs to it
BALANCE, BALANCE_PLACE, SOLUTE, SOLUTE_GROUP = range(PLACES, PLACES + 4)
SALT, THERE, MAJOR, WHERE = range(PLACES + 4, PLACES + 8)
BALANCES, SOLUTES, PHASES, MAJORS, FREE, RULED = range(5, 11)  # in the row COUNT
"""The salts from FREE on form as they like; RULED is one where the first is saturated and rules the water."""

# further rows of `Room.values`: of balances, of dissolved species, of groups, of salts, of amounts in each group
SCALARS = VALUES
TOTAL, LN_ACTIVITY, RESIDUAL, SCALE = range(SCALARS + 1, SCALARS + 5)
LN_K, BOUND, MOLALITY = range(SCALE + 1, SCALE + 4)
CONTENT = MOLALITY + 1
ASSUMED, OWN, DRIFT, EARLIER = range(CONTENT + MOST, CONTENT + MOST + 4)
SOLUBILITY, HYDRATION, SIZE, AMOUNT, SLACK, MOVE = range(EARLIER + 1, EARLIER + 7)  # SLACK follows AMOUNT
NEEDS = MOVE + 1
TAKEN = NEEDS + ALL
BEND = TAKEN + ALL + 1
SAVED = BEND + ALL + 2
LN_KILOGRAMS, LN_WATER, WATER, IDEAL, KELVIN, SLOPE, HELD = range(7)  # in the row SCALARS
"""ln of the kilograms of free water, ln of its activity, all water [mol], what the former would be were water to fall
as in an ideal solution from none, temperature, the Debye-Hückel slope and the solutes at which activities are held."""


@functools.cache
def chemistry(salts: tuple[str, ...], tier: str) -> Parameters:
    """Return the tables for liquors in which the named salts may form; the components are the first species."""
    reactions = dissolved(tier)
    names = (*KEPT, *(reaction.name for reaction in reactions))
    order, water = [COMPONENTS.index(name) for name in KEPT], COMPONENTS.index("H2O")
    charges = np.concatenate([CHARGE[component_rows()[order]].ravel(), [reaction.charge for reaction in reactions]])
    amounts = np.vstack([np.eye(len(COMPONENTS))[order], *(reaction.amounts[None] for reaction in reactions)])
    phases = [pure_phase(name, tier) for name in salts]
    virial = parameters(names, tuple(charges.tolist()))
    numbers = np.zeros((SALT_CONSTANTS + 3, virial.numbers.shape[1]))
    places = np.full((COMPONENT + MOST, virial.places.shape[1]), -1, np.int64)
    numbers[:CONTENTS], places[:COMPONENT] = virial.numbers, virial.places
    places[SIZES, SPECIES_COUNT], places[SIZES, SALT_COUNT] = len(names), len(salts)
    for column, formed in enumerate(amounts[:, order]):
        held = np.flatnonzero(formed)
        places[COMPONENT : COMPONENT + held.size, column] = held
        numbers[CONTENTS : CONTENTS + held.size, column] = formed[held]
    numbers[WATERS, : len(names)] = amounts[:, water]
    numbers[CONSTANTS:SALTS, len(KEPT) : len(names)] = _constants(reactions)
    for column, phase in enumerate(phases):
        numbers[SALTS:HYDRATIONS, column], numbers[HYDRATIONS, column] = phase.amounts[order], phase.amounts[water]
    numbers[SALT_CONSTANTS : SALT_CONSTANTS + 3, : len(salts)] = _constants(phases)
    return Parameters(numbers, places, virial.spline)


def _constants(reactions: "tuple[Reaction, ...] | list[Reaction]") -> Array:
    """Return ln K at the reference temperature, enthalpy and heat capacity over the gas constant (3, reactions)."""
    ten = float(np.log(10.0))
    rows = [(ten * r.log_k, r.enthalpy / GAS_CONSTANT, r.heat_capacity / GAS_CONSTANT) for r in reactions]
    return np.array(rows).reshape(-1, 3).T


def room(given: Parameters) -> Room:
    """Return room for a liquor."""
    width, salts = max(given.numbers.shape[1], 2 * ALL + MOST_GROUPS), int(given.places[SIZES, SALT_COUNT])
    order = ALL + 2 + salts
    return Room(
        np.zeros((SAVED + 5, width)),
        np.zeros((WHERE + MOST, width), np.int64),
        np.zeros(max(order**2, MOST_GROUPS * (MOST_GROUPS + ALL + 2))),
    )
