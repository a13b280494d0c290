"""Balances of one stirred tank of leaching pulp, or of one implicit step of a batch."""

import dataclasses
from typing import Any

import numpy as np
import numpy.typing as npt

from blackmass.chemistry.leaching_kinetics import Rates

Array = npt.NDArray[np.float64]
UNKNOWNS = 5
TRACE = 1e-7
"""Acid [mol/L] that water itself has: keeps its logarithm finite when all is spent."""
_LEAST = 1e-40


@dataclasses.dataclass(frozen=True)
class Pulp:
    """What one litre of liquor carries [mol/L].

    `oxide` (forms, metals, groups, 1, cases) in the forms open LiMO2, which acid disproportionates, closed LiMO2,
    which it does not, MOOH and MO2, the metals Ni, Co and Mn; `aluminate` (forms, groups, 1, cases) open and closed
    LiAlO2 and `spinel` (groups, 1, cases). All others (1, cases): `acid` is the titratable acid, H+ less 2 PO4 and F;
    `catalyst` is nickel, cobalt and manganese in oxides and in solution.
    """

    oxide: Array
    aluminate: Array
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
    catalyst: Array

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
        acid = pulp.acid + TRACE + 2 * (pulp.oxide.sum((0, 1, 2)) + 2 * pulp.spinel.sum(0) + pulp.aluminate.sum((0, 1)))
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
    log_low: Array
    weak: Array
    manganese: Array
    peroxide: Array
    ferric: Array

    @classmethod
    def of(cls, x: Array, scales: Scales, rates: Rates) -> "Liquor":
        """Return the concentrations from the logarithms of shares (5, probes, cases)."""
        potential, free, manganese, peroxide, ferric = np.exp(x)
        free = free * scales.acid
        log_low = np.log(free + rates.low_acid)
        return cls(
            potential * scales.potential,
            free,
            log_low,
            free * np.exp((rates.order_weak - 1) * log_low),
            manganese * scales.manganese,
            peroxide * scales.peroxide,
            ferric * scales.iron,
        )

    def power(self, order: float) -> Array:
        """Return h (h + low)^(order - 1): free acid to a power, in proportion to it where there is little."""
        return np.asarray(self.free * np.exp((order - 1) * self.log_low))


@dataclasses.dataclass(frozen=True)
class Outcome:
    """Where given values of the unknowns lead.

    residual (5, probes, cases); `left`: the pulp that leaves; `made`: moles that reacted [mol/L] by
    `leaching_stoichiometry.REACTIONS`.
    """

    residual: Array
    left: Pulp
    made: dict[str, Array]


@dataclasses.dataclass(frozen=True)
class Oxides:
    """Rates times residence time, and what is left of the oxides; (metals, groups, probes, cases) or without metals."""

    reduce: Array
    acidic: Array
    slow: Array
    water: Array
    exchange: Array
    deposit: Array
    opened: Array
    closed: Array
    protonated: Array
    bare: Array
    spinel: Array
    alumina_open: Array
    alumina_closed: Array
    pull: Array
    """Electrons that the oxides take per unit of reduction potential (probes, cases)."""

    def spent(self) -> Array:
        """Acid that the oxides take, beyond what reductants give back (probes, cases)."""
        split = 2 * (self.acidic * self.opened + self.slow * self.closed)
        reduced = self.reduce * (4 * (self.opened + self.closed + self.bare) + 3 * self.protonated)
        others = self.slow * self.protonated + 2 * self.water * self.bare + self.exchange * self.closed
        alumina = 4 * (
            (self.reduce + self.acidic) * self.alumina_open + (self.reduce + self.slow) * self.alumina_closed
        )
        spinel = (8 * self.reduce + 2 * self.acidic) * self.spinel
        return (split + reduced + others).sum((0, 1)) + (alumina + spinel).sum(0)

    def manganese(self) -> Array:
        """Manganese that dissolves (probes, cases)."""
        opened, closed, protonated, bare = self.opened[2], self.closed[2], self.protonated[2], self.bare[2]
        half = self.acidic * (opened + self.spinel) + self.slow * (closed + protonated)
        return (0.5 * half + self.reduce * (opened + closed + protonated + bare + 2 * self.spinel)).sum(0)

    def made(self) -> dict[str, Array]:
        """What reacted by metal (metals, probes, cases), or of spinel and aluminate (probes, cases)."""
        alumina = (self.reduce + self.acidic) * self.alumina_open + (self.reduce + self.slow) * self.alumina_closed
        return {
            "disproportionation": (self.acidic * self.opened + self.slow * self.closed).sum(1),
            "layered": (self.reduce * (self.opened + self.closed)).sum(1),
            "hydroxide": (self.reduce * self.protonated).sum(1),
            "hydroxide split": (self.slow * self.protonated).sum(1),
            "dioxide": ((self.reduce + self.water) * self.bare).sum(1),
            "exchange": (self.exchange * self.closed).sum(1),
            "deposition": (self.deposit * self.bare[:2]).sum(1),
            "spinel acid": (self.acidic * self.spinel).sum(0),
            "spinel": (self.reduce * self.spinel).sum(0),
            "aluminate": alumina.sum(0),
        }


