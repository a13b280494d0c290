"""Balances of one stirred tank of leaching pulp, or of one implicit step of a batch."""

import dataclasses

import numpy as np
import numpy.typing as npt

from blackmass.chemistry.leaching_kinetics import Rates

Array = npt.NDArray[np.float64]
UNKNOWNS = 5
METALS = ("Ni", "Co", "Mn", "Al")
TRACE = 1e-7
"""Acid [mol/L] that water itself has: keeps its logarithm finite when all is spent."""
_LEAST = 1e-13
_DIOXIDE = np.array([0.5, 0.5, 0.5, 0.0])[:, None, None, None]  # MO2 left by the disproportionation of one LiMO2


@dataclasses.dataclass(frozen=True)
class Pulp:
    """What one litre of liquor carries [mol/L].

    `oxide` (forms, metals, groups, 1, cases) in the forms open LiMO2, which acid disproportionates, closed LiMO2,
    which it does not, MOOH and MO2; `spinel` (groups, 1, cases). All others (1, cases): `acid` is the titratable
    acid, H+ less 2 PO4 and F.
    """

    oxide: Array
    spinel: Array
    acid: Array
    manganese: Array
    peroxide: Array
    sulfite: Array
    glucose: Array
    ferrous: Array
    ferric: Array
    phosphate: Array
    olivine: Array
    copper: Array
    aluminium: Array
    iron: Array

    def take(self, cases: npt.NDArray[np.intp]) -> "Pulp":
        """Return some of the cases."""
        return Pulp(**{f.name: getattr(self, f.name)[..., cases] for f in dataclasses.fields(self)})


@dataclasses.dataclass(frozen=True)
class Scales:
    """The most that each unknown can reach; the unknowns are the logarithms of the shares of it."""

    potential: Array
    acid: Array
    manganese: Array
    peroxide: Array
    iron: Array

    @classmethod
    def of(cls, pulp: Pulp, rates: Rates) -> "Scales":
        """Return the scales of a pulp; where a scale is zero its unknown stays at zero and means nothing."""
        iron = pulp.ferrous + pulp.ferric + pulp.olivine + pulp.iron
        potential = _potential(pulp, rates) + rates.ferrous * iron
        metal = pulp.oxide[:, 2].sum((0, 1)) + 2 * pulp.spinel.sum(0)
        acid = pulp.acid + TRACE + 2 * (pulp.oxide.sum((0, 1, 2)) + 2 * pulp.spinel.sum(0))
        acid = acid + 2 * (pulp.phosphate + pulp.olivine + pulp.peroxide) + 4 * pulp.sulfite + 24 * pulp.glucose
        return cls(potential, acid, pulp.manganese + metal, pulp.peroxide, iron)

    def take(self, cases: npt.NDArray[np.intp]) -> "Scales":
        """Return some of the cases."""
        return Scales(**{f.name: getattr(self, f.name)[..., cases] for f in dataclasses.fields(self)})


@dataclasses.dataclass(frozen=True)
class Liquor:
    """What the unknowns say of the liquor, each (probes, cases)."""

    potential: Array
    free: Array
    log_acid: Array
    weak: Array
    manganese: Array
    peroxide: Array
    ferric: Array

    @classmethod
    def of(cls, x: Array, scales: Scales, rates: Rates) -> "Liquor":
        """Return the concentrations from the logarithms of shares (5, probes, cases)."""
        potential, free, manganese, peroxide, ferric = np.exp(x)
        free = free * scales.acid
        log_acid = np.log(free)
        return cls(
            potential * scales.potential,
            free,
            log_acid,
            np.exp(rates.order_weak * log_acid),
            manganese * scales.manganese,
            peroxide * scales.peroxide,
            ferric * scales.iron,
        )


@dataclasses.dataclass(frozen=True)
class Outcome:
    """Where given values of the unknowns lead.

    residual (5, probes, cases); `left`: the pulp that leaves; `made`: moles that reacted [mol/L] by
    `leaching_stoichiometry.REACTIONS`.
    """

    residual: Array
    left: Pulp
    made: dict[str, Array]


