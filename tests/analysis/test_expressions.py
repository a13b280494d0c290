"""Expressions of a user are arithmetic on columns, and nothing else."""

import numpy as np
import pytest

from blackmass.analysis.expressions import read_constraint, read_expression
from blackmass.errors import InputError

COLUMNS = {"recovery.Li": np.array([0.5, 0.9]), "feed.kg_per_h": np.array([0.0, 2.0])}


def test_arithmetic_over_columns():
    found = read_expression("2 * recovery.Li ** 2 - max(recovery.Li, 0.8) / 4").of(COLUMNS)
    np.testing.assert_allclose(found, [0.5 - 0.2, 1.62 - 0.225])


def test_what_is_undefined_is_nan():
    np.testing.assert_array_equal(np.isnan(read_expression("1 / feed.kg_per_h").of(COLUMNS)), [True, False])


def test_constraint_is_broken_above_zero():
    np.testing.assert_allclose(read_constraint("recovery.Li >= 0.7").excess_of(COLUMNS), [0.2, -0.2])
    np.testing.assert_allclose(read_constraint("feed.kg_per_h <= 1").excess_of(COLUMNS), [-1, 1])


@pytest.mark.parametrize(
    "text",
    ["__import__('os').system('ls')", "recovery.Li.__class__()", "[1, 2]", "x if y else z", "lambda: 1", "'a' * 9",
     "(1).real", "f'{x}'", "open('x')", "1 +", "", "x[0]", "a and b", "(" * 300 + "1" + ")" * 300, "sqrt(1, 2)",
     "True", "1e400j", "x := 3"],
)  # fmt: skip
def test_anything_else_is_refused(text):
    with pytest.raises(InputError):
        read_expression(text)


def test_unknown_names_are_refused_with_the_nearest():
    with pytest.raises(InputError, match=r"did you mean 'recovery.Li'"):
        read_expression("recovery.Lo").check(list(COLUMNS))


def test_constraint_must_be_one_comparison():
    for text in ("recovery.Li", "recovery.Li == 1", "0 <= recovery.Li <= 1"):
        with pytest.raises(InputError, match="constraint"):
            read_constraint(text)
