"""What the check says aloud: one question, silence, and sound that means nothing. PCM16 at 24 kHz. Pure."""

from base64 import b64encode
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from octi.conformance.values import Event
from octi.engine.g711 import ulaw
from octi.engine.rates import Upsampler
from octi.units import pcm_bytes

PIECE_MS = 200  # of sound in one event
PAUSE_MS = 1500  # after which every turn detection calls a turn over
RECORDING = "question.ulaw"  # "What time is it, please?", made with octi's own English voice


@cache
def question() -> bytes:
    """A question of a second and a half, spoken."""
    recorded = files("octi.conformance").joinpath(RECORDING).read_bytes()
    return Upsampler()(ulaw().decode(recorded))


def silence(duration_ms: int) -> bytes:
    """Nobody speaks."""
    return bytes(pcm_bytes(duration_ms))


def appended(pcm: bytes) -> Iterator[Event]:
    """Sound as a client's events."""
    size = pcm_bytes(PIECE_MS)
    for start in range(0, len(pcm), size):
        yield append(pcm[start : start + size])


def append(sound: bytes) -> Event:
    """One event with all of it."""
    return {"type": "input_audio_buffer.append", "audio": b64encode(sound).decode()}
