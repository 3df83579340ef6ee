"""Opens a leg to a provider over a real socket: address, TLS, handshake, all within one deadline."""

import re
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TypeVar
from urllib.parse import urlsplit

import attrs
import msgspec
import trio
from structlog.contextvars import bind_contextvars
from websockets.client import ClientProtocol
from websockets.exceptions import InvalidStatus
from websockets.http11 import Response

from octi.errors import ProviderFault, UpstreamBusy, UpstreamLost, UpstreamNonsense, UpstreamRefused
from octi.observe.base import current_span
from octi.observe.plain import Own
from octi.realtime.events import ErrorBody
from octi.realtime.rate_limits import LONGEST_WAIT_S, named_wait_s
from octi.upstream.provider import Provider
from octi.websocket.base import Leg
from octi.websocket.codec import Codec, Side
from octi.websocket.handshake import answered_in, ask, refusal_in
from octi.websocket.link import Link, outbox_for
from octi.websocket.poll import Poll
from octi.websocket.tls import secured
from octi.websocket.transport import Transport, send_whole, transport_over

CONNECT_S = 10.0
SHOWN_BODY = 500  # characters
ID = re.compile("[!-~]{1,128}")
PORTS = {"ws": 80, "wss": 443}
RETRYABLE = frozenset({408, 409, 425})  # and whatever is the server's fault

T = TypeVar("T")
Connect = Callable[[str, int], Awaitable[trio.abc.Stream]]  # a host and a port; raises OSError


def trusted(tls: ssl.SSLContext | None) -> ssl.SSLContext:
    """A context, or one with the system's authorities: loading them takes 20 ms, so once and not for each leg."""
    return tls or ssl.create_default_context()


@attrs.frozen(kw_only=True)
class Dialled:
    """A provider behind a socket, as an `upstream.base.Upstream`."""

    provider: Provider
    max_message_bytes: int
    tls: ssl.SSLContext = attrs.field(default=None, converter=trusted, repr=False)  # None: the system's trust
    connect_s: float = CONNECT_S
    connect: Connect = attrs.field(default=trio.open_tcp_stream, repr=False)
    poll: Poll | None = None  # who waits for its sockets; None: each task for its own
    transcribes: bool = False  # its sessions only transcribe, and name no model

    @property
    def name(self) -> str:
        """The provider's name."""
        return self.provider.name

    @asynccontextmanager
    async def open(self, model: str) -> AsyncIterator[Leg]:
        """One leg. See `Upstream.open`."""
        async with self.lent(await self.dial(model)) as leg:
            yield leg

    async def dial(self, model: str) -> Leg:
        """One leg, which its taker closes. Raises as `Upstream.open`."""
        provider = self.provider
        return await self._dial(provider.transcription_url() if self.transcribes else provider.socket_url(model))

    @asynccontextmanager
    async def lent(self, leg: Leg) -> AsyncIterator[Leg]:
        """A leg that was dialled, for a block; closed with a goodbye when it ends."""
        with self._key_hidden():
            try:
                yield leg
            finally:
                await leg.close(1000, "the session has ended")  # noqa: ASYNC102  shielded itself

    def with_secret(self, secret: str | None) -> "Dialled":
        """The same provider, for a client secret of its; None: with the key."""
        return self if secret is None else attrs.evolve(self, provider=self.provider.with_secret(secret))

    @asynccontextmanager
    async def open_at(self, url: str) -> AsyncIterator[Leg]:
        """A leg at one of the provider's addresses. See `Upstream.open`."""
        async with self.lent(await self._dial(url)) as leg:
            yield leg

    @contextmanager
    def _key_hidden(self) -> Iterator[None]:
        """Some providers repeat the key that they refuse, and what they say is told to clients."""
        key = self.provider.key
        try:
            yield
        except (UpstreamRefused, UpstreamBusy, UpstreamLost) as fault:
            if not key or key not in fault.why:
                raise
            raise attrs.evolve(fault, why=fault.why.replace(key, "***")) from None

    async def _dial(self, url: str) -> Link:
        with self._key_hidden():
            return await self._reached(url)

    async def _reached(self, url: str) -> Link:
        try:
            with trio.fail_after(self.connect_s):
                return await self._connect(url)
        except trio.TooSlowError:
            raise UpstreamLost(self.name, Own(f"no connection within {self.connect_s:g} s")) from None
        except (OSError, UnicodeError) as error:  # a name that cannot even be looked up is a UnicodeError
            raise UpstreamLost(self.name, Own(f"cannot be reached: {_cause_of(error)}")) from error
        except trio.BrokenResourceError as error:
            raise self._broken(error) from error

    def _broken(self, error: trio.BrokenResourceError) -> ProviderFault:
        """A certificate that is not trusted will not be in a second either, so it is a refusal: ours."""
        cause = error.__cause__
        if isinstance(cause, ssl.SSLCertVerificationError):
            return UpstreamRefused(self.name, Own(f"its certificate is not trusted ({cause.verify_message})"))
        return UpstreamLost(self.name, Own(f"broke off: {cause or error}"))

    async def _connect(self, url: str) -> Link:
        headers = [*self.provider.headers(), *current_span().headers.items()]
        asking, request = ask(url, headers, max_message_bytes=self.max_message_bytes)
        transport = await self._reach(url)
        behind = await _or_let_go(transport, self._shake_hands(transport, asking, request))
        codec = Codec(Side.CLIENT, self.max_message_bytes)
        link = Link(codec, transport, outbox_for(self.max_message_bytes), poll=self.poll)
        link.feed(behind)
        return link

    async def _reach(self, url: str) -> Transport:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
        stream = await self.connect(host, port)
        if parts.scheme == "ws":
            return transport_over(stream)
        if isinstance(stream, trio.SocketStream):
            return await secured(stream, self.tls, host)
        secure = trio.SSLStream(stream, self.tls, server_hostname=host, https_compatible=True)
        transport = transport_over(secure)
        await _or_let_go(transport, secure.do_handshake())
        return transport

    async def _shake_hands(self, transport: Transport, asking: ClientProtocol, request: bytes) -> bytes:
        """The frames that came with the answer."""
        await send_whole(transport, request)
        behind = b""
        while not asking.events and asking.handshake_exc is None:
            if data := await transport.receive_some():
                behind = answered_in(asking, data)
            else:
                asking.receive_eof()
        if refused := refusal_in(asking):
            _note_id(getattr(asking.handshake_exc, "response", None))
            raise self._refusal(asking.handshake_exc, refused[0])
        _note_id(asking.events[0])
        return behind

    def _refusal(self, error: Exception | None, why: str) -> ProviderFault:
        if isinstance(error, InvalidStatus):
            return self._answered(error.response)
        if isinstance(error and error.__cause__, EOFError):
            return UpstreamLost(self.name, Own("left during the handshake"))
        return UpstreamNonsense(self.name, why)

    def _answered(self, response: Response) -> ProviderFault:
        said, status = said_in(response), response.status_code
        if status == 429:
            return UpstreamBusy(self.name, said.message, _wait_s(response, said.message))
        if status >= 500 or status in RETRYABLE:
            return UpstreamLost(self.name, Own(f"HTTP {status}, ", said.message))
        return UpstreamRefused(self.name, said.message, status, said.code)