def balances(x: Array, pulp: Pulp, scales: Scales, rates: Rates, tau: Array) -> Outcome:
    """Return the residual of the five balances, all solids and the other solutes eliminated in closed form.

    Given the liquor every solid reacts in proportion to what is left of it, so that what leaves a mixed tank is

    .. math:: n = (n_0 + \\tau\\,made) / (1 + \\tau \\sum k)

    exact for the exponential spread of ages of a tank, and the implicit step of a batch. Oxides and reductants meet
    in the reduction potential, the sum of the reductants weighted by their power; each gives electrons by its part.

    Parameters
    ----------
    x : array (5, probes, cases)
        Logarithms of the shares of reduction potential, free acid, dissolved manganese, peroxide and ferric iron.
    tau : array (1, cases) [s]

    Sources: mechanism after Billy et al., ACS Appl. Mater. Interfaces 10 (2018) 16424, 10.1021/acsami.8b01352.
    """
    liquor = Liquor.of(x, scales, rates)
    left, made, pull = _oxides(pulp, liquor, rates, tau)
    solutes, more, use = _reductants(pulp, liquor, rates, tau, pull)
    left, made = left | solutes, made | more
    acid = _acid(pulp, left, made, liquor, rates, pull)
    per_manganese = 0.5 * (tau * rates.specific_surface * rates.deposition * rates.depositing * left["oxide"][3])
    dissolved = pulp.manganese + _dissolved_manganese(made)
    found = left["peroxide"] + _solutes_potential(left, rates)
    residual = np.stack(
        np.broadcast_arrays(
            _logarithm(found, scales.potential) - x[0],
            np.log(acid),
            _logarithm(dissolved / (1 + per_manganese.sum((0, 1))), scales.manganese) - x[2],
            -np.log1p(use) - x[3],
            _logarithm(left["ferric"], scales.iron) - x[4],
        )
    )
    left["manganese"] = liquor.manganese
    phosphoric = left["phosphate"] * liquor.free / (liquor.free + rates.phosphoric)
    left["acid"] = np.maximum(liquor.free + phosphoric - TRACE, 0.0)
    return Outcome(residual, Pulp(**left), made)


def _oxides(pulp: Pulp, liquor: Liquor, rates: Rates, tau: Array) -> tuple[dict[str, Array], dict[str, Array], Array]:
    """Oxides left, what reacted by metal (metals, probes, cases), and the electrons they take per potential."""
    reach = tau * rates.specific_surface  # (groups, 1, cases)
    drive = reach * rates.reduction * np.exp(rates.order_reduction * liquor.log_acid)
    drive = drive / (rates.half_potential + liquor.potential)
    reduce = drive * liquor.potential
    acidic = rates.disproportionation * np.exp(rates.order_disproportionation * liquor.log_acid) * reach
    hot = np.exp(rates.order_hot * liquor.log_acid) * reach
    slow, water = rates.slow_disproportionation * hot, rates.water_oxidation * hot * rates.oxidising
    exchange = rates.exchange * liquor.weak * reach * rates.exchanging
    deposit = rates.deposition * liquor.manganese * reach * rates.depositing  # (metals, groups, probes, cases)

    opened = pulp.oxide[0] / (1 + reduce + acidic)
    spinel = pulp.spinel / (1 + reduce + acidic)
    closed = pulp.oxide[1] / (1 + reduce + slow + exchange)
    split, split_spinel = acidic * opened + slow * closed, acidic * spinel
    exchanged = exchange * closed
    bare, protonated = _dioxide(pulp, split, split_spinel, exchanged, (reduce, water, slow, deposit))
    whole = opened + closed
    uptake = whole[:3].sum(0) + protonated.sum(0) + 2 * bare.sum(0) + 3 * spinel
    made = {
        "disproportionation": split.sum(1),
        "layered": (reduce * whole).sum(1),
        "hydroxide": (reduce * protonated).sum(1),
        "hydroxide split": (slow * protonated).sum(1),
        "dioxide": ((reduce + water) * bare).sum(1),
        "dioxide reduced": (reduce * bare).sum(1),
        "exchange": exchanged.sum(1),
        "deposition": (deposit * bare).sum(1),
        "spinel acid": split_spinel.sum(0),
        "spinel": (reduce * spinel).sum(0),
    }
    oxide = np.stack(np.broadcast_arrays(opened, closed, protonated, bare))
    return {"oxide": oxide, "spinel": spinel}, made, (drive * uptake).sum(0)


