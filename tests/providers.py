"""Providers for octi's own tests: scenarios (docs/scenarios.md) in memory, on virtual time.

`legs_to` gives their legs as a session sees them; `net_to` what octi dials to reach them.
"""

import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, cast

import attrs
import msgspec
import trio

from octi.simulator.calls import Call
from octi.simulator.house import House
from octi.simulator.http import serve_connection
from octi.simulator.opening import Opening
from octi.simulator.routes import Routes
from octi.simulator.script import Script
from octi.simulator.sockets import Sockets
from octi.testing import Provider, in_memory
from octi.upstream.base import Upstream
from octi.upstream.dial import Dialled
from octi.upstream.embedded import Embedded
from octi.upstream.provider import Provider as Address
from octi.websocket.base import Leg
from tests.streams import WindowStream, window_stream_pair

Event = dict[str, Any]

UNUSED = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # the usual one loads the machine's authorities: 20 ms
SIMULATED = Address(name="simulated", base="ws://provider/v1", key="sk-secret")

QUIET = 'name = "quiet"\n'  # it has nothing to say by itself, and expects nothing
MORNING = """
[[turn]]
heard = "Hello?"
say = "Good morning."
optional = true
"""
SPEECH = b"\xe8\x03" * 24 * 256  # as much voice as makes a word, in PCM16 at 24 kHz
VOICE = SPEECH + bytes(48 * 640)  # and the silence that makes it a turn


async def nobody(leg: Leg, model: str) -> None:
    """A conversation that ends before it begins."""


NOBODY: Upstream = Embedded(nobody)  # for nodes whose provider is never asked


@attrs.define(eq=False)
class Noted:
    """A leg, and what octi sends on it."""

    leg: Leg
    sent: list[Event] = attrs.field(factory=list)

    def send(self, data: bytes, *, text: bool = True, audio: bool = False) -> None:
        self.sent.append(msgspec.json.decode(data))
        self.leg.send(data, text=text, audio=audio)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.leg, name)


@attrs.define(eq=False)
class Legs:
    """An `Upstream` whose every leg leads to the next of its providers, the last one again and again."""

    providers: list[Provider]
    name: str = "simulated"
    open_now: int = 0
    legs: list[Noted] = attrs.field(factory=list)  # that were ever opened

    @property
    def opened(self) -> int:
        """How many legs there ever were."""
        return len(self.legs)

    def sent(self, kind: str, leg: int = 0) -> list[Event]:
        """What octi sent of a type, on one of the legs."""
        return [event for event in self.legs[leg].sent if event["type"] == kind]

    @asynccontextmanager
    async def open(self, model: str) -> AsyncIterator[Leg]:
        provider = self.providers[min(self.opened, len(self.providers) - 1)]
        async with provider.open(model) as leg:
            self.legs.append(Noted(leg))
            self.open_now += 1
            try:
                yield cast(Leg, self.legs[-1])
            finally:
                self.open_now -= 1


@asynccontextmanager
async def legs_to(*scenarios: str, judge: bool = True) -> AsyncIterator[Legs]:
    """One provider for each scenario. Behind the block each must have been met as it says, if that is to be judged."""
    async with AsyncExitStack() as stack:
        yield Legs([await stack.enter_async_context(in_memory(scenario, judge=judge)) for scenario in scenarios])


@attrs.define(eq=False)
class Net:
    """Where octi's dialling leads to: a provider's port, over streams that hold little at once.

    Of several each connection leads to the next, the last one again and again.
    """

    providers: list[Provider]
    outside: trio.Nursery  # where the provider lives: it is nobody's child in octi
    window: int = 2048
    streams: list[WindowStream] = attrs.field(factory=list)  # octi's ends
    _left: list[trio.Event] = attrs.field(factory=list)  # a connection is over

    @property
    def house(self) -> House:
        """Of the first provider."""
        return self.providers[0].house

    def upstream(self) -> Dialled:
        """octi's real dialling, into this net."""
        return Dialled(provider=SIMULATED, max_message_bytes=1 << 20, connect=self.connect, tls=UNUSED)

    async def connect(self, host: str, port: int) -> trio.abc.Stream:
        """As `provider.connect`, whose streams hold anything: no send to them ever waits, or is cut in half."""
        await trio.lowlevel.checkpoint()
        near, far = window_stream_pair(self.window)
        provider = self.providers[min(len(self.streams), len(self.providers) - 1)]
        self.streams.append(near)
        self._left.append(trio.Event())
        self.outside.start_soon(self._serve, far, provider.house, self._left[-1])
        return near

    async def serve(self, stream: trio.abc.Stream, tls: ssl.SSLContext | None = None) -> None:
        """The first provider's side of a connection that somebody else has made."""
        await serve_connection(stream, Routes(self.house), Sockets(self.house))

    async def _serve(self, far: WindowStream, house: House, left: trio.Event) -> None:
        await serve_connection(far, Routes(house), Sockets(house))
        left.set()

    def ring(self, secret: str | None = None, *, transcribed: bool = True) -> Call:
        """Somebody makes a call, with octi's key or a client secret; its caller begins to speak by the script."""
        theirs = {"type": "function", "name": "theirs", "parameters": {"type": "object"}}
        session: Event = {"type": "realtime", "instructions": "Hello.", "tools": [theirs]}
        if transcribed:
            session["audio"] = {"input": {"transcription": {"model": "t-1"}}}
        return self.house.calls.open(Opening("m", self.house.now(), (session,)), secret or str(SIMULATED.key))

    def mint(self, seconds: int = 600) -> str:
        """A client secret. seconds: for how long it is one."""
        return self.house.keys.mint({}, seconds).value

    async def wait_left(self) -> None:
        """Return when no connection is left."""
        for left in self._left:
            await left.wait()


@asynccontextmanager
async def net_to(*scenarios: str | Script, key: str = "", judge: bool = True) -> AsyncIterator[Net]:
    """As `legs_to`, one layer below. `key`: the one that is taken; "": any."""
    async with AsyncExitStack() as stack:
        entering = (in_memory(scenario, key=key, judge=judge) for scenario in scenarios)
        providers = [await stack.enter_async_context(each) for each in entering]
        outside = await stack.enter_async_context(trio.open_nursery())
        yield Net(providers, outside)
        outside.cancel_scope.cancel()
