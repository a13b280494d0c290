"""What is given of a counter-current extraction circuit."""

import dataclasses
from typing import Any

import numpy as np
import numpy.typing as npt

from blackmass.chemistry.extraction import Extractant, Liquor
from blackmass.numerics.cascade import Array

Cases = npt.NDArray[np.intp] | slice


@dataclasses.dataclass(frozen=True)
class Circuit:
    """What is given of a circuit; arrays end in (cases,).

    Parameters
    ----------
    extractant : Extractant
    stages : (extraction, scrub, strip)
    organic : array (cases,)
        Litres of organic per litre of feed.
    concentration : array (cases,)
        Total extractant [mol/L].
    efficiency : array (cases,)
        Approach to equilibrium in each stage, of the metals of rate 1.
    feed, scrub : Liquor
        Per litre of feed; a scrub of volume zero where there are no scrub stages.
    strip : Liquor
        Per litre of strip acid.
    pH : array (cases,)
        To be reached by saponification in the raffinate, or in all stages with `hold`; NaN: `saponified` is given.
    saponified : array (cases,)
        Share of the returning free acid that is neutralised, where no pH is asked.
    alkali_volume : array (cases,)
        Litres of alkali per mol of Na+.
    strip_ratio, strip_floor : array (cases,)
        Acid per equivalent of metal loaded; least strip volume per organic volume.
    carried : array (cases,)
        Litres of aqueous that a litre of loaded organic carries into stripping.
    hold : bool
        Whether alkali holds the pH in every stage of extraction (as in a shake-out under pH control).
    closed : bool
        Whether the organic returns.
    """

    extractant: Extractant
    stages: tuple[int, int, int]
    organic: Array
    concentration: Array
    efficiency: Array
    feed: Liquor
    scrub: Liquor
    strip: Liquor
    pH: Array
    saponified: Array
    alkali_volume: Array
    strip_ratio: Array
    strip_floor: Array
    carried: Array
    hold: bool = False
    closed: bool = True

    def take(self, cases: Cases) -> "Circuit":
        """Return only some cases."""
        picked: dict[str, Any] = {}
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if isinstance(value, np.ndarray):
                picked[field.name] = value[..., cases]
            elif isinstance(value, Liquor):
                picked[field.name] = taken(value, cases)
        return dataclasses.replace(self, **picked)

    def of_metals(self, rows: npt.NDArray[np.intp]) -> "Circuit":
        """Return the circuit with only some metals, the others being absent."""
        chemistry = self.extractant
        columns = {
            name: getattr(chemistry, name)[rows] for name in ("log_k", "charge", "adduct", "rate_in", "rate_out")
        }
        liquors = {
            name: dataclasses.replace(getattr(self, name), metals=getattr(self, name).metals[rows])
            for name in ("feed", "scrub", "strip")
        }
        metals = tuple(chemistry.metals[row] for row in rows)
        return dataclasses.replace(self, extractant=dataclasses.replace(chemistry, metals=metals, **columns), **liquors)


def scaled(liquor: Liquor, factor: Array) -> Liquor:
    """Return a share of a liquor."""
    return dataclasses.replace(
        liquor,
        volume=liquor.volume * factor,
        metals=liquor.metals * factor,
        charge=liquor.charge * factor,
        acids=liquor.acids * factor,
    )


def taken(record: Any, cases: Cases) -> Any:
    """A record of arrays that end in (cases,), with only some cases."""
    return dataclasses.replace(
        record, **{field.name: getattr(record, field.name)[..., cases] for field in dataclasses.fields(record)}
    )