def _dioxide(
    pulp: Pulp, split: Array, spinel: Array, exchanged: Array, rates: tuple[Array, ...]
) -> tuple[Array, Array]:
    """What is left of MO2 and MOOH, which make each other; manganese lies down on nickel's and cobalt's MO2."""
    reduce, water, slow, deposit = rates
    source = pulp.oxide[3] + split * _DIOXIDE
    given = pulp.oxide[2] + exchanged
    out, back = 1 + reduce + water + deposit, 1 + reduce + slow
    cross = 0.5 * slow / back
    bare = (source + cross * given) / (out - cross * deposit)
    laid = 0.5 * (deposit * bare).sum(0) + 1.5 * spinel
    bare[2] = bare[2] + laid / out[2]
    return bare, (given + deposit * bare) / back


def _reductants(
    pulp: Pulp, liquor: Liquor, rates: Rates, tau: Array, pull: Array
) -> tuple[dict[str, Array], dict[str, Array], Array]:
    """Solutes and metals left, what reacted, and the consumption of peroxide over what is left of it."""
    fast, ferric = tau * liquor.weak, tau * liquor.ferric
    sulfite = pulp.sulfite / (1 + pull * rates.sulfite / 2)
    glucose = pulp.glucose / (1 + pull * rates.glucose / 24)
    by_peroxide = fast * rates.copper_peroxide
    copper = pulp.copper / (1 + pull * rates.copper / 2 + by_peroxide * liquor.peroxide + rates.copper_ferric * ferric)
    aluminium_acid, iron_acid = fast * rates.aluminium_acid, fast * rates.iron_acid
    aluminium = pulp.aluminium / (1 + pull * rates.aluminium / 3 + aluminium_acid + rates.aluminium_ferric * ferric)
    iron = pulp.iron / (1 + pull * rates.iron / 2 + iron_acid + rates.iron_ferric * ferric)
    olivine_acid = tau * rates.olivine_acid * np.exp(rates.order_olivine * liquor.log_acid)
    oxidised = fast * rates.olivine_peroxide
    olivine = pulp.olivine / (
        1 + pull * rates.olivine + olivine_acid + oxidised * liquor.peroxide + rates.olivine_ferric * ferric
    )
    reduced = tau * (
        2 * rates.copper_ferric * copper
        + 3 * rates.aluminium_ferric * aluminium
        + 2 * rates.iron_ferric * iron
        + rates.olivine_ferric * olivine
    )
    released = olivine_acid * olivine
    to_ferric = pull * rates.ferrous + fast * rates.ferrous_peroxide * liquor.peroxide
    ferrous = (pulp.ferrous + released + pulp.iron - iron + reduced * liquor.ferric) / (1 + to_ferric)
    dissolved, precipitate = _ferric(
        pulp.ferric + to_ferric * ferrous,
        reduced,
        pulp.phosphate + released,
        rates.phosphate_product * liquor.free**3,
    )
    use = 0.5 * pull / rates.peroxide_efficiency + tau * rates.peroxide_loss + by_peroxide * copper
    use = use + 0.5 * oxidised * olivine + 0.5 * fast * rates.ferrous_peroxide * ferrous
    left = {
        "peroxide": liquor.peroxide,
        "sulfite": sulfite,
        "glucose": glucose,
        "ferrous": ferrous,
        "ferric": dissolved,
        "phosphate": pulp.phosphate + released - precipitate,
        "olivine": olivine,
        "copper": copper,
        "aluminium": aluminium,
        "iron": iron,
    }
    made = {
        "copper": pulp.copper - copper,
        "copper peroxide": by_peroxide * liquor.peroxide * copper,
        "aluminium": pulp.aluminium - aluminium - aluminium_acid * aluminium,
        "aluminium acid": aluminium_acid * aluminium,
        "iron": pulp.iron - iron - iron_acid * iron,
        "iron acid": iron_acid * iron,
        "olivine acid": released,
        "olivine": pulp.olivine - olivine - released,
        "olivine peroxide": oxidised * liquor.peroxide * olivine,
        "ferrous": to_ferric * ferrous - reduced * dissolved,
        "ferrous peroxide": fast * rates.ferrous_peroxide * liquor.peroxide * ferrous,
        "phosphate": precipitate,
        "sulfite": pulp.sulfite - sulfite,
        "glucose": pulp.glucose - glucose,
        "peroxide": pulp.peroxide - liquor.peroxide,
    }
    return left, made, use


