"""The ways a case can end: values, not exceptions, so that one failure leaves the other cases alone."""

from enum import IntEnum

import numpy as np
import numpy.typing as npt

StatusArray = npt.NDArray[np.int8]


class Status(IntEnum):
    """How a case ended, from best to worst; `sentence` says what it means and what to try."""

    OK = 0
    OUT_OF_RANGE = 1
    NOT_CONVERGED = 2
    SINGULAR = 3
    INFEASIBLE = 4
    SPEC_NOT_REACHED = 5
    RECYCLE_ACCUMULATES = 6
    NOT_FINITE = 7

    @property
    def sentence(self) -> str:
        """The sentence for the user."""
        return _SENTENCES[self]

    @property
    def failed(self) -> bool:
        """Whether the numbers of this case cannot be used."""
        return self > Status.OUT_OF_RANGE


_SENTENCES = {
    Status.OK: "converged.",
    Status.OUT_OF_RANGE: "converged, but a model was used outside the range in which it was tested.",
    Status.NOT_CONVERGED: "the iteration did not settle: start from a nearby case, or tear the recycle elsewhere.",
    Status.SINGULAR: "the equations have no unique solution here: check for a reagent or feed of zero.",
    Status.INFEASIBLE: "what is asked cannot be met with what is fed: raise the reagent or relax the target.",
    Status.SPEC_NOT_REACHED: "the design specification is not reached within the limits of its knob.",
    Status.RECYCLE_ACCUMULATES: "a component enters a recycle and cannot leave it: add or enlarge a purge.",
    Status.NOT_FINITE: "a value became infinite or undefined: check the feed and parameters of this case.",
}

OK = Status.OK


def worst(*states: "npt.ArrayLike") -> StatusArray:
    """Join statuses case by case: the worst one counts. Scalars broadcast; returns (cases,) or ()."""
    joined = np.asarray(states[0], dtype=np.int8)
    for state in states[1:]:
        joined = np.maximum(joined, np.asarray(state, dtype=np.int8))
    return joined
