"""Opens the WebSockets that octi speaks through trio-websocket, and always comes back.

trio-websocket 0.12.2 by itself waits for ever in two places: for a peer that takes the connection and never answers the
upgrade, whatever timeout was given, and when a connection is left on which too large a message came. Both times its
reader"""

import os
import re
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any, cast
from urllib.parse import SplitResult, urlsplit

import attrs
import h11
import trio
from trio_websocket import ConnectionRejected, WebSocketConnection, wrap_client_stream
from wsproto.utilities import ProtocolError

from octi.errors import OctiError

QUEUED_MESSAGES = 64  # how many may wait for their reader before pings and closes wait as well
READ_BYTES = 65_536
SHOWN_BODY = 200


@attrs.frozen
class Unreachable(OctiError):
    """Nobody answers at an address, or not as a WebSocket."""

    url: str
    why: str
    retryable = True

    def __str__(self) -> str:
        return f"{self.url} cannot be reached: {self.why}"


@attrs.frozen
class UpgradeRefused(OctiError):
    """A server answered the upgrade with something else than yes. `why` is the start of its body."""

    url: str
    status: int
    why: str

    def __str__(self) -> str:
        return f"{self.url} refused the connection with HTTP {self.status}{': ' + self.why if self.why else ''}"


@attrs.frozen(kw_only=True)
class Upgrade:
    """What is asked of the server, and what is taken from it."""

    headers: Mapping[str, str] = attrs.field(factory=dict, repr=False)
    subprotocols: Sequence[str] = attrs.field(default=(), repr=False)  # may hold a key
    connect_s: float = 10.0  # for name, connection, TLS and upgrade together
    close_s: float = 1.0  # how long the peer may take to answer our close
    max_message_bytes: int = 16 << 20


@asynccontextmanager
async def open_websocket(
    url: str, upgrade: Upgrade | None = None, *, tls: ssl.SSLContext | None = None
) -> AsyncIterator[WebSocketConnection]:
    """A WebSocket to a ws:// or wss:// address, closed with 1000 when it is left.

    tls: for wss; by default the machine's certificate authorities are trusted.

    Raises Unreachable, also for what is no such address, or UpgradeRefused.
    """
    upgrade = upgrade or Upgrade()
    deadline = trio.current_time() + upgrade.connect_s
    with connecting(url, deadline):
        stream = await dial(split(url), tls)
    async with websocket_over(stream, url, upgrade, deadline) as socket:
        yield socket


@asynccontextmanager
async def websocket_over(
    stream: trio.abc.Stream, url: str, upgrade: Upgrade, deadline: float
) -> AsyncIterator[WebSocketConnection]:
    """A WebSocket on a stream, which is closed in any case. `deadline`: when the upgrade must be done."""
    wire = Wire(stream)
    try:
        async with trio.open_nursery() as reading:
            with connecting(url, deadline):
                socket = await shake_hands(reading, wire, url, upgrade)
            try:
                yield socket
            finally:
                with trio.move_on_after(upgrade.close_s, shield=True):
                    if not wire.cut:
                        await socket.aclose()
                reading.cancel_scope.cancel(reason="the socket is left")
    except BaseExceptionGroup as group:
        error = alone(group)
        raise error from error.__cause__
    finally:
        await trio.aclose_forcefully(wire)


