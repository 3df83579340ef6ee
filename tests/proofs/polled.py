"""Streams in memory that are polled, as sockets are: octi's fast path on virtual time, and the same in every run."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from itertools import count
from unittest.mock import patch

import attrs
import trio

from octi.upstream import dial
from octi.vitals import Guard
from octi.web import sockets
from octi.websocket.poll import AT_ONCE, Poll, running
from octi.websocket.transport import RECEIVE_BYTES, Transport, transport_over
from tests.streams import WindowStream

TICK_S = 0.01  # each look at the clock finds that so much has passed: between any two steps the poll looks again


@attrs.define(eq=False)
class MemoryKernel:
    """Knows which streams are ready (`websocket.poll.Kernel`)."""

    _streams: dict[int, WindowStream] = attrs.field(factory=dict)
    _watched: dict[int, WindowStream] = attrs.field(factory=dict)
    _stirred: trio.lowlevel.ParkingLot = attrs.field(factory=trio.lowlevel.ParkingLot)
    _numbers: Iterator[int] = attrs.field(factory=lambda: count(1))

    def adopt(self, stream: WindowStream) -> int:
        """A number for a stream."""
        number = next(self._numbers)
        self._streams[number] = stream
        stream.on_arrival(self._stir)
        return number

    def _stir(self) -> None:
        self._stirred.unpark_all()

    def register(self, socket: int) -> None:
        assert socket not in self._watched
        self._watched[socket] = self._streams[socket]
        self._stir()

    def unregister(self, socket: int) -> None:
        del self._watched[socket]

    def ready(self, patience_s: float) -> list[int]:
        return [number for number, stream in self._watched.items() if stream.readable][:AT_ONCE]

    async def wait(self) -> None:
        await trio.lowlevel.checkpoint()
        while not self.ready(0):
            await self._stirred.park()

    def close(self) -> None:
        assert not self._watched


@attrs.define(eq=False)
class PolledTransport:
    """A stream in memory as a non-blocking socket (`websocket.transport.Transport`)."""

    stream: WindowStream
    pollable: int
    torn: bool = False
    holding: bool = False
    _begun: bool = False  # some of what was to be sent has left, and not all

    def send_nowait(self, data: bytes | memoryview) -> int:
        try:
            sent = self.stream.send_nowait(memoryview(data))
        except trio.ClosedResourceError as error:
            raise trio.BrokenResourceError(str(error)) from error
        self._begun = sent < len(data) and (sent > 0 or self._begun)
        return sent

    async def send_some(self, data: memoryview) -> int:
        while True:
            await self.stream.wait_send_all_might_not_block()
            if sent := self.send_nowait(data):
                return sent

    async def receive_some(self) -> bytes:
        return await self.stream.receive_some(RECEIVE_BYTES)

    def receive_nowait(self) -> bytes | None:
        return self.stream.receive_nowait(RECEIVE_BYTES)

    def send_eof(self) -> None:
        self.stream.end()

    async def aclose(self) -> None:
        self.stream.cut(begun=self._begun)  # whoever was cancelled may have gone on where he was, until now
        self.stream.close()


@asynccontextmanager
async def memory_poll(guard: Guard) -> AsyncIterator[Poll]:
    """A poll of streams in memory, which all sockets of octi's use within."""
    kernel, ticks = MemoryKernel(), count()

    def polled(stream: trio.abc.Stream) -> Transport:
        if isinstance(stream, WindowStream):
            return PolledTransport(stream, kernel.adopt(stream))
        return transport_over(stream)

    with Poll(kernel, lambda: next(ticks) * TICK_S) as poll, sockets_over(polled):
        async with running(poll, guard):
            yield poll


@contextmanager
def sockets_over(transport: Callable[[trio.abc.Stream], Transport]) -> Iterator[None]:
    """Both of octi's sides stand on these transports."""
    with patch.object(sockets, "transport_over", transport), patch.object(dial, "transport_over", transport):
        yield
