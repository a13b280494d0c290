"""Balances of a counter-current extraction circuit and their Jacobian, all stages together.

Unknowns of each case, in order: ln[H+] in every stage, ln of the free extractant in every stage, alkali to
saponification over the extractant, strip acid over the organic (by volume). Stages are numbered along the organic:
from the raffinate end of extraction, over its feed end, through scrubbing, to the last stage of stripping. Flows are
per litre of feed, amounts in mol.
"""

import dataclasses
from typing import Any

import numpy as np
import numpy.typing as npt

from blackmass.chemistry.extraction import Extractant, Liquor, ProtonBalance
from blackmass.numerics.cascade import Array, Sources, linear_cascade

MAX_SAPONIFICATION = 0.95
_CONTROL_SLOPE = 0.2


@dataclasses.dataclass(frozen=True)
class Circuit:
    """What is given of a circuit; arrays end in (cases,).

    Parameters
    ----------
    extractant : Extractant
    stages : (extraction, scrub, strip)
    organic : array (cases,)
        Litres of organic per litre of feed.
    concentration : array (cases,)
        Total extractant [mol/L].
    efficiency : array (cases,)
    feed, scrub : Liquor
        Per litre of feed; a scrub of volume zero where there are no scrub stages.
    strip : Liquor
        Per litre of strip acid.
    pH : array (cases,)
        To be reached by saponification in the raffinate, or in all stages with `hold`; NaN: `saponified` is given.
    saponified : array (cases,)
        Share of the returning free acid that is neutralised, where no pH is asked.
    alkali_volume : array (cases,)
        Litres of alkali per mol of Na+.
    strip_ratio, strip_floor : array (cases,)
        Acid per equivalent of metal loaded; least strip volume per organic volume.
    hold : bool
        Whether alkali holds the pH in every stage of extraction (as in a shake-out under pH control).
    closed : bool
        Whether the organic returns.
    """

    extractant: Extractant
    stages: tuple[int, int, int]
    organic: Array
    concentration: Array
    efficiency: Array
    feed: Liquor
    scrub: Liquor
    strip: Liquor
    pH: Array
    saponified: Array
    alkali_volume: Array
    strip_ratio: Array
    strip_floor: Array
    hold: bool = False
    closed: bool = True

    def take(self, cases: npt.NDArray[np.intp]) -> "Circuit":
        """Return only some cases."""
        picked: dict[str, Any] = {}
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if isinstance(value, np.ndarray):
                picked[field.name] = value[..., cases]
            elif isinstance(value, Liquor):
                parts = {f.name: getattr(value, f.name)[..., cases] for f in dataclasses.fields(value)}
                picked[field.name] = Liquor(**parts)
        return dataclasses.replace(self, **picked)

    def of_metals(self, rows: npt.NDArray[np.intp]) -> "Circuit":
        """Return the circuit with only some metals, the others being absent."""
        chemistry = self.extractant
        columns = {name: getattr(chemistry, name)[rows] for name in ("log_k", "charge", "adduct")}
        liquors = {
            name: dataclasses.replace(getattr(self, name), metals=getattr(self, name).metals[rows])
            for name in ("feed", "scrub", "strip")
        }
        metals = tuple(chemistry.metals[row] for row in rows)
        return dataclasses.replace(self, extractant=dataclasses.replace(chemistry, metals=metals, **columns), **liquors)


