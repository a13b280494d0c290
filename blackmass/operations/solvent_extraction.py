"""Solvent extraction circuits: extraction, scrubbing and stripping with the organic recycled."""

import dataclasses

import numpy as np
import numpy.typing as npt

from blackmass import species
from blackmass.chemistry.extraction import Extractant, Liquor, exchange, extractant, extractant_names
from blackmass.chemistry.extraction_balances import Circuit
from blackmass.chemistry.extraction_circuit import Solution, solve_circuit
from blackmass.declare import PerCase, duty, inlet, outlet, param, supply
from blackmass.operations.operation import Operation, Outlets
from blackmass.status import Status, worst
from blackmass.stream import Array, Stream


class SolventExtraction(Operation):
    """A circuit of mixer-settlers: metals exchange for the protons of an acidic extractant that goes round.

    Saponified organic meets the liquor counter-current; the loaded organic is scrubbed (the spent scrub liquor joins
    the feed), stripped with acid and saponified again. All stages are solved together
    (`chemistry.extraction_circuit`), so that splits follow from equilibria, loading and pH. The raffinate's pH is
    held by the alkali; where that would take more than 95 % saponification, or acid, the pH is what it becomes and
    the case is marked. Organic is lost by entrainment and solubility, in its acid form, and made up; metal in the
    entrained droplets and liquor entrained in the organic are not followed.
    """

    feed = inlet("metal-bearing liquor")
    saponification = supply("sodium hydroxide solution")
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
    oa_ratio: PerCase = param(1.0, bounds=(0.05, 20), doc="organic to feed, by volume")
    scrub_oa: PerCase = param(10.0, bounds=(1, 100), doc="organic to scrub acid, by volume")
    strip_oa: PerCase = param(50.0, bounds=(1, 200), doc="largest organic to strip acid, by volume")
    strip_acid_ratio: PerCase = param(1.3, bounds=(0.5, 20), doc="strip acid per equivalent of metal in the organic")
    pH: PerCase = param(4.0, bounds=(0.5, 8.5), doc="of the raffinate, held by saponification")
    efficiency: PerCase = param(0.95, bounds=(0.3, 1), doc="approach to equilibrium in one stage", source="Ritcey2006")
    organic_entrainment: PerCase = param(
        50e-6, bounds=(0, 2e-3), doc="organic carried off, by volume of aqueous leaving", source="Ritcey2006"
    )
    mixing_energy: PerCase = param(
        "200 kJ/m^3", bounds=("0 kJ/m^3", "2 MJ/m^3"), doc="mixers, by volume of both phases through one stage"
    )
    electricity = duty("kW", "mixers")

    def run(
        self, feed: Stream, saponification: Stream, scrub_acid: Stream, strip_acid: Stream, makeup: Stream
    ) -> Outlets:
        cases = max(s.cases for s in (feed, saponification, scrub_acid, strip_acid, makeup))
        cases = max([cases, *(np.size(getattr(self, name)) for name in self.params)])
        feed, alkali, scrub, acid, makeup = (
            s.repeated(cases) for s in (feed, saponification, scrub_acid, strip_acid, makeup)
        )
        chemistry = extractant(self.extractant)
        wet = (feed.volume > 0) & (acid.volume > 0)
        basis = np.where(wet, feed.volume, 1.0)
        organic = np.broadcast_to(np.asarray(self.oa_ratio, dtype=float), (cases,)) * 1.0
        scrub = (
            _scaled(scrub, organic / self.scrub_oa * basis * wet) if self.scrub_stages else _scaled(scrub, 0.0 * basis)
        )
        solution = self._solve(chemistry, (feed, alkali, scrub, acid), organic, basis, wet)
        alkali_drawn = _portion(alkali, solution.alkali * basis * 1e3, alkali["Na+"])
        strip_drawn = _scaled(acid, solution.strip_volume * basis)
        raffinate, strip = _exchanged(chemistry, feed + scrub + alkali_drawn, strip_drawn, solution, basis)
        lost, status = self._losses(chemistry, makeup, (raffinate, strip))
        through = (organic * basis * wet + raffinate.volume) * (self.stages + self.scrub_stages)
        through = through + (organic * basis * wet + strip.volume) * self.strip_stages
        return Outlets(
            raffinate=raffinate + lost[0],
            strip_liquor=strip + lost[1],
            electricity=self.mixing_energy * through,
            drawn={
                "saponification": alkali_drawn,
                "scrub_acid": scrub,
                "strip_acid": strip_drawn,
                "makeup": lost[0] + lost[1],
            },
            status=worst(np.where(wet | (feed.mass == 0), solution.status, Status.INFEASIBLE), status),
            report={
                "pH": solution.pH,
                "loading": solution.loading,
                "saponified_fraction": solution.saponified,
                "organic_flow": organic * basis * wet,
            },
        )

    def _solve(
        self,
        chemistry: Extractant,
        streams: tuple[Stream, ...],
        organic: Array,
        basis: Array,
        wet: npt.NDArray[np.bool_],
    ) -> Solution:
        """Solve the wet cases; the dry ones carry nothing over."""
        feed, alkali, scrub, acid = streams
        one = np.ones_like(organic)
        sodium = np.where(alkali["Na+"] > 0, alkali["Na+"], np.inf) / 1e3
        able = (alkali["Na+"] > 0) & ("Na+" in chemistry.metals)
        circuit = Circuit(
            extractant=chemistry,
            stages=(self.stages, self.scrub_stages, self.strip_stages),
            organic=organic,
            concentration=one * self.concentration / 1e3,
            efficiency=one * self.efficiency,
            feed=Liquor.of(feed, chemistry.metals, basis),
            scrub=Liquor.of(scrub, chemistry.metals, basis),
            strip=Liquor.of(acid, chemistry.metals, np.where(wet, acid.volume, 1.0)),
            pH=np.where(able, one * self.pH, np.nan),
            saponified=0.0 * one,
            alkali_volume=alkali.volume / sodium,
            strip_ratio=one * self.strip_acid_ratio,
            strip_floor=one / self.strip_oa,
        )
        solution = solve_circuit(circuit) if wet.all() else _patched(circuit, np.flatnonzero(wet))
        missed = ~able & wet & (np.abs(solution.pH[0] - self.pH) > 1e-6)
        return dataclasses.replace(solution, status=worst(solution.status, np.where(missed, Status.OUT_OF_RANGE, 0)))

    def _losses(
        self, chemistry: Extractant, makeup: Stream, leaving: tuple[Stream, Stream]
    ) -> tuple[tuple[Stream, Stream], Array]:
        """Make-up solvent that replaces what leaves with each aqueous stream: entrained, and dissolved extractant."""
        held = makeup[f"{chemistry.name}-(org)"]
        shares = []
        for stream in leaving:
            lost = stream.volume * (self.organic_entrainment * self.concentration + chemistry.solubility * 1e3)
            shares.append(_portion(makeup, lost, held))
        empty = makeup.mass == 0
        status = np.where(empty | (held > 0), Status.OK, Status.INFEASIBLE)
        return (shares[0], shares[1]), status.astype(np.int8)