def _acid(
    pulp: Pulp, left: dict[str, Array], made: dict[str, Array], liquor: Liquor, rates: Rates, pull: Array
) -> Array:
    """Acid fed and set free over acid left and spent: one where the proton balance closes."""
    by_metal = ("disproportionation", "layered", "hydroxide", "hydroxide split", "dioxide", "dioxide reduced")
    metals = {name: made[name][:3].sum(0) for name in (*by_metal, "exchange", "deposition")}
    spent = (
        2 * metals["disproportionation"]
        + 4 * (made["disproportionation"][3] + made["layered"][3])
        + 4 * metals["layered"]
        + 3 * metals["hydroxide"]
        + metals["hydroxide split"]
        + 2 * (metals["dioxide"] + metals["dioxide reduced"])
        + metals["exchange"]
        + 2 * made["spinel acid"]
        + 8 * made["spinel"]
        + 2 * made["olivine acid"]
        + made["olivine peroxide"]
        + made["ferrous peroxide"]
        + 2 * made["copper peroxide"]
        + 3 * made["aluminium acid"]
        + 2 * made["iron acid"]
    )
    per_electron = liquor.peroxide + 2 * rates.sulfite * left["sulfite"] + rates.glucose * left["glucose"]
    gained = metals["deposition"] + pull * per_electron + 2 * made["phosphate"]
    bound = left["phosphate"] * liquor.free / (liquor.free + rates.phosphoric)
    return (pulp.acid + gained + TRACE) / (liquor.free + bound + spent)


def _dissolved_manganese(made: dict[str, Array]) -> Array:
    halves = made["disproportionation"][2] + made["hydroxide split"][2] + made["spinel acid"]
    return 0.5 * halves + made["layered"][2] + made["hydroxide"][2] + made["dioxide"][2] + 2 * made["spinel"]


def _potential(pulp: Pulp, rates: Rates) -> Array:
    metals = rates.copper * pulp.copper + rates.aluminium * pulp.aluminium + rates.iron * pulp.iron
    solutes = rates.sulfite * pulp.sulfite + rates.glucose * pulp.glucose
    return pulp.peroxide + solutes + rates.olivine * pulp.olivine + metals


def _solutes_potential(left: dict[str, Array], rates: Rates) -> Array:
    names = ("sulfite", "glucose", "ferrous", "olivine", "copper", "aluminium", "iron")
    return sum((getattr(rates, name) * left[name] for name in names[1:]), getattr(rates, names[0]) * left[names[0]])


def _ferric(source: Array, used: Array, phosphate: Array, product: Array) -> tuple[Array, Array]:
    """Ferric iron left in solution, and what precipitates with phosphate: all dissolved, or saturated."""
    loose = source / (1 + used)
    half = phosphate - source
    root = np.sqrt(half**2 + 4 * (1 + used) * product)
    low = np.where(half > 0, 2 * product / np.where(half > 0, half + root, 1.0), (root - half) / (2 * (1 + used)))
    ferric = np.minimum(loose, low)
    return ferric, np.maximum(source - (1 + used) * ferric, 0.0)


def _logarithm(value: Array, scale: Array) -> Array:
    """Logarithm of a share, from below not less than that of `_LEAST`; zero where there is nothing to share."""
    present = scale > 0
    return np.log(np.where(present, value / np.where(present, scale, 1.0) + _LEAST, 1.0))
