"""How newcomers are let in, and what happens when there is no room for one."""

import errno
import os

import attrs
import pytest
import structlog
import trio
import trio.testing
from trio.testing import MockClock

from octi.accepting import AWAY, NO_ROOM_S, PATIENCE_S, TOLD_S, Gate, addresses, let_others_go_first, turn_away
from octi.crowd import Crowd, Place
from octi.front import open_listeners
from tests.streams import window_stream_pair


@attrs.define(eq=False)
class Door(trio.abc.Listener[trio.SocketStream]):
    """A listener that has no descriptors for a while."""

    errors: list[int]
    tried: int = 0
    closed: bool = False

    async def accept(self) -> trio.SocketStream:
        self.tried += 1
        await trio.lowlevel.checkpoint()
        if self.errors:
            number = self.errors.pop(0)
            raise OSError(number, os.strerror(number))
        await trio.sleep_forever()
        raise AssertionError

    async def aclose(self) -> None:
        self.closed = True


async def serve(stream: trio.SocketStream, place: Place) -> None:
    """Never: nobody comes through that door."""


async def test_without_descriptors_octi_tries_again_and_says_so_seldom(autojump_clock: MockClock) -> None:
    """One line and no trace, however often; each time whoever has asked for longest makes room."""
    door, crowd = Door([errno.EMFILE] * 150 + [errno.ENFILE, errno.ENOBUFS, errno.ENOMEM]), Crowd()
    waiting = [crowd.enter() for _ in range(3)]
    with structlog.testing.capture_logs() as lines, trio.move_on_after(20):
        async with trio.open_nursery() as nursery:
            await Gate(crowd).accept(door, serve, nursery)
    assert door.tried == 154
    assert [line["problem"] for line in lines] == ["EMFILE"] * len(lines)
    assert len(lines) == 1 + int(153 * NO_ROOM_S / TOLD_S)
    assert all("exc_info" not in line for line in lines)
    assert all(place and place.scope.cancel_called for place in waiting)
    assert door.closed


async def test_nobody_waits_for_those_who_have_nothing_to_do(autojump_clock: MockClock) -> None:
    """A quiet loop lets in at once, a busy one (time passes in its turn) later, but never much later."""
    await let_others_go_first()
    assert trio.current_time() == 0
    for busy_s, waits_s in ((0.02, 0.02), (10.0, PATIENCE_S)):

        async def work(busy_s: float = busy_s) -> None:
            autojump_clock.jump(busy_s)

        began = trio.current_time()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(work)
            await let_others_go_first()
        assert trio.current_time() - began <= busy_s + waits_s + 1e-9


async def test_another_error_of_a_listener_is_its_end(autojump_clock: MockClock) -> None:
    """The guard of the listener hears of it (`octi.vitals`)."""
    with pytest.raises(ExceptionGroup):
        async with trio.open_nursery() as nursery:
            await Gate().accept(Door([errno.EBADF]), serve, nursery)


async def test_who_finds_no_place_is_told_and_let_go() -> None:
    """And the log tells once of many."""
    (listener,) = await open_listeners("127.0.0.1", 0, None)
    assert isinstance(listener, trio.SocketListener)
    port = listener.socket.getsockname()[1]
    crowd = Crowd(most=1)

    async def stay(stream: trio.SocketStream, place: Place) -> None:
        async with stream:
            place.is_served()
            await stream.send_all(b"welcome")
            await trio.sleep_forever()

    with structlog.testing.capture_logs() as lines:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(Gate(crowd).accept, listener, stay, nursery)
            async with await trio.open_tcp_stream("127.0.0.1", port) as first:
                assert await first.receive_some() == b"welcome"
                for _ in range(3):
                    async with await trio.open_tcp_stream("127.0.0.1", port) as guest:
                        assert await guest.receive_some() == AWAY
                        assert await guest.receive_some() == b""
            nursery.cancel_scope.cancel()
    assert [(line["connections"], line["turned_away"]) for line in lines] == [(1, 1)]


async def test_who_has_left_is_turned_away_in_silence() -> None:
    (listener,) = await open_listeners("127.0.0.1", 0, None)
    assert isinstance(listener, trio.SocketListener)
    async with listener:
        near = await trio.open_tcp_stream("127.0.0.1", listener.socket.getsockname()[1])
        far = await listener.accept()
        near.socket.setsockopt(trio.socket.SOL_SOCKET, trio.socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        near.socket.close()
        await trio.testing.wait_all_tasks_blocked()
        await turn_away(far)
        assert addresses(far) == (None, None)
    assert addresses(window_stream_pair()[0]) == (None, None)
