"""A whole octi over real loopback, to be attacked with raw bytes; it must be as it was when the attacker has left."""

import os
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import attrs
import trio

from octi.clock import wall_clock
from octi.config import read_config
from octi.crowd import Crowd
from octi.front import open_listeners
from octi.guard.gate import gate_of
from octi.guard.keys import digest, keys_in
from octi.serve import address_of, serve_services
from octi.session.live import LiveSessions
from octi.testing import Provider, in_memory
from octi.websocket.base import Leg
from tests import parts
from tests.providers import QUIET

NOTHING_SET: Mapping[str, str] = {}
SOON_S = 10.0  # real time, in which anything must have happened that has to
KEY = "dGhlIHNhbXBsZSBub25jZQ=="
GUARDED = {"OCTI_API_KEYS": f"somebody:mint+sessions+operate:{digest('nobody knows this key')}"}
SERVERS = (b"hypercorn", b"quart", b"werkzeug", b"python", b"trio", b"h11", b"websockets", b"traceback")


@attrs.frozen
class Answer:
    """One HTTP answer, or what came instead: b"" for a connection that was ended without a word."""

    raw: bytes

    @property
    def status(self) -> int:
        return int(self.raw.split(b" ", 2)[1]) if self.raw.startswith(b"HTTP/1.1 ") else 0

    @property
    def head(self) -> bytes:
        return self.raw.partition(b"\r\n\r\n")[0]

    @property
    def body(self) -> bytes:
        return self.raw.partition(b"\r\n\r\n")[2]

    @property
    def headers(self) -> Mapping[str, str]:
        lines = (line.partition(b":") for line in self.head.split(b"\r\n")[1:])
        return {name.decode().lower(): value.strip().decode("latin-1") for name, _, value in lines}

    @property
    def statuses(self) -> list[int]:
        """Of all the answers that came one after the other."""
        return [int(each[:3]) for each in self.raw.split(b"HTTP/1.1 ")[1:]]


@attrs.define(eq=False)
class Behind:
    """An `Upstream` that leads to one provider."""

    provider: Provider
    name: str = "simulated"
    opened: int = 0

    @asynccontextmanager
    async def open(self, model: str) -> AsyncIterator[Leg]:
        self.opened += 1
        async with self.provider.open(model) as leg:
            yield leg


@attrs.define(eq=False)
class Target:
    """An octi that serves in this process."""

    port: int
    live: LiveSessions
    crowd: Crowd
    provider: Behind

    async def connect(self) -> trio.SocketStream:
        return await trio.open_tcp_stream("127.0.0.1", self.port)

    async def say(self, said: bytes, *, ends: bool = True) -> Answer:
        """What comes of a connection's words, until octi ends it. ends: they are all that there is."""
        async with await self.connect() as stream:
            try:
                await stream.send_all(said)
                if ends:
                    await stream.send_eof()
            except trio.BrokenResourceError:
                pass  # octi had enough before the end
            return Answer(await hear_out(stream))

    async def get(self, path: str, **headers: str) -> Answer:
        lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
        return await self.say(
            f"GET {path} HTTP/1.1\r\nHost: {self.host}\r\nConnection: close\r\n{lines}\r\n".encode(), ends=False
        )

    async def post(self, path: str, body: bytes, **headers: str) -> Answer:
        lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
        length = f"Content-Length: {len(body)}\r\nContent-Type: application/json\r\n{lines}"
        head = f"POST {path} HTTP/1.1\r\nHost: {self.host}\r\nConnection: close\r\n{length}\r\n"
        return await self.say(head.encode() + body, ends=False)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @asynccontextmanager
    async def socket(self, path: str = "/ws/realtime") -> AsyncIterator[trio.SocketStream]:
        """A stream whose upgrade was accepted; its bytes are whoever's who asked for it."""
        async with await self.connect() as stream:
            await stream.send_all(upgrade(path, self.host))
            head = b""
            with trio.fail_after(SOON_S):
                while b"\r\n\r\n" not in head:
                    head += await stream.receive_some()
            assert head.startswith(b"HTTP/1.1 101 "), head
            yield stream

    async def is_well(self) -> None:
        """It answers, others talk with it, and in a moment nothing is left of whoever came before."""
        assert (await self.get("/livez")).status == 200
        async with self.socket() as stream:
            await stream.send_all(frame(b'{"type":"start_conversation"}'))
            with trio.fail_after(SOON_S):
                assert await stream.receive_some()
        with trio.fail_after(SOON_S):
            while len(self.crowd) or len(self.live):  # noqa: ASYNC110  closing is not announced
                await trio.sleep(0.01)


@asynccontextmanager
async def target(
    settings: Mapping[str, str] = NOTHING_SET, *, crowd: Crowd | None = None, tls: ssl.SSLContext | None = None
) -> AsyncIterator[Target]:
    """An octi with a provider that has nothing to say."""
    config = read_config({"OCTI_STORE_URL": "sqlite:///:memory:", **settings})
    crowd, live, stopping = Crowd() if crowd is None else crowd, LiveSessions(), trio.Event()
    listeners = await open_listeners("127.0.0.1", 0, tls)
    async with in_memory(QUIET, judge=False) as quiet, trio.open_nursery() as nursery:
        provider = Behind(quiet)
        services = parts.node(provider, nursery, config=config, live=live, now=wall_clock)
        gate = gate_of(config.access, config.listen.host, keys_in(config.access.api_keys))
        services = attrs.evolve(services, gate=gate)
        nursery.start_soon(serve_services, services, listeners, stopping, lambda line: None, crowd)
        yield Target(int(address_of(listeners[0], "127.0.0.1").rpartition(":")[2]), live, crowd, provider)
        live.draining.set()
        stopping.set()
        nursery.cancel_scope.deadline = trio.current_time() + SOON_S


async def hear_out(stream: trio.SocketStream) -> bytes:
    """All that comes, until octi ends the connection."""
    heard = b""
    with trio.fail_after(SOON_S):
        try:
            while data := await stream.receive_some():
                heard += data
        except trio.BrokenResourceError:
            pass  # a reset: octi had not read all
    return heard


def upgrade(path: str = "/ws/realtime", host: str = "octi.example", more: str = "") -> bytes:
    """A request for a socket."""
    return (
        f"GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {KEY}\r\nSec-WebSocket-Version: 13\r\n{more}\r\n"
    ).encode()


def frame(data: bytes, opcode: int = 1, *, fin: bool = True, masked: bool = True, reserved: int = 0) -> bytes:
    """One frame, by RFC 6455 or not. The mask is zero: what is said is what is sent."""
    first = bytes([(0x80 if fin else 0) | reserved << 4 | opcode])
    mask = 0x80 if masked else 0
    if len(data) < 126:
        size = bytes([mask | len(data)])
    elif len(data) < 1 << 16:
        size = bytes([mask | 126]) + len(data).to_bytes(2, "big")
    else:
        size = bytes([mask | 127]) + len(data).to_bytes(8, "big")
    return first + size + (bytes(4) if masked else b"") + data


def resident_bytes() -> int:
    """How much memory this process has."""
    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")
