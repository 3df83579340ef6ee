"""Everything by which the stack that octi is built on could be brought down, tried on octi: real sockets, quickly.

Each was seen in Hypercorn 0.18 with Quart-Trio (`one frame ends the process`, `sends cannot be cancelled`, `shutdown
never ends`, ...). Clients are trio-websocket's where they behave, and raw where they do not.
"""

import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import cast

import attrs
import pytest
import trio
import trio.testing
from hypercorn.app_wrappers import ASGIWrapper
from hypercorn.typing import ASGIFramework
from quart import Response, request
from quart_trio import QuartTrio
from trio_websocket import ConnectionClosed, ConnectionRejected, WebSocketConnection, wrap_client_stream

from octi.front import Limits, Listener, open_listeners, serve
from octi.websocket.base import LegClosed, LegStalled
from octi.websocket.handshake import Accepted, Upgrade, answer, refuse
from octi.websocket.link import Link
from octi.websocket.transport import transport_over

LIMIT = 1 << 20  # bytes in a message
SOON_S = 5.0  # real time, in which anything must have happened that has to: nothing here takes a tenth of it
KEY = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
FRAME = b"\x81\x81\0\0\0\0a"

Talk = Callable[[Link], Awaitable[None]]

pytestmark = pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="needs /proc to see what is left")


@attrs.define(eq=False)
class Hall:
    """What sockets are handed to: one path for each way to behave, over octi's own links."""

    stopping: trio.Event
    ended: list[tuple[str, str]] = attrs.field(factory=list)  # path, and how it ended
    received: int = 0

    async def __call__(self, upgrade: Upgrade, stream: trio.abc.Stream) -> None:
        talk: Talk | None = getattr(self, upgrade.path.strip("/"), None)
        no_such = refuse(404, "no such socket")
        outcome = answer(upgrade, max_message_bytes=LIMIT) if talk else no_such
        await stream.send_all(outcome.response)
        if talk and isinstance(outcome, Accepted):
            link = Link(outcome.codec, transport_over(stream))
            link.feed(upgrade.leftover)
            await self._hold(upgrade.path, link, talk)
        else:
            await cast(trio.SocketStream, stream).send_eof()
            with trio.move_on_after(0.2):
                while await stream.receive_some():
                    pass

    async def _hold(self, path: str, link: Link, talk: Talk) -> None:
        code, how = 1001, "cancelled"
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(link.write)
                nursery.start_soon(self._watch, nursery.cancel_scope)
                await talk(link)
                code, how = 4000, "done"
                nursery.cancel_scope.cancel()
        except* LegClosed as closed:
            how = str(closed.exceptions[0])
        except* LegStalled:
            how = "stalled"
        except* ValueError:
            code, how = 1011, "crashed"
        finally:
            await link.close(code, how)  # noqa: ASYNC102  shielded itself
            self.ended.append((path, how))

    async def _watch(self, scope: trio.CancelScope) -> None:
        await self.stopping.wait()
        scope.cancel()

    async def echo(self, link: Link) -> None:
        while True:
            for message in await link.receive():
                link.send(message.data, text=message.text)

    async def drain(self, link: Link) -> None:
        while True:
            self.received += len(await link.receive())

    async def flood(self, link: Link) -> None:
        """As much as the client takes, and then as much as the outbox takes."""
        while True:
            link.send(b"x" * 6400)
            await trio.lowlevel.checkpoint()

    async def full(self, link: Link) -> None:
        """A lot, and then nothing more."""
        for _ in range(1000):
            link.send(b"x" * 6400)
        await trio.sleep_forever()

    async def five(self, link: Link) -> None:
        """Takes five messages, answers one, and has had enough: a policy's close."""
        count = 0
        while count < 5:
            count += len(await link.receive())
        link.send(b"bye")

    async def burst(self, link: Link) -> None:
        """Says a lot and leaves at once."""
        for number in range(500):
            link.send(b"%d" % number + bytes(1000), text=False)

    async def crash(self, link: Link) -> None:
        await link.receive()
        raise ValueError("boom")


def site() -> QuartTrio:
    """HTTP beside the sockets."""
    app = QuartTrio("hazards")

    @app.get("/")
    async def front() -> str:
        return "hello"

    @app.get("/large")
    async def large() -> Response:
        return Response(bytes(30 << 20))

    @app.post("/unread")
    async def unread() -> str:
        return "I did not look"

    @app.post("/read")
    async def read() -> str:
        return str(len(await request.get_data()))

    return app


