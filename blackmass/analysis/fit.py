"""Estimate parameters from measured data by weighted least squares, with confidence intervals."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import least_squares
from scipy.special import stdtrit

from blackmass.analysis.design import Columns
from blackmass.analysis.knobs import check_apart
from blackmass.analysis.measured import Measured
from blackmass.analysis.ranges import Range, Spread, Values
from blackmass.errors import InputError, SolveError

Array = npt.NDArray[np.float64]
Predictor = Callable[[Columns], Mapping[str, npt.NDArray[Any]]]
"""From inputs in SI by path (cases,) to all columns (cases,), "status" among them."""
STARTS = 16
STEP = 1e-4
CONFIDENCE = 0.95
LOOSE = 1e4
EDGE = 1e-3


@dataclasses.dataclass(frozen=True)
class Estimate:
    """One parameter: SI value and ends of its confidence interval, and what to know about it."""

    path: str
    value: float
    low: float
    high: float
    at_bound: bool


@dataclasses.dataclass(frozen=True)
class Fit:
    """Outcome of a fit.

    `identifiable` is false where the data do not tell the parameters apart: the intervals then mean nothing, and are
    NaN. `rows` holds trial, output, measured, predicted and weighted residual of every measured value.
    """

    estimates: tuple[Estimate, ...]
    correlation: Array
    identifiable: bool
    chi_square: float
    freedom: int
    rows: tuple[tuple[int, str, float, float, float], ...]
    cases: int
    message: str


class _Residuals:
    """Weighted differences between plant and data at points (parameters, points) of the unit cube."""

    def __init__(self, predict: Predictor, ranges: Sequence[Range], data: Measured) -> None:
        self.predict, self.ranges, self.data = predict, ranges, data
        self.known = {name: np.isfinite(values) for name, values in data.values.items()}
        self.scales = {name: _scale(data, name) for name in data.values}
        self.cases = 0

    def columns(self, points: Array) -> Mapping[str, npt.NDArray[Any]]:
        """Solve every trial at every point: the points are one more case axis."""
        trials, count = self.data.trials, points.shape[1]
        inputs = {path: np.tile(column, count) for path, column in self.data.settings.items()}
        inputs |= {one.knob.path: np.repeat(one.at(row), trials) for one, row in zip(self.ranges, points, strict=True)}
        self.cases += trials * count
        return self.predict(inputs)

    def of(self, columns: Mapping[str, npt.NDArray[Any]]) -> Array:
        """Return residuals (values, points); NaN where a case failed."""
        good = (columns["status"] == "converged").reshape(-1, self.data.trials)
        rows = []
        for name, known in self.known.items():
            predicted = np.where(good, columns[name].astype(float).reshape(good.shape), np.nan)
            rows.append(((predicted - self.data.values[name]) / self.scales[name])[:, known])
        return np.concatenate(rows, axis=1).T

    def __call__(self, points: Array) -> Array:
        return self.of(self.columns(points))


def _scale(data: Measured, name: str) -> Array:
    """Deviations as given; else every output counts by the size of its values, and the data say how well they fit."""
    given, values = data.deviations[name], data.values[name]
    size = float(np.nanmean(np.abs(values))) if np.isfinite(values).any() else 1.0
    return np.where(np.isfinite(given), given, size if size > 0 else 1.0)


def fit(predict: Predictor, ranges: Sequence[Range], data: Measured) -> Fit:
    """Return the parameters that fit data best, within their ranges.

    Minimises sum(((predicted - measured) / deviation)^2) by a trust-region method (scipy.optimize.least_squares) from
    the best of some starts; a Jacobian is one batch. Intervals are linear: value +- t * sqrt(s^2 (J'J)^-1), s^2 the
    residual variance, or 1 where every value has its deviation (Bates and Watts, 1988, 10.1002/9780470316757). Cases
    that fail stop a step, they are never given a value.

    Raises
    ------
    InputError
        There are fewer values than parameters, or a parameter is also a column of the data.
    SolveError
        The plant does not converge at any start.
    """
    _check(ranges, data)
    residuals = _Residuals(predict, ranges, data)
    start = _start(residuals, len(ranges))

    def jacobian(point: Array) -> Array:
        steps = np.where(point < 0.5, STEP, -STEP)
        found = residuals(np.column_stack([point, point[:, None] + np.diag(steps)]))
        slopes = (found[:, 1:] - found[:, :1]) / steps
        if not np.isfinite(slopes).all():
            raise SolveError("the plant fails beside the best parameters so far: narrow the ranges.")
        return np.asarray(slopes)

    found = least_squares(
        lambda point: residuals(point[:, None])[:, 0], start, jac=jacobian, bounds=(0.0, 1.0), x_scale=1.0, xtol=1e-8
    )
    return _told(residuals, np.asarray(found.x), jacobian(found.x), str(found.message))


def _check(ranges: Sequence[Range], data: Measured) -> None:
    check_apart([one.knob for one in ranges])
    for one in ranges:
        if (
            one.knob.grouped
            or isinstance(one, Values)
            or not isinstance(one, Spread)
            or one.kind not in ("uniform", "log")
        ):
            raise InputError(f"--vary {one.knob.path}={one.text}: to fit, write LOW:HIGH or LOW:HIGH:log.")
        if one.knob.path in data.settings:
            raise InputError(f"{one.knob.path} is to be fitted, but it is also a column of the data.")
    if data.count < len(ranges):
        raise InputError(f"{len(ranges)} parameters cannot be found from {data.count} measured values.")


def _start(residuals: _Residuals, parameters: int) -> Array:
    """The best of the middle and points spread over the ranges, all tried at once."""
    spread = 0.05 + 0.9 * np.random.default_rng(0).random((parameters, STARTS))
    spread[:, 0] = 0.5
    sums = (residuals(spread) ** 2).sum(0)
    if not np.isfinite(sums).any():
        raise SolveError(f"the plant does not converge at any of {STARTS} starts: move the ranges.")
    return np.asarray(spread[:, int(np.nanargmin(sums))])


def _told(residuals: _Residuals, point: Array, slopes: Array, message: str) -> Fit:
    columns = residuals.columns(point[:, None])
    left = residuals.of(columns)[:, 0]
    freedom = left.size - point.size
    singular = np.linalg.svd(slopes, compute_uv=False)
    size = np.linalg.norm(slopes, axis=0)
    clear = bool(singular[-1] * LOOSE > singular[0] and size.min() > 0 and freedom >= 0)
    given = all(np.isfinite(residuals.data.deviations[n][known]).all() for n, known in residuals.known.items())
    variance = 1.0 if given else (float(left @ left) / freedom if freedom > 0 else np.nan)
    covariance = variance * np.linalg.inv(slopes.T @ slopes) if clear else np.full((point.size,) * 2, np.nan)
    deviation = np.sqrt(np.diag(covariance))
    reach = (
        deviation * float(stdtrit(freedom if freedom > 0 else np.nan, 0.5 + CONFIDENCE / 2)) if freedom > 0 else np.nan
    )
    estimates = []
    for one, at, far in zip(residuals.ranges, point, np.broadcast_to(reach, point.shape), strict=True):
        value, low, high = (float(_along(one, share)) for share in (at, at - far, at + far))
        estimates.append(Estimate(one.knob.path, value, low, high, bool(at < EDGE or at > 1 - EDGE)))
    with np.errstate(invalid="ignore"):
        correlation = covariance / np.outer(deviation, deviation)
    rows = _rows(residuals, columns, left)
    return Fit(
        tuple(estimates), correlation, clear, float(left @ left), freedom, rows, residuals.cases, message.rstrip(".")
    )


def _along(one: Range, share: float) -> float:
    """The value at a share of a range, also beyond its ends."""
    if not isinstance(one, Spread):
        raise InputError(f"{one.knob.path}: only a range can be fitted.")
    low, high = one.figures[:2]
    return low * (high / low) ** share if one.kind == "log" else low + (high - low) * share


def _rows(
    residuals: _Residuals, columns: Mapping[str, npt.NDArray[Any]], left: Array
) -> tuple[tuple[int, str, float, float, float], ...]:
    rows = [
        (int(trial), name, float(residuals.data.values[name][trial]), float(columns[name][trial]))
        for name, known in residuals.known.items()
        for trial in np.flatnonzero(known)
    ]
    return tuple((*row, float(residual)) for row, residual in zip(rows, left, strict=True))
