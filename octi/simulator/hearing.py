"""A stand-in for ears: whatever is loud enough is speech. Pure."""

from array import array

import attrs

from octi.engine.base import EAR_RATE_HZ, FRAME_MS, Frame
from octi.engine.formats import PCM, Inlet, open_inlet, unchanged
from octi.engine.items import sound_in
from octi.units import pcm_bytes

LOUD = 500  # the mean of a frame's samples without their signs, from which on it is speech
FRAME_BYTES = pcm_bytes(FRAME_MS)
NOTHING = bytes(FRAME_MS * EAR_RATE_HZ * 2 // 1000)  # frames carry no sound: nobody here recognises any


@attrs.define
class Receiver:
    """Takes a client's audio, in the format that its session has just then."""

    _kind: str = PCM
    _inlet: Inlet = unchanged

    def take(self, audio: str, kind: str) -> bytes:
        """The next piece, out of base64, as PCM16 mono at 24 kHz. Raises BadMessage."""
        sound = sound_in(audio, "audio", kind=kind)
        if kind != self._kind:
            self._kind, self._inlet = kind, open_inlet(kind)
        return self._inlet(sound)


@attrs.define
class LoudnessEar:
    """One conversation's ear, as `engine.base.Ear`."""

    _pending: bytearray = attrs.field(factory=bytearray)

    def hear(self, pcm: bytes) -> list[Frame]:
        """Take PCM16 mono at 24 kHz, give the 32 ms frames that are complete by now."""
        self._pending += pcm
        whole = len(self._pending) // FRAME_BYTES * FRAME_BYTES
        taken = bytes(self._pending[:whole])
        del self._pending[:whole]
        return [Frame(_speech(taken[start : start + FRAME_BYTES]), NOTHING) for start in range(0, whole, FRAME_BYTES)]


def _speech(pcm: bytes) -> float:
    samples = array("h", pcm)
    return 1.0 if sum(map(abs, samples)) >= LOUD * len(samples) else 0.0
