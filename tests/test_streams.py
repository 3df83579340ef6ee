"""Streams in memory with a small window behave as sockets do."""

import pytest
import trio

from tests.streams import window_stream_pair


async def test_a_sender_waits_for_the_reader() -> None:
    """A window of 4 bytes takes 4; the rest goes when they are read."""
    near, far = window_stream_pair(4)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(near.send_all, b"123456")
        await trio.testing.wait_all_tasks_blocked()
        assert near.unread_bytes == 4
        assert await far.receive_some() == b"1234"
        assert await far.receive_some() == b"56"


async def test_a_cancelled_send_has_sent_some(autojump_clock: trio.testing.MockClock) -> None:
    near, far = window_stream_pair(4)
    with trio.move_on_after(1):
        await near.send_all(b"123456")
    assert near.sent_bytes == 4
    await near.aclose()
    assert await far.receive_some() == b"1234"
    assert await far.receive_some() == b""


async def test_a_closed_end_is_noticed_by_the_other() -> None:
    """A waiting sender is told that the reader is gone; using a closed end is an error."""
    near, far = window_stream_pair(4)
    async with trio.open_nursery() as nursery:

        async def send() -> None:
            with pytest.raises(trio.BrokenResourceError):
                await near.send_all(b"123456")

        nursery.start_soon(send)
        await trio.testing.wait_all_tasks_blocked()
        await far.aclose()
    with pytest.raises(trio.ClosedResourceError):
        await far.receive_some()
    with pytest.raises(trio.ClosedResourceError):
        await far.send_all(b"x")


async def test_a_reset_loses_what_was_under_way() -> None:
    """The other end learns of it by an error, whether it reads or sends."""
    near, far = window_stream_pair(8)
    await near.send_all(b"1234")
    near.reset()
    with pytest.raises(trio.BrokenResourceError):
        await far.receive_some()
    with pytest.raises(trio.BrokenResourceError):
        await far.send_all(b"x")


async def test_a_shut_window_takes_nothing_more(autojump_clock: trio.testing.MockClock) -> None:
    """What was sent before can be read; reading it makes no room."""
    near, far = window_stream_pair(8)
    await near.send_all(b"1234")
    far.shut_window()
    with trio.move_on_after(1) as sending:
        await near.send_all(b"5")
    assert sending.cancelled_caught
    assert await far.receive_some(4) == b"1234"


async def test_trio_accepts_the_streams_as_its_own() -> None:
    """Trio's own checks for half-closeable streams, with windows open and full."""

    async def fresh() -> tuple[trio.abc.HalfCloseableStream, trio.abc.HalfCloseableStream]:
        return window_stream_pair(1 << 14)

    async def clogged() -> tuple[trio.abc.HalfCloseableStream, trio.abc.HalfCloseableStream]:
        near, far = window_stream_pair(1)
        await near.send_all(b"x")
        await far.send_all(b"x")
        return near, far

    await trio.testing.check_half_closeable_stream(fresh, clogged)
