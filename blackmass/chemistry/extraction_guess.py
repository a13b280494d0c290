"""Where to start a circuit from, when nothing like it was solved before."""

import numpy as np

from blackmass.chemistry.extraction_balances import Model
from blackmass.numerics.cascade import Array

# shape of the profile in typical circuits: pH falls from the raffinate to the feed, rises from the acid to the load
_FALL, _FEED_STAGE, _SCRUB, _STRIP_END, _SAPONIFIED = (0.3, 0.5), 0.5, 0.8, (1.0, 0.35), 0.5
_CORRECTIONS = 3


def first_guess(model: Model) -> Array:
    """A first guess (unknowns, cases)."""
    given, count = model.given, model.count
    extraction, scrub, strip = given.stages
    w = np.empty((2 * count + 2, given.organic.size))
    target = np.where(model.has_target, given.pH, 4.0)
    guess = [target - (np.interp(j, (1, max(extraction - 1, 2)), _FALL) if j else 0.0) for j in range(extraction)]
    if given.hold:
        guess = [target] * extraction
    elif extraction > 1:
        guess[-1] = guess[-1] - _FEED_STAGE
    guess += [target - _SCRUB] * scrub
    strong = -np.log10(np.maximum(model.normality, 1e-3) / 2)
    guess += [strong + _STRIP_END[0] * _STRIP_END[1] ** j for j in range(strip)]
    w[:count] = model.protons.log_h(np.stack(guess))
    w[count : 2 * count] = _free_at(model, w[:count])
    w[-2] = np.where(model.has_target, 0.0 if given.hold else _SAPONIFIED, given.saponified)
    w[-1] = model.strip_demand(0.4 * given.concentration) if strip else 1.0
    return w


def _free_at(model: Model, log_h: Array) -> Array:
    """ln of the free extractant in a single contact with the feed at each stage's acidity."""
    given, chemistry = model.given, model.given.extractant
    pH, total = model.protons.pH(log_h), given.feed.metals + given.scrub.metals
    most = np.log(given.concentration / chemistry.per_unit)
    log_free = np.broadcast_to(most, log_h.shape)
    for _ in range(_CORRECTIONS):
        log_d = chemistry.log_distribution(log_free, pH) + np.log(given.organic)
        share = 1 / (1 + np.exp(np.clip(-log_d, -600.0, 600.0)))
        free = np.exp(log_free)
        held, taken = chemistry.acid_held(free), total * share
        slope = chemistry.per_unit * free * given.organic
        sum_ = slope + (taken * held).sum(1)
        slope = slope + (taken * held * (1 - share) * held).sum(1) / chemistry.per_unit
        log_free = np.minimum(log_free + np.clip(np.log(model.capacity / sum_) * sum_ / slope, -1.5, 1.5), most)
    return log_free
