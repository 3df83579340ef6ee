"""The agent's voice as a loudspeaker plays it, without one: what was heard until when."""

import attrs

from octi.talk.dialect import AgentAudio
from octi.units import SAMPLE_BYTES, Milliseconds, pcm_bytes, playing_time


@attrs.define
class Playback:
    """Plays what arrives at once, one piece behind the other. Times are seconds of the caller's clock."""

    pcm: bytearray = attrs.field(factory=bytearray, repr=False)  # all that was or will be played
    ends_at: float = 0.0
    item: str = ""
    item_bytes: int = 0
    dropped: set[str] = attrs.field(factory=set)

    def play(self, audio: AgentAudio, now: float) -> bool:
        """Queue a piece. False if it is a late one of an item that was cut, which stays unheard."""
        if audio.item and audio.item in self.dropped:
            return False
        if audio.item != self.item:
            self.item, self.item_bytes = audio.item, 0
        self.item_bytes += len(audio.pcm)
        self.pcm += audio.pcm
        self.ends_at = max(self.ends_at, now) + seconds(len(audio.pcm))
        return True

    def cut(self, now: float) -> Milliseconds | None:
        """Stop at once. How much of the last item was heard; None if nothing was playing."""
        left = min(int((self.ends_at - now) * pcm_bytes(1000)) // SAMPLE_BYTES * SAMPLE_BYTES, len(self.pcm))
        if left <= 0:
            return None
        del self.pcm[-left:]
        self.ends_at = now
        self.dropped.add(self.item)
        return playing_time(max(0, self.item_bytes - left))


def seconds(length: int) -> float:
    """How long so many bytes play, in seconds."""
    return length / pcm_bytes(1000)