@attrs.define(eq=False)
class Entrance(trio.abc.Listener[trio.SocketStream]):
    """A listener that knows which of the sockets that it gave away are still open, whoever has them by now."""

    inner: trio.SocketListener
    _inodes: set[int] = attrs.field(factory=set)

    @property
    def port(self) -> int:
        port: int = self.inner.socket.getsockname()[1]
        return port

    async def accept(self) -> trio.SocketStream:
        stream = await self.inner.accept()
        self._inodes.add(os.fstat(stream.socket.fileno()).st_ino)
        return stream

    async def aclose(self) -> None:
        await self.inner.aclose()

    def still_open(self) -> int:
        names = {str(path.readlink()) for path in Path("/proc/self/fd").iterdir() if path.is_symlink()}
        return len(names & {f"socket:[{inode}]" for inode in self._inodes})


@attrs.define(eq=False)
class Octi:
    """A server that runs in this process."""

    entrance: Entrance
    hall: Hall
    stopping: trio.Event
    stopped: trio.Event
    tasks: int  # that lived before the first client came

    @asynccontextmanager
    async def visit(self, path: str) -> AsyncIterator[WebSocketConnection]:
        """A client of good manners, which are its library's; its stream is closed here, which its library forgets."""
        stream = await trio.open_tcp_stream("127.0.0.1", self.entrance.port)
        async with stream, trio.open_nursery() as reading:
            client = await wrap_client_stream(reading, stream, "octi", path, max_message_size=LIMIT)
            yield client
            await client.aclose()
            reading.cancel_scope.cancel()

    @asynccontextmanager
    async def raw(self, *, buffer: int | None = None) -> AsyncIterator[trio.SocketStream]:
        """A client of any manners. `buffer`: how much the kernel keeps for it before it reads."""
        client = trio.socket.socket()
        with client:
            if buffer:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
            await client.connect(("127.0.0.1", self.entrance.port))
            yield trio.SocketStream(client)

    @asynccontextmanager
    async def raw_socket(self, path: str, behind: bytes = b"") -> AsyncIterator[trio.SocketStream]:
        """A raw client that has been let in. It reads little."""
        async with self.raw(buffer=4096) as stream:
            await stream.send_all(asking(path) + behind)
            head = b""
            while b"\r\n\r\n" not in head:
                head += await stream.receive_some(1)
            assert b" 101 " in head
            yield stream

    async def is_well(self) -> None:
        """It answers, HTTP and sockets."""
        async with self.raw() as stream:
            await stream.send_all(b"GET / HTTP/1.1\r\nHost: octi\r\nConnection: close\r\n\r\n")
            assert (await hear_out(stream)).endswith(b"hello")
        async with self.visit("/echo") as client:
            await client.send_message("still there?")
            assert await client.get_message() == "still there?"

    async def wait_ended(self) -> None:
        """A socket's handler has ended."""
        with trio.fail_after(SOON_S):
            while not self.hall.ended:
                await trio.testing.wait_all_tasks_blocked(0.01)

    async def wait_empty(self) -> None:
        """Nothing is left of any client: no socket, no task."""
        with trio.fail_after(SOON_S):
            while self.entrance.still_open() or living_tasks() > self.tasks:
                await trio.testing.wait_all_tasks_blocked(0.01)


def reason_of(closed: pytest.ExceptionInfo[ConnectionClosed]) -> tuple[int, str | None]:
    """How a client saw its connection end."""
    reason = closed.value.reason
    assert reason is not None
    return reason.code, reason.reason


