"""The HTTP that octi's clients speak: Hypercorn's, without what octi leaves out, and with what every answer says."""

from dataclasses import replace
from itertools import chain

import h11
import trio
from hypercorn.protocol.events import Event, Response
from hypercorn.protocol.h11 import H11Protocol
from websockets.datastructures import Headers

from octi.surface import surfaced
from octi.websocket.handshake import Upgrade

MOST_LINES = 100  # headers of a request; browsers and proxies together write some thirty
LINGER_S = 1.0  # how long we read on after our last byte, so that a reset does not overtake it


class TakeOver(Exception):
    """Control flow: this connection speaks WebSocket from here on."""

    def __init__(self, upgrade: Upgrade) -> None:
        self.upgrade = upgrade


class Refused(Exception):
    """Control flow: the request was answered without being looked at, and nothing of the connection is read on."""


def wants_socket(request: h11.Request) -> bool:
    """Does the request ask for WebSocket, among others even? Whether it asks well, the handshake decides.

    No stricter than Hypercorn anywhere, which strips spaces that are none in bytes: nothing may be left for it.
    """
    asked = (value.decode("latin-1") for name, value in request.headers if name == b"upgrade")
    return any(token.strip().lower() == "websocket" for value in asked for token in value.split(","))


def upgrade_in(request: h11.Request, leftover: bytes, peer: str) -> Upgrade:
    """An h11 request as the handshake wants it."""
    headers = Headers()
    for name, value in request.headers:
        headers[name.decode("ascii")] = value.decode("latin-1")
    return Upgrade(request.method.decode(), request.target.decode("latin-1"), headers, leftover, peer)


class Http(H11Protocol):
    """Hypercorn's HTTP/1.1 without its WebSockets, h2c and its wait for a reader that is gone."""

    async def _check_protocol(self, event: h11.Request) -> None:
        """Offer no other protocol. Refuse a head that is too large, also one that came at once; and one that says in
        two ways where its body ends, of which a proxy may have taken the other. Raises Refused.
        """
        size = len(event.target) + sum(len(name) + len(value) for name, value in event.headers)
        if size > self.config.h11_max_incomplete_size or len(event.headers) > MOST_LINES:
            await self._refuse(431)
        if {b"content-length", b"transfer-encoding"} <= {name for name, _ in event.headers}:
            await self._refuse(400)

    async def _refuse(self, status: int) -> None:
        await self._send_error_response(status)
        raise Refused

    async def _create_stream(self, request: h11.Request) -> None:
        if wants_socket(request):
            peer, _ = self.client or ("", 0)
            raise TakeOver(upgrade_in(request, self.connection.trailing_data[0], peer))
        await super()._create_stream(request)

    async def stream_send(self, event: Event) -> None:
        """Every answer, the application's and Hypercorn's own, with octi's headers."""
        if isinstance(event, Response) and event.status_code >= 200:
            event = replace(event, headers=surfaced(event.headers, secure=self.ssl))
        await super().stream_send(event)

    async def _send_error_response(self, status_code: int) -> None:
        own = [(b"content-length", b"0"), (b"connection", b"close")]
        headers = surfaced(chain(own, self.config.response_headers("h11")), secure=self.ssl)
        await self._send_h11_event(h11.Response(status_code=status_code, headers=headers))
        await self._send_h11_event(h11.EndOfMessage())

    async def _close_stream(self) -> None:
        with trio.move_on_after(LINGER_S):  # it tells the handler through a queue that may be full for good
            await super()._close_stream()
        self.stream = None

    @property
    def is_asked(self) -> bool:
        """Is there a request that has come whole?"""
        return self.stream is not None and self.connection.their_state is not h11.SEND_BODY

    @property
    def head_has_begun(self) -> bool:
        """Has a part of the next request's head come?"""
        return self.stream is None and bool(self.connection.trailing_data[0])

    async def refuse_slow_head(self) -> None:
        """Answer a request whose head has begun and did not end in time."""
        if self.head_has_begun:
            await self._send_error_response(408)
