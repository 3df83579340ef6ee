"""One WebSocket: the `websockets` library's sans-I/O protocol over a transport, written to without waiting.

`send` hands a frame to the kernel whole, or keeps the rest in a bounded outbox that the leg's writer task drains with a
deadline. So whoever sends is never cancelled half way, and frames leave in the order in which they were sent.
"""

from collections.abc import Iterator

import attrs
import trio
from websockets.exceptions import ProtocolError
from websockets.frames import Close, CloseCode, Frame, Opcode
from websockets.protocol import Event, State
from websockets.protocol import Protocol as Codec

from octi.websocket.base import LegClosed, LegStalled, Message
from octi.websocket.outbox import Outbox
from octi.websocket.transport import Transport

OUTBOX_BYTES = 8 << 20  # some three minutes of speech as base64: more than that, unsent, is a client that is gone
LOW_WATER_BYTES = 256 << 10  # who reads for a leg pauses above this
STALL_S = 10.0  # a peer that takes not a byte for so long is gone
GOODBYE_S = 2.0
REASON_BYTES = 123  # RFC 6455 5.5: a control frame carries 125 bytes, two of them the code
DATA = frozenset({Opcode.TEXT, Opcode.BINARY, Opcode.CONT})


@attrs.define(eq=False)
class Link:
    """One WebSocket as a session's leg (`websocket.base.Leg`). Closes the transport."""

    _codec: Codec
    _transport: Transport
    _outbox: Outbox = attrs.field(factory=lambda: Outbox(OUTBOX_BYTES))  # see `outbox_for`
    _stall_s: float = STALL_S
    heard_at: float = attrs.field(factory=trio.current_time)
    _text: bool = False  # the message that is arriving
    _partial: bytearray = attrs.field(factory=bytearray)  # what has come of it, when it comes in parts
    _room: trio.lowlevel.ParkingLot = attrs.field(factory=trio.lowlevel.ParkingLot)
    _work: trio.lowlevel.ParkingLot = attrs.field(factory=trio.lowlevel.ParkingLot)
    _ended: LegClosed | None = None
    _leaving: bool = False
    _writing: bool = False
    _rested: trio.lowlevel.ParkingLot = attrs.field(factory=trio.lowlevel.ParkingLot)

    @property
    def dropped_bytes(self) -> int:
        """Audio that was taken back unsent, as encoded."""
        return self._outbox.dropped

    @property
    def waiting_bytes(self) -> int:
        """What the peer was not sent yet."""
        return self._outbox.waiting

    # Receiving

    async def receive(self) -> list[Message]:
        """The messages that have arrived, at least one. Raises LegClosed."""
        while not (messages := self._decoded()):
            if self._ended:
                raise self._ended
            self._take(await self._read())
        return messages

    def feed(self, data: bytes) -> None:
        """Take bytes that came in before the link was made."""
        if data:
            self._codec.receive_data(data)

    async def _read(self) -> bytes:
        try:
            return await self._transport.receive_some()
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            return b""

    def _take(self, data: bytes) -> None:
        self.heard_at = trio.current_time()
        if data:
            self._codec.receive_data(data)
        else:
            self._codec.receive_eof()

    def _decoded(self) -> list[Message]:
        """Everything whole that the codec has; notes the end. What the codec answers (pong, close) is sent."""
        messages = list(self._messages(self._codec.events_received()))
        self._flush(audio=False)
        if self._codec.state is not State.OPEN and self._ended is None:
            self._ended = self._ending()
        return messages

    def _messages(self, events: list[Event]) -> Iterator[Message]:
        for frame in events:
            message = self._joined(frame) if isinstance(frame, Frame) and frame.opcode in DATA else None
            if message is None:
                continue
            if message.text and not message.data.isascii() and not _is_utf8(message.data):
                self._fail(CloseCode.INVALID_DATA, "text that is not UTF-8")
                return  # and what came behind it was not said to anybody
            yield message

    def _joined(self, frame: Frame) -> Message | None:
        """The message that ends with this frame. Parts are kept as bytes: a million empty ones must cost nothing."""
        if frame.opcode is not Opcode.CONT:
            self._text = frame.opcode is Opcode.TEXT
        if frame.fin and not self._partial:
            return Message(bytes(frame.data), self._text)
        self._partial += frame.data
        if not frame.fin:
            return None
        data, self._partial = bytes(self._partial), bytearray()
        return Message(data, self._text)

    def _fail(self, code: int, reason: str) -> None:
        if self._codec.state is State.OPEN:
            self._codec.fail(code, reason)

    def _ending(self) -> LegClosed:
        received: Close | None = self._codec.close_rcvd
        if received is not None:
            return LegClosed(int(received.code), received.reason)
        if self._codec.close_sent is not None:  # the codec failed the peer: too big, not the protocol
            return LegClosed(int(self._codec.close_sent.code), self._codec.close_sent.reason, by_peer=False)
        return LegClosed(int(CloseCode.ABNORMAL_CLOSURE), "left without a goodbye")

    # Sending

    def send(self, data: bytes, *, text: bool = True, audio: bool = False) -> None:
        """Hand over one message. Raises LegStalled when too much waits already."""
        if self._codec.state is not State.OPEN:
            return
        (self._codec.send_text if text else self._codec.send_binary)(data)
        self._flush(audio=audio)

    def ping(self) -> None:
        """Send a ping; the pong moves `heard_at`."""
        if self._codec.state is State.OPEN:
            self._codec.send_ping(b"")
            self._flush(audio=False)

    def drop_audio(self) -> None:
        """Take back audio that was not begun."""
        self._outbox.drop_audio()
        self._room.unpark_all()

    def _flush(self, *, audio: bool) -> None:
        """Move the codec's bytes to the transport, or behind what waits already. Raises LegStalled at the bound."""
        for data in self._codec.data_to_send():
            if data:  # b"" asks for a half-close, which `close` does when all is sent
                taken = 0 if self._outbox else self._send_nowait(data)
                if taken < len(data):
                    self._outbox.put(data, audio=audio, taken=taken)
                    self._work.unpark_all()
        if self._outbox.overfull:
            raise LegStalled(self._outbox.waiting, 0)

    def _send_nowait(self, data: bytes) -> int:
        try:
            return self._transport.send_nowait(data)
        except trio.BrokenResourceError:
            return len(data)  # the reader finds the end of the stream and tells

    # Waiting

    async def wait_room(self) -> None:
        """Return when little enough waits for the peer, or nothing will any more."""
        while self._outbox.waiting > LOW_WATER_BYTES and not self._leaving:
            await self._room.park()

    async def write(self) -> None:
        """Drain the outbox, until the link is closed: then what was begun is finished, and the rest left to `close`.

        Raises LegStalled when the peer takes nothing, LegClosed when it is gone.
        """
        self._writing = True
        try:
            while not self._leaving:
                await (self._send_head() if self._outbox else self._work.park())
        finally:
            self._writing = False
            self._rested.unpark_all()

    async def _send_head(self) -> None:
        with trio.move_on_after(self._stall_s) as patience:
            try:
                sent = await self._transport.send_some(self._outbox.head())
            except (trio.BrokenResourceError, trio.ClosedResourceError):
                raise LegClosed(int(CloseCode.ABNORMAL_CLOSURE), "left while it was written to") from None
            self._outbox.took(sent)
            self._room.unpark_all()
        if patience.cancelled_caught:
            raise LegStalled(self._outbox.waiting, self._stall_s)

    # Closing

    async def close(self, code: int, reason: str) -> None:
        """Say goodbye and wait for the peer's, two seconds in all; then let go. A second time it does nothing."""
        if self._leaving:
            return
        self._leaving = True
        self._room.unpark_all()
        self._work.unpark_all()
        try:
            with trio.move_on_after(GOODBYE_S, shield=True):
                await self._say_goodbye(code, reason)
        finally:
            await self._transport.aclose()

    async def _say_goodbye(self, code: int, reason: str) -> None:
        while self._writing:
            await self._rested.park()
        if self._transport.torn:
            return
        if self._codec.state is State.OPEN:
            self._codec.send_close(_sendable(code), _cut(reason))
        try:
            self._flush(audio=False)
            while self._outbox:
                self._outbox.took(await self._transport.send_some(self._outbox.head()))
            self._transport.send_eof()
            # a peer that is still talking gets its close frame read, not reset away
            while self._codec.close_rcvd is None and (data := await self._transport.receive_some()):
                self._look_for_close(data)
        except (trio.BrokenResourceError, trio.ClosedResourceError, LegStalled):
            pass  # it left first, or would not have read it

    def _look_for_close(self, data: bytes) -> None:
        """Whatever else the peer says is dropped, and not answered."""
        if self._codec.state is not State.CLOSED:
            self._codec.receive_data(data)
            self._codec.events_received()
            self._codec.data_to_send()


def outbox_for(max_message_bytes: int) -> Outbox:
    """An outbox that two of the largest messages do not fill at once."""
    return Outbox(max(OUTBOX_BYTES, 2 * max_message_bytes))


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _cut(reason: str) -> str:
    """A reason that fits into a close frame, cut between characters."""
    return reason.encode(errors="replace")[:REASON_BYTES].decode(errors="ignore")


def _sendable(code: int) -> int:
    """A code that may be sent: some say that none was."""
    try:
        Close(code, "").check()
    except ProtocolError:
        return int(CloseCode.INTERNAL_ERROR)
    return code
