"""octi/session/summary.py: a session at one moment, read off one that talks."""

import trio
from trio.testing import MockClock

from octi.session.live import LiveSessions
from octi.session.summary import Doing, Summary
from tests.providers import MORNING, VOICE
from tests.session.talks import ID, talking


async def test_a_session_tells_what_it_is_and_what_happens_in_it(autojump_clock: MockClock) -> None:
    """As its turns come: an answer that is made takes its time, here its first sound."""
    live, told = LiveSessions(), list[Summary]()
    live.enter(ID)
    assert live.summary(ID) is None, "it has only entered"
    timed = f"latency = {{ first_audio_ms = 700 }}{MORNING}"
    async with trio.open_nursery() as nursery, talking(timed, live=live) as talk:
        nursery.start_soon(watch, live, told)
        await talk.client.wait_kind("ready")
        await trio.sleep(0.1)
        talk.client.speak(VOICE)
        await talk.client.wait_kind("transcript")
        await trio.sleep(1)
        nursery.cancel_scope.cancel()
    seen = [summary.doing for summary in told]
    assert seen.index(Doing.LISTENING) < seen.index(Doing.THINKING)
    assert seen.count(Doing.THINKING) > 50
    last = told[-1]
    assert (last.record.id, last.record.door, last.peer) == (ID, "octi", "")
    assert (last.turns, last.responses, last.doing) == (2, 1, Doing.LISTENING)
    assert last.wait_s is not None
    assert last.wait_s >= 0.7
    assert last.lasted_s > 1
    assert last.tokens >= 0
    assert last.depths["rows"] == 0


async def watch(live: LiveSessions, told: list[Summary]) -> None:
    """What it tells, a hundred times a second."""
    while True:
        if (summary := live.summary(ID)) is not None:
            told.append(summary)
        await trio.sleep(0.01)


async def test_a_session_that_is_over_says_so_while_it_stores(autojump_clock: MockClock) -> None:
    """Its conversation is over, and it is still here."""
    live = LiveSessions()
    live.enter(ID)
    async with talking(MORNING, live=live) as talk:
        await talk.client.wait_kind("ready")
        live.dismiss(ID)
        await live.wait_parted(ID)
        await trio.testing.wait_all_tasks_blocked()
        summary = live.summary(ID)
        assert summary is not None
        assert summary.doing is Doing.ENDING