def _note_id(response: object) -> None:
    """Have the provider's name for the request on all lines about this leg, to quote to its support."""
    said = response.headers.get("X-Request-Id", "") if isinstance(response, Response) else ""
    if ID.fullmatch(said):
        bind_contextvars(provider_request=said)


class _Refusal(msgspec.Struct):
    error: ErrorBody | str


def said_in(response: Response) -> ErrorBody:
    """What a refusal says: the error in its JSON, or its text; of a page for browsers, and of nothing, the status."""
    body = bytes(response.body or b"")
    try:
        error = msgspec.json.decode(body, type=_Refusal).error
    except (msgspec.DecodeError, UnicodeDecodeError):
        error = body.decode(errors="replace").strip()
    said = ErrorBody(error) if isinstance(error, str) else error
    if not said.message or said.message.startswith("<"):
        return ErrorBody(said.code or response.reason_phrase, code=said.code)
    return ErrorBody(said.message[:SHOWN_BODY], code=said.code)


def _wait_s(response: Response, words: str) -> float:
    """After how many seconds to try again, by the header, or else by the words; at most a minute."""
    named = response.headers.get("Retry-After", "").strip()
    return min(float(named), LONGEST_WAIT_S) if named.isdecimal() else named_wait_s(words)


def _cause_of(error: Exception) -> str:
    """Why a connection failed. Trio says that all attempts did, and keeps each one's reason behind that."""
    cause = error.__cause__
    reasons = cause.exceptions if isinstance(cause, BaseExceptionGroup) else [error]
    return "; ".join(dict.fromkeys(getattr(each, "strerror", None) or str(each) for each in reasons))


async def _or_let_go(transport: Transport, step: Awaitable[T]) -> T:
    """Wait for a step on the transport; if it fails or is cancelled, nobody will own that, so close it."""
    try:
        return await step
    except BaseException:
        await transport.aclose()  # noqa: ASYNC102  never waits
        raise
