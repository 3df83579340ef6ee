"""Bytes to a peer: what a socket took is known to the byte, and a stream that was cut says so."""

import socket

import pytest
import trio
import trio.testing

from octi.websocket.transport import CHUNK_BYTES, SocketTransport, StreamTransport, transport_over
from tests.streams import WindowStream, window_stream_pair


def sockets() -> tuple[SocketTransport, socket.socket]:
    """A transport over a kernel socket with small buffers, and its peer, who blocks."""
    ours, theirs = socket.socketpair()
    for each in (ours, theirs):
        each.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    ours.setblocking(False)
    return SocketTransport(ours), theirs


def streams(window: int = 4096) -> tuple[StreamTransport, WindowStream]:
    near, far = window_stream_pair(window)
    return StreamTransport(near), far


# Sockets


async def test_a_socket_takes_what_fits_and_says_how_much() -> None:
    """What it says it took is exactly what arrives."""
    ours, theirs = sockets()
    taken = ours.send_nowait(bytes(1 << 20))
    assert 0 < taken < 1 << 20
    assert ours.send_nowait(b"more") == 0
    await ours.aclose()
    with theirs:
        assert len(read_to_end(theirs)) == taken


async def test_a_cancelled_send_over_a_socket_has_sent_nothing() -> None:
    """So the frame can go on where it stood: the transport is not torn."""
    ours, theirs = sockets()
    taken = ours.send_nowait(bytes(1 << 20))
    with trio.move_on_after(0):
        await ours.send_some(memoryview(b"late"))
    assert not ours.torn
    await ours.aclose()
    with theirs:
        assert len(read_to_end(theirs)) == taken


async def test_a_waiting_send_goes_on_when_the_peer_reads() -> None:
    ours, theirs = sockets()
    ours.send_nowait(bytes(1 << 20))
    with theirs:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(ours.send_some, memoryview(b"late"))
            await trio.testing.wait_all_tasks_blocked()
            theirs.recv(1 << 20)
        await ours.aclose()
        assert read_to_end(theirs).endswith(b"late")


async def test_a_peer_that_left_breaks_the_socket_and_ends_reading() -> None:
    ours, theirs = sockets()
    theirs.close()
    with pytest.raises(trio.BrokenResourceError):
        ours.send_nowait(b"hello")
    assert await ours.receive_some() == b""
    await ours.aclose()


async def test_a_reset_is_a_broken_resource() -> None:
    """Not an OSError: who reads has one name for a peer that is gone."""
    ours, theirs = sockets()
    ours.send_nowait(b"never read")
    theirs.close()
    with pytest.raises(trio.BrokenResourceError):
        await ours.receive_some()
    await ours.aclose()


async def test_a_half_closed_socket_still_hears() -> None:
    ours, theirs = sockets()
    ours.send_eof()
    with theirs:
        assert theirs.recv(10) == b""
        theirs.send(b"still here")
        assert await ours.receive_some() == b"still here"
    ours.send_eof()  # a peer that is gone by now is no reason to fail
    await ours.aclose()


async def test_closing_a_socket_tells_who_waits_on_it() -> None:
    """And closing it again is nothing."""
    ours, theirs = sockets()

    async def wait() -> None:
        with pytest.raises(trio.ClosedResourceError):
            await ours.receive_some()

    with theirs:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(wait)
            await trio.testing.wait_all_tasks_blocked()
            await ours.aclose()
    await ours.aclose()


async def test_a_trio_stream_gives_its_socket_away() -> None:
    """The socket goes on as it was connected; the stream is of no use, and closing it harms nobody."""
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    stream = trio.SocketStream(trio.socket.from_stdlib_socket(ours))
    transport = transport_over(stream)
    await trio.aclose_forcefully(stream)
    with theirs:
        assert transport.send_nowait(b"hello") == 5
        assert theirs.recv(10) == b"hello"
    await transport.aclose()


# Streams


async def test_any_other_stream_is_used_as_it_is() -> None:
    near, far = window_stream_pair()
    transport = transport_over(near)
    assert await transport.send_some(memoryview(b"hello")) == 5
    assert await far.receive_some() == b"hello"


async def test_a_stream_takes_nothing_at_once() -> None:
    """Whether it would have to wait cannot be known."""
    transport, far = streams()
    assert transport.send_nowait(b"hello") == 0
    await transport.aclose()
    assert await far.receive_some() == b""


async def test_a_stream_is_fed_in_chunks() -> None:
    """So that a slow peer's progress is seen, and the deadline is for one chunk."""
    transport, far = streams(window=1 << 20)
    assert await transport.send_some(memoryview(bytes(1 << 19))) == CHUNK_BYTES
    assert len(await far.receive_some()) == CHUNK_BYTES
    assert not transport.torn


async def test_a_cancelled_send_tears_a_stream(autojump_clock: trio.testing.MockClock) -> None:
    """Some of it has gone, and nobody knows how much."""
    transport, _ = streams(window=100)
    with trio.move_on_after(1):
        await transport.send_some(memoryview(bytes(200)))
    assert transport.torn


async def test_a_send_that_never_began_tears_nothing() -> None:
    """A writer that is woken by the last frame, and cancelled before it runs: the goodbye can still be said."""
    transport, far = streams()
    with trio.CancelScope() as scope:
        scope.cancel()
        await transport.send_some(memoryview(b"hello"))
    assert not transport.torn
    assert await transport.send_some(memoryview(b"bye")) == 3
    assert await far.receive_some() == b"bye"


async def test_a_broken_send_tears_a_stream() -> None:
    transport, far = streams()
    far.close()
    with pytest.raises(trio.BrokenResourceError):
        await transport.send_some(memoryview(b"hello"))
    assert transport.torn


async def test_closing_a_stream_gets_past_a_cancelled_task() -> None:
    """Who cleans up after a cancellation has more to close than this."""
    transport, far = streams()
    passed = False
    with trio.CancelScope() as scope:
        scope.cancel()
        await transport.aclose()
        passed = True
    assert passed
    assert await far.receive_some() == b""


def read_to_end(peer: socket.socket) -> bytes:
    parts = []
    while part := peer.recv(1 << 20):
        parts.append(part)
    return b"".join(parts)
