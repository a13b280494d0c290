"""Balances of a counter-current extraction circuit and their Jacobian, all stages together.

Unknowns of each case, in order: ln[H+] in every stage, ln of the free extractant in every stage, alkali to
saponification over the extractant, strip acid over the organic (by volume). Stages are numbered along the organic:
from the raffinate end of extraction, over its feed end, through scrubbing, to the last stage of stripping. Flows are
per litre of feed, amounts in mol.
"""

import copy
import dataclasses

import numpy as np

from blackmass.chemistry.extraction import Liquor, ProtonBalance
from blackmass.chemistry.extraction_setup import Cases, Circuit, scaled, taken
from blackmass.numerics.cascade import Array, Cascade

MAX_SAPONIFICATION = 0.95
_CONTROL_SLOPE = 0.2


_PER_CASE = ("capacity", "spill", "fixed", "per_litre", "protons", "wet", "efficiency", "normality", "has_target")


class Model:
    """Residuals and Jacobian of a circuit at an iterate (unknowns, cases).

    The aqueous phase of a stage holds a fixed part and a part per litre of strip acid.
    """

    def __init__(self, circuit: Circuit) -> None:
        self.given = circuit
        extraction, scrub, strip = circuit.stages
        self.first, self.count = extraction + scrub, extraction + scrub + strip
        self.sections = (self.first, strip) if strip else (self.first,)
        self.capacity = circuit.concentration * circuit.organic
        edge = circuit.scrub if scrub else circuit.feed
        wet = edge.volume > 0
        spill = np.where(wet, circuit.carried * circuit.organic / np.where(wet, edge.volume, 1.0), 0.0)
        self.spill = spill if strip else np.zeros_like(spill)
        rest = scaled(circuit.scrub, 1 - self.spill) if scrub else circuit.scrub
        liquors = [circuit.feed + rest] * extraction + [rest] * scrub
        liquors[-1] = circuit.scrub if scrub else circuit.feed
        nothing = scaled(circuit.strip, np.zeros_like(spill))
        fixed = liquors + [scaled(edge, self.spill) if strip else nothing] + [nothing] * (strip - 1)
        self.fixed, self.per_litre = (
            _Phase.of(fixed[: self.count]),
            _Phase.of([nothing] * self.first + [circuit.strip] * strip),
        )
        strengths = [*(liquor.ionic_strength for liquor in liquors), *[circuit.strip.ionic_strength] * strip]
        self.protons = ProtonBalance.at(np.stack(strengths))
        self.wet = (self.fixed.volume > 0) | (self.per_litre.volume > 0)
        chemistry, missed = circuit.extractant, 1 - circuit.efficiency
        into, out_of = 1 - missed**chemistry.rate_in, 1 - missed**chemistry.rate_out
        self.efficiency = np.stack([into] * extraction + [out_of] * (scrub + strip)) * self.wet[:, None]
        self.all_wet = bool(self.wet.all())
        self.normality = circuit.strip.charge - (chemistry.charge * circuit.strip.metals).sum(0)
        self.has_target = np.isfinite(circuit.pH)
        self.log_h_target = self.protons.log_h(np.where(self.has_target, circuit.pH, 7.0))
        self.sodium = circuit.extractant.metals.index("Na+") if "Na+" in circuit.extractant.metals else -1
        z, a = circuit.extractant.charge[:, 0], circuit.extractant.adduct[:, 0]
        self.moments = np.stack([z * z, z * a, z, a * a, a])

    def take(self, cases: Cases) -> "Model":
        """Return the model of only some cases."""
        part = copy.copy(self)
        part.given = self.given.take(cases)
        for name in (*_PER_CASE, "log_h_target"):
            value = getattr(self, name)
            picked = taken(value, cases) if isinstance(value, (_Phase, ProtonBalance)) else value[..., cases]
            setattr(part, name, picked)
        part.all_wet = self.all_wet or bool(part.wet.all())
        return part

    def strip_demand(self, loaded: Array) -> Array:
        """Strip volume per organic volume for the loaded equivalents [mol/L organic]."""
        acid = self.normality
        demand = self.given.strip_ratio * loaded / np.where(acid > 0, acid, np.inf)
        return np.maximum(demand, self.given.strip_floor)


@dataclasses.dataclass(frozen=True)
class _Phase:
    """Aqueous phases of all stages: (stages, cases), acids (anions, stages, cases)."""

    volume: Array
    charge: Array
    acids: Array

    @classmethod
    def of(cls, liquors: list[Liquor]) -> "_Phase":
        return cls(
            np.stack([liquor.volume for liquor in liquors]),
            np.stack([liquor.charge for liquor in liquors]),
            np.stack([liquor.acids for liquor in liquors], axis=1),
        )