class Model:
    """Residuals and Jacobian of a circuit at an iterate (unknowns, cases)."""

    def __init__(self, circuit: Circuit) -> None:
        self.given = circuit
        extraction, scrub, strip = circuit.stages
        self.first, self.count = extraction + scrub, extraction + scrub + strip
        self.sections = (self.first, strip) if strip else (self.first,)
        self.capacity = circuit.concentration * circuit.organic
        mixed = circuit.feed + circuit.scrub
        self.liquors = [mixed] * extraction + [circuit.scrub] * scrub + [circuit.strip] * strip
        self.protons = ProtonBalance.at(np.stack([liquor.ionic_strength for liquor in self.liquors]))
        self.acids = np.stack([liquor.acids for liquor in self.liquors], axis=1)
        self.charge = np.stack([liquor.charge for liquor in self.liquors])
        self.volume = np.stack([liquor.volume for liquor in self.liquors])
        self.held = circuit.hold
        target = np.where(np.isfinite(circuit.pH), circuit.pH, 7.0)
        self.log_h_target = self.protons.log_h(target)

    def start(self) -> Array:
        """A first guess (unknowns, cases)."""
        given, count = self.given, self.count
        extraction, scrub, strip = given.stages
        w = np.empty((2 * count + 2, given.organic.size))
        target = np.where(np.isfinite(given.pH), given.pH, 4.0)
        guess = [target] * extraction + [target - 0.3] * scrub + [np.full_like(target, 0.7)] * strip
        w[:count] = self.protons.log_h(np.stack(guess))
        w[count : 2 * count] = self._free_at(w[:count])
        w[-2] = np.where(np.isfinite(given.pH), 0.3, given.saponified)
        w[-1] = self.strip_demand(0.4 * given.concentration) if strip else 1.0
        return w

    def _free_at(self, log_h: Array) -> Array:
        """ln of the free extractant in a single contact with the feed at each stage's acidity."""
        given, chemistry = self.given, self.given.extractant
        pH, total = self.protons.pH(log_h), given.feed.metals[:, None] + given.scrub.metals[:, None]
        most = np.log(given.concentration / chemistry.per_unit)
        log_free = np.broadcast_to(most, log_h.shape)
        for _ in range(30):
            log_d = np.clip(chemistry.log_distribution(log_free, pH) + np.log(given.organic), -600.0, 600.0)
            share, rest = 1 / (1 + np.exp(-log_d)), 1 / (1 + np.exp(log_d))
            free, held = np.exp(log_free), chemistry.acid_held(np.exp(log_free))
            sum_ = chemistry.per_unit * free * given.organic + (total * share * held).sum(0)
            slope = chemistry.per_unit * free * given.organic
            slope = slope + (total * share * held * (rest * held / chemistry.per_unit)).sum(0)
            log_free = np.minimum(log_free + np.clip(np.log(self.capacity / sum_) * sum_ / slope, -1.5, 1.5), most)
        return log_free

    def strip_demand(self, loaded: Array) -> Array:
        """Strip volume per organic volume for the loaded equivalents [mol/L organic]."""
        normality = self.given.strip.charge
        demand = self.given.strip_ratio * loaded / np.where(normality > 0, normality, np.inf)
        return np.maximum(demand, self.given.strip_floor)

    def evaluate(self, w: Array) -> tuple[Array, Array]:
        """Return residual (n, cases) and Jacobian (n, n, cases)."""
        state = State(self, w)
        return state.residual(), state.jacobian()


