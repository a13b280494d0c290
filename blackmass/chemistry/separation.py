"""Dry separation of shred: which share of each material and size class a screen or sorting machine takes."""

import functools

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from blackmass import species
from blackmass.chemistry.breakage import COATINGS, FOILS, IN_THE_COATINGS, POSITION, powder_sizes
from blackmass.data.load import table
from blackmass.declare import PerCase
from blackmass.sizes import DIAMETER, EDGES
from blackmass.stream import Array, Stream

GRAVITY = 9.80665  # m/s2, standard
_COMPLETE = 1 - 1e-13  # largest share taken, so that rounding leaves no negative rest
_LOG_EDGES = np.log(EDGES)[:, None]


def separate(stream: Stream, fraction: Array) -> tuple[Stream, Stream]:
    """Return (taken, rest) of a stream of which `fraction` (materials or 1, classes, cases or 1) is taken.

    Solids without particle sizes count as powder, see `breakage.powder_sizes`. Liquids and gases stay in the rest.
    """
    cases = max(stream.cases, fraction.shape[-1])
    return sized(stream).repeated(cases).split_sizes(np.minimum(fraction, _COMPLETE))


def sized(stream: Stream) -> Stream:
    """Return the stream with particle sizes: its own, or those of powder."""
    return stream if stream.sizes is not None else stream.with_sizes(powder_sizes())


def retained(cut_size: PerCase, sharpness: PerCase, bypass: PerCase = 0.0) -> Array:
    """Return the share (1, classes, cases) of each size class that stays on a screen.

    .. math:: E(d) = b + (1 - b) \\frac{(d/c)^n}{1 + (d/c)^n}

    averaged over the class in ln d, which has a closed form, so that results move evenly with the cut size c. Half of
    the particles of size c pass; d75/d25 = 9^(1/n); the by-pass b is fines that coarse pieces carry with them.

    Parameters
    ----------
    cut_size : float or (cases,) [m]
    sharpness : float or (cases,)
        Exponent n.
    bypass : float or (cases,)

    Source: form of the reduced efficiency curve and by-pass as in Plitt, CIM Bulletin 64 (1971) 42.
    """
    steep = np.atleast_1d(np.asarray(sharpness, dtype=float))
    primitive = np.logaddexp(0.0, steep * (_LOG_EDGES - np.log(cut_size)))
    mean = np.clip(np.diff(primitive, axis=0) / (steep * np.diff(_LOG_EDGES, axis=0)), 0.0, 1.0)
    return (bypass + (1 - bypass) * mean)[None]


def settling_velocity() -> Array:
    """Return the terminal velocity (materials, classes) [m/s] in air of flakes that fall broadside, and of grains.

    Weight against the drag of a disc, creeping and turbulent:

    .. math:: \\rho\\, t\\, g = \\frac{32 \\mu}{\\pi d} v + \\frac{C_D}{2} \\rho_{air} v^2

    with the thickness t of the flake times its folds, at most 2/3 of its width d (a sphere has that thickness; for it
    the creeping limit is within 20 % of Stokes'). Flakes of foil and film settle by their mass per area.

    Source: Clift, Grace and Weber, Bubbles, Drops, and Particles (1978), ISBN 9780121769505.
    """
    return _settling_velocity()


def lifted(velocity: PerCase, sharpness: PerCase) -> Array:
    """Return the share (materials, classes, cases) that an upward air stream carries off.

    .. math:: E = \\frac{1}{1 + (v_t/v)^n}

    Parameters
    ----------
    velocity : float or (cases,) [m/s]
    sharpness : float or (cases,)
        Exponent n; zig-zag channels of several stages have 5 to 15.
    """
    difference = np.log(np.atleast_1d(velocity)) - np.log(_settling_velocity())[..., None]
    return np.asarray(expit(np.asarray(sharpness) * difference))


def repulsion() -> Array:
    """Return the repulsion (materials, classes) of flakes by eddy currents, over that of large flakes of aluminium.

    .. math:: r = \\frac{\\sigma/\\rho}{(\\sigma/\\rho)_{Al}} \\, \\frac{d^2}{d^2 + d_0^2}

    Force over weight goes with conductivity over density and, for small pieces, with the square of their size.

    Source: Schloemann, Journal of Applied Physics 46 (1975) 5012.
    """
    return _repulsion()


def repelled(splitter: PerCase, sharpness: PerCase) -> Array:
    """Return the share (materials, classes, cases) that an eddy-current separator throws over its splitter.

    .. math:: E = \\frac{(r/s)^n}{1 + (r/s)^n}

    Parameters
    ----------
    splitter : float or (cases,)
        Repulsion s of which half of the flakes pass, over that of large flakes of aluminium.
    sharpness : float or (cases,)
    """
    power = (_repulsion()[..., None] / np.asarray(splitter)) ** np.asarray(sharpness)
    return np.asarray(power / (1 + power))


