"""Both sides of a recording, on one clock: seconds since the session began. Pure."""

from array import array

import attrs

from octi.recording.agent import AgentTrack, Span
from octi.recording.user import UserTrack
from octi.units import SAMPLE_RATE_HZ

HOLD_S = 1.0  # what is younger may still change its place


def place_of(seconds: float) -> int:
    """A time as a number of samples."""
    return round(seconds * SAMPLE_RATE_HZ)


@attrs.define(eq=False)
class Timeline:
    """Takes each side's sound as it comes, and gives both as they were heard."""

    user: UserTrack = attrs.field(factory=UserTrack)
    agent: AgentTrack = attrs.field(factory=AgentTrack)

    @property
    def sounded(self) -> bool:
        """Was there any sound at all?"""
        return bool(self.user.track.end or self.agent.track.end)

    @property
    def left_out(self) -> int:
        """Bytes of sound that would have been heard too long after they came."""
        return self.user.track.left_out + self.agent.track.left_out

    def heard_until(self, now: float) -> bytes:
        """What can be written by now and was not given before: stereo, the user left, the agent right."""
        return self._both(place_of(now - HOLD_S))

    def end(self, now: float) -> bytes:
        """All the rest. Who has left hears nothing any more; what the user had said by then he has said."""
        self.agent.cut_all(place_of(now))
        return self._both(max(place_of(now), self.user.track.end))

    def unsaid(self) -> list[Span]:
        """Where the agent was given as heard before it turned out that he was not, in samples."""
        spans, self.agent.unsaid = self.agent.unsaid, []
        return spans

    def _both(self, until: int) -> bytes:
        return interleaved(self.user.track.take(until), self.agent.track.take(until))


def interleaved(left: bytes, right: bytes) -> bytes:
    """Two channels of equal length as one stereo sound."""
    out = array("h", bytes(len(left) + len(right)))
    out[::2], out[1::2] = array("h", left), array("h", right)
    return out.tobytes()
