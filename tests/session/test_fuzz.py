"""Anything at all, from the client and from the provider at once: the relay ends cleanly, and the next session is well.

Every frame that reaches a client is an event, every close is one that may be sent, the other leg is always closed, no
task is left, nothing crashes. The engine's own fuzz runs: `tests.engine.test_fuzz`, `tests.engine.test_consistency`.
"""

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

import attrs
import pytest
import trio
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as some
from structlog.testing import capture_logs
from trio.testing import MockClock, wait_all_tasks_blocked

from octi.observe.census import take_census
from octi.realtime.octi_protocol import OctiDoor
from octi.realtime.own_calls import OwnCalls
from octi.realtime.passthrough import RealtimeDoor
from octi.records import SessionState
from octi.session.door import Door
from octi.session.live import LiveSessions
from octi.session.run import run_session
from octi.store.memory import MemoryStore
from octi.upstream.base import CallSetup, Setup
from octi.websocket.base import Leg, LegClosed, LegStalled
from octi.websocket.memory import memory_legs
from tests.conftest import WHOLE
from tests.fakes import MemoryUpstream, Peer, agent_turn, greet, say, user_turn
from tests.session.fuzzing import (
    CLOSES,
    FROM_CLIENT,
    FROM_OCTI_CLIENT,
    FROM_PROVIDER,
    Close,
    Frame,
    Step,
    frames,
    sides,
)
from tests.session.talks import ID, SETUP, Client, new_session
from tests.session.test_tools import SlowBox

TOOLS = SlowBox().declarations(None)  # type: ignore[arg-type]  # it asks nobody
SENDABLE = {1000, 1001, 1007, 1008, 1011, 1012, 1013, 3000, 4000}
AFTERWARDS_S = 120.0  # virtual; whatever waits for something has given up by then


@attrs.frozen
class Kind:
    """A kind of session."""

    door: Callable[[], Door]
    good: list[bytes]
    setup: Setup = SETUP


REALTIME = Kind(lambda: RealtimeDoor(own=OwnCalls(TOOLS)), FROM_CLIENT)
CALL = Kind(lambda: RealtimeDoor(greets=False), FROM_CLIENT, CallSetup(instructions=None))
OCTI = Kind(OctiDoor, FROM_OCTI_CLIENT)
KINDS = {"realtime": REALTIME, "a call": CALL, "octi": OCTI}


async def play(leg: Leg, steps: Sequence[Step]) -> None:
    """Say it all, unless the other side leaves."""
    for step, pause_s in steps:
        if isinstance(step, Close):
            await leg.close(step.code, step.reason)
            return
        try:
            leg.send(step.data, text=step.text)
        except LegStalled:
            return
        if pause_s is not None:
            await trio.sleep(pause_s)


@attrs.define(eq=False)
class Provider:
    """Says what it likes, before or behind the first words, and notes whether octi has left it in the end."""

    steps: Sequence[Step]
    greets: bool = True
    peers: list[Peer] = attrs.field(factory=list)

    async def script(self, peer: Peer) -> None:
        self.peers.append(peer)
        if self.greets:
            await greet(peer)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(play, peer.leg, self.steps)
            with suppress(LegClosed):
                while True:
                    await peer.leg.receive()
            nursery.cancel_scope.cancel()

    async def has_left(self) -> bool:
        """Was every leg that was opened closed?"""
        for peer in self.peers:
            with trio.move_on_after(1) as waiting, suppress(LegClosed):
                while True:
                    await peer.leg.receive()
            if waiting.cancelled_caught:
                return False
        return True

    async def good(self, peer: Peer) -> None:
        """One that does as it should."""
        await greet(peer)
        await say(peer, user_turn("item_1", "hello"), agent_turn("item_2", "Good day."))
        await trio.sleep_forever()