def asking(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: octi\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n{KEY}".encode()


def living_tasks() -> int:
    return trio.lowlevel.current_statistics().tasks_living


@contextmanager
def holding_at_most(kib: int) -> Iterator[None]:
    """This process grows no more than so much, not even for a moment."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak starts again from here
    before = memory_kib("VmRSS")
    yield
    assert memory_kib("VmHWM") - before < kib


def memory_kib(kind: str) -> int:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition(f"{kind}:")[2].split()[0])


async def hear_out(stream: trio.abc.ReceiveStream) -> bytes:
    heard = b""
    try:
        while data := await stream.receive_some():
            heard += data
    except trio.BrokenResourceError:
        heard += b"<reset>"
    return heard


@pytest.fixture
async def octi() -> AsyncIterator[Octi]:
    """Stops at the end, which must not take long whatever the clients of the test did."""
    (listener,) = await open_listeners("127.0.0.1", 0, None)
    entrance, stopping, stopped = Entrance(cast(trio.SocketListener, listener)), trio.Event(), trio.Event()
    hall = Hall(stopping)

    async def keep() -> None:
        app, limits = ASGIWrapper(cast(ASGIFramework, site())), Limits(graceful_s=0.5)
        await serve(app, [cast(Listener, entrance)], sockets=hall, stopping=stopping, limits=limits)
        stopped.set()

    with trio.fail_after(30):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(keep)
            await trio.testing.wait_all_tasks_blocked()
            yield Octi(entrance, hall, stopping, stopped, living_tasks())
            stopping.set()
            with trio.fail_after(SOON_S):
                await stopped.wait()


# One unlucky frame ended the process (Hypercorn issue 225)


@pytest.mark.parametrize(
    "said",
    [
        (asking("/echo") + FRAME,),
        (asking("/nowhere") + FRAME,),
        (asking("/nowhere"), FRAME),
        (asking("/burst") + FRAME,),
        (asking("/burst"), FRAME),
    ],
    ids=[
        "behind the upgrade",
        "behind a refused one",
        "after the refusal",
        "behind one that closes",
        "after the close",
    ],
)
async def test_a_frame_at_the_wrong_moment_ends_nothing(said: tuple[bytes, ...], octi: Octi) -> None:
    async with octi.raw() as stream:
        for part in said:
            await stream.send_all(part)
            await stream.receive_some()
    await octi.is_well()
    await octi.wait_empty()


async def test_a_frame_behind_the_upgrade_is_received(octi: Octi) -> None:
    """It is the client's first message."""
    async with octi.raw_socket("/echo", behind=FRAME) as stream:
        assert await stream.receive_some() == b"\x81\x01a"


# A client that stopped reading could not be cancelled, and the server not be stopped


async def test_a_client_that_reads_nothing_does_not_hold_up_the_end(octi: Octi) -> None:
    """Sockets are told and dropped within their goodbye, HTTP within the graceful time."""
    async with octi.raw_socket("/full"), octi.raw(buffer=4096) as loading:
        await loading.send_all(b"GET /large HTTP/1.1\r\nHost: octi\r\n\r\n")
        await loading.receive_some(1000)
        octi.stopping.set()
        with trio.fail_after(SOON_S):
            await octi.stopped.wait()
    assert octi.hall.ended == [("/full", "cancelled")]


async def test_a_flood_to_a_client_that_reads_nothing_is_bounded(octi: Octi) -> None:
    """At the outbox's bound the client is given up, at once, and is no longer there."""
    with holding_at_most(20_000):
        async with octi.raw_socket("/flood"):
            await octi.wait_ended()
    assert octi.hall.ended == [("/flood", "stalled")]
    await octi.wait_empty()


async def test_a_client_may_leave_while_it_is_flooded(octi: Octi) -> None:
    """In the middle of a frame, with a reset: the handler ends, and nothing is left."""
    for _ in range(5):
        async with octi.raw_socket("/full") as stream:
            await stream.receive_some(10)
    await octi.wait_empty()
    assert len(octi.hall.ended) == 5


# Connections leaked when one side ended while the other was still talking


async def test_a_server_that_ends_first_leaves_nothing_behind(octi: Octi) -> None:
    """The client streams on, its queue full: it hears the last words and the close, or a reset, and is forgotten."""
    for _ in range(10):
        async with octi.visit("/five") as client:
            with pytest.raises(ConnectionClosed) as closed:
                await stream_on(client)
            assert reason_of(closed) == (4000, "done")
    await octi.wait_empty()
    assert octi.hall.ended == [("/five", "done")] * 10


async def stream_on(client: WebSocketConnection) -> None:
    """Send on and on, and hear what comes."""
    async with trio.open_nursery() as nursery:

        async def send() -> None:
            try:
                while True:
                    await client.send_message("x" * 6400)
            except ConnectionClosed:
                pass

        nursery.start_soon(send)
        try:
            assert await client.get_message() == "bye"
            await client.get_message()
        except ConnectionClosed as closed:
            nursery.cancel_scope.cancel()
            end = closed
    raise end


async def test_a_raw_client_that_streams_on_for_ever_is_let_go(octi: Octi) -> None:
    """It never reads, and never stops: two seconds after the goodbye it is gone."""
    async with octi.raw_socket("/five") as stream:
        with trio.fail_after(SOON_S):
            try:
                while True:
                    await stream.send_all(b"\x81\xfe\x03\xe8\0\0\0\0" + b"x" * 1000)
            except trio.BrokenResourceError:
                pass
    await octi.wait_empty()


async def test_clients_that_end_first_leave_nothing_behind(octi: Octi) -> None:
    """With a goodbye, without one, with a reset, in mid-frame, in mid-handshake."""
    async with octi.visit("/burst") as client:
        await client.get_message()
    for behind in (b"", b"\x82\xfe\x03\xe8\0\0\0\0abc", b"\x88\x82\0\0\0\0\x03\xe8"):
        async with octi.raw_socket("/drain", behind):
            pass
    async with octi.raw_socket("/drain") as stream:
        stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    async with octi.raw() as stream:
        await stream.send_all(asking("/drain")[:-10])
    await octi.wait_empty()
    await octi.is_well()


async def test_a_body_that_nobody_reads_leaks_nothing(octi: Octi) -> None:
    """The client is answered, sends on, and is gone."""
    async with octi.raw() as stream:
        await stream.send_all(b"POST /unread HTTP/1.1\r\nHost: octi\r\nContent-Length: 900000\r\n\r\n")
        await stream.send_all(bytes(450_000))
        assert b"I did not look" in await stream.receive_some()
    async with octi.raw() as stream:
        await stream.send_all(b"POST /read HTTP/1.1\r\nHost: octi\r\nContent-Length: 900000\r\n\r\n")
        await stream.send_all(bytes(450_000))
    await octi.wait_empty()
    await octi.is_well()


async def test_a_client_may_leave_while_it_is_answered(octi: Octi) -> None:
    """With most of a large answer unsent."""
    async with octi.raw(buffer=4096) as stream:
        await stream.send_all(b"GET /large HTTP/1.1\r\nHost: octi\r\n\r\n")
        await stream.receive_some(1000)
    await octi.wait_empty()
    await octi.is_well()


# The limit did not hold: a message that was too large was refused, and kept


@pytest.mark.parametrize("parts", [1, 100], ids=["whole", "in parts"])
async def test_a_message_over_the_limit_is_not_kept(parts: int, octi: Octi) -> None:
    """1009, and of 200 announced mebibytes the process has held next to nothing."""
    size = (200 << 20) // parts
    with holding_at_most(10_000):
        async with octi.raw_socket("/echo") as stream:

            async def send() -> None:
                with suppress(trio.BrokenResourceError):  # let go
                    for part in range(parts):
                        await stream.send_all(bytes([0x81 if parts == 1 else 0x01 if part == 0 else 0, 0xFF]))
                        await stream.send_all(size.to_bytes(8, "big") + bytes(4))
                        for _ in range(size >> 20):
                            await stream.send_all(bytes(1 << 20))

            async with trio.open_nursery() as nursery:
                nursery.start_soon(send)
                heard = await hear_out(stream)
                nursery.cancel_scope.cancel()
    assert heard[:1] == b"\x88"
    assert heard[2:4] == (1009).to_bytes(2, "big")
    await octi.wait_empty()


async def test_a_message_of_the_limit_comes_back(octi: Octi) -> None:
    async with octi.visit("/echo") as client:
        for message in ("x" * LIMIT, bytes(LIMIT)):
            await client.send_message(message)
            assert await client.get_message() == message


# Last words were lost


async def test_the_last_messages_before_a_close_all_arrive(octi: Octi) -> None:
    """Half a mebibyte, and then the close, to a client that takes its time."""
    async with octi.visit("/burst") as client:
        for number in range(500):
            assert await client.get_message() == b"%d" % number + bytes(1000)
        with pytest.raises(ConnectionClosed) as closed:
            await client.get_message()
        assert reason_of(closed) == (4000, "done")


async def test_the_clients_last_messages_all_arrive(octi: Octi) -> None:
    """Fifteen and a close, at once."""
    async with octi.visit("/drain") as client:
        for number in range(15):
            await client.send_message(str(number))
    await octi.wait_empty()
    assert octi.hall.received == 15
    assert octi.hall.ended == [("/drain", "closed with 1000")]


# Closes that said nothing, or the wrong thing


async def test_a_crash_is_no_normal_closure(octi: Octi) -> None:
    async with octi.visit("/crash") as client:
        await client.send_message("hello")
        with pytest.raises(ConnectionClosed) as closed:
            await client.get_message()
        assert reason_of(closed) == (1011, "crashed")
    await octi.is_well()


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (b"\x81\x82\0\0\0\0\xff\xfe", 1007),
        (b"\x81\x01a", 1002),
        (b"\xc1\x81\0\0\0\0a", 1002),
        (b"\x83\x80\0\0\0\0", 1002),
    ],
    ids=["not UTF-8", "not masked", "reserved bit", "reserved opcode"],
)
async def test_what_breaks_the_protocol_is_told_so(said: bytes, code: int, octi: Octi) -> None:
    """Not with a bare end of the connection."""
    async with octi.raw_socket("/echo") as stream:
        await stream.send_all(said)
        heard = await hear_out(stream)
        assert heard[:1] == b"\x88"
        assert heard[2:4] == code.to_bytes(2, "big")
    await octi.wait_empty()


