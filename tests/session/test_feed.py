"""Who follows which session."""

import trio
from trio.testing import MockClock

from octi.session.feed import Feed
from octi.units import SessionId

ONE, OTHER = SessionId("one"), SessionId("other")


async def test_whoever_follows_a_session_is_woken(autojump_clock: MockClock) -> None:
    """All of its followers, and nobody else's."""
    feed = Feed()
    first, second, elsewhere = feed.follow(ONE), feed.follow(ONE), feed.follow(OTHER)
    feed.announce(ONE)
    await first.wait()
    await second.wait()
    with trio.move_on_after(3600) as waiting:
        await elsewhere.wait()
    assert waiting.cancelled_caught


async def test_what_was_stored_while_nobody_waited_is_not_missed(autojump_clock: MockClock) -> None:
    """Any number of rows is one waking."""
    feed = Feed()
    follower = feed.follow(ONE)
    for _ in range(1000):
        feed.announce(ONE)
    await follower.wait()
    with trio.move_on_after(3600) as waiting:
        await follower.wait()
    assert waiting.cancelled_caught


async def test_a_wait_that_was_given_up_loses_nothing(autojump_clock: MockClock) -> None:
    """The next one returns at once."""
    feed = Feed()
    follower = feed.follow(ONE)
    with trio.move_on_after(1):
        await follower.wait()
    feed.announce(ONE)
    await follower.wait()
    assert trio.current_time() == 1


def test_who_left_leaves_nothing_behind() -> None:
    """Twice is once, and the others stay."""
    feed = Feed()
    first, second = feed.follow(ONE), feed.follow(ONE)
    feed.leave(ONE, first)
    feed.leave(ONE, first)
    assert len(feed) == 1
    feed.leave(ONE, second)
    feed.announce(ONE)
    assert len(feed) == 0