def balances(x: Array, pulp: Pulp, scales: Scales, rates: Rates, tau: Array) -> Outcome:
    """Return where given unknowns lead: residual, pulp that leaves and what reacted; arguments as `residual`."""
    liquor = Liquor.of(x, scales, rates)
    oxides = _oxides(pulp, liquor, rates, tau)
    left, made, use = _reductants(pulp, liquor, rates, tau, oxides.pull)
    value = _residual(x, pulp, scales, rates, (tau, liquor, oxides, left, made, use))
    forms = np.broadcast_arrays(oxides.opened, oxides.closed, oxides.protonated, oxides.bare)
    phosphoric = left["phosphate"] * liquor.free / (liquor.free + rates.phosphoric)
    contents = Pulp(
        oxide=np.stack(forms),
        aluminate=np.stack([oxides.alumina_open, oxides.alumina_closed]),
        spinel=oxides.spinel,
        acid=np.maximum(liquor.free + phosphoric - TRACE, 0.0),
        manganese=liquor.manganese,
        catalyst=pulp.catalyst,
        **left,
    )
    return Outcome(value, contents, made | oxides.made())


def residual(x: Array, pulp: Pulp, scales: Scales, rates: Rates, tau: Array) -> Array:
    """Return the residual (5, probes, cases) of the balances, solids and other solutes eliminated in closed form.

    Given the liquor every solid reacts in proportion to what is left of it, so that what leaves a mixed tank is

    .. math:: n = (n_0 + \\tau\\,made) / (1 + \\tau \\sum k)

    exact for the exponential spread of ages of a tank, and the implicit step of a batch. Oxides and reductants meet
    in the reduction potential, the sum of the reductants weighted by their power; each gives electrons by its part.

    Parameters
    ----------
    x : array (5, probes, cases)
        Logarithms of the shares of reduction potential, free acid, dissolved manganese, peroxide and ferric iron.
    tau : array (1, cases) [s]

    Source: mechanism after Billy et al., ACS Appl. Mater. Interfaces 10 (2018) 16424, 10.1021/acsami.8b01352.
    """
    liquor = Liquor.of(x, scales, rates)
    oxides = _oxides(pulp, liquor, rates, tau)
    return _residual(x, pulp, scales, rates, (tau, liquor, oxides, *_reductants(pulp, liquor, rates, tau, oxides.pull)))


def _residual(x: Array, pulp: Pulp, scales: Scales, rates: Rates, found: tuple[Any, ...]) -> Array:
    tau, liquor, oxides, left, made, use = found
    laid = oxides.deposit * oxides.bare[:2]
    per_manganese = 0.5 * tau * (rates.specific_surface * rates.deposition * rates.depositing * oxides.bare[:2])
    acid = _acid(pulp, oxides, left, made, liquor, rates, laid.sum((0, 1)))
    dissolved = (pulp.manganese + oxides.manganese()) / (1 + per_manganese.sum((0, 1)))
    values = (
        _logarithm(left["peroxide"] + _solutes_potential(left, rates), scales.potential) - x[0],
        np.log(acid),
        _logarithm(dissolved, scales.manganese) - x[2],
        -np.log1p(use) - x[3],
        _logarithm(left["ferric"], scales.iron) - x[4],
    )
    return np.stack(np.broadcast_arrays(*values))


