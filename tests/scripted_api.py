"""A small real HTTP/1.1 server that answers by a script: exact bytes, half answers, crashes, and how it was asked.

For what a simulated provider (`tests.providers`) does not do, and for servers of another kind: chat models.
On loopback, plain or TLS, in real time (`serving`); or in memory, on virtual time (`MemoryNetwork`).
"""

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any, Protocol

import attrs
import h11
import httpcore2
import httpx2
import msgspec
import trio
from httpcore2._backends.trio import TrioStream

from tests.scripted_provider import LEFT, client_tls, server_tls
from tests.scripted_provider import Caller as Connection
from tests.streams import WindowStream, window_stream_pair

JSON = "application/json"


@attrs.frozen
class Asked:
    """One request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]  # names in small letters
    body: bytes

    @property
    def json(self) -> Any:
        """Its body's meaning."""
        return msgspec.json.decode(self.body)

    @property
    def parts(self) -> dict[str, tuple[str, bytes]]:
        """Its form: each part's content type and content, by its name."""
        boundary = self.headers["content-type"].partition("boundary=")[2].encode()
        found = {}
        for part in self.body.split(b"--" + boundary)[1:-1]:
            head, _, content = part.strip(b"\r\n").partition(b"\r\n\r\n")
            name = head.partition(b'name="')[2].partition(b'"')[0].decode()
            found[name] = (head.partition(b"Content-Type: ")[2].partition(b"\r\n")[0].decode(), content)
        return found


Behaviour = Callable[[Connection], Awaitable[None]]


# What a provider does with a connection whose request it has read


def says(status: int, body: object = b"", **headers: str) -> Behaviour:
    """Answer with a status, a body (bytes and text as they are, all else as JSON), headers (`Retry_After="7"`)."""
    content = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else msgspec.json.encode(body)
    return says_bytes(head(status, len(content), **headers) + content)


