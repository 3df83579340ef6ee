"""A peer's end of a connection with octi, and what can happen to it."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

import attrs
import trio
from trio.testing import wait_all_tasks_blocked
from websockets.frames import Close, Frame, Opcode

from tests.streams import WindowStream

CLAIMED_BYTES = 1 << 30  # what the head of an oversize frame says of it
T = TypeVar("T")
Passes = Callable[[bytes], bool]


def always(data: bytes) -> bool:
    """Nothing is held up."""
    return True


@attrs.define(eq=False)
class Wire(trio.abc.HalfCloseableStream):
    """The peer uses it as any stream. What is injected stands between the peer's own frames, as if it had sent that."""

    end: WindowStream
    outside: trio.Nursery  # where the world goes on behind the peer's back
    masks: bool  # are the peer's frames masked? A client's are
    dead: bool = False  # the peer hears nothing any more, and nothing that it says gets through
    passes: Passes = always  # what does not is held up, until `release`
    _released: trio.Event = attrs.field(factory=trio.Event)
    _steps: set[trio.CancelScope] = attrs.field(factory=set)
    _sending: trio.Lock = attrs.field(factory=trio.Lock)

    # What the peer does

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        """Its own bytes, a frame at a time."""
        if not self.passes(bytes(data)):
            await self._released.wait()
        async with self._sending:
            if not self.dead:
                await self._alive(lambda: self.end.send_all(data))

    async def receive_some(self, max_bytes: int | None = None) -> bytes:
        """What octi sent."""
        return await self._alive(lambda: self.end.receive_some(max_bytes))

    async def wait_send_all_might_not_block(self) -> None:
        """As the stream has it."""
        await self.end.wait_send_all_might_not_block()

    async def send_eof(self) -> None:
        """As the stream has it."""
        if not self.dead:
            await self.end.send_eof()

    async def aclose(self) -> None:
        """Close; who is dead leaves without a trace."""
        if not self.dead:
            self.end.close()
        await trio.lowlevel.checkpoint()

    async def _alive(self, step: Callable[[], Awaitable[T]]) -> T:
        """What a step gives; it never comes back if the peer is dead, or dies meanwhile."""
        if self.dead:
            await trio.sleep_forever()
        with trio.CancelScope() as scope:
            self._steps.add(scope)
            try:
                return await step()
            finally:
                self._steps.discard(scope)
        return await trio.sleep_forever()

    # What happens to it

    def release(self) -> None:
        """What was held up goes on."""
        self.passes = always
        self._released.set()

    def vanish(self) -> None:
        """End without a close: what octi reads ends, what it sends is refused."""
        self.end.close()

    def reset(self) -> None:
        """Break."""
        self.end.reset()

    async def half_open(self) -> None:
        """From now on nothing comes from here, and what octi sends goes nowhere."""
        self.die()
        await wait_all_tasks_blocked()  # who read here has let go
        self.outside.start_soon(self._swallow)

    async def stall(self) -> None:
        """From now on nothing comes from here, and nothing is taken."""
        self.end.shut_window()
        self.die()

    def die(self) -> None:
        """The peer hears nothing any more, and nothing that it says gets through; what is injected does."""
        self.dead = True
        for step in self._steps:
            step.cancel(reason="the peer is dead")

    async def _swallow(self) -> None:
        with suppress(trio.ClosedResourceError):
            while await self.end.receive_some():
                pass

    async def say(self, *pieces: bytes) -> None:
        """Inject bytes. That octi is gone, or leaves meanwhile, is no affair of whoever talks."""
        async with self._sending:
            with suppress(trio.BrokenResourceError, trio.ClosedResourceError):
                for piece in pieces:
                    await self.end.send_all(piece)

    async def drip(self, data: bytes, gap_s: float) -> None:
        """Inject bytes, one at a time."""
        async with self._sending:
            with suppress(trio.BrokenResourceError, trio.ClosedResourceError):
                for byte in data:
                    await self.end.send_all(bytes([byte]))
                    await trio.sleep(gap_s)

    def frame(self, data: bytes, opcode: Opcode = Opcode.TEXT) -> bytes:
        """A frame of the peer's."""
        return Frame(opcode, data).serialize(mask=self.masks)

    def goodbye(self, code: int) -> bytes:
        """A close frame of the peer's."""
        return self.frame(Close(code, "").serialize(), Opcode.CLOSE)

    def oversize(self) -> bytes:
        """The head of a frame that is far too large."""
        length = 127 | (0x80 if self.masks else 0)
        return bytes([0x80 | Opcode.TEXT, length]) + CLAIMED_BYTES.to_bytes(8, "big") + bytes(4 if self.masks else 0)
