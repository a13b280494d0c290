"""The functions of ionic strength in Pitzer's equations, each with its first and second derivative."""

import functools

import numpy as np
import numpy.typing as npt
from scipy.special import gammainc

Array = npt.NDArray[np.float64]
SMALLEST, LARGEST, STEP = float(np.log(1e-6)), float(np.log(1e4)), 0.1
"""Grid of ln x on which the integral J is tabulated."""


def debye_hueckel_energy(strength: Array, slope: Array, size: float) -> tuple[Array, Array, Array]:
    """Return the Debye-Hückel part of the excess Gibbs energy over R T per kg of water, and its derivatives.

    .. math:: f(I) = -\\frac{4 A_\\phi I}{b} \\ln(1 + b \\sqrt I)

    Parameters
    ----------
    strength : array (cases,) [mol/kg]
        Ionic strength, above zero.
    slope : array (cases,)
        The coefficient :math:`A_\\phi`.
    size : float
        The constant b.

    Source: Pitzer, Activity Coefficients in Electrolyte Solutions (1991), chapter 3.
    """
    root = np.sqrt(strength)
    wide = 1 + size * root
    logarithm = (4 / size) * np.log(wide)
    first = -slope * (logarithm + 2 * root / wide)
    return -slope * strength * logarithm, first, -slope / root * (2 / wide + 1 / wide**2)


def shielding(strength: Array, alpha: Array) -> tuple[Array, Array, Array]:
    """Return the decay of the second virial coefficients with ionic strength (alphas, cases), and its derivatives.

    .. math:: g(x) = 2 \\frac{1 - (1 + x) e^{-x}}{x^2}, \\quad x = \\alpha \\sqrt I

    Written with the incomplete gamma function, so that nothing cancels at small x.

    Source: Pitzer, Activity Coefficients in Electrolyte Solutions (1991), chapter 3.
    """
    x = alpha[:, None] * np.sqrt(strength)
    decay = np.exp(-x)
    square = x * x
    fourth = gammainc(4.0, x)
    third = fourth + square * x * decay / 6
    second = third + 0.5 * square * decay
    return (
        2 * second / square,
        -2 * third / (square * strength),
        4 / (square * strength**2) * (fourth + square * x * decay / 24),
    )


def unsymmetric(
    strength: Array, slope: Array, products: Array, pairs: npt.NDArray[np.intp], factors: Array
) -> tuple[Array, Array, Array]:
    """Return the electrostatic mixing term of ions of like sign but unlike charge (pairs, cases), and its derivatives.

    .. math:: {}^E\\theta_{ij} = \\frac{z_i z_j}{4 I} \\left[J(x_{ij}) - \\tfrac12 J(x_{ii})
              - \\tfrac12 J(x_{jj})\\right], \\quad x_{ij} = 6 z_i z_j A_\\phi \\sqrt I

    Parameters
    ----------
    strength, slope : arrays (cases,)
        Ionic strength and :math:`A_\\phi`.
    products : array (products,)
        The products of charges that occur.
    pairs : array (pairs, 3)
        For each pair the rows of :math:`z_i z_j, z_i^2, z_j^2` in `products`.
    factors : array (pairs, 1)
        :math:`z_i z_j / 4`.

    Source: Pitzer, J. Solution Chem. 4 (1975) 249, 10.1007/BF00646562.
    """
    x = (6 * slope * np.sqrt(strength)) * products[:, None]
    mixed = [values[pairs[:, 0]] - 0.5 * (values[pairs[:, 1]] + values[pairs[:, 2]]) for values in integral(x)]
    value, first, second = (factors / strength * values for values in mixed)
    return value, (0.5 * first - value) / strength, (2 * value - 1.5 * first + 0.25 * second) / strength**2


def integral(x: Array) -> tuple[Array, Array, Array]:
    """Return J(x), dJ/d ln x and its second derivative by ln x.

    .. math:: J(x) = \\frac x4 - 1
              + \\frac1x \\int_0^\\infty \\left[1 - \\exp\\left(-\\frac xy e^{-y}\\right)\\right] y^2 dy

    A quintic spline in ln x through the integral, within 1e-9 of it from x = 1e-6 to 1e4, held outside.

    Source: Pitzer, J. Solution Chem. 4 (1975) 249, 10.1007/BF00646562.
    """
    place = np.clip((np.log(x) - SMALLEST) / STEP, 0.0, _spline().shape[1] - 1e-9)
    knot = place.astype(np.intp)
    at = place - knot
    a, b, c, d, e, f = (row[knot] for row in _spline())
    value = a + at * (b + at * (c + at * (d + at * (e + at * f))))
    first = b + at * (2 * c + at * (3 * d + at * (4 * e + at * 5 * f)))
    second = 2 * c + at * (6 * d + at * (12 * e + at * 20 * f))
    return value, first / STEP, second / STEP**2


@functools.cache
def _spline() -> Array:
    """Return the coefficients (6, intervals) of the quintic with the right value and two derivatives at each knot."""
    knots = np.exp(np.arange(SMALLEST, LARGEST + STEP, STEP))
    value, first, second = _quadrature(knots)
    a, b, c = value, first * STEP, 0.5 * second * STEP**2
    rise = a[1:] - a[:-1] - b[:-1] - c[:-1]
    tilt = b[1:] - b[:-1] - 2 * c[:-1]
    bend = 2 * (c[1:] - c[:-1])
    cubic = 10 * rise - 4 * tilt + 0.5 * bend
    quartic = -15 * rise + 7 * tilt - bend
    quintic = 6 * rise - 3 * tilt + 0.5 * bend
    table = np.array([a[:-1], b[:-1], c[:-1], cubic, quartic, quintic])
    table.setflags(write=False)
    return table


def _quadrature(x: Array) -> tuple[Array, Array, Array]:
    """Return J and its derivatives by ln x; the trapezoidal rule in ln y converges to rounding."""
    step = 0.04
    y = np.exp(np.arange(-40.0, np.log(60.0), step))
    weight = step * y**3 / x[:, None]
    u = x[:, None] * (np.exp(-y) / y)
    # x/4 - 1 is what the first two terms of the exponential series integrate to: left out, nothing cancels at small x
    rest, slope, curve = _after_two_terms(u)
    value, first, second = ((part * weight).sum(1) for part in (rest, u * slope, u * u * curve))
    derivative = first - value
    return value, derivative, second - derivative


def _after_two_terms(u: Array) -> tuple[Array, Array, Array]:
    """Return 1 - u + u^2/2 - exp(-u) and its two derivatives."""
    near = np.minimum(u, 0.3)
    cubic, square, linear = near**3 / 6, near**2 / 2, near
    series = [cubic.copy(), square.copy(), linear.copy()]
    for order in range(1, 14):
        cubic, square, linear = (
            -term * near / (order + first) for term, first in ((cubic, 3), (square, 2), (linear, 1))
        )
        series = [total + term for total, term in zip(series, (cubic, square, linear), strict=True)]
    decay = np.exp(-u)
    direct = (1 - u + 0.5 * u * u - decay, u - 1 + decay, 1 - decay)
    return tuple(np.where(u < 0.3, s, d) for s, d in zip(series, direct, strict=True))  # type: ignore[return-value]
