"""A leg without a socket: two ends in one process, with the same bounds and the same ways to end."""

from collections import deque

import attrs
import trio

from octi.websocket.base import BREATH, Handle, LegClosed, LegStalled, Message
from octi.websocket.link import LOW_WATER_BYTES, OUTBOX_BYTES


@attrs.define(eq=False)
class _Way:
    """One direction: what was sent and not yet received."""

    bound: int
    waiting: int = 0
    messages: deque[tuple[Message, bool]] = attrs.field(factory=deque)  # with: is it audio?
    closed: LegClosed | None = None
    dropped: int = 0
    moved: trio.lowlevel.ParkingLot = attrs.field(factory=trio.lowlevel.ParkingLot)

    def put(self, message: Message, *, audio: bool) -> None:
        if self.closed:
            return
        self.messages.append((message, audio))
        self.waiting += len(message.data)
        self.moved.unpark_all()
        if self.waiting - len(self.messages[0][0].data) > self.bound:
            raise LegStalled(self.waiting, 0)

    def take(self) -> list[Message]:
        taken = [message for message, _ in self.messages]
        self.messages.clear()
        self.waiting = 0
        self.moved.unpark_all()
        return taken

    def put_back(self, messages: list[Message]) -> None:
        """Some that were taken too early; nobody takes them back any more."""
        self.messages.extendleft((message, False) for message in reversed(messages))
        self.waiting += sum(len(message.data) for message in messages)

    def drop_audio(self) -> None:
        kept = deque(entry for entry in self.messages if not entry[1])
        left = sum(len(message.data) for message, _ in kept)
        self.dropped += self.waiting - left
        self.messages, self.waiting = kept, left
        self.moved.unpark_all()

    def close(self, closed: LegClosed) -> None:
        self.closed = self.closed or closed
        self.moved.unpark_all()


@attrs.define(eq=False)
class MemoryLeg:
    """One end of a pair (`websocket.base.Leg`). Closing either end ends both, after what was sent."""

    _leaving: _Way
    _arriving: _Way

    @property
    def heard_at(self) -> float:
        """Always now: the other end is in this process."""
        return trio.current_time()

    @property
    def dropped_bytes(self) -> int:
        """Audio taken back."""
        return self._leaving.dropped

    @property
    def waiting_bytes(self) -> int:
        """What the other end has not received."""
        return self._leaving.waiting

    async def receive(self) -> list[Message]:
        """What was sent and not yet received. Raises LegClosed behind it."""
        await trio.lowlevel.checkpoint()
        while not self._arriving.messages:
            if self._arriving.closed:
                raise self._arriving.closed
            await self._arriving.moved.park()
        return self._arriving.take()

    async def pump(self, handle: Handle) -> None:
        """Have what arrives handled, until the handler returns True."""
        enough = False
        while not enough:
            arrived = await self.receive()
            self._arriving.put_back(arrived[BREATH:])
            enough = handle(arrived[:BREATH])

    def send(self, data: bytes, *, text: bool = True, audio: bool = False) -> None:
        """Hand over one message. Raises LegStalled when the other end does not receive."""
        self._leaving.put(Message(data, text), audio=audio)

    def drop_audio(self) -> None:
        """Take back the audio that was not received."""
        self._leaving.drop_audio()

    def ping(self) -> None:
        """Needless."""

    @property
    def has_room(self) -> bool:
        """Does little enough wait for the other end?"""
        return self._leaving.waiting <= LOW_WATER_BYTES or self._leaving.closed is not None

    async def wait_room(self) -> None:
        """Return when little enough waits for the other end."""
        while not self.has_room:
            await self._leaving.moved.park()

    async def write(self) -> None:
        """Nothing waits here; returns never."""
        await trio.sleep_forever()

    async def close(self, code: int, reason: str) -> None:
        """End both ways; what was sent can still be received."""
        self._leaving.close(LegClosed(code, reason))
        self._arriving.close(LegClosed(code, reason, by_peer=False))


def memory_legs(bound: int = OUTBOX_BYTES) -> tuple[MemoryLeg, MemoryLeg]:
    """Two ends of one leg. `bound`: bytes that may wait in either direction."""
    one, other = _Way(bound), _Way(bound)
    return MemoryLeg(one, other), MemoryLeg(other, one)
