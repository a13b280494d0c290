"""Pitzer's model of activity with unsymmetric mixing (Harvie, Moller and Weare) for a batch of cases."""

import dataclasses

import numpy as np
import numpy.typing as npt

from blackmass.chemistry.activity import LN10, Activity, debye_hueckel
from blackmass.chemistry.pitzer_functions import debye_hueckel_energy, shielding, unsymmetric
from blackmass.chemistry.pitzer_parameters import alike, limits, mixing, pairs, temperature_terms, triples
from blackmass.species import molar_mass

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]
DILUTE = 1e-12  # mol/kg, ionic strength below which derivatives are those at this one


@dataclasses.dataclass(frozen=True)
class Pitzer:
    """Pitzer's virial expansion in molality of the excess Gibbs energy, on the unscaled single-ion scale.

    .. math:: \\frac{G^{ex}}{w R T} = f(I) + \\sum_{ij} m_i m_j \\left[B_{ij}(I) + \\tfrac12 Z C_{ij} + \\theta_{ij}
              + {}^E\\theta_{ij}(I) + \\lambda_{ij}\\right] + \\sum_{ijk} m_i m_j m_k (\\psi_{ijk} + \\zeta_{ijk})

    with :math:`\\ln\\gamma_i` its first and the gradient its second derivative by molality; the activity of water
    follows from the Gibbs-Duhem equation. For crystallisers, brines, water activity and lithium carbonate, 0 to 100 °C.
    Ions without parameters keep the Debye-Hückel term; where they make up more than a fifth of the products of charges,
    or beyond an ionic strength of 20 mol/kg, the result is out of range. Far beyond, the coefficients are held at those
    of the liquor diluted to the limit, so that they stay finite.

    Source: Pitzer, Activity Coefficients in Electrolyte Solutions (1991); Harvie, Moller and Weare, Geochim. Cosmochim.
    Acta 48 (1984) 723, 10.1016/0016-7037(84)90098-X. Parameters and their sources in pitzer.csv.
    """

    tier: str = "pitzer"

    def evaluate(self, names: tuple[str, ...], charges: Array, molality: Array, temperature: Array) -> Activity:
        """Return the activities; see `ActivityModel`."""
        same = alike(names, tuple(np.asarray(charges, dtype=float).tolist()))
        amounts = same.members @ molality
        limit = limits()
        half_squares = 0.5 * np.square(np.array(same.charges))
        strength = half_squares @ amounts
        share = np.minimum(1.0, limit["held"] / np.maximum(strength, limit["held"]))
        expansion = _Expansion(same.names, same.charges, amounts * share, temperature)
        ln_gamma, hessian, ln_water, slope = expansion.evaluate()
        held = share < 1
        if held.any():
            fall = share * held / np.maximum(strength, 1.0)
            radial = np.einsum("ijn,jn->in", hessian, amounts) * fall
            hessian = hessian * share - radial[:, None] * half_squares[:, None]
            slope = slope * share - (slope * amounts).sum(0) * fall * half_squares[:, None]
        celsius = temperature - 273.15
        outside = (
            (strength > limit["strength"])
            | (celsius < limit["coldest"] - 1e-9)
            | (celsius > limit["hottest"] + 1e-9)
            | (expansion.unknown_share(same.proper @ molality * share) > limit["share"])
        )
        return Activity(
            ln_gamma[same.index],
            ln_water,
            outside,
            gradient=hessian[same.index[:, None], same.index],
            water_gradient=slope[same.index],
        )


