"""Balances of one stirred tank of leaching pulp, or of one implicit step of a batch, for one case."""

from typing import Annotated

import numpy as np

from blackmass.chemistry.leaching_pulp import CELLS, GROUPS, METALS, TRACE, Array, Pulp, Rates
from blackmass.chemistry.leaching_stoichiometry import REACTIONS
from blackmass.numerics.compiled import compiled

UNKNOWNS = 5
POTENTIAL, FREE, MANGANESE, PEROXIDE, FERRIC = range(UNKNOWNS)
"""Unknowns: logarithms of the shares of reduction potential, free acid, dissolved manganese, peroxide and Fe(III)."""
NI, CO, MN = range(METALS)
_LEAST = 1e-40
_AT = {name: position for position, name in enumerate(REACTIONS)}
_FIRST = tuple(_AT[f"{n} Ni"] for n in ("disproportionation", "layered", "hydroxide", "hydroxide split", "dioxide"))
_SPLIT, _LAYERED, _HYDROXIDE, _HYDROXIDE_SPLIT, _DIOXIDE = _FIRST
_EXCHANGE, _DEPOSITION, _NEXT = _AT["exchange Ni"], _AT["deposition"], _AT["exchange Co"] - _AT["exchange Ni"]
_ALUMINATE, _SPINEL_ACID, _SPINEL = _AT["aluminate"], _AT["spinel acid"], _AT["spinel"]
_OLIVINE_ACID, _OLIVINE, _HETEROSITE = _AT["olivine acid"], _AT["olivine"], _AT["heterosite"]
_FERROUS, _PHOSPHATE, _COPPER, _PEROXIDE = _AT["ferrous"], _AT["phosphate"], _AT["copper"], _AT["peroxide"]
_ALUMINIUM, _ALUMINIUM_ACID, _IRON, _IRON_ACID = (_AT[n] for n in ("aluminium", "aluminium acid", "iron", "iron acid"))
_NICKEL_OXIDE, _NICKEL, _NICKEL_ACID = (_AT[n] for n in ("nickel oxide", "nickel", "nickel acid"))
_COBALT_OXIDE, _COBALT, _COBALT_ACID = (_AT[n] for n in ("cobalt oxide", "cobalt", "cobalt acid"))
_SULFITE, _GLUCOSE = _AT["sulfite"], _AT["glucose"]


class Scales:
    """The most that each unknown can reach; where a scale is zero its unknown stays at zero and means nothing.

    `manganese_share`: of manganese in nickel, cobalt and manganese, in oxides and in solution.
    """

    potential: float
    acid: float
    manganese: float
    peroxide: float
    iron: float
    manganese_share: float


class Turnover:
    """What given unknowns lead to: the pulp that leaves, and the extents `made` [mol/L] in the order of REACTIONS.

    `spent` and `gained`: acid that reactions take and give; `pull`: electrons that the oxides take per unit of
    reduction potential; `use`: peroxide consumed over what is left of it; `dissolving`, `laying`: manganese that
    dissolves, and that lies down over what is in solution; `free`: H+ not held by phosphoric acid.
    """

    left: Pulp
    made: Annotated[Array, len(REACTIONS)]
    spent: float
    gained: float
    pull: float
    use: float
    dissolving: float
    laying: float
    free: float


@compiled
def scale(pulp: Pulp, rates: Rates, scales: Scales) -> None:
    """Write the scales of a pulp."""
    layered, manganese = 0.0, pulp.manganese
    for cell in range(CELLS):
        metal = pulp.opened[cell] + pulp.closed[cell] + pulp.protonated[cell] + pulp.bare[cell]
        layered += metal
        if cell >= CELLS - GROUPS:
            manganese += metal
    for group in range(GROUPS):
        manganese += 2 * pulp.spinel[group]
        layered += 2 * pulp.spinel[group] + pulp.alumina_open[group] + pulp.alumina_closed[group]
    scales.iron = pulp.ferrous + pulp.ferric + pulp.olivine + pulp.heterosite + pulp.iron
    scales.potential = _potential(pulp, rates) - rates.ferrous * pulp.ferrous + rates.ferrous * scales.iron
    held = pulp.phosphate + pulp.olivine + pulp.heterosite + pulp.peroxide
    scales.acid = pulp.acid + TRACE + 2 * (layered + held) + 4 * pulp.sulfite + 24 * pulp.glucose
    scales.manganese, scales.peroxide = manganese, pulp.peroxide
    scales.manganese_share = manganese / pulp.catalyst if pulp.catalyst > 0 else 0.0


