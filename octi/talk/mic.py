"""Microphone and loudspeaker through PortAudio, which not everybody has: it is loaded when it is asked for."""

import importlib
import threading
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager, suppress
from typing import Any

import attrs
import trio

from octi.errors import OctiError
from octi.talk.tape import CHUNK_MS
from octi.units import SAMPLE_BYTES, SAMPLE_RATE_HZ, pcm_bytes

QUEUED_CHUNKS = 250  # ten seconds: a server that takes nothing for longer misses what was said since


@attrs.frozen
class SoundMissing(OctiError):
    """There is no microphone or loudspeaker to be had, and what mends that."""

    problem: str
    remedy: str

    def __str__(self) -> str:
        return f"microphone: {self.problem}; {self.remedy}"


@attrs.define
class Loudspeaker:
    """What waits to be played. Filled by Trio, drained by PortAudio's thread."""

    waiting: bytearray = attrs.field(factory=bytearray, repr=False)
    lock: threading.Lock = attrs.field(factory=threading.Lock)

    def play(self, pcm: bytes) -> None:
        """Queue a piece of sound."""
        with self.lock:
            self.waiting += pcm

    def stop(self) -> None:
        """Play nothing of what waits."""
        with self.lock:
            self.waiting.clear()

    def fill(self, out: Any, frames: int, time: object, status: object) -> None:
        """PortAudio's callback: it wants so many bytes at once, and gets silence where there is no sound."""
        with self.lock:
            piece = bytes(self.waiting[: len(out)])
            del self.waiting[: len(out)]
        out[:] = piece.ljust(len(out), b"\0")


@attrs.frozen
class Sound:
    """An open microphone, 40 ms a piece, and an open loudspeaker. Closing `recorded` ends `heard`."""

    recorded: trio.MemorySendChannel[bytes]
    heard: trio.MemoryReceiveChannel[bytes]
    speaker: Loudspeaker = attrs.field(factory=Loudspeaker)

    def keep(self, piece: bytes) -> None:
        """Queue what the microphone heard; what is too much is lost."""
        with suppress(trio.WouldBlock, trio.BrokenResourceError, trio.ClosedResourceError):
            self.recorded.send_nowait(piece)

    def forget(self) -> None:
        """Drop what was heard so far: it was said before anybody listened."""
        with suppress(trio.WouldBlock, trio.EndOfChannel):
            while True:
                self.heard.receive_nowait()


@asynccontextmanager
async def open_sound(library: Any = None) -> AsyncIterator[Sound]:
    """The machine's microphone and loudspeaker, both on. Raises SoundMissing.

    library: what speaks to PortAudio; by default the package sounddevice.
    """
    library = library or load_sounddevice()
    sound, token = Sound(*trio.open_memory_channel[bytes](QUEUED_CHUNKS)), trio.lowlevel.current_trio_token()

    def record(piece: Any, frames: int, time: object, status: object) -> None:
        token.run_sync_soon(sound.keep, bytes(piece))  # PortAudio calls from a thread of its own

    shape = {"samplerate": SAMPLE_RATE_HZ, "channels": 1, "dtype": "int16"}
    chunk = pcm_bytes(CHUNK_MS) // SAMPLE_BYTES
    with sound.recorded, sound.heard, ExitStack() as streams:
        try:
            streams.enter_context(library.RawOutputStream(callback=sound.speaker.fill, **shape))
            streams.enter_context(library.RawInputStream(callback=record, blocksize=chunk, **shape))
        except library.PortAudioError as error:
            raise SoundMissing(str(error), "connect a microphone and a loudspeaker, or give recordings") from error
        yield sound


def load_sounddevice() -> Any:
    """The package sounddevice. Raises SoundMissing if it, or the library below it, is not installed."""
    try:
        return importlib.import_module("sounddevice")
    except ImportError as error:
        raise SoundMissing("the package sounddevice is not installed", "pip install sounddevice") from error
    except OSError as error:
        raise SoundMissing("PortAudio is not installed", "install the system's package libportaudio2") from error
