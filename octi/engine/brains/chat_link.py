"""One question to a chat model over HTTP, its answer event by event. Within a budget; closed at once when left."""

import re
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

import attrs
import httpx2
import trio

from octi import __version__
from octi.engine.brains.chat_faults import ChatFault, failure, refusal
from octi.settings import masked

PATH = "/chat/completions"
MOST_EVENT = 1 << 20  # bytes; the arguments of a call are a hundredth of that
MOST_WORDS = 32 << 10  # of a refusal
MOST_BODY = 4 << 20  # of an answer that does not come as a stream
EVENTS, JSON = "text/event-stream", "application/json"
ALWAYS = {
    "User-Agent": f"octi/{__version__}",
    "Accept": f"{EVENTS}, {JSON}",
    "Accept-Encoding": "identity",
    "Content-Type": JSON,
}


@attrs.frozen(kw_only=True)
class ChatModel:
    """A language model, and how long an answer of its may be waited for: in all, and for more once it has begun."""

    url: str = attrs.field(repr=lambda url: masked(repr(url)))  # http or https; with PATH or without
    name: str
    key: str = attrs.field(default="", repr=False)
    answer_s: float = 60.0
    idle_s: float = 15.0

    @property
    def place(self) -> str:
        """Where it is, in a word: host and port."""
        return urlsplit(self.url).netloc.rpartition("@")[2]

    @property
    def address(self) -> str:
        """Where it is asked. Without the password, which clients log."""
        parts = urlsplit(self.url)
        path = parts.path.rstrip("/")
        return urlunsplit((parts.scheme, self.place, path.removesuffix(PATH) + PATH, "", ""))

    def hide(self, text: str) -> str:
        """A text without key and password: some servers repeat the one that they refuse."""
        for secret in filter(None, (self.key, urlsplit(self.url).password)):
            text = text.replace(secret, "***")
        return text

    def headers(self) -> list[tuple[bytes, bytes]]:
        """As bytes: httpx's complaint about other than ASCII would repeat the key."""
        said = [(name.encode(), value.encode()) for name, value in ALWAYS.items()]
        return [*said, (b"Authorization", b"Bearer " + self.key.encode())] if self.key else said

    def auth(self) -> httpx2.BasicAuth | None:
        """A name and password in the address, for a server that has no key."""
        parts = urlsplit(self.url)
        if not parts.username or self.key:
            return None
        return httpx2.BasicAuth(unquote(parts.username), unquote(parts.password or ""))


@attrs.define
class Budget:
    """Seconds that a model may still be waited for. What the caller does between two pieces does not count."""

    left_s: float

    @contextmanager
    def spend(self, most_s: float = float("inf")) -> Iterator[trio.CancelScope]:
        """Wait for something, as long as there is time."""
        began = trio.current_time()
        try:
            with trio.move_on_after(max(0.0, min(self.left_s, most_s))) as scope:
                yield scope
        finally:
            self.left_s -= trio.current_time() - began


@attrs.define(eq=False)
class Exchange:
    """A question on its way: `begin`, then `next` until None; `aclose` whatever happens."""

    client: httpx2.AsyncClient
    model: ChatModel
    budget: Budget
    _events: AsyncGenerator[str | bytes, None] | None = None
    _response: httpx2.Response | None = None
    _stream: Any = None  # the connection

    async def begin(self, question: bytes) -> None:
        """Ask, and wait for the answer's head. Raises ChatFault."""
        request = self.client.build_request(
            "POST",
            self.model.address,
            headers=self.model.headers(),
            content=question,
            extensions={"trace": self._trace},
        )
        with _faults(), self.budget.spend() as limit:
            self._response = await self.client.send(request, stream=True, auth=self.model.auth())
        if limit.cancelled_caught or self._response is None:
            raise self._late()
        self._events = _events(self._response)
        if not self._response.is_success:
            await self._refused(self._response)

    async def next(self, *, begun: bool) -> str | bytes | None:
        """The next event's data; None at the end. `begun`: there are words already, and no long silence is right.

        Raises ChatFault.
        """
        assert self._events is not None
        data: str | bytes | None = None
        with _faults(), self.budget.spend(self.model.idle_s if begun else self.model.answer_s) as limit:
            data = await anext(self._events, None)
        if not limit.cancelled_caught:
            return data
        raise self._late() if self.budget.left_s <= 0 else ChatFault(f"fell silent for {self.model.idle_s:g} s")

    async def aclose(self) -> None:
        """Close the connection, also when cancelled. Never waits for the server."""
        with trio.CancelScope(shield=True):
            if self._events is not None:
                await _leave(self._events)
            if self._response is not None:
                await self._response.aclose()
            if self._stream is not None:  # httpcore forgets a connection that is cancelled in its TLS handshake
                await self._stream.aclose()

    async def _refused(self, response: httpx2.Response) -> None:
        body = bytearray()
        with suppress(ChatFault):  # the status says enough
            while len(body) < MOST_WORDS and (more := await self.next(begun=True)) is not None:
                body += more if isinstance(more, bytes) else more.encode()
        raise refusal(
            response.status_code,
            response.headers,
            bytes(body),
            model=self.model.name,
            has_key=bool(self.model.key),
        )

    async def _trace(self, event: str, info: Mapping[str, Any]) -> None:
        """As httpcore tells of it."""
        if event == "connection.connect_tcp.complete":
            self._stream = info["return_value"]

    def _late(self) -> ChatFault:
        return ChatFault(f"did not answer within {self.model.answer_s:g} s")


