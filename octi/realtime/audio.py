"""Audio as the Realtime wire carries it: base64, in one of three formats, measured without decoding it."""

from base64 import b64decode, b64encode
from binascii import Error
from collections.abc import Mapping

from octi.errors import BadMessage
from octi.units import PCM_BYTES_PER_MS

BYTES_PER_MS: Mapping[str, int] = {"audio/pcm": PCM_BYTES_PER_MS, "audio/pcmu": 8, "audio/pcma": 8}


def encoded(pcm: bytes) -> str:
    """Raw audio as base64."""
    return b64encode(pcm).decode("ascii")


def decoded(audio: str, param: str = "audio") -> bytes:
    """Base64 as raw audio. Raises BadMessage naming `param`."""
    try:
        return b64decode(audio, validate=True)
    except (Error, ValueError):
        raise BadMessage("not base64", param) from None


def decoded_size(audio: str | bytes) -> int:
    """How many bytes a base64 text stands for."""
    tail = audio[-2:]
    padding = tail.count("=") if isinstance(tail, str) else tail.count(b"=")
    return max(0, len(audio) * 3 // 4 - padding)