def _portion(stream: Stream, amount: Array, held: Array) -> Stream:
    """The part of a composition that holds `amount` of what it has `held` of; nothing if it has none."""
    factor = np.where(held > 0, amount / np.where(held > 0, held, 1.0), 0.0)
    return Stream(stream.flow * factor, stream.temperature)


def _scaled(stream: Stream, volume: Array) -> Stream:
    """A stream of the same composition and of the aqueous volume flow `volume` [m3/s]."""
    return _portion(stream, volume, stream.volume)


def _exchanged(
    chemistry: Extractant, liquor: Stream, acid: Stream, solution: Solution, basis: Array
) -> tuple[Stream, Stream]:
    """Move what is not in the raffinate into the strip liquor, protons in return.

    The organic takes from the one and gives to the other; at steady state it keeps nothing, so that only the aqueous
    part of the exchange shows.
    """
    aqueous = exchange(chemistry.metals) * species.PHASE_MASK["aqueous"]
    rows = species.indices(list(chemistry.metals))
    moved = liquor.flow[rows] - solution.raffinate * basis * 1e3
    moved = np.clip(moved, np.minimum(-acid.flow[rows], 0.0), np.maximum(liquor.flow[rows], 0.0))
    return liquor.react(aqueous, moved), acid.react(aqueous, -moved)


def _patched(circuit: Circuit, wet: npt.NDArray[np.intp]) -> Solution:
    """Solve only the cases `wet`; in the others nothing is moved."""
    cases, stages = circuit.organic.size, sum(circuit.stages)
    zeros = np.zeros_like(circuit.feed.metals)
    blank = {"raffinate": circuit.feed.metals.copy(), "extract": zeros, "stripped": zeros.copy()}
    blank |= {name: np.zeros(cases) for name in ("alkali", "strip_volume", "saponified")}
    blank |= {"pH": np.full((stages, cases), 7.0), "loading": np.zeros((stages, cases))}
    solved = solve_circuit(circuit.take(wet)) if wet.size else None
    for name, values in blank.items():
        if solved is not None:
            values[..., wet] = getattr(solved, name)
    status = np.zeros(cases, dtype=np.int8)
    if solved is not None:
        status[wet] = solved.status
    return Solution(**blank, status=status)
