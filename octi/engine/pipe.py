"""What the pool and a worker say to each other over the worker's stdin and stdout. Pure: bytes in, packets out.

A packet is eight bytes of lengths (message, sound: big endian, four bytes each), a message in MessagePack, and sound
as raw PCM16. A worker says Ready or Missing once, then answers each request in turn.
"""

import struct
from collections.abc import Iterator
from typing import NamedTuple

import attrs
import msgspec

from octi.engine.base import ENGLISH

LENGTHS = struct.Struct(">II")
MOST_BYTES = 64 << 20  # of one packet; 20 minutes of sound. More is not a packet but noise


class Recognise(msgspec.Struct, frozen=True, tag=True):
    """Asks for the words in the sound, PCM16 mono at 16 kHz."""

    job: int
    language: str = ENGLISH


class Synthesise(msgspec.Struct, frozen=True, tag=True):
    """Asks for a sentence as sound."""

    job: int
    text: str
    voice: str
    speed: float
    language: str = ENGLISH


class Ready(msgspec.Struct, frozen=True, tag=True):
    """The models are loaded and warm."""


class Missing(msgspec.Struct, frozen=True, tag=True):
    """The models cannot be loaded: an EngineMissing. The worker ends."""

    what: str
    problem: str
    remedy: str


class Heard(msgspec.Struct, frozen=True, tag=True):
    """The words in a Recognise's sound."""

    job: int
    text: str


class Spoken(msgspec.Struct, frozen=True, tag=True):
    """A Synthesise's sentence: the sound, PCM16 mono at 24 kHz, goes with it."""

    job: int


class Failed(msgspec.Struct, frozen=True, tag=True):
    """The models would not have that one request. The worker is well."""

    job: int
    why: str


Request = Recognise | Synthesise
Answer = Heard | Spoken | Failed
Message = Request | Answer | Ready | Missing


class Packet(NamedTuple):
    """One message and the sound that goes with it."""

    message: Message
    sound: bytes = b""


class Garbled(Exception):
    """The bytes are not packets: whoever writes them is out of its mind, and nothing after them can be trusted."""


_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[Message] = msgspec.msgpack.Decoder(Message)


def pack(packet: Packet) -> bytes:
    """A packet as bytes."""
    message = _encoder.encode(packet.message)
    return b"".join((LENGTHS.pack(len(message), len(packet.sound)), message, packet.sound))


@attrs.define(eq=False)
class Unpacker:
    """Cuts a stream of bytes into packets, however it comes in."""

    _pending: bytearray = attrs.field(init=False, factory=bytearray)

    def feed(self, data: bytes) -> list[Packet]:
        """The packets that are complete by now. Raises Garbled; then the stream is of no more use."""
        self._pending += data
        return list(self._complete())

    def _complete(self) -> Iterator[Packet]:
        while len(self._pending) >= LENGTHS.size:
            sound_at, end = self._extent()
            if len(self._pending) < end:
                return
            packet = bytes(self._pending[:end])
            del self._pending[:end]
            yield Packet(message_in(packet[LENGTHS.size : sound_at]), packet[sound_at:])

    def _extent(self) -> tuple[int, int]:
        """Where the first packet's sound begins and where it ends."""
        message_bytes, sound_bytes = LENGTHS.unpack_from(self._pending)
        if message_bytes + sound_bytes > MOST_BYTES:
            raise Garbled(f"a packet of {message_bytes + sound_bytes} bytes is announced")
        return LENGTHS.size + message_bytes, LENGTHS.size + message_bytes + sound_bytes


def message_in(data: bytes) -> Message:
    """The message that bytes hold. Raises Garbled."""
    try:
        message: Message = _decoder.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Garbled(f"not a message: {error}") from error
    return message


def fits(answer: Message, request: Message) -> bool:
    """Whether a message answers that very request."""
    match request, answer:
        case Recognise(), Heard() | Failed():
            return request.job == answer.job
        case Synthesise(), Spoken() | Failed():
            return request.job == answer.job
        case _:
            return False
