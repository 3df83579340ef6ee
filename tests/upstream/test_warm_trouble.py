"""Legs that should wait for the next sessions and cannot, in memory on virtual time."""

from itertools import pairwise

import pytest
import trio
from structlog.testing import capture_logs
from trio.testing import MockClock, wait_all_tasks_blocked

from octi.errors import UpstreamBusy, UpstreamLost, UpstreamNonsense, UpstreamRefused
from octi.upstream.warm_pool import (
    COMPLAIN_S,
    FIRST_WAIT_S,
    LONGEST_WAIT_S,
    REFUSED_WAIT_S,
    again,
    open_warm_pool,
)
from tests.fakes import Peer, greet
from tests.upstream.lending import MODEL, created, greeting, lending, obliging
from tests.upstream.pooling import HOUR_S, opens, pool_of, pooling, seen, session_on


async def test_a_refused_key_is_tried_every_five_minutes_and_logged_seldom(autojump_clock: MockClock) -> None:
    """An idle octi does not hammer its provider, whatever the size of the pool."""
    with capture_logs() as lines:
        async with lending(UpstreamRefused("scripted", "no", 401)) as provider, pooling(provider, size=10):
            await trio.sleep(HOUR_S)
    assert len(provider.dialled_at) <= HOUR_S / REFUSED_WAIT_S + 1
    complaints = [line for line in lines if line["event"] == "warm leg lost"]
    assert 1 <= len(complaints) <= HOUR_S / COMPLAIN_S + 1
    assert "401" in complaints[0]["why"]


async def test_a_lost_provider_is_tried_with_growing_pauses(autojump_clock: MockClock) -> None:
    """At most once a minute in the end."""
    async with lending(UpstreamLost("scripted", "no route")) as provider, pooling(provider, size=10):
        await trio.sleep(HOUR_S)
    times = provider.dialled_at
    pauses = [later - earlier for earlier, later in pairwise(times)]
    assert FIRST_WAIT_S <= pauses[0] < 3
    assert set(pauses[-10:]) == {LONGEST_WAIT_S}


async def test_a_provider_that_ends_idle_legs_is_not_asked_all_the_time(autojump_clock: MockClock) -> None:
    """Each that dies as it waits makes the pause longer; that one could be opened says nothing."""

    async def impatient(peer: Peer) -> None:
        await greet(peer)
        await trio.sleep(1)
        await peer.close(1001)

    async with lending(impatient) as provider, pooling(provider):
        await trio.sleep(HOUR_S)
    assert len(provider.dialled_at) < 80


async def test_a_provider_that_is_back_is_used_again(autojump_clock: MockClock) -> None:
    """The pause is over at the next try, and counts from the beginning once a leg was of use."""
    away = UpstreamLost("scripted", "no route")
    async with lending(away, away, greeting) as provider, pooling(provider, size=2) as pool:
        await trio.sleep(10)
        assert pool.statistics() == {"waiting": 2}
        async with opens(pool).open(MODEL):
            await wait_all_tasks_blocked()
            assert pool.statistics() == {"waiting": 2}
    assert seen(pool) == {"upstream_lost": 2, "configured": 1}


@pytest.mark.parametrize("greets", [False, True])
async def test_a_provider_that_does_not_finish_the_first_words_is_lost(autojump_clock: MockClock, greets: bool) -> None:
    """After the time that a session would give it."""

    async def mute(peer: Peer) -> None:
        if greets:
            await created(peer)
        await trio.sleep_forever()

    async with lending(mute) as provider, pooling(provider) as pool:
        await trio.sleep(10.5)
        assert pool.statistics() == {"waiting": 0}
        assert provider.open_now == 0
    assert seen(pool) == {"upstream_lost": 1}


def test_a_provider_is_asked_again_when_it_says() -> None:
    """What it refuses needs a person; a bug is no reason to ask again."""
    assert again(UpstreamBusy("p", "slow down", 7)) == 7
    assert again(UpstreamBusy("p", "slow down", 0)) == FIRST_WAIT_S
    assert again(UpstreamRefused("p", "no")) == again(UpstreamNonsense("p", "<html>")) == REFUSED_WAIT_S
    assert again(UpstreamLost("p", "gone")) is True
    assert again(ValueError()) is False


async def test_a_crash_of_the_pool_is_nobody_elses(autojump_clock: MockClock) -> None:
    """It is logged with its trace, and sessions open their own legs."""

    async def crash(peer: Peer) -> None:
        await obliging(peer)

    async with lending(crash) as provider:
        pool = pool_of(provider)
        pool._demand = None  # type: ignore[assignment]
        with capture_logs() as lines:
            async with open_warm_pool(pool, trio.Event()):
                await wait_all_tasks_blocked()
                async with provider.open(MODEL) as leg:
                    await session_on(leg)
    assert [line["log_level"] for line in lines] == ["error"]
