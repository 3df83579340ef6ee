"""octi/websocket/tls.py: TLS on a socket of our own; what every leg promises over it stands in test_base.py."""

import socket
import ssl
from contextlib import suppress

import pytest
import trio
import trio.testing

from octi.websocket.outbox import Outbox
from octi.websocket.tls import TlsTransport, secured
from octi.websocket.transport import RECEIVE_BYTES, send_whole
from tests.scripted_provider import client_tls, server_tls
from tests.websocket.tls_pairs import tls_pair

LARGE = bytes(range(256)) * 4096  # a megabyte


async def read_whole(transport: TlsTransport, size: int) -> bytes:
    heard = b""
    while len(heard) < size:
        heard += await transport.receive_some()
    return heard


async def read_out(transport: TlsTransport) -> bytes:
    """All that comes before the peer is gone."""
    heard = b""
    with suppress(trio.BrokenResourceError):
        while piece := await transport.receive_some():
            heard += piece
    return heard


async def test_what_is_sent_arrives() -> None:
    """More than the kernel takes at once, in order and whole."""
    near, far = (TlsTransport(end) for end in tls_pair())

    async with trio.open_nursery() as nursery:
        nursery.start_soon(send_whole, near, LARGE)
        assert await read_whole(far, len(LARGE)) == LARGE
    await near.aclose()
    await far.aclose()


async def test_a_record_is_taken_whole() -> None:
    """Nothing stays decrypted of which the kernel would not tell."""
    client, server = tls_pair()
    near, far = TlsTransport(client), TlsTransport(server)
    for size in (1, 1000, RECEIVE_BYTES):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(send_whole, near, b"x" * size)
            await read_whole(far, size)
        assert server.pending() == 0
    await near.aclose()
    await far.aclose()


async def test_a_record_that_is_half_way_must_go_next() -> None:
    """It is encrypted: other bytes in its place would not be what the peer is told. So it is not taken back."""
    near, far = (TlsTransport(end) for end in tls_pair())
    while not near.holding:
        near.send_nowait(b"a" * 10_000)
    outbox = Outbox(1 << 20)
    outbox.put(b"a" * 10_000, audio=True, begun=near.holding)
    outbox.put(b"b" * 10_000, audio=True)
    outbox.drop_audio()
    assert outbox.waiting == 10_000

    async def send() -> None:
        while outbox:
            outbox.took(await near.send_some(outbox.head()))
        await near.aclose()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(send)
        heard = await read_out(far)
    assert set(heard) == {ord("a")}
    assert len(heard) % 10_000 == 0
    await far.aclose()


async def test_a_cancelled_send_is_not_torn() -> None:
    near, far = (TlsTransport(end) for end in tls_pair())
    while near.send_nowait(b"a" * 10_000):
        pass
    with trio.move_on_after(0):
        await near.send_some(memoryview(b"a" * 10_000))
    assert not near.torn
    await near.aclose()
    await far.aclose()


async def test_a_peer_that_left_breaks_it() -> None:
    """Without a goodbye of TLS's own, as after a crash."""
    near, far = (TlsTransport(end) for end in tls_pair())
    await far.aclose()
    await far.aclose()
    with pytest.raises(trio.BrokenResourceError):
        await near.receive_some()
    with pytest.raises(trio.BrokenResourceError):
        near.send_nowait(b"hello")
    await near.aclose()


async def test_closing_tells_who_waits_on_it() -> None:
    near, far = (TlsTransport(end) for end in tls_pair())

    async def wait() -> None:
        with pytest.raises(trio.ClosedResourceError):
            await near.receive_some()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(wait)
        await trio.testing.wait_all_tasks_blocked()
        await near.aclose()
    await far.aclose()


# Shaking hands


def socket_pair() -> tuple[trio.SocketStream, trio.SocketStream]:
    near, far = socket.socketpair()
    return trio.SocketStream(trio.socket.from_stdlib_socket(near)), trio.SocketStream(
        trio.socket.from_stdlib_socket(far)
    )


async def shaken(host: str = "localhost") -> bytes:
    """What a client hears that shook hands with a server of that name's certificate."""
    near, far = socket_pair()

    async def serve() -> None:
        server = trio.SSLStream(far, server_tls(), server_side=True, https_compatible=True)
        try:
            with trio.move_on_after(5), suppress(trio.BrokenResourceError):
                await server.send_all(b"welcome")
        finally:
            await trio.aclose_forcefully(server)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(serve)
        transport = await secured(near, client_tls(), host)
        heard = await transport.receive_some()
        await transport.aclose()
    return heard


async def test_hands_are_shaken_with_a_server_that_is_who_it_should_be() -> None:
    assert await shaken() == b"welcome"


async def test_a_certificate_for_another_name_is_not_trusted() -> None:
    """Whoever looks finds the reason behind the error."""
    untrusted = pytest.RaisesExc(trio.BrokenResourceError, check=for_its_certificate)
    with pytest.RaisesGroup(untrusted):
        await shaken("elsewhere.test")


def for_its_certificate(error: BaseException) -> bool:
    return isinstance(error.__cause__, ssl.SSLCertVerificationError)


async def test_who_is_cancelled_while_hands_are_shaken_leaves_no_socket() -> None:
    """The server never answers; then it hears the end."""
    near, far = socket_pair()
    with trio.move_on_after(0.05) as patience:
        await secured(near, client_tls(), "localhost")
    assert patience.cancelled_caught
    with trio.fail_after(5):
        while await far.receive_some(10_000):
            pass
    await far.aclose()


async def test_a_context_that_cannot_be_used_leaves_no_socket() -> None:
    near, far = socket_pair()
    with pytest.raises(ssl.SSLError):
        await secured(near, server_tls(), "localhost")
    with trio.fail_after(5):
        assert await far.receive_some(10) == b""
    await far.aclose()