@attrs.frozen
class _Body:
    """What an EventSource reads of a response, with the text in our hands: it leaves that where it stands if an event
    is too long.
    """

    request: httpx2.Request
    headers: httpx2.Headers
    texts: AsyncIterator[str]

    def aiter_text(self) -> AsyncIterator[str]:
        """The same each time."""
        return self.texts


async def _events(response: httpx2.Response) -> AsyncGenerator[str | bytes, None]:
    """The data of each event; or, of what is no stream, all of it at once, or in pieces if it is an error."""
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    packed = response.headers.get("content-encoding", "identity")
    if packed != "identity":  # nothing was asked to be packed, so nothing small can unpack into something vast
        raise ChatFault(f"packs its answer as {packed[:20]!r}, unasked", retryable=False)
    if not response.is_success:
        async for piece in response.aiter_raw():
            yield piece
    elif kind == EVENTS:
        body = _Body(response.request, response.headers, response.aiter_text())
        source = httpx2.EventSource(body, max_event_size=MOST_EVENT)  # type: ignore[arg-type]  # it reads no more of it
        try:
            async for event in source:
                if event.data:
                    yield event.data
        except httpx2.SSEError:
            await _leave(body.texts)  # noqa: ASYNC120  who is cancelled meanwhile need not hear of it
            raise
    elif kind == JSON:
        yield await _whole(response)
    else:
        seen = re.sub(r"[^\w/+.-]", "", kind)[:60] or "nothing known"
        raise ChatFault(f"answers with {seen} instead of a stream of events; is OCTI_CHAT_URL right?", retryable=False)


async def _whole(response: httpx2.Response) -> bytes:
    body = bytearray()
    with trio.CancelScope() as reading:  # cancelled rather than broken off: see _leave
        async for piece in response.aiter_raw():
            body += piece
            if len(body) > MOST_BODY:
                reading.cancel(reason="the answer is too long")
    if len(body) > MOST_BODY:
        raise ChatFault(f"answers more than {MOST_BODY} bytes", retryable=False)
    return bytes(body)


async def _leave(events: AsyncIterator[str | bytes]) -> None:
    """End the generator from within, by cancelling it: httpx's own, one in another, are tidy only when left so."""
    with trio.CancelScope() as scope, suppress(ChatFault, httpx2.RequestError):
        scope.cancel(reason="the answer is not read on")
        async for _ in events:
            pass


@contextmanager
def _faults() -> Iterator[None]:
    """The client's errors, as ours."""
    try:
        yield
    except (httpx2.RequestError, httpx2.InvalidURL, UnicodeError) as error:
        raise failure(error) from None


@asynccontextmanager
async def open_client(transport: httpx2.AsyncBaseTransport | None = None) -> AsyncIterator[httpx2.AsyncClient]:
    """A client for any number of exchanges, closed at the end. transport: for who wants no sockets.

    No connection is kept: to break one off is how an answer is stopped. The environment (proxies, authorities) has no
    say.
    """
    limits = httpx2.Limits(max_connections=None, max_keepalive_connections=0)
    carrier = transport or httpx2.AsyncHTTPTransport(
        verify=ssl.create_default_context(), trust_env=False, limits=limits
    )
    async with httpx2.AsyncClient(transport=carrier, timeout=None, trust_env=False) as client:
        yield client