def _oxides(pulp: Pulp, liquor: Liquor, rates: Rates, tau: Array) -> Oxides:
    """What is left of the oxides; MO2 and MOOH make each other, manganese lies down on the MO2 of Ni and Co."""
    reach = tau * rates.specific_surface  # (groups, 1, cases)
    drive = reach * (rates.reduction * liquor.power(rates.order_reduction) / (rates.half_potential + liquor.potential))
    reduce = drive * liquor.potential
    acidic = rates.disproportionation * liquor.power(rates.order_disproportionation) * reach
    hot = liquor.power(rates.order_hot) * reach
    slow, water = rates.slow_disproportionation * hot, rates.water_oxidation * hot * rates.oxidising
    exchange = rates.exchange * liquor.weak * reach * rates.exchanging
    deposit = rates.deposition * liquor.manganese * reach * rates.depositing

    faded = 1 / (1 + reduce + acidic)
    back = 1 + reduce + slow
    opened, spinel = pulp.oxide[0] * faded, pulp.spinel * faded
    closed = pulp.oxide[1] / (back + exchange)
    source = pulp.oxide[3] + 0.5 * (acidic * opened + slow * closed)
    given = (pulp.oxide[2] + exchange * closed) / back
    out = 1 + reduce + water
    half = 0.5 * slow
    bare = source + half * given
    bare[:2] /= out[:2] + deposit * (1 - half / back)
    laid = deposit * bare[:2]
    bare[2] = (bare[2] + 0.5 * laid.sum(0) + 1.5 * acidic * spinel) / out[2]
    given[:2] += laid / back
    uptake = (opened + closed + given + 2 * bare).sum(0) + 3 * spinel
    return Oxides(
        reduce,
        acidic,
        slow,
        water,
        exchange,
        deposit,
        opened,
        closed,
        given,
        bare,
        spinel,
        pulp.aluminate[0] * faded,
        pulp.aluminate[1] / back,
        (drive * uptake).sum(0),
    )


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
    olivine_acid = tau * rates.olivine_acid * liquor.power(rates.order_olivine)
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
    use = 0.5 * pull / rates.peroxide_efficiency + tau * rates.peroxide_loss * pulp.catalyst + by_peroxide * copper
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
    pulp: Pulp,
    oxides: Oxides,
    left: dict[str, Array],
    made: dict[str, Array],
    liquor: Liquor,
    rates: Rates,
    laid: Array,
) -> Array:
    """Acid fed and set free over acid left and spent: one where the proton balance closes."""
    spent = (
        oxides.spent()
        + 2 * made["olivine acid"]
        + made["olivine peroxide"]
        + made["ferrous peroxide"]
        + 2 * made["copper peroxide"]
        + 3 * made["aluminium acid"]
        + 2 * made["iron acid"]
    )
    per_electron = liquor.peroxide + 2 * rates.sulfite * left["sulfite"] + rates.glucose * left["glucose"]
    gained = laid + oxides.pull * per_electron + 2 * made["phosphate"]
    bound = left["phosphate"] * liquor.free / (liquor.free + rates.phosphoric)
    return (pulp.acid + gained + TRACE) / (liquor.free + bound + spent)


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
    return ferric, np.where(loose > low, np.maximum(source - (1 + used) * ferric, 0.0), 0.0)


def _logarithm(value: Array, scale: Array) -> Array:
    """Logarithm of a share, from below not less than that of `_LEAST`; zero where there is nothing to share."""
    present = scale > 0
    return np.log(np.where(present, value / np.where(present, scale, 1.0) + _LEAST, 1.0))
