"""Who is live on a node."""

import trio
from trio.testing import MockClock

from octi.session.live import LiveSessions
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