@compiled
def balance(x: Array, pulp: Pulp, scales: Scales, rates: Rates, tau: float, out: Turnover, residual: Array) -> None:
    """Write what the unknowns x (5,) lead to, and the residual (5,) of their balances.

    Solids, and solutes that are no unknown, are eliminated in closed form. Given the liquor every solid reacts in
    proportion to what is left of it, so that what leaves a mixed tank is

    .. math:: n = (n_0 + \\tau\\,made) / (1 + \\tau \\sum k)

    exact for the exponential spread of ages of a tank, and the implicit step of a batch. Oxides and reductants meet
    in the reduction potential, the sum of the reductants weighted by their power; each gives electrons by its part.

    Source: mechanism after Billy et al., ACS Appl. Mater. Interfaces 10 (2018) 16424, 10.1021/acsami.8b01352.
    """
    left = out.left
    potential = np.exp(x[POTENTIAL]) * scales.potential
    free = np.exp(x[FREE]) * scales.acid
    left.manganese = np.exp(x[MANGANESE]) * scales.manganese
    left.peroxide = np.exp(x[PEROXIDE]) * scales.peroxide
    ferric = np.exp(x[FERRIC]) * scales.iron
    log_low = np.log(free + rates.low_acid)
    weak = free * np.exp((rates.order_weak - 1) * log_low)
    out.spent, out.gained, out.free, left.catalyst = 0.0, 0.0, free, pulp.catalyst
    _oxides(potential, free, log_low, weak, pulp, scales, rates, tau, out)
    _roasted(free, log_low, weak, ferric, pulp, rates, tau, out)
    _reductants(free, log_low, weak, ferric, pulp, rates, tau, out)

    held = free + left.phosphate * free / (free + rates.phosphoric)
    left.acid = max(held - TRACE, 0.0)
    gained = out.gained + out.pull * (left.peroxide + 2 * rates.sulfite * left.sulfite + rates.glucose * left.glucose)
    manganese = (pulp.manganese + out.dissolving) / (1 + out.laying)
    residual[POTENTIAL] = _logarithm(_potential(left, rates), scales.potential) - x[POTENTIAL]
    residual[FREE] = np.log((pulp.acid + gained + TRACE) / (held + out.spent))
    residual[MANGANESE] = _logarithm(manganese, scales.manganese) - x[MANGANESE]
    residual[PEROXIDE] = -np.log1p(out.use) - x[PEROXIDE]
    residual[FERRIC] = _logarithm(left.ferric, scales.iron) - x[FERRIC]


@compiled
def _power(free: float, log_low: float, order: float) -> float:
    """Return h (h + low)^(order - 1): free acid to a power, in proportion to it where there is little."""
    return free * np.exp((order - 1) * log_low)  # type: ignore[no-any-return]


@compiled
def _oxides(
    potential: float,
    free: float,
    log_low: float,
    weak: float,
    pulp: Pulp,
    scales: Scales,
    rates: Rates,
    tau: float,
    out: Turnover,
) -> None:
    """What is left of the oxides; MO2 and MOOH make each other; NiO2 oxidises water and dissolved manganese."""
    left, made = out.left, out.made
    made[:] = 0.0
    driving = tau * rates.reduction * _power(free, log_low, rates.order_reduction) / (rates.half_potential + potential)
    acidity = tau * rates.disproportionation * _power(free, log_low, rates.order_disproportionation)
    hot = tau * _power(free, log_low, rates.order_hot)
    laying = tau * rates.deposition * scales.manganese_share**2 / (rates.half_manganese + left.manganese)
    spent, gained, pull, dissolving, per_manganese = 0.0, 0.0, 0.0, 0.0, 0.0
    for group in range(GROUPS):
        surface = rates.surface[group]
        drive, acidic = driving * surface, acidity * surface
        reduce, slow = drive * potential, rates.slow_disproportionation * hot * surface
        faded, back, laid = 1 / (1 + reduce + acidic), 1 + reduce + slow, 0.0
        left.spinel[group] = spinel = pulp.spinel[group] * faded
        for metal in range(METALS):
            cell, at = metal * GROUPS + group, metal * _NEXT
            water = rates.water_oxidation * hot * surface if metal == NI else 0.0
            deposit = laying * surface if metal == NI else 0.0
            exchange = rates.exchange * weak * tau * surface if metal != CO else 0.0
            opened = pulp.opened[cell] / (1 + reduce + acidic + exchange)
            closed = pulp.closed[cell] / (back + exchange)
            exchanged = exchange * (opened + closed)
            given = (pulp.protonated[cell] + exchanged) / back
            source = pulp.bare[cell] + 0.5 * (acidic * opened + slow * closed) + 0.5 * slow * given
            if metal == MN:
                source += 0.5 * laid + 1.5 * acidic * spinel
            down = deposit * left.manganese
            bare = source / (1 + reduce + water + down * (1 - 0.5 * slow / back))
            given += down * bare / back
            laid += down * bare
            per_manganese += 0.5 * deposit * bare
            left.opened[cell], left.closed[cell], left.protonated[cell], left.bare[cell] = opened, closed, given, bare
            pull += drive * (opened + closed + given + 2 * bare)
            split, slowly = acidic * opened + slow * closed, slow * given
            spent += 2 * split + reduce * (4 * (opened + closed + bare) + 3 * given) + slowly
            spent += 2 * water * bare + exchanged
            gained += down * bare
            made[_SPLIT + at] += split
            made[_LAYERED + at] += reduce * (opened + closed)
            made[_HYDROXIDE + at] += reduce * given
            made[_HYDROXIDE_SPLIT + at] += slowly
            made[_DIOXIDE + at] += (reduce + water) * bare
            made[_EXCHANGE + at] += exchanged
            if metal == NI:
                made[_DEPOSITION] += down * bare
            if metal == MN:
                dissolving += 0.5 * (split + acidic * spinel + slowly) + reduce * (opened + closed + given + bare)
        alumina_open, alumina_closed = pulp.alumina_open[group] * faded, pulp.alumina_closed[group] / back
        left.alumina_open[group], left.alumina_closed[group] = alumina_open, alumina_closed
        alumina = (reduce + acidic) * alumina_open + (reduce + slow) * alumina_closed
        pull += 3 * drive * spinel
        dissolving += 2 * reduce * spinel
        spent += 4 * alumina + (8 * reduce + 2 * acidic) * spinel
        made[_ALUMINATE] += alumina
        made[_SPINEL_ACID] += acidic * spinel
        made[_SPINEL] += reduce * spinel
    out.pull, out.dissolving, out.laying = pull, dissolving, per_manganese
    out.spent += spent
    out.gained += gained


