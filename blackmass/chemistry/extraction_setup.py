"""What is given of a counter-current extraction circuit."""

import dataclasses
from typing import Any

import numpy as np
import numpy.typing as npt

from blackmass.chemistry.extraction import Extractant, Liquor, weak_acids
from blackmass.chemistry.extraction_case import GIVEN, Array, Chemistry, Given

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
        Whether alkali holds the pH that is asked in every stage of extraction, as in a shake-out under pH control.
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

    def given(self) -> Given:
        """Return what compiled loops take."""
        liquors = (self.feed, self.scrub, self.strip)
        return Given(
            *self.stages, self.hold, self.closed, np.stack([getattr(self, name) for name in GIVEN]),
            np.stack([liquor.volume for liquor in liquors]), np.stack([liquor.charge for liquor in liquors]),
            np.stack([liquor.ionic_strength for liquor in liquors]), np.stack([liquor.metals for liquor in liquors]),
            np.stack([liquor.acids for liquor in liquors]),
        )  # fmt: skip

    def chemistry(self) -> Chemistry:
        """Return the extractant as compiled loops take it."""
        own = self.extractant
        return Chemistry(
            own.log_k[:, 0].copy(), own.charge[:, 0].copy(), own.adduct[:, 0].copy(), own.rate_in[:, 0].copy(),
            own.rate_out[:, 0].copy(), own.per_unit, own.crossover,
            own.metals.index("Na+") if "Na+" in own.metals else -1, *weak_acids()[1:],
        )  # fmt: skip


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
