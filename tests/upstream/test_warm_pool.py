"""Legs that wait for the next sessions, in memory on virtual time."""

import attrs
import msgspec
import pytest
import trio
from structlog.contextvars import bound_contextvars, get_contextvars
from trio.testing import MockClock, wait_all_tasks_blocked

from octi.errors import OctiError, UpstreamRefused
from octi.upstream.warm import MOST_AGE_S, REMEMBERED
from octi.upstream.warm_pool import (
    REFUSED_WAIT_S,
    WarmPool,
    open_warm_pool,
)
from octi.websocket.base import LegClosed
from tests.cuts import Cut, cut_everywhere
from tests.fakes import Peer, greet
from tests.providers import QUIET, net_to
from tests.upstream.lending import MODEL, OTHER, USUAL, Lending, greeting, lending, obliging
from tests.upstream.pooling import HOUR_S, opens, pool_of, pooling, seen, session_on

# What a session is given


async def test_a_session_gets_a_leg_that_waited(autojump_clock: MockClock) -> None:
    """It asks the provider for nothing, and another leg waits by then."""
    async with lending(greeting) as provider, pooling(provider) as pool:
        began = trio.current_time()
        async with opens(pool).open(MODEL) as leg:
            assert (await session_on(leg))["instructions"] == "Be kind."
            assert trio.current_time() == began
            await wait_all_tasks_blocked()
            assert (len(provider.legs), pool.statistics()) == (2, {"waiting": 1})
        assert provider.open_now == 1
    assert seen(pool) == {"configured": 1}


async def test_a_session_that_wants_something_else_gets_a_leg_of_its_own(autojump_clock: MockClock) -> None:
    """What the one that waits was told is not for it."""
    async with lending(obliging) as provider, pooling(provider) as pool:
        async with opens(pool, OTHER).open(MODEL) as leg:
            assert (await session_on(leg, OTHER))["instructions"] == "Be brief."
        assert pool.statistics() == {"waiting": 1}
    assert seen(pool) == {"dialled": 1}


async def test_where_sessions_want_something_else_legs_wait_that_were_told_nothing(autojump_clock: MockClock) -> None:
    """Such a session is spared the connection; the one that waited in vain is given up."""
    async with lending(obliging) as provider, pooling(provider) as pool:
        for _ in range(REMEMBERED):
            async with opens(pool, OTHER).open(MODEL):
                await wait_all_tasks_blocked()
        before = seen(pool)
        async with opens(pool, OTHER).open(MODEL) as leg:
            assert (await session_on(leg, OTHER))["instructions"] == "Be brief."
    assert before["unwanted"] == 1
    assert seen(pool) == {**before, "connected": before["connected"] + 1}


async def test_another_model_gets_a_leg_of_its_own(autojump_clock: MockClock) -> None:
    """A leg's model is fixed with its address."""
    async with lending(obliging) as provider, pooling(provider) as pool, opens(pool).open("another"):
        assert len(provider.legs) == 2
    assert seen(pool) == {"dialled": 1}


async def test_a_sessions_second_leg_is_not_one_that_was_configured(autojump_clock: MockClock) -> None:
    """Its instructions may be others by then."""
    async with lending(obliging) as provider, pooling(provider) as pool:
        upstream = opens(pool)
        assert upstream.name == "scripted"
        async with upstream.open(MODEL) as leg:
            await session_on(leg)
        await wait_all_tasks_blocked()
        async with upstream.open(MODEL) as leg:
            assert (await session_on(leg, OTHER))["instructions"] == "Be brief."
    assert seen(pool) == {"configured": 1, "dialled": 1}


async def test_an_empty_pool_keeps_nobody_waiting(autojump_clock: MockClock) -> None:
    """All who come at once beyond its size open their own."""
    async with (
        lending(obliging) as provider,
        pooling(provider) as pool,
        opens(pool).open(MODEL),
        opens(pool).open(MODEL),
        opens(pool).open(MODEL),
    ):
        assert seen(pool) == {"configured": 1, "dialled": 2}


async def test_a_leg_that_dies_as_it_is_taken_is_not_a_sessions_trouble(autojump_clock: MockClock) -> None:
    """It gets the next one, or one of its own."""
    async with lending(obliging) as provider, pooling(provider) as pool:
        await provider.legs[0].close(1011, "crashed")  # both ways, and nobody had a step to notice
        async with opens(pool).open(MODEL) as leg:
            assert (await session_on(leg))["instructions"] == "Be kind."
    assert seen(pool) == {"configured": 1, "dialled": 1}


async def test_what_is_said_as_a_leg_is_taken_is_the_sessions(autojump_clock: MockClock) -> None:
    """Nobody else will read it."""
    peers: list[Peer] = []

    async def talkative(peer: Peer) -> None:
        peers.append(peer)
        await obliging(peer)

    async with lending(talkative) as provider, pooling(provider) as pool:
        peers[0].leg.send(b'{"type":"rate_limits.updated"}')  # it wakes who listens, and then the leg is taken
        async with opens(pool).open(MODEL) as leg:
            heard = [msgspec.json.decode(message.data)["type"] for message in [*await leg.receive()]]
    assert heard == ["session.created", "rate_limits.updated"]
    assert seen(pool) == {"configured": 1}


