"""What octi did not hear."""

import msgspec
import trio
from trio.testing import MockClock

from octi.records import Development, DevelopmentKind, SessionRecord
from octi.session.gap import Gap
from octi.session.keeper import SILENT_S
from octi.session.live import LiveSessions
from octi.session.run import run_session
from octi.session.session import Session
from octi.session.sideband import CallLeg, SidebandDoor
from octi.store.memory import MemoryStore
from octi.units import SessionId
from octi.upstream.base import CallSetup
from octi.upstream.call import Call
from tests.providers import net_to


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


async def gaps_of(scenario: str, lasts_s: float) -> list[Development]:
    """What a session tells of that listens to a call for so long, and is then ended."""
    store, live, name = MemoryStore(), LiveSessions(), SessionId("s")

    async def hang_up() -> bool:
        return True

    async with net_to(scenario) as net:
        session = Session(
            record=SessionRecord(id=name, door="call", upstream="u", model="m", voice="v", created_at=1.0),
            client=CallLeg(hang_up),
            door=SidebandDoor(),
            upstream=Call(net.upstream(), net.ring().id, [None]),
            setup=CallSetup(instructions=None),
            store=store,
            draining=live.draining,
            live=live,
            longest_s=lasts_s,
            now=trio.current_time,
        )
        live.enter(name)
        began = trio.current_time()
        await run_session(session)
        assert trio.current_time() >= began + min(lasts_s, 2)
    return await store.developments(name)


async def test_a_session_that_octi_ends_has_missed_nothing(autojump_clock: MockClock) -> None:
    """However long its provider takes for the goodbye: this one never answers it."""
    deaf = """
    [[faults]]
    kind = "half_open"
    at_s = 5
    """
    assert await gaps_of(deaf, 10.0) == []


async def test_what_a_dead_sideband_did_not_bring_is_told_as_missed(autojump_clock: MockClock) -> None:
    """From when it was heard last, not from when that was noticed."""
    dead = f"""
    limit_s = 600
    [[faults]]
    kind = "half_open"
    on = "session.updated"
    stall_s = {SILENT_S * 2}
    """
    (gap,) = await gaps_of(dead, 300.0)
    told = msgspec.json.decode(gap.body)
    assert told["from"] == 0.0
    assert told["to"] >= SILENT_S


async def test_a_call_that_its_user_ends_has_no_gap_at_its_end(autojump_clock: MockClock) -> None:
    """That there is nothing more to hear shows only with the next try, after a wait that is a random one."""
    left = """
    name = "left"
    caller = [{ wait_for = "session.update" }, { wait_s = 2 }, { leave = true }]
    """
    for _ in range(16):
        assert await gaps_of(left, 300.0) == []
