"""One WebSocket: the sans-I/O codec over a transport, written to without waiting.

`send` hands a frame to the kernel whole, or keeps the rest in a bounded outbox that the leg's writer task drains with a
deadline. So whoever sends is never cancelled half way, and frames leave in the order in which they were sent.
"""

from collections.abc import Callable

import attrs
import trio

from octi.guard.flow import Flow
from octi.loop_clock import loop_clock
from octi.websocket.base import BREATH, Handle, LegClosed, LegStalled, Message
from octi.websocket.codec import ABNORMAL, Codec
from octi.websocket.outbox import Outbox
from octi.websocket.poll import Poll
from octi.websocket.transport import Transport

OUTBOX_BYTES = 8 << 20  # some three minutes of speech as base64: more than that, unsent, is a client that is gone
LOW_WATER_BYTES = 256 << 10  # who reads for a leg pauses above this
STALL_S = 10.0  # a peer that takes not a byte for so long is gone
GOODBYE_S = 2.0


@attrs.define(eq=False)
class Link:
    """One WebSocket as a session's leg (`websocket.base.Leg`). Closes the transport."""

    _codec: Codec
    _transport: Transport
    _outbox: Outbox = attrs.field(factory=lambda: Outbox(OUTBOX_BYTES))  # see `outbox_for`
    _stall_s: float = STALL_S
    heard_at: float = attrs.field(factory=trio.current_time)
    _clock: Callable[[], float] = attrs.field(factory=loop_clock)
    _arrived: list[Message] = attrs.field(factory=list)  # what nobody has received yet
    _unsent: list[tuple[bytes, bool]] = attrs.field(factory=list)  # frames for `_flush`, and whether they are audio
    _stalled: LegStalled | None = None  # more waits than may
    _room: trio.lowlevel.ParkingLot = attrs.field(factory=trio.lowlevel.ParkingLot)
    _work: trio.lowlevel.ParkingLot = attrs.field(factory=trio.lowlevel.ParkingLot)
    _poll: Poll | None = attrs.field(default=None, kw_only=True)  # who waits for its socket; None: each task itself
    flow: Flow | None = attrs.field(default=None, kw_only=True)  # how what the peer sends is limited
    _held_until: float = attrs.field(default=0.0, init=False)  # when it may be read again; 0: it may
    _counted: int = attrs.field(default=0, init=False)  # frames beside whole messages that the flow was told of
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
        """The messages that have arrived, at least one. Raises LegClosed, and RateLimited for a flood."""
        while not self._arrived:
            self._check_end()
            if self._held_until:
                await trio.sleep_until(self._held_until)
            self._take(await self._read())
        arrived, self._arrived = self._arrived, []
        return arrived

    async def pump(self, handle: Handle) -> None:
        """Have what arrives handled, until the handler returns True. Raises as `receive`, and what the handler does."""
        while not self._handed(handle):
            if self._arrived:
                await trio.lowlevel.checkpoint()  # the others have their turn
                continue
            self._check_end()
            if self._held_until:
                await trio.sleep_until(self._held_until)
            if await self._hear(handle):
                break

    async def _hear(self, handle: Handle) -> bool:
        """Hear of the peer once, or by the poll until there is something else to wait for; has `handle` enough?"""
        socket = self._transport.pollable
        if self._poll is None or socket is None:
            self._take(await self._read())
            return False
        enough, receive = False, self._transport.receive_nowait

        def step() -> bool:
            nonlocal enough
            try:
                data = receive()
            except trio.BrokenResourceError:
                data = b""
            if data is None:
                return False
            self._take(data)
            enough = self._handed(handle)
            return bool(enough or self._arrived or self._held_until or self._ended or not self._codec.open)

        try:
            await self._poll.serve(socket, step)
        except trio.ClosedResourceError:  # somebody has closed the link
            self._take(b"")
        return enough

    def _handed(self, handle: Handle) -> bool:
        """Have one breath of what has arrived handled; has `handle` enough?"""
        arrived = self._arrived
        if not arrived:
            return False
        self._arrived = arrived[BREATH:] if len(arrived) > BREATH else []
        return handle(arrived[:BREATH])

    def _check_end(self) -> None:
        """Raises LegClosed when nothing more can come."""
        if self._ended or not self._codec.open:
            self._ended = self._ended or self._ending()
            raise self._ended

    def feed(self, data: bytes) -> None:
        """Take bytes that came in before the link was made."""
        if data:
            self._take(data)

    async def _read(self) -> bytes:
        try:
            return await self._transport.receive_some()
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            return b""

    def _take(self, data: bytes) -> None:
        """Bytes from the peer, or none: it has left. What the codec answers (pong, close) is sent.

        Raises LegStalled if it takes no answers, RateLimited for a flood.
        """
        self.heard_at = self._clock()
        codec = self._codec
        if data:
            self._arrived += codec.receive(data)
        if codec.alert or not data:
            self._answer()
            if not data or codec.over:
                self._ended = self._ended or self._ending()
        if self.flow is not None:
            self._count(self.flow, len(data))

    def _count(self, flow: Flow, size: int) -> None:
        """Tell the flow what has come, and when it wants more. Raises RateLimited, unless the peer has left anyway."""
        others = self._codec.heard_control + self._codec.heard_parts
        frames, self._counted = len(self._arrived) + others - self._counted, others
        if self._ended is None:
            self._held_until = flow.took(frames, size, self.heard_at)

    def _answer(self) -> None:
        for frame in self._codec.take_replies():
            self._put(frame, audio=False)

    def _ending(self) -> LegClosed:
        codec = self._codec
        if codec.received is not None:
            return LegClosed(codec.received.code, codec.received.reason)
        if codec.sent is not None:  # the codec failed the peer (too big, not the protocol), or we have left
            return LegClosed(codec.sent.code, codec.sent.reason, by_peer=False)
        return LegClosed(ABNORMAL, "left without a goodbye")

    # Sending

    def send(self, data: bytes, *, text: bool = True, audio: bool = False) -> None:
        """Hand over one message. Raises LegStalled when too much waits already."""
        if self._codec.open:
            self._put(self._codec.message(data, text=text), audio=audio)
            if self.flow is not None and text:
                self.flow.sent(data, self.heard_at)

    def ping(self) -> None:
        """Send a ping; the pong moves `heard_at`."""
        if self._codec.open:
            self._put(self._codec.ping(), audio=False)

    def drop_audio(self) -> None:
        """Take back audio that was not begun."""
        self._outbox.drop_audio()
        self._outbox.dropped += sum(len(frame) for frame, audio in self._unsent if audio)
        self._unsent = [(frame, audio) for frame, audio in self._unsent if not audio]
        self._room.unpark_all()

    def _put(self, frame: bytes, *, audio: bool) -> None:
        """Have a frame sent: at once, or when the poll has served all that are ready. Raises LegStalled at the bound.

        Too much that was left to the poll is told with the next frame, or by `write`.
        """
        unsent, poll = self._unsent, self._poll
        unsent.append((frame, audio))
        if poll is None or not poll.serving:
            self._flush()
        elif len(unsent) == 1:
            poll.behind(self._flush)
        if self._stalled is not None:
            raise self._stalled

    def _flush(self) -> None:
        """Hand the frames to the transport in one, as far as it takes them; keep the rest behind what waits already."""
        unsent, self._unsent = self._unsent, []
        taken, begun = 0, False
        if unsent and not self._outbox.waiting:
            data = unsent[0][0] if len(unsent) == 1 else b"".join([frame for frame, _ in unsent])
            try:
                taken = self._transport.send_nowait(data)
            except trio.BrokenResourceError:
                return  # the reader finds the end of the stream and tells
            if taken == len(data):
                return
            if begun := self._transport.holding:  # it wants the very same bytes again
                unsent = [(data, False)]
        for frame, audio in unsent:
            if taken < len(frame):
                self._outbox.put(frame, audio=audio, taken=taken, begun=begun)
            taken = max(0, taken - len(frame))
        self._work.unpark_all()
        if self._outbox.overfull:
            self._stalled = LegStalled(self._outbox.waiting, 0)

    # Waiting

    @property
    def has_room(self) -> bool:
        """Does little enough wait for the peer, or will nothing any more?"""
        return self._outbox.waiting <= LOW_WATER_BYTES or self._leaving

    async def wait_room(self) -> None:
        """Return when there is room."""
        while not self.has_room:
            await self._room.park()

    async def write(self) -> None:
        """Drain the outbox, until the link is closed: then what was begun is finished, and the rest left to `close`.

        Raises LegStalled when the peer takes nothing, LegClosed when it is gone.
        """
        self._writing = True
        try:
            while not self._leaving:
                if self._stalled is not None:
                    raise self._stalled
                await (self._send_head() if self._outbox else self._work.park())
        finally:
            self._writing = False
            self._rested.unpark_all()

    async def _send_head(self) -> None:
        with trio.move_on_after(self._stall_s) as patience:
            try:
                sent = await self._transport.send_some(self._outbox.head())
            except (trio.BrokenResourceError, trio.ClosedResourceError):
                raise LegClosed(ABNORMAL, "left while it was written to") from None
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
            if self._poll is not None and (socket := self._transport.pollable) is not None:
                self._poll.closing(socket)
            await self._transport.aclose()

    async def _say_goodbye(self, code: int, reason: str) -> None:
        while self._writing:
            await self._rested.park()
        if self._transport.torn:
            return
        try:
            if self._codec.open:
                self._put(self._codec.close(code, reason), audio=False)
            while self._outbox:
                self._outbox.took(await self._transport.send_some(self._outbox.head()))
            self._transport.send_eof()
            # a peer that is still talking gets its close frame read, not reset away
            while self._codec.received is None and (data := await self._transport.receive_some()):
                self._codec.receive(data)
                self._codec.take_replies()  # whatever else the peer says is dropped, and not answered
        except (trio.BrokenResourceError, trio.ClosedResourceError, LegStalled):
            pass  # it left first, or would not have read it


def outbox_for(max_message_bytes: int) -> Outbox:
    """An outbox that two of the largest messages do not fill at once."""
    return Outbox(max(OUTBOX_BYTES, 2 * max_message_bytes))