class State:
    """One iterate of a model: profiles, balances and their derivatives. j counts stages, k the stage perturbed."""

    def __init__(self, model: Model, w: Array) -> None:
        self.model, given, count = model, model.given, model.count
        chemistry, strips = given.extractant, slice(model.first, count)
        self.log_h, self.log_free = w[:count], w[count : 2 * count]
        self.dose, self.strip_ratio = w[-2], w[-1]
        self.free = np.exp(self.log_free)
        self.volume = model.volume.copy()
        self.volume[0] = self.volume[0] + given.alkali_volume * self.dose * model.capacity
        self.strip_volume = self.strip_ratio * given.organic
        self.volume[strips] = self.strip_volume
        self.pH = model.protons.pH(self.log_h)
        ratio = given.organic / np.where(self.volume > 0, self.volume, 1.0)
        log_d = chemistry.log_distribution(self.log_free, self.pH) + np.log(ratio)
        log_d = np.clip(np.moveaxis(log_d, 0, 1), -600.0, 600.0)
        self.share = np.stack([1 / (1 + np.exp(-log_d)), 1 / (1 + np.exp(log_d))])
        self.profile = linear_cascade(self.share, given.efficiency, model.sections, self._sources(), given.closed)
        self._combine()

    def _sources(self) -> Sources:
        """Right-hand sides: feed and scrub; strip acid per litre; alkali per mol; one swap for each stage."""
        model, given, count = self.model, self.model.given, self.model.count
        solutes, cases = given.feed.metals.shape
        falling = np.zeros((count, 3 + count, solutes, cases))
        extraction, _, strip = given.stages
        falling[extraction - 1, 0] += given.feed.metals
        falling[model.first - 1, 0] += given.scrub.metals
        if strip:
            falling[count - 1, 1] = given.strip.metals
        swap = np.zeros((count, 3 + count, 1, 1))
        swap[np.arange(count), 3 + np.arange(count)] = 1.0
        entry = np.zeros((3 + count, solutes, cases))
        if "Na+" in given.extractant.metals:
            entry[2, given.extractant.metals.index("Na+")] = 1.0
        return Sources(falling, swap, entry)

    def _combine(self) -> None:
        """Superpose the right-hand sides to the flows of metal, and mark the mixed flow into each stage."""
        given, profile = self.model.given, self.profile
        weights = (1.0, self.strip_volume, self.dose * self.model.capacity)
        self.rising, self.falling, self.entering = (
            sum(weight * values[..., n, :, :] for n, weight in enumerate(weights))
            for values in (profile.rising, profile.falling, profile.entering)
        )
        mixed = self.rising + self.falling
        # d(rising)/d(ln D) of the stage itself before anything returns
        self.swing = given.efficiency * mixed * self.share[0] * self.share[1]
        held = given.extractant.acid_held(self.free)
        self.held = np.moveaxis(held, 0, 1)
        self.bound = (self.rising * self.held).sum(1)
        self.equivalents = (self.rising * given.extractant.charge).sum(1)

    def residual(self) -> Array:
        """Extractant and proton balances, saponification and strip acid, (unknowns, cases), all of order one."""
        model, given, count = self.model, self.model.given, self.model.count
        chemistry = given.extractant
        self.total = (chemistry.per_unit * self.free * given.organic + self.bound) / model.capacity
        self.bound_protons, self.bound_slope = model.protons.bound(self.log_h)
        self.water, self.water_slope = model.protons.water(self.log_h)
        strips = slice(model.first, count)
        scale = np.ones_like(self.volume)
        scale[strips] = self.strip_volume
        self.scale = scale
        protons = self.water * self.volume + scale * (model.acids * self.bound_protons).sum(0)
        out = np.empty((2 * count + 2, given.organic.size))
        metal_charge = (self.falling * chemistry.charge).sum(1)
        out[:count] = (protons - scale * model.charge + metal_charge) / model.capacity
        out[count : 2 * count] = np.log(self.total)
        if model.held:
            extraction = given.stages[0]
            out[:extraction] = self.log_h[:extraction] - model.log_h_target[:extraction]
        self.returned = self.equivalents[-1] / model.capacity if given.closed else np.zeros_like(self.dose)
        out[-2] = self._saponification()
        out[-1] = self.strip_ratio - self._strip_target()
        return out

    def _saponification(self) -> Array:
        model, given = self.model, self.model.given
        cap = MAX_SAPONIFICATION * (1 - self.returned)
        aim = self.dose + _CONTROL_SLOPE * (self.log_h[0] - model.log_h_target[0])
        self.capped, self.idle = aim >= cap, aim <= 0
        self.fixed = ~np.isfinite(given.pH) | model.held
        controlled = self.dose - np.where(self.capped, cap, np.where(self.idle, 0.0, aim))
        fraction = np.where(self.fixed & ~np.isfinite(given.pH), given.saponified, 0.0)
        self.fraction = fraction
        return np.where(self.fixed, self.dose - fraction * (1 - self.returned), controlled)

    def _strip_target(self) -> Array:
        model, given = self.model, self.model.given
        if model.first == model.count:
            return np.ones_like(self.dose)
        self.loaded = self.equivalents[model.first - 1] / given.organic
        target = model.strip_demand(self.loaded)
        self.above_floor = target > given.strip_floor
        return target

    def jacobian(self) -> Array:
        """Derivative of the residual, (unknowns, unknowns, cases)."""
        model, given, count = self.model, self.model.given, self.model.count
        chemistry, capacity = given.extractant, self.model.capacity
        n, own, extraction = 2 * count + 2, np.arange(count), given.stages[0]
        slopes = self._slopes()
        jac = np.empty((n, n, given.organic.size))
        jac[:count] = self._gradient(self.profile.falling, chemistry.charge, slopes) / capacity
        jac[count : 2 * count] = self._gradient(self.profile.rising, self.held, slopes) / capacity
        buffering = self.water_slope * self.volume + self.scale * (model.acids * self.bound_slope).sum(0)
        jac[own, own] += buffering / capacity
        crowd = self.free * chemistry.crossover / (self.free + chemistry.crossover) ** 2
        more = chemistry.per_unit * crowd * (self.rising * chemistry.adduct).sum(1)
        jac[count + own, count + own] += (chemistry.per_unit * self.free * given.organic + more) / capacity
        jac[0, n - 2] += self.water[0] * given.alkali_volume
        strip_acid = self.water + (model.acids * self.bound_protons).sum(0) - model.charge
        jac[model.first : count, n - 1] += strip_acid[model.first :] * given.organic / capacity
        jac[count : 2 * count] /= self.total[:, None]
        if model.held:
            jac[:extraction] = 0.0
            jac[own[:extraction], own[:extraction]] = 1.0
        self._control_rows(jac, slopes)
        return jac

    def _slopes(self) -> Array:
        """Change of what rises from each stage by its own ln[H+], ln free extractant, alkali and strip acid.

        Array (4, stages, metals, cases), before anything comes back from the neighbours.
        """
        model, given = self.model, self.model.given
        slopes = np.zeros((4, *self.swing.shape))
        slopes[0] = -given.extractant.charge
        slopes[1] = self.held / given.extractant.per_unit
        slopes[2, 0] = -given.alkali_volume * model.capacity / np.where(self.volume[0] > 0, self.volume[0], 1.0)
        slopes[3, model.first :] = -1.0 / self.strip_ratio
        return slopes * self.swing

    def _gradient(self, profile: Array, weight: Array, slopes: Array) -> Array:
        """Derivative of the weighted sum over the metals of a profile, (rows, unknowns, cases)."""
        model, count = self.model, self.model.count
        weighted = profile * (weight[:, None] if weight.ndim == 3 else weight)
        swaps, totals = weighted[:, 3:], weighted[:, :3].sum(2)
        out = np.empty((profile.shape[0], 2 * count + 2, profile.shape[-1]))
        out[:, :count] = (swaps * slopes[0]).sum(2)
        out[:, count : 2 * count] = (swaps * slopes[1]).sum(2)
        out[:, -2] = totals[:, 2] * model.capacity + (swaps[:, 0] * slopes[2, 0]).sum(1)
        out[:, -1] = totals[:, 1] * model.given.organic
        out[:, -1] += (swaps[:, model.first :] * slopes[3, model.first :]).sum((1, 2))
        return out

    def _control_rows(self, jac: Array, slopes: Array) -> None:
        model, given, count = self.model, self.model.given, self.model.count
        n, charge, rows = jac.shape[0], given.extractant.charge, [count - 1, model.first - 1]
        last, loaded = self._gradient(self.profile.rising[rows], charge, slopes)
        returned = last / model.capacity if given.closed else np.zeros_like(last)
        active = ~self.fixed & ~self.capped & ~self.idle
        weight = np.where(self.fixed, self.fraction, np.where(self.capped, MAX_SAPONIFICATION, 0.0))
        jac[n - 2] = weight * returned
        jac[n - 2, n - 2] += np.where(active, 0.0, 1.0)
        jac[n - 2, 0] -= np.where(active, _CONTROL_SLOPE, 0.0)
        jac[n - 1] = 0.0
        if model.first < count:
            normality = given.strip.charge
            gain = given.strip_ratio / np.where(normality > 0, normality, np.inf) / given.organic
            jac[n - 1] = -np.where(self.above_floor, gain, 0.0) * loaded
        jac[n - 1, n - 1] += 1.0