def head(status: int, length: int, **headers: str) -> bytes:
    """An answer, up to its body of `length` bytes."""
    lines = [f"HTTP/1.1 {status} So", f"Content-Length: {length}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode()


def says_bytes(data: bytes) -> Behaviour:
    """Answer with just these bytes."""

    async def answer(connection: Connection) -> None:
        await connection.send_all(data)

    return answer


def first(*behaviours: Behaviour) -> Behaviour:
    """One after the other on the same connection."""

    async def all_of_them(connection: Connection) -> None:
        for behaviour in behaviours:
            await behaviour(connection)

    return all_of_them


def waits(seconds: float) -> Behaviour:
    """Do nothing for a while."""

    async def wait(_connection: Connection) -> None:
        await trio.sleep(seconds)

    return wait


def until(event: trio.Event) -> Behaviour:
    """Do nothing until then."""

    async def wait(_connection: Connection) -> None:
        await event.wait()

    return wait


async def hangs(connection: Connection) -> None:
    """Say nothing until the client leaves."""
    while await connection.receive_some():
        pass


async def resets(connection: Connection) -> None:
    """Crash with the request in its hands."""
    await connection.reset()


@attrs.define(eq=False)
class ScriptedApi:
    """A provider under way: where it is, and what it was asked."""

    behaviours: list[Behaviour]  # one for each request; the last again and again
    url: str = "http://provider.test"
    asked: list[Asked] = attrs.field(factory=list)
    open_now: int = 0
    _moved: trio.lowlevel.ParkingLot = attrs.field(factory=trio.lowlevel.ParkingLot)

    @property
    def paths(self) -> list[str]:
        """What was asked for, in its order."""
        return [each.path for each in self.asked]

    async def wait_asked(self, count: int) -> None:
        """Return when so many requests have arrived; fails after some seconds."""
        with trio.fail_after(5):
            while len(self.asked) < count:
                await self._moved.park()

    async def wait_alone(self) -> None:
        """Return when nobody is connected; fails after some seconds."""
        with trio.fail_after(5):
            while self.open_now:
                await self._moved.park()

    async def serve(self, stream: trio.abc.Stream, tls: ssl.SSLContext | None = None) -> None:
        """One connection, with one request, until the client has left."""
        secure = trio.SSLStream(stream, tls, server_side=True, https_compatible=True) if tls else stream
        connection = Connection(secure)
        self.open_now += 1
        try:
            with suppress(*LEFT):
                self.asked.append(await read_request(connection))
                self._moved.unpark_all()
                await self._next()(connection)
        finally:
            await connection.aclose()
            self.open_now -= 1
            self._moved.unpark_all()

    def _next(self) -> Behaviour:
        return self.behaviours.pop(0) if len(self.behaviours) > 1 else self.behaviours[0]


async def read_request(connection: Connection) -> Asked:
    """A whole request. Raises BrokenResourceError if the client leaves before its end, or does not speak HTTP."""
    http = h11.Connection(h11.SERVER)
    request: h11.Request | None = None
    body = b""
    while True:
        try:
            event = http.next_event()
            if event is h11.NEED_DATA:
                http.receive_data(bytes(await connection.receive_some()))
        except h11.RemoteProtocolError as error:
            raise trio.BrokenResourceError from error
        if isinstance(event, h11.Request):
            request = event
        elif isinstance(event, h11.Data):
            body += event.data
        elif isinstance(event, h11.ConnectionClosed):
            raise trio.BrokenResourceError("no request")
        elif isinstance(event, h11.EndOfMessage):
            assert request is not None
            headers = {name.decode(): value.decode() for name, value in request.headers}
            return Asked(request.method.decode(), request.target.decode(), headers, body)


@asynccontextmanager
async def serving(*behaviours: Behaviour, tls: bool = False) -> AsyncIterator[ScriptedApi]:
    """A provider on 127.0.0.1 whose every request gets the next behaviour, the last one again and again.

    tls: with the certificate of `scripted_provider.authority()`.
    """
    (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
    port = listener.socket.getsockname()[1]
    api = ScriptedApi(list(behaviours), f"http{'s' if tls else ''}://127.0.0.1:{port}")
    serve = partial(api.serve, tls=server_tls() if tls else None)
    async with trio.open_nursery() as nursery:
        await nursery.start(partial(trio.serve_listeners, serve, [listener]), name="scripted api")
        yield api
        nursery.cancel_scope.cancel()


# In memory


class _MemoryStream(TrioStream):
    """httpcore's own, but for what it asks of the socket, as there is none."""

    def get_extra_info(self, info: str) -> Any:
        return False if info == "is_readable" else None

    async def start_tls(self, *args: Any, **more: Any) -> httpcore2.AsyncNetworkStream:
        secure = await super().start_tls(*args, **more)
        assert isinstance(secure, TrioStream)
        return _MemoryStream(secure._stream)


class Serves(Protocol):
    """Whoever is at the other end."""

    async def serve(self, stream: trio.abc.Stream, tls: ssl.SSLContext | None = None) -> None: ...


@attrs.define(eq=False)
class MemoryNetwork(httpcore2.AsyncNetworkBackend):
    """Where every connection leads to one provider; httpx and httpcore are the real ones."""

    nursery: trio.Nursery
    api: Serves
    near: list[WindowStream] = attrs.field(factory=list)

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  as httpcore has it
        local_address: str | None = None,
        socket_options: Any = None,
    ) -> httpcore2.AsyncNetworkStream:
        await trio.lowlevel.checkpoint()
        near, far = window_stream_pair()
        self.near.append(near)
        self.nursery.start_soon(self.api.serve, far, server_tls() if port == 443 else None)
        return _MemoryStream(near)

    def transport(self) -> httpx2.AsyncBaseTransport:
        """For `open_api`."""
        transport = httpx2.AsyncHTTPTransport(verify=client_tls(), trust_env=False)
        transport._pool = httpcore2.AsyncConnectionPool(
            ssl_context=client_tls(), max_keepalive_connections=0, network_backend=self
        )
        return transport
