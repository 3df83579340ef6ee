"""One leg that waits, in memory on virtual time."""

from typing import Any, cast

import attrs
import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from octi.errors import UpstreamLost, UpstreamRefused
from octi.upstream.warm import MOST_AGE_S
from octi.upstream.warm_waiting import PING_S, PONG_S, Waiting
from octi.websocket.base import Leg
from tests.fakes import Peer, Script
from tests.upstream.lending import MODEL, USUAL, created, greeting, lending


@attrs.define(eq=False)
class Deaf:
    """A leg on which nothing is heard any more after a while, though nobody has closed it."""

    leg: Leg
    until: float
    pings: int = 0

    @property
    def heard_at(self) -> float:
        return min(trio.current_time(), self.until)

    def ping(self) -> None:
        self.pings += 1

    def __getattr__(self, name: str) -> Any:
        return getattr(self.leg, name)


async def tended(script: Script, update: bytes | None = None) -> tuple[Waiting, float, bool]:
    """A leg once it waits no more, how long that was, and whether it was ever ready."""
    became: list[bool] = []
    async with lending(script) as provider:
        waiting = Waiting(await provider.dial(MODEL), "p", update)
        await waiting.tend(lambda: became.append(True))
        await waiting.leg.close(1000, "")
    return waiting, trio.current_time() - waiting.born, bool(became)


async def test_a_leg_waits_until_it_is_old(autojump_clock: MockClock) -> None:
    """With what the provider said kept for its session."""
    waiting, waited_s, ready = await tended(greeting, USUAL.update())
    assert (waited_s, ready, waiting.problem, waiting.is_old, waiting.fit) == (MOST_AGE_S, True, None, True, False)
    assert b'"session.created"' in waiting.created[0].data
    assert b'"session.updated"' in waiting.confirmed[0].data


async def test_a_leg_that_is_not_to_be_configured_is_told_nothing(autojump_clock: MockClock) -> None:
    """It waits as soon as the provider is there."""
    waiting, waited_s, ready = await tended(created)
    assert (waited_s, ready, waiting.confirmed) == (MOST_AGE_S, True, [])


async def test_a_refusal_in_the_first_words_is_its_problem(autojump_clock: MockClock) -> None:
    """It was never ready."""

    async def refusing(peer: Peer) -> None:
        await peer.send({"type": "error", "error": {"message": "No such key.", "code": "invalid_api_key"}})
        await peer.close(3000, "invalid_request_error")

    waiting, waited_s, ready = await tended(refusing)
    assert isinstance(waiting.problem, UpstreamRefused)
    assert (waited_s, ready) == (0, False)


async def test_a_complaint_that_leads_to_nothing_is_its_problem(autojump_clock: MockClock) -> None:
    """When it was waited for long enough."""

    async def complaining(peer: Peer) -> None:
        await created(peer)
        await peer.send({"type": "error", "error": {"message": "No such voice.", "code": "invalid_value"}})
        await trio.sleep_forever()

    waiting, _, ready = await tended(complaining, USUAL.update())
    assert isinstance(waiting.problem, UpstreamRefused)
    assert waiting.problem.why == "No such voice."
    assert not ready


async def test_a_dead_leg_is_found_out_by_its_pings(autojump_clock: MockClock) -> None:
    """It looks alive for half a minute at most."""
    async with lending(created) as provider:
        deaf = Deaf(await provider.dial(MODEL), until=50)
        waiting = Waiting(cast(Leg, deaf), "p", None)
        await waiting.tend(lambda: None)
        await waiting.leg.close(1000, "")
    assert isinstance(waiting.problem, UpstreamLost)
    assert (waiting.problem.why, deaf.pings) == (f"it answered no ping within {PONG_S:g} s", 2)
    assert trio.current_time() == 2 * (PING_S + PONG_S)


@pytest.mark.parametrize("taken", [True, False])
async def test_a_leg_that_is_taken_or_not_needed_is_left_at_once(taken: bool, autojump_clock: MockClock) -> None:
    """And may not be taken again."""
    async with lending(greeting) as provider, trio.open_nursery() as nursery:
        waiting = Waiting(await provider.dial(MODEL), "p", USUAL.update())
        nursery.start_soon(waiting.tend, lambda: None)
        await wait_all_tasks_blocked()
        fit = [waiting.fit]
        waiting.take() if taken else waiting.end()
        fit.append(waiting.fit)
        await wait_all_tasks_blocked()
        assert fit == [True, False]
        assert not nursery.child_tasks
        assert (waiting.taken, waiting.problem) == (taken, None)
        await waiting.leg.close(1000, "")


async def test_a_leg_with_something_half_sent_may_not_be_taken(autojump_clock: MockClock) -> None:
    """To leave it in the middle of a frame would tear it."""
    async with lending(created) as provider, trio.open_nursery() as nursery:
        waiting = Waiting(await provider.dial(MODEL), "p", None)
        nursery.start_soon(waiting.tend, lambda: None)
        await wait_all_tasks_blocked()
        waiting.leg.send(b"{}")  # the provider reads no more
        assert not waiting.fit
        waiting.end()
        await wait_all_tasks_blocked()
        await waiting.leg.close(1000, "")
