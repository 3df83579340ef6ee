"""One conversation's share, beside those of others. Virtual time."""

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from octi.engine.counted import Counted
from octi.engine.share import MOST_AT_ONCE, MOST_WAITING, Share
from octi.errors import EngineFailed
from tests.engine.fakes import FakeSpeech, MarkedEar


async def say(share: Share) -> bytes:
    return await share.synthesise("Hi.", voice="ash", speed=1.0, language="fr")


async def test_it_hears_recognises_and_speaks_as_everybodys(autojump_clock: MockClock) -> None:
    """In the same language."""
    speech = FakeSpeech(["Bonjour.", "Oui."])
    share = Share(Counted(speech))
    assert isinstance(share.open_ear(), MarkedEar)
    assert await share.recognise(b"ab", language="fr") == "Bonjour."
    assert await share.glimpse(b"ab", language="fr") == "Oui."
    assert await say(share)
    assert speech.languages == ["fr", "fr", "fr"]


async def test_who_asks_for_much_waits_and_the_others_do_not(autojump_clock: MockClock) -> None:
    """Two pieces of one's work are under way at a time."""
    speech = FakeSpeech(takes_s=1)
    counted = Counted(speech)
    greedy, other = Share(counted), Share(counted)
    async with trio.open_nursery() as nursery:
        for number in range(10):
            nursery.start_soon(greedy.recognise, bytes([number]))
            await wait_all_tasks_blocked()
        assert counted.under_way == MOST_AT_ONCE
        assert await other.recognise(b"other") == "Hello."
        assert trio.current_time() == 1
    assert trio.current_time() == 10 / MOST_AT_ONCE
    assert {bytes([number]) for number in range(10)} <= set(speech.heard)


async def test_who_asks_without_end_is_refused_at_once(autojump_clock: MockClock) -> None:
    """The bound is named; work that is given up leaves room."""
    share = Share(Counted(FakeSpeech(takes_s=1)))
    with trio.move_on_after(0.5):
        async with trio.open_nursery() as nursery:
            for _ in range(MOST_AT_ONCE + MOST_WAITING):
                nursery.start_soon(share.recognise, b"ab")
            await wait_all_tasks_blocked()
            with pytest.raises(EngineFailed, match=f"busy: {MOST_WAITING} pieces of this conversation's own work"):
                await say(share)
            await trio.sleep(1)
    assert await share.recognise(b"ab") == "Hello."


async def test_a_look_waits_for_nobody(autojump_clock: MockClock) -> None:
    """There is none while anything is under way."""
    share = Share(Counted(FakeSpeech(takes_s=1)))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(share.recognise, b"ab")
        await wait_all_tasks_blocked()
        assert await share.glimpse(b"cd") is None
        assert trio.current_time() == 0