async def test_open_sockets_are_told_when_the_server_stops(octi: Octi) -> None:
    """1001, not a bare end; then the server has ended."""
    async with octi.visit("/drain") as client:
        octi.stopping.set()
        with pytest.raises(ConnectionClosed) as closed:
            await client.get_message()
        assert reason_of(closed) == (1001, "cancelled")
    with trio.fail_after(SOON_S):
        await octi.stopped.wait()


# Odd, and right


async def test_empty_messages_arrive(octi: Octi) -> None:
    """Of either kind, and as what they are."""
    async with octi.visit("/echo") as client:
        for message in ("", b"", "x", b"x"):
            await client.send_message(message)
            assert await client.get_message() == message


async def test_fragments_are_put_together(octi: Octi) -> None:
    async with octi.raw_socket("/echo") as stream:
        await stream.send_all(b"\x01\x82\0\0\0\0\xe2\x82" + b"\x00\x80\0\0\0\0" + b"\x80\x81\0\0\0\0\xac")
        assert await stream.receive_some() == b"\x81\x03\xe2\x82\xac"


async def test_pings_are_answered_whatever_the_handler_does(octi: Octi) -> None:
    """The reader answers them, in line."""
    async with octi.visit("/drain") as client:
        with trio.fail_after(SOON_S):
            await client.ping(b"still there?")


