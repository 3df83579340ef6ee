"""A server on loopback, plain or TLS, that misbehaves below the Realtime protocol, and notes how it was asked.

Resets, half an answer, answers of other servers, silence: what a simulated provider (`tests.providers`) does not do.
Only in real time: sockets and a virtual clock do not go together.
"""

import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from functools import cache, partial
from urllib.parse import parse_qsl, urlsplit

import attrs
import trio
import trustme
from trio_websocket import ConnectionClosed, HandshakeError, WebSocketConnection, wrap_server_stream

Headers = Mapping[str, str]  # names in small letters
TLS_HELLO = b"\x16\x03"
LEFT = (trio.BrokenResourceError, trio.ClosedResourceError)

Behaviour = Callable[["Caller"], Awaitable[None]]


@attrs.frozen
class Asked:
    """One upgrade as it was asked for."""

    path: str
    query: dict[str, str]
    headers: Headers


@attrs.define(eq=False)
class Caller(trio.abc.Stream):
    """A connection whose request was read. As a stream it begins with that request again."""

    stream: trio.abc.Stream
    head: bytes = b""
    _unread: bytes = b""

    @property
    def bare(self) -> trio.SocketStream:
        """The connection without its TLS."""
        inner = self.stream.transport_stream if isinstance(self.stream, trio.SSLStream) else self.stream
        assert isinstance(inner, trio.SocketStream)
        return inner

    async def read_head(self) -> None:
        """Read the request, to the empty line."""
        while b"\r\n\r\n" not in self.head:
            more = await self.stream.receive_some()
            if not more:
                raise trio.BrokenResourceError("no request")
            self.head += more
            if self.head.startswith(TLS_HELLO):
                await self.send_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                raise trio.BrokenResourceError("TLS is not spoken here")
        self._unread = self.head

    async def reset(self) -> None:
        """End the connection as a crashed machine does: RST instead of FIN."""
        self.bare.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        await trio.aclose_forcefully(self.bare)

    async def receive_some(self, max_bytes: int | None = None) -> bytes | bytearray:
        if unread := self._unread:
            self._unread = b""
            return unread
        return await self.stream.receive_some(max_bytes)

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        await self.stream.send_all(data)

    async def wait_send_all_might_not_block(self) -> None:
        await self.stream.wait_send_all_might_not_block()

    async def aclose(self) -> None:
        await trio.aclose_forcefully(self.stream)


Conversation = Callable[[WebSocketConnection], Awaitable[None]]

# What a provider does with a connection whose request it has read


def accepts(conversation: Conversation) -> Behaviour:
    """Accept with a library that is not octi's, and talk."""

    async def talk(caller: Caller) -> None:
        async with trio.open_nursery() as serving:
            request = await wrap_server_stream(serving, caller)
            await conversation(await request.accept())
            serving.cancel_scope.cancel()

    return talk


def answers(data: bytes) -> Behaviour:
    """Answer with just these bytes, and leave."""

    async def answer(caller: Caller) -> None:
        await caller.send_all(data)

    return answer


async def never_answers(caller: Caller) -> None:
    """Take the request, and whatever else comes, and say nothing."""
    while await caller.receive_some():
        pass


async def resets(caller: Caller) -> None:
    """Crash with the request in its hands."""
    await caller.reset()


@attrs.define(eq=False)
class ScriptedProvider:
    """A provider under way: where it is, and what it was asked."""

    url: str  # as OCTI_UPSTREAM_URL has it
    asked: list[Asked] = attrs.field(factory=list)
    open_now: int = 0
    _moved: trio.lowlevel.ParkingLot = attrs.field(factory=trio.lowlevel.ParkingLot)

    def note(self, head: bytes) -> None:
        """Remember a request."""
        first, *lines = head.decode("latin-1").split("\r\n\r\n")[0].split("\r\n")
        target = urlsplit(first.split(" ")[1])
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        self.asked.append(Asked(target.path, dict(parse_qsl(target.query)), headers))

    def entered(self) -> None:
        """A connection begins."""
        self.open_now += 1

    def left(self) -> None:
        """A connection has ended."""
        self.open_now -= 1
        self._moved.unpark_all()

    async def wait_alone(self) -> None:
        """Return when nobody is connected; fails after some seconds."""
        with trio.fail_after(5):
            while self.open_now:
                await self._moved.park()


@asynccontextmanager
async def providing(
    *behaviours: Behaviour, tls: bool = False, hangs_up: bool = False
) -> AsyncIterator[ScriptedProvider]:
    """A provider on 127.0.0.1 whose every connection gets the next behaviour, the last one again and again.

    tls: with the certificate of `authority()`. hangs_up: ends each connection before a byte is exchanged.
    """
    (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
    port = listener.socket.getsockname()[1]
    provider = ScriptedProvider(f"http{'s' if tls else ''}://127.0.0.1:{port}")
    left = list(behaviours)

    async def serve(stream: trio.SocketStream) -> None:
        provider.entered()
        secure = trio.SSLStream(stream, server_tls(), server_side=True, https_compatible=True) if tls else None
        caller = Caller(secure or stream)
        try:
            if not hangs_up:
                await converse(caller)
        finally:
            await caller.aclose()
            provider.left()

    async def converse(caller: Caller) -> None:
        """A caller that breaks off, in any of the layers, is its own affair."""
        with suppress(*LEFT):
            await caller.read_head()
            provider.note(caller.head)
            behaviour = left.pop(0) if len(left) > 1 else left[0]
            try:
                await behaviour(caller)
            except* (*LEFT, HandshakeError, ConnectionClosed):
                pass

    async with trio.open_nursery() as nursery:
        await nursery.start(partial(trio.serve_listeners, serve, [listener]), name="scripted provider")
        yield provider
        nursery.cancel_scope.cancel()


@cache
def authority() -> trustme.CA:
    """The certificate authority of the tests."""
    return trustme.CA()


@cache
def server_tls() -> ssl.SSLContext:
    """For servers on 127.0.0.1."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority().issue_cert("127.0.0.1", "localhost").configure_cert(context)
    return context


@cache
def client_tls() -> ssl.SSLContext:
    """For clients that trust `authority()`, and it alone."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    authority().configure_trust(context)
    return context
