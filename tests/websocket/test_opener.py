"""Opening a WebSocket: every way it can fail comes back in time and says why; leaving it never waits for the peer."""

import ssl
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from functools import partial

import attrs
import pytest
import trio
import trio.testing
import trustme
import wsproto
from trio_websocket import ConnectionClosed, WebSocketConnection, WebSocketRequest, serve_websocket
from wsproto.events import AcceptConnection, BytesMessage, CloseConnection, Event, Ping, RejectConnection, RejectData

from octi.websocket.opener import Unreachable, Upgrade, UpgradeRefused, open_websocket, websocket_over

URL = "ws://me:hush@peer/path?key=hush"
Peer = Callable[[trio.abc.Stream, wsproto.WSConnection], Awaitable[None]]


def client(
    nursery: trio.Nursery, peer: Peer, upgrade: Upgrade | None = None
) -> AbstractAsyncContextManager[WebSocketConnection]:
    """A client on a stream in memory whose far end follows a script."""
    near, far = trio.testing.memory_stream_pair()
    nursery.start_soon(play, peer, far)
    upgrade = upgrade or Upgrade()
    return websocket_over(near, URL, upgrade, trio.current_time() + upgrade.connect_s)


async def play(peer: Peer, stream: trio.abc.Stream) -> None:
    """Read the request, then do as the script says, then stay silent."""
    server = wsproto.WSConnection(wsproto.ConnectionType.SERVER)
    server.receive_data(bytes(await stream.receive_some()))
    list(server.events())
    await peer(stream, server)
    await trio.sleep_forever()


def says(*events: Event) -> Peer:
    """A script: send these, one behind the other."""

    async def peer(stream: trio.abc.Stream, server: wsproto.WSConnection) -> None:
        for event in events:
            await stream.send_all(server.send(event))

    return peer


async def hangs_up(stream: trio.abc.Stream, server: wsproto.WSConnection) -> None:
    await stream.aclose()


async def speaks_no_http(stream: trio.abc.Stream, server: wsproto.WSConnection) -> None:
    await stream.send_all(b"220 mail.example ESMTP\r\n\r\n")


async def accepts_somebody_else(stream: trio.abc.Stream, server: wsproto.WSConnection) -> None:
    head = b"HTTP/1.1 101 Yes\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n"
    await stream.send_all(head)


async def test_a_peer_that_never_answers_is_given_up_at_the_deadline(
    nursery: trio.Nursery, autojump_clock: trio.testing.MockClock
) -> None:
    """trio-websocket's first hang."""
    with pytest.raises(Unreachable, match="no answer in time"):
        async with client(nursery, says(), Upgrade(connect_s=7)):
            pass
    assert trio.current_time() == 7.0


async def test_a_message_over_the_limit_ends_the_connection_at_once(
    nursery: trio.Nursery, autojump_clock: trio.testing.MockClock
) -> None:
    """trio-websocket's second hang: the peer says nothing more, and does not hang up either."""
    peer = says(AcceptConnection(), BytesMessage(data=b"x" * 2000))
    async with client(nursery, peer, Upgrade(max_message_bytes=1000)) as socket:
        with pytest.raises(ConnectionClosed) as caught:
            await socket.get_message()
    assert caught.value.reason is not None
    assert caught.value.reason.code == 1009
    assert trio.current_time() == 0.0


@pytest.mark.parametrize("peer", [hangs_up, speaks_no_http, accepts_somebody_else])
async def test_a_peer_that_is_no_websocket_is_told_at_once(
    peer: Peer, nursery: trio.Nursery, autojump_clock: trio.testing.MockClock
) -> None:
    """Not at the deadline, which is for peers that say nothing."""
    with pytest.raises(Unreachable, match="hung up, or does not speak WebSocket"):
        async with client(nursery, peer):
            pass
    assert trio.current_time() == 0.0