@compiled
def _roasted(
    free: float, log_low: float, weak: float, ferric: float, pulp: Pulp, rates: Rates, tau: float, out: Turnover
) -> None:
    """What is left of the oxides and metals of a roast: acid dissolves both, oxidants and higher oxides the metals."""
    left, made = out.left, out.made
    acid = tau * _power(free, log_low, rates.order_roasted)
    by_peroxide = tau * weak * rates.roasted_metal_peroxide * left.peroxide
    oxidised = out.pull * rates.roasted_metal / 2 + by_peroxide + tau * ferric * rates.roasted_metal_ferric
    left.nickel_oxide = pulp.nickel_oxide / (1 + acid * rates.nickel_oxide_acid)
    left.cobalt_oxide = pulp.cobalt_oxide / (1 + acid * rates.cobalt_oxide_acid)
    left.nickel = pulp.nickel / (1 + acid * rates.nickel_acid + oxidised)
    left.cobalt = pulp.cobalt / (1 + acid * rates.cobalt_acid + oxidised)
    made[_NICKEL_OXIDE] = acid * rates.nickel_oxide_acid * left.nickel_oxide
    made[_COBALT_OXIDE] = acid * rates.cobalt_oxide_acid * left.cobalt_oxide
    made[_NICKEL_ACID] = acid * rates.nickel_acid * left.nickel
    made[_COBALT_ACID] = acid * rates.cobalt_acid * left.cobalt
    made[_NICKEL], made[_COBALT] = oxidised * left.nickel, oxidised * left.cobalt
    through_acid = made[_NICKEL_OXIDE] + made[_COBALT_OXIDE] + made[_NICKEL_ACID] + made[_COBALT_ACID]
    out.spent += 2 * (through_acid + by_peroxide * (left.nickel + left.cobalt))


