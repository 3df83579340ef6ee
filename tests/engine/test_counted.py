"""Counting what is under way."""

from functools import partial

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from octi.engine.counted import Counted
from octi.errors import EngineFailed
from tests.engine.fakes import FakeSpeech, MarkedEar


async def test_it_hears_recognises_and_speaks_as_the_other_one(autojump_clock: MockClock) -> None:
    """In the same language."""
    speech = FakeSpeech(["Bonjour.", EngineFailed("lost")])
    counted = Counted(speech)
    assert isinstance(counted.open_ear(), MarkedEar)
    assert await counted.recognise(b"ab", language="fr") == "Bonjour."
    assert await counted.synthesise("Oui.", voice="ash", speed=1.0, language="fr")
    with pytest.raises(EngineFailed):
        await counted.recognise(b"ab")
    assert (counted.under_way, speech.languages) == (0, ["fr", "fr", "en"])


async def test_a_glimpse_is_given_only_when_nobody_else_is_served(autojump_clock: MockClock) -> None:
    """At once there is none; and there is one at a time."""
    speech = FakeSpeech(takes_s=1)
    counted = Counted(speech)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(counted.recognise, b"ab")
        await wait_all_tasks_blocked()
        assert await counted.glimpse(b"cd") is None
    async with trio.open_nursery() as nursery:
        nursery.start_soon(counted.glimpse, b"cd")
        await wait_all_tasks_blocked()
        assert await counted.glimpse(b"ef") is None
    assert speech.heard == [b"ab", b"cd"]


async def test_work_that_is_given_up_is_under_way_no_longer(autojump_clock: MockClock) -> None:
    """Cancelled or failed."""
    counted = Counted(FakeSpeech(takes_s=5))
    with trio.move_on_after(1):
        await counted.recognise(b"ab")
    assert counted.under_way == 0
    async with trio.open_nursery() as nursery:
        nursery.start_soon(partial(counted.synthesise, "Hi", voice="ash", speed=1.0))
        await wait_all_tasks_blocked()
        assert counted.under_way == 1