async def test_a_refusal_says_status_and_body(nursery: trio.Nursery) -> None:
    """With the address as it may be printed: user, password and query are left out."""
    refusal = RejectConnection(status_code=401, headers=[(b"content-length", b"13")], has_body=True)
    with pytest.raises(UpgradeRefused) as caught:
        async with client(nursery, says(refusal, RejectData(data=b"Who are you?\n"))):
            pass
    assert str(caught.value) == "ws://peer/path refused the connection with HTTP 401: Who are you?"
    assert caught.value.status == 401


async def test_a_peer_that_does_not_answer_the_close_is_left_all_the_same(
    nursery: trio.Nursery, autojump_clock: trio.testing.MockClock
) -> None:
    """After the time that it is given for it."""
    async with client(nursery, says(AcceptConnection()), Upgrade(close_s=3)):
        pass
    assert trio.current_time() == 3.0


async def test_leaving_says_1000(nursery: trio.Nursery, autojump_clock: trio.testing.MockClock) -> None:
    """And comes back as soon as the peer has answered."""
    codes: list[int] = []

    async def answers(stream: trio.abc.Stream, server: wsproto.WSConnection) -> None:
        await stream.send_all(server.send(AcceptConnection()))
        server.receive_data(bytes(await stream.receive_some()))
        for event in server.events():
            assert isinstance(event, CloseConnection)
            codes.append(event.code)
            await stream.send_all(server.send(event.response()))
        await stream.aclose()

    async with client(nursery, answers):
        pass
    assert codes == [1000]
    assert trio.current_time() == 0.0


async def test_a_ping_that_crosses_our_close_disturbs_nobody(
    nursery: trio.Nursery, autojump_clock: trio.testing.MockClock
) -> None:
    """trio-websocket's issue 184: its reader fails on it, which must not reach the caller."""
    seen = trio.Event()

    async def pings(stream: trio.abc.Stream, server: wsproto.WSConnection) -> None:
        await stream.send_all(server.send(AcceptConnection()))
        await stream.receive_some()  # our close, which goes unanswered
        await stream.send_all(server.send(Ping(payload=b"still there?")))
        seen.set()

    async with client(nursery, pings, Upgrade(close_s=1)):
        pass
    assert seen.is_set()
    assert trio.current_time() <= 1.0


async def test_what_the_caller_raises_comes_out_as_it_is(
    nursery: trio.Nursery, autojump_clock: trio.testing.MockClock
) -> None:
    """In no group, and with its cause."""
    with pytest.raises(ValueError, match="mine") as caught:
        async with client(nursery, says(AcceptConnection())):
            raise ValueError("mine") from KeyError("cause")
    assert isinstance(caught.value.__cause__, KeyError)


async def test_a_cancelled_caller_leaves_within_the_time_for_the_close(
    nursery: trio.Nursery, autojump_clock: trio.testing.MockClock
) -> None:
    """The goodbye is shielded, but not for long."""
    with trio.move_on_after(5) as scope:
        async with client(nursery, says(AcceptConnection()), Upgrade(close_s=2)) as socket:
            await socket.get_message()
    assert scope.cancelled_caught
    assert trio.current_time() == 7.0


@attrs.define
class Stalling(trio.abc.Stream):
    """A stream that takes the first bytes of whatever is sent once it is stalled, and no more."""

    stream: trio.StapledStream[trio.testing.MemorySendStream, trio.testing.MemoryReceiveStream]
    stalled: bool = False

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        await self.stream.send_all(data[:3] if self.stalled else data)
        if self.stalled:
            await trio.sleep_forever()

    async def wait_send_all_might_not_block(self) -> None:
        await self.stream.wait_send_all_might_not_block()

    async def receive_some(self, max_bytes: int | None = None) -> bytes | bytearray:
        return await self.stream.receive_some(max_bytes)

    async def aclose(self) -> None:
        await self.stream.aclose()


async def test_nothing_is_sent_behind_half_a_frame(
    nursery: trio.Nursery, autojump_clock: trio.testing.MockClock
) -> None:
    """A send that was cut leaves a frame that could only be completed by what does not belong to it."""
    near, far = trio.testing.memory_stream_pair()
    nursery.start_soon(play, says(AcceptConnection()), far)
    slow = Stalling(near)
    with trio.move_on_after(5):
        async with websocket_over(slow, URL, Upgrade(), trio.current_time() + 1) as socket:
            slow.stalled = True
            await socket.send_message(b"hello")
    assert trio.current_time() == 5.0  # no goodbye was tried
    with pytest.raises(trio.ClosedResourceError):
        await near.send_all(b"")


