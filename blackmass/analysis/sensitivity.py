"""Which inputs matter: Sobol indices and Morris effects, by SALib.

A case that does not converge has no value, and neither method can do with gaps: what belongs together (all cases of one
base point of a Sobol design, one trajectory of Morris) is left out together, counted, and refused if it is much.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from blackmass.analysis.evaluate import Model
from blackmass.analysis.extras import needed
from blackmass.errors import InputError, SolveError

Array = npt.NDArray[np.float64]
MOST_DROPPED = 0.1
RESAMPLES = 200
LEVELS = 4
EXTRA = "sweep"
LEAST_GROUPS = 4
VARIES = 1e-9


@dataclasses.dataclass(frozen=True)
class Effects:
    """Sensitivity of every output to every input.

    `figures` holds for each output that varies and each kind of index (such as "S1", "ST" or "mu_star") one value per
    input; `constant` names the outputs that do not vary, `undefined` those that have no value in too many cases.
    """

    inputs: tuple[str, ...]
    cases: int
    failed: int
    groups: int
    dropped: int
    figures: Mapping[str, Mapping[str, Array]]
    constant: tuple[str, ...]
    undefined: tuple[str, ...]


def sobol(model: Model, inputs: Sequence[str], base: int, *, seed: int = 0, resamples: int = RESAMPLES) -> Effects:
    """Return first-order and total Sobol indices with 95 % confidence half-widths.

    The design of Saltelli et al., Comput. Phys. Commun. 181 (2010) 259, 10.1016/j.cpc.2009.09.018, on scrambled Sobol
    points: base * (inputs + 2) cases. S1 is the share of the variance that an input explains alone, ST with all its
    interactions.

    Parameters
    ----------
    model : callable
        From points (cases, inputs) of the unit cube to outputs (cases,).
    inputs : sequence of str
    base : int
        Base points, a power of two.
    seed : int
    resamples : int
        Of the bootstrap.

    Raises
    ------
    InputError
        `base` is no power of two.
    SolveError
        Too many cases failed.
    """
    if base < LEAST_GROUPS or base & (base - 1):
        raise InputError(f"--samples {base}: the Sobol design needs a power of two, such as 256 or 1024.")
    problem = _problem(inputs)
    points = needed("SALib.sample.sobol", EXTRA).sample(problem, base, calc_second_order=False, seed=seed)
    analyse = needed("SALib.analyze.sobol", EXTRA).analyze

    def indices(values: Array, kept: npt.NDArray[np.bool_]) -> Mapping[str, Any]:
        return analyse(problem, values, calc_second_order=False, num_resamples=resamples, seed=seed)  # type: ignore[no-any-return]

    return _effects(model, inputs, points, len(inputs) + 2, indices, ("S1", "S1_conf", "ST", "ST_conf"))


def morris(model: Model, inputs: Sequence[str], trajectories: int, *, seed: int = 0) -> Effects:
    """Return Morris effects: mu_star (mean of their sizes), mu, sigma, over the whole range of each input.

    One-at-a-time steps along trajectories, Morris, Technometrics 33 (1991) 161, 10.1080/00401706.1991.10484804, with
    mu_star by Campolongo et al., Environ. Model. Softw. 22 (2007) 1509, 10.1016/j.envsoft.2006.10.004:
    trajectories * (inputs + 1) cases.

    Raises
    ------
    InputError
        There are too few trajectories.
    SolveError
        Too many cases failed.
    """
    if trajectories < LEAST_GROUPS:
        raise InputError(f"--samples {trajectories}: Morris needs {LEAST_GROUPS} trajectories or more.")
    problem, step = _problem(inputs), len(inputs) + 1
    points = needed("SALib.sample.morris", EXTRA).sample(problem, trajectories, num_levels=LEVELS, seed=seed)
    analyse = needed("SALib.analyze.morris", EXTRA).analyze

    def effects(values: Array, kept: npt.NDArray[np.bool_]) -> Mapping[str, Any]:
        return analyse(problem, points[np.repeat(kept, step)], values, num_levels=LEVELS, seed=seed)  # type: ignore[no-any-return]

    return _effects(model, inputs, points, step, effects, ("mu_star", "mu_star_conf", "mu", "sigma"))


def _problem(inputs: Sequence[str]) -> dict[str, Any]:
    if not inputs:
        raise InputError("nothing is varied: give --vary UNIT.PARAM=LOW:HIGH, or a study file.")
    return {"num_vars": len(inputs), "names": list(inputs), "bounds": [[0.0, 1.0]] * len(inputs)}


def _effects(
    model: Model, inputs: Sequence[str], points: Array, step: int, analyse: Any, kinds: tuple[str, ...]
) -> Effects:
    """Evaluate groups of `step` cases that belong together, and analyse those that are whole."""
    outputs = {name: np.asarray(values, dtype=float) for name, values in model(points).items()}
    groups = len(points) // step
    failed = np.all([~np.isfinite(values) for values in outputs.values()], axis=0)
    whole = ~failed.reshape(groups, step).any(1)
    dropped = int(groups - whole.sum())
    if dropped > MOST_DROPPED * groups or groups - dropped < LEAST_GROUPS:
        raise SolveError(
            f"{int(failed.sum())} of {len(points)} cases failed, so that {dropped} of {groups} groups of cases are not "
            f"whole: too many for an honest index. Narrow the ranges; blackmass sweep shows where it fails."
        )
    figures, constant, undefined = {}, [], []
    for name, values in outputs.items():
        kept = whole & np.isfinite(values).reshape(groups, step).all(1)
        if groups - kept.sum() > MOST_DROPPED * groups:
            undefined.append(name)
            continue
        mine = values[np.repeat(kept, step)]
        if np.ptp(mine) <= VARIES * np.abs(mine).max() or name.startswith("balance."):
            constant.append(name)
            continue
        found = analyse(mine, kept)
        figures[name] = {kind: np.asarray(found[kind], dtype=float) for kind in kinds}
    counts = len(points), int(failed.sum()), groups, dropped
    return Effects(tuple(inputs), *counts, figures, tuple(constant), tuple(undefined))
