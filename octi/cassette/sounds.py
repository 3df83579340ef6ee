"""The sound in a message, and WAV files that sound is appended to. Pure."""

import re
import struct
from base64 import b64decode, b64encode
from binascii import Error as BadBase64
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

HEADER_BYTES = 44
RATES: Mapping[str, tuple[int, int, int]] = {  # of an audio format: WAV's tag, samples a second, bytes a sample
    "audio/pcm": (1, 24_000, 2),
    "audio/pcmu": (7, 8_000, 1),
    "audio/pcma": (6, 8_000, 1),
}
OLD_NAMES = {"pcm16": "audio/pcm", "g711_ulaw": "audio/pcmu", "g711_alaw": "audio/pcma"}
QUIET: Mapping[str, bytes] = {"audio/pcm": b"\0", "audio/pcmu": b"\xff", "audio/pcma": b"\xd5"}
PCM = "audio/pcm"
OPEN_END = 0x7FFF_0000  # what a file claims to hold while it grows: whoever reads takes what is there
SPOKEN = re.compile(rb'("(?:audio|delta)"\s*:\s*")((?:[^"\\]|\\.)+)(?=")')
WORDS = re.compile(rb'("audio"\s*:\s*")((?:[^"\\]|\\.)+)(?=")')
LONG = re.compile(rb"[A-Za-z0-9+/\\]{64,}={0,2}")  # longer than any word or id
AUDIO_DELTA = re.compile(rb'"type"\s*:\s*"response\.(?:output_)?audio\.delta"')


def wav_header(kind: str, length: int = OPEN_END) -> bytes:
    """A WAV file's first 44 bytes, before `length` bytes of one of RATES."""
    tag, rate, width = RATES[kind]
    shape = struct.pack("<HHIIHH", tag, 1, rate, rate * width, width, width * 8)
    return b"RIFF" + struct.pack("<I", 36 + length) + b"WAVEfmt " + struct.pack("<I", 16) + shape + _data(length)


def _data(length: int) -> bytes:
    return b"data" + struct.pack("<I", length)


def cut_out(frame: bytes, keep: Callable[[bytes], str], *, exactly: bool = True) -> tuple[bytes, tuple[str, ...]]:
    """A message whose base64 sound gave way to references, and these. `keep` takes sound and names it.

    exactly: what could not be put together again as it was stays in the message; else no sound stays, however it is
    written.
    """
    names: list[str] = []
    frame = frame if exactly else _plain(frame)

    def replace(found: re.Match[bytes]) -> bytes:
        sound = _sound_in(found[2], exactly=exactly)
        if sound is None:
            return found[0]
        names.append(keep(sound))
        return found[1] + b"@" + names[-1].encode()

    pattern = SPOKEN if AUDIO_DELTA.search(frame) else WORDS
    return (pattern.sub(replace, frame), tuple(names)) if b'"audio"' in frame or pattern is SPOKEN else (frame, ())


def _plain(frame: bytes) -> bytes:
    """A message in which sound can be found: names without escapes; what is no JSON without all that may be sound."""
    try:
        if b"\\u" in frame:
            return msgspec.json.encode(msgspec.json.decode(frame))
        msgspec.json.decode(frame, type=msgspec.Raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return LONG.sub(b"", frame)
    return frame


def _sound_in(text: bytes, *, exactly: bool) -> bytes | None:
    try:
        sound = b64decode(text, validate=True)
    except BadBase64:
        return None if exactly else b"\0" * (len(text) * 3 // 4)
    return sound if b64encode(sound) == text or not exactly else None


def formats_in(frame: bytes) -> dict[str, str]:
    """The audio formats that a session's configuration names: for `input` and `output`, one of RATES."""
    if b'"session"' not in frame or b"format" not in frame:
        return {}
    try:
        session = msgspec.json.decode(frame, type=_Configured).session
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    return {way: kind for way in ("input", "output") if (kind := _format(session, way)) in RATES}


class _Configured(msgspec.Struct):
    session: dict[str, Any] = {}


def _format(session: Mapping[str, Any], way: str) -> str:
    audio = session.get("audio")
    side = audio.get(way) if isinstance(audio, dict) else None
    named = side.get("format") if isinstance(side, dict) else session.get(f"{way}_audio_format")
    kind = named.get("type") if isinstance(named, dict) else named
    return OLD_NAMES.get(kind, kind) if isinstance(kind, str) else ""