def alone(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """What the caller raised, as if there were no nursery here, if that is all that was raised."""
    return group.exceptions[0] if len(group.exceptions) == 1 else group


@attrs.define
class Wire(trio.abc.Stream):
    """A stream that remembers a send that was cut: half a frame is out, and nothing sensible can follow it."""

    stream: trio.abc.Stream
    cut: bool = False

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        """Send, or be cut."""
        self.cut = True
        await self.stream.send_all(data)
        self.cut = False

    async def wait_send_all_might_not_block(self) -> None:
        """As the stream has it."""
        await self.stream.wait_send_all_might_not_block()

    async def receive_some(self, max_bytes: int | None = None) -> bytes | bytearray:
        """As the stream has it."""
        return await self.stream.receive_some(max_bytes)

    async def aclose(self) -> None:
        """As the stream has it."""
        await self.stream.aclose()


@attrs.define
class Reader:
    """Stands where trio-websocket expects the nursery for its reader, and sees how the reader ends."""

    nursery: trio.Nursery
    handshake: trio.CancelScope = attrs.field(factory=trio.CancelScope)
    refusal: ConnectionRejected | None = None

    def start_soon(self, read: Callable[[], Awaitable[None]]) -> None:
        """What trio-websocket calls."""
        self.nursery.start_soon(self.watch, read, name="websocket-reader")

    async def watch(self, read: Callable[[], Awaitable[None]]) -> None:
        """Read until the end. Whoever still waits for the upgrade then need not wait any longer."""
        try:
            await read()
        except ConnectionRejected as refusal:
            self.refusal = refusal
        except (h11.ProtocolError, ProtocolError):
            pass  # answers that are no HTTP, and pings that crossed our close (trio-websocket issue 184)
        self.handshake.cancel(reason="the connection ended")


async def shake_hands(nursery: trio.Nursery, wire: Wire, url: str, upgrade: Upgrade) -> WebSocketConnection:
    """Ask for the upgrade and await the answer. Raises UpgradeRefused, or Unreachable if the peer hangs up."""
    reader, parts = Reader(nursery), split(url)
    with reader.handshake:
        return await wrap_client_stream(
            cast(Any, reader),
            cast(Any, wire),
            parts.netloc.rpartition("@")[2],
            (parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
            subprotocols=upgrade.subprotocols,
            extra_headers=[(name.lower().encode(), value.encode()) for name, value in upgrade.headers.items()],
            message_queue_size=QUEUED_MESSAGES,
            max_message_size=upgrade.max_message_bytes,
            receive_buffer_size=READ_BYTES,
        )
    if reader.refusal:
        body = (reader.refusal.body or b"").decode(errors="replace").strip()
        raise UpgradeRefused(shown(url), reader.refusal.status_code, body[:SHOWN_BODY])
    raise Unreachable(shown(url), "it hung up, or does not speak WebSocket")


async def dial(parts: SplitResult, tls: ssl.SSLContext | None) -> trio.abc.Stream:
    """A connection to the host of an address, TLS agreed where it is wss. Raises OSError, BrokenResourceError."""
    host, secure = parts.hostname or "", parts.scheme == "wss"
    port = parts.port or (443 if secure else 80)
    if not secure:
        return await trio.open_tcp_stream(host, port)
    context = tls or ssl.create_default_context()
    stream = await trio.open_ssl_over_tcp_stream(host, port, ssl_context=context, https_compatible=True)
    try:
        await stream.do_handshake()  # here, where its error is still known
    except BaseException:
        await trio.aclose_forcefully(stream)
        raise
    return stream


@contextmanager
def connecting(url: str, deadline: float) -> Iterator[None]:
    """Bound what is inside, and name its failures."""
    try:
        with trio.fail_at(deadline):
            yield
    except trio.TooSlowError:
        raise Unreachable(shown(url), "no answer in time") from None
    except (OSError, trio.BrokenResourceError) as error:
        raise Unreachable(shown(url), cause(error)) from error


def cause(error: BaseException) -> str:
    """The sentence at the bottom of an error: of the last address tried, of the TLS library."""
    match error.__cause__:
        case BaseExceptionGroup(exceptions=tried):
            return cause(tried[-1])
        case None if isinstance(error, ConnectionError | TimeoutError) and error.errno:
            return os.strerror(error.errno)
        case None:
            return str(error) or type(error).__name__
        case deeper:
            return cause(deeper)


def split(url: str) -> SplitResult:
    """An address in its parts. Raises Unreachable if it is none that a WebSocket can have."""
    try:
        parts = urlsplit(url)
        if parts.scheme in {"ws", "wss"} and parts.hostname and parts.port != 0:
            return parts
    except ValueError:
        pass  # brackets or a port that make no sense
    raise Unreachable(shown(url), "it should be a ws:// or wss:// address")


def shown(url: str) -> str:
    """An address as it may be printed: without user, password and query, where keys stand."""
    return re.sub(r"^(\w+://)[^/?#]*@", r"\1", re.split(r"[?#]", url)[0])