@attrs.define
class Seen:
    """What a server saw of one upgrade."""

    path: str = ""
    headers: dict[bytes, bytes] = attrs.field(factory=dict)
    subprotocols: tuple[str, ...] = ()


async def echo(seen: Seen, request: WebSocketRequest) -> None:
    seen.path, seen.subprotocols = request.path, request.proposed_subprotocols
    seen.headers.update(request.headers)
    socket = await request.accept(subprotocol="realtime" if "realtime" in seen.subprotocols else None)
    try:
        await socket.send_message(await socket.get_message())
        await socket.get_message()
    except ConnectionClosed:
        pass


async def serve(nursery: trio.Nursery, seen: Seen, tls: ssl.SSLContext | None = None) -> int:
    server = await nursery.start(partial(serve_websocket, partial(echo, seen), "127.0.0.1", 0, tls))
    return int(server.port)


async def test_an_address_with_all_its_parts_is_dialled(nursery: trio.Nursery) -> None:
    """Path, query, headers and sub-protocols arrive; the echo comes back."""
    seen = Seen()
    port = await serve(nursery, seen)
    upgrade = Upgrade(headers={"Authorization": "Bearer k"}, subprotocols=("realtime", "key.k"))
    async with open_websocket(f"ws://127.0.0.1:{port}/v1/realtime?model=m", upgrade) as socket:
        await socket.send_message("hello")
        assert await socket.get_message() == "hello"
        assert socket.subprotocol == "realtime"
    assert (seen.path, seen.subprotocols) == ("/v1/realtime?model=m", ("realtime", "key.k"))
    assert seen.headers[b"authorization"] == b"Bearer k"


async def test_wss_trusts_the_authorities_it_is_given(nursery: trio.Nursery) -> None:
    """And goes through the same opener."""
    authority, trusted = trustme.CA(), ssl.create_default_context()
    served = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(served)
    authority.configure_trust(trusted)
    port = await serve(nursery, Seen(), served)
    async with open_websocket(f"wss://127.0.0.1:{port}", tls=trusted) as socket:
        await socket.send_message(b"hello")
        assert await socket.get_message() == b"hello"


async def test_a_certificate_that_nobody_vouches_for_is_told(nursery: trio.Nursery) -> None:
    """With the words of the TLS library, which name what is wrong."""
    served = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(served)
    listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
    nursery.start_soon(serve_tls_once, listeners[0], served)
    port = listeners[0].socket.getsockname()[1]
    with pytest.raises(Unreachable, match="certificate verify failed"):
        async with open_websocket(f"wss://127.0.0.1:{port}"):
            pass


async def serve_tls_once(listener: trio.SocketListener, served: ssl.SSLContext) -> None:
    async with listener:
        stream = trio.SSLStream(await listener.accept(), served, server_side=True)
        with pytest.raises(trio.BrokenResourceError):
            await stream.do_handshake()
        await trio.aclose_forcefully(stream)


async def test_nobody_at_the_port_is_told() -> None:
    """With the system's words."""
    [listener] = await trio.open_tcp_listeners(0, host="127.0.0.1")
    port = listener.socket.getsockname()[1]
    await listener.aclose()
    with pytest.raises(Unreachable, match=f"ws://127.0.0.1:{port}/x cannot be reached: Connection refused"):
        async with open_websocket(f"ws://127.0.0.1:{port}/x"):
            pass


@pytest.mark.parametrize("url", ["http://host/", "ws://", "host:80", "", "ws://[::1", "ws://host:99999", "ws://host:0"])
async def test_what_is_no_websocket_address_is_told(url: str) -> None:
    """Before anything is opened."""
    with pytest.raises(Unreachable, match="should be a ws:// or wss:// address"):
        async with open_websocket(url):
            pass
