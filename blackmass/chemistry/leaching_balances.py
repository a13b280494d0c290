"""Balances of one stirred tank of leaching pulp, or of one implicit step of a batch."""

import dataclasses

import numpy as np
import numpy.typing as npt

from blackmass.chemistry.leaching_kinetics import Rates
from blackmass.chemistry.leaching_pulp import TRACE, Liquor, Pulp, Scales

Array = npt.NDArray[np.float64]
_LEAST = 1e-40
_ACID_OF = {
    "olivine acid": 2,
    "heterosite": 2,
    "olivine peroxide": 1,
    "ferrous peroxide": 1,
    "copper peroxide": 2,
    "aluminium acid": 3,
    "iron acid": 2,
}
"""Titratable acid that each of these takes, in what is counted by its own name."""


@dataclasses.dataclass(frozen=True)
class Outcome:
    """The pulp that leaves, and what reacted [mol/L] by `leaching_stoichiometry.REACTIONS`, (..., 1, cases)."""

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


@dataclasses.dataclass(frozen=True)
class Turnover:
    """What given unknowns lead to, from which the residual follows."""

    liquor: Liquor
    oxides: Oxides
    left: dict[str, Array]
    made: dict[str, Array]
    use: Array
    """Peroxide consumed over what is left of it."""

    @classmethod
    def of(cls, x: Array, pulp: Pulp, scales: Scales, rates: Rates, tau: Array) -> "Turnover":
        """Return what reacts; arguments as those of `residual`."""
        liquor = Liquor.of(x, scales, rates)
        oxides = _oxides(pulp, liquor, rates, tau)
        return cls(liquor, oxides, *_reductants(pulp, liquor, rates, tau, oxides.pull))

    def phosphoric(self, rates: Rates) -> Array:
        """Protons that phosphoric acid holds beyond two each."""
        return np.asarray(self.left["phosphate"] * self.liquor.free / (self.liquor.free + rates.phosphoric))


def balances(x: Array, pulp: Pulp, scales: Scales, rates: Rates, tau: Array) -> Outcome:
    """Return the pulp that leaves and what reacted, at the unknowns x (5, cases); arguments as those of `residual`."""
    turnover = Turnover.of(x[:, None], pulp, scales, rates, tau)
    oxides = turnover.oxides
    left = Pulp(
        oxide=np.stack(np.broadcast_arrays(oxides.opened, oxides.closed, oxides.protonated, oxides.bare)),
        aluminate=np.stack([oxides.alumina_open, oxides.alumina_closed]),
        spinel=oxides.spinel,
        acid=np.maximum(turnover.liquor.free + turnover.phosphoric(rates) - TRACE, 0.0),
        manganese=turnover.liquor.manganese,
        catalyst=pulp.catalyst,
        **turnover.left,
    )
    return Outcome(left, turnover.made | oxides.made())


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
    turnover = Turnover.of(x, pulp, scales, rates, tau)
    oxides, left = turnover.oxides, turnover.left
    per_manganese = 0.5 * tau * turnover.liquor.laying * (rates.specific_surface * rates.depositing * oxides.bare[:2])
    dissolved = (pulp.manganese + oxides.manganese()) / (1 + per_manganese.sum((0, 1)))
    values = (
        _logarithm(_potential(left, rates), scales.potential) - x[0],
        np.log(_acid(pulp, turnover, rates)),
        _logarithm(dissolved, scales.manganese) - x[2],
        -np.log1p(turnover.use) - x[3],
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
    deposit = liquor.laying * liquor.manganese * reach * rates.depositing

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
    delithiated = pull * rates.olivine + oxidised * liquor.peroxide + rates.olivine_ferric * ferric
    olivine = pulp.olivine / (1 + olivine_acid + delithiated)
    reduced = tau * (
        2 * rates.copper_ferric * copper
        + 3 * rates.aluminium_ferric * aluminium
        + 2 * rates.iron_ferric * iron
        + rates.olivine_ferric * olivine
    )
    released = olivine_acid * olivine
    to_ferric = pull * rates.ferrous + fast * rates.ferrous_peroxide * liquor.peroxide
    heterosite_acid = tau * rates.heterosite_acid * liquor.free
    heterosite = (pulp.heterosite + delithiated * olivine) / (1 + heterosite_acid)
    opened = heterosite_acid * heterosite
    iron_in = pulp.ferrous + released + pulp.iron - iron
    dissolved, precipitate = _ferric(
        pulp.ferric + opened + to_ferric * iron_in / (1 + to_ferric),  # ferrous iron eliminated
        reduced / (1 + to_ferric),
        pulp.phosphate + released + opened,
        rates.phosphate_product * liquor.free**3,
    )
    ferrous = (iron_in + reduced * dissolved) / (1 + to_ferric)
    use = 0.5 * pull / rates.peroxide_efficiency + tau * rates.peroxide_loss * pulp.catalyst + by_peroxide * copper
    use = use + 0.5 * oxidised * olivine + 0.5 * fast * rates.ferrous_peroxide * ferrous
    left = {
        "peroxide": liquor.peroxide,
        "sulfite": sulfite,
        "glucose": glucose,
        "ferrous": ferrous,
        "ferric": dissolved,
        "phosphate": pulp.phosphate + released + opened - precipitate,
        "olivine": olivine,
        "heterosite": heterosite,
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
        "heterosite": opened,
        "olivine": delithiated * olivine,
        "olivine peroxide": oxidised * liquor.peroxide * olivine,
        "ferrous": to_ferric * ferrous - reduced * dissolved,
        "ferrous peroxide": fast * rates.ferrous_peroxide * liquor.peroxide * ferrous,
        "phosphate": precipitate,
        "sulfite": pulp.sulfite - sulfite,
        "glucose": pulp.glucose - glucose,
        "peroxide": pulp.peroxide - liquor.peroxide,
    }
    return left, made, use


def _acid(pulp: Pulp, turnover: Turnover, rates: Rates) -> Array:
    """Acid fed and set free over acid left and spent: one where the proton balance closes."""
    oxides, left, made = turnover.oxides, turnover.left, turnover.made
    spent = sum((number * made[name] for name, number in _ACID_OF.items()), oxides.spent())
    per_electron = left["peroxide"] + 2 * rates.sulfite * left["sulfite"] + rates.glucose * left["glucose"]
    gained = (oxides.deposit * oxides.bare[:2]).sum((0, 1)) + oxides.pull * per_electron + 2 * made["phosphate"]
    held = turnover.liquor.free + turnover.phosphoric(rates)
    return np.asarray((pulp.acid + gained + TRACE) / (held + spent))


def _potential(left: dict[str, Array], rates: Rates) -> Array:
    names = ("sulfite", "glucose", "ferrous", "olivine", "copper", "aluminium", "iron")
    return sum((getattr(rates, name) * left[name] for name in names), left["peroxide"])


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
