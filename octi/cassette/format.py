"""A cassette as text: JSON lines, a header first, then what octi received and sent on each leg. Pure.

A message stands in its line as it was on the wire; sound is cut out of it and lies beside, in WAV files, and where it
was a reference stands (`"@client-1-in.wav:0+4800"`), so that a line can be read and the frame be put together again.
"""

from collections.abc import Callable
from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from octi.errors import BadMessage

VERSION = 1
FILE = "cassette.jsonl"  # in a folder of its own, with the sound
SILENCE = "silence"  # in place of a file: the voices were left out

Side = Literal["client", "provider"]
Way = Literal["in", "out"]  # as octi sees it: received, sent


class Header(msgspec.Struct, frozen=True):
    """A cassette's first line. `voices`: was the sound kept?"""

    cassette: int  # the format's version
    session: str
    door: str
    upstream: str
    model: str
    started_at: str  # ISO 8601
    voices: bool = True


class Goodbye(msgspec.Struct, frozen=True):
    """How a leg was closed."""

    code: int
    reason: str = ""


class Failure(msgspec.Struct, frozen=True, omit_defaults=True):
    """Why a provider's leg could not be opened: a ProviderFault's facts."""

    kind: Literal["refused", "busy", "lost", "nonsense", "over"]
    why: str
    took_ms: float = 0.0  # from the beginning to the failure
    status: int | None = None  # HTTP
    code: str | None = None
    wait_s: float = 0.0  # as a busy one has it


class Line(msgspec.Struct, frozen=True, omit_defaults=True):
    """What happened on a leg; or, with `end`, that the recording is over: `complete`, or why it is not.

    One of event (JSON), text (anything else that is text, or JSON on several lines), binary (a reference), close,
    opened, failed (it could not be opened), dropped (bytes of sound that octi took back unsent) is set.
    """

    at: float  # milliseconds since the session began
    leg: Side | UnsetType = UNSET
    number: int = 0  # of the leg on its side, from 1
    way: Way | UnsetType = UNSET
    event: msgspec.Raw | UnsetType = UNSET
    text: str | UnsetType = UNSET
    binary: str | UnsetType = UNSET
    close: Goodbye | UnsetType = UNSET
    opened: bool = False
    failed: Failure | UnsetType = UNSET
    dropped: int = 0
    sound: tuple[str, ...] = ()  # the references in the event, in order
    scrubbed: bool = False  # a secret was taken out of it
    end: str = ""


class Clip(msgspec.Struct, frozen=True):
    """Some of a file's sound: bytes behind the file's header."""

    file: str
    offset: int
    length: int

    def __str__(self) -> str:
        return f"{self.file}:{self.offset}+{self.length}"


def clip_from(reference: str) -> Clip:
    """What a reference refers to. Raises BadMessage."""
    file, _, where = reference.rpartition(":")
    offset, _, length = where.partition("+")
    if not (offset.isdecimal() and length.isdecimal()) or not file or "/" in file or "\\" in file or ".." in file:
        raise BadMessage(f"{reference!r} is no reference to sound: should be like client-1-in.wav:0+4800")
    return Clip(file, int(offset), int(length))


def encode_line(line: Header | Line) -> bytes:
    """A line with its end."""
    return msgspec.json.encode(line) + b"\n"


def decode_header(data: bytes) -> Header:
    """The first line. Raises BadMessage."""
    try:
        header = msgspec.json.decode(data, type=Header)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadMessage(f"is no cassette's header ({error}); give the {FILE} that octi recorded") from None
    if header.cassette != VERSION:
        raise BadMessage(f"was recorded in format {header.cassette}; this octi reads {VERSION}, record it again")
    return header


def decode_line(data: bytes) -> Line:
    """Any other line. Raises BadMessage."""
    try:
        line = msgspec.json.decode(data, type=Line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadMessage(f"is damaged ({error}); mend the line, or delete it and all behind it") from None
    if not line.end and (line.leg is UNSET or line.way is UNSET or line.number < 1):
        raise BadMessage("says not on which leg it was, or which way; mend leg, number and way, or delete the line")
    for reference in references(line):
        clip_from(reference)
    return line


def references(line: Line) -> tuple[str, ...]:
    """The sound that belongs to a line."""
    return (line.binary,) if isinstance(line.binary, str) else line.sound


def frame_of(line: Line, sound: Callable[[Clip], bytes], as_text: Callable[[bytes], bytes]) -> bytes | None:
    """The message as it was on the wire; None: the line is none. `as_text`: base64."""
    if isinstance(line.binary, str):
        return sound(clip_from(line.binary))
    if isinstance(line.text, str):
        return _filled(line.text.encode(), line, sound, as_text)
    if not isinstance(line.event, UnsetType):
        return _filled(bytes(line.event), line, sound, as_text)
    return None


def _filled(frame: bytes, line: Line, sound: Callable[[Clip], bytes], as_text: Callable[[bytes], bytes]) -> bytes:
    done, rest = b"", frame
    for reference in line.sound:
        before, found, rest = rest.partition(b"@" + reference.encode())
        if not found:
            raise BadMessage(f"names {reference!r} in `sound`, but not in its event; mend it, or delete the line")
        done += before + as_text(sound(clip_from(reference)))
    return done + rest
