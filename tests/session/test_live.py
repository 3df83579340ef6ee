"""Who is live on a node."""

import attrs
import pytest
import trio
from trio.testing import MockClock

from octi.errors import Full
from octi.records import SessionRecord
from octi.session.live import LiveSessions
from octi.session.summary import Doing, Summary
from octi.units import SessionId

ONE, OTHER = SessionId("one"), SessionId("other")


async def test_sessions_are_counted_while_they_live() -> None:
    """Leaving twice is leaving once."""
    live = LiveSessions()
    live.enter(ONE)
    live.enter(OTHER)
    assert len(live) == 2
    live.leave(ONE)
    live.leave(ONE)
    assert len(live) == 1


async def test_nobody_waits_for_an_empty_node() -> None:
    """At once."""
    with trio.fail_after(1):
        await LiveSessions().wait_empty()


async def test_whoever_drains_waits_for_the_last_to_leave(autojump_clock: MockClock) -> None:
    """And not only for the next."""
    live = LiveSessions()
    for session in (ONE, OTHER):
        live.enter(session)

    async def leave_after(seconds: float, session: SessionId) -> None:
        await trio.sleep(seconds)
        live.leave(session)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(leave_after, 1, ONE)
        nursery.start_soon(leave_after, 3, OTHER)
        await live.wait_empty()
        assert trio.current_time() == 3


async def test_a_session_is_told_to_end_by_its_name(autojump_clock: MockClock) -> None:
    """And the others are not."""
    live = LiveSessions()
    live.enter(ONE)
    live.enter(OTHER)
    assert live.dismiss(ONE)
    await live.wait_dismissed(ONE)
    with trio.move_on_after(3600) as waiting:
        await live.wait_dismissed(OTHER)
    assert waiting.cancelled_caught


def test_a_session_that_ends_for_good_is_known_as_such_while_it_ends() -> None:
    """Its record says so; a later life of another leg does not."""
    live = LiveSessions()
    assert not live.dismiss(ONE, for_good=True)
    live.enter(ONE)
    live.dismiss(ONE)
    assert not live.is_closing(ONE)
    live.dismiss(ONE, for_good=True)
    assert live.is_closing(ONE)
    live.leave(ONE)
    assert not live.is_closing(ONE)


async def test_who_is_not_here_cannot_be_told(autojump_clock: MockClock) -> None:
    """Neither before it entered nor after it left."""
    live = LiveSessions()
    assert not live.dismiss(ONE)
    live.enter(ONE)
    assert ONE in live
    live.leave(ONE)
    assert ONE not in live
    assert not live.dismiss(ONE)
    with trio.move_on_after(3600) as waiting:
        await live.wait_dismissed(ONE)
    assert waiting.cancelled_caught


async def test_whoever_ended_a_session_waits_until_it_has_left(autojump_clock: MockClock) -> None:
    """That one, not any; and not at all for one that is not here."""
    live = LiveSessions()
    live.enter(ONE)
    live.enter(OTHER)

    async def leave_one_after_the_other() -> None:
        for session in (OTHER, ONE):
            await trio.sleep(1)
            live.leave(session)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(leave_one_after_the_other)
        await live.wait_left(ONE)
        assert trio.current_time() == 2
        await live.wait_left(ONE)


async def test_a_node_does_not_drain_until_it_is_told_to() -> None:
    """And then for good."""
    live = LiveSessions()
    assert not live.draining.is_set()
    live.draining.set()
    assert live.draining.is_set()


@attrs.define(eq=False)
class NotedControl:
    """A session that may be steered, and takes five seconds to store its turns."""

    told: list[str] = attrs.field(factory=list)

    def steer(self, instructions: str) -> None:
        self.told.append(instructions)

    async def wait_stored(self) -> None:
        await trio.sleep(5)

    def depths(self) -> dict[str, int]:
        return {"rows": len(self.told)}

    def summary(self) -> Summary:
        record = SessionRecord(id=ONE, door="octi", upstream="u", model="m", voice="", created_at=1.0)
        return Summary(
            record=record,
            peer="",
            lasted_s=2.0,
            doing=Doing.LISTENING,
            turns=3,
            wait_s=None,
            responses=0,
            tokens=0,
            depths=self.depths(),
        )