@compiled
def _reductants(
    free: float, log_low: float, weak: float, ferric: float, pulp: Pulp, rates: Rates, tau: float, out: Turnover
) -> None:
    """Solutes and metals left, what reacted, and the consumption of peroxide over what is left of it."""
    left, made, pull, peroxide = out.left, out.made, out.pull, out.left.peroxide
    fast, oxidised = tau * weak, tau * ferric
    left.sulfite = pulp.sulfite / (1 + pull * rates.sulfite / 2)
    left.glucose = pulp.glucose / (1 + pull * rates.glucose / 24)
    by_peroxide = fast * rates.copper_peroxide
    copper = pulp.copper / (1 + pull * rates.copper / 2 + by_peroxide * peroxide + rates.copper_ferric * oxidised)
    aluminium_acid, iron_acid = fast * rates.aluminium_acid, fast * rates.iron_acid
    aluminium = pulp.aluminium / (1 + pull * rates.aluminium / 3 + aluminium_acid + rates.aluminium_ferric * oxidised)
    iron = pulp.iron / (1 + pull * rates.iron / 2 + iron_acid + rates.iron_ferric * oxidised)
    olivine_acid = tau * rates.olivine_acid * _power(free, log_low, rates.order_olivine)
    through_peroxide = fast * rates.olivine_peroxide
    delithiated = pull * rates.olivine + through_peroxide * peroxide + rates.olivine_ferric * oxidised
    olivine = pulp.olivine / (1 + olivine_acid + delithiated)
    reduced = tau * (
        2 * rates.copper_ferric * copper
        + 3 * rates.aluminium_ferric * aluminium
        + 2 * rates.iron_ferric * iron
        + rates.olivine_ferric * olivine
        + 2 * rates.roasted_metal_ferric * (left.nickel + left.cobalt)
    )
    released = olivine_acid * olivine
    to_ferric = pull * rates.ferrous + fast * rates.ferrous_peroxide * peroxide
    heterosite_acid = tau * rates.heterosite_acid * free
    heterosite = (pulp.heterosite + delithiated * olivine) / (1 + heterosite_acid)
    opened = heterosite_acid * heterosite
    iron_in = pulp.ferrous + released + pulp.iron - iron
    source = pulp.ferric + opened + to_ferric * iron_in / (1 + to_ferric)  # ferrous iron eliminated
    used = reduced / (1 + to_ferric)
    phosphate = pulp.phosphate + released + opened
    dissolved = _ferric(source, used, phosphate, rates.phosphate_product * free**3)
    precipitate = 0.0
    if dissolved < source / (1 + used):
        precipitate = max(source - (1 + used) * dissolved, 0.0)
    ferrous = (iron_in + reduced * dissolved) / (1 + to_ferric)
    use = 0.5 * pull / rates.peroxide_efficiency + tau * rates.peroxide_loss * pulp.catalyst + by_peroxide * copper
    use += fast * rates.roasted_metal_peroxide * (left.nickel + left.cobalt)
    out.use = use + 0.5 * through_peroxide * olivine + 0.5 * fast * rates.ferrous_peroxide * ferrous

    left.copper, left.aluminium, left.iron, left.olivine = copper, aluminium, iron, olivine
    left.ferrous, left.ferric, left.heterosite = ferrous, dissolved, heterosite
    left.phosphate = phosphate - precipitate
    made[_COPPER] = pulp.copper - copper
    made[_ALUMINIUM] = pulp.aluminium - aluminium - aluminium_acid * aluminium
    made[_ALUMINIUM_ACID] = aluminium_acid * aluminium
    made[_IRON] = pulp.iron - iron - iron_acid * iron
    made[_IRON_ACID] = iron_acid * iron
    made[_OLIVINE_ACID] = released
    made[_HETEROSITE] = opened
    made[_OLIVINE] = delithiated * olivine
    made[_FERROUS] = to_ferric * ferrous - reduced * dissolved
    made[_PHOSPHATE] = precipitate
    made[_SULFITE] = pulp.sulfite - left.sulfite
    made[_GLUCOSE] = pulp.glucose - left.glucose
    made[_PEROXIDE] = pulp.peroxide - peroxide
    out.gained += 2 * precipitate
    ferrous_peroxide = fast * rates.ferrous_peroxide * peroxide * ferrous
    metals = 2 * by_peroxide * peroxide * copper + 3 * made[_ALUMINIUM_ACID] + 2 * made[_IRON_ACID]
    out.spent += 2 * released + 2 * opened + through_peroxide * peroxide * olivine + ferrous_peroxide + metals


@compiled
def _potential(pulp: Pulp, rates: Rates) -> float:
    metals = rates.copper * pulp.copper + rates.aluminium * pulp.aluminium + rates.iron * pulp.iron
    metals += rates.roasted_metal * (pulp.nickel + pulp.cobalt)
    solutes = rates.sulfite * pulp.sulfite + rates.glucose * pulp.glucose + rates.ferrous * pulp.ferrous
    return pulp.peroxide + solutes + rates.olivine * pulp.olivine + metals


@compiled
def _ferric(source: float, used: float, phosphate: float, product: float) -> float:
    """Ferric iron left in solution: all of it, or what phosphate does not precipitate at saturation."""
    half = phosphate - source
    root = np.sqrt(half * half + 4 * (1 + used) * product)
    low = 2 * product / (half + root) if half > 0 else (root - half) / (2 * (1 + used))
    return min(source / (1 + used), low)


@compiled
def _logarithm(value: float, most: float) -> float:
    """Logarithm of a share, from below not less than that of `_LEAST`; zero where there is nothing to share."""
    return np.log(value / most + _LEAST) if most > 0 else 0.0  # type: ignore[no-any-return]
