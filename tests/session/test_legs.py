"""One leg after another, in memory on virtual time."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial

import attrs
import msgspec
import pytest
import trio
from trio.testing import MockClock

from octi.errors import (
    OctiError,
    ProviderFault,
    StoreFailed,
    UpstreamBusy,
    UpstreamLost,
    UpstreamNonsense,
    UpstreamRefused,
)
from octi.realtime.ledger import Ledger
from octi.realtime.octi_protocol import OctiDoor
from octi.realtime.passthrough import RealtimeDoor
from octi.realtime.steps import Renew, ToProvider
from octi.records import Row
from octi.session.door import Door
from octi.session.legs import DURABLE_S, STEADY_S, Legs, again
from octi.session.recorder import Recorder
from octi.session.relay import Relay
from octi.store.base import Store
from octi.store.memory import MemoryStore
from octi.units import SessionId
from octi.upstream.base import FreshSetup, Upstream
from octi.websocket.base import Leg, LegStalled
from octi.websocket.memory import memory_legs
from tests.providers import MORNING, QUIET, legs_to
from tests.session.talks import Client, watched
from tests.simulator.talking import RESPOND, typed

LEAVING = """
[[faults]]
kind = "close"
code = 1001
on = "session.updated"
"""
SETUP = FreshSetup(instructions="Be kind.", prompt_id=None, voice="alloy", transcription_model="t-1")


@attrs.define(eq=False)
class Tending:
    """Legs at work for a client that listens."""

    legs: Legs
    relay: Relay
    client: Client
    scope: trio.CancelScope
    ended: trio.Event = attrs.field(factory=trio.Event)
    fault: OctiError | None = None
    ended_at: float | None = None

    async def end(self) -> OctiError:
        """Why there can be no leg any more."""
        await self.ended.wait()
        assert self.fault is not None
        return self.fault


@asynccontextmanager
async def tending(upstream: Upstream, door: Door, store: Store | None = None) -> AsyncIterator[Tending]:
    """Legs of a session to an upstream; cancelled when the block ends."""
    near, far = memory_legs()
    recorder = Recorder(store or MemoryStore())
    relay = Relay(
        near,
        door,
        Ledger(SessionId("s")),
        recorder,
        trio.current_time,
        on_renew=lambda renewal: legs.renew(renewal),
        on_stall=lambda stalled: legs.lose(stalled),
        watch=watched(),
    )
    legs = Legs(upstream, "m", SETUP, "s-1", relay, lambda: None)
    async with trio.open_nursery() as nursery:
        tended = Tending(legs, relay, Client(far), nursery.cancel_scope)

        async def serve() -> None:
            try:
                await legs.serve()
            except OctiError as error:
                tended.fault, tended.ended_at = error, trio.current_time()
                tended.ended.set()

        for task in (tended.client.listen, serve, partial(recorder.run, trio.CancelScope())):
            nursery.start_soon(task)
        yield tended
        nursery.cancel_scope.cancel()


@attrs.define(eq=False)
class Unreachable:
    """An upstream whose every try fails alike."""

    error: ProviderFault | None
    name: str = "unreachable"
    tried_at: list[float] = attrs.field(factory=list)

    @asynccontextmanager
    async def open(self, model: str) -> AsyncIterator[Leg]:
        await trio.lowlevel.checkpoint()
        self.tried_at.append(trio.current_time())
        if self.error:
            raise self.error
        yield memory_legs()[0]


# Another try


async def test_a_lost_provider_is_tried_five_times_more(autojump_clock: MockClock) -> None:
    """With growing pauses, each told to the client."""
    upstream = Unreachable(UpstreamLost("p", "no route"))
    async with tending(upstream, OctiDoor()) as session:
        assert await session.end() is upstream.error
    pauses = [later - earlier for earlier, later in zip(upstream.tried_at, upstream.tried_at[1:], strict=False)]
    assert len(pauses) == 5
    assert pauses[0] < 2 < pauses[4] <= 15
    assert [message["message"] for message in session.client.told()] == [
        f"connection to the agent lost, trying again ({number}/5)" for number in range(1, 6)
    ]


async def test_a_door_that_cannot_renew_gets_one_try(autojump_clock: MockClock) -> None:
    """Its client keeps the conversation's state, and would be wrong about it."""
    upstream = Unreachable(UpstreamLost("p", "no route"))
    async with tending(upstream, RealtimeDoor()) as session:
        await session.end()
    assert upstream.tried_at == [0]
    assert session.client.told() == []


@pytest.mark.parametrize("error", [UpstreamRefused("p", "no"), UpstreamNonsense("p", "<html>")])
async def test_what_will_not_change_is_not_tried_again(autojump_clock: MockClock, error: ProviderFault) -> None:
    """The client hears why at once."""
    upstream = Unreachable(error)
    async with tending(upstream, OctiDoor()) as session:
        assert await session.end() is error
    assert upstream.tried_at == [0]


@pytest.mark.parametrize(
    ("error", "worth"),
    [
        (UpstreamLost("p", "gone"), True),
        (UpstreamRefused("p", "no"), False),
        (UpstreamNonsense("p", "x"), False),
        (UpstreamBusy("p", "later", 7.5), 7.5),
        (ValueError("a bug"), False),
    ],
)
def test_another_try_is_worth_it_where_it_may_help(error: Exception, worth: bool | float) -> None:
    """And where the provider names a time, after that."""
    assert again(error) == worth
    assert type(again(error)) is type(worth)


