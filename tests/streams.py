"""A two-way stream in memory with a small window, like a socket's buffers.

Trio's own memory streams never make a sender wait, and its lockstep streams refuse to go on after a cancelled send.
Here `send_all` waits while the other end does not read, and when it is cancelled, SOME of its bytes have been sent.
"""

import operator
from collections.abc import Iterator
from contextlib import contextmanager

import attrs
import trio


@attrs.define(eq=False)
class _Pipe:
    """One direction: what was sent and not yet received."""

    window: int
    data: bytearray = attrs.field(factory=bytearray)
    sent: int = 0  # bytes that ever went in
    ended: bool = False  # nothing more goes in
    broken: bool = False  # nobody will take out what is in it
    moved: trio.lowlevel.ParkingLot = attrs.field(factory=trio.lowlevel.ParkingLot)

    @property
    def room(self) -> int:
        return self.window - len(self.data)

    def put(self, data: memoryview) -> int:
        count = min(self.room, len(data))
        self.data += data[:count]
        self.sent += count
        self.moved.unpark_all()
        return count

    def take(self, most: int | None) -> bytes:
        taken = bytes(self.data[:most])
        del self.data[: len(taken)]
        self.moved.unpark_all()
        return taken

    def end(self) -> None:
        self.ended = True
        self.moved.unpark_all()

    def tear(self) -> None:
        self.broken = True
        self.moved.unpark_all()


@attrs.define(eq=False)
class WindowStream(trio.abc.HalfCloseableStream):
    """One end. As with Trio's streams, one task at a time may send and one receive."""

    _leaving: _Pipe
    _arriving: _Pipe
    closed: bool = False
    _sending: bool = False
    _receiving: bool = False

    @property
    def sent_bytes(self) -> int:
        """How many bytes ever left here, whether they were read or not."""
        return self._leaving.sent

    @property
    def unread_bytes(self) -> int:
        """How many bytes left here and were not read."""
        return len(self._leaving.data)

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        """Send everything; waits while the window is full. Cancelled, some of it has been sent."""
        with self._sole_sender():
            await trio.lowlevel.checkpoint()
            left = memoryview(data)
            self._check_sendable()
            while left:
                if sent := self._leaving.put(left):
                    left = left[sent:]
                else:
                    await self._leaving.moved.park()
                self._check_sendable()

    async def wait_send_all_might_not_block(self) -> None:
        """Wait for room in the window."""
        with self._sole_sender():
            await trio.lowlevel.checkpoint()
            self._check_sendable()
            while self._leaving.room <= 0:
                await self._leaving.moved.park()
                self._check_sendable()

    async def send_eof(self) -> None:
        """Say that nothing follows."""
        with self._sole_sender():
            await trio.lowlevel.checkpoint()
            if self.closed:
                raise trio.ClosedResourceError("this end is closed")
            self._leaving.end()

    @contextmanager
    def _sole_sender(self) -> Iterator[None]:
        if self._sending:
            raise trio.BusyResourceError("another task is sending")
        self._sending = True
        try:
            yield
        finally:
            self._sending = False

    def _check_sendable(self) -> None:
        if self.closed or self._leaving.ended:
            raise trio.ClosedResourceError("this end is closed")
        if self._leaving.broken:
            raise trio.BrokenResourceError("the other end is closed")

    async def receive_some(self, max_bytes: int | None = None) -> bytes:
        """Wait for bytes; b"" when the other end has ended or closed and everything was read."""
        if max_bytes is not None and operator.index(max_bytes) < 1:
            raise ValueError("max_bytes must be positive")
        if self._receiving:
            raise trio.BusyResourceError("another task is receiving")
        self._receiving = True
        try:
            await trio.lowlevel.checkpoint()
            while not (self.closed or self._arriving.data or self._arriving.ended):
                await self._arriving.moved.park()
            if self.closed:
                raise trio.ClosedResourceError("this end is closed")
            return self._arriving.take(max_bytes)
        finally:
            self._receiving = False

    def close(self) -> None:
        """Close at once. What was sent can still be read; what was not read here is lost, and its sender told."""
        self.closed = True
        self._leaving.end()
        self._arriving.tear()

    async def aclose(self) -> None:
        """Close at once; a checkpoint, as every stream's."""
        self.close()
        await trio.lowlevel.checkpoint()


def window_stream_pair(window: int = 4096) -> tuple[WindowStream, WindowStream]:
    """Two ends of one stream. `window`: bytes that may be under way in either direction."""
    if window < 1:
        raise ValueError("a window of no bytes lets nothing through")
    one, other = _Pipe(window), _Pipe(window)
    return WindowStream(one, other), WindowStream(other, one)
