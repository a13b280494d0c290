"""Filtration and washing of a cake."""

import numpy as np

from blackmass import species
from blackmass.chemistry.washing import retained
from blackmass.declare import PerCase, duty, inlet, outlet, param, supply
from blackmass.operations.operation import Operation, Outlets
from blackmass.stream import Array, Stream

NOTHING = 1e-30  # m3/s, below which a cake holds no liquor


class FilterPress(Operation, area="separation of solids"):
    """A filter that forms a cake, washes it by displacement and discharges it; a centrifuge by its parameters.

    The cake holds liquor up to its moisture, m_liquor = m_solids w / (1 - w); a paste drier than that gives no
    filtrate. Wash displaces the liquor volume for volume by the dispersion model (`chemistry.washing`): the cake keeps
    its liquid volume, and the washings carry the liquor displaced and the wash that broke through. Recycled wash
    liquor counts first and is used whole; water from the supply makes up the wash ratio.
    """

    slurry = inlet("solids in liquor")
    wash_liquor = inlet("recycled wash liquor, used whole before water is drawn", optional=True)
    wash = supply("wash water", optional=True)
    cake = outlet("washed cake with the liquid that it holds")
    filtrate = outlet("mother liquor")
    washings = outlet("displaced liquor and spent wash")

    cake_moisture: PerCase = param(
        0.35, bounds=(0.02, 0.7), doc="mass fraction of liquid in the cake", source="Perry2008"
    )
    wash_ratio: PerCase = param(
        1.5, bounds=(0, 6), doc="wash by volume of the liquor held in the cake", source="Wakeman2005"
    )
    dispersion_number: PerCase = param(
        5.0, bounds=(1, 200), doc="of the cake; larger is nearer to plug flow; estimated", source="Wakeman2005"
    )
    solids_to_filtrate: PerCase = param(
        0.0005, bounds=(0, 0.05), doc="share of the solids that passes the cloth", source="Perry2008"
    )
    specific_energy: PerCase = param(
        "5 kW*h/t",
        bounds=("0 kW*h/t", "200 kW*h/t"),
        doc="feed pump, squeeze and discharge, by mass of dry solids; estimated",
        source="Perry2008",
    )
    electricity = duty("kW", "feed pump, squeeze and discharge")

    def run(self, slurry: Stream, wash_liquor: Stream, wash: Stream) -> Outlets:
        streams = (slurry, wash_liquor, wash)
        cases = max([*(s.cases for s in streams), *(np.size(getattr(self, name)) for name in self.params)])
        slurry, wash_liquor, wash = (s.repeated(cases) for s in streams)
        solid = species.PHASE_MASK["solid"]
        cake_solids = slurry.phase("solid").mass
        liquor = slurry.mass - cake_solids
        holds = cake_solids * (1 - self.solids_to_filtrate) * self.cake_moisture / (1 - self.cake_moisture)
        share = np.where(holds < liquor, holds / np.where(liquor > 0, liquor, 1.0), 1.0)
        solids, liquid = slurry.split(solid * (1 - self.solids_to_filtrate))
        held, filtrate = liquid.split((1 - solid) * (1 - species.PHASE_MASK["gas"]) * share)

        pores = np.maximum(held.volume + held.organic_volume, 0.0)
        washed_in, fresh = wash_liquor.split(solid)[::-1]
        given = np.maximum(washed_in.volume + washed_in.organic_volume, 0.0)
        drawn = _drawn(wash, np.maximum(self.wash_ratio * pores - given, 0.0))
        used = washed_in + drawn
        volume = np.maximum(used.volume + used.organic_volume, 0.0)
        wet = pores > NOTHING
        ratio = np.where(wet, volume / np.where(wet, pores, 1.0), 0.0)
        left = retained(ratio, self.dispersion_number)
        stays = np.where(volume > 0, (1 - left) * pores / np.where(volume > 0, volume, 1.0), 0.0)
        kept, displaced = held.split(left)
        replaced, spent = used.split(np.minimum(stays, 1.0))
        return Outlets(
            cake=solids + fresh + kept + replaced,
            filtrate=filtrate,
            washings=displaced + spent,
            electricity=self.specific_energy * cake_solids,
            drawn={"wash": drawn},
            report={"wash_ratio": ratio, "mother_liquor_left": left},
        )


def _drawn(wash: Stream, volume: Array) -> Stream:
    """The part of a supply that has the aqueous volume flow asked for; nothing if it has none."""
    has = wash.volume
    factor = np.where(has > 0, volume / np.where(has > 0, has, 1.0), 0.0)
    return Stream(wash.flow * factor, wash.temperature)
