"""A session in memory: a client that the test plays, a simulated provider, a store, virtual time."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import attrs
import msgspec
import trio

from octi.hooks.judge import Judge
from octi.observe.base import Observer
from octi.realtime.octi_protocol import OctiDoor
from octi.realtime.passthrough import RealtimeDoor
from octi.records import SessionRecord, Turn
from octi.session.door import Door
from octi.session.live import LiveSessions
from octi.session.run import run_session
from octi.session.session import Session
from octi.session.watch import Watch
from octi.store.base import Store
from octi.store.memory import MemoryStore
from octi.units import SessionId
from octi.upstream.base import FreshSetup, Upstream
from octi.websocket.base import LegClosed, Message
from octi.websocket.memory import MemoryLeg, memory_legs
from tests.providers import legs_to

ID = SessionId("11111111-2222-3333-4444-555555555555")
SETUP = FreshSetup(instructions="Be kind.", prompt_id=None, voice="alloy", transcription_model="whisper-1")


@attrs.define(eq=False)
class Client:
    """The client's end."""

    leg: MemoryLeg
    heard: list[Message] = attrs.field(factory=list)
    closed: LegClosed | None = None
    _moved: trio.lowlevel.ParkingLot = attrs.field(factory=trio.lowlevel.ParkingLot)

    def say(self, **message: Any) -> None:
        """Send a JSON message."""
        self.leg.send(msgspec.json.encode(message))

    def speak(self, pcm: bytes) -> None:
        """Send audio."""
        self.leg.send(pcm, text=False)

    async def listen(self) -> None:
        """Hear everything until the close."""
        try:
            while True:
                self.heard += await self.leg.receive()
                self._moved.unpark_all()
        except LegClosed as closed:
            self.closed = closed

    def told(self) -> list[dict[str, Any]]:
        """The JSON messages so far."""
        return [msgspec.json.decode(message.data) for message in self.heard if message.text]

    def kinds(self) -> list[str]:
        """Their types."""
        return [message["type"] for message in self.told()]

    def sound(self) -> int:
        """The bytes of audio so far."""
        return sum(len(message.data) for message in self.heard if not message.text)

    async def wait_kind(self, kind: str, count: int = 1) -> dict[str, Any]:
        """The count-th message of a type, once it is there; fails after an hour of the session's time."""
        with trio.fail_after(3600):
            return await self._wait(kind, count)

    async def _wait(self, kind: str, count: int) -> dict[str, Any]:
        while True:
            found = [message for message in self.told() if message["type"] == kind]
            if len(found) >= count:
                return found[count - 1]
            await self._moved.park()


@attrs.define(eq=False)
class Talk:
    """A session under way."""

    client: Client
    store: Store
    draining: trio.Event
    ended: trio.Event = attrs.field(factory=trio.Event)
    record: SessionRecord | None = None

    async def turns(self) -> list[tuple[str, str, bool]]:
        """What is stored: role, text, interrupted."""
        return [(turn.role.value, turn.text, turn.interrupted) for turn in await self.stored()]

    async def stored(self) -> list[Turn]:
        """The stored turns."""
        return await self.store.turns(ID)

    async def end(self) -> SessionRecord:
        """The stored record, once the session has ended."""
        await self.ended.wait()
        record = await self.store.session(ID)
        assert record is not None
        return record


def new_session(client: MemoryLeg, door: Door, upstream: Upstream, store: Store, draining: trio.Event) -> Session:
    """A session that waits for nothing but to be run."""
    record = SessionRecord(id=ID, door=door.name, upstream=upstream.name, model="m", voice="alloy", created_at=1.0)
    return Session(
        record=record,
        client=client,
        door=door,
        upstream=upstream,
        setup=SETUP,
        store=store,
        draining=draining,
        longest_s=3600,
        now=lambda: 2.0,
    )


@asynccontextmanager
async def talking(
    provider: Upstream | str,
    *,
    door: Door | None = None,
    store: Store | None = None,
    longest_s: float = 3600,
    deaf: bool = False,
    live: LiveSessions | None = None,
    observer: Observer | None = None,
    judge: Judge | None = None,
) -> AsyncIterator[Talk]:
    """A session with an attentive client (unless `deaf`); over when the block ends, if it is not before.

    `provider`: an upstream, or the scenario of one, which is judged.
    """
    near, far = memory_legs()
    talk = Talk(Client(far), store or MemoryStore(), trio.Event() if live is None else live.draining)

    async def run(upstream: Upstream) -> None:
        session = new_session(near, door or OctiDoor(), upstream, talk.store, talk.draining)
        among = session.live if live is None else live
        watched_by = observer or session.observer
        talk.record = await run_session(
            attrs.evolve(session, longest_s=longest_s, live=among, observer=watched_by, judge=judge)
        )
        talk.ended.set()

    async with AsyncExitStack() as stack:
        if isinstance(provider, str):
            provider = await stack.enter_async_context(legs_to(provider))
        nursery = await stack.enter_async_context(trio.open_nursery())
        nursery.start_soon(run, provider)
        if not deaf:
            nursery.start_soon(talk.client.listen)
        yield talk
        await far.close(1000, "test over")
        await talk.ended.wait()


__all__ = ["ID", "Client", "RealtimeDoor", "Talk", "new_session", "talking"]


def watched(clock: Callable[[], float] = trio.current_time) -> Watch:
    """A session's watch, which tells nobody."""
    record = SessionRecord(id=SessionId("s"), door="octi", upstream="u", model="m", voice="v", created_at=1.0)
    return Watch(record, clock=clock)
