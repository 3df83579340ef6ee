"""One HTTP/1.1 request on one connection: as values, and the way there and back over a Trio stream."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from email.parser import BytesParser
from email.policy import HTTP
from http import HTTPStatus
from typing import Any

import attrs
import h11
import msgspec
import trio
from websockets.datastructures import Headers

from octi.errors import BadMessage
from octi.simulator.replies import Reply, refuses
from octi.websocket.handshake import Upgrade

LARGEST_BODY_BYTES = 16 << 20
REQUEST_S = 30.0  # for a request to arrive, and again for its answer to be taken
LINGER_S = 1.0
READ_BYTES = 65_536
CORS = {  # browsers make calls themselves (protocol trap 8)
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Headers": "*, Authorization",
    "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
    "Access-Control-Expose-Headers": "Location, x-request-id",
}
GONE = (trio.BrokenResourceError, trio.ClosedResourceError, trio.TooSlowError)


@attrs.frozen
class Request:
    """One request, whole. Names of headers in small letters."""

    method: str
    target: str
    headers: dict[str, str] = attrs.field(repr=False)
    body: bytes = attrs.field(default=b"", repr=False)

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]

    def json(self) -> Any:
        """The body's meaning; nothing means an empty object. Raises BadMessage."""
        try:
            return msgspec.json.decode(self.body) if self.body.strip() else {}
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise BadMessage(
                f"We could not parse the JSON body of your request. ({error})", code="invalid_json"
            ) from None

    def form(self) -> dict[str, bytes]:
        """The parts of a multipart body by their names."""
        head = f"Content-Type: {self.headers.get('content-type', '')}\r\n\r\n".encode()
        whole = BytesParser(policy=HTTP).parsebytes(head + self.body)
        parts = whole.iter_parts() if whole.is_multipart() else ()
        return {
            name: bytes(part.get_payload(decode=True) or b"")
            for part in parts
            if isinstance(name := part.get_param("name", header="content-disposition"), str)
        }


Answering = Callable[[Request], Awaitable[Reply | None]]  # None: leave without an answer
Upgrading = Callable[[Upgrade, trio.abc.Stream], Awaitable[None]]


async def serve_connection(stream: trio.abc.Stream, answer: Answering, upgrade: Upgrading) -> None:
    """Serve one request, or hand the connection over to `upgrade`. Closes the stream. A client may leave any time."""
    http = h11.Connection(h11.SERVER, max_incomplete_event_size=65_536)
    try:
        with trio.fail_after(REQUEST_S):
            asked = await _read(http, stream)
        if isinstance(asked, Upgrade):
            await upgrade(asked, stream)
        elif asked is not None and (reply := await answer(asked)):
            await _send(http, stream, reply, head_only=asked.method == "HEAD")
    except h11.RemoteProtocolError as error:
        await _refuse(http, stream, error)
    except GONE:
        pass  # the client's own affair
    finally:
        await trio.aclose_forcefully(stream)


async def _read(http: h11.Connection, stream: trio.abc.Stream) -> Request | Upgrade | None:
    """A whole request; only its head if it asks for a WebSocket; None if there is none."""
    head: h11.Request | None = None
    body = bytearray()
    while True:
        event = http.next_event()
        if event is h11.NEED_DATA:
            if http.they_are_waiting_for_100_continue:
                await stream.send_all(http.send(h11.InformationalResponse(status_code=100, headers=[])) or b"")
            http.receive_data(bytes(await stream.receive_some(READ_BYTES)))
        elif isinstance(event, h11.Request):
            head = event
            if _upgrades(event):
                return _upgrade(event, http.trailing_data[0])
        elif isinstance(event, h11.Data):
            body += event.data
            if len(body) > LARGEST_BODY_BYTES:
                raise h11.RemoteProtocolError("The body is too large.", error_status_hint=413)
        elif isinstance(event, h11.EndOfMessage) and head:
            headers = {name.decode("ascii"): value.decode("latin-1") for name, value in head.headers}
            return Request(head.method.decode("ascii"), head.target.decode("latin-1"), headers, bytes(body))
        else:
            return None


def _upgrades(head: h11.Request) -> bool:
    return any(name == b"upgrade" and b"websocket" in value.lower() for name, value in head.headers)


def _upgrade(head: h11.Request, leftover: bytes) -> Upgrade:
    headers = Headers()
    for name, value in head.headers:
        headers[name.decode("ascii")] = value.decode("latin-1")
    return Upgrade(head.method.decode("ascii"), head.target.decode("latin-1"), headers, leftover)


async def _refuse(http: h11.Connection, stream: trio.abc.Stream, error: h11.RemoteProtocolError) -> None:
    """Say what is wrong with a request that is not HTTP, if anybody still listens."""
    if http.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
        with suppress(*GONE):
            await _send(http, stream, refuses(error.error_status_hint, str(error)), head_only=False)


async def _send(http: h11.Connection, stream: trio.abc.Stream, reply: Reply, *, head_only: bool) -> None:
    """The answer, and the connection's end: one request each is simple, and clients cope."""
    fixed = {"content-length": str(len(reply.body)), "connection": "close"}
    headers = {**CORS, **{name: value for name, value in reply.headers.items() if name.lower() not in fixed}, **fixed}
    head = h11.Response(
        status_code=reply.status,
        reason=_reason(reply.status),
        headers=[(name.encode(), value.encode("latin-1", "replace")) for name, value in headers.items()],
    )
    data = http.send(head) or b""
    if not head_only and reply.status not in {204, 304}:
        data += http.send(h11.Data(data=reply.body)) or b""
    with trio.fail_after(REQUEST_S):
        await stream.send_all(data)
        if isinstance(stream, trio.abc.HalfCloseableStream):
            await stream.send_eof()
        else:  # TLS: closing says it
            await stream.aclose()
            return
    with trio.move_on_after(LINGER_S):  # so that a reset does not overtake the answer
        while await stream.receive_some(READ_BYTES):
            pass


def _reason(status: int) -> bytes:
    return HTTPStatus(status).phrase.encode() if status in set(HTTPStatus) else b"Scripted"


def response_bytes(reply: Reply) -> bytes:
    """An answer to an upgrade that is refused, as bytes."""
    lines = [f"HTTP/1.1 {reply.status} {_reason(reply.status).decode()}"]
    headers = {**reply.headers, "Content-Length": str(len(reply.body)), "Connection": "close"}
    return "\r\n".join([*lines, *(f"{name}: {value}" for name, value in headers.items()), "", ""]).encode() + reply.body
