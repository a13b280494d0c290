"""Solvent extraction circuits: extraction, scrubbing and stripping with the organic recycled."""

import numpy as np
import numpy.typing as npt

from blackmass.chemistry.extraction import Extractant, Liquor, extractant, extractant_names
from blackmass.chemistry.extraction_circuit import Solution
from blackmass.chemistry.extraction_setup import Circuit
from blackmass.chemistry.extraction_streams import droplets_of, exchanged, lost_solvent, portion, solve_wet
from blackmass.declare import PerCase, duty, inlet, outlet, param, supply
from blackmass.operations.operation import Operation, Outlets
from blackmass.status import Status, worst
from blackmass.stream import Array, Stream


class SolventExtraction(Operation, area="extraction and electrowinning"):
    """A circuit of mixer-settlers: metals exchange for the protons of an acidic extractant that goes round.

    .. math:: \\log D = \\log K + (z/q) \\log f + a \\log(f + s) + z \\, pH

    with the free extractant f, q anions in a unit of it and a units beyond charge balance (`chemistry.extraction`).
    The organic meets the liquor counter-current; the loaded organic is scrubbed (the spent scrub liquor joins the feed)
    and stripped with acid. All stages are solved together (`chemistry.extraction_circuit`), so that splits follow from
    equilibria, loading and pH. Alkali holds the pH in the mixer of every extraction stage (acid where the liquor is too
    alkaline), or saponifies the organic before it enters; then the raffinate's pH is held, and where that would take
    more than 95 % saponification, or acid, the pH is what it becomes and the case is marked. The loaded organic carries
    droplets of liquor into stripping, from the last stage before it. Spent electrolyte strips whole; strip acid then
    only makes up its volume to that of the organic over `strip_oa`. Organic is lost by entrainment and solubility, in
    its acid form, and made up; the metal in its droplets is not followed.
    """

    feed = inlet("metal-bearing liquor")
    electrolyte = inlet("spent electrolyte of an electrowinning, which strips in place of acid", optional=True)
    saponification = supply("sodium hydroxide solution; none: the pH is what it becomes", optional=True)
    scrub_acid = supply("dilute acid or pure sulfate liquor for scrubbing")
    strip_acid = supply("sulfuric acid for stripping")
    makeup = supply("extractant in diluent, in place of what is lost", optional=True)
    raffinate = outlet("liquor after extraction, with the spent scrub liquor and the water of the alkali")
    strip_liquor = outlet("loaded strip liquor")

    extractant: str = param("D2EHPA", choices=extractant_names(), doc="extractant")
    concentration: PerCase = param("0.6 mol/L", bounds=("0.05 mol/L", "1.5 mol/L"), doc="extractant in the organic")
    stages: int = param(4, bounds=(1, 12), doc="extraction stages")
    scrub_stages: int = param(2, bounds=(0, 8), doc="scrubbing stages; 0: none")
    strip_stages: int = param(3, bounds=(1, 8), doc="stripping stages")
    oa_ratio: PerCase = param(1.0, bounds=(0.05, 10), doc="organic to feed, by volume")
    scrub_oa: PerCase = param(10.0, bounds=(2, 100), doc="organic to scrub acid, by volume")
    strip_oa: PerCase = param(50.0, bounds=(1, 200), doc="largest organic to strip acid, by volume")
    strip_acid_ratio: PerCase = param(1.3, bounds=(0.8, 4), doc="strip acid per equivalent of metal in the organic")
    pH: PerCase = param(4.0, bounds=(0.5, 8.5), doc="held in every extraction stage; if saponified, in the raffinate")
    saponified: bool = param(False, doc="alkali goes to the organic before extraction, not into the mixers")
    efficiency: PerCase = param(0.95, bounds=(0.3, 1), doc="approach to equilibrium in one stage", source="Ritcey2006")
    organic_entrainment: PerCase = param(
        50e-6, bounds=(0, 2e-3), doc="organic carried off, by volume of aqueous leaving", source="Ritcey2006"
    )
    aqueous_entrainment: PerCase = param(
        200e-6, bounds=(0, 5e-3), doc="liquor carried into stripping, by volume of loaded organic", source="Ritcey2006"
    )
    mixing_energy: PerCase = param(
        "200 kJ/m^3", bounds=("0 kJ/m^3", "2 MJ/m^3"), doc="mixers, by volume of both phases through one stage"
    )
    electricity = duty("kW", "mixers")

    def run(
        self,
        feed: Stream,
        electrolyte: Stream,
        saponification: Stream,
        scrub_acid: Stream,
        strip_acid: Stream,
        makeup: Stream,
        start: Array | None = None,
    ) -> Outlets:
        streams = (feed, electrolyte, saponification, scrub_acid, strip_acid, makeup)
        cases = max([*(s.cases for s in streams), *(np.size(getattr(self, name)) for name in self.params)])
        feed, electrolyte, alkali, scrub, acid, makeup = (s.repeated(cases) for s in streams)
        chemistry = extractant(self.extractant)
        returned = electrolyte.volume > 0
        room = self.oa_ratio * np.maximum(feed.volume, 0.0) / self.strip_oa - electrolyte.volume
        topping = np.where(returned, np.maximum(room, 0.0), acid.volume)
        strip = electrolyte + portion(acid, topping, acid.volume)
        volumes = feed.volume, scrub.volume, strip.volume
        wet = (volumes[0] > 0) & (volumes[2] > 0) & (strip["H+"] > 0)
        basis = np.where(wet, volumes[0], 1.0)
        organic = self.oa_ratio * basis * wet
        scrubbing = np.where(volumes[1] > 0, organic / self.scrub_oa * bool(self.scrub_stages), 0.0)
        scrub = portion(scrub, scrubbing, volumes[1])
        volumes = volumes[0], scrubbing, volumes[2]
        solution = self._solve(chemistry, (feed, alkali, scrub, strip), volumes, basis, wet, returned, start)
        alkali_drawn = portion(alkali, np.maximum(solution.alkali, 0.0) * basis * 1e3, alkali["Na+"])
        acid_drawn = portion(acid, np.maximum(-solution.alkali, 0.0) * basis * 1e3, acid["H+"])
        strip_drawn = portion(acid, np.where(returned, topping, solution.strip_volume * basis), acid.volume)
        carried = droplets_of(scrub if self.scrub_stages else feed, solution.spilled)
        entering = feed + scrub + alkali_drawn if self.saponified else feed + scrub
        raffinate, strip = exchanged(chemistry, entering, electrolyte + strip_drawn, carried, solution, basis)
        if not self.saponified:
            raffinate = raffinate + alkali_drawn + acid_drawn
        leaving = raffinate.volume, strip.volume
        droplets = self.organic_entrainment * self.concentration
        lost, status = lost_solvent(chemistry, makeup, droplets, leaving)
        dry = np.where(volumes[0] > 0, Status.INFEASIBLE, Status.OUT_OF_RANGE)
        through = (organic + leaving[0]) * (self.stages + self.scrub_stages)
        through = through + (organic + leaving[1]) * self.strip_stages
        return Outlets(
            raffinate=raffinate + lost[0],
            strip_liquor=strip + lost[1],
            electricity=self.mixing_energy * through,
            drawn={
                "saponification": alkali_drawn,
                "scrub_acid": scrub,
                "strip_acid": strip_drawn if self.saponified else strip_drawn + acid_drawn,
                "makeup": lost[0] + lost[1],
            },
            status=worst(solution.status, np.where(wet | (feed.mass == 0), Status.OK, dry), status),
            report={
                "pH": solution.pH,
                "pH_beyond_data": chemistry.beyond(solution.pH[: self.stages]) * wet,
                "loading": solution.loading,
                "saponified_fraction": solution.saponified,
                "organic_flow": organic,
            },
            guess=solution.guess,
        )

    def _solve(
        self,
        chemistry: Extractant,
        streams: tuple[Stream, ...],
        volumes: tuple[Array, ...],
        basis: Array,
        wet: npt.NDArray[np.bool_],
        returned: npt.NDArray[np.bool_],
        start: Array | None,
    ) -> Solution:
        """Solve the wet cases; the dry ones carry nothing over."""
        feed, alkali, scrub, acid = streams
        one = np.ones_like(basis)
        able = (alkali["Na+"] > 0) & ("Na+" in chemistry.metals)
        circuit = Circuit(
            extractant=chemistry,
            stages=(self.stages, self.scrub_stages, self.strip_stages),
            organic=one * self.oa_ratio,
            concentration=one * self.concentration / 1e3,
            efficiency=one * self.efficiency,
            feed=Liquor.of(feed, chemistry.metals, basis, volumes[0]),
            scrub=Liquor.of(scrub, chemistry.metals, basis, volumes[1]),
            strip=Liquor.of(acid, chemistry.metals, np.where(wet, volumes[2], 1.0), volumes[2]),
            pH=np.where(able, one * self.pH, np.nan),
            saponified=0.0 * one,
            alkali_volume=1e3 * alkali.volume / np.where(able, alkali["Na+"], np.inf),
            strip_ratio=np.where(returned, 0.0, one * self.strip_acid_ratio),
            strip_floor=np.where(returned & wet, volumes[2] / basis / self.oa_ratio, one / self.strip_oa),
            carried=one * self.aqueous_entrainment,
            hold=not self.saponified,
        )
        return solve_wet(circuit, wet, start)