def test_a_session_enters_once_at_a_time() -> None:
    """Who is told that it is taken leaves it alone."""
    live = LiveSessions()
    assert live.enter(ONE)
    assert not live.enter(ONE)
    live.leave(ONE)
    assert live.enter(ONE)


def test_a_full_node_lets_nobody_in() -> None:
    """Until somebody leaves; who is here already is told just that."""
    live = LiveSessions(most=1)
    live.enter(ONE)
    with pytest.raises(Full, match="1 sessions are live"):
        live.enter(OTHER)
    assert not live.enter(ONE)
    live.leave(ONE)
    assert live.enter(OTHER)


async def test_a_live_session_is_steered_by_its_name(autojump_clock: MockClock) -> None:
    """One that is not here, or no longer, is not."""
    live, control = LiveSessions(), NotedControl()
    live.enter(ONE)
    live.take(ONE, control)
    assert live.steer(ONE, "now")
    assert not live.steer(OTHER, "elsewhere")
    live.leave(ONE)
    assert not live.steer(ONE, "late")
    assert control.told == ["now"]


def test_what_a_session_is_told_before_it_can_be_steered_waits_for_it() -> None:
    """It may have read its instructions a moment before; of several the last count, and none of an earlier life."""
    live, control, later = LiveSessions(), NotedControl(), NotedControl()
    live.enter(ONE)
    assert live.steer(ONE, "older")
    assert live.steer(ONE, "newer")
    live.take(ONE, control)
    assert control.told == ["newer"]
    live.leave(ONE)
    live.enter(ONE)
    assert live.steer(ONE, "for an earlier life")
    live.leave(ONE)
    live.enter(ONE)
    live.take(ONE, later)
    assert later.told == []


async def test_a_sessions_turns_can_be_waited_for(autojump_clock: MockClock) -> None:
    """Those of a session that is not here are stored already."""
    live = LiveSessions()
    await live.settle(ONE)
    assert trio.current_time() == 0
    live.enter(ONE)
    live.take(ONE, NotedControl())
    await live.settle(ONE)
    assert trio.current_time() == 5


async def test_a_clients_signs_of_life_are_remembered_while_it_lives(autojump_clock: MockClock) -> None:
    """The last one; and nothing of an earlier life."""
    live = LiveSessions()
    assert not live.beat(ONE)
    live.enter(ONE)
    assert live.last_beat(ONE) is None
    await trio.sleep(3)
    assert live.beat(ONE)
    assert live.last_beat(ONE) == 3
    live.leave(ONE)
    assert live.last_beat(ONE) is None


async def test_a_session_that_is_about_to_leave_can_be_waited_for(autojump_clock: MockClock) -> None:
    """One that is not, or not here, is not waited for; and the next life of a session begins anew."""
    live = LiveSessions()
    live.part(ONE)
    live.enter(ONE)
    await live.wait_parted(ONE)
    live.part(ONE)

    async def leave() -> None:
        await trio.sleep(3)
        live.leave(ONE)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(leave)
        await live.wait_parted(ONE)
        assert trio.current_time() == 3
    live.enter(ONE)
    await live.wait_parted(ONE)
    assert trio.current_time() == 3


def test_who_is_here_is_named_in_order_and_tells_what_it_does() -> None:
    """One that cannot be steered yet tells nothing; nor does one that is not here."""
    live = LiveSessions()
    live.enter(OTHER)
    live.enter(ONE)
    live.take(ONE, NotedControl())
    assert live.names() == [OTHER, ONE]
    assert [summary and summary.turns for summary in map(live.summary, live.names())] == [None, 3]
    live.leave(ONE)
    assert (live.names(), live.summary(ONE)) == ([OTHER], None)


def test_a_census_names_who_is_here_with_what_waits_in_them() -> None:
    """One that cannot be steered yet has nothing to tell; who has left is not named."""
    live, control = LiveSessions(), NotedControl()
    live.enter(ONE)
    live.enter(OTHER)
    live.take(ONE, control)
    live.steer(ONE, "now")
    assert live.census() == {ONE: {"rows": 1}, OTHER: {}}
    live.leave(ONE)
    live.leave(OTHER)
    assert live.census() == {}