def check_told(client: Client, kind: Kind) -> None:
    """All that came is what such a client reads."""
    for message in client.heard:
        if not message.text:
            assert kind is OCTI, message
            continue
        event = json.loads(message.data.decode("utf-8"), parse_constant=_refuse)
        assert isinstance(event, dict), event
        assert isinstance(event["type"], str), event
    assert client.closed is not None
    assert not client.closed.by_peer or client.closed.code in SENDABLE, client.closed


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


async def converse(
    kind: Kind, provider: Provider, said: Sequence[Step], store: MemoryStore, live: LiveSessions
) -> None:
    near, far = memory_legs()
    client = Client(far)
    session = new_session(near, kind.door(), MemoryUpstream([provider.script, provider.good]), store, live.draining)
    session = attrs.evolve(session, live=live, tools=SlowBox(), setup=kind.setup)
    live.enter(ID)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(client.listen)
        nursery.start_soon(play, far, said)
        nursery.start_soon(_leave, client, AFTERWARDS_S + sum(pause or 0 for _, pause in [*said, *provider.steps]))
        record = await run_session(session)
        live.leave(ID)
        await wait_all_tasks_blocked()
        nursery.cancel_scope.cancel()
    if client.closed is None:  # it closed itself: what would it have heard?
        client.closed = LegClosed(1000, "")
    check_told(client, kind)
    assert record.state is SessionState.ENDED
    assert "internal error" not in (record.end_reason or "")
    assert await provider.has_left()
    assert len(live) == 0


async def _leave(client: Client, after_s: float) -> None:
    await trio.sleep(after_s)
    await client.leg.close(1000, "enough")


async def check_next(store: MemoryStore, live: LiveSessions) -> None:
    """Another session of the same node: all is heard and kept."""
    near, far = memory_legs()
    client, fresh = Client(far), MemoryStore()
    session = new_session(near, RealtimeDoor(), MemoryUpstream([Provider([]).good]), fresh, live.draining)
    live.enter(ID)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(client.listen)
        nursery.start_soon(run_session, attrs.evolve(session, live=live))
        await client.wait_kind("response.done")
        await far.close(1000, "")
    live.leave(ID)
    assert [turn.text for turn in await fresh.turns(ID)] == ["hello", "Good day."]
    await store.ping()


def run(kind: Kind, provider: Provider, said: Sequence[Step]) -> None:
    async def scenario() -> None:
        store, live = MemoryStore(), LiveSessions()
        before = take_census().tasks
        with capture_logs() as lines:
            await converse(kind, provider, said, store, live)
            await check_next(store, live)
        assert [line for line in lines if line["log_level"] in {"error", "critical"}] == []
        assert take_census().tasks == before

    trio.run(partial(scenario), clock=MockClock(autojump_threshold=0))


def fuzzed(examples: int) -> Callable[[Any], Any]:
    """A quick part, or eight times as many; the same examples every time in the quick part."""
    checks = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]
    return settings(
        max_examples=examples * 8 if WHOLE else examples,
        deadline=None,
        derandomize=not WHOLE,
        database=None,
        suppress_health_check=checks,
        phases=[Phase.generate],  # to make a failing one smaller takes minutes
    )


@pytest.mark.slow
@pytest.mark.parametrize("name", KINDS)
@fuzzed(60)
@given(data=some.data())
def test_whatever_both_sides_say_the_session_ends_cleanly(name: str, data: some.DataObject) -> None:
    """At the same time, in any order, whole or in pieces."""
    kind = KINDS[name]
    run(kind, Provider(data.draw(sides(FROM_PROVIDER))), data.draw(sides(kind.good)))


@pytest.mark.slow
@pytest.mark.parametrize("name", KINDS)
@fuzzed(25)
@given(data=some.data())
def test_whatever_a_provider_says_first_the_client_is_told(name: str, data: some.DataObject) -> None:
    """Instead of the first words, or among them."""
    kind = KINDS[name]
    steps = data.draw(some.lists(some.tuples(frames(FROM_PROVIDER) | CLOSES, some.just(0.0)), max_size=6))
    run(kind, Provider(steps, greets=False), [(Frame(kind.good[0]), 0.0)])
