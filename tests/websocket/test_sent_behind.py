"""What is sent while the poll serves goes out behind the last step: one call a socket, in order, nothing lost."""

from collections.abc import AsyncIterator, Callable

import attrs
import pytest
import trio

from octi.websocket.base import LegStalled
from octi.websocket.codec import Codec, Side
from octi.websocket.link import Link
from octi.websocket.outbox import Outbox
from octi.websocket.poll import Poll

SOCKET = 3


@attrs.define(eq=False)
class Wire:
    """A socket that takes so many bytes; with TLS, what it has begun must come again, the same and whole."""

    room: int = 1 << 20
    tls: bool = False
    torn: bool = False
    holding: bool = False
    calls: list[bytes] = attrs.field(factory=list)  # with what was taken of each

    pollable = SOCKET

    def send_nowait(self, data: bytes | memoryview) -> int:
        taken = min(self.room, len(data))
        if self.tls and taken < len(data):
            self.holding, taken = True, 0
        else:
            self.holding = False
        self.room -= taken
        self.calls.append(bytes(data[:taken]))
        return taken

    async def send_some(self, data: memoryview) -> int:
        await trio.lowlevel.checkpoint()
        return self.send_nowait(data)

    async def receive_some(self) -> bytes:
        return await trio.sleep_forever()

    def receive_nowait(self) -> bytes | None:
        return None

    def send_eof(self) -> None:
        pass

    async def aclose(self) -> None:
        pass

    @property
    def sent(self) -> bytes:
        return b"".join(self.calls)


@attrs.define(eq=False)
class Ready:
    """A poll that finds one thing to do."""

    poll: Poll

    async def serve(self, step: Callable[[], None]) -> None:
        """Have it done as a step."""

        def once() -> bool:
            step()
            return True

        near, far = trio.socket.socketpair()
        with near, far, trio.fail_after(5):
            await far.send(b"x")
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self.poll.run)
                await self.poll.serve(near.fileno(), once)
                nursery.cancel_scope.cancel()


@pytest.fixture
async def ready() -> AsyncIterator[Ready]:
    with Poll() as poll:
        yield Ready(poll)


def link_over(wire: Wire, ready: Ready, bound: int = 1 << 20) -> Link:
    return Link(Codec(Side.SERVER, 1 << 20), wire, Outbox(bound), poll=ready.poll)


def frame(data: bytes) -> bytes:
    return Codec(Side.SERVER, 1 << 20).message(data)


async def drained(link: Link, wire: Wire) -> bytes:
    """All that was sent, with a peer that takes everything again."""
    wire.room = 1 << 20
    with trio.move_on_after(0.1):
        await link.write()
    return wire.sent


async def test_frames_of_one_step_leave_in_one_call(ready: Ready) -> None:
    """Behind the step, in their order."""
    wire = Wire()
    link = link_over(wire, ready)

    def step() -> None:
        for word in (b"one", b"two", b"three"):
            link.send(word)
        assert wire.calls == []

    await ready.serve(step)
    assert wire.calls == [frame(b"one") + frame(b"two") + frame(b"three")]


async def test_who_is_not_served_by_the_poll_sends_at_once(ready: Ready) -> None:
    """A keeper, say."""
    wire = Wire()
    link_over(wire, ready).send(b"one")
    assert wire.calls == [frame(b"one")]


@pytest.mark.parametrize("tls", [False, True])
@pytest.mark.parametrize("room", [0, 1, 5, 6, 9])
async def test_what_the_peer_does_not_take_follows_in_order(ready: Ready, room: int, tls: bool) -> None:
    """Wherever the kernel stops, also in the middle of a frame; TLS gets the bytes again that it has begun."""
    wire = Wire(room, tls)
    link = link_over(wire, ready)

    def step() -> None:
        for word in (b"one", b"two"):
            link.send(word)

    await ready.serve(step)
    assert link.waiting_bytes == len(frame(b"one") + frame(b"two")) - (0 if tls else room)
    link.send(b"three")
    assert await drained(link, wire) == b"".join(map(frame, (b"one", b"two", b"three")))


async def test_audio_that_is_dropped_in_the_same_step_is_not_sent(ready: Ready) -> None:
    """It is counted, and what was sent beside it goes out."""
    wire = Wire()
    link = link_over(wire, ready)

    def step() -> None:
        link.send(b"sound", text=False, audio=True)
        link.send(b"words")
        link.drop_audio()

    await ready.serve(step)
    assert wire.calls == [frame(b"words")]
    assert link.dropped_bytes == len(frame(b"sound"))


async def test_a_step_that_drops_all_that_it_sent_sends_nothing(ready: Ready) -> None:
    """And what comes behind it goes out as always."""
    wire = Wire()
    link = link_over(wire, ready)

    def step() -> None:
        link.send(b"sound", text=False, audio=True)
        link.drop_audio()

    await ready.serve(step)
    assert wire.sent == b""
    await ready.serve(lambda: link.send(b"words"))
    assert wire.sent == frame(b"words")


async def test_a_peer_over_the_bound_is_told_of_by_the_writer_and_with_the_next_frame(ready: Ready) -> None:
    """The step itself is over by then."""
    wire = Wire(room=0)
    link = link_over(wire, ready, bound=100)

    def step() -> None:
        for _ in range(3):
            link.send(bytes(100))

    await ready.serve(step)
    with pytest.raises(LegStalled):
        await link.write()
    with pytest.raises(LegStalled):
        link.send(b"more")
