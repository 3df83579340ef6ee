"""One HTTP request to a provider: within a deadline, tried again where that may help, each try told to who counts."""

import ssl
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit
from uuid import uuid4

import attrs
import httpx2
import stamina
import trio

from octi import __version__
from octi.clock import Now, wall_clock
from octi.errors import ProviderFault, UpstreamLost, UpstreamNonsense
from octi.observe.base import current_span
from octi.observe.plain import Own
from octi.settings import masked
from octi.upstream.http_errors import (
    SHOWN_ID,
    Answer,
    failure,
    hides,
    is_worth_a_retry,
    named_wait,
    refusal,
)
from octi.upstream.provider import Provider

MOST_BYTES = 8 << 20  # of an answer; a long extraction is a hundredth of that
CLIENT_ID = "X-Client-Request-Id"
ALWAYS = {"User-Agent": f"octi/{__version__}", "Accept-Encoding": "identity"}
SCHEMES = {"http": "http", "https": "https", "ws": "http", "wss": "https"}


@attrs.frozen(kw_only=True)
class Patience:
    """How often and after what waits a request is tried again: the official SDKs' figures (protocol 6). Seconds."""

    retries: int = 2
    first_s: float = 0.5  # doubling
    most_s: float = 8.0
    jitter_s: float = 0.25  # the most that is added to a wait
    most_named_s: float = 120.0  # a provider's word for more than this is not taken

    def between(self, on: Callable[[Exception], bool | float]) -> AsyncIterator[stamina.Attempt]:
        """The tries, for `async for`. The deadline is not theirs: tenacity's clock is not Trio's."""
        return aiter(
            stamina.retry_context(
                on=on,
                attempts=1 + self.retries,
                timeout=None,
                wait_initial=self.first_s,
                wait_max=self.most_s,
                wait_jitter=self.jitter_s,
            )
        )


@attrs.frozen(kw_only=True)
class Question:
    """What is asked, so that it can be asked twice."""

    path: str  # below the provider's base, with its slash
    headers: Mapping[str, str] = attrs.field(factory=dict, repr=False)
    content: bytes | None = attrs.field(default=None, repr=False)
    parts: Mapping[str, tuple[None, bytes, str]] | None = attrs.field(
        default=None, repr=False
    )  # a form, as httpx has it
    repeatable: bool = True  # False: asked again only if it surely did not arrive


@attrs.frozen(kw_only=True)
class Exchange:
    """One try, as it went: for metrics, and for who must find it in the provider's books."""

    path: str
    client_request_id: str  # as sent in X-Client-Request-Id
    seconds: float
    status: int | None = None  # None: no answer
    request_id: str | None = None  # the provider's, of its answer


@attrs.define(eq=False)
class Progress:
    """How far a question has come; to be told about it is to make a subclass."""

    def sent(self) -> None:
        """From now on the provider may have heard it."""

    def answered(self, headers: Mapping[str, str]) -> None:
        """The answer's head is here, with a good status; its body is not."""


Noted = Callable[[Exchange], None]


@attrs.frozen
class _Failed(Exception):
    """A try that may be repeated. What stamina logs of it is the fault, in which the key is hidden."""

    fault: ProviderFault
    wait_s: float | None = None  # as the provider says


