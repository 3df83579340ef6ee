"""A hook that is asked by HTTP: a POST for each turn, signed, answered by a verdict."""

import hashlib
import hmac
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import attrs
import httpx2
import msgspec
import trio

from octi import __version__
from octi.clock import Now, wall_clock
from octi.hooks.base import ALLOWED, HookFailed, Said, Verdict
from octi.hooks.verdicts import read_verdict
from octi.upstream.asking import Progress, Wire

VERSION = 1
MOST_BYTES = 64 << 10  # of an answer
TRIES = 2  # within the deadline: a connection that was kept may have been dropped just now
TIMESTAMP, SIGNATURE, ASKED = "Octi-Timestamp", "Octi-Signature", "Octi-Hook-Id"
ALWAYS = {
    "User-Agent": f"octi/{__version__}",
    "Content-Type": "application/json",
    "Accept": "application/json",
    "Accept-Encoding": "identity",
}


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """HMAC-SHA256 of `timestamp.body`, as the header has it. The `v1` is this way of signing."""
    return "v1=" + hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def question(said: Said, name: str) -> bytes:
    """What is asked, as JSON. name: the same if it is asked twice."""
    return msgspec.json.encode({"version": VERSION, "event": "turn", "id": name, **attrs.asdict(said)})


@attrs.frozen
class Webhook:
    """Asks one address. Redirects are not followed: a turn goes to nobody but who was named."""

    url: str = attrs.field(repr=False)
    secret: str = attrs.field(repr=False)  # "": nothing is signed
    client: httpx2.AsyncClient = attrs.field(repr=False)
    now: Now = attrs.field(default=wall_clock, repr=False)
    name: str = "webhook"

    async def judge(self, said: Said) -> Verdict:
        """See `Hook.judge`. It waits as long as it is let."""
        name = uuid4().hex
        body = question(said, name)
        for left in reversed(range(TRIES)):
            try:
                return await self._ask(body, name)
            except httpx2.TransportError as error:
                if not left:
                    raise HookFailed(f"it cannot be reached ({type(error).__name__})") from None
        raise AssertionError("there is a last try")

    def _headers(self, body: bytes, name: str) -> dict[str, str]:
        stamp = str(int(self.now()))
        signed = {SIGNATURE: signature(self.secret, stamp, body)} if self.secret else {}
        return {TIMESTAMP: stamp, ASKED: name, **signed}

    async def _ask(self, body: bytes, name: str) -> Verdict:
        wire = Wire(Progress())
        try:
            headers = self._headers(body, name)
            asking = self.client.stream(
                "POST", self.url, content=body, headers=headers, extensions={"trace": wire.trace}
            )
            async with asking as response:
                return verdict_of(response.status_code, await _body(response))
        except BaseException:  # raised again: httpcore forgets a connection that is cancelled in its TLS handshake
            await wire.let_go()  # noqa: ASYNC102, ASYNC120  closes before it waits
            raise


def verdict_of(status: int, body: bytes) -> Verdict:
    """What an answer says. 204 allows. Raises HookFailed."""
    match status:
        case 200:
            return read_verdict(body)
        case 204:
            return ALLOWED
        case _ if 300 <= status < 400:
            raise HookFailed(f"it answered {status}, and redirects are not followed")
        case _:
            raise HookFailed(f"it answered {status}")


async def _body(response: httpx2.Response) -> bytes:
    """As it came, up to the bound: nothing was asked to be packed. Raises HookFailed."""
    if response.headers.get("content-encoding", "identity") != "identity":
        raise HookFailed("its answer is packed, unasked")
    body = bytearray()
    # Cancelled rather than broken off: httpcore's generators, one in another, are tidy only when left from within.
    with trio.CancelScope() as reading:
        async for piece in response.aiter_raw():
            body += piece
            if len(body) > MOST_BYTES:
                reading.cancel(reason="the answer is too long")
    if len(body) > MOST_BYTES:
        raise HookFailed(f"its answer is longer than {MOST_BYTES} bytes")
    return bytes(body)


@asynccontextmanager
async def open_webhook(
    url: str,
    secret: str = "",
    *,
    at_once: int = 32,
    now: Now = wall_clock,
    tls: ssl.SSLContext | None = None,
    transport: httpx2.AsyncBaseTransport | None = None,
) -> AsyncIterator[Webhook]:
    """A webhook, whose connections are kept between turns and closed at the end. tls: None for the system's trust."""
    limits = httpx2.Limits(max_connections=at_once, max_keepalive_connections=at_once, keepalive_expiry=30.0)
    carrier = transport or httpx2.AsyncHTTPTransport(
        verify=tls or ssl.create_default_context(), trust_env=False, limits=limits
    )
    async with httpx2.AsyncClient(
        transport=carrier, headers=ALWAYS, timeout=None, trust_env=False, follow_redirects=False
    ) as client:
        yield Webhook(url, secret, client, now)