async def test_a_flood_of_pings_to_a_client_that_reads_nothing_is_bounded(octi: Octi) -> None:
    """Of those that come at once one is answered. What they cost, a session's limits say."""
    with holding_at_most(30_000):
        async with octi.raw_socket("/drain") as stream:
            for _ in range(300):
                await stream.send_all((b"\x89\x80\0\0\0\0") * 1000)
            assert octi.hall.ended == []
        await octi.wait_ended()
    await octi.wait_empty()


async def test_a_refused_upgrade_is_plain_http(octi: Octi) -> None:
    rejected = pytest.RaisesExc(ConnectionRejected, check=lambda error: error.status_code == 404)
    with pytest.RaisesGroup(rejected):
        async with octi.visit("/nowhere"):
            pass
    await octi.wait_empty()


async def test_http_and_sockets_share_a_connection(octi: Octi) -> None:
    """A request first, then an upgrade, one after the other or in one packet."""
    asked = b"GET / HTTP/1.1\r\nHost: octi\r\n\r\n"
    for together in (False, True):
        async with octi.raw() as stream:
            await stream.send_all(asked + (asking("/echo") + FRAME if together else b""))
            heard = b""
            while b"hello" not in heard:
                heard += await stream.receive_some()
            if not together:
                await stream.send_all(asking("/echo") + FRAME)
            while not heard.endswith(b"\x81\x01a"):
                heard += await stream.receive_some()
    await octi.wait_empty()