async def test_a_leg_that_lived_long_is_replaced_at_once(autojump_clock: MockClock) -> None:
    """Its loss is the first of a new count."""
    steady = f"""
    [[faults]]
    kind = "close"
    code = 1001
    at_s = {STEADY_S + 1}
    """
    async with legs_to(steady, QUIET) as upstream, tending(upstream, OctiDoor()) as session:
        await session.client.wait_kind("ready", 2)
        assert trio.current_time() == STEADY_S + 1
    assert upstream.opened == 2


async def test_a_leg_that_is_lost_again_and_again_is_given_up(autojump_clock: MockClock) -> None:
    """Being configured in between does not begin a new count."""
    async with legs_to(LEAVING) as upstream, tending(upstream, OctiDoor()) as session:
        fault = await session.end()
    assert isinstance(fault, UpstreamLost)
    assert upstream.opened == 6
    assert upstream.open_now == 0


# A fresh session


async def test_a_renewal_closes_the_leg_before_the_next_is_opened(autojump_clock: MockClock) -> None:
    """After the time that was asked for."""
    async with legs_to(QUIET) as upstream, tending(upstream, OctiDoor()) as session:
        await session.client.wait_kind("ready")
        session.legs.renew(Renew(4.0))
        await trio.sleep(2)
        assert (upstream.opened, upstream.open_now) == (1, 0)
        await session.client.wait_kind("ready", 2)
        assert trio.current_time() == 4
        assert (upstream.opened, upstream.open_now) == (2, 1)


async def test_a_renewal_on_the_way_to_a_leg_begins_again(autojump_clock: MockClock) -> None:
    """The one that was being configured is left."""
    slow = """
    [[faults]]
    kind = "stall"
    event = 1
    stall_s = 5
    """
    async with legs_to(slow) as upstream, tending(upstream, OctiDoor()) as session:
        await trio.sleep(3)
        session.legs.renew(Renew())
        await session.client.wait_kind("ready")
        assert trio.current_time() == 8
        await trio.sleep(100)
    assert session.client.kinds() == ["ready"]
    assert upstream.opened == 2


async def test_a_renewal_while_no_leg_can_be_had_is_the_next_try(autojump_clock: MockClock) -> None:
    """The next leg is as fresh as one can be."""
    async with legs_to(LEAVING, QUIET) as upstream, tending(upstream, OctiDoor()) as session:
        await session.client.wait_kind("ready")
        await trio.sleep(0.2)  # the first pause is longer
        assert (upstream.opened, upstream.open_now) == (1, 0)
        session.legs.renew(Renew())
        await session.client.wait_kind("ready", 2)
        await trio.sleep(100)
    assert upstream.opened == 2


# What is read and written


async def test_the_end_of_an_answer_waits_for_the_users_words(autojump_clock: MockClock) -> None:
    """A little: a store that is away holds up nobody."""

    @attrs.define(eq=False)
    class Away(MemoryStore):
        async def save(self, rows: Sequence[Row]) -> None:
            await trio.lowlevel.checkpoint()
            raise StoreFailed("away")

    async with legs_to(MORNING) as upstream, tending(upstream, RealtimeDoor(), Away()) as session:
        await session.client.wait_kind("session.created")
        session.relay.tell([ToProvider(msgspec.json.encode(event)) for event in (typed("Hello?"), RESPOND)])
        await session.client.wait_kind("response.done")
        assert trio.current_time() == DURABLE_S


@attrs.define(eq=False)
class StalledWriter:
    """A leg whose writer finds that the provider takes nothing."""

    leg: Leg
    after_s: float

    async def write(self) -> None:
        await trio.sleep(self.after_s)
        raise LegStalled(5000, 10.0)

    def __getattr__(self, name: str) -> object:
        return getattr(self.leg, name)


@attrs.define(eq=False)
class StalledUpstream:
    """An upstream whose legs stall after a while."""

    inner: Upstream
    after_s: float
    name: str = "stalled"

    @asynccontextmanager
    async def open(self, model: str) -> AsyncIterator[Leg]:
        async with self.inner.open(model) as leg:
            yield StalledWriter(leg, self.after_s)  # type: ignore[misc]  # the rest is the leg's


async def test_a_provider_that_takes_nothing_is_lost(autojump_clock: MockClock) -> None:
    """In the leg's words."""
    async with legs_to(QUIET) as upstream, tending(StalledUpstream(upstream, 3.0), RealtimeDoor()) as session:
        fault = await session.end()
    assert str(fault) == "stalled is not there: took nothing for 10 s with 5000 bytes waiting"
    assert session.ended_at == 3
    assert upstream.open_now == 0


async def test_what_is_said_between_two_legs_reaches_the_next(autojump_clock: MockClock) -> None:
    """In order."""
    async with legs_to(LEAVING, QUIET) as upstream, tending(upstream, OctiDoor()) as session:
        await session.client.wait_kind("error")
        session.relay.tell([ToProvider(msgspec.json.encode(typed(words))) for words in ("one", "two")])
        await session.client.wait_kind("ready", 2)
        await trio.sleep(1)
    assert upstream.legs[1].sent[1:] == [typed("one"), typed("two")]


async def test_a_bug_in_the_door_is_not_a_lost_provider(autojump_clock: MockClock) -> None:
    """It is not tried again, and leaves as what it is."""

    class Broken(OctiDoor):
        def opened(self, session: object) -> list:  # type: ignore[type-arg]
            raise ZeroDivisionError

    with pytest.raises(ExceptionGroup) as caught:
        async with legs_to(QUIET) as upstream, tending(upstream, Broken()):
            await trio.sleep_forever()
    assert caught.group_contains(ZeroDivisionError)
    assert (upstream.opened, upstream.open_now) == (1, 0)
