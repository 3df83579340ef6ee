"""A session's deadlines, on virtual time."""

import attrs
import pytest
import trio
from trio.testing import MockClock

from octi.alarm import Alarm
from octi.realtime.passthrough import RealtimeDoor
from octi.realtime.steps import Steps
from octi.session.ending import DISMISSED, Ending, too_long
from octi.session.keeper import (
    BEAT_S,
    PING_S,
    SILENT_S,
    keep_alive,
    keep_door,
    keep_heart,
    keep_length,
    keep_orders,
    keep_talking,
)
from octi.session.live import LiveSessions
from octi.session.relay import Relay
from octi.units import SessionId
from octi.websocket.base import Leg
from tests.session.talks import watched
from tests.session.test_relay import Bench, NotedLeg

ID = SessionId("s")


@attrs.define(eq=False)
class PingedLeg(NotedLeg):
    """A leg whose peer answers pings, or does not."""

    answers: bool = True
    pinged_at: list[float] = attrs.field(factory=list)

    def ping(self) -> None:
        self.pinged_at.append(trio.current_time())
        if self.answers:
            self.heard_at = trio.current_time()


@attrs.define(eq=False)
class Ends:
    """Who ended the session, and when."""

    endings: list[tuple[float, Ending]] = attrs.field(factory=list)
    scope: trio.CancelScope = attrs.field(factory=trio.CancelScope)

    def __call__(self, ending: Ending) -> None:
        self.endings.append((trio.current_time(), ending))
        self.scope.cancel()


def relay_between(client: PingedLeg, provider: PingedLeg | None) -> Relay:
    """A relay with such legs; no provider: between two legs."""
    bench = Bench(client=client)
    if provider is not None:
        bench.attach(provider)
    return bench.relay


async def test_a_session_ends_at_its_length(autojump_clock: MockClock) -> None:
    """And not before."""
    ends = Ends()
    await keep_length(3600, ends)
    ((after, ending),) = ends.endings
    assert (after, ending.said, str(ending.error)) == (3600, "too_long", str(too_long(3600).error))


async def test_a_session_ends_when_an_operator_says_so(autojump_clock: MockClock) -> None:
    """At once."""
    live, ends, session = LiveSessions(), Ends(), SessionId("s")
    live.enter(session)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(keep_orders, live, session, ends)
        await trio.sleep(7)
        live.dismiss(session)
    assert ends.endings == [(7, DISMISSED)]


async def test_a_peer_is_pinged(autojump_clock: MockClock) -> None:
    """Every twenty seconds, for as long as it answers."""
    leg, ends = PingedLeg(), Ends()
    with trio.move_on_after(5 * PING_S + 1):
        await keep_alive(as_leg(leg), ends)
    assert leg.pinged_at == [PING_S * number for number in range(1, 6)]
    assert ends.endings == []


async def test_a_client_that_answers_no_ping_is_gone(autojump_clock: MockClock) -> None:
    """After a minute of silence, as seen at the next ping."""
    ends = Ends()
    with ends.scope:
        await keep_alive(as_leg(PingedLeg(answers=False)), ends)
    ((at, ending),) = ends.endings
    assert (at, ending.by, ending.reason) == (SILENT_S + PING_S, "client", "the client was not heard for 60 s")


async def test_a_peer_that_speaks_needs_no_pong(autojump_clock: MockClock) -> None:
    """Whatever was heard counts."""
    client, ends = PingedLeg(answers=False), Ends()
    with trio.move_on_after(300):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(keep_alive, as_leg(client), ends)
            while True:
                await trio.sleep(30)
                client.heard_at = trio.current_time()
    assert ends.endings == []


def as_leg(leg: PingedLeg) -> Leg:
    """Only its life signs are used here."""
    return leg  # type: ignore[return-value]


@attrs.define(eq=False)
class RestlessDoor(RealtimeDoor):
    """A door that wants to be woken so often."""

    wakes: list[float] = attrs.field(factory=list)
    times: int = 3
    wake_at: float | None = None

    def wake(self, now: float) -> Steps:
        self.wakes.append(now)
        self.wake_at = now + 10 if len(self.wakes) < self.times else None
        return []


@pytest.mark.parametrize("first", [5.0, 0.0])
async def test_a_door_is_woken_when_it_wants_to_be(autojump_clock: MockClock, first: float) -> None:
    """Again and again, until it has nothing more to tell."""
    door, alarm = RestlessDoor(), Alarm()
    bench = Bench()
    relay = Relay(
        bench.relay.client,
        door,
        bench.ledger,
        bench.recorder,
        trio.current_time,
        on_renew=bench.renewals.append,
        on_stall=bench.stalls.append,
        watch=watched(),
    )
    alarm.move(first)
    with trio.move_on_after(1000):
        await keep_door(relay, alarm)
    assert door.wakes == [first, first + 10, first + 20]


async def test_a_session_ends_when_nobody_says_a_word(autojump_clock: MockClock) -> None:
    """Counted from the last words, whenever they come."""
    ends, last = Ends(), [0.0]

    async def speak_twice() -> None:
        for _ in range(2):
            await trio.sleep(200)
            last[0] = trio.current_time()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(speak_twice)
        nursery.start_soon(keep_talking, 300, lambda: last[0], ends)
    ((at, ending),) = ends.endings
    assert (at, ending.by, ending.code) == (700, "octi", 1000)
    assert "said nothing for 300 s" in ending.reason


async def test_a_client_that_stops_saying_that_it_is_there_is_gone(autojump_clock: MockClock) -> None:
    """A minute after its last sign of life."""
    ends, live = Ends(), LiveSessions()
    live.enter(ID)

    async def beat() -> None:
        for _ in range(4):
            await trio.sleep(30)
            live.beat(ID)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(beat)
        nursery.start_soon(keep_heart, live, ID, ends)
    ((at, ending),) = ends.endings
    assert 120 + BEAT_S < at <= 120 + BEAT_S + 5
    assert ending.by == "client"


async def test_a_client_that_never_says_that_it_is_there_is_left_alone(autojump_clock: MockClock) -> None:
    """Most clients know of no such thing."""
    ends, live = Ends(), LiveSessions()
    live.enter(ID)
    with trio.move_on_after(3600) as waiting:
        await keep_heart(live, ID, ends)
    assert waiting.cancelled_caught
    assert ends.endings == []
