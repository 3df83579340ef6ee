"""What octi did not hear."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import attrs
import msgspec
import trio
from trio.testing import MockClock

from octi.errors import CallOver
from octi.records import Development, DevelopmentKind, SessionRecord
from octi.session.gap import Gap
from octi.session.keeper import SILENT_S
from octi.session.live import LiveSessions
from octi.session.run import Session, run_session
from octi.session.sideband import CallLeg, SidebandDoor
from octi.store.memory import MemoryStore
from octi.units import SessionId
from octi.upstream.base import CallSetup
from octi.websocket.base import Leg
from tests.fakes import MemoryUpstream, Peer, wait_for


class Clock:
    """A time of day that is set by hand."""

    def __init__(self) -> None:
        self.at = 100.0

    def __call__(self) -> float:
        return self.at


def test_the_time_between_two_sidebands_is_a_gap() -> None:
    """With its beginning and its end."""
    clock = Clock()
    gap = Gap(SessionId("s"), clock)
    gap.open()
    clock.at = 107.5
    (row,) = gap.shut()
    assert (row.session, row.kind, row.at) == ("s", DevelopmentKind.GAP, 107.5)
    body = msgspec.json.decode(row.body)
    assert (body["from"], body["to"]) == (100.0, 107.5)
    assert body["why"]


def test_the_first_sideband_has_missed_nothing() -> None:
    """There was no conversation that octi had heard of."""
    assert Gap(SessionId("s"), Clock()).shut() == []


def test_a_gap_is_told_once() -> None:
    """And the next one has a name of its own."""
    clock = Clock()
    gap = Gap(SessionId("s"), clock)
    gap.open()
    (first,) = gap.shut()
    assert gap.shut() == []
    gap.open()
    (second,) = gap.shut()
    assert first.id != second.id


def test_a_short_gap_before_the_end_is_the_end() -> None:
    """A session that leaves its call has not missed anything."""
    clock = Clock()
    gap = Gap(SessionId("s"), clock)
    gap.open()
    assert gap.shut(least_s=1.0) == []
    gap.open()
    clock.at += 2
    assert len(gap.shut(least_s=1.0)) == 1


def test_a_gap_begins_where_the_silence_did() -> None:
    """A connection that is dead is found to be so a minute later."""
    clock = Clock()
    gap = Gap(SessionId("s"), clock)
    gap.open(silent_s=60.0)
    (row,) = gap.shut()
    assert msgspec.json.decode(row.body)["from"] == 40.0


# In a session


async def heard(peer: Peer) -> None:
    """Let octi in, and stay."""
    await wait_for(peer, "session.update")
    await peer.send({"type": "session.updated", "session": {"type": "realtime"}})
    while True:
        await peer.receive()


async def gaps_of(upstream: MemoryUpstream, lasts_s: float) -> list[Development]:
    """What a session tells of that listens for so long, and is then ended."""
    store, live, name = MemoryStore(), LiveSessions(), SessionId("s")

    async def hang_up() -> bool:
        return True

    session = Session(
        record=SessionRecord(id=name, door="call", upstream="u", model="m", voice="v", created_at=1.0),
        client=CallLeg(name, hang_up),
        door=SidebandDoor(),
        upstream=upstream,
        setup=CallSetup(instructions=None),
        store=store,
        draining=live.draining,
        live=live,
        longest_s=lasts_s,
        now=trio.current_time,
    )
    live.enter(name)
    await run_session(session)
    return await store.developments(name)


@attrs.define(eq=False)
class SlowToLeave(MemoryUpstream):
    """A provider that does not answer a goodbye: its sockets take their two seconds to close."""

    @asynccontextmanager
    async def open(self, model: str) -> AsyncIterator[Leg]:
        async with MemoryUpstream.open(self, model) as leg:
            try:
                yield leg
            finally:
                with trio.CancelScope(shield=True):
                    await trio.sleep(2)


@attrs.define
class Dead:
    """A leg that nothing comes from any more, not even an answer to a ping, since it was opened."""

    leg: Leg
    heard_at: float = attrs.field(factory=trio.current_time)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.leg, name)


@attrs.define(eq=False)
class FirstDead(MemoryUpstream):
    """The first of its legs is."""

    @asynccontextmanager
    async def open(self, model: str) -> AsyncIterator[Leg]:
        async with MemoryUpstream.open(self, model) as leg:
            yield cast(Leg, Dead(leg)) if self.opened == 1 else leg


async def test_a_session_that_octi_ends_has_missed_nothing(autojump_clock: MockClock) -> None:
    """However long its provider takes for the goodbye."""
    assert await gaps_of(SlowToLeave([heard]), 10.0) == []


async def test_what_a_dead_sideband_did_not_bring_is_told_as_missed(autojump_clock: MockClock) -> None:
    """From when it was heard last, not from when that was noticed."""
    (gap,) = await gaps_of(FirstDead([heard, heard]), 300.0)
    told = msgspec.json.decode(gap.body)
    assert told["from"] == 0.0
    assert told["to"] >= SILENT_S


@attrs.define(eq=False)
class HungUp(MemoryUpstream):
    """A call whose user hangs up: its sideband is closed, and the next one is refused."""

    @asynccontextmanager
    async def open(self, model: str) -> AsyncIterator[Leg]:
        if self.opened:
            raise CallOver(self.name)
        async with MemoryUpstream.open(self, model) as leg:
            yield leg


async def heard_to_the_end(peer: Peer) -> None:
    """Let octi in, and then it is over."""
    await wait_for(peer, "session.update")
    await peer.send({"type": "session.updated", "session": {"type": "realtime"}})
    await peer.close(1000)


async def test_a_call_that_its_user_ends_has_no_gap_at_its_end(autojump_clock: MockClock) -> None:
    """That there is nothing more to hear shows only with the next try, after a wait that is a random one."""
    for _ in range(16):
        assert await gaps_of(HungUp([heard_to_the_end]), 300.0) == []
