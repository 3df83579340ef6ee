"""A two-way stream in memory with a small window, like a socket's buffers.

Trio's own memory streams never make a sender wait, and its lockstep streams refuse to go on after a cancelled send.
Here `send_all` waits while the other end does not read, and when it is cancelled, SOME of its bytes have been sent.
"""

import operator
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import attrs
import trio


@attrs.define(eq=False)
class _Pipe:
    """One direction: what was sent and not yet received."""

    window: int
    data: bytearray = attrs.field(factory=bytearray)
    sent: int = 0  # bytes that ever went in
    log: list[tuple[float, bytes]] = attrs.field(factory=list)  # which those were, and when
    ended: bool = False  # nothing more goes in
    broken: bool = False  # nobody will take out what is in it
    reset: bool = False  # what was in it is lost
    moved: trio.lowlevel.ParkingLot = attrs.field(factory=trio.lowlevel.ParkingLot)
    arrived: Callable[[], None] = lambda: None  # who wants to know that there is something, or will be nothing

    @property
    def room(self) -> int:
        return self.window - len(self.data)

    def put(self, data: memoryview) -> int:
        count = min(self.room, len(data))
        self.data += data[:count]
        self.sent += count
        self.log.append((trio.current_time(), bytes(data[:count])))
        self.moved.unpark_all()
        self.arrived()
        return count

    def take(self, most: int | None) -> bytes:
        taken = bytes(self.data[:most])
        del self.data[: len(taken)]
        self.moved.unpark_all()
        return taken

    def end(self) -> None:
        self.ended = True
        self.moved.unpark_all()
        self.arrived()

    def tear(self) -> None:
        self.broken = True
        self.moved.unpark_all()

    def wipe(self) -> None:
        self.data.clear()
        self.reset = self.ended = True
        self.moved.unpark_all()
        self.arrived()


@attrs.define(eq=False)
class WindowStream(trio.abc.HalfCloseableStream):
    """One end. As with Trio's streams, one task at a time may send and one receive."""

    _leaving: _Pipe
    _arriving: _Pipe
    closed: bool = False
    torn_at: int | None = None  # bytes that had left when a send was first given up in its middle
    _sending: bool = False
    _receiving: bool = False

    @property
    def sent_bytes(self) -> int:
        """How many bytes ever left here, whether they were read or not."""
        return self._leaving.sent

    @property
    def sent(self) -> list[tuple[float, bytes]]:
        """What ever left here, piece by piece, and when."""
        return self._leaving.log

    @property
    def arrived(self) -> list[tuple[float, bytes]]:
        """What ever left the other end, as `sent`."""
        return self._arriving.log

    @property
    def unread_bytes(self) -> int:
        """How many bytes left here and were not read."""
        return len(self._leaving.data)

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        """Send everything; waits while the window is full. Cancelled, some of it has been sent."""
        with self._sole_sender(), self._torn_if_cut():
            await trio.lowlevel.checkpoint()
            left = memoryview(data)
            self._check_sendable()
            while left:
                if sent := self._leaving.put(left):
                    left = left[sent:]
                else:
                    await self._leaving.moved.park()
                self._check_sendable()

    @contextmanager
    def _torn_if_cut(self) -> Iterator[None]:
        """A send that ends before its time leaves half of something, if it has sent anything."""
        before = self._leaving.sent
        try:
            yield
        except BaseException:
            self.cut(begun=self._leaving.sent > before)
            raise

    def cut(self, *, begun: bool) -> None:
        """A send was given up; if it had begun, half of something is left."""
        if begun and self.torn_at is None:
            self.torn_at = self._leaving.sent

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
            if self._arriving.reset:
                raise trio.BrokenResourceError("the other end has reset the connection")
            return self._arriving.take(max_bytes)
        finally:
            self._receiving = False

    # As a socket that does not block

    def on_arrival(self, arrived: Callable[[], None]) -> None:
        """Have somebody told whenever the stream may have become `readable`."""
        self._arriving.arrived = arrived

    @property
    def readable(self) -> bool:
        """Does `receive_nowait` have something to say?"""
        return self.closed or bool(self._arriving.data) or self._arriving.ended

    def receive_nowait(self, most: int) -> bytes | None:
        """What is there; None: nothing yet; b"" at the end. Raises trio.BrokenResourceError for a reset."""
        if not self.readable:
            return None
        if self.closed or self._arriving.reset:
            raise trio.BrokenResourceError("the connection is gone")
        return self._arriving.take(most)

    def send_nowait(self, data: memoryview) -> int:
        """Send what the window takes."""
        self._check_sendable()
        return self._leaving.put(data) if self._leaving.room > 0 else 0

    def end(self) -> None:
        """Say that nothing follows."""
        self._leaving.end()

    def close(self) -> None:
        """Close at once. What was sent can still be read; what was not read here is lost, and its sender told."""
        self.closed = True
        self._leaving.end()
        self._arriving.tear()

    def reset(self) -> None:
        """Close as a reset does: what was sent and not read yet is lost, and the other end's next call is an error."""
        self.close()
        self._leaving.wipe()

    def shut_window(self) -> None:
        """From now on the other end can send nothing more; what it sent can still be read here."""
        self._arriving.window = len(self._arriving.data)

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
