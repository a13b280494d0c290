"""Expressions of a user over the columns of a study: arithmetic on names, nothing else."""

import ast
import dataclasses
import operator
from collections.abc import Callable, Collection, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from blackmass.errors import InputError, nearest

Array = npt.NDArray[np.float64]
MAX_LENGTH = 500
_OPERATORS: dict[type[ast.AST], Callable[..., Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
}
_COMPARISONS: dict[type[ast.AST], str] = {ast.LtE: "<=", ast.Lt: "<=", ast.GtE: ">=", ast.Gt: ">="}
_FUNCTIONS: dict[str, tuple[Callable[..., Any], int]] = {
    "abs": (np.abs, 1),
    "sqrt": (np.sqrt, 1),
    "log": (np.log, 1),
    "log10": (np.log10, 1),
    "exp": (np.exp, 1),
    "min": (np.minimum, 2),
    "max": (np.maximum, 2),
}


@dataclasses.dataclass(frozen=True)
class Expression:
    """Arithmetic over columns such as `recovery.Li` and `reagent.sodium_hydroxide.kg_per_h`."""

    text: str
    names: frozenset[str]

    def of(self, columns: Mapping[str, "npt.ArrayLike"]) -> Array:
        """Return its values (cases,); what is undefined (a division by zero) is NaN."""
        with np.errstate(all="ignore"):
            found = np.asarray(_value(_body(self.text), columns, self.text), dtype=float)
            return np.where(np.isfinite(found), found, np.nan)

    def check(self, names: Collection[str]) -> "Expression":
        """Return itself, or refuse a name that is not among the columns."""
        for name in sorted(self.names - set(names)):
            raise InputError(f"'{self.text}': there is no output '{name}'{nearest(name, names)}")
        return self


@dataclasses.dataclass(frozen=True)
class Constraint:
    """An expression that must not exceed, or not fall below, another."""

    text: str
    excess: Expression

    def excess_of(self, columns: Mapping[str, "npt.ArrayLike"]) -> Array:
        """Return by how much (cases,) it is broken: above zero where it is."""
        return self.excess.of(columns)


def read_expression(text: str) -> Expression:
    """Read an expression: numbers, columns, + - * / **, brackets, and abs, sqrt, log, log10, exp, min, max.

    Raises
    ------
    InputError
        It holds anything else.
    """
    return Expression(text.strip(), frozenset(_names(_body(text), text)))


def read_constraint(text: str) -> Constraint:
    """Read a constraint: `product.lithium_carbonate.purity >= 0.995`.

    Raises
    ------
    InputError
        It is not one comparison by <= or >=.
    """
    body = _body(text)
    if not isinstance(body, ast.Compare) or len(body.ops) != 1 or type(body.ops[0]) not in _COMPARISONS:
        raise InputError(f"constraint '{text}': write EXPRESSION <= EXPRESSION or EXPRESSION >= EXPRESSION.")
    sides = ast.unparse(body.left), ast.unparse(body.comparators[0])
    less, more = sides if _COMPARISONS[type(body.ops[0])] == "<=" else sides[::-1]
    return Constraint(text.strip(), read_expression(f"({less}) - ({more})"))


def _body(text: str) -> ast.expr:
    if len(text) > MAX_LENGTH:
        raise InputError(f"an expression of {len(text)} characters is too long (at most {MAX_LENGTH}).")
    try:
        return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise InputError(
            f"'{text}' is not an expression, such as recovery.Li or 2 * product.copper.kg_per_h."
        ) from None


def _dotted(node: ast.AST) -> str | None:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        owner = _dotted(node.value)
        return None if owner is None else f"{owner}.{node.attr}"
    return None


def _names(node: ast.AST, text: str) -> set[str]:
    name = _dotted(node)
    if name is not None:
        return {name}
    return set().union(*(_names(part, text) for part in _parts(node, text)))


def _parts(node: ast.AST, text: str) -> list[ast.expr]:
    """The operands of a node that is allowed."""
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        return []
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        return [node.left, node.right]
    if isinstance(node, ast.UnaryOp) and type(node.op) in _OPERATORS:
        return [node.operand]
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords:
        function = _FUNCTIONS.get(node.func.id)
        if function is not None and len(node.args) == function[1]:
            return node.args
    raise InputError(
        f"'{text}': '{ast.unparse(node)}' is not allowed; use numbers, outputs, + - * / ** and {', '.join(_FUNCTIONS)}."
    )


def _value(node: ast.AST, columns: Mapping[str, Any], text: str) -> Any:
    name = _dotted(node)
    if name is not None:
        return np.asarray(columns[name], dtype=float)
    operands = [_value(part, columns, text) for part in _parts(node, text)]
    if isinstance(node, ast.Constant):
        return np.float64(node.value)  # type: ignore[arg-type]
    if isinstance(node, ast.Call):
        return _FUNCTIONS[node.func.id][0](*operands)  # type: ignore[attr-defined]
    return _OPERATORS[type(node.op)](*operands)  # type: ignore[attr-defined]
