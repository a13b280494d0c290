"""Mixed hydroxide beside iron and aluminium hydroxide: what these take up, and the liquor that their cake holds."""

import functools

import numpy as np
import numpy.typing as npt

from blackmass import species
from blackmass.chemistry.aqueous import equilibrate
from blackmass.chemistry.coprecipitation import SULFATE, Liquor, sorption, uptake
from blackmass.chemistry.mixed_hydroxide import MixedHydroxide, coprecipitate
from blackmass.chemistry.neutralisation import liquor_side
from blackmass.status import StatusArray

Array = npt.NDArray[np.float64]


def precipitate(
    flow: Array, temperature: Array, pH: Array, reagent: Array, *, ripening: Array
) -> tuple[Array, Array, StatusArray]:
    """Return slurry (species, cases) [mol/s], pH and status of a liquor dosed with an alkali to a pH.

    Mixed hydroxide forms where its liquor is saturated (`mixed_hydroxide.coprecipitate`); iron and aluminium
    hydroxide take up metals from what is left (`coprecipitation.uptake`), and the equilibrium is found again
    without these. Parameters are those of `coprecipitate`.
    """
    first = coprecipitate(flow, temperature, pH, reagent, ripening=ripening)
    slurry = _slurry(flow, reagent, first)
    taken = uptake(slurry, _liquor(slurry, temperature))
    if not taken.any():
        return slurry, first.pH, first.status
    final = coprecipitate(flow + liquor_side() @ taken, temperature, pH, reagent, ripening=ripening, start=first.guess)
    slurry = _slurry(flow + sorption().stoichiometry @ taken, reagent, final)
    return slurry, final.pH, np.maximum(first.status, final.status)


def held_liquor(slurry: Array) -> Array:
    """Return the share (cases,) of the liquor of a slurry that its cake of fresh hydroxides holds.

    Aluminium hydroxide and its basic sulfates are gels of some 85 % liquor, which filtration does not press out.

    Source: losses of lithium, nickel and cobalt with them, alike in per cent, and none with phosphates (Chernyaev and
    others 2023, 10.1038/s41598-023-48247-6); table `sorbents.csv`.
    """
    mass = species.MOLAR_MASS * np.maximum(slurry, 0.0)
    liquor = (mass * species.PHASE_MASK["aqueous"]).sum(0)
    held = sorption().gel @ np.maximum(slurry, 0.0)
    return np.minimum(held / np.where(liquor > 0, liquor, np.inf), 1.0)


def _slurry(flow: Array, reagent: Array, tank: MixedHydroxide) -> Array:
    return np.asarray(flow + reagent * tank.dose + tank.stoichiometry @ tank.extent)


def _liquor(slurry: Array, temperature: Array) -> Liquor:
    """Speciation of a slurry as it is."""
    data = sorption()
    state = equilibrate(slurry, temperature)
    return Liquor(
        slurry[_ions()],
        np.array([state.molality_of(name) for name in data.metals]),
        state.molality_of(SULFATE),
        state.pH,
        state.ionic_strength,
        temperature,
    )


@functools.cache
def _ions() -> npt.NDArray[np.intp]:
    return species.indices(list(sorption().metals))
