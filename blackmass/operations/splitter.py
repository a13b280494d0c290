"""Dividing a stream, for example to bleed a recycle."""

from blackmass.declare import PerCase, inlet, outlet, param
from blackmass.operations.operation import Operation, Outlets
from blackmass.stream import Stream


class Splitter(Operation, area="streams"):
    """A junction that divides a stream without changing its composition.

    .. math:: n_{bleed} = f n, \\quad n_{rest} = (1 - f) n
    """

    feed = inlet("any stream")
    bleed = outlet("the bled part")
    rest = outlet("what remains")

    bleed_fraction: PerCase = param(0.1, bounds=(0.01, 1), doc="share of the feed that is bled; less cannot be metered")

    def run(self, feed: Stream) -> Outlets:
        bleed, rest = feed.split(self.bleed_fraction)
        return Outlets(bleed=bleed, rest=rest)
