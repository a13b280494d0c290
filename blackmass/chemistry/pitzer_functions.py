"""The functions of ionic strength in Pitzer's equations, each with its first and second derivative."""

import functools
import math

import numpy as np
import numpy.typing as npt

from blackmass.numerics.compiled import compiled

Array = npt.NDArray[np.float64]
Three = tuple[float, float, float]
SMALLEST, LARGEST, STEP = float(np.log(1e-6)), float(np.log(1e4)), 0.1
"""Grid of ln x on which the integral J is tabulated."""
SMALL = 1.5  # argument below which the incomplete gamma function is a series


@compiled
def debye_hueckel_energy(strength: float, slope: float, size: float) -> Three:
    """Return the Debye-Hückel part of the excess Gibbs energy over R T per kg of water, and its derivatives.

    .. math:: f(I) = -\\frac{4 A_\\phi I}{b} \\ln(1 + b \\sqrt I)

    Parameters
    ----------
    strength : float [mol/kg]
        Ionic strength, above zero.
    slope : float
        The coefficient :math:`A_\\phi`.
    size : float
        The constant b.

    Source: Pitzer, Activity Coefficients in Electrolyte Solutions (1991), chapter 3.
    """
    root = math.sqrt(strength)
    wide = 1 + size * root
    logarithm = (4 / size) * math.log(wide)
    first = -slope * (logarithm + 2 * root / wide)
    return -slope * strength * logarithm, first, -slope / root * (2 / wide + 1 / wide**2)


@compiled
def shielding(strength: float, alpha: float) -> Three:
    """Return the decay of the second virial coefficients with ionic strength, and its derivatives.

    .. math:: g(x) = 2 \\frac{1 - (1 + x) e^{-x}}{x^2}, \\quad x = \\alpha \\sqrt I

    Written with the incomplete gamma function, so that nothing cancels at small x.

    Source: Pitzer, Activity Coefficients in Electrolyte Solutions (1991), chapter 3.
    """
    x = alpha * math.sqrt(strength)
    decay = math.exp(-x)
    square = x * x
    if x < SMALL:
        term = square * square * decay / 24
        fourth = term
        for order in range(5, 40):
            term *= x / order
            fourth += term
            if term < 1e-17 * fourth:
                break
    else:
        fourth = 1 - decay * (1 + x * (1 + x * (0.5 + x / 6)))
    third = fourth + square * x * decay / 6
    second = third + 0.5 * square * decay
    return (
        2 * second / square,
        -2 * third / (square * strength),
        4 / (square * strength**2) * (fourth + square * x * decay / 24),
    )


@compiled
def integral(spline: Array, x: float) -> Three:
    """Return J(x), dJ/d ln x and its second derivative by ln x.

    .. math:: J(x) = \\frac x4 - 1
              + \\frac1x \\int_0^\\infty \\left[1 - \\exp\\left(-\\frac xy e^{-y}\\right)\\right] y^2 dy

    A quintic spline in ln x (`tabulated`) through the integral, within 1e-9 of it from x = 1e-6 to 1e4, held outside.

    Source: Pitzer, J. Solution Chem. 4 (1975) 249, 10.1007/BF00646562.
    """
    place = min(max((math.log(x) - SMALLEST) / STEP, 0.0), spline.shape[0] - 1e-9)
    knot = int(place)
    at = place - knot
    a, b, c = spline[knot, 0], spline[knot, 1], spline[knot, 2]
    d, e, f = spline[knot, 3], spline[knot, 4], spline[knot, 5]
    value = a + at * (b + at * (c + at * (d + at * (e + at * f))))
    first = b + at * (2 * c + at * (3 * d + at * (4 * e + at * 5 * f)))
    second = 2 * c + at * (6 * d + at * (12 * e + at * 20 * f))
    return value, first / STEP, second / STEP**2


@compiled
def unsymmetric(own: Three, first_own: Three, second_own: Three, product: float, strength: float) -> Three:
    """Return the electrostatic mixing term of ions of like sign but unlike charge, and its derivatives.

    .. math:: {}^E\\theta_{ij} = \\frac{z_i z_j}{4 I} \\left[J(x_{ij}) - \\tfrac12 J(x_{ii})
              - \\tfrac12 J(x_{jj})\\right], \\quad x_{ij} = 6 z_i z_j A_\\phi \\sqrt I

    Parameters
    ----------
    own, first_own, second_own : `integral` at :math:`x_{ij}, x_{ii}, x_{jj}`
    product : :math:`z_i z_j`
    strength : ionic strength [mol/kg]

    Source: Pitzer, J. Solution Chem. 4 (1975) 249, 10.1007/BF00646562.
    """
    factor = 0.25 * product / strength
    value = factor * (own[0] - 0.5 * (first_own[0] + second_own[0]))
    first = factor * (own[1] - 0.5 * (first_own[1] + second_own[1]))
    second = factor * (own[2] - 0.5 * (first_own[2] + second_own[2]))
    return value, (0.5 * first - value) / strength, (2 * value - 1.5 * first + 0.25 * second) / strength**2


@functools.cache
def tabulated() -> Array:
    """Return the coefficients (intervals, 6) of the quintic with the right J and two derivatives at each knot."""
    knots = np.exp(np.arange(SMALLEST, LARGEST + STEP, STEP))
    value, first, second = _quadrature(knots)
    a, b, c = value, first * STEP, 0.5 * second * STEP**2
    rise = a[1:] - a[:-1] - b[:-1] - c[:-1]
    tilt = b[1:] - b[:-1] - 2 * c[:-1]
    bend = 2 * (c[1:] - c[:-1])
    cubic = 10 * rise - 4 * tilt + 0.5 * bend
    quartic = -15 * rise + 7 * tilt - bend
    quintic = 6 * rise - 3 * tilt + 0.5 * bend
    return np.ascontiguousarray(np.array([a[:-1], b[:-1], c[:-1], cubic, quartic, quintic]).T)


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