async def test_the_providers_name_for_a_leg_is_on_its_sessions_lines(autojump_clock: MockClock) -> None:
    """Though it was given before there was a session."""
    async with lending(greeting) as provider:
        provider.request = "req_1"
        async with pooling(provider) as pool:
            with bound_contextvars(provider_request=None):
                async with opens(pool).open(MODEL):
                    assert get_contextvars()["provider_request"] == "req_1"


# How legs wait


async def test_a_leg_is_renewed_before_the_provider_ends_it(autojump_clock: MockClock) -> None:
    """Its goodbye is said, and another one waits."""
    async with lending(greeting) as provider, pooling(provider, size=2) as pool:
        await trio.sleep(MOST_AGE_S + 1)
        assert (len(provider.legs), provider.open_now, pool.statistics()) == (4, 2, {"waiting": 2})
        with pytest.raises(LegClosed, match="no session wanted it"):
            await provider.legs[0].receive()
    assert seen(pool) == {"old": 2}


@pytest.mark.parametrize(
    ("said", "why", "pause_s"),
    [
        ({"type": "rate_limits.updated"}, "upstream_nonsense", REFUSED_WAIT_S),
        ({"type": "error", "error": {"message": "Go away.", "code": "session_expired"}}, "session_expired", 2),
        ("garbage", "upstream_nonsense", REFUSED_WAIT_S),
        (b"binary", "upstream_nonsense", REFUSED_WAIT_S),
        (None, "upstream_lost", 2),
    ],
)
async def test_a_leg_that_says_something_or_leaves_is_given_up(
    autojump_clock: MockClock, said: dict[str, object] | str | bytes | None, why: str, pause_s: float
) -> None:
    """Nobody knows what that would have meant for a session."""

    async def unruly(peer: Peer) -> None:
        await greet(peer)
        await trio.sleep(7)
        await (peer.close(1001) if said is None else peer.send(said))
        await trio.sleep_forever()

    async with lending(unruly, greeting) as provider, pooling(provider) as pool:
        await trio.sleep(8)
        assert pool.statistics() == {"waiting": 0}
        await trio.sleep(pause_s)
        assert (len(provider.legs), provider.open_now, pool.statistics()) == (2, 1, {"waiting": 1})
    assert seen(pool) == {why: 1}


async def test_what_some_providers_say_without_meaning_anything_is_passed_over(autojump_clock: MockClock) -> None:
    """xAI's own pings, and a conversation that is announced."""

    async def like_xai(peer: Peer) -> None:
        await peer.send({"type": "conversation.created"})
        await greet(peer)
        while True:
            await peer.send({"type": "ping"})
            await trio.sleep(10)

    async with lending(like_xai) as provider, pooling(provider) as pool:
        await trio.sleep(100)
        assert (len(provider.legs), pool.statistics()) == (1, {"waiting": 1})


# The end


async def test_a_drain_closes_the_legs_that_wait_and_no_other(autojump_clock: MockClock) -> None:
    """Sessions finish what they are at; who begins a leg anew gets one of its own."""
    draining = trio.Event()
    async with (
        lending(obliging) as provider,
        pooling(provider, 2, draining) as pool,
        opens(pool).open(MODEL) as leg,
    ):
        await wait_all_tasks_blocked()
        draining.set()
        await wait_all_tasks_blocked()
        assert (provider.open_now, pool.statistics()) == (1, {"waiting": 0})
        await session_on(leg)
        async with opens(pool).open(MODEL) as another:
            await session_on(another)
        await trio.sleep(HOUR_S)
        assert provider.open_now == 1


async def test_a_session_may_outlive_the_pool(autojump_clock: MockClock) -> None:
    """A leg that was taken is its session's alone."""
    async with lending(obliging) as provider:
        async with pooling(provider) as pool:
            opened = opens(pool).open(MODEL)
            leg = await opened.__aenter__()
        assert provider.open_now == 1
        await session_on(leg)
        await opened.__aexit__(None, None, None)


def test_pool_and_session_may_be_cut_anywhere() -> None:
    """Whoever has a leg closes it, with a goodbye; two never read one."""

    async def scenario(cut: Cut) -> None:
        async with net_to(QUIET, judge=False) as net:
            pool = attrs.evolve(pool_of(Lending(net.outside, []), size=2), upstream=net.upstream())
            async with cut, open_warm_pool(pool, trio.Event()):
                await trio.sleep(1)
                for setup in (USUAL, OTHER):
                    with trio.move_on_after(5):
                        async with opens(pool, setup).open(MODEL) as leg, trio.open_nursery() as nursery:
                            nursery.start_soon(leg.write)
                            await session_on(leg, setup)
                            nursery.cancel_scope.cancel()
                await trio.sleep(MOST_AGE_S)
            assert all(stream.closed for stream in net.streams)
            await net.wait_left()

    report = cut_everywhere(scenario, prompt=4.5, most=150)
    assert report.steps > 50


async def fault_of(provider: Lending, pool: WarmPool) -> OctiError:
    """What a session is told that gets no leg."""
    with pytest.raises(OctiError) as caught:
        async with opens(pool).open(MODEL):
            pass
    return caught.value


async def test_a_session_that_finds_no_leg_is_told_the_providers_word(autojump_clock: MockClock) -> None:
    """As without a pool, and at once: the pool's pauses are not its."""
    refused = UpstreamRefused("scripted", "no", 401)
    async with lending(refused) as provider, pooling(provider) as pool:
        assert await fault_of(provider, pool) is refused
