"""A microphone without one: recordings, and silence between them, in pieces that are due in real time."""

import attrs

from octi.units import pcm_bytes

CHUNK_MS = 40


@attrs.define
class Tape:
    """What is to be heard from now on. Each piece is due when a microphone would have finished it: nothing drifts."""

    started_at: float
    taken: int = 0
    waiting: bytearray = attrs.field(factory=bytearray, repr=False)
    ended: bool = False

    def put(self, pcm: bytes) -> float:
        """Append a recording. Gives the time at which its first sound is spoken."""
        begins_at = self.started_at + (self.taken * CHUNK_MS + len(self.waiting) / pcm_bytes(1)) / 1000
        self.waiting += pcm
        return begins_at

    def due_at(self) -> float:
        """When the next piece is complete."""
        return self.started_at + (self.taken + 1) * CHUNK_MS / 1000

    def take(self) -> bytes:
        """The next piece: of a recording, or silence."""
        size = pcm_bytes(CHUNK_MS)
        piece = bytes(self.waiting[:size])
        del self.waiting[:size]
        self.taken += 1
        return piece.ljust(size, b"\0")