@attrs.frozen(kw_only=True)
class Asker:
    """Asks one provider. Errors leave it as ProviderFault, without the key."""

    provider: Provider
    client: httpx2.AsyncClient = attrs.field(repr=False)
    timeout_s: float
    patience: Patience
    noted: Noted = attrs.field(repr=False)
    now: Now = attrs.field(default=wall_clock, repr=False)

    async def ask(self, question: Question, progress: Progress | None = None) -> Answer:
        """The provider's answer, which is `ok`. `timeout_s` is for all tries and the waits between them.

        Raises UpstreamRefused, UpstreamBusy, UpstreamLost, UpstreamNonsense.
        """
        told = progress or Progress()
        failed: list[_Failed] = []
        with trio.move_on_after(self.timeout_s) as limit:
            try:
                async for attempt in self.patience.between(lambda error: self._again(error, limit.deadline, failed)):
                    with attempt:
                        return await self._try(question, told)
            except _Failed as last:
                raise last.fault from None
        # Out of time. What went wrong before says more than that.
        raise (
            failed[-1].fault
            if failed
            else UpstreamLost(self.provider.name, Own(f"no answer within {self.timeout_s:g} s"))
        )

    def _again(self, error: Exception, deadline: float, failed: list[_Failed]) -> bool | float:
        """Whether to try again, or after how many seconds."""
        if not isinstance(error, _Failed):
            return False
        failed.append(error)
        if error.wait_s is None or error.wait_s > self.patience.most_named_s:
            return True
        # To wait for longer than anyone waits for us would only keep the caller from knowing.
        return error.wait_s if trio.current_time() + error.wait_s < deadline else False

    async def _try(self, question: Question, progress: Progress) -> Answer:
        hide = hides(self.provider.key)
        try:
            answer = await self._exchange(question, progress)
        except (httpx2.RequestError, httpx2.InvalidURL, UnicodeError) as error:  # a name that cannot even be looked up
            fault = failure(error, self.provider.name, hide)
            if fault.retryable and is_worth_repeating(error, question.repeatable):
                raise _Failed(fault) from None
            raise fault from None
        if answer.ok:
            return answer
        now = self.now()
        fault = refusal(answer, self.provider.name, now, hide)
        if question.repeatable and is_worth_a_retry(answer):
            raise _Failed(fault, named_wait(answer.headers, now))
        raise fault

    async def _exchange(self, question: Question, progress: Progress) -> Answer:
        request_id, began = uuid4().hex, trio.current_time()
        answer: Answer | None = None
        try:
            answer = await self._converse(question, request_id, progress)
            return answer
        finally:
            took = trio.current_time() - began
            status, theirs = (answer.status, answer.request_id) if answer else (None, None)
            self.noted(
                Exchange(
                    path=question.path, client_request_id=request_id, seconds=took, status=status, request_id=theirs
                )
            )

    async def _converse(self, question: Question, request_id: str, progress: Progress) -> Answer:
        wire, told = Wire(progress), [*current_span().headers.items(), (CLIENT_ID, request_id)]
        asking = self.client.stream(
            "POST",
            address(self.provider, question.path),
            headers=_as_bytes([*self.provider.headers(), *question.headers.items(), *told]),
            content=question.content,
            files=question.parts,
            extensions={"trace": wire.trace},
        )
        try:
            async with asking as response:
                if response.is_success:
                    progress.answered(response.headers)
                body = await self._body(response)
        finally:
            await wire.let_go()  # noqa: ASYNC102  closes before it waits
        return Answer(status=response.status_code, headers=response.headers, body=body)

    async def _body(self, response: httpx2.Response) -> bytes:
        """As it came: nothing was asked to be packed, so nothing small can unpack into something vast."""
        packed = response.headers.get("content-encoding", "identity")
        if packed != "identity":
            raise UpstreamNonsense(self.provider.name, f"an answer packed as {packed[:SHOWN_ID]!r}, unasked")
        body = bytearray()
        # Cancelled rather than broken off: httpcore's generators, one in another, are tidy only when left from within.
        with trio.CancelScope() as reading:
            async for piece in response.aiter_raw():
                body += piece
                if len(body) > MOST_BYTES:
                    reading.cancel(reason="the answer is too long")
        if len(body) > MOST_BYTES:
            raise UpstreamNonsense(self.provider.name, Own(f"an answer of more than {MOST_BYTES} bytes"))
        return bytes(body)


@attrs.define(eq=False)
class Wire:
    """The connection of one exchange, as httpcore's trace tells of it."""

    progress: Progress
    _stream: Any = None

    async def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """What httpcore tells."""
        if event == "connection.connect_tcp.complete":
            self._stream = info["return_value"]
        elif event == "http11.send_request_headers.started":
            self.progress.sent()

    async def let_go(self) -> None:
        """Close it, if that was not done. httpcore forgets a connection that is cancelled in its TLS handshake."""
        if self._stream is not None:
            await self._stream.aclose()


def is_worth_repeating(error: Exception, repeatable: bool) -> bool:
    """Whether a request that failed like this may be sent again; one that is not `repeatable` must not have left."""
    return isinstance(error, httpx2.RequestError if repeatable else httpx2.ConnectError)


def address(provider: Provider, path: str) -> str:
    """Where a provider's HTTP endpoint is. Without the password of its base, which clients log.

    Raises ValueError if `base` is no http, https, ws or wss address.
    """
    parts = urlsplit(provider.base)
    if parts.scheme not in SCHEMES or not parts.hostname:
        raise ValueError(f"{masked(provider.base)!r} is not an http, https, ws or wss address")
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((SCHEMES[parts.scheme], host, parts.path.rstrip("/") + path, "", ""))


def _as_bytes(headers: Iterable[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    """Headers as bytes: httpx's complaint about other than ASCII would repeat the key."""
    return [(name.encode(), value.encode()) for name, value in headers]


def _auth(provider: Provider) -> httpx2.BasicAuth | None:
    """A name and password in the address, for a provider that has no key."""
    parts = urlsplit(provider.base)
    if not parts.username or provider.key:
        return None
    return httpx2.BasicAuth(unquote(parts.username), unquote(parts.password or ""))


def ignore(exchange: Exchange) -> None:
    """Note nothing."""


@asynccontextmanager
async def open_asker(
    provider: Provider,
    *,
    tls: ssl.SSLContext | None = None,
    timeout_s: float = 30.0,
    patience: Patience | None = None,
    noted: Noted = ignore,
    transport: httpx2.AsyncBaseTransport | None = None,
) -> AsyncIterator[Asker]:
    """An asker, whose connections are closed at the end.

    tls: None for the system's authorities. noted: is told of every try, and must not fail. transport: what carries the
    requests, for who wants no sockets.

    Raises ValueError if the provider's base is no http, https, ws or wss address.
    """
    address(provider, "")
    # No connection is kept: one that the provider has dropped in the meantime would lose a request of which nobody
    # can say whether it arrived. Nor does the environment (proxies, authorities) have a say.
    limits = httpx2.Limits(max_connections=100, max_keepalive_connections=0)
    carrier = transport or httpx2.AsyncHTTPTransport(
        verify=tls or ssl.create_default_context(), trust_env=False, limits=limits
    )
    async with httpx2.AsyncClient(
        transport=carrier, headers=ALWAYS, auth=_auth(provider), timeout=None, trust_env=False
    ) as client:
        yield Asker(provider=provider, client=client, timeout_s=timeout_s, patience=patience or Patience(), noted=noted)