class _Expansion:
    """The expansion at given molalities."""

    def __init__(self, names: tuple[str, ...], charges: tuple[float, ...], molality: Array, temperature: Array) -> None:
        self.pair, self.triple, self.mix = pairs(names, charges), triples(names, charges), mixing(charges)
        signed = np.array(charges)[:, None]
        self.charges, self.sign = np.abs(signed), np.sign(signed)
        self.half = 0.5 * self.charges**2
        self.molality = molality
        self.strength = np.maximum((self.half * molality).sum(0), DILUTE)
        self.slope = debye_hueckel(temperature) * (LN10 / 3)
        self.terms = temperature_terms(temperature)

    def evaluate(self) -> tuple[Array, Array, Array, Array]:
        """Return ln gamma, its derivatives (species, species, cases), ln of water activity and its derivatives."""
        m, half = self.molality, self.half
        energy, first, second = debye_hueckel_energy(self.strength, self.slope, limits()["b"])
        parts = (self._virial(), self._electrostatic(), self._ternary())
        ln_gamma = half * (first + sum(part.first for part in parts))
        bent = 0.5 * (second + sum(part.second for part in parts))
        tilt = half * bent
        for part in parts:
            ln_gamma += part.vector
            tilt += part.tilt
        hessian = self._spread(parts[0].pairs + parts[2].pairs, self.pair.gather)
        hessian += self._spread(parts[1].pairs, self.mix.gather)
        factors, vectors = np.hstack([half, self.charges]), np.array([tilt, parts[0].third])
        outer = (factors @ vectors.reshape(2, -1)).reshape(hessian.shape)
        hessian += outer
        hessian += outer.transpose(1, 0, 2)
        total = energy + sum(part.energy for part in parts)
        mass = float(molar_mass("H2O"))
        ln_water = -mass * (m.sum(0) + (m * ln_gamma).sum(0) - total)
        return ln_gamma, hessian, ln_water, -mass * (1 + np.einsum("jn,jin->in", m, hessian))

    def _virial(self) -> "_Part":
        """Second virial coefficients of pairs, and the third one of unlike ions that goes with Z."""
        pair, m = self.pair, self.molality
        second, first, unlike, count = pair.second, pair.first, pair.unlike, pair.left.size
        left, right = m[pair.left], m[pair.right]
        beta2, beta1, known, third = np.split(
            pair.coefficients @ self.terms, [second, second + first, second + first + count]
        )
        decay = shielding(self.strength, pair.alpha)
        parts = [beta1 * values[pair.first_alpha] for values in decay]
        for part, values in zip(parts, decay, strict=True):
            part[:second] += beta2 * values[pair.second_alpha]
        known[:first] += parts[0]

        def times(matrix: Array) -> Array:
            rows = len(matrix)
            return pair.onto[:, :rows] @ (matrix * right[:rows]) + pair.onto[:, count : count + rows] @ (
                matrix * left[:rows]
            )

        plain, tilted, cubed = times(known), times(parts[1]), times(third)
        equivalents = (self.charges * m).sum(0)
        cubic = (m * cubed).sum(0)
        double = 2 * known
        double[pair.twice] *= 2
        double[:unlike] += equivalents * third
        return _Part(
            energy=(m * plain).sum(0) + 0.5 * equivalents * cubic,
            vector=2 * plain + equivalents * cubed + self.charges * (0.5 * cubic),
            first=(m * tilted).sum(0),
            tilt=2 * tilted,
            second=2 * (parts[2] * left[:first] * right[:first]).sum(0),
            pairs=double,
            third=cubed,
        )

    def _electrostatic(self) -> "_Part":
        """Unsymmetric mixing of ions of like sign and unlike charge."""
        mix = self.mix
        value, first, second = unsymmetric(self.strength, self.slope, mix.products, mix.rows, mix.factors)
        amounts = mix.members @ self.molality
        one, other = amounts[mix.classes[0]], amounts[mix.classes[1]]
        return _Part(
            energy=2 * (value * one * other).sum(0),
            vector=2 * (mix.onto @ np.concatenate([value * other, value * one])),
            first=2 * (first * one * other).sum(0),
            tilt=2 * (mix.onto @ np.concatenate([first * other, first * one])),
            second=2 * (second * one * other).sum(0),
            pairs=2 * value,
            third=np.zeros(0),
        )

    def _ternary(self) -> "_Part":
        """Third virial coefficients psi and zeta."""
        triple = self.triple
        known = triple.coefficients @ self.terms
        one, two, three = (self.molality[rows] for rows in triple.rows)
        two_three = known * two * three
        return _Part(
            energy=(one * two_three).sum(0),
            vector=triple.onto @ np.concatenate([two_three, known * one * three, known * one * two]),
            first=0.0,
            tilt=0.0,
            second=0.0,
            pairs=triple.pairs @ np.concatenate([known * one, known * two, known * three]),
            third=np.zeros(0),
        )

    def _spread(self, values: Array, gather: Index) -> Array:
        """Return a symmetric matrix (species, species, cases) of the values of pairs."""
        return np.concatenate([values, np.zeros((1, values.shape[1]))])[gather]

    def unknown_share(self, proper: Array) -> Array:
        """Return the share (cases,) of the products of charges of unlike ions that have no parameters.

        `proper` holds the molalities without the species that have a stand-in.
        """
        pair = self.pair
        known = pair.weights @ (proper[pair.left[: pair.unlike]] * proper[pair.right[: pair.unlike]])
        carried = self.charges * self.molality
        total = (carried * (self.sign > 0)).sum(0) * (carried * (self.sign < 0)).sum(0)
        return np.where(total > 0, 1 - known / np.where(total > 0, total, 1.0), 0.0)


@dataclasses.dataclass(frozen=True)
class _Part:
    """A part of the excess Gibbs energy and its derivatives by molality and ionic strength."""

    energy: Array  # (cases,)
    vector: Array  # (species, cases) derivative by molality at constant ionic strength
    first: Array | float  # (cases,) derivative by ionic strength
    tilt: Array | float  # (species, cases) mixed second derivative
    second: Array | float  # (cases,) second derivative by ionic strength
    pairs: Array  # (pairs, cases) second derivative by molality
    third: Array  # (species, cases) sums of the coefficients C
