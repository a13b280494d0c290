"""What a model says of one case."""

import dataclasses


@dataclasses.dataclass
class Answer:
    """Figures that a model predicts for a case.

    Parameters
    ----------
    figures : (quantity, element) to the figure, in the unit of the measured one
    missing : element to why it is not predicted
    reason : why nothing is predicted, or ""
    assumed : what the case does not state and was taken as
    cautions : why it lies outside the model's range
    remarks : what else is worth saying
    """

    figures: dict[tuple[str, str], float] = dataclasses.field(default_factory=dict)
    missing: dict[str, str] = dataclasses.field(default_factory=dict)
    reason: str = ""
    assumed: list[str] = dataclasses.field(default_factory=list)
    cautions: list[str] = dataclasses.field(default_factory=list)
    remarks: list[str] = dataclasses.field(default_factory=list)
    unknown: bool = False
    """The reason is a name that is not known."""

    def taken(self, value: float | None, otherwise: float, what: str) -> float:
        """Return a figure, or what is assumed in its place, which is noted."""
        if value is not None:
            return value
        self.assumed.append(f"{what} {otherwise:g}")
        return otherwise
