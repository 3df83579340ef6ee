"""What octi wrote on a stream, and what it was sent there, byte for byte: WebSocket frames, and the events in them."""

from collections.abc import Generator, Iterator, Sequence
from typing import Any

import attrs
import msgspec
from websockets.exceptions import ProtocolError
from websockets.frames import Frame, Opcode
from websockets.streams import StreamReader

from tests.engine.wire import Event
from tests.streams import WindowStream

Log = Sequence[tuple[float, bytes]]
HEAD_END = b"\r\n\r\n"


class NotFrames(Exception):
    """Bytes that are no WebSocket frames, and why."""


@attrs.frozen
class Said:
    """One event, and when its last byte left."""

    at: float
    event: Event


@attrs.define(eq=False)
class Side:
    """One direction of a stream, read as its receiver has to read it. masked: the frames are a client's."""

    masked: bool
    said: list[Said] = attrs.field(factory=list)
    sounds: int = 0  # binary messages
    frames: int = 0
    rest: int = 0  # bytes of half a head, or of half a frame
    _closing: bool = False  # a close was said, behind which nothing may follow
    _head: bytearray = attrs.field(factory=bytearray)
    _upgraded: bool | None = None  # None: the head is not whole
    _reader: StreamReader = attrs.field(factory=StreamReader)
    _parsing: Generator[None, None, Frame] | None = None

    def events(self, kind: str = "") -> list[Event]:
        """The events of a type."""
        return [said.event for said in self.said if kind in {"", said.event["type"]}]

    def feed(self, at: float, data: bytes) -> None:
        """Take what left then. Raises NotFrames."""
        self.rest += len(data)
        if self._upgraded is None:
            self._head += data
            if HEAD_END not in self._head:
                return
            data = bytes(self._head.partition(HEAD_END)[2])
            self.rest, self._upgraded = len(data), self._head.startswith((b"GET ", b"HTTP/1.1 101"))
        if not self._upgraded:
            self.rest = 0  # the body of plain HTTP, whose end is no affair of ours
            return
        self._reader.feed_data(data)
        for frame in self._whole():
            self.rest = len(self._reader.buffer)
            self._take(at, frame)

    def _whole(self) -> Iterator[Frame]:
        """The frames that have arrived."""
        while True:
            if self._parsing is None:
                parser: Any = Frame.parse(self._reader.read_exact, mask=self.masked)
                self._parsing = parser
            try:
                next(self._parsing)
                return
            except StopIteration as parsed:
                self._parsing = None
                yield parsed.value
            except ProtocolError as error:
                raise NotFrames(str(error)) from None

    def _take(self, at: float, frame: Frame) -> None:
        if self._closing:
            raise NotFrames(f"{frame.opcode.name} behind a close")
        self.frames += 1
        self._closing = frame.opcode is Opcode.CLOSE
        self.sounds += frame.opcode is Opcode.BINARY
        if frame.opcode is Opcode.TEXT:
            self.said.append(Said(at, decoded(bytes(frame.data))))


def decoded(data: bytes) -> Event:
    """A text message, which is always JSON here. Raises NotFrames."""
    try:
        return dict(msgspec.json.decode(data))
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise NotFrames(f"a text that is not JSON ({error}): {data[:40]!r} ... {data[-40:]!r}") from None


def read_side(log: Log, *, masked: bool) -> Side:
    """What a log says, up to wherever it was cut. Raises NotFrames for what cannot be the beginning of frames."""
    side = Side(masked)
    for at, data in log:
        side.feed(at, data)
    return side


@attrs.frozen
class Tapped:
    """One of octi's streams, both ways. `octi`, `peer`: what each side said."""

    stream: WindowStream
    octi: Side
    peer: Side

    @property
    def half(self) -> str | None:
        """What is wrong with how it ends: half of something, though nothing was given up, or more behind a half."""
        torn, sent = self.stream.torn_at, self.stream.sent_bytes
        if torn is not None and sent > torn:
            return f"{sent - torn} bytes follow a frame that was cut"
        if self.octi.rest and torn is None:
            return f"it ends with half of something ({self.octi.rest} bytes), though no send was cut"
        return None


def tap(stream: WindowStream, *, serves: bool) -> Tapped:
    """Read one of octi's ends. serves: the peer is a client, who masks what it says. Raises NotFrames."""
    return Tapped(stream, read_side(stream.sent, masked=not serves), read_side(stream.arrived, masked=serves))