def attracted(stream: Stream, recovery: PerCase, half_size: PerCase, entrainment: PerCase) -> Array:
    """Return the share (materials, classes, cases) that an overband magnet lifts.

    Of steel of size d a share R / (1 + (d50/d)^2); of everything else, all materials and sizes alike, the steel S
    drags along

    .. math:: m = \\frac{e S\\, M}{M + e S}

    of the mass M of the rest: e S where there is plenty, and never all.

    Parameters
    ----------
    stream : Stream
    recovery : float or (cases,)
        R, of large pieces.
    half_size : float or (cases,) [m]
        d50, pieces that are small against the layer on the belt stay below it.
    entrainment : float or (cases,)
        e, mass dragged along by mass of steel.
    """
    magnetic = properties("magnetic")[:, None, None]
    by_size = recovery / (1 + (half_size / DIAMETER[:, None]) ** 2)
    mass = _masses_by_class(stream)
    dragged = entrainment * (mass * magnetic * by_size).sum((0, 1))
    reach = (mass * (1 - magnetic)).sum((0, 1)) + dragged
    share = dragged / np.where(reach > 0, reach, 1.0)
    return np.asarray(magnetic * by_size + (1 - magnetic) * share)


def with_coated_flakes(stream: Stream, fraction: Array) -> Array:
    """Return the fractions (materials, classes, cases) with which a sorting machine takes what sits on flakes.

    Coating in the classes of flakes sits on its foil and goes with it; electrolyte and salts of the film go with the
    coatings, class by class.
    """
    stream = sized(stream)
    cases = max(stream.cases, fraction.shape[-1])
    result = np.array(np.broadcast_to(fraction, (*fraction.shape[:2], cases)))
    flake = _flake_classes()
    result[COATINGS[:, None], flake] = result[FOILS[:, None], flake]
    mass = _masses_by_class(stream)[COATINGS]
    total = mass.sum(0)
    mean = (mass * result[COATINGS]).sum(0) / np.where(total > 0, total, 1.0)
    for name in IN_THE_COATINGS:
        result[POSITION[name]] = np.where(total > 0, mean, result[POSITION[name]])
    return result


@functools.cache
def properties(name: str) -> Array:
    """Return a column of data/materials.csv (materials,), NaN where a cell is empty."""
    columns = ("material", "density_kg_m3", "thickness_um", "folds", "conductivity_MS_m", "magnetic")
    rows = {row["material"]: row for row in table("materials.csv", columns=columns, key=("material",))}
    values = np.array([float(rows[material][name] or "nan") for material in species.MATERIALS])
    values.setflags(write=False)
    return values


@functools.cache
def constant(name: str) -> float:
    """Return a constant of data/partition.csv in its unit."""
    rows = table("partition.csv", columns=("quantity", "value", "unit"), key=("quantity",))
    return {row["quantity"]: float(row["value"]) for row in rows}[name]


def _masses_by_class(stream: Stream) -> Array:
    """Return the mass flow (materials, classes, cases) [kg/s] of each material in each size class."""
    sizes = powder_sizes() if stream.sizes is None else stream.sizes
    return np.asarray((species.MATERIAL_MATRIX @ stream.mass_flow)[:, None, :] * sizes)


@functools.cache
def _flake_classes() -> npt.NDArray[np.intp]:
    return np.flatnonzero(EDGES[:-1] >= constant("flake_size") * 1e-6 * (1 - 1e-9))


@functools.cache
def _settling_velocity() -> Array:
    compact = 2 / 3 * DIAMETER
    sheet = properties("thickness_um") * properties("folds") * 1e-6
    thickness = np.fmin(sheet[:, None], compact)
    weight = properties("density_kg_m3")[:, None] * thickness * GRAVITY
    creeping = 32 * constant("air_viscosity") / (np.pi * DIAMETER)
    turbulent = 0.5 * constant("disc_drag") * constant("air_density")
    return 2 * weight / (creeping + np.sqrt(creeping**2 + 4 * turbulent * weight))


@functools.cache
def _repulsion() -> Array:
    ratio = properties("conductivity_MS_m") / properties("density_kg_m3") * (1 - properties("magnetic"))
    size = DIAMETER**2 / (DIAMETER**2 + (constant("eddy_size") * 1e-3) ** 2)
    return (ratio / ratio[POSITION["aluminium"]])[:, None] * size
