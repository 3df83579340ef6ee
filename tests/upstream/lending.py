"""A provider in memory whose legs change hands, event by event (`tests.fakes`), for the pool of those that wait."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import attrs
import trio
from structlog.contextvars import bind_contextvars

from octi.errors import ProviderFault
from octi.upstream.base import FreshSetup
from octi.websocket.base import Leg
from octi.websocket.memory import MemoryLeg, memory_legs
from tests.fakes import Peer, Script, greet, play

USUAL = FreshSetup(instructions="Be kind.", prompt_id=None, voice="alloy", transcription_model="t-1")
OTHER = USUAL.saying("Be brief.")
MODEL = "m"


async def created(peer: Peer) -> None:
    """Say that a session is there."""
    await peer.send({"type": "session.created", "session": {"id": "sess_1"}})


async def obliging(peer: Peer) -> None:
    """Be configured as often as it is asked for."""
    await created(peer)
    while True:
        asked = await peer.receive()
        await peer.send({"type": "session.updated", "session": {"id": "sess_1", **asked.get("session", {})}})


async def greeting(peer: Peer) -> None:
    """Be configured, then say nothing more."""
    await greet(peer)
    await trio.sleep_forever()


@attrs.define(eq=False)
class Lending:
    """A `warm_pool.Dials`: every connection gets the next script, or fault; the last one again and again."""

    outside: trio.Nursery  # where the provider lives
    scripts: list[Script | ProviderFault]
    name: str = "scripted"
    request: str | None = None  # what it calls every handshake
    dialled_at: list[float] = attrs.field(factory=list)
    legs: list[MemoryLeg] = attrs.field(factory=list)  # octi's ends

    async def dial(self, model: str) -> Leg:
        await trio.lowlevel.checkpoint()
        script = self.scripts[min(len(self.dialled_at), len(self.scripts) - 1)]
        self.dialled_at.append(trio.current_time())
        if isinstance(script, ProviderFault):
            raise script
        if self.request is not None:
            bind_contextvars(provider_request=self.request)
        near, far = memory_legs()
        self.legs.append(near)
        self.outside.start_soon(play, script, far, name="scripted provider")
        return near

    @asynccontextmanager
    async def lent(self, leg: Leg) -> AsyncIterator[Leg]:
        try:
            yield leg
        finally:
            await leg.close(1000, "the session has ended")  # noqa: ASYNC102  in memory it never waits

    @asynccontextmanager
    async def open(self, model: str) -> AsyncIterator[Leg]:
        async with self.lent(await self.dial(model)) as leg:
            yield leg

    @property
    def open_now(self) -> int:
        """How many legs nobody has closed."""
        return sum(leg._arriving.closed is None for leg in self.legs)


@asynccontextmanager
async def lending(*scripts: Script | ProviderFault) -> AsyncIterator[Lending]:
    """A provider whose every connection gets the next script; behind the block no leg may be open."""
    async with trio.open_nursery() as outside:
        provider = Lending(outside, list(scripts))
        yield provider
        assert provider.open_now == 0, f"{provider.open_now} legs are open"
        outside.cancel_scope.cancel()
