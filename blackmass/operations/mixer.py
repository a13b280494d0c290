"""Joining streams."""

from blackmass.declare import inlet, outlet
from blackmass.operations.operation import Operation, Outlets
from blackmass.stream import Stream


class Mixer(Operation, area="streams"):
    """A junction or stirred tank in which up to four streams meet; nothing reacts.

    .. math:: n = \\sum_i n_i, \\quad T = \\sum_i C_i T_i / \\sum_i C_i

    with the heat capacities C of the streams.
    """

    first = inlet("any stream")
    second = inlet("any stream", optional=True)
    third = inlet("any stream", optional=True)
    fourth = inlet("any stream", optional=True)
    mixed = outlet("the sum of what enters")

    def run(self, first: Stream, second: Stream, third: Stream, fourth: Stream) -> Outlets:
        return Outlets(mixed=first + second + third + fourth)
