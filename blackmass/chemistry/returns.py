"""Batteries that come back in a year: the market of the year in which they were sold, by mass of cells."""

import functools

import numpy as np

from blackmass.data.load import table
from blackmass.errors import InputError

RETURN = "return"


@functools.cache
def constant(name: str) -> float:
    """Return a figure of data/battery_returns.csv: `service_life` [years], `health_at_return`, `cell_mass:...`."""
    rows = table("battery_returns.csv", columns=("quantity", "value", "unit"), key=("quantity",))
    return {row["quantity"]: float(row["value"]) for row in rows}[name]


def returned(year: float, life: float) -> dict[str, float]:
    """Return the mass share of each chemistry in the cells that come back.

    Cells return when they have served for `life`; the market of that earlier year is interpolated between the years
    of data/market_shares.csv. Shares of energy become shares of mass by the mass of cells for a kilowatt hour:

    .. math:: w_i = s_i(t - L) m_i / \\sum_j s_j(t - L) m_j

    All batteries of a year serve equally long: the true mixture is broader, and where the market grows it leans
    towards the younger batteries.

    Parameters
    ----------
    year : float
        Of the return.
    life : float [years]

    Raises
    ------
    InputError
        The year of sale is outside the table.
    """
    market = _market()
    years = sorted({when for when, _ in market})
    sold = year - life
    if not years[0] <= sold <= years[-1]:
        raise InputError(
            f"return:{year:g} after {life:g} years of service was sold in {sold:g}, and the market is known from "
            f"{years[0]:g} to {years[-1]:g}: give a year from {years[0] + life:g} to {years[-1] + life:g}, or another "
            f"life, such as 'return:{year:g}:12y'."
        )
    names = sorted({name for _, name in market})
    energy = {name: float(np.interp(sold, years, [market.get((when, name), 0.0) for when in years])) for name in names}
    mass = {name: share * constant(f"cell_mass:{name}") for name, share in energy.items() if share > 0}
    total = sum(mass.values())
    return {name: share / total for name, share in mass.items()}


@functools.cache
def _market() -> dict[tuple[float, str], float]:
    rows = table("market_shares.csv", columns=("year", "chemistry", "share"), key=("year", "chemistry"))
    return {(float(row["year"]), row["chemistry"]): float(row["share"]) for row in rows}
