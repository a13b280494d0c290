"""Where to start a circuit from, when nothing like it was solved before."""

import numpy as np

from blackmass.chemistry.extraction_balances import log_h_at, strip_demand
from blackmass.chemistry.extraction_case import FEED, LN10, SCRUB, Array, Case
from blackmass.numerics.compiled import compiled

# shape of the profile in typical circuits: pH falls from the raffinate to the feed, rises from the acid to the load
_FALL, _FEED_STAGE, _SCRUB, _STRIP_END, _STRIP_STEP, _SAPONIFIED, _LOADED = (0.3, 0.5), 0.5, 0.8, 1.0, 0.35, 0.5, 0.4
_CORRECTIONS, _LONGEST, _USUAL = 3, 1.5, 4.0


@compiled
def first_guess(case: Case, w: Array) -> None:
    """Fill in a first guess (unknowns,)."""
    count, extraction = case.stages, case.extraction
    target = case.target if case.targeted else _USUAL
    strong = -np.log10(max(case.normality, 1e-3) / 2)
    for j in range(count):
        if j < extraction:
            pH = target
            if j and not case.hold:
                share = min((j - 1) / max(extraction - 2, 1), 1.0)
                pH -= _FALL[0] + share * (_FALL[1] - _FALL[0])
            if j == extraction - 1 and j and not case.hold:
                pH -= _FEED_STAGE
        elif j <= case.edge:
            pH = target - _SCRUB
        else:
            pH = strong + _STRIP_END * _STRIP_STEP ** (j - case.edge - 1)
        w[j] = log_h_at(case, pH, j)
        w[count + j] = _free_at(case, w[j], j)
    w[2 * count] = case.saponified
    if case.targeted:
        w[2 * count] = 0.0 if case.hold else _SAPONIFIED
    strips = case.edge + 1 < count
    w[2 * count + 1] = (
        np.log(max(strip_demand(case, _LOADED * case.concentration), case.strip_floor)) if strips else 0.0
    )


@compiled
def _free_at(case: Case, log_h: float, j: int) -> float:
    """ln of the free extractant in a single contact with the feed at a stage's acidity."""
    q, most = case.per_unit, np.log(case.concentration / case.per_unit)
    log_free = most
    for _ in range(_CORRECTIONS):
        free = np.exp(log_free)
        slope = q * free * case.organic
        total = slope
        for m in range(case.metals):
            z, a = case.charge[m], case.adduct[m]
            log_d = case.log_k[m] + z * (log_free / q - log_h - case.log_gamma[j]) + a * np.log(free + case.crossover)
            share = 1 / (1 + np.exp(min(max(-log_d - np.log(case.organic), -LN10 * 200), LN10 * 200)))
            held = z + q * a * free / (free + case.crossover)
            taken = (case.entering[FEED, m] + case.entering[SCRUB, m]) * share
            total += taken * held
            slope += taken * held * held * (1 - share) / q
        step = np.log(case.capacity / total) * total / slope
        log_free = min(log_free + min(max(step, -_LONGEST), _LONGEST), most)
    return float(log_free)
