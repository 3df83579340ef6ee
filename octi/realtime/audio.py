"""Audio as the Realtime wire carries it: base64, in one of three formats, measured without decoding it."""

from base64 import b64decode
from binascii import Error
from collections.abc import Mapping

import msgspec

from octi.errors import BadMessage
from octi.units import PCM_BYTES_PER_MS

BYTES_PER_MS: Mapping[str, int] = {"audio/pcm": PCM_BYTES_PER_MS, "audio/pcmu": 8, "audio/pcma": 8}


def encoded(pcm: bytes) -> str:
    """Raw audio as base64."""
    return str(msgspec.to_builtins(pcm))


def decoded(audio: str, param: str = "audio") -> bytes:
    """Base64 as raw audio. Raises BadMessage naming `param`."""
    try:
        return msgspec.convert(audio, bytes)  # takes a tenth of the time that the library's own takes
    except msgspec.ValidationError:
        pass
    try:
        return b64decode(audio, validate=True)  # padded otherwise, perhaps
    except (Error, ValueError):
        raise BadMessage("not base64", param) from None


def decoded_size(audio: str | bytes) -> int:
    """How many bytes a base64 text stands for."""
    return len(audio.rstrip("=") if isinstance(audio, str) else audio.rstrip(b"=")) * 3 // 4
