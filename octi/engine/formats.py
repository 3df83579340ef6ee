"""The wire's audio formats, to and from what the engine hears and speaks: PCM16 mono at 24 kHz."""

from collections.abc import Callable, Mapping
from typing import Any

import attrs

from octi.engine.g711 import LAWS, Law
from octi.engine.rates import Downsampler, Upsampler

PCM = "audio/pcm"
SHOWN: Mapping[str, Mapping[str, Any]] = {
    PCM: {"type": PCM, "rate": 24_000},  # the only rate that may be shown (protocol trap 13)
    **{kind: {"type": kind} for kind in LAWS},
}
SPELLED = {
    PCM: "mono PCM16 at 24kHz",
    "audio/pcmu": "mono G.711 mu-law at 8kHz",
    "audio/pcma": "mono G.711 A-law at 8kHz",
}

Inlet = Callable[[bytes], bytes]
Outlet = Callable[[bytes], bytes]


def open_inlet(kind: str) -> Inlet:
    """What turns one stream of a format into PCM16 at 24 kHz, piece by piece."""
    return FromPhone(LAWS[kind]()) if kind in LAWS else unchanged


def open_outlet(kind: str) -> Outlet:
    """What turns one stream of PCM16 at 24 kHz into a format, piece by piece."""
    return ToPhone(LAWS[kind]()) if kind in LAWS else unchanged


def unchanged(pcm: bytes) -> bytes:
    """It is in the right format as it is."""
    return pcm


@attrs.frozen(eq=False)
class FromPhone:
    """From the telephone: one byte is three samples."""

    law: Law
    _upwards: Upsampler = attrs.field(factory=Upsampler)

    def __call__(self, sound: bytes) -> bytes:
        """The next piece."""
        return self._upwards(self.law.decode(sound))


@attrs.frozen(eq=False)
class ToPhone:
    """To the telephone. A piece that makes no whole byte gives none, and is not lost."""

    law: Law
    _downwards: Downsampler = attrs.field(factory=Downsampler)

    def __call__(self, pcm: bytes) -> bytes:
        """The next piece."""
        return self.law.encode(self._downwards(pcm))
