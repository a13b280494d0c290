"""The best plant within ranges: one objective under constraints, or the front between two."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import NonlinearConstraint, differential_evolution

from blackmass.analysis.expressions import Constraint, Expression
from blackmass.analysis.extras import needed
from blackmass.errors import InputError, SolveError

Array = npt.NDArray[np.float64]
Columns = Mapping[str, npt.NDArray[Any]]
Solver = Callable[[Array], Columns]
"""From points (cases, inputs) of the unit cube to all columns (cases,) of the cases, "status" among them."""
FAILED = 1e6
"""Excess of a case that did not converge: worse than any constraint that a case with values breaks."""
KEEPS = 1e-9
FIRST_STEP, LAST_STEP = 0.05, 1e-4
DIRECTIONS = 4
EXTRA = "sweep"


@dataclasses.dataclass(frozen=True)
class Goal:
    """What is sought: the largest or smallest value of an expression, while constraints are kept."""

    objective: Expression
    maximise: bool
    constraints: tuple[Constraint, ...] = ()

    def judged(self, columns: Columns) -> tuple[Array, Array]:
        """Return cost (cases,), infinite without a value, and excess (constraints + 1, cases), failures first."""
        good = columns["status"] == "converged"
        numbers = {name: column.astype(float) for name, column in columns.items() if column.dtype != object}
        cost = self.objective.of(numbers) * (-1.0 if self.maximise else 1.0)
        excess = np.array([one.excess_of(numbers) for one in self.constraints]).reshape(-1, good.size)
        known = good & np.isfinite(cost) & np.isfinite(excess).all(0)
        rows = [np.where(known, 0.0, FAILED), *np.where(known, excess, FAILED)]
        return np.where(known, cost, np.inf), np.array(rows)


@dataclasses.dataclass(frozen=True)
class Optimum:
    """The best case found: its point (inputs,), its columns, and whether it keeps all constraints."""

    point: Array
    columns: dict[str, Any]
    value: float
    feasible: bool
    excess: tuple[float, ...]
    cases: int
    failed: int
    generations: int


@dataclasses.dataclass(frozen=True)
class Front:
    """Cases of which none is better than another in both objectives; columns (cases,)."""

    points: Array
    columns: dict[str, npt.NDArray[Any]]
    values: Array
    cases: int
    failed: int


class _Memory:
    """Solves points that were not solved before, all together, and counts them."""

    def __init__(self, solver: Solver) -> None:
        self._solver = solver
        self._rows: dict[bytes, dict[str, Any]] = {}
        self.failed = 0

    @property
    def cases(self) -> int:
        """Number of different cases solved."""
        return len(self._rows)

    def columns(self, points: Array) -> Columns:
        """Return the columns of points (cases, inputs)."""
        keys = [point.tobytes() for point in np.ascontiguousarray(points)]
        new = {key: row for row, key in enumerate(keys) if key not in self._rows}
        if new:
            found = self._solver(points[list(new.values())])
            self.failed += int(np.sum(found["status"] != "converged"))
            for row, key in enumerate(new):
                self._rows[key] = {name: column[row] for name, column in found.items()}
        rows = [self._rows[key] for key in keys]
        return {name: np.array([row[name] for row in rows], dtype=_kind(rows[0][name])) for name in rows[0]}


def _kind(value: Any) -> Any:
    return object if isinstance(value, str) or value is None else None


def optimise(
    solver: Solver,
    inputs: int,
    goal: Goal,
    *,
    population: int = 40,
    generations: int = 30,
    seed: int = 0,
    watch: Callable[[int, float], None] = lambda generation, value: None,
) -> Optimum:
    """Return the best case by differential evolution, a generation at a time as one batch, finished by a local search.

    Constraints are kept by Lampinen's rules as in SciPy (a case that keeps them is better than one that does not, else
    the one that breaks them less). The local search tries, as one batch, a step along every input and some random
    directions, and halves the step where nothing is better.

    Parameters
    ----------
    solver : callable
        From points (cases, inputs) of the unit cube to all columns.
    inputs : int
    goal : Goal
    population, generations : int
        Cases of a generation, and the most generations.
    seed : int
    watch : callable
        Called with the generation and the best value so far.

    Raises
    ------
    InputError
        The population or the number of generations is too small.
    SolveError
        No case converged.
    """
    if population < 5 or generations < 1:
        raise InputError("the optimiser needs a population of 5 or more, and a generation or more.")
    memory, count = _Memory(solver), [0]

    def cost(points: Array) -> Array:
        return goal.judged(memory.columns(points.T))[0] if points.size else np.empty(0)

    def excess(points: Array) -> Array:
        broken = goal.judged(memory.columns(np.atleast_2d(points.T)))[1]
        return broken if points.ndim > 1 else broken[:, 0]

    def told(intermediate_result: Any) -> None:
        count[0] += 1
        watch(count[0], float(intermediate_result.fun) * (-1.0 if goal.maximise else 1.0))

    start = np.random.default_rng(seed).random((population, inputs))
    start[0] = 0.5
    found = differential_evolution(
        cost,
        [(0.0, 1.0)] * inputs,
        init=start,
        maxiter=generations,
        tol=1e-4,
        seed=seed,
        polish=False,
        vectorized=True,
        updating="deferred",
        constraints=NonlinearConstraint(excess, -np.inf, 0.0),
        callback=told,
    )
    best = _finished(memory, goal, np.asarray(found.x), seed)
    columns = memory.columns(best[None])
    value, broken = goal.judged(columns)
    if not np.isfinite(value[0]):
        raise SolveError(f"none of {memory.cases} cases that were tried has a value: widen or move the ranges.")
    return Optimum(
        best,
        {name: column[0] for name, column in columns.items()},
        float(value[0]) * (-1.0 if goal.maximise else 1.0),
        bool(np.all(broken[:, 0] <= KEEPS)),
        tuple(float(one) for one in broken[1:, 0]),
        memory.cases,
        memory.failed,
        count[0],
    )


def _finished(memory: _Memory, goal: Goal, best: Array, seed: int) -> Array:
    """Go on from the best point in steps along the inputs and random directions, all of a step as one batch."""
    random, step = np.random.default_rng([seed, 1]), FIRST_STEP
    rank = _rank(goal, memory, best[None])[0]
    while step > LAST_STEP:
        free = random.normal(size=(DIRECTIONS * len(best), len(best)))
        ways = np.concatenate([np.eye(len(best)), free / np.linalg.norm(free, axis=1, keepdims=True)])
        trials = np.clip(best + step * np.concatenate([ways, -ways]), 0.0, 1.0)
        ranks = _rank(goal, memory, trials)
        first = min(range(len(trials)), key=ranks.__getitem__)
        if ranks[first] < rank:
            best, rank = trials[first], ranks[first]
        else:
            step *= 0.5
    return best


def _rank(goal: Goal, memory: _Memory, points: Array) -> list[tuple[float, float]]:
    """By how much a case breaks the constraints, then its cost: the smaller is better."""
    cost, excess = goal.judged(memory.columns(points))
    broken = np.maximum(excess, 0.0).sum(0)
    return list(zip(broken.tolist(), cost.tolist(), strict=True))


def front(
    solver: Solver,
    inputs: int,
    goals: Sequence[Goal],
    *,
    population: int = 40,
    generations: int = 30,
    seed: int = 0,
    watch: Callable[[int, int], None] = lambda generation, found: None,
) -> Front:
    """Return the Pareto front between objectives by NSGA-II, a generation at a time as one batch.

    Deb et al., IEEE Trans. Evol. Comput. 6 (2002) 182, 10.1109/4235.996017, as in pymoo.

    Raises
    ------
    SolveError
        No case keeps the constraints.
    """
    memory = _Memory(solver)
    signs = np.array([-1.0 if goal.maximise else 1.0 for goal in goals])

    def judged(points: Array) -> tuple[Array, Array]:
        columns = memory.columns(points)
        pairs = [goal.judged(columns) for goal in goals]
        costs = np.array([np.where(np.isfinite(cost), cost, 0.0) for cost, _ in pairs]).T  # no value: excess decides
        return costs, np.concatenate([excess for _, excess in pairs]).T

    problem = needed("pymoo.core.problem", EXTRA).Problem
    rows = sum(len(goal.constraints) + 1 for goal in goals)

    class _Plants(problem):  # type: ignore[misc, valid-type]
        def _evaluate(self, points: Array, out: dict[str, Array], *args: Any, **kwargs: Any) -> None:
            out["F"], out["G"] = judged(points)

    task = _Plants(n_var=inputs, n_obj=len(goals), n_ieq_constr=rows, xl=np.zeros(inputs), xu=np.ones(inputs))
    algorithm = needed("pymoo.algorithms.moo.nsga2", EXTRA).NSGA2(pop_size=population)
    found = _minimised(task, algorithm, generations, seed, watch)
    if found is None:
        raise SolveError(f"none of {memory.cases} cases that were tried keeps the constraints: relax them.")
    points = np.atleast_2d(found)
    columns = memory.columns(points)
    values = np.array([goal.objective.of(_numbers(columns)) for goal in goals]).T
    order = np.argsort(signs[0] * values[:, 0], kind="stable")
    columns = {name: column[order] for name, column in columns.items()}
    return Front(points[order], dict(columns), values[order], memory.cases, memory.failed)


def _minimised(task: Any, algorithm: Any, generations: int, seed: int, watch: Callable[[int, int], None]) -> Any:
    algorithm.setup(task, termination=("n_gen", generations), seed=seed, verbose=False)
    while algorithm.has_next():
        algorithm.next()
        watch(int(algorithm.n_gen or 0), len(algorithm.opt))
    return algorithm.result().X


def _numbers(columns: Columns) -> dict[str, Array]:
    return {name: column.astype(float) for name, column in columns.items() if column.dtype != object}