class State:
    """One iterate of a model: profiles, balances and their derivatives. j counts stages, k the stage perturbed."""

    def __init__(self, model: Model, w: Array) -> None:
        self.model, given, count = model, model.given, model.count
        chemistry = given.extractant
        self.log_h, self.log_free = w[:count], w[count : 2 * count]
        self.dose, self.strip_ratio = w[-2], w[-1]
        self.free = np.exp(self.log_free)
        self.strip_volume = self.strip_ratio * given.organic
        self.volume = model.fixed.volume + model.per_litre.volume * self.strip_volume
        self.volume[0] = self.volume[0] + given.alkali_volume * self.dose * model.capacity
        self.pH = model.protons.pH(self.log_h)
        ratio = given.organic / np.where(self.volume > 0, self.volume, 1.0)
        log_d = chemistry.log_distribution(self.log_free, self.pH) + np.log(ratio)[:, None]
        factor = np.exp(np.clip(log_d, -600.0, 600.0))
        drop = 1 / (1 + factor)
        self.share = np.stack([factor * drop, drop])
        spill = model.spill if len(model.sections) > 1 else None
        self.cascade = Cascade(self.share, model.efficiency, model.sections, given.closed, spill)
        self._profile()

    def _profile(self) -> None:
        """Flows of metal that leave each stage, (metals, stages, cases), and what they bind."""
        model, given = self.model, self.model.given
        extraction, scrub, strip = given.stages
        falling = {extraction - 1: given.feed.metals}
        if scrub:
            falling[model.first - 1] = given.scrub.metals
        if strip:
            falling[model.count - 1] = given.strip.metals * self.strip_volume
        entry = np.zeros_like(given.feed.metals)
        if model.sodium >= 0:
            entry[model.sodium] = self.dose * model.capacity
        profile = self.cascade.solve(falling, entry)
        self.rising, self.falling = profile.rising, profile.falling
        self.crowding = given.extractant.crowding(self.free)
        sums = np.tensordot(model.moments[[2, 4]], self.rising, 1)
        self.equivalents, self.adducts = sums
        self.bound = sums[0] + given.extractant.per_unit * self.crowding * sums[1]
        self.charge_left = np.tensordot(model.moments[2], self.falling, 1)

    def residual(self) -> Array:
        """Extractant and proton balances, saponification and strip acid, (unknowns, cases), all of order one."""
        model, given, count = self.model, self.model.given, self.model.count
        self.total = (given.extractant.per_unit * self.free * given.organic + self.bound) / model.capacity
        self.bound_protons, self.bound_slope = model.protons.bound(self.log_h)
        self.water, self.water_slope = model.protons.water(self.log_h)
        self.acids = model.fixed.acids + model.per_litre.acids * self.strip_volume
        charge = model.fixed.charge + model.per_litre.charge * self.strip_volume
        protons = self.water * self.volume + (self.acids * self.bound_protons).sum(0)
        out = np.empty((2 * count + 2, given.organic.size))
        out[:count] = (protons - charge + self.charge_left) / model.capacity
        self.alkali = -out[0] * model.capacity  # what holds the pH of every stage, where that is asked
        out[count : 2 * count] = np.log(self.total)
        away = self.log_h - model.log_h_target
        if given.hold:
            out[: given.stages[0]] = away[: given.stages[0]]
        if not model.all_wet:
            out[:count] = np.where(model.wet, out[:count], away)
        self.returned = self.equivalents[-1] / model.capacity if given.closed else np.zeros_like(self.dose)
        out[-2] = self._saponification(away[0])
        out[-1] = self.strip_ratio - self._strip_target()
        return out

    def _saponification(self, away: Array) -> Array:
        model, given = self.model, self.model.given
        cap = MAX_SAPONIFICATION * (1 - self.returned)
        aim = self.dose + _CONTROL_SLOPE * away
        controlled = model.has_target & (not given.hold)
        self.capped, self.idle = controlled & (aim >= cap), controlled & (aim <= 0)
        self.active = controlled & ~self.capped & ~self.idle
        given_share = np.where(model.has_target, 0.0, given.saponified)
        self.fraction = np.where(self.capped, MAX_SAPONIFICATION, given_share)
        return np.where(self.active, -_CONTROL_SLOPE * away, self.dose - self.fraction * (1 - self.returned))

    def _strip_target(self) -> Array:
        model, given = self.model, self.model.given
        if model.first == model.count:
            return np.ones_like(self.dose)
        target = model.strip_demand(self.equivalents[model.first - 1] / given.organic)
        self.above_floor = target > given.strip_floor
        return target

    def jacobian(self) -> Array:
        """Derivative of the residual, (unknowns, unknowns, cases)."""
        model, given, count = self.model, self.model.given, self.model.count
        q, own = given.extractant.per_unit, np.arange(count)
        self._influence()
        jac = np.empty((2 * count + 2, 2 * count + 2, given.organic.size))
        self._gradient(self.moved_down, None, jac[:count])
        self._gradient(self.moved_up, q * self.crowding, jac[count : 2 * count])
        buffering = self.water_slope * self.volume + (self.acids * self.bound_slope).sum(0)
        jac[own, own] += buffering / model.capacity
        crowd = self.crowding * (1 - self.crowding)
        jac[count + own, count + own] += q * (self.free * given.organic + crowd * self.adducts) / model.capacity
        jac[0, -2] += self.water[0] * given.alkali_volume
        per = model.per_litre
        strip_acid = self.water * per.volume + (per.acids * self.bound_protons).sum(0) - per.charge
        jac[:count, -1] += strip_acid * (given.organic / model.capacity)
        jac[count : 2 * count] *= (1 / self.total)[:, None]
        if given.hold:
            jac[: given.stages[0]] = 0.0
            jac[own[: given.stages[0]], own[: given.stages[0]]] = 1.0
        if not model.all_wet:
            jac[:count] = np.where(model.wet[:, None], jac[:count], np.eye(count, len(jac))[:, :, None])
        self._control_rows(jac)
        return jac

    def _influence(self) -> None:
        """Sums over the metals of what an exchange in each stage moves, (5 moments, stages, columns, cases).

        As a share of the capacity. Columns: each stage by its ln D; the metals of the strip acid; the alkali.
        """
        model, given = self.model, self.model.given
        mixed = np.swapaxes(self.rising + self.falling, 0, 1)
        swing = mixed * self.share[0]
        swing *= self.share[1]
        swing *= model.efficiency / model.capacity
        entry = np.zeros_like(given.feed.metals)
        if model.sodium >= 0:
            entry[model.sodium] = 1.0
        edge, strips = model.first - 1, len(model.sections) > 1
        top = given.strip.metals * (given.organic / model.capacity) if strips else np.zeros_like(entry)
        change = self.cascade.influence(swing, top, entry)
        moments = model.moments
        up = _summed(moments, change.rising)
        below = np.concatenate([_summed(moments[:3], change.entering)[:, None], up[:3, :-1]], axis=1)
        down = np.empty_like(below)
        # rising less falling is the same at all heights of a section
        np.subtract(below[:, : edge + 1], up[:3, edge : edge + 1], out=down[:, : edge + 1])
        np.subtract(below[:, edge + 1 :], up[:3, -1:], out=down[:, edge + 1 :])
        if strips:
            down[:, edge + 1 :, model.count] += (moments[:3] @ top)[:, None]
            up[:, edge] = _summed(moments, change.in_stage)
            down[:, edge] /= 1 - model.spill
        self.moved_up, self.moved_down = up, down

    def _gradient(self, moved: Array, held: Array | None, out: Array) -> None:
        """Derivative of the sum over the metals of (z + held a) times their flow, to `out` (rows, unknowns, cases)."""
        model, count = self.model, self.model.count
        by_charge, by_adduct, plain = moved[0], moved[1], moved[2]
        if held is not None:
            row = held[:, None]
            by_charge, by_adduct, plain = (
                by_charge + row * moved[1], by_adduct + row * moved[3], plain + row * moved[4],
            )  # fmt: skip
        np.negative(by_charge[:, :count], out=out[:, :count])
        np.multiply(self.crowding, by_adduct[:, :count], out=out[:, count : 2 * count])
        out[:, count : 2 * count] += by_charge[:, :count] * (1 / model.given.extractant.per_unit)
        thinner = model.given.alkali_volume * model.capacity / np.where(self.volume[0] > 0, self.volume[0], 1.0)
        out[:, -2] = plain[:, count + 1] - thinner * plain[:, 0]
        strips = slice(model.first, count)
        share = model.per_litre.volume[strips] * model.given.organic / self.volume[strips]
        out[:, -1] = plain[:, count] - (plain[:, strips] * share).sum(1)

    def _control_rows(self, jac: Array) -> None:
        model, given, count = self.model, self.model.given, self.model.count
        rows = [count - 1, model.first - 1]
        slopes = np.empty((2, *jac.shape[1:]))
        self._gradient(self.moved_up[:, rows], None, slopes)
        jac[-2] = self.fraction * slopes[0] if given.closed else 0.0
        jac[-2, -2] += 1.0
        jac[-2] = np.where(self.active, 0.0, jac[-2])
        jac[-2, 0] -= np.where(self.active, _CONTROL_SLOPE, 0.0)
        jac[-1] = 0.0
        if model.first < count:
            acid = model.normality
            gain = given.strip_ratio * given.concentration / np.where(acid > 0, acid, np.inf)
            jac[-1] = -np.where(self.above_floor, gain, 0.0) * slopes[1]
        jac[-1, -1] += 1.0


def _summed(weights: Array, values: Array) -> Array:
    """Sums over the metals, (weights, ...), of values (metals, ...)."""
    return (weights @ values.reshape(len(values), -1)).reshape(-1, *values.shape[1:])
